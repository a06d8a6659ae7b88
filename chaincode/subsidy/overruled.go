package subsidy

import (
	"maps"
	"slices"

	"decore/chaincode/calendar"
)

// Overruled is what a clause in force says of a setting in vain, and what binds in its place.
type Overruled struct {
	Source
	By  []Source
	Why Prevailing
}

// Prevailing is why one statement prevails over another.
type Prevailing string

// Why a statement prevails; [Combine] has the rules.
const (
	Stricter     Prevailing = "stricter"      // the stricter value binds (从严)
	ChangedSince Prevailing = "changed-since" // a higher level changed the setting later (上级政策调整)
	Higher       Prevailing = "higher"        // of the highest level or, of one level, the latest, where neither is stricter
)

// OverruledOn lists what clauses in force on a day say in vain, by setting and in the order of the levels. It fails like [Combine].
func OverruledOn(id string, measures []Measure, day calendar.Date) ([]Overruled, error) {
	_, c, err := combine(id, measures, day)
	if err != nil {
		return nil, err
	}
	var all []Overruled
	for _, field := range slices.Sorted(maps.Keys(c.stated)) {
		still := standing(c.stated[field])
		for _, s := range c.stated[field] {
			lost, err := c.lost(field, s)
			if err != nil {
				return nil, err
			}
			if !lost {
				continue
			}
			out := Overruled{Source: s.source(field), Why: prevailing(field, s.in(still))}
			for _, by := range c.sources[field] {
				out.By = append(out.By, by.source(field))
			}
			all = append(all, out)
		}
	}
	return all, nil
}

// lost reports whether what binds is another value than the statement's: a stricter one, where there is an order.
func (c combination) lost(field string, s said) (bool, error) {
	narrow, ordered := narrowing[field]
	switch {
	case s.in(c.sources[field]) || len(c.sources[field]) == 0:
		return false, nil
	case !ordered || !s.in(standing(c.stated[field])):
		return !sameValue(s.value, c.values[field]), nil
	}
	own, err := partialOf(field, s.value)
	if err != nil {
		return false, err
	}
	bound, err := partialOf(field, c.values[field])
	if err != nil {
		return false, err
	}
	return narrow(&own, bound)
}

func prevailing(field string, stands bool) Prevailing {
	_, ordered := narrowing[field]
	switch {
	case !stands:
		return ChangedSince
	case ordered:
		return Stricter
	}
	return Higher
}

// in reports whether the statement is one of those.
func (s said) in(all []said) bool {
	return slices.ContainsFunc(all, func(o said) bool { return o.measure.ID == s.measure.ID && o.provision == s.provision })
}

func (s said) source(field string) Source {
	return Source{Field: field, Measure: s.measure.ID, Version: s.measure.Version, Document: s.measure.Number, Clause: s.measure.Provisions[s.provision].Clause}
}

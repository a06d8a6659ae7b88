package subsidy

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
)

// ErrIncomplete is wrapped where the measures in force leave out what a policy must have; one that only
// narrows another can't stand alone.
var ErrIncomplete = errors.New("the measures in force make no whole policy")

// Combine makes the policy of the measures in force on a day, out of all versions of all its measures, in any order. Its version is 0
// and it is in force from the day on; [Timeline] says until when. For each setting
//
//   - a draft never binds, and nor does a version that is not in force on the day;
//   - what a higher level changed after a lower level's version took effect takes the lower one's place, be it stricter or
//     not (有效期内中央、省有关政策调整的,按上级有关政策执行: Qingdao draft of 2026-02-06, last paragraph);
//   - of what is left the stricter value binds: the lower rate or cap, the fewer months, the narrower window, what
//     all lists name, and any refusal;
//   - a setting that is neither stricter nor looser, such as the day count, is the highest level's, and of one level
//     the latest version's.
//
// [Policy.Sources] says which clause each setting is from. Fails with ErrIncomplete, or ErrPolicy when the settings
// contradict each other.
func Combine(id string, measures []Measure, day calendar.Date) (Policy, error) {
	p, _, err := combine(id, measures, day)
	return p, err
}

// combine makes the policy, and keeps what did not bind.
func combine(id string, measures []Measure, day calendar.Date) (Policy, combination, error) {
	c := combination{values: map[string]jsontext.Value{}, sources: map[string][]said{}, stated: map[string][]said{}}
	history := map[string][]Measure{}
	for _, m := range measures {
		history[m.ID] = append(history[m.ID], m)
	}
	var binding []Measure
	for _, versions := range history {
		if m, ok := inForceOn(versions, day); ok {
			binding = append(binding, m)
		}
	}
	if len(binding) == 0 {
		return Policy{}, c, fmt.Errorf("%w: none is in force on %s", ErrIncomplete, day)
	}
	slices.SortFunc(binding, func(a, b Measure) int {
		return cmp.Or(cmp.Compare(a.Level.rank(), b.Level.rank()), -cmp.Compare(a.EffectiveFrom.DaysUntil(b.EffectiveFrom), 0), cmp.Compare(a.ID, b.ID))
	})
	c.stated = statements(binding, history)
	for _, field := range slices.Sorted(maps.Keys(c.stated)) {
		if err := c.decide(field, standing(c.stated[field])); err != nil {
			return Policy{}, c, err
		}
	}
	p, err := c.policy(id, binding, day)
	return p, c, err
}

// said is what a clause of a measure in force says of one setting.
type said struct {
	measure   Measure
	provision int
	value     jsontext.Value
	changed   calendar.Date // from which day on the measure has said so
}

// statements lists what the measures say of each setting, in the order of the measures.
func statements(binding []Measure, history map[string][]Measure) map[string][]said {
	all := map[string][]said{}
	for _, m := range binding {
		for i, p := range m.Provisions {
			for field, value := range p.Settings {
				all[field] = append(all[field], said{m, i, value, saidSince(history[m.ID], m, field, value)})
			}
		}
	}
	return all
}

// saidSince is the day from which on the measure has said the same of a setting without a break.
func saidSince(versions []Measure, m Measure, field string, value jsontext.Value) calendar.Date {
	since := m.EffectiveFrom
	for _, v := range slices.SortedFunc(slices.Values(versions), func(a, b Measure) int { return cmp.Compare(b.Version, a.Version) }) {
		switch {
		case v.Version >= m.Version: // a draft is always the last
		case !sameValue(v.setting(field), value):
			return since
		default:
			since = calendar.Min(since, v.EffectiveFrom)
		}
	}
	return since
}

func (m Measure) setting(field string) jsontext.Value {
	for _, p := range m.Provisions {
		if v, ok := p.Settings[field]; ok {
			return v
		}
	}
	return nil
}

func sameValue(a, b jsontext.Value) bool {
	one, err := canon.Marshal(a)
	two, err2 := canon.Marshal(b)
	return err == nil && err2 == nil && string(one) == string(two)
}

// standing leaves out what a higher level changed since.
func standing(all []said) []said {
	return slices.DeleteFunc(slices.Clone(all), func(s said) bool {
		return slices.ContainsFunc(all, func(by said) bool {
			return by.measure.Level.rank() < s.measure.Level.rank() && by.changed.After(s.measure.EffectiveFrom)
		})
	})
}

// combination is what binds, by field.
type combination struct {
	values  map[string]jsontext.Value
	sources map[string][]said
	stated  map[string][]said // all that the measures in force say, be it binding or not
}

// decide keeps of a setting's statements, which come highest level first, what binds.
func (c combination) decide(field string, all []said) error {
	narrow, ordered := narrowing[field]
	if !ordered {
		top := all[0].measure.Level
		last := all[0]
		for _, s := range all {
			if s.measure.Level == top { // of one level they come the earlier first
				last = s
			}
		}
		c.values[field], c.sources[field] = last.value, []said{last}
		return nil
	}
	bound, from, err := strictest(field, narrow, all)
	if err != nil {
		return err
	}
	value, err := fieldOf(bound, field)
	if value != nil { // else it is one that says nothing, such as no last day
		c.values[field], c.sources[field] = value, from
	}
	return err
}

// strictest narrows the first statement by the others, and returns a policy of this one field and whose statement it is.
func strictest(field string, narrow narrowed, all []said) (Policy, []said, error) {
	bound, err := partialOf(field, all[0].value)
	from := all[:1:1]
	for _, s := range all[1:] {
		by, err := partialOf(field, s.value)
		if err != nil {
			return bound, nil, err
		}
		changed, err := narrow(&bound, by)
		if err != nil {
			return bound, nil, fmt.Errorf("%w: %s: %w", ErrPolicy, field, err)
		}
		if !changed {
			continue
		}
		// Where the other statement loses something too, as when neither list holds the other, it takes both.
		if both, err := narrow(&by, bound); both || err != nil {
			from = append(from, s)
		} else {
			from = []said{s}
		}
	}
	return bound, from, err
}

func partialOf(field string, value jsontext.Value) (Policy, error) {
	return Provision{Settings: map[string]jsontext.Value{field: value}}.policy()
}

// fieldOf returns one field of the policy as JSON.
func fieldOf(p Policy, field string) (jsontext.Value, error) {
	raw, err := canon.Marshal(p)
	if err != nil {
		return nil, err
	}
	var fields map[string]jsontext.Value
	err = canon.Strict(raw, &fields)
	return fields[field], err
}

// policy puts together what binds.
func (c combination) policy(id string, binding []Measure, day calendar.Date) (Policy, error) {
	raw, err := canon.Marshal(c.values)
	if err != nil {
		return Policy{}, err
	}
	p, err := partial(raw)
	if err != nil {
		return Policy{}, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	p.ID, p.Title, p.Status, p.EffectiveFrom = id, binding[0].Title, InForce, day
	if err := p.prune(); err != nil {
		return Policy{}, err
	}
	for _, m := range binding {
		for i, provision := range m.Provisions {
			c.cite(&p, m, i, provision)
		}
	}
	slices.SortStableFunc(p.Sources, func(a, b Source) int { return cmp.Compare(a.Field, b.Field) })
	whole := p
	whole.Version = 1
	switch err := whole.Validate(); {
	case err == nil:
		return p, nil
	case len(c.missing()) > 0:
		return Policy{}, fmt.Errorf("%w: nothing says %v", ErrIncomplete, c.missing())
	default:
		return Policy{}, fmt.Errorf("the measures contradict each other: %w", err)
	}
}

// prune leaves out of the permitted uses what is refused.
func (p *Policy) prune() error {
	permitted := len(p.PermittedUses)
	p.PermittedUses = slices.DeleteFunc(p.PermittedUses, func(u string) bool { return slices.Contains(p.RefusedUses, u) })
	if permitted > 0 && len(p.PermittedUses) == 0 {
		return fmt.Errorf("%w: permittedUses: %w", ErrPolicy, errNothingCommon)
	}
	return nil
}

// cite names a provision among the policy's documents, or the assumptions if it has no clause, with the reasons of refusal that
// it is the ground of.
func (c combination) cite(p *Policy, m Measure, i int, provision Provision) {
	grounds := slices.Clone(provision.Grounds)
	var fields []string
	for _, field := range slices.Sorted(maps.Keys(provision.Settings)) {
		if slices.ContainsFunc(c.sources[field], func(s said) bool { return s.measure.ID == m.ID && s.provision == i }) {
			fields = append(fields, field)
			grounds = append(grounds, groundOf[field]...)
			p.Sources = append(p.Sources, Source{Field: field, Measure: m.ID, Version: m.Version, Document: m.Number, Clause: provision.Clause})
		}
	}
	slices.Sort(grounds)
	grounds = slices.Compact(grounds)
	switch {
	case provision.Clause != "":
		p.Documents = append(p.Documents, Document{Number: m.Number, Title: m.Title, Issuer: m.Issuer, Date: m.Issued, Status: m.Status, Clause: provision.Clause, Grounds: grounds})
	case len(fields) == 0 && len(provision.Settings) == 0:
		p.Assumptions = append(p.Assumptions, Assumption{Field: "loan", Reason: provision.Why, Grounds: grounds})
	}
	if provision.Why != "" {
		for _, field := range fields {
			var of []Code
			if provision.Clause == "" {
				of = append(slices.Clone(provision.Grounds), groundOf[field]...)
			}
			p.Assumptions = append(p.Assumptions, Assumption{Field: field, Reason: provision.Why, Grounds: of})
		}
	}
}

// needed are the settings without which there is no policy.
var needed = []string{"disbursedFrom", "annualRate", "maxMonths", "principalCap", "amountCap", "principalBasis", "repaymentOrder",
	"dayCount", "settlement", "rounding", "clockStart", "loanTypes", "smeClasses"}

func (c combination) missing() []string {
	return slices.DeleteFunc(slices.Clone(needed), func(field string) bool { return c.values[field] != nil })
}

// groundOf says of which reasons a setting is the ground.
var groundOf = map[string][]Code{
	"disbursedFrom": {DisbursedTooEarly}, "disbursedTo": {OutsidePolicyWindow},
	"maxMonths": {TermOver2Y}, "refuseLongTerm": {TermOver2Y},
	"principalCap": {PrincipalCapReached}, "amountCap": {AmountCapReached},
	"netRateFloor": {NetRateFloorReached}, "stopWhileOverdue": {OverdueLoan}, "oneCentralSubsidy": {DuplicateCentral},
	"loanTypes": {LoanTypeNotFixedAsset, NotPrivate}, "privateTest": {NotPrivate},
	"smeClasses": {NotSME}, "sectors": {SectorNotListed}, "handlingBanks": {BankNotHandling},
	"permittedUses": {UseNotPermitted}, "refusedUses": {UseNotPermitted, MisuseOfLoan},
	"rounding": {NothingToSubsidise},
}

package subsidy

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
)

// Level is the level of government that issued a measure.
type Level string

// The levels, the highest first.
const (
	Central    Level = "central"    // 中央
	Provincial Level = "provincial" // 省级(含计划单列市财政)
	Municipal  Level = "municipal"  // 市级
)

// levels in the order of their rank.
var levels = []Level{Central, Provincial, Municipal}

func (l Level) rank() int { return slices.Index(levels, l) }

// Measure is one version of one policy document (政策文件) as data: what it says, clause by clause, of a subsidy. It need not say
// everything; [Combine] makes the policy of all measures in force.
type Measure struct {
	ID      string `json:"id"`
	Version int    `json:"version"` // from 1
	Policy  string `json:"policy"`  // ID of the policy that it is a part of
	Level   Level  `json:"level"`
	Status  Status `json:"status"`

	Number string        `json:"number,omitzero"` // 文号; a draft may have none yet
	Title  string        `json:"title"`
	Issuer string        `json:"issuer"`
	Issued calendar.Date `json:"issued"` // 成文日

	// The measure is in force from EffectiveFrom to EffectiveTo, both included; no EffectiveTo is no end. A later version
	// takes its place from the later version's EffectiveFrom on.
	EffectiveFrom calendar.Date `json:"effectiveFrom"`
	EffectiveTo   calendar.Date `json:"effectiveTo,omitzero"`

	Provisions []Provision `json:"provisions"`
	Note       string      `json:"note,omitzero"`   // of whoever recorded it: what of the text is not certain
	Repeal     string      `json:"repeal,omitzero"` // of an expired version: by what and why (废止依据)
}

// Provision is what one clause says, as settings of a [Policy] by their names in JSON. A provision without a clause is
// the record's own: the documents are silent, and Why says why it is set so.
type Provision struct {
	Clause   string                    `json:"clause,omitzero"`
	Why      string                    `json:"why,omitzero"`
	Settings map[string]jsontext.Value `json:"settings,omitzero"`
	Grounds  []Code                    `json:"grounds,omitzero"` // reasons of refusal beside those that its settings are the ground of
}

// Bounds that no real document meets.
const (
	maxProvisions = 100
	maxText       = 1500 // bytes: 500 Chinese characters
)

// ErrMeasure is wrapped by every fault of a measure.
var ErrMeasure = errors.New("invalid measure of a subsidy policy")

// ParseMeasure reads a measure from JSON and validates it; unknown fields are refused.
func ParseMeasure(b []byte) (Measure, error) {
	var m Measure
	if err := canon.Strict(b, &m); err != nil {
		return Measure{}, fmt.Errorf("%w: %w", ErrMeasure, err)
	}
	return m, m.Validate()
}

// Validate returns all faults of the measure, each a *FieldError wrapping ErrMeasure, or nil.
func (m Measure) Validate() error {
	cs := []check{
		{"id", m.ID != "" && len(m.ID) <= 64, "must have 1 to 64 bytes"},
		{"version", m.Version >= 1, "must be at least 1"},
		{"policy", m.Policy != "" && len(m.Policy) <= 64, "must have 1 to 64 bytes"},
		{"level", m.Level.rank() >= 0, "must be central, provincial or municipal"},
		{"status", known(m.Status, Draft, InForce, Expired), "must be draft, in-force or expired"},
		{"number", m.Status == Draft || m.Number != "", "must not be empty: what has no number yet is a draft"},
		{"number", len(m.Number) <= maxName, "must be at most 300 bytes"},
		{"title", m.Title != "" && len(m.Title) <= maxText, "must have 1 to 1500 bytes"},
		{"issuer", m.Issuer != "" && len(m.Issuer) <= maxText, "must have 1 to 1500 bytes"},
		{"issued", !m.Issued.IsZero(), "must be a date"},
		{"effectiveFrom", !m.EffectiveFrom.IsZero(), "must be a date"},
		{"effectiveTo", ordered(m.EffectiveFrom, m.EffectiveTo), "must not be before effectiveFrom"},
		{"provisions", len(m.Provisions) > 0 && len(m.Provisions) <= maxProvisions, "must be 1 to 100"},
		{"note", len(m.Note) <= maxText, "must be at most 1500 bytes"},
		{"repeal", (m.Repeal != "") == (m.Status == Expired) && len(m.Repeal) <= maxText, "must say by what and why an expired version was repealed, and nothing else"},
	}
	said := map[string]bool{}
	for i, p := range m.Provisions {
		cs = append(cs, p.checks(fmt.Sprintf("provisions[%d]", i), said)...)
	}
	return faults(ErrMeasure, cs)
}

// checks are those of one provision; said are the settings of the earlier ones.
func (p Provision) checks(at string, said map[string]bool) []check {
	own := p.Clause == ""
	cs := []check{
		{at + ".clause", len(p.Clause) <= maxName, "must be at most 300 bytes"},
		{at + ".why", !own || p.Why != "", "must say why, where no clause does"},
		{at + ".why", len(p.Why) <= maxText, "must be at most 1500 bytes"},
		{at + ".grounds", !slices.ContainsFunc(p.Grounds, unknownReason), "must be reasons of refusal"},
		{at + ".settings", len(p.Settings) > 0 || len(p.Grounds) > 0, "must set something or be a ground"},
	}
	for _, name := range slices.Sorted(maps.Keys(p.Settings)) {
		cs = append(cs,
			check{at + ".settings." + name, !notSettings[name], "is not for a clause to set"},
			check{at + ".settings." + name, !said[name], "is set by an earlier provision already"})
		said[name] = true
	}
	if _, err := p.policy(); err != nil {
		cs = append(cs, check{at + ".settings", false, "must be settings of a policy: " + err.Error()})
	}
	return cs
}

// notSettings are the fields of a policy that say what it is, and not what it grants.
var notSettings = map[string]bool{"id": true, "version": true, "title": true, "status": true, "documents": true, "assumptions": true,
	"effectiveFrom": true, "effectiveTo": true, "sources": true}

// policy reads the settings as a policy that has these fields alone.
func (p Provision) policy() (Policy, error) {
	raw, err := canon.Marshal(p.Settings)
	if err != nil {
		return Policy{}, err
	}
	return partial(raw)
}

// partial reads a policy of which most fields are left out.
func partial(raw []byte) (Policy, error) {
	var policy Policy
	err := canon.Strict(raw, &policy)
	return policy, err
}

// inForceOn returns the measure's version that is in force on a day: the last one that took effect by then, if that
// is neither a draft nor expired. The versions are of one measure.
func inForceOn(versions []Measure, day calendar.Date) (Measure, bool) {
	var last Measure
	for _, m := range versions {
		if m.Status != Draft && !m.EffectiveFrom.After(day) && m.Version > last.Version {
			last = m
		}
	}
	return last, last.Status == InForce && (last.EffectiveTo.IsZero() || !last.EffectiveTo.Before(day))
}

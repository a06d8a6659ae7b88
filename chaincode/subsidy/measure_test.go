package subsidy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/canon"
	"decore/chaincode/subsidy"
	"decore/fixtures"
)

// The fixtures' measures: the central notice, and the Qingdao draft.
const (
	centralFile = "measures/central-2026-4.json"
	qingdaoFile = "measures/qingdao-draft-2026-02-06.json"
)

// measure is one of the fixtures, changed by the options.
func measure(t testing.TB, file string, options ...func(*subsidy.Measure)) subsidy.Measure {
	t.Helper()
	b, err := fixtures.FS.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := subsidy.ParseMeasure(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range options {
		change(&m)
	}
	return m
}

func published(m *subsidy.Measure) { m.Status = subsidy.InForce }

// central is the notice in force.
func central(t testing.TB, options ...func(*subsidy.Measure)) subsidy.Measure {
	t.Helper()
	return measure(t, centralFile, append([]func(*subsidy.Measure){published}, options...)...)
}

// municipal is a municipal measure in force that says only what is set, in clause (九).
func municipal(from string, settings map[string]string, options ...func(*subsidy.Measure)) subsidy.Measure {
	m := subsidy.Measure{ID: "city", Version: 1, Policy: "subsidy-sme-2026", Level: subsidy.Municipal, Status: subsidy.InForce, Number: "青办〔2026〕9号",
		Title: "措施", Issuer: "市政府", Issued: day(from), EffectiveFrom: day(from), Provisions: []subsidy.Provision{{Clause: "(九)", Settings: map[string]jsontext.Value{}}}}
	for _, change := range options {
		change(&m)
	}
	return set(m, settings)
}

// set returns the measure with settings in the provision that has them, or in its first.
func set(m subsidy.Measure, settings map[string]string) subsidy.Measure {
	m.Provisions = slices.Clone(m.Provisions)
	for field, value := range settings {
		i := max(0, slices.IndexFunc(m.Provisions, func(p subsidy.Provision) bool { _, ok := p.Settings[field]; return ok }))
		all := map[string]jsontext.Value{field: jsontext.Value(value)}
		for k, v := range m.Provisions[i].Settings {
			if k != field {
				all[k] = v
			}
		}
		m.Provisions[i].Settings = all
	}
	return m
}

// next is a later version of a measure.
func next(m subsidy.Measure, from string, settings map[string]string) subsidy.Measure {
	m.Version++
	m.EffectiveFrom, m.Issued = day(from), day(from)
	return set(m, settings)
}

func TestMeasureValidate(t *testing.T) {
	for _, v := range []struct {
		field  string
		change func(*subsidy.Measure)
	}{
		{"id", func(m *subsidy.Measure) { m.ID = "" }},
		{"version", func(m *subsidy.Measure) { m.Version = 0 }},
		{"policy", func(m *subsidy.Measure) { m.Policy = strings.Repeat("x", 65) }},
		{"level", func(m *subsidy.Measure) { m.Level = "galactic" }},
		{"status", func(m *subsidy.Measure) { m.Status = "maybe" }},
		{"number", func(m *subsidy.Measure) { m.Number = "" }},
		{"title", func(m *subsidy.Measure) { m.Title = "" }},
		{"issuer", func(m *subsidy.Measure) { m.Issuer = "" }},
		{"issued", func(m *subsidy.Measure) { m.Issued = noDate }},
		{"effectiveFrom", func(m *subsidy.Measure) { m.EffectiveFrom, m.EffectiveTo = noDate, noDate }},
		{"effectiveTo", func(m *subsidy.Measure) { m.EffectiveTo = m.EffectiveFrom.AddDays(-1) }},
		{"provisions", func(m *subsidy.Measure) { m.Provisions = nil }},
		{"note", func(m *subsidy.Measure) { m.Note = strings.Repeat("x", 1501) }},
		{"repeal", func(m *subsidy.Measure) { m.Repeal = "why" }},
		{"repeal", func(m *subsidy.Measure) { m.Status = subsidy.Expired }},
		{"provisions[0].why", func(m *subsidy.Measure) { m.Provisions[0].Clause = "" }},
		{"provisions[0].grounds", func(m *subsidy.Measure) { m.Provisions[0].Grounds = []subsidy.Code{"BAD_LUCK"} }},
		{"provisions[0].settings", func(m *subsidy.Measure) { m.Provisions[0].Settings = nil }},
		{"provisions[0].settings.status", func(m *subsidy.Measure) { m.Provisions[0].Settings["status"] = jsontext.Value(`"in-force"`) }},
		{"provisions[1].settings.smeClasses", func(m *subsidy.Measure) { m.Provisions[1].Settings["smeClasses"] = jsontext.Value(`["micro"]`) }},
		{"provisions[0].settings", func(m *subsidy.Measure) { m.Provisions[0].Settings["free"] = jsontext.Value(`true`) }},
		{"provisions[0].settings", func(m *subsidy.Measure) { m.Provisions[0].Settings["smeClasses"] = jsontext.Value(`7`) }},
	} {
		t.Run(v.field+" is named when it cannot stand", func(t *testing.T) {
			err := central(t, v.change).Validate()
			if got := fieldsOf(err); !errors.Is(err, subsidy.ErrMeasure) || !slices.Equal(got, []string{v.field}) {
				t.Errorf("got fields %v of %v", got, err)
			}
		})
	}
	t.Run("a draft needs no number", func(t *testing.T) {
		if m := measure(t, qingdaoFile); m.Status != subsidy.Draft || m.Number != "" {
			t.Errorf("the draft of the fixtures is %s with number %q", m.Status, m.Number)
		}
	})
	t.Run("what is no measure is refused", func(t *testing.T) {
		for _, text := range []string{`{}`, `[]`, `{"id":"x","king":1}`, `x`} {
			if _, err := subsidy.ParseMeasure([]byte(text)); !errors.Is(err, subsidy.ErrMeasure) {
				t.Errorf("%s: %v", text, err)
			}
		}
	})
}

// FuzzMeasure reads any text as a measure; one that is valid comes back the same from its canonical form, and combines or says why not.
func FuzzMeasure(f *testing.F) {
	for _, file := range []string{centralFile, qingdaoFile} {
		seed, err := fixtures.FS.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
		f.Add([]byte(strings.Replace(string(seed), `"draft"`, `"in-force"`, 1)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := subsidy.ParseMeasure(b)
		if err != nil {
			if !errors.Is(err, subsidy.ErrMeasure) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		text, err := canon.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := subsidy.ParseMeasure(text)
		if err != nil {
			t.Fatalf("%v after %s", err, text)
		}
		if twice, err := canon.Marshal(again); err != nil || string(twice) != string(text) {
			t.Fatalf("%v: %s became %s", err, text, twice)
		}
		p, err := subsidy.Combine(m.Policy, []subsidy.Measure{m}, m.EffectiveFrom)
		if err != nil && !errors.Is(err, subsidy.ErrIncomplete) && !errors.Is(err, subsidy.ErrPolicy) {
			t.Fatalf("untyped error %v", err)
		}
		if err == nil && m.Status != subsidy.InForce {
			t.Fatalf("a measure that is %s binds: %+v", m.Status, p)
		}
	})
}

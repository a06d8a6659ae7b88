package subsidy_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/subsidy"
)

// spansOf writes versions as number, days, cap on money and status.
func spansOf(policies []subsidy.Policy) []string {
	all := []string{}
	for _, p := range policies {
		all = append(all, fmt.Sprintf("v%d %s..%s %s %s", p.Version, p.EffectiveFrom, p.EffectiveTo, p.AmountCap, p.Status))
	}
	return all
}

func timeline(t testing.TB, measures ...subsidy.Measure) []subsidy.Policy {
	t.Helper()
	spans, err := subsidy.Timeline("subsidy-sme-2026", measures)
	if err != nil {
		t.Fatal(err)
	}
	return spans
}

func until(d string) func(*subsidy.Measure) {
	return func(m *subsidy.Measure) { m.EffectiveTo = day(d) }
}

func forever(m *subsidy.Measure) { m.EffectiveTo = noDate }

func repealed(m subsidy.Measure, from string) subsidy.Measure {
	m = next(m, from, nil)
	m.Status, m.Repeal = subsidy.Expired, "废止"
	return m
}

func TestTimeline(t *testing.T) {
	capOf := func(yuan string) map[string]string { return map[string]string{"amountCap": `"` + yuan + `"`} }
	for _, c := range []struct {
		name     string
		measures []subsidy.Measure
		want     []string
	}{
		{"nothing while only drafts are there", []subsidy.Measure{measure(t, centralFile)}, []string{}},
		{"one span until the notice ends, and none in force behind it", []subsidy.Measure{central(t)},
			[]string{"v0 2026-01-20..2029-12-31 1500000.00 in-force", "v0 2030-01-01.. 1500000.00 expired"}},
		{"a city's measure narrows it for its own time", []subsidy.Measure{central(t, forever), municipal("2026-03-01", capOf("1000000.00"), until("2026-12-31"))},
			[]string{"v0 2026-01-20..2026-02-28 1500000.00 in-force", "v0 2026-03-01..2026-12-31 1000000.00 in-force", "v0 2027-01-01.. 1500000.00 in-force"}},
		{"a repeal ends it on its day", []subsidy.Measure{central(t), repealed(central(t), "2026-07-01")},
			[]string{"v0 2026-01-20..2026-06-30 1500000.00 in-force", "v0 2026-07-01.. 1500000.00 expired"}},
		{"a measure that had to wait for one to stand on, which is later and so prevails", []subsidy.Measure{central(t, forever), municipal("2026-01-02", capOf("1000000.00"))},
			[]string{"v0 2026-01-20.. 1500000.00 in-force"}},
		{"a later version of the same document", []subsidy.Measure{central(t, forever), next(central(t, forever), "2026-07-01", capOf("2000000.00"))},
			[]string{"v0 2026-01-20..2026-06-30 1500000.00 in-force", "v0 2026-07-01.. 2000000.00 in-force"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := spansOf(timeline(t, c.measures...)); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestSuccessors(t *testing.T) {
	open := central(t, forever)
	first := subsidy.Successors(nil, timeline(t, open))
	if got := spansOf(first); !slices.Equal(got, []string{"v1 2026-01-20.. 1500000.00 in-force"}) {
		t.Fatalf("got %q", got)
	}
	city := municipal("2026-03-01", map[string]string{"amountCap": `"1000000.00"`}, until("2026-12-31"))
	narrowed := slices.Concat(first, subsidy.Successors(first, timeline(t, open, city)))
	for _, c := range []struct {
		name     string
		before   []subsidy.Policy
		measures []subsidy.Measure
		want     []string
	}{
		{"what stays as it is gets no version", first, []subsidy.Measure{open}, []string{}},
		{"a draft gets none", first, []subsidy.Measure{open, measure(t, qingdaoFile)}, []string{}},
		{"a change gets one for each span from its first day on", first, []subsidy.Measure{open, city},
			[]string{"v2 2026-03-01..2026-12-31 1000000.00 in-force", "v3 2027-01-01.. 1500000.00 in-force"}},
		{"and none again", narrowed, []subsidy.Measure{open, city}, []string{}},
		{"the city's repeal in between", narrowed, []subsidy.Measure{open, city, repealed(city, "2026-08-01")}, []string{"v4 2026-08-01.. 1500000.00 in-force"}},
		{"a longer time for it", narrowed, []subsidy.Measure{open, city, next(municipal("2026-03-01", map[string]string{"amountCap": `"1000000.00"`}, until("2027-06-30")), "2026-12-01", nil)},
			// the version of December names another document's version, so it is another policy though it grants the same
			[]string{"v4 2026-12-01..2027-06-30 1000000.00 in-force", "v5 2027-07-01.. 1500000.00 in-force"}},
		{"a policy of one piece stays while measures make no whole one", []subsidy.Policy{policy2026(t)}, []subsidy.Measure{city}, []string{}},
		{"a repeal from the first day on", first, []subsidy.Measure{open, repealed(open, "2026-01-20")}, []string{"v2 2026-01-20.. 1500000.00 expired"}},
		{"measures take over a policy of one piece", []subsidy.Policy{policy2026(t)}, []subsidy.Measure{open, city},
			[]string{"v2 2026-01-20..2026-02-28 1500000.00 in-force", "v3 2026-03-01..2026-12-31 1000000.00 in-force", "v4 2027-01-01.. 1500000.00 in-force"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := subsidy.Successors(c.before, timeline(t, c.measures...))
			if got := spansOf(got); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func governing(t testing.TB, versions []subsidy.Policy, on calendar.Date) (subsidy.Policy, bool) {
	t.Helper()
	p, governs, err := subsidy.Governing(len(versions), func(n int) (subsidy.Policy, error) { return versions[n-1], nil }, on)
	if err != nil {
		t.Fatal(err)
	}
	return p, governs
}

func TestGoverning(t *testing.T) {
	version := func(n int, from string, s subsidy.Status) subsidy.Policy {
		return policy2026(t, func(p *subsidy.Policy) { p.Version, p.EffectiveFrom, p.Status = n, day(from), s })
	}
	versions := []subsidy.Policy{version(1, "2026-01-20", subsidy.Draft), version(2, "2026-02-01", subsidy.InForce), version(3, "2026-07-01", subsidy.InForce),
		version(4, "2026-06-01", subsidy.Draft), version(5, "2026-09-01", subsidy.Expired)}
	for _, c := range []struct {
		on      string
		version int
		governs bool
	}{
		{"2026-01-25", 2, false}, {"2026-02-01", 2, true}, {"2026-06-30", 2, true}, {"2026-07-01", 3, true}, {"2026-08-31", 3, true}, {"2026-09-01", 5, true}, {"2031-01-01", 5, true},
	} {
		if p, governs := governing(t, versions, day(c.on)); p.Version != c.version || governs != c.governs {
			t.Errorf("on %s version %d governs: %t, want %d, %t", c.on, p.Version, governs, c.version, c.governs)
		}
	}
	t.Run("drafts alone govern nothing", func(t *testing.T) {
		if p, governs := governing(t, versions[:1], day("2026-03-01")); governs || p.Version != 0 {
			t.Errorf("version %d governs: %t", p.Version, governs)
		}
	})
	t.Run("what cannot be loaded is an error", func(t *testing.T) {
		lost := errors.New("lost")
		if _, _, err := subsidy.Governing(1, func(int) (subsidy.Policy, error) { return subsidy.Policy{}, lost }, day("2026-03-01")); !errors.Is(err, lost) {
			t.Errorf("got %v", err)
		}
	})
}

func TestJudgingDay(t *testing.T) {
	l := fixedAsset("1.00", func(l *subsidy.Loan) { l.Signed = day("2025-12-20") })
	unsigned := fixedAsset("1.00")
	for _, c := range []struct {
		on   subsidy.JudgedOn
		loan subsidy.Loan
		want string
	}{
		{"", l, "2026-05-01"}, {subsidy.OnApplication, l, "2026-05-01"}, {subsidy.OnSigning, l, "2025-12-20"},
		{subsidy.OnSigning, unsigned, "2026-01-01"}, {subsidy.OnDisbursementDay, l, "2026-01-01"},
	} {
		p := policy2026(t, func(p *subsidy.Policy) { p.JudgedOn = c.on })
		if got := p.JudgingDay(c.loan, day("2026-05-01")); got != day(c.want) {
			t.Errorf("%s: got %s, want %s", c.on, got, c.want)
		}
	}
}

// On whatever day a document is published, changed or repealed: on every day the version that then governs is what the
// documents in force on it combine to, and versions of earlier commands stay as they are.
func TestWhatGovernsIsAlwaysWhatTheMeasuresInForceMake(t *testing.T) {
	notice := central(t, forever, func(m *subsidy.Measure) { // without its long lists, which cost time and change nothing
		m.Provisions = slices.DeleteFunc(m.Provisions, func(p subsidy.Provision) bool {
			return p.Settings["sizeTable"] != nil || p.Settings["namedBanks"] != nil
		})
	})
	first := day("2026-01-20")
	rapid.Check(t, func(t *rapid.T) {
		var measures []subsidy.Measure
		var versions []subsidy.Policy
		days := []calendar.Date{first, first.AddDays(2000)}
		count := map[string]int{}
		for range rapid.IntRange(1, 4).Draw(t, "commands") {
			m := notice
			if rapid.Bool().Draw(t, "city") {
				m = municipal("2026-01-20", map[string]string{"amountCap": rapid.SampledFrom(some["amountCap"]).Draw(t, "cap")})
			}
			count[m.ID]++
			m.Version = count[m.ID]
			m.EffectiveFrom = first.AddDays(rapid.IntRange(0, 700).Draw(t, "from"))
			if rapid.Bool().Draw(t, "ends") {
				m.EffectiveTo = m.EffectiveFrom.AddDays(rapid.IntRange(0, 300).Draw(t, "days"))
			}
			if rapid.IntRange(0, 4).Draw(t, "repeal") == 0 {
				m.Status, m.Repeal = subsidy.Expired, "废止"
			}
			measures = append(measures, m)
			spans, err := subsidy.Timeline("p", measures)
			if err != nil {
				t.Fatal(err)
			}
			versions = append(versions, subsidy.Successors(versions, spans)...)
			days = append(days, m.EffectiveFrom.AddDays(-1), m.EffectiveFrom)
			if !m.EffectiveTo.IsZero() {
				days = append(days, m.EffectiveTo, m.EffectiveTo.AddDays(1))
			}
			for _, on := range days {
				want, err := subsidy.Combine("p", measures, on)
				got, governs, _ := subsidy.Governing(len(versions), func(n int) (subsidy.Policy, error) { return versions[n-1], nil }, on)
				inForce := governs && got.InForce(on)
				if (err == nil) != inForce || inForce && (got.AmountCap.Cmp(want.AmountCap) != 0 || len(got.Sources) != len(want.Sources)) {
					t.Fatalf("on %s: %v, %s governs (%t, %s), want %s; of %q", on, err, got.AmountCap, governs, got.Status, want.AmountCap, spansOf(versions))
				}
			}
			for i, p := range versions {
				if p.Version != i+1 {
					t.Fatalf("version %d is number %d", i+1, p.Version)
				}
			}
		}
	})
}

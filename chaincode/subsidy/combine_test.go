package subsidy_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"decore/chaincode/canon"
	"decore/chaincode/subsidy"
)

func combined(t testing.TB, on string, measures ...subsidy.Measure) subsidy.Policy {
	t.Helper()
	p, err := subsidy.Combine("subsidy-sme-2026", measures, day(on))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// settingsOf are the policy's settings by their names, without what says where they are from.
func settingsOf(t testing.TB, p subsidy.Policy) map[string]string {
	t.Helper()
	raw, err := canon.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]jsontext.Value
	if err := canon.Strict(raw, &fields); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for name, value := range fields {
		if !slices.Contains([]string{"version", "status", "title", "documents", "assumptions", "effectiveFrom", "effectiveTo", "sources"}, name) {
			all[name] = string(value)
		}
	}
	return all
}

// sourcesOf are the clauses that a setting is from, as measure and clause.
func sourcesOf(p subsidy.Policy, field string) []string {
	var all []string
	for _, s := range p.Sources {
		if s.Field == field {
			all = append(all, s.Measure+" "+s.Clause)
		}
	}
	return all
}

func TestTheFixturesMeasuresMakeTheFixturesPolicy(t *testing.T) {
	got, want := settingsOf(t, combined(t, "2026-03-01", central(t), measure(t, qingdaoFile))), settingsOf(t, policy2026(t))
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s: the measures make %.80s, the policy has %.80s", name, got[name], want[name])
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%d settings, want %d", len(got), len(want))
	}
}

// Every reason of refusal names document and clause, or says openly that it is a setting of the record's own, and why.
func TestEveryReasonHasItsGround(t *testing.T) {
	for name, p := range map[string]subsidy.Policy{"the policy of one piece": policy2026(t), "the combined policy": combined(t, "2026-03-01", central(t))} {
		t.Run(name, func(t *testing.T) {
			own := map[subsidy.Code]string{subsidy.OverdueLoan: "stopWhileOverdue", subsidy.NetRateFloorReached: "netRateFloor", subsidy.NothingToSubsidise: "rounding"}
			for _, r := range p.GroundsOfAll() {
				byClause := r.Document != "" && r.Clause != "" && r.Setting == ""
				bySetting := r.Document == "" && r.Setting == own[r.Code] && r.Why != ""
				if own[r.Code] == "" && !byClause || own[r.Code] != "" && !bySetting || r.Ground() == "" {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

func TestCombine(t *testing.T) {
	type settings = map[string]string
	for _, c := range []struct {
		name   string
		city   settings
		field  string
		want   string
		source []string
	}{
		{"the lower rate binds", settings{"annualRate": `"0.01"`}, "annualRate", `"0.01"`, []string{"city (九)"}},
		{"a higher rate does not", settings{"annualRate": `"0.02"`}, "annualRate", `"0.015"`, []string{"cn-sme-loans-2026 一、政策内容"}},
		{"an equal value is the higher level's", settings{"annualRate": `"0.015"`}, "annualRate", `"0.015"`, []string{"cn-sme-loans-2026 一、政策内容"}},
		{"the fewer months bind", settings{"maxMonths": `12`}, "maxMonths", `12`, []string{"city (九)"}},
		{"the lower cap on principal binds", settings{"principalCap": `"10000000.00"`}, "principalCap", `"10000000.00"`, []string{"city (九)"}},
		{"the lower cap on money binds", settings{"amountCap": `"1000000.00"`}, "amountCap", `"1000000.00"`, []string{"city (九)"}},
		{"the later first day binds", settings{"disbursedFrom": `"2026-02-06"`}, "disbursedFrom", `"2026-02-06"`, []string{"city (九)"}},
		{"the earlier last day binds", settings{"disbursedTo": `"2026-06-30"`}, "disbursedTo", `"2026-06-30"`, []string{"city (九)"}},
		{"no last day is the latest", settings{"disbursedTo": `""`}, "disbursedTo", `"2026-12-31"`, []string{"cn-sme-loans-2026 一、政策内容"}},
		{"an end of accrual where there was none", settings{"accrualEnd": `"2027-12-31"`}, "accrualEnd", `"2027-12-31"`, []string{"city (九)"}},
		{"what both lists name", settings{"smeClasses": `["small","micro"]`}, "smeClasses", `["small","micro"]`, []string{"city (九)"}},
		{"a list that is wider changes nothing", settings{"loanTypes": `[{"type":"fixed-asset-loan","privateOnly":true},{"type":"policy-instrument-fund","privateOnly":true},{"type":"working-capital","privateOnly":false}]`},
			"loanTypes", `[{"privateOnly":true,"type":"fixed-asset-loan"},{"privateOnly":true,"type":"policy-instrument-fund"}]`, []string{"cn-sme-loans-2026 一、(一)适用对象"}},
		{"private is asked where either asks it", settings{"loanTypes": `[{"type":"fixed-asset-loan","privateOnly":false}]`}, "loanTypes", `[{"privateOnly":true,"type":"fixed-asset-loan"}]`,
			[]string{"cn-sme-loans-2026 一、(一)适用对象", "city (九)"}},
		{"the sectors that both lists name are from both", settings{"sectors": `["服务器","纺织"]`}, "sectors", `["服务器"]`, []string{"cn-sme-loans-2026 一、政策内容", "city (九)"}},
		{"a list that names all narrows nothing", settings{"sectors": `[]`}, "handlingBanks", `[]`, []string{"cn-sme-loans-2026 一、政策内容"}},
		{"a list of banks where all were allowed", settings{"handlingBanks": `["913702009900000334"]`}, "handlingBanks", `["913702009900000334"]`, []string{"city (九)"}},
		{"refused uses add up", settings{"refusedUses": `["还旧借新"]`}, "refusedUses", `["投资理财","还旧借新"]`, []string{"cn-sme-loans-2026 资金使用与监督管理", "city (九)"}},
		{"a use that another refuses is not permitted", settings{"permittedUses": `["设备购置","投资理财"]`}, "permittedUses", `["设备购置"]`, []string{"city (九)"}},
		{"any refusal refuses", settings{"refuseLongTerm": `true`}, "refuseLongTerm", `true`, []string{"city (九)"}},
		{"what another does not refuse stays refused", settings{"stopWhileOverdue": `false`}, "stopWhileOverdue", `true`, []string{"cn-sme-loans-2026 "}},
		{"the stricter test of private ownership", settings{"privateTest": `"controller"`}, "privateTest", `"controller"`, []string{"city (九)"}},
		{"a setting without an order is the highest level's", settings{"dayCount": `"ACT/365F"`}, "dayCount", `"ACT/360"`, []string{"cn-sme-loans-2026 "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := combined(t, "2026-03-01", municipal("2026-02-10", c.city), central(t))
			if got := settingsOf(t, p)[c.field]; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got := sourcesOf(p, c.field); !slices.Equal(got, c.source) {
				t.Errorf("from %q, want %q", got, c.source)
			}
		})
	}
}

func TestAnExtensionIsSubsidisedOnlyWhereNoMeasureRefusesIt(t *testing.T) {
	said := func(id, value string) subsidy.Measure {
		return municipal("2026-02-10", map[string]string{"subsidiseExtension": value}, func(m *subsidy.Measure) { m.ID = id })
	}
	for _, c := range []struct{ a, b, want string }{{`true`, `true`, `true`}, {`true`, `false`, ``}, {`false`, `true`, ``}} {
		if got := settingsOf(t, combined(t, "2026-03-01", central(t), said("a", c.a), said("b", c.b)))["subsidiseExtension"]; got != c.want {
			t.Errorf("%s and %s make %q", c.a, c.b, got)
		}
	}
}

func TestClaimsAreToppedUpNoLongerThanEveryMeasureSays(t *testing.T) {
	said := func(id, value string) subsidy.Measure {
		return municipal("2026-02-10", map[string]string{"topUpTo": value}, func(m *subsidy.Measure) { m.ID = id })
	}
	for _, c := range []struct{ a, b, want string }{{`"2028-06-30"`, `"2027-06-30"`, `"2027-06-30"`}, {`"2027-06-30"`, `"2028-06-30"`, `"2027-06-30"`}} {
		if got := settingsOf(t, combined(t, "2026-03-01", central(t), said("a", c.a), said("b", c.b)))["topUpTo"]; got != c.want {
			t.Errorf("%s and %s make %q", c.a, c.b, got)
		}
	}
}

func TestCombineRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		measures []subsidy.Measure
		err      error
	}{
		"no measure at all":                     {nil, subsidy.ErrIncomplete},
		"a draft alone":                         {[]subsidy.Measure{measure(t, centralFile)}, subsidy.ErrIncomplete},
		"a measure that only narrows another":   {[]subsidy.Measure{municipal("2026-02-10", map[string]string{"amountCap": `"1.00"`})}, subsidy.ErrIncomplete},
		"a measure that begins later":           {[]subsidy.Measure{central(t, func(m *subsidy.Measure) { m.EffectiveFrom = day("2026-03-02") })}, subsidy.ErrIncomplete},
		"a measure whose last day is over":      {[]subsidy.Measure{central(t, func(m *subsidy.Measure) { m.EffectiveTo = day("2026-02-28") })}, subsidy.ErrIncomplete},
		"sectors of which none is in all lists": {[]subsidy.Measure{central(t), municipal("2026-02-10", map[string]string{"sectors": `["纺织"]`})}, subsidy.ErrPolicy},
		"classes of which none is in all lists": {[]subsidy.Measure{central(t, func(m *subsidy.Measure) { *m = set(*m, map[string]string{"smeClasses": `["micro"]`}) }),
			municipal("2026-02-10", map[string]string{"smeClasses": `["small"]`})}, subsidy.ErrPolicy},
		"uses that are all refused": {[]subsidy.Measure{central(t), municipal("2026-02-10", map[string]string{"permittedUses": `["投资理财"]`})}, subsidy.ErrPolicy},
	} {
		t.Run(name, func(t *testing.T) {
			if p, err := subsidy.Combine("subsidy-sme-2026", c.measures, day("2026-03-01")); !errors.Is(err, c.err) {
				t.Errorf("got %v, %v", p.Title, err)
			}
		})
	}
}

// Qingdao draft of 2026-02-06, last paragraph: 有效期内中央、省有关政策调整的,按上级有关政策执行.
func TestAHigherLevelsLaterChangePrevails(t *testing.T) {
	city := municipal("2026-02-10", map[string]string{"amountCap": `"1500000.00"`, "annualRate": `"0.01"`, "disbursedTo": `"2026-12-31"`})
	extended := next(central(t), "2026-11-01", map[string]string{"amountCap": `"2000000.00"`, "disbursedTo": `"2027-12-31"`})
	for _, c := range []struct {
		name, on, cap, to string
		measures          []subsidy.Measure
	}{
		{"before the change the city's values bind", "2026-10-31", `"1500000.00"`, `"2026-12-31"`, []subsidy.Measure{central(t), extended, city}},
		{"from its day on the changed ones do, though they are looser", "2026-11-01", `"2000000.00"`, `"2027-12-31"`, []subsidy.Measure{central(t), extended, city}},
		{"a city that restates its values later narrows them again", "2026-12-01", `"1500000.00"`, `"2026-12-31"`, []subsidy.Measure{central(t), extended, city, next(city, "2026-11-15", nil)}},
		{"a later version that changes nothing displaces nothing", "2026-12-01", `"1500000.00"`, `"2026-12-31"`, []subsidy.Measure{central(t), next(central(t), "2026-11-01", nil), city}},
		{"what is changed and changed back counts from then", "2027-02-01", `"1500000.00"`, `"2027-12-31"`, []subsidy.Measure{central(t), extended, next(extended, "2027-01-01", map[string]string{"amountCap": `"1500000.00"`}), city}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := settingsOf(t, combined(t, c.on, c.measures...))
			if got["amountCap"] != c.cap || got["disbursedTo"] != c.to {
				t.Errorf("cap %s and last day %s, want %s and %s", got["amountCap"], got["disbursedTo"], c.cap, c.to)
			}
			if got["annualRate"] != `"0.01"` {
				t.Errorf("rate %s: what the higher level did not change stays narrowed", got["annualRate"])
			}
		})
	}
	t.Run("one of the same level does not", func(t *testing.T) {
		other := municipal("2026-11-01", map[string]string{"annualRate": `"0.012"`}, func(m *subsidy.Measure) { m.ID = "other" })
		if got := settingsOf(t, combined(t, "2026-12-01", central(t), city, other))["annualRate"]; got != `"0.01"` {
			t.Errorf("got %s", got)
		}
	})
	t.Run("nor does it matter in which order the versions come", func(t *testing.T) {
		if got := settingsOf(t, combined(t, "2026-12-01", city, extended, central(t)))["amountCap"]; got != `"2000000.00"` {
			t.Errorf("got %s", got)
		}
	})
	t.Run("a lower level's later change does not", func(t *testing.T) {
		looser := next(city, "2026-11-01", map[string]string{"amountCap": `"9000000.00"`})
		if got := settingsOf(t, combined(t, "2026-12-01", central(t), city, looser))["amountCap"]; got != `"1500000.00"` {
			t.Errorf("got %s", got)
		}
	})
}

func TestWhatAClauseSaysInVainIsToldWithWhatPrevails(t *testing.T) {
	city := municipal("2026-02-10", map[string]string{"amountCap": `"1500000.00"`, "annualRate": `"0.02"`, "maxMonths": `12`, "dayCount": `"ACT/365F"`, "sectors": `["服务器","纺织"]`})
	raised := next(central(t), "2026-11-01", map[string]string{"amountCap": `"2000000.00"`})
	same := municipal("2026-02-10", map[string]string{"smeClasses": `["micro","small","medium"]`, "amountCap": `"1500000.00"`}, func(m *subsidy.Measure) { m.ID = "same" })
	type told struct {
		field, of, by string
		why           subsidy.Prevailing
	}
	for on, want := range map[string][]told{
		"2026-03-01": {
			{"annualRate", "city (九)", "cn-sme-loans-2026 一、政策内容", subsidy.Stricter},
			{"dayCount", "city (九)", "cn-sme-loans-2026 ", subsidy.Higher},
			{"maxMonths", "cn-sme-loans-2026 一、政策内容", "city (九)", subsidy.Stricter},
		},
		"2026-12-01": {
			{"amountCap", "city (九)", "cn-sme-loans-2026 一、政策内容", subsidy.ChangedSince},
			{"amountCap", "same (九)", "cn-sme-loans-2026 一、政策内容", subsidy.ChangedSince},
			{"annualRate", "city (九)", "cn-sme-loans-2026 一、政策内容", subsidy.Stricter},
			{"dayCount", "city (九)", "cn-sme-loans-2026 ", subsidy.Higher},
			{"maxMonths", "cn-sme-loans-2026 一、政策内容", "city (九)", subsidy.Stricter},
		},
	} {
		found, err := subsidy.OverruledOn("subsidy-sme-2026", []subsidy.Measure{city, raised, central(t), same}, day(on))
		if err != nil {
			t.Fatal(err)
		}
		var got []told
		for _, o := range found {
			by := o.By[0].Measure + " " + o.By[0].Clause
			if len(o.By) != 1 {
				t.Errorf("%s: by %+v", o.Field, o.By)
			}
			got = append(got, told{o.Field, o.Measure + " " + o.Clause, by, o.Why})
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%v, want\n%v", on, got, want)
		}
	}
}

// some are settings of which the first value is the stricter, each stricter than the central notice's or equal to it.
var some = map[string][]string{
	"annualRate": {`"0.005"`, `"0.01"`, `"0.015"`, `"0.02"`}, "maxMonths": {`6`, `12`, `24`, `36`}, "amountCap": {`"1.00"`, `"1000000.00"`, `"1500000.00"`, `"3000000.00"`},
	"principalCap": {`"1.00"`, `"50000000.00"`, `"60000000.00"`}, "disbursedFrom": {`"2026-05-01"`, `"2026-01-01"`, `"2025-01-01"`},
	"disbursedTo": {`"2026-06-30"`, `"2026-12-31"`, `"2027-12-31"`, `""`}, "refuseLongTerm": {`true`, `false`}, "oneCentralSubsidy": {`true`, `false`},
	"smeClasses": {`["micro"]`, `["small","micro"]`, `["medium","small","micro"]`},
}

func drawCity(t *rapid.T, id string) subsidy.Measure {
	m := municipal("2026-01-25", nil, func(m *subsidy.Measure) {
		m.ID, m.Level = id, rapid.SampledFrom([]subsidy.Level{subsidy.Provincial, subsidy.Municipal}).Draw(t, id+" level")
		m.Status = rapid.SampledFrom([]subsidy.Status{subsidy.InForce, subsidy.InForce, subsidy.Draft}).Draw(t, id+" status")
	})
	// In order: a draw may not depend on the order of a map.
	for _, field := range slices.Sorted(maps.Keys(some)) {
		if rapid.Bool().Draw(t, id+" says "+field) {
			m = set(m, map[string]string{field: rapid.SampledFrom(some[field]).Draw(t, id+" "+field)})
		}
	}
	m.Provisions[0].Grounds = []subsidy.Code{subsidy.NotSME} // so that it may set nothing
	return m
}

func TestOfMeasuresOfOneDayTheStrictestValueBindsInAnyOrder(t *testing.T) {
	notice := central(t)
	rapid.Check(t, func(t *rapid.T) {
		all := []subsidy.Measure{notice}
		for _, id := range []string{"a", "b", "c"} {
			all = append(all, drawCity(t, id))
		}
		p, err := subsidy.Combine("p", all, day("2026-03-01"))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		raw, _ := canon.Marshal(p)
		var fields map[string]jsontext.Value
		_ = canon.Strict(raw, &fields)
		for k, v := range fields {
			got[k] = string(v)
		}
		for field, values := range some {
			strictest := len(values)
			for _, m := range all {
				if m.Status == subsidy.Draft {
					continue
				}
				for _, provision := range m.Provisions {
					if v, says := provision.Settings[field]; says {
						i := slices.Index(values, string(v))
						if i < 0 { // the notice's own, printed otherwise
							c, _ := canon.Marshal(v)
							i = slices.Index(values, string(c))
						}
						strictest = min(strictest, i)
					}
				}
			}
			if got[field] != values[strictest] {
				t.Fatalf("%s is %s, want %s", field, got[field], values[strictest])
			}
		}
		shuffled := rapid.Permutation(all).Draw(t, "order")
		again, err := subsidy.Combine("p", shuffled, day("2026-03-01"))
		other, _ := canon.Marshal(again)
		if err != nil || string(other) != string(raw) {
			t.Fatalf("%v: in another order it is %s, not %s", err, other, raw)
		}
	})
}

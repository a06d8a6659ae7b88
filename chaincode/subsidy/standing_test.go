package subsidy_test

import (
	"slices"
	"testing"

	"decore/chaincode/subsidy"
)

func figures(staff int, revenue string) *subsidy.Figures {
	return &subsidy.Figures{Industry: "工业", Staff: staff, Revenue: yuan(revenue), Assets: yuan("1.00"), AsOf: day("2025-12-31")}
}

func TestClassed(t *testing.T) {
	p := policy2026(t)
	t.Run("figures give the class, which the loan then carries", func(t *testing.T) {
		l := fixedAsset("1.00", func(l *subsidy.Loan) { l.SizeClass, l.Figures = "", figures(300, "20000000.00") })
		got, err := p.Classed(l)
		if err != nil || got.SizeClass != subsidy.Medium || len(p.Judge(l)) != 0 {
			t.Errorf("%s, %v, %v", got.SizeClass, err, p.Judge(l))
		}
	})
	t.Run("large by its figures is no SME", func(t *testing.T) {
		l := fixedAsset("1.00", func(l *subsidy.Loan) { l.SizeClass, l.Figures = "", figures(1000, "400000000.00") })
		if got := reasonCodes(p.Judge(l)); !slices.Equal(got, []subsidy.Code{subsidy.NotSME}) {
			t.Errorf("got %v", got)
		}
	})
	for name, change := range map[string]func(*subsidy.Policy, *subsidy.Loan){
		"another class than the figures give": func(_ *subsidy.Policy, l *subsidy.Loan) { l.Figures = figures(300, "20000000.00") },
		"figures of an unknown industry": func(_ *subsidy.Policy, l *subsidy.Loan) {
			l.Figures = figures(30, "5000000.00")
			l.Figures.Industry = "x"
		},
		"figures where the policy has no table": func(p *subsidy.Policy, l *subsidy.Loan) { l.Figures = figures(30, "5000000.00"); p.SizeTable = nil },
		"figures of a day after the signing": func(_ *subsidy.Policy, l *subsidy.Loan) {
			l.Figures = figures(30, "5000000.00")
			l.Signed = day("2025-12-30")
		},
		"neither class nor figures":              func(_ *subsidy.Policy, l *subsidy.Loan) { l.SizeClass = "" },
		"a contract signed after the disbursing": func(_ *subsidy.Policy, l *subsidy.Loan) { l.Signed = l.Disbursed.AddDays(1) },
		"a link without its chain":               func(_ *subsidy.Policy, l *subsidy.Loan) { l.Link = &subsidy.ChainLink{Direction: subsidy.Upstream} },
		"a link in no direction":                 func(_ *subsidy.Policy, l *subsidy.Loan) { l.Link = &subsidy.ChainLink{Chain: "服务器"} },
		"a controller of no known kind":          func(_ *subsidy.Policy, l *subsidy.Loan) { l.Controller = "the moon" },
	} {
		t.Run(name+" makes no sense", func(t *testing.T) {
			p, l := policy2026(t), fixedAsset("1.00")
			change(&p, &l)
			if got := reasonCodes(p.Judge(l)); !slices.Contains(got, subsidy.InvalidFacts) {
				t.Errorf("got %v", got)
			}
		})
	}
}

// 财金〔2026〕4号 一、(一): 投向相关重点领域产业链及其上下游产业.
func TestSector(t *testing.T) {
	linked := func(chain string) func(*subsidy.Loan) {
		return func(l *subsidy.Loan) {
			l.Sector, l.Link = "模具制造", &subsidy.ChainLink{Chain: chain, Direction: subsidy.Upstream}
		}
	}
	for _, c := range []struct {
		name   string
		loan   func(*subsidy.Loan)
		policy func(*subsidy.Policy)
		listed bool
	}{
		{"a sector that is listed", nil, nil, true},
		{"a sector that is not, without a link", func(l *subsidy.Loan) { l.Sector = "模具制造" }, nil, false},
		{"a supplier of a listed chain", linked("工业机器人"), nil, true},
		{"a supplier of a chain that is not listed", linked("烟草"), nil, false},
		{"a supplier of a listed service, which has no up- and downstream", linked("物流服务"), nil, false},
		{"a supplier of a chain that the sectors no longer list", linked("工业机器人"), func(p *subsidy.Policy) { p.Sectors = []string{"服务器"} }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, l := policy2026(t), fixedAsset("1.00")
			apply(c.policy, &p)
			apply(c.loan, &l)
			if got := !slices.Contains(reasonCodes(p.Judge(l)), subsidy.SectorNotListed); got != c.listed {
				t.Errorf("listed: %t, want %t", got, c.listed)
			}
		})
	}
}

func TestPrivate(t *testing.T) {
	for _, c := range []struct {
		test       subsidy.PrivateTest
		declared   bool
		controller subsidy.Controller
		private    bool
	}{
		{subsidy.Declared, true, "", true},
		{subsidy.Declared, false, subsidy.ByCitizens, false},
		{"", true, subsidy.ByState, true},
		{subsidy.ByController, true, "", false},
		{subsidy.ByController, true, subsidy.ByState, false},
		{subsidy.ByController, true, subsidy.ByForeigners, false},
		{subsidy.ByController, true, subsidy.ByCollective, false},
		{subsidy.ByController, true, subsidy.ByNobody, false},
		{subsidy.ByController, false, subsidy.ByCitizens, true},
	} {
		p := policy2026(t, func(p *subsidy.Policy) { p.PrivateTest = c.test })
		l := fixedAsset("1.00", func(l *subsidy.Loan) { l.Private, l.Controller = c.declared, c.controller })
		want := []subsidy.Code{subsidy.NotPrivate}
		switch {
		case c.private:
			want = nil
		case c.test == subsidy.ByController && c.controller == "":
			want = []subsidy.Code{subsidy.InvalidFacts} // nobody said who controls it
		}
		if got := reasonCodes(p.Judge(l)); !slices.Equal(got, want) {
			t.Errorf("%+v: %v, want %v", c, got, want)
		}
	}
}

// 财金〔2026〕4号: 严禁用于投资理财等套利活动.
func TestUseOfTheMoney(t *testing.T) {
	for _, c := range []struct {
		permitted []string
		use       string
		allowed   bool
	}{
		{nil, "", true}, {nil, "设备购置", true}, {nil, "投资理财", false},
		{[]string{"设备购置", "厂房建设"}, "设备购置", true}, {[]string{"设备购置"}, "", false}, {[]string{"设备购置"}, "还旧借新", false},
	} {
		p := policy2026(t, func(p *subsidy.Policy) { p.PermittedUses = c.permitted })
		got := p.Judge(fixedAsset("1.00", func(l *subsidy.Loan) { l.Use = c.use }))
		why := subsidy.UseNotPermitted
		if c.use == "" {
			why = subsidy.InvalidFacts
		}
		if len(got) == 0 != c.allowed || len(got) > 0 && (got[0].Code != why || got[0].Fact != "/use" || got[0].Clause == "") {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

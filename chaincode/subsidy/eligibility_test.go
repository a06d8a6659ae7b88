package subsidy_test

import (
	"errors"
	"slices"
	"testing"

	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

// refusals has one loan, or one policy, for each reason that the facts of a loan can give.
var refusals = []struct {
	name   string
	code   subsidy.Code
	loan   func(*subsidy.Loan)
	policy func(*subsidy.Policy)
}{
	{"facts that make no sense", subsidy.InvalidFacts, repaid("2025-12-31", "1.00"), nil},
	{"a large enterprise", subsidy.NotSME, func(l *subsidy.Loan) { l.SizeClass = subsidy.Large }, nil},
	{"a state-owned enterprise", subsidy.NotPrivate, func(l *subsidy.Loan) { l.Private = false }, nil},
	{"a sector that is not listed", subsidy.SectorNotListed, func(l *subsidy.Loan) { l.Sector = "房地产" }, nil},
	{"a working-capital loan", subsidy.LoanTypeNotFixedAsset, func(l *subsidy.Loan) { l.Type = subsidy.WorkingCapitalLoan }, nil},
	{"finance of an order", subsidy.LoanTypeNotFixedAsset, func(l *subsidy.Loan) { l.Type = "order-finance" }, nil},
	{"a bank that is not handling", subsidy.BankNotHandling, nil, func(p *subsidy.Policy) { p.HandlingBanks = []ident.USCC{bankB} }},
	{"a loan of the year before", subsidy.DisbursedTooEarly, func(l *subsidy.Loan) { l.Disbursed = day("2025-12-31") }, nil},
	{"a loan of the year after", subsidy.OutsidePolicyWindow, func(l *subsidy.Loan) { l.Disbursed = day("2027-01-01") }, nil},
	{"a loan with another central subsidy", subsidy.DuplicateCentral, func(l *subsidy.Loan) { l.OtherCentralSubsidy = true }, nil},
	{"a long loan where that is refused", subsidy.TermOver2Y, func(l *subsidy.Loan) { l.Maturity = day("2028-01-02") }, func(p *subsidy.Policy) { p.RefuseLongTerm = true }},
	{"a loan that is overdue", subsidy.OverdueLoan, overdue("2026-05-01", ""), nil},
	{"a loan whose money was misused", subsidy.MisuseOfLoan, func(l *subsidy.Loan) { l.Misuse = true }, nil},
	{"a loan whose interest others already pay", subsidy.NetRateFloorReached, func(l *subsidy.Loan) { l.OtherSubsidy = l.AnnualRate }, nil},
}

func TestJudge(t *testing.T) {
	t.Run("an eligible loan has no reason against it", func(t *testing.T) {
		fund := func(l *subsidy.Loan) { l.Type = subsidy.PolicyInstrumentFund }
		for _, l := range []subsidy.Loan{fixedAsset("1.00"), fixedAsset("1.00", fund), fixedAsset("1.00", overdue("2026-05-01", "2026-05-09"))} {
			if got := policy2026(t).Judge(l); len(got) != 0 {
				t.Errorf("%s: %v", l.Type, got)
			}
		}
	})

	for _, r := range refusals {
		t.Run(r.name+" is refused for that reason alone", func(t *testing.T) {
			p, l := policy2026(t), fixedAsset("1000000.00")
			apply(r.policy, &p)
			apply(r.loan, &l)
			if got := reasonCodes(p.Judge(l)); !slices.Equal(got, []subsidy.Code{r.code}) {
				t.Fatalf("got %v, want %s", got, r.code)
			}
			_, _, err := subsidy.Hold(p, subsidy.Account{}, l)
			if codeOf(t, err) != r.code {
				t.Errorf("hold: %v", err)
			}
		})
	}
}

func TestReasons(t *testing.T) {
	t.Run("all reasons are answered at once, in a fixed order", func(t *testing.T) {
		p, l := policy2026(t), fixedAsset("1000000.00")
		var want []subsidy.Code
		for _, r := range refusals {
			switch r.code {
			case subsidy.DisbursedTooEarly, subsidy.InvalidFacts:
				continue // they need another date, or unsound facts
			}
			apply(r.policy, &p)
			apply(r.loan, &l)
			want = append(want, r.code)
		}
		l.Maturity = day("2031-01-01")
		l.Overdue = []subsidy.Overdue{{From: day("2027-05-01")}}
		if got := reasonCodes(p.Judge(l)); !slices.Equal(got, slices.Compact(want)) {
			t.Errorf("got  %v\nwant %v", got, slices.Compact(want))
		}
	})

	t.Run("a reason cites the first clause that grounds it, or else the policy record", func(t *testing.T) {
		p := policy2026(t)
		wc := p.Judge(fixedAsset("1.00", func(l *subsidy.Loan) { l.Type = subsidy.WorkingCapitalLoan }))[0]
		if want := (subsidy.Reason{Code: subsidy.LoanTypeNotFixedAsset, Policy: p.ID, Version: 1, Document: "财金〔2026〕4号", Clause: "一、(一)适用对象", Fact: "/type"}); wc != want {
			t.Errorf("got %+v", wc)
		}
		late := p.Judge(fixedAsset("1.00", overdue("2026-05-01", "")))[0]
		if late.Document != "" || late.Setting != "stopWhileOverdue" || late.Why == "" || late.Ground() != "subsidy-sme-2026 v1 stopWhileOverdue: "+late.Why {
			t.Errorf("got %+v", late)
		}
		if got, want := wc.Ground(), "财金〔2026〕4号 一、(一)适用对象"; got != want {
			t.Errorf("ground %q, want %q", got, want)
		}
		p.Documents = p.Documents[3:]
		early := p.Judge(fixedAsset("1.00", func(l *subsidy.Loan) { l.Disbursed = day("2025-01-01") }))[0]
		if early.Document != "" {
			t.Errorf("a draft is no ground, got %+v", early)
		}
		p.Documents[0].Status = subsidy.InForce
		if got := p.Judge(fixedAsset("1.00", func(l *subsidy.Loan) { l.Disbursed = day("2025-01-01") }))[0]; got.Document != p.Documents[0].Title {
			t.Errorf("a document without a number is cited by its title, got %+v", got)
		}
	})

	t.Run("whether the firm must be private goes by the kind of loan", func(t *testing.T) {
		p := policy2026(t, func(p *subsidy.Policy) { p.LoanTypes[1].PrivateOnly = false })
		public := func(l *subsidy.Loan) { l.Type, l.Private = subsidy.PolicyInstrumentFund, false }
		if got := p.Judge(fixedAsset("1.00", public)); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})

	t.Run("a firm that is not private is told so beside an unlisted kind of loan, unless a listed kind would take it", func(t *testing.T) {
		public := fixedAsset("1.00", func(l *subsidy.Loan) { l.Type, l.Private = subsidy.WorkingCapitalLoan, false })
		for _, c := range []struct {
			open bool
			want []subsidy.Code
		}{
			{false, []subsidy.Code{subsidy.NotPrivate, subsidy.LoanTypeNotFixedAsset}},
			{true, []subsidy.Code{subsidy.LoanTypeNotFixedAsset}},
		} {
			p := policy2026(t, func(p *subsidy.Policy) { p.LoanTypes[1].PrivateOnly = !c.open })
			if got := reasonCodes(p.Judge(public)); !slices.Equal(got, c.want) {
				t.Errorf("funds open to all %v: %v, want %v", c.open, got, c.want)
			}
		}
	})

	t.Run("an empty list of sectors or banks allows all", func(t *testing.T) {
		p := policy2026(t, func(p *subsidy.Policy) { p.Sectors, p.HandlingBanks = nil, nil })
		if got := p.Judge(fixedAsset("1.00", func(l *subsidy.Loan) { l.Sector = "房地产" })); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
}

func TestEachReasonNamesItsGroundAndTheFactThatFails(t *testing.T) {
	const notice = "财金〔2026〕4号"
	who, what, control := notice+" 一、(一)适用对象", notice+" 一、政策内容", notice+" 资金使用与监督管理"
	figures := func(l *subsidy.Loan) {
		l.SizeClass, l.Figures = "", &subsidy.Figures{Industry: "工业", Staff: 5000, Revenue: yuan("900000000.00"), Assets: yuan("1.00"), AsOf: l.Disbursed}
	}
	for _, c := range []struct {
		name   string
		loan   func(*subsidy.Loan)
		policy func(*subsidy.Policy)
		code   subsidy.Code
		fact   string
		ground string
	}{
		{"repaid before it was paid out", repaid("2025-12-31", "1.00"), nil, subsidy.InvalidFacts, "/repayments/0/date", control},
		{"large by its class", func(l *subsidy.Loan) { l.SizeClass = subsidy.Large }, nil, subsidy.NotSME, "/sizeClass", who},
		{"large by its figures", figures, nil, subsidy.NotSME, "/figures", who},
		{"not private", func(l *subsidy.Loan) { l.Private = false }, nil, subsidy.NotPrivate, "/private", who},
		{"not private by who controls it", func(l *subsidy.Loan) { l.Controller = subsidy.ByState },
			func(p *subsidy.Policy) { p.PrivateTest = subsidy.ByController }, subsidy.NotPrivate, "/controller", who},
		{"no listed sector", func(l *subsidy.Loan) { l.Sector = "房地产" }, nil, subsidy.SectorNotListed, "/sector", what},
		{"working capital", func(l *subsidy.Loan) { l.Type = subsidy.WorkingCapitalLoan }, nil, subsidy.LoanTypeNotFixedAsset, "/type", who},
		{"another bank", nil, func(p *subsidy.Policy) { p.HandlingBanks = []ident.USCC{bankB} }, subsidy.BankNotHandling, "/bank", what},
		{"too early", func(l *subsidy.Loan) { l.Disbursed = day("2025-12-31") }, nil, subsidy.DisbursedTooEarly, "/disbursed", what},
		{"too late", func(l *subsidy.Loan) { l.Disbursed = day("2027-01-01") }, nil, subsidy.OutsidePolicyWindow, "/disbursed", what},
		{"subsidised already", func(l *subsidy.Loan) { l.OtherCentralSubsidy = true }, nil, subsidy.DuplicateCentral, "/otherCentralSubsidy", what},
		{"too long", func(l *subsidy.Loan) { l.Maturity = day("2028-01-02") }, func(p *subsidy.Policy) { p.RefuseLongTerm = true }, subsidy.TermOver2Y, "/maturity", what},
		{"overdue", overdue("2026-05-01", ""), nil, subsidy.OverdueLoan, "/overdue",
			"subsidy-sme-2026 v1 stopWhileOverdue: 通知未明确,参照其他贴息政策,逾期不贴息"},
		{"misused", func(l *subsidy.Loan) { l.Misuse = true }, nil, subsidy.MisuseOfLoan, "/misuse", control},
		{"used for what is refused", func(l *subsidy.Loan) { l.Use = "投资理财" }, func(p *subsidy.Policy) { p.RefusedUses = []string{"投资理财"} },
			subsidy.UseNotPermitted, "/use", control},
		{"paid by others", func(l *subsidy.Loan) { l.OtherSubsidy = l.AnnualRate }, nil, subsidy.NetRateFloorReached, "/otherSubsidy",
			"subsidy-sme-2026 v1 netRateFloor: 通知未明确,参照财金〔2025〕81号,贴息不超过扣除其他贴息后的实际利率"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, l := policy2026(t), fixedAsset("1000000.00")
			apply(c.policy, &p)
			apply(c.loan, &l)
			got := p.Judge(l)
			if len(got) != 1 || got[0].Code != c.code || got[0].Fact != c.fact || got[0].Ground() != c.ground {
				t.Errorf("got %+v", got)
			}
		})
	}

	t.Run("a cap that is reached points to the principal", func(t *testing.T) {
		p := policy2026(t)
		a, _ := mustHold(t, p, subsidy.Account{}, fixedAsset("50000000.00"))
		for _, r := range subsidy.Quote(p, a, fixedAsset("1.00", named("LN-2", bankB))).Reasons {
			if r.Fact != "/principal" || r.Ground() != what {
				t.Errorf("got %+v", r)
			}
		}
	})

	t.Run("every fact that makes no sense is named, each once, before the other reasons", func(t *testing.T) {
		l := fixedAsset("1.00", overdue("2025-05-01", "2025-05-01"), repaid("2025-12-31", "0.00"), figures, func(l *subsidy.Loan) {
			l.Maturity, l.Private, l.Figures.Industry, l.Figures.Staff = l.Disbursed, false, "养鱼", -1
		})
		want := []string{"/maturity", "/overdue/0/from", "/overdue/0/to", "/figures/staff", "/repayments/0/date", "/repayments/0/principal", "/figures/industry"}
		var got []string
		reasons := policy2026(t).Judge(l)
		for _, r := range reasons {
			if r.Code == subsidy.InvalidFacts {
				got = append(got, r.Fact)
			}
		}
		if !slices.Equal(got, want) || !slices.Equal(reasonCodes(reasons)[len(got):], []subsidy.Code{subsidy.NotSME, subsidy.NotPrivate}) {
			t.Errorf("got %v and %v", got, reasonCodes(reasons)[len(got):])
		}
	})

	t.Run("what a claim may not accrue for is told as a whole", func(t *testing.T) {
		p, l := policy2026(t), goldenYear()
		a, c := mustHold(t, p, subsidy.Account{}, l)
		l.Misuse, l.OtherCentralSubsidy, l.SizeClass = true, true, subsidy.Large
		_, _, _, err := subsidy.Accrue(p, a, c, l, day("2026-06-20"))
		var refused *subsidy.Error
		if !errors.As(err, &refused) || refused.Code != subsidy.NotSME ||
			!slices.Equal(reasonCodes(refused.Reasons), []subsidy.Code{subsidy.NotSME, subsidy.DuplicateCentral, subsidy.MisuseOfLoan}) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLoanValidate(t *testing.T) {
	for field, change := range map[string]func(*subsidy.Loan){
		"id":              func(l *subsidy.Loan) { l.ID = "" },
		"household":       func(l *subsidy.Loan) { l.Household = "" },
		"bank":            func(l *subsidy.Loan) { l.Bank = "" },
		"type":            func(l *subsidy.Loan) { l.Type = "" },
		"sizeClass":       func(l *subsidy.Loan) { l.SizeClass = "huge" },
		"principal":       func(l *subsidy.Loan) { l.Principal = money.Zero },
		"disbursed":       func(l *subsidy.Loan) { l.Disbursed = noDate },
		"maturity":        func(l *subsidy.Loan) { l.Maturity = l.Disbursed },
		"entrustedPaid":   func(l *subsidy.Loan) { l.EntrustedPaid = l.Disbursed.AddDays(-1) },
		"overdue[0].from": overdue("2025-05-01", "2026-05-01"),
		"overdue[0].to":   overdue("2026-05-01", "2026-05-01"),
		"overdue[1].from": func(l *subsidy.Loan) { overdue("2026-05-01", "2026-06-01")(l); overdue("2026-05-31", "")(l) },
		"overdue":         func(l *subsidy.Loan) { l.Overdue = manyOverdue(l, 121) },
	} {
		t.Run(field+" is named when it cannot stand", func(t *testing.T) {
			err := fixedAsset("1.00", change).Validate()
			if got := fieldsOf(err); !errors.Is(err, subsidy.ErrLoan) || !slices.Equal(got, []string{field}) {
				t.Errorf("got fields %v of %v", got, err)
			}
		})
	}

	t.Run("only the last overdue time may be open", func(t *testing.T) {
		err := fixedAsset("1.00", overdue("2026-05-01", ""), overdue("2026-06-01", "")).Validate()
		if got := fieldsOf(err); !slices.Equal(got, []string{"overdue[0].to"}) {
			t.Errorf("got %v", got)
		}
	})

	t.Run("overdue times that follow each other are sound", func(t *testing.T) {
		if err := fixedAsset("1.00", overdue("2026-05-01", "2026-06-01"), overdue("2026-06-01", "")).Validate(); err != nil {
			t.Error(err)
		}
	})
}

func manyOverdue(l *subsidy.Loan, n int) []subsidy.Overdue {
	var all []subsidy.Overdue
	for i := range n {
		from := l.Disbursed.AddDays(3 * i)
		all = append(all, subsidy.Overdue{From: from, To: from.AddDays(1)})
	}
	return all
}

func apply[T any](change func(*T), v *T) {
	if change != nil {
		change(v)
	}
}

// fieldsOf lists the fields that a joined error names.
func fieldsOf(err error) []string {
	var fields []string
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	for _, e := range joined.Unwrap() {
		var f *subsidy.FieldError
		if errors.As(e, &f) {
			fields = append(fields, f.Field)
		}
	}
	return fields
}

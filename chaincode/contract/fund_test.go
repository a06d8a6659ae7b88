package contract_test

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

func (w *world) month() fund.Month { return fund.MonthOf(w.today()) }

func (w *world) budgetArgs(amount string) fund.BudgetArgs {
	return fund.BudgetArgs{Policy: w.policy.ID, Bank: w.BankA.USCC, Year: 2026, Amount: yuan(amount), Document: "青财金〔2026〕9号"}
}

func (w *world) budget(amount string) string {
	return w.after(contracttest.NewID("BUD"), w.Regulator, "budget.open", w.budgetArgs(amount))
}

func (w *world) fundArgs() fund.ApplyArgs {
	return fund.ApplyArgs{Policy: w.policy.ID, First: w.month(), Need: need("300000.00")}
}

func need(amount string) fund.Need { return fund.Need{Year: 2026, Amount: yuan(amount), Loans: 12} }

func (w *world) appliedFund(bank *contracttest.Actor) string {
	return w.after(contracttest.NewID("FND"), bank, "fund.apply", w.fundArgs())
}

func (w *world) allocation(budget, amount string) fund.AllocateArgs {
	return fund.AllocateArgs{Budget: budget, Amount: yuan(amount), Date: w.today(), Reference: contracttest.NewID("YB")}
}

// openFund is bank A's, with 100,000.00 in advance out of a budget of a million.
func (w *world) openFund() string {
	id := w.appliedFund(w.BankA)
	return w.after(id, w.Regulator, "fund.allocate", w.allocation(w.budget("1000000.00"), "100000.00"))
}

func (w *world) fundTerms(id string) (f fund.Fund)     { w.Terms(id, &f); return f }
func (w *world) budgetTerms(id string) (b fund.Budget) { w.Terms(id, &b); return b }

// reportArgs are the whole report of the fund's next month over these claims.
func (w *world) reportArgs(id string, claims ...string) fund.FileArgs {
	f := w.fundTerms(id)
	a := fund.FileArgs{Fund: id, Month: f.Next(), Lines: []fund.Line{}, Final: true}
	for _, claim := range slices.Sorted(slices.Values(claims)) {
		e := w.claim(claim).Unreported(a.Month)
		if e.Accrued.IsZero() && e.TakenBack.IsZero() {
			continue
		}
		a.Lines = append(a.Lines, fund.Line{Claim: claim, Accrued: e.Accrued, TakenBack: e.TakenBack})
		a.Accrued, a.TakenBack = a.Accrued.Add(e.Accrued), a.TakenBack.Add(e.TakenBack)
	}
	return a
}

func (w *world) filed(id string, claims ...string) string {
	return w.after(contracttest.NewID("RPT"), w.BankA, "fund-report.file", w.reportArgs(id, claims...))
}

// reportAll files and has accepted every month that is over.
func (w *world) reportAll(id string, claims ...string) {
	for w.fundTerms(id).Next() < w.month() {
		w.Do(w.Regulator, "fund-report.accept", w.filed(id, claims...), financing.NoArgs{})
	}
}

// reportedFund is an open fund whose months are reported to the last, with one claim that accrued.
func (w *world) reportedFund() (id, claim string) {
	id, claim = w.openFund(), w.accruing()
	w.Pass(31 * days)
	w.reportAll(id, claim)
	return id, claim
}

// payable has all that the claim of bank A accrued reported and accepted, under a fund that is opened where there is none.
func (w *world) payable(claim string) string {
	var id string
	w.read(contract.FundKey(w.policy.ID, w.BankA.USCC), &id)
	if id == "" {
		id = w.openFund()
	}
	w.Pass(31 * days)
	w.reportAll(id, claim)
	return claim
}

func (w *world) payableAccruing() string { return w.payable(w.accruing()) }

func (w *world) payableReleased() string {
	return w.payable(w.after(w.accruing(), w.BankA, "subsidy.release", financing.NoArgs{}))
}

func (w *world) settleAccrued(claim string) {
	w.Do(w.Regulator, "subsidy.settle", claim, contract.SettleArgs{Amount: w.claim(claim).Claim.Accrued})
}

func (w *world) returned(amount string) fund.ReturnArgs {
	return fund.ReturnArgs{Amount: yuan(amount), Date: w.today(), Reference: contracttest.NewID("JH")}
}

// balancedFund has all settled and all returned.
func (w *world) balancedFund() string {
	id, claim := w.reportedFund()
	w.settleAccrued(claim)
	back := w.returned(w.fundTerms(id).Advance().String())
	w.Do(w.BankA, "fund.return", id, back)
	w.Do(w.Regulator, "fund.confirm-return", id, fund.ConfirmArgs{Reference: back.Reference, Amount: back.Amount, Budget: w.fundTerms(id).Allocations[0].Budget})
	return id
}

// clearedFund holds money again after its clearing, because a settled claim was clawed back.
func (w *world) clearedFund() string {
	id, claim := w.reportedFund()
	w.settleAccrued(claim)
	back := w.returned(w.fundTerms(id).Advance().String())
	w.Do(w.BankA, "fund.return", id, back)
	w.Do(w.Regulator, "fund.confirm-return", id, fund.ConfirmArgs{Reference: back.Reference, Amount: back.Amount, Budget: w.fundTerms(id).Allocations[0].Budget})
	w.Do(w.Regulator, "fund.clear", id, financing.NoArgs{})
	return w.afterClaim(id, claim)
}

func (w *world) afterClaim(id, claim string) string {
	w.Do(w.Regulator, "subsidy.claw-back", claim, contract.ClawBackArgs{Ground: "misuse", Reason: "挪用"})
	return id
}

// returning has a return whose arrival is to be confirmed.
func returning(w *world, id string) any {
	back := w.returned("1.00")
	w.Do(w.BankA, "fund.return", id, back)
	return fund.ConfirmArgs{Reference: back.Reference, Amount: back.Amount, Budget: w.fundTerms(id).Allocations[0].Budget}
}

// sampleVoid takes back a return that is on its way, which it makes first where the state allows that.
func sampleVoid(w *world, id string) any {
	back := w.returned("1.00")
	if s := w.Header(id).State; s == fund.Open || s == fund.Cleared {
		w.Do(w.BankA, "fund.return", id, back)
	}
	return fund.VoidArgs{Reference: back.Reference, Reason: "登记有误"}
}

func (w *world) nilReport() string {
	id := w.openFund()
	w.Pass(31 * days)
	return w.filed(id)
}

func init() {
	build["budget"] = map[lifecycle.State]func(*world) string{
		lifecycle.None: func(*world) string { return contracttest.NewID("BUD") },
		fund.Open:      func(w *world) string { return w.budget("1000000.00") },
		fund.Closed: func(w *world) string {
			return w.after(w.budget("1000000.00"), w.Regulator, "budget.close", financing.NoArgs{})
		},
	}
	build["fund"] = map[lifecycle.State]func(*world) string{
		lifecycle.None: func(*world) string { return contracttest.NewID("FND") },
		fund.Applied:   func(w *world) string { return w.appliedFund(w.BankA) },
		fund.Declined: func(w *world) string {
			return w.after(w.appliedFund(w.BankA), w.Regulator, "fund.decline", fund.ReasonArgs{Reason: "材料不全"})
		},
		fund.Open:    (*world).openFund,
		fund.Cleared: (*world).clearedFund,
	}
	build["fund-report"] = map[lifecycle.State]func(*world) string{
		lifecycle.None: func(*world) string { return contracttest.NewID("RPT") },
		fund.Filed:     (*world).nilReport,
		fund.Accepted: func(w *world) string {
			return w.after(w.nilReport(), w.Regulator, "fund-report.accept", financing.NoArgs{})
		},
		fund.SentBack: func(w *world) string {
			return w.after(w.nilReport(), w.Regulator, "fund-report.send-back", fund.ReasonArgs{Reason: "漏报"})
		},
		fund.Withdrawn: func(w *world) string {
			return w.after(w.nilReport(), w.BankA, "fund-report.withdraw", financing.NoArgs{})
		},
	}
	maps.Copy(special, map[string]map[lifecycle.State]func(*world) string{
		"fund.settle": {fund.Open: func(w *world) string { id, _ := w.reportedFund(); return id }},
		"fund.clear":  {fund.Open: (*world).balancedFund},

		"subsidy.settle": {subsidy.Accruing: (*world).payableAccruing, subsidy.Released: (*world).payableReleased},
	})
	maps.Copy(sample, map[string]func(w *world, id string) any{
		"budget.open": func(w *world, _ string) any { return w.budgetArgs("1000000.00") },
		"budget.change": func(*world, string) any {
			return fund.ChangeArgs{Amount: yuan("2000000.00"), Document: "青财金〔2026〕21号"}
		},
		"budget.close":  none,
		"fund.apply":    func(w *world, _ string) any { return w.fundArgs() },
		"fund.request":  func(*world, string) any { return fund.RequestArgs{Need: need("5000.00")} },
		"fund.decline":  func(*world, string) any { return fund.ReasonArgs{Reason: "材料不全"} },
		"fund.allocate": func(w *world, _ string) any { return w.allocation(w.budget("2000.00"), "1000.00") },
		"fund.void-allocation": func(w *world, id string) any {
			reference := "x"
			if w.Header(id).State == fund.Open {
				paid := w.allocation(w.budget("2000.00"), "1000.00")
				w.Do(w.Regulator, "fund.allocate", id, paid)
				reference = paid.Reference
			}
			return fund.VoidArgs{Reference: reference, Reason: "误登"}
		},
		"fund.settle": func(*world, string) any { return fund.QuarterArgs{Through: "2026-03"} },
		"fund.return": func(w *world, _ string) any { return w.returned("1.00") },
		"fund.confirm-return": func(w *world, id string) any {
			if s := w.Header(id).State; s == fund.Open || s == fund.Cleared {
				return returning(w, id)
			}
			return fund.ConfirmArgs{Reference: "x", Amount: yuan("1.00"), Budget: w.budget("1.00")}
		},
		"fund.withdraw-return": sampleVoid,
		"fund.reject-return":   sampleVoid,
		"fund.clear":           none,

		"fund-report.file": func(w *world, _ string) any {
			var own string
			w.read(contract.FundKey(w.policy.ID, w.BankA.USCC), &own)
			if own == "" {
				own = w.openFund()
				w.Pass(31 * days)
			}
			return w.reportArgs(own)
		},
		"fund-report.accept":    none,
		"fund-report.send-back": func(*world, string) any { return fund.ReasonArgs{Reason: "漏报"} },
		"fund-report.withdraw":  none,
	})
}

// checkTies compares the fund with its claims and its budgets, to the fen.
func (w *world) checkTies(t *testing.T, id string, budgets, claims []string) {
	t.Helper()
	f, settled := w.fundTerms(id), money.Zero
	for _, claim := range claims {
		settled = settled.Add(w.claim(claim).Claim.Settled)
	}
	if f.Paid().Cmp(settled) != 0 {
		t.Errorf("the fund settled %s, its claims %s", f.Paid(), settled)
	}
	out := money.Zero
	for _, b := range budgets {
		out = out.Add(w.budgetTerms(b).Allocated).Sub(w.budgetTerms(b).Returned)
	}
	if want := f.Allocated.Sub(f.Returned); out.Cmp(want) != 0 {
		t.Errorf("the budgets gave out %s, the fund has had %s", out, want)
	}
	if f.Advance().IsNegative() {
		t.Errorf("the bank holds %s in advance", f.Advance())
	}
}

func TestMoneyGoesFromTheBudgetThroughAFundToClaimsAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	audited(t, w.Chain)
	budget := w.budget("200000.00")
	id := w.appliedFund(w.BankA)
	one, two := w.held(), w.held()
	claims := []string{one, two}
	w.Pass(100 * days)
	for _, claim := range claims {
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
	}
	w.Refuse("FUND_NOT_OPEN", w.Regulator, "subsidy.settle", one, contract.SettleArgs{Amount: yuan("1.00")})
	w.Do(w.Regulator, "fund.allocate", id, w.allocation(budget, "0.50"))
	w.Refuse("NOT_REPORTED", w.Regulator, "subsidy.settle", one, contract.SettleArgs{Amount: yuan("1.00")})
	w.Pass(31 * days)
	w.reportAll(id, claims...)
	w.Refuse("ADVANCE_SHORT", w.Regulator, "subsidy.settle", one, contract.SettleArgs{Amount: yuan("1.00")})
	w.Refuse("BUDGET_SHORT", w.Regulator, "fund.allocate", id, w.allocation(budget, "200000.01"))
	w.Do(w.Regulator, "fund.allocate", id, w.allocation(budget, "7999.50"))
	accrued := w.claim(one).Claim.Accrued
	w.Do(w.Regulator, "subsidy.settle", one, contract.SettleArgs{Amount: accrued})
	w.checkTies(t, id, []string{budget}, claims)
	if f := w.fundTerms(id); f.Due().Cmp(accrued.Add(w.claim(two).Claim.Accrued)) != 0 {
		t.Errorf("%s is reported", f.Due())
	}
	w.Refuse("SETTLE_AMOUNT", w.Regulator, "subsidy.settle", one, contract.SettleArgs{Amount: yuan("0.01")})

	w.Do(w.Regulator, "fund.settle", id, fund.QuarterArgs{Through: "2026-03"})
	w.Do(w.Regulator, "fund.settle", id, fund.QuarterArgs{Through: "2026-06"})
	w.Refuse("PERIOD_OPEN", w.Regulator, "fund.settle", id, fund.QuarterArgs{Through: "2026-09"})
	w.Refuse("NOT_BALANCED", w.Regulator, "fund.clear", id, financing.NoArgs{})

	w.Do(w.Regulator, "subsidy.claw-back", one, contract.ClawBackArgs{Ground: "misuse", Reason: "挪用"})
	w.Do(w.BankA, "subsidy.release", two, financing.NoArgs{})
	w.settleAccrued(two)
	w.checkTies(t, id, []string{budget}, claims)
	if f := w.fundTerms(id); f.Recovered.Cmp(accrued) != 0 {
		t.Errorf("%s was taken back, want %s", f.Recovered, accrued)
	}
	w.Pass(31 * days)
	w.reportAll(id, claims...)
	if f := w.fundTerms(id); f.TakenBack.Cmp(accrued) != 0 || f.Due().Cmp(f.Paid()) != 0 {
		t.Errorf("got %+v", f.Sums)
	}
	back := w.returned(w.fundTerms(id).Advance().String())
	w.Refuse("ADVANCE_SHORT", w.BankA, "fund.return", id, w.returned(back.Amount.Add(yuan("0.01")).String()))
	w.Do(w.BankA, "fund.return", id, back)
	w.Refuse("NOT_BALANCED", w.Regulator, "fund.clear", id, financing.NoArgs{})
	w.Do(w.Regulator, "fund.confirm-return", id, fund.ConfirmArgs{Reference: back.Reference, Amount: back.Amount, Budget: budget})
	w.checkTies(t, id, []string{budget}, claims)
	w.Do(w.Regulator, "fund.clear", id, financing.NoArgs{})
	if b := w.budgetTerms(budget); b.Left().Cmp(yuan("200000.00").Sub(w.claim(two).Claim.Settled)) != 0 {
		t.Errorf("%s is left of the budget", b.Left())
	}
}

func TestAReportThatIsNotWhatTheLedgerBookedIsRefusedAndBooksNothing(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	id := base.openFund()
	claims := []string{base.held(), base.held()}
	slices.SortFunc(claims, cmp.Compare[string])
	foreign := contracttest.NewID("SUB")
	base.Do(base.BankB, "subsidy.hold", foreign, base.holdArgs(base.policy, base.fixedAssetLoan(base.BankB, "1000000.00")))
	base.Pass(30 * days) // into April
	for _, claim := range claims {
		base.Do(base.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: base.today()})
	}
	base.reportAll(id)
	for name, c := range map[string]struct {
		change      func(w *world, a *fund.FileArgs)
		code, field string
	}{
		"a fen too much":            {func(_ *world, a *fund.FileArgs) { add(a, 0, "0.01") }, "REPORT_MISMATCH", "/lines/0/accrued"},
		"something taken back":      {func(_ *world, a *fund.FileArgs) { a.Lines[1].TakenBack, a.TakenBack = yuan("0.01"), yuan("0.01") }, "REPORT_MISMATCH", "/lines/1/takenBack"},
		"a wrong total":             {func(_ *world, a *fund.FileArgs) { a.Accrued = a.Accrued.Add(yuan("0.01")) }, "SUM_MISMATCH", "/accrued"},
		"a wrong total taken back":  {func(_ *world, a *fund.FileArgs) { a.TakenBack = yuan("0.01") }, "SUM_MISMATCH", "/takenBack"},
		"a line twice":              {func(_ *world, a *fund.FileArgs) { a.Lines[1] = a.Lines[0] }, "LINE_REPEATED", "/lines/1/claim"},
		"lines out of order":        {func(_ *world, a *fund.FileArgs) { slices.Reverse(a.Lines) }, "LINE_REPEATED", "/lines/1/claim"},
		"another bank's claim":      {func(_ *world, a *fund.FileArgs) { a.Lines[1].Claim = foreign }, "FOREIGN_CLAIM", "/lines/1/claim"},
		"a claim that is not there": {func(_ *world, a *fund.FileArgs) { a.Lines[1].Claim = contracttest.NewID("SUB") }, "RECORD_NOT_FOUND", "/lines/1/claim"},
		"what is no claim":          {func(_ *world, a *fund.FileArgs) { a.Lines[0].Claim = a.Fund }, "RECORD_NOT_FOUND", "/lines/0/claim"},
		"a line of nothing":         {func(_ *world, a *fund.FileArgs) { a.Lines[0].Accrued = yuan("0.00") }, "AMOUNT_NOT_POSITIVE", "/lines/0/accrued"},
		"a month that is complete":  {func(_ *world, a *fund.FileArgs) { a.Month = a.Month.Add(-1) }, "PERIOD_CLOSED", "/month"},
		"a month before the first":  {func(_ *world, a *fund.FileArgs) { a.Month = a.Month.Add(-2) }, "PERIOD_CLOSED", "/month"},
		"a month out of turn":       {func(_ *world, a *fund.FileArgs) { a.Month = a.Month.Add(1) }, "PERIOD_OPEN", "/month"},
		"a month that is not over":  {func(w *world, _ *fund.FileArgs) { w.Pass(-20 * days) }, "PERIOD_OPEN", "/month"},
		"too many lines":            {func(_ *world, a *fund.FileArgs) { a.Lines = slices.Repeat(a.Lines, fund.MaxLines) }, "TOO_MANY", "/lines"},
		"an empty part":             {func(_ *world, a *fund.FileArgs) { a.Lines, a.Final = nil, false }, "FIELD_REQUIRED", "/lines"},
		"no month":                  {func(_ *world, a *fund.FileArgs) { a.Month = "" }, "FIELD_REQUIRED", "/month"},
		"what is no fund":           {func(_ *world, a *fund.FileArgs) { a.Fund = a.Lines[0].Claim }, "RECORD_NOT_FOUND", "/fund"},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.fork(t)
			w.Pass(31 * days) // into May
			args := w.reportArgs(id, claims...)
			c.change(w, &args)
			before := w.State.Clone()
			r := w.Try(w.BankA, "fund-report.file", contracttest.NewID("RPT"), args)
			if r.Status != contract.Refused || r.Code != c.code || r.Field != c.field {
				t.Errorf("got %+v, want %s at %s", r, c.code, c.field)
			}
			if got := changed(before, w.State); len(got) != 1 || got[0] != contract.CommandKey(r.Command) {
				t.Errorf("refused, yet it wrote %q", got)
			}
		})
	}
	t.Run("and in parts a line stands once a month too", func(t *testing.T) {
		w := base.fork(t)
		w.Pass(31 * days)
		whole := w.reportArgs(id, claims...)
		part := whole
		part.Lines, part.Accrued, part.Final = whole.Lines[:1], whole.Lines[0].Accrued, false
		first := w.after(contracttest.NewID("RPT"), w.BankA, "fund-report.file", part)
		w.Refuse("LINE_REPEATED", w.BankA, "fund-report.file", contracttest.NewID("RPT"), part)
		part.Lines, part.Accrued, part.Final = whole.Lines[1:], whole.Lines[1].Accrued, true
		second := w.after(contracttest.NewID("RPT"), w.BankA, "fund-report.file", part)
		w.Refuse("NOT_LAST_REPORT", w.BankA, "fund-report.withdraw", first, financing.NoArgs{})
		w.Refuse("PERIOD_OPEN", w.Regulator, "fund-report.accept", second, financing.NoArgs{})
		if f := w.fundTerms(id); f.Due().Cmp(whole.Accrued) != 0 {
			t.Errorf("reported %s, want %s", f.Due(), whole.Accrued)
		}
		w.Do(w.Regulator, "fund-report.send-back", second, fund.ReasonArgs{Reason: "漏报"})
		w.Do(w.BankA, "fund-report.withdraw", first, financing.NoArgs{})
		if f := w.fundTerms(id); !f.Due().IsZero() || f.Next() != whole.Month {
			t.Errorf("after both are out: %+v", f)
		}
		w.Do(w.BankA, "fund-report.file", contracttest.NewID("RPT"), whole)
	})
}

func add(a *fund.FileArgs, line int, amount string) {
	a.Lines[line].Accrued, a.Accrued = a.Lines[line].Accrued.Add(yuan(amount)), a.Accrued.Add(yuan(amount))
}

func TestAFundAndItsBudgetAreOneBanksAndTheBureausAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	id, _ := w.reportedFund()
	report := w.fundTerms(id).Months[0].Parts[0].Report
	budget := w.fundTerms(id).Allocations[0].Budget
	for _, record := range []string{id, report, budget} {
		if !w.sees(w.BankA, record) || !w.sees(w.Regulator, record) || w.ever(w.BankB, record) || w.ever(w.SME, record) {
			t.Errorf("%s is held by %v", record, w.Holders(record))
		}
	}
	w.Refuse("FUND_EXISTS", w.BankA, "fund.apply", contracttest.NewID("FND"), w.fundArgs())
	other := w.appliedFund(w.BankB)
	if r := w.Try(w.Regulator, "fund.allocate", other, w.allocation(budget, "1.00")); r.Code != "FIELD_INVALID" || r.Field != "/budget" {
		t.Errorf("bank B is paid out of bank A's budget: %+v", r)
	}
	args := w.reportArgs(id)
	args.Fund = other
	w.Refuse("NOT_PERMITTED", w.BankA, "fund-report.file", contracttest.NewID("RPT"), args)
	unknown := w.fundArgs()
	unknown.Policy = "credit"
	w.Refuse("POLICY_UNKNOWN", w.BankB, "fund.apply", contracttest.NewID("FND"), unknown)
}

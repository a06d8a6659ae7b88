package audit_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
)

// held holds the subsidy of a new loan.
func (p *player) held(borrower, bank *contracttest.Actor) string {
	p.T.Helper()
	return p.must(bank, "subsidy.hold", contracttest.NewID("SUB"), p.claimed(p.lentTo(borrower, bank)))
}

// lentTo is a loan without collateral that was paid out.
func (p *player) lentTo(borrower, bank *contracttest.Actor) string {
	p.T.Helper()
	id := p.must(borrower, "financing.apply", contracttest.NewID("FIN"), p.application(bank, "100000.00"))
	p.must(bank, "financing.offer", id, p.offered("100000.00"))
	p.must(borrower, "financing.accept", id, financing.AcceptArgs{})
	return p.must(bank, "financing.disburse", id, p.paidOut("100000.00"))
}

// succession passes all claims of a household on.
func (p *player) succession(old, heir *contracttest.Actor, claims []string) contract.SuccessionArgs {
	p.T.Helper()
	return contract.SuccessionArgs{Policy: p.policy.ID, Old: old.USCC, Heir: heir.USCC, On: p.today(), Document: "合并登记",
		Claims: p.claims(claims, func(t contract.ClaimTerms) bool { return t.Claim.Household == old.USCC })}
}

// claims are those that some have, in the order of their IDs.
func (p *player) claims(of []string, has func(contract.ClaimTerms) bool) []string {
	some := []string{}
	for _, id := range slices.Sorted(slices.Values(of)) {
		var t contract.ClaimTerms
		if p.ahead.Header(id).ID == "" {
			continue // its hold was refused
		}
		if p.ahead.Terms(id, &t); has(t) {
			some = append(some, id)
		}
	}
	return some
}

func (p *player) budgetArgs(bank *contracttest.Actor) fund.BudgetArgs {
	return fund.BudgetArgs{Policy: p.policy.ID, Bank: bank.USCC, Year: 2026, Amount: yuan("1000000.00"), Document: "青财金〔2026〕9号"}
}

func (p *player) fundArgs() fund.ApplyArgs {
	return fund.ApplyArgs{Policy: p.policy.ID, First: fund.MonthOf(p.today()), Need: p.need()}
}

func (p *player) need() fund.Need { return fund.Need{Year: 2026, Amount: yuan("5000.00"), Loans: 3} }

// openFund is a bank's, with money in advance out of a new budget.
func (p *player) openFund(bank *contracttest.Actor) (id, budget string) {
	p.T.Helper()
	budget = p.must(p.Regulator, "budget.open", contracttest.NewID("BUD"), p.budgetArgs(bank))
	id = p.must(bank, "fund.apply", contracttest.NewID("FND"), p.fundArgs())
	return p.must(p.Regulator, "fund.allocate", id, p.allocation(budget)), budget
}

func (p *player) allocation(budget string) fund.AllocateArgs {
	return fund.AllocateArgs{Budget: budget, Amount: yuan("1000.00"), Date: p.today(), Reference: contracttest.NewID("YB")}
}

// reportArgs are the whole report of the fund's next month over some of these claims.
func (p *player) reportArgs(id string, claims []string) fund.FileArgs {
	p.T.Helper()
	var f fund.Fund
	p.ahead.Terms(id, &f)
	a := fund.FileArgs{Fund: id, Month: f.Next(), Lines: []fund.Line{}, Final: true}
	for _, id := range p.claims(claims, func(t contract.ClaimTerms) bool { return t.Claim.Bank == f.Bank }) {
		var t contract.ClaimTerms
		p.ahead.Terms(id, &t)
		if e := t.Unreported(a.Month); e.Accrued.IsPositive() || e.TakenBack.IsPositive() {
			a.Lines = append(a.Lines, fund.Line{Claim: id, Accrued: e.Accrued, TakenBack: e.TakenBack})
			a.Accrued, a.TakenBack = a.Accrued.Add(e.Accrued), a.TakenBack.Add(e.TakenBack)
		}
	}
	return a
}

// fundOf is the bank's fund, "" for none yet.
func (h *tale) fundOf(bank *contracttest.Actor) (id string) {
	if raw := h.ahead.State.Public[contract.FundKey(h.policy.ID, bank.USCC)]; raw != nil {
		if err := canon.Strict(raw, &id); err != nil {
			h.t.Fatal(err)
		}
	}
	return id
}

// onFund adds a step about the fund of a bank that has one.
func onFund(name string, step func(h *tale, bank *contracttest.Actor, id string)) {
	steps[name] = func(h *tale) {
		bank := h.bank()
		if id := h.fundOf(bank); id != "" {
			step(h, bank, id)
		}
	}
}

func init() {
	steps["apply for a fund"] = func(h *tale) {
		h.do(h.bank(), "fund.apply", contracttest.NewID("FND"), h.fundArgs())
	}
	steps["budget"] = func(h *tale) {
		h.budgets = append(h.budgets, h.must(h.Regulator, "budget.open", contracttest.NewID("BUD"), h.budgetArgs(h.bank())))
	}
	steps["close budget"] = func(h *tale) {
		h.do(h.Regulator, "budget.close", h.one(h.budgets, "BUD"), financing.NoArgs{})
	}
	onFund("ask for more", func(h *tale, bank *contracttest.Actor, id string) {
		h.do(bank, "fund.request", id, fund.RequestArgs{Need: h.need()})
	})
	onFund("decline", func(h *tale, _ *contracttest.Actor, id string) {
		h.do(h.Regulator, "fund.decline", id, fund.ReasonArgs{Reason: "none left"})
	})
	onFund("allocate", func(h *tale, bank *contracttest.Actor, id string) {
		h.budgets = append(h.budgets, h.must(h.Regulator, "budget.open", contracttest.NewID("BUD"), h.budgetArgs(bank)))
		h.do(h.Regulator, "fund.allocate", id, h.allocation(h.one(h.budgets, "BUD")))
	})
	onFund("void an allocation", func(h *tale, _ *contracttest.Actor, id string) {
		var f fund.Fund
		if h.ahead.Terms(id, &f); len(f.Allocations) > 0 {
			h.do(h.Regulator, "fund.void-allocation", id, fund.VoidArgs{Reference: f.Allocations[len(f.Allocations)-1].Reference, Reason: "wrong amount"})
		}
	})
	onFund("close a quarter", func(h *tale, _ *contracttest.Actor, id string) {
		h.do(h.Regulator, "fund.settle", id, fund.QuarterArgs{Through: "2026-03"})
	})
	onFund("return", func(h *tale, bank *contracttest.Actor, id string) {
		h.returns++
		h.do(bank, "fund.return", id, fund.ReturnArgs{Amount: yuan("1.00"), Date: h.today(), Reference: reference(h.returns)})
	})
	onFund("confirm return", func(h *tale, _ *contracttest.Actor, id string) {
		h.do(h.Regulator, "fund.confirm-return", id, fund.ConfirmArgs{Reference: reference(h.returns), Amount: yuan("1.00"), Budget: h.one(h.budgets, "BUD")})
	})
	onFund("void return", func(h *tale, bank *contracttest.Actor, id string) {
		void := fund.VoidArgs{Reference: reference(h.returns), Reason: "wrong amount"}
		if rapid.Bool().Draw(h.t, "bank") {
			h.do(bank, "fund.withdraw-return", id, void)
			return
		}
		h.do(h.Regulator, "fund.reject-return", id, void)
	})
	onFund("clear", func(h *tale, _ *contracttest.Actor, id string) {
		h.do(h.Regulator, "fund.clear", id, financing.NoArgs{})
	})
	onFund("file", func(h *tale, bank *contracttest.Actor, id string) {
		h.reports = append(h.reports, contracttest.NewID("RPT"))
		h.do(bank, "fund-report.file", h.reports[len(h.reports)-1], h.reportArgs(id, h.subs))
	})
	onFund("report", func(h *tale, bank *contracttest.Actor, id string) { // a month, accrued and settled
		subs := h.claims(h.subs, func(t contract.ClaimTerms) bool { return t.Claim.Bank == bank.USCC })
		h.pass(31 * 24 * time.Hour)
		for _, sub := range subs {
			h.do(bank, "subsidy.accrue", sub, contract.AccrueArgs{Through: h.today()})
		}
		h.pass(31 * 24 * time.Hour)
		for range 2 {
			report := contracttest.NewID("RPT")
			h.do(bank, "fund-report.file", report, h.reportArgs(id, h.subs))
			h.do(h.Regulator, "fund-report.accept", report, financing.NoArgs{})
		}
		for _, sub := range subs {
			h.do(h.Regulator, "subsidy.settle", sub, contract.SettleArgs{Amount: yuan("0.50")})
		}
	})
	for verb, args := range map[string]any{"accept": financing.NoArgs{}, "send-back": fund.ReasonArgs{Reason: "incomplete"}} {
		steps[verb+" report"] = func(h *tale) { h.do(h.Regulator, "fund-report."+verb, h.one(h.reports, "RPT"), args) }
	}
	steps["withdraw report"] = func(h *tale) {
		h.do(h.bank(), "fund-report.withdraw", h.one(h.reports, "RPT"), financing.NoArgs{})
	}

	steps["claim of another"] = func(h *tale) {
		id, bank := contracttest.NewID("SUB"), h.bank()
		h.do(bank, "subsidy.hold", id, h.claimed(h.lentTo(h.SME2, bank)))
		h.subs = append(h.subs, id)
	}
	steps["claim again"] = func(h *tale) {
		void := h.claims(h.subs, func(t contract.ClaimTerms) bool { return t.Claim.Void() })
		if len(void) == 0 {
			return
		}
		var t contract.ClaimTerms
		h.ahead.Terms(rapid.SampledFrom(void).Draw(h.t, "void"), &t)
		id := contracttest.NewID("SUB")
		for _, bank := range []*contracttest.Actor{h.BankA, h.BankB} {
			if bank.USCC == t.Loan.Bank {
				h.do(bank, "subsidy.hold", id, h.claimed(t.Loan.ID))
			}
		}
		h.subs = append(h.subs, id)
	}
	steps["give back"] = func(h *tale) { h.do(h.bank(), "subsidy.release", h.one(h.subs, "SUB"), financing.NoArgs{}) }
	steps["correct"] = func(h *tale) { h.do(h.bank(), "subsidy.correct", h.one(h.subs, "SUB"), financing.NoArgs{}) }
	steps["succeed"] = func(h *tale) {
		pair := rapid.SampledFrom([][2]*contracttest.Actor{{h.SME, h.SME2}, {h.SME2, h.SME}}).Draw(h.t, "pair")
		h.do(h.Regulator, "succession.record", contracttest.NewID("SUC"), h.succession(pair[0], pair[1], h.subs))
	}
}

func reference(n int) string { return fmt.Sprintf("JH%d", n) }

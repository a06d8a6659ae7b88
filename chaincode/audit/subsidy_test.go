package audit_test

import (
	"slices"
	"testing"
	"time"

	"decore/chaincode/audit"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// flow is a fund of bank A from its application to its clearing, with every verb of funds, reports and budgets.
type flow struct {
	*past
	fund, budget, claim string
	foreign             string // the claim of bank B
	rival               string // the fund of bank B
	report              string // accepted
}

func (f *flow) month() { f.pass(31 * 24 * time.Hour) }

// accrue books what is due on both claims, and lets the month end.
func (f *flow) accrue() {
	f.month()
	f.must(f.BankA, "subsidy.accrue", f.claim, contract.AccrueArgs{Through: f.today()})
	f.must(f.BankB, "subsidy.accrue", f.foreign, contract.AccrueArgs{Through: f.today()})
	f.month()
}

// filed files the report of the fund's next month.
func (f *flow) filed() string {
	f.T.Helper()
	return f.must(f.BankA, "fund-report.file", contracttest.NewID("RPT"), f.reportArgs(f.fund, []string{f.claim}))
}

// newFlow brings a fund to where its bank may settle.
func newFlow(t testing.TB, size int) *flow {
	t.Helper()
	f := &flow{past: &past{player: newPlayer(t)}}
	f.size = size
	f.fund = f.must(f.BankA, "fund.apply", contracttest.NewID("FND"), f.fundArgs())
	f.must(f.Regulator, "fund.decline", f.fund, fund.ReasonArgs{Reason: "none left"})
	f.must(f.BankA, "fund.request", f.fund, fund.RequestArgs{Need: f.need()})
	f.budget = f.must(f.Regulator, "budget.open", contracttest.NewID("BUD"), f.budgetArgs(f.BankA))
	f.must(f.Regulator, "budget.change", f.budget, fund.ChangeArgs{Amount: yuan("2000000.00"), Document: "青财金〔2026〕10号"})
	f.must(f.Regulator, "fund.allocate", f.fund, f.allocation(f.budget))
	f.claim, f.foreign = f.held(f.SME, f.BankA), f.held(f.SME2, f.BankB)
	f.rival, _ = f.openFund(f.BankB)
	f.accrue()
	f.must(f.Regulator, "fund-report.send-back", f.filed(), fund.ReasonArgs{Reason: "incomplete"})
	f.must(f.BankA, "fund-report.withdraw", f.filed(), financing.NoArgs{})
	for fundTerms(f).Next() < fund.MonthOf(f.today()) {
		f.report = f.filed()
		f.must(f.Regulator, "fund-report.accept", f.report, financing.NoArgs{})
	}
	f.flush()
	return f
}

// accrued is what the claim has to be settled.
func (f *flow) accrued() money.Amount {
	var t contract.ClaimTerms
	f.ahead.Terms(f.claim, &t)
	return t.Claim.Accrued
}

func fundTerms(f *flow) (t fund.Fund) {
	f.ahead.Terms(f.fund, &t)
	return t
}

// end settles all, gives the rest back and clears the fund, which is then asked for once more.
func (f *flow) end() {
	wrong := f.allocation(f.budget)
	f.must(f.Regulator, "fund.allocate", f.fund, wrong)
	f.must(f.Regulator, "fund.void-allocation", f.fund, fund.VoidArgs{Reference: wrong.Reference, Reason: "wrong amount"})
	f.must(f.Regulator, "fund.settle", f.fund, fund.QuarterArgs{Through: "2026-03"})
	f.must(f.Regulator, "subsidy.settle", f.claim, contract.SettleArgs{Amount: f.accrued()})
	rest := fund.ReturnArgs{Amount: fundTerms(f).Advance(), Date: f.today(), Reference: "JH1"}
	void := fund.VoidArgs{Reference: "JH1", Reason: "wrong amount"}
	f.must(f.BankA, "fund.return", f.fund, rest)
	f.must(f.BankA, "fund.withdraw-return", f.fund, void)
	f.must(f.BankA, "fund.return", f.fund, rest)
	f.must(f.Regulator, "fund.reject-return", f.fund, void)
	f.must(f.BankA, "fund.return", f.fund, rest)
	f.must(f.Regulator, "budget.close", f.budget, financing.NoArgs{})
	f.must(f.Regulator, "fund.confirm-return", f.fund, fund.ConfirmArgs{Reference: "JH1", Amount: rest.Amount, Budget: f.budget})
	f.must(f.Regulator, "fund.clear", f.fund, financing.NoArgs{})
	f.must(f.BankA, "fund.request", f.fund, fund.RequestArgs{Need: f.need()})
	f.flush()
}

func TestEveryVerbOfTheFundsMoneyIsExplained(t *testing.T) {
	for _, size := range []int{1, 7, contract.MaxBatch} {
		f := newFlow(t, size)
		f.end()
		txs := f.transactions()
		if found := examine(txs); len(found) > 0 {
			t.Fatalf("in batches of %d: %+v", size, found)
		}
		played := map[string]bool{}
		for _, tx := range txs {
			for i, jws := range tx.Commands {
				cmd, err := evidence.Parse(jws)
				if err != nil {
					t.Fatal(err)
				}
				played[cmd.Verb] = played[cmd.Verb] || tx.Results[i].Status == contract.Accepted
			}
		}
		for _, v := range contract.Verbs() {
			if slices.Contains([]*lifecycle.Table{fund.Table, fund.ReportTable, fund.BudgetTable}, v.Table) && !played[v.Name] {
				t.Errorf("%s was not played", v.Name)
			}
		}
	}
}

// clone returns the flow for a forger to change.
func (f *flow) clone(t testing.TB) *flow {
	c := *f
	c.past = f.past.clone(t)
	return &c
}

// fundForgeries are forgeries of the money's flow; they return the key that the audit must name first.
var fundForgeries = map[string]func(f *flow) string{
	"a fund is opened by no command": func(f *flow) string {
		rewrite(f.past, rec(f.rival), func(h *contract.Header) { h.State = fund.Declined })
		return rec(f.rival)
	},
	"a fund gets other terms by no command": func(f *flow) string {
		rewrite(f.past, rec(f.fund), func(h *contract.Header) { h.Version++; h.Terms = evidence.Commit([]byte("forged")) })
		return rec(f.fund)
	},
	"a fund is named for another bank": func(f *flow) string {
		key := contract.FundKey(f.policy.ID, f.BankA.USCC)
		tx := f.last(key)
		tx.Writes[at(tx, key)].Key = contract.FundKey(f.policy.ID, f.Leader.USCC)
		return contract.FundKey(f.policy.ID, f.Leader.USCC)
	},
	"a fund has no name": func(f *flow) string {
		key := contract.FundKey(f.policy.ID, f.BankA.USCC)
		tx := f.last(key)
		tx.Writes = slices.Delete(tx.Writes, at(tx, key), at(tx, key)+1)
		return rec(f.fund)
	},
	"a bank has a second fund": func(f *flow) string { // the forgers do not see the first one
		key := contract.FundKey(f.policy.ID, f.BankB.USCC)
		second := f.clone(f.T)
		delete(second.State.Public, key)
		second.ahead = second.Fork(f.T)
		f.txs = append(f.txs, *second.more(f.BankB, "fund.apply", contracttest.NewID("FND"), f.fundArgs()))
		return key
	},
	"money is allocated out of no budget": func(f *flow) string {
		tx := f.more(f.Regulator, "fund.allocate", f.fund, f.allocation(f.budget))
		tx.Writes = slices.Delete(tx.Writes, at(tx, rec(f.budget)), at(tx, rec(f.budget))+1)
		return rec(f.fund)
	},
	"a bank allocates money to itself": func(f *flow) string {
		return cmdKey(f.wrongly(f.BankA, f.Regulator, "fund.allocate", f.fund, f.allocation(f.budget)))
	},
	"a bank confirms its own return": func(f *flow) string {
		f.returned()
		return cmdKey(f.wrongly(f.BankA, f.Regulator, "fund.confirm-return", f.fund, fund.ConfirmArgs{Reference: "JH1", Amount: yuan("1.00"), Budget: f.budget}))
	},
	"another bank withdraws a return": func(f *flow) string {
		f.returned()
		return cmdKey(f.wrongly(f.BankB, f.BankA, "fund.withdraw-return", f.fund, fund.VoidArgs{Reference: "JH1", Reason: "wrong"}))
	},
	"a return goes back into no budget": func(f *flow) string {
		f.returned()
		tx := f.more(f.Regulator, "fund.confirm-return", f.fund, fund.ConfirmArgs{Reference: "JH1", Amount: yuan("1.00"), Budget: f.budget})
		tx.Writes = slices.Delete(tx.Writes, at(tx, rec(f.budget)), at(tx, rec(f.budget))+1)
		return rec(f.fund)
	},
	"a return clears the fund": func(f *flow) string {
		tx := f.returned()
		accept(tx, 0, f.fund, fund.Cleared, tx.Results[0].Version, tx.Results[0].Terms)
		header(tx, f.fund, func(h *contract.Header) { h.State = fund.Cleared })
		return rec(f.fund)
	},
	"a quarter that is settled clears the fund": func(f *flow) string {
		tx := f.more(f.Regulator, "fund.settle", f.fund, fund.QuarterArgs{Through: "2026-03"})
		accept(tx, 0, f.fund, fund.Cleared, tx.Results[0].Version, tx.Results[0].Terms)
		header(tx, f.fund, func(h *contract.Header) { h.State = fund.Cleared })
		return rec(f.fund)
	},
	"a report is signed by another bank": func(f *flow) string {
		f.month()
		id := contracttest.NewID("RPT")
		f.wrongly(f.BankB, f.BankA, "fund-report.file", id, f.reportArgs(f.fund, []string{f.claim}))
		return rec(id)
	},
	"a report stands under the fund of another bank": func(f *flow) string {
		tx, id := f.reported()
		header(tx, id, func(h *contract.Header) { h.Parents = []string{f.rival} })
		return rec(id)
	},
	"a report stands under what is no fund": func(f *flow) string {
		tx, id := f.reported()
		header(tx, id, func(h *contract.Header) { h.Parents = []string{f.budget} })
		return rec(id)
	},
	"a report does not reach its fund": func(f *flow) string {
		tx, _ := f.reported()
		tx.Writes = slices.Delete(tx.Writes, at(tx, rec(f.fund)), at(tx, rec(f.fund))+1)
		return rec(f.fund)
	},
	"a report appears from nowhere": func(f *flow) string {
		id := contracttest.NewID("RPT")
		put(&f.txs[len(f.txs)-1], rec(id), contract.Header{ID: id, Kind: fund.ReportTable.Kind, State: fund.Accepted, Version: 2, Owner: f.BankA.USCC, Root: id, Parents: []string{f.fund}})
		return rec(id)
	},
	"an accepted report is changed afterwards": func(f *flow) string {
		rewrite(f.past, rec(f.report), func(h *contract.Header) { h.Version++; h.Terms = evidence.Commit([]byte("forged")) })
		return rec(f.report)
	},
	"a bank accepts its own report": func(f *flow) string {
		_, id := f.reported()
		return cmdKey(f.wrongly(f.BankA, f.Regulator, "fund-report.accept", id, financing.NoArgs{}))
	},
	"an acceptance exchanges the report": func(f *flow) string {
		_, id := f.reported()
		tx := f.more(f.Regulator, "fund-report.accept", id, financing.NoArgs{})
		other := evidence.Commit([]byte("other"))
		accept(tx, 0, id, fund.Accepted, tx.Results[0].Version, other)
		header(tx, id, func(h *contract.Header) { h.Terms = other })
		return rec(id)
	},
	"an acceptance marks the claim of another bank": func(f *flow) string {
		_, id := f.reported()
		f.more(f.Regulator, "fund-report.accept", id, financing.NoArgs{})
		rewrite(f.past, rec(f.foreign), func(h *contract.Header) { h.Version++; h.Terms = evidence.Commit([]byte("forged")) })
		return rec(f.foreign)
	},
	"a settlement is taken out of the fund of another bank": func(f *flow) string {
		f.more(f.Regulator, "subsidy.settle", f.claim, contract.SettleArgs{Amount: yuan("0.01")})
		rewrite(f.past, rec(f.rival), func(h *contract.Header) { h.Version++; h.Terms = evidence.Commit([]byte("forged")) })
		return rec(f.rival)
	},
	"a fund is shown to another bank": func(f *flow) string {
		tx := f.last(rec(f.fund))
		tx.Private = append(tx.Private, audit.PrivateWrite{Org: "BankBMSP", Key: f.fund, Hash: f.Header(f.fund).Terms})
		return "BankBMSP:" + f.fund
	},
	"a report is shown to another bank": func(f *flow) string {
		tx := f.last(rec(f.report))
		tx.Private = append(tx.Private, audit.PrivateWrite{Org: "BankBMSP", Key: f.report, Hash: f.Header(f.report).Terms})
		return "BankBMSP:" + f.report
	},
	"a claim is shown to another bank": func(f *flow) string {
		tx := f.last(rec(f.claim))
		tx.Private = append(tx.Private, audit.PrivateWrite{Org: "BankBMSP", Key: f.claim, Hash: f.Header(f.claim).Terms})
		return "BankBMSP:" + f.claim
	},
	"a report is withheld from the bureau": func(f *flow) string {
		tx := &f.txs[f.index(f.report, "fund-report.file")]
		tx.Private = slices.DeleteFunc(tx.Private, func(w audit.PrivateWrite) bool { return w.Org == "BureauMSP" && w.Key == f.report })
		return rec(f.report)
	},
}

// returned records a return of bank A.
func (f *flow) returned() *audit.Transaction {
	return f.more(f.BankA, "fund.return", f.fund, fund.ReturnArgs{Amount: yuan("1.00"), Date: f.today(), Reference: "JH1"})
}

// reported files the report of one more month.
func (f *flow) reported() (*audit.Transaction, string) {
	f.T.Helper()
	f.month()
	id := contracttest.NewID("RPT")
	return f.more(f.BankA, "fund-report.file", id, f.reportArgs(f.fund, []string{f.claim})), id
}

func TestEveryForgeryOfTheFundsMoneyIsNamedByItsKey(t *testing.T) {
	f := newFlow(t, 1)
	f.txs = f.transactions()
	if found := examine(f.txs); len(found) > 0 {
		t.Fatalf("the honest history: %+v", found)
	}
	for name, forge := range fundForgeries {
		t.Run(name, func(t *testing.T) {
			f := f.clone(t)
			key := forge(f)
			mustBeFound(t, f.txs, key)
		})
	}
}

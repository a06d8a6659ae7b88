package verification_test

import (
	"slices"
	"testing"
	"time"

	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/goods"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/warehouse"
	"decore/gateway/verification"
	"decore/gateway/verification/verificationtest"
)

func tons(s string) goods.Quantity { return goods.MustQuantity(s + " t") }

// goodsWorld has 100 t of aluminium in store, valued.
func goodsWorld(t testing.TB) (*world, string) {
	t.Helper()
	w := verificationtest.New(t)
	return w, w.Lot("100 t", "A-1")
}

func issued(w *world, lotID, number, quantity string) string {
	return w.Issue(lotID, number, quantity+" t")
}

// halves splits a receipt over 40 t in two.
func halves(w *world, receipt string) (first, second string) {
	return w.SplitReceipt(receipt, w.SME, "WR-1", "20 t", "20 t")
}

// notes are checks that cannot pass here, or that only tell something.
var notes = []string{"registry-search", "control"}

func passes(t *testing.T, v verification.Verification) {
	t.Helper()
	for _, f := range v.Checks {
		if f.Verdict != check.Pass && !slices.Contains(notes, f.Check) {
			t.Errorf("%+v", f)
		}
	}
	if v.Verdict != check.Pass {
		t.Errorf("verdict %s", v.Verdict)
	}
}

func TestGoodsMustBeInsuredForWhatTheyAreWorthWhereThePolicySaysSo(t *testing.T) {
	w, id := goodsWorld(t)
	for sum, want := range map[string]check.Verdict{"0.01": check.Warn, "1999999.99": check.Warn, "2000000.00": check.Pass} {
		f := w.Facts(id, w.BankA)
		f.Policy.GoodsInsured, f.Policy.InsuredShare = true, money.MustRate("1")
		f.Lot.Terms.Insurance = &goods.Insurance{Amount: money.MustParse(sum), From: w.Today(), Until: w.Today()}
		v := verification.Judge(f)
		for _, c := range v.Checks {
			if c.Check == "insurance" && c.Verdict != want || c.Check == "insurance" && want == check.Warn && c.Reason != string(verification.NotInsured) {
				t.Errorf("insured for %s: %+v", sum, c)
			}
		}
	}
}

func TestGoodsInStorePass(t *testing.T) {
	w, id := goodsWorld(t)
	v := verification.Judge(w.Facts(id, w.BankA))
	passes(t, v)
	if v.Kind != "lot" || v.State != lot.Stored || v.Duplicate.Answer != duplicate.IsRegistered || !v.Duplicate.Own {
		t.Errorf("%+v", v)
	}
	receipt := issued(w, id, "WR-1", "40")
	v = verification.Judge(w.Facts(receipt, w.BankA))
	passes(t, v)
	if v.Kind != "warehouse-receipt" || v.State != warehouse.Issued || v.Duplicate.Answer != duplicate.IsRegistered || !v.Duplicate.Own {
		t.Errorf("%+v", v)
	}
	want(t, verification.Judge(w.Facts(id, w.BankA)), "receipts", check.Warn, verification.ReceiptsLive)
}

func TestAReceiptThatWasSplitOrMergedShowsWhereItIsFrom(t *testing.T) {
	w, id := goodsWorld(t)
	whole := issued(w, id, "WR-1", "40")
	first, second := halves(w, whole)
	f := w.Facts(first, w.BankA)
	passes(t, verification.Judge(f))
	if len(f.Commands) < 4 {
		t.Errorf("only %d commands: the issue of the whole receipt must be among them", len(f.Commands))
	}
	want(t, verification.Judge(w.Facts(whole, w.BankA)), "receipt-state", check.Fail, verification.ReceiptEnded)
	into := w.MergeReceipts(first, second, w.SME, "WR-1c")
	passes(t, verification.Judge(w.Facts(into, w.BankA)))
}

// What ends a record by a command about another one breaks no history.
func TestGoodsThatAreGoneKeepTheirHistory(t *testing.T) {
	w, id := goodsWorld(t)
	first, second := issued(w, id, "WR-1", "40"), issued(w, id, "WR-2", "60")
	into := w.MergeReceipts(first, second, w.SME, "WR-3")
	w.Do(w.SME, "warehouse-receipt.claim-goods", into, warehouse.ClaimArgs{})
	w.Do(w.Keeper, "warehouse-receipt.deliver", into, financing.NoArgs{})
	unbroken := func() {
		t.Helper()
		for _, about := range []string{id, first, second, into} {
			want(t, verification.Judge(w.Facts(about, w.BankA)), "history", check.Pass, "")
		}
	}
	unbroken()
	w.Do(w.SME, "warehouse-receipt.revoke", second, contract.RevokeArgs{To: w.BankA.USCC})
	w.Do(w.SME, "lot.settle", id, financing.NoArgs{})
	unbroken()
	f := w.Facts(second, w.BankA)
	f.Receipt.Header.State = warehouse.Issued
	want(t, verification.Judge(f), "history", check.Fail, verification.HistoryBroken)
}

// Each step must be that of who held the receipt at its time.
func TestTheHistoryOfAReceiptFollowsEachHolder(t *testing.T) {
	w, id := goodsWorld(t)
	whole := issued(w, id, "WR-1", "40")
	w.Endorse(whole, w.SME, w.SME2)
	passes(t, verification.Judge(w.Facts(whole, w.BankA)))
	part, _ := w.SplitReceipt(whole, w.SME2, "WR-1", "10 t", "30 t")
	passes(t, verification.Judge(w.Facts(part, w.BankA)))
	w.Endorse(part, w.SME2, w.Leader)
	w.Endorse(part, w.Leader, w.SME)
	passes(t, verification.Judge(w.Facts(part, w.BankA)))
	want(t, verification.Judge(w.Facts(whole, w.BankA)), "history", check.Pass, "")
	for name, forge := range map[string]func(*verification.Facts){
		"the page names another":        func(f *verification.Facts) { f.Receipt.Terms.Endorsements[1].From = w.SME.USCC },
		"an endorsement less is stated": func(f *verification.Facts) { f.Receipt.Terms.Endorsements = f.Receipt.Terms.Endorsements[2:] },
		"the holder is another":         func(f *verification.Facts) { f.Receipt.Terms.Owner = w.Leader.USCC },
	} {
		f := w.Facts(part, w.BankA)
		forge(&f)
		if v := verification.Judge(f); find(t, v, "history").Verdict != check.Fail {
			t.Errorf("%s: %+v", name, find(t, v, "history"))
		}
	}
}

// The life of each receipt that one is made of must be whole, too.
func TestACommandAboutAnElderCannotBeLeftOut(t *testing.T) {
	w, id := goodsWorld(t)
	whole := issued(w, id, "WR-1", "40")
	first, second := halves(w, whole)
	w.Do(w.SME, "warehouse-receipt.revoke", second, contract.RevokeArgs{To: w.BankA.USCC})
	into := w.MergeReceipts(first, second, w.SME, "WR-1c")
	w.Show(into, w.SME, w.BankA)
	all := w.Facts(into, w.BankA)
	want(t, verification.Judge(all), "history", check.Pass, "")
	for i, left := range all.Commands {
		if left.Subject == second {
			continue // the last about its record, and not the one that bore others: what came after it, no header here tells
		}
		f := w.Facts(into, w.BankA)
		f.Commands = append(f.Commands[:i:i], f.Commands[i+1:]...)
		if v := verification.Judge(f); find(t, v, "history").Verdict != check.Fail {
			t.Errorf("without %s about %s the history is %+v", left.Verb, left.Subject, find(t, v, "history"))
		}
	}
}

func TestStoriesOfGoods(t *testing.T) {
	for name, story := range map[string]struct {
		play    func(w *world, lotID string) (about string)
		check   string
		verdict check.Verdict
		reason  verification.Reason
	}{
		"nobody took the goods in": {func(w *world, _ string) string {
			id := contracttest.NewID("LOT")
			w.Do(w.SME, "lot.declare", id, lot.DeclareArgs{Keeper: w.Keeper.USCC, Quantity: tons("1"), Goods: goods.Description{Name: "铝锭", Code: "AL99.70", Quality: "Al99.70"}})
			return id
		}, "stored", check.Fail, verification.NotStored},
		"a court froze them": {func(w *world, id string) string {
			w.Do(w.Regulator, "lot.freeze", id, lot.FreezeArgs{Reason: "(2026)鲁02执保1号"})
			return id
		}, "lot-state", check.Fail, verification.GoodsFrozen},
		"a court froze the lot of a receipt": {func(w *world, id string) string {
			receipt := issued(w, id, "WR-1", "40")
			w.Do(w.Regulator, "lot.freeze", id, lot.FreezeArgs{Reason: "(2026)鲁02执保1号"})
			return receipt
		}, "lot-state", check.Fail, verification.GoodsFrozen},
		"some are missing": {func(w *world, id string) string {
			w.Do(w.Keeper, "lot.stock-take", id, lot.StockTakeArgs{Counted: tons("90"), Date: w.Today(), Note: "PD-1"})
			return id
		}, "shortage", check.Warn, verification.GoodsMissing},
		"all are missing": {func(w *world, id string) string {
			w.Do(w.Keeper, "lot.lose", id, lot.LoseArgs{Quantity: tons("100"), Date: w.Today(), Cause: "火灾"})
			return id
		}, "shortage", check.Fail, verification.GoodsMissing},
		"the price is old": {func(w *world, id string) string {
			w.Pass(60 * 24 * time.Hour)
			return id
		}, "valuation", check.Warn, verification.NotValued},
		"the term of storage is over": {func(w *world, id string) string {
			receipt := issued(w, id, "WR-1", "40")
			w.Pass(181 * 24 * time.Hour)
			return receipt
		}, "storage-term", check.Fail, verification.ReceiptExpired},
		"the goods are being fetched": {func(w *world, id string) string {
			receipt := issued(w, id, "WR-1", "40")
			w.Do(w.SME, "warehouse-receipt.claim-goods", receipt, warehouse.ClaimArgs{})
			return receipt
		}, "receipt-state", check.Warn, verification.ReceiptLeaves},
		"the keeper is suspended": {func(w *world, id string) string {
			w.Do(w.Regulator, "party.suspend", string(w.Keeper.USCC), struct {
				Reason string `json:"reason"`
			}{"investigation"})
			return id
		}, "keeper-status", check.Fail, verification.PartyNotActive},
		"another bank has it": {func(w *world, id string) string {
			receipt := issued(w, id, "WR-1", "40")
			w.Show(receipt, w.SME, w.BankB)
			reserved(w, receipt)
			return receipt
		}, "encumbrance", check.Fail, verification.Reserved},
	} {
		t.Run(name, func(t *testing.T) {
			w, id := goodsWorld(t)
			v := verification.Judge(w.Facts(story.play(w, id), w.BankA))
			want(t, v, story.check, story.verdict, story.reason)
			if v.Verdict == check.Pass {
				t.Error("the verdict is a pass")
			}
		})
	}
}

// reserved takes a receipt for a loan of bank B.
func reserved(w *world, receipt string) {
	id := contracttest.NewID("FIN")
	w.Do(w.SME, "financing.apply", id, financing.ApplyArgs{Lender: w.BankB.USCC, Product: financing.ReceiptLoan,
		Amount: money.MustParse("400000.00"), TenorMonths: 3, Purpose: "materials", Collateral: []string{receipt}})
	w.Do(w.BankB, "financing.offer", id, financing.Offer{Amount: money.MustParse("400000.00"), AnnualRate: money.MustRate("0.0385"),
		Maturity: w.Today().AddDays(90), ValidUntil: w.Today().AddDays(7)})
	w.Do(w.SME, "financing.accept", id, financing.AcceptArgs{})
	w.Do(w.BankB, "financing.reserve", id, financing.ReserveArgs{Hours: 24})
}

func TestForgedFactsOfGoods(t *testing.T) {
	w, id := goodsWorld(t)
	whole := issued(w, id, "WR-1", "40")
	first, _ := halves(w, whole)
	type facts = verification.Facts
	for name, c := range map[string]struct {
		about  string
		forge  func(f *facts)
		check  string
		reason verification.Reason
	}{
		"the keeper never stored it":             {id, func(f *facts) { f.Commands = without(f.Commands, "lot.store") }, "stored", verification.NotStored},
		"a command about the lot is missing":     {id, func(f *facts) { f.Commands = without(f.Commands, "lot.store") }, "history", verification.HistoryBroken},
		"the lot is in another state":            {id, func(f *facts) { f.Lot.Header.State = lot.Frozen }, "history", verification.HistoryBroken},
		"the lot's terms are altered":            {id, func(f *facts) { f.Lot.Header.Terms = evidence.Commit([]byte("x")) }, "commitment", verification.CommitmentMismatch},
		"the receipt's terms are altered":        {whole, func(f *facts) { f.Receipt.Header.Terms = evidence.Commit([]byte("x")) }, "commitment", verification.CommitmentMismatch},
		"the receipt's issue is missing":         {whole, func(f *facts) { f.Commands = without(f.Commands, "warehouse-receipt.issue") }, "history", verification.HistoryBroken},
		"a part's birth is missing":              {first, func(f *facts) { f.Commands = without(f.Commands, "warehouse-receipt.confirm-split") }, "history", verification.HistoryBroken},
		"a part was born of what is no parent":   {first, func(f *facts) { f.Receipt.Header.Parents = f.Receipt.Header.Parents[:1] }, "history", verification.HistoryBroken},
		"a part was born of no command of birth": {first, func(f *facts) { f.Receipt.Header.Creation = f.Commands[0].Result.Command }, "history", verification.HistoryBroken},
		"the keeper has another role":            {whole, func(f *facts) { strip(f, w.Keeper.USCC) }, "keeper-status", verification.PartyRoleMissing},
		"an essential element is missing":        {whole, func(f *facts) { f.Receipt.Terms.Contents.DepositorAddress = "" }, "contents", verification.ContentsIncomplete},
		"the receipt is another's":               {whole, func(f *facts) { f.Receipt.Terms.Owner = w.SME2.USCC }, "history", verification.HistoryBroken},
	} {
		t.Run(name, func(t *testing.T) {
			f := w.Facts(c.about, w.BankA)
			c.forge(&f)
			want(t, verification.Judge(f), c.check, check.Fail, c.reason)
		})
	}
}

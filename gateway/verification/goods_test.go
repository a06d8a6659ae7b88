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
	"decore/chaincode/ident"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/warehouse"
	"decore/gateway/verification"
	"decore/gateway/verification/verificationtest"
)

func tons(s string) goods.Quantity { return goods.MustQuantity(s + " t") }

// goodsWorld has 100 t of aluminium in store, valued and insured.
func goodsWorld(t testing.TB) (*world, string) {
	t.Helper()
	w := verificationtest.New(t)
	id := contracttest.NewID("LOT")
	w.Do(w.SME, "lot.declare", id, lot.DeclareArgs{Keeper: w.Keeper.USCC, Quantity: tons("100"),
		Goods: goods.Description{Name: "铝锭", Code: "AL99.70", Quality: "GB/T 1196 Al99.70", Packing: "捆"}})
	w.Do(w.Keeper, "lot.store", id, lot.StoreArgs{Counted: tons("100"), Site: "3 号库", Position: "A-1", Date: w.Today()})
	w.Do(w.Keeper, "lot.value", id, goods.ValueArgs{Source: "SMM", Date: w.Today(), Price: money.MustParse("20000.00")})
	w.Do(w.SME, "lot.grant", id, contract.GrantArgs{To: w.BankA.USCC, Until: w.Today().AddDays(300)})
	return w, id
}

func issued(w *world, lotID, number, quantity string) string {
	id := contracttest.NewID("WHR")
	w.Do(w.Keeper, "warehouse-receipt.issue", id, warehouse.IssueArgs{Lot: lotID, Quantity: tons(quantity), Contents: warehouse.Face{
		Number: ident.WrittenNumber(number), DepositorAddress: "前湾路 1 号", LossStandard: "0.3 %", StoredUntil: w.Today().AddDays(180),
		Fee: "0.6 元/吨·天", IssuePlace: "青岛"}})
	w.Do(w.SME, "warehouse-receipt.grant", id, contract.GrantArgs{To: w.BankA.USCC, Until: w.Today().AddDays(300)})
	return id
}

// halves splits a receipt in two.
func halves(w *world, receipt string) (first, second string) {
	first, second = contracttest.NewID("WHR"), contracttest.NewID("WHR")
	w.Do(w.SME, "warehouse-receipt.split", receipt, warehouse.SplitArgs{Parts: []warehouse.Part{{ID: first, Quantity: tons("20")}, {ID: second, Quantity: tons("20")}}})
	w.Do(w.Keeper, "warehouse-receipt.confirm-split", receipt, warehouse.NumbersArgs{Numbers: []ident.WrittenNumber{"WR-1a", "WR-1b"}})
	return first, second
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
	into := contracttest.NewID("WHR")
	w.Do(w.SME, "warehouse-receipt.merge", first, warehouse.MergeArgs{Others: []string{second}, Into: into})
	w.Do(w.Keeper, "warehouse-receipt.confirm-merge", first, warehouse.NumberArgs{Number: "WR-1c"})
	passes(t, verification.Judge(w.Facts(into, w.BankA)))
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
			w.Do(w.SME, "warehouse-receipt.grant", receipt, contract.GrantArgs{To: w.BankB.USCC, Until: w.Today().AddDays(300)})
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

package contract_test

import (
	"maps"
	"testing"

	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/lot"
	"decore/chaincode/warehouse"
)

const (
	otherUnit, noGoods = `"1 kg"`, `"0 t"`
	partA, partB       = `"WHR-01ARZ3NDEKTSV4RRFFQ69G5FAV"`, `"WHR-01ARZ3NDEKTSV4RRFFQ69G5FAW"`
)

// moved are what is wrong with any movement of goods of which at most is there.
func moved(field, tooMuch string) []wrong {
	all := []wrong{{field, otherUnit, "UNIT_MISMATCH", "/" + field}, {field, "", "UNIT_MISMATCH", "/" + field}, {field, noGoods, "QUANTITY_NOT_POSITIVE", "/" + field},
		{"date", "", "FIELD_REQUIRED", "/date"}, {"date", future, "DATE_IN_FUTURE", "/date"}}
	if tooMuch != "" {
		all = append(all, wrong{field, tooMuch, "OVER_QUANTITY", "/" + field}, wrong{"date", past, "DATE_ORDER", "/date"})
	}
	return all
}

var wrongGoods = map[string][]wrong{
	"lot.declare": {
		{"keeper", "", "FIELD_REQUIRED", "/keeper"}, {"keeper", `"SELLER"`, "SAME_PARTY", "/keeper"}, {"keeper", `"BANK"`, "PARTY_ROLE_MISSING", "/keeper"},
		{"keeper", `"STRANGER"`, "PARTY_UNKNOWN", "/keeper"}, {"quantity", "", "QUANTITY_NOT_POSITIVE", "/quantity"}, {"quantity", noGoods, "QUANTITY_NOT_POSITIVE", "/quantity"},
		{"goods", `{"name":"","quality":"a"}`, "FIELD_REQUIRED", "/goods/name"}, {"goods", `{"name":"a","quality":""}`, "FIELD_REQUIRED", "/goods/quality"},
		{"order", `"nothing"`, "FIELD_REQUIRED", "/orderShare"}, {"orderShare", `"1.00"`, "FIELD_REQUIRED", "/orderShare"},
	},
	"lot.store": append(moved("counted", ""), wrong{"site", `""`, "FIELD_REQUIRED", "/site"}, wrong{"position", "", "FIELD_REQUIRED", "/position"},
		wrong{"site", long, "FIELD_INVALID", "/site"}),
	"lot.add":     moved("quantity", "")[:4],
	"lot.lose":    append(moved("quantity", `"100.000001 t"`), wrong{"cause", "", "FIELD_REQUIRED", "/cause"}),
	"lot.release": append(moved("quantity", `"100.000001 t"`), wrong{"note", "", "FIELD_REQUIRED", "/note"}, wrong{"note", long, "FIELD_INVALID", "/note"}),
	"lot.value": {
		{"source", "", "FIELD_REQUIRED", "/source"}, {"date", "", "FIELD_REQUIRED", "/date"}, {"date", future, "DATE_IN_FUTURE", "/date"}, {"price", zero, "AMOUNT_NOT_POSITIVE", "/price"},
	},
	"lot.insure": {
		{"insurer", "", "FIELD_REQUIRED", "/insurer"}, {"policy", `""`, "FIELD_REQUIRED", "/policy"}, {"amount", zero, "AMOUNT_NOT_POSITIVE", "/amount"},
		{"from", "", "FIELD_REQUIRED", "/from"}, {"until", past, "DATE_ORDER", "/until"},
	},
	"lot.freeze": {{"reason", "", "FIELD_REQUIRED", "/reason"}, {"reason", long, "FIELD_INVALID", "/reason"}},

	"warehouse-receipt.issue": {
		{"lot", "", "RECORD_NOT_FOUND", "/lot"}, {"lot", `"ledger"`, "RECORD_NOT_FOUND", "/lot"}, {"quantity", otherUnit, "UNIT_MISMATCH", "/quantity"},
		{"quantity", noGoods, "QUANTITY_NOT_POSITIVE", "/quantity"}, {"quantity", `"100.000001 t"`, "OVER_QUANTITY", "/quantity"},
		{"contents", `{}`, "FIELD_REQUIRED", "/contents/number"}, {"contents", `{"number":"1"}`, "FIELD_REQUIRED", "/contents/depositorAddress"},
		{"contents", `{"depositorAddress":"a","lossStandard":"","number":"1"}`, "FIELD_REQUIRED", "/contents/lossStandard"},
		{"contents", `{"depositorAddress":"a","lossStandard":"1","number":"1","storedUntil":` + past + `}`, "DATE_ORDER", "/contents/storedUntil"},
	},
	"warehouse-receipt.endorse": {
		{"to", "", "FIELD_REQUIRED", "/to"}, {"to", `"SELLER"`, "SAME_PARTY", "/to"}, {"to", `"KEEPER"`, "SAME_PARTY", "/to"}, {"to", `"BANK"`, "PARTY_ROLE_MISSING", "/to"},
		{"to", `"STRANGER"`, "PARTY_UNKNOWN", "/to"},
	},
	"warehouse-receipt.split": {
		{"parts", "", "FIELD_INVALID", "/parts"}, {"parts", `[{"id":` + partA + `,"quantity":"40 t"}]`, "FIELD_INVALID", "/parts"},
		{"parts", `[{"id":` + partA + `,"quantity":"10 t"},{"id":` + partB + `,"quantity":"30000 kg"}]`, "UNIT_MISMATCH", "/parts/1/quantity"},
		{"parts", `[{"id":` + partA + `,"quantity":"40 t"},{"id":` + partB + `,"quantity":"0 t"}]`, "QUANTITY_NOT_POSITIVE", "/parts/1/quantity"},
		{"parts", `[{"id":` + partA + `,"quantity":"10 t"},{"id":` + partB + `,"quantity":"30.000001 t"}]`, "SUM_MISMATCH", "/parts"},
		{"parts", `[{"id":` + partA + `,"quantity":"10 t"},{"id":` + partA + `,"quantity":"30 t"}]`, "FIELD_INVALID", "/parts/1/id"},
		{"parts", `[{"id":"LOT-01ARZ3NDEKTSV4RRFFQ69G5FAV","quantity":"10 t"},{"id":` + partB + `,"quantity":"30 t"}]`, "SUBJECT_MALFORMED", "/parts/0/id"},
	},
	"warehouse-receipt.merge": {
		{"others", "", "FIELD_INVALID", "/others"}, {"others", `["nothing"]`, "RECORD_NOT_FOUND", "/others/0"}, {"into", "", "FIELD_REQUIRED", "/into"},
		{"into", `"LOT-01ARZ3NDEKTSV4RRFFQ69G5FAV"`, "SUBJECT_MALFORMED", "/into"},
	},
	"warehouse-receipt.lose": {
		{"quantity", otherUnit, "UNIT_MISMATCH", "/quantity"}, {"quantity", noGoods, "QUANTITY_NOT_POSITIVE", "/quantity"}, {"quantity", `"40.000001 t"`, "OVER_QUANTITY", "/quantity"},
		{"cause", "", "FIELD_REQUIRED", "/cause"},
	},
	"warehouse-receipt.extend": {{"until", "", "FIELD_REQUIRED", "/until"}, {"until", past, "DATE_ORDER", "/until"}},
	"warehouse-receipt.freeze": {{"reason", `""`, "FIELD_REQUIRED", "/reason"}},
}

func init() {
	maps.Copy(wrongs, wrongGoods)
	for _, verb := range []string{"endorse", "split", "merge", "lose", "extend", "freeze"} {
		inState["warehouse-receipt."+verb] = warehouse.Issued
	}
}

// What is refused about receipts by what other records say.
func TestReceiptsThatDoNotBelongTogetherOrHaveRunOut(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	t.Run("receipts over two lots are not merged", func(t *testing.T) {
		w := base.fork(t)
		args := warehouse.MergeArgs{Others: []string{w.receipt()}, Into: contracttest.NewID("WHR")}
		w.foiled(attempt{w.SME, "warehouse-receipt.merge", w.receipt(), args}, "RECEIPTS_UNLIKE", "/others/0/lot", "")
	})
	t.Run("nor a receipt that another bought", func(t *testing.T) {
		w := base.fork(t)
		one := w.receipt()
		sold := w.issued(w.receiptTerms(one).Lot, "10")
		w.Do(w.SME, "warehouse-receipt.endorse", sold, warehouse.EndorseArgs{To: w.SME2.USCC})
		w.Do(w.Keeper, "warehouse-receipt.confirm-endorsement", sold, financing.NoArgs{})
		w.foiled(attempt{w.SME, "warehouse-receipt.merge", one, warehouse.MergeArgs{Others: []string{sold}, Into: contracttest.NewID("WHR")}}, "RECEIPTS_UNLIKE", "/others/0/owner", "")
	})
	t.Run("a receipt that has run out is not pledged", func(t *testing.T) {
		w := base.fork(t)
		args := w.issueArgs(w.stored(), "40")
		args.Contents.StoredUntil = w.today()
		id := w.shown(w.after(contracttest.NewID("WHR"), w.Keeper, "warehouse-receipt.issue", args))
		loan := w.secured(w.BankA, financing.ReceiptLoan, "100000.00", id)
		w.Do(w.BankA, "financing.reserve", loan, financing.ReserveArgs{Hours: 72})
		w.Pass(25 * hour)
		w.foiled(attempt{w.SME, "warehouse-receipt.pledge", id, warehouse.PledgeArgs{Financing: loan}}, "RECEIPT_EXPIRED", "", "")
		w.foiled(attempt{w.SME, "warehouse-receipt.endorse", w.expiredReceipt(), warehouse.EndorseArgs{To: w.SME2.USCC}}, "WRONG_STATE", "", "")
	})
}

// A lien does not move to what is gone: it would secure nothing, and take a place or a number that is free again.
func TestALienDoesNotMoveToWhatIsGone(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	lend := func(w *world) (ord, loan string) {
		ord = w.attested("1000.00")
		w.grantTo(ord, w.BankA)
		return ord, w.paidOut(w.BankA, w.liened(w.BankA, financing.OrderLoan, "100.00", ord), "100.00")
	}
	roll := func(w *world, loan, from, to string) {
		args := financing.RollOverArgs{From: from, To: []string{to}}
		w.foiled(attempt{w.BankA, "financing.roll-over", loan, args}, "COLLATERAL_INELIGIBLE", "/to/0", "")
	}
	made := func(w *world, ord string) string {
		args := w.declareArgs()
		args.Order, args.OrderShare = ord, yuan("600.00")
		return w.shown(w.after(contracttest.NewID("LOT"), w.SME, "lot.declare", args))
	}
	t.Run("a lot that is empty", func(t *testing.T) {
		w := base.fork(t)
		ord, loan := lend(w)
		place, heap := w.storeArgs("100"), made(w, ord)
		w.Do(w.Keeper, "lot.store", heap, place)
		w.Do(w.BankA, "lot.order-release", heap, lot.OrderArgs{Quantity: tons("100"), Use: lot.ForOwner})
		w.Do(w.Keeper, "lot.release", heap, release(w, "100"))
		roll(w, loan, ord, heap)
		w.Do(w.Keeper, "lot.store", w.declared(), place)
	})
	t.Run("a lot that nobody counted yet", func(t *testing.T) {
		w := base.fork(t)
		ord, loan := lend(w)
		roll(w, loan, ord, made(w, ord))
	})
	t.Run("a lot that never came", func(t *testing.T) {
		w := base.fork(t)
		ord, loan := lend(w)
		roll(w, loan, ord, w.after(made(w, ord), w.Keeper, "lot.reject", financing.NoArgs{}))
	})
	t.Run("a receipt whose goods were given out", func(t *testing.T) {
		w := base.fork(t)
		id := w.receipt()
		loan := w.lentOnReceipt(w.BankA, id, "100000.00")
		part := w.shown(w.split(id, "15", "25")[0])
		w.Do(w.BankA, "warehouse-receipt.order-delivery", part, financing.NoArgs{})
		w.Do(w.SME, "warehouse-receipt.claim-goods", part, warehouse.ClaimArgs{})
		w.Do(w.Keeper, "warehouse-receipt.deliver", part, financing.NoArgs{})
		roll(w, loan, id, part)
	})
}

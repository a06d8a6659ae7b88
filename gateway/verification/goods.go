package verification

import (
	"errors"

	"decore/chaincode/check"
	"decore/chaincode/duplicate"
	"decore/chaincode/fault"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/warehouse"
)

const (
	law55 = "民法典担保制度解释 art. 55"
	law59 = "民法典担保制度解释 art. 59"
)

var commonOfGoods = []rule{
	{"signatures", Deciding, header, "电子签名法 art. 13", signatures},
	{"commitment", Deciding, terms, "", commitments},
	{"history", Deciding, header, "", history},
	{"countersignatures", Deciding, header, "电子签名法 art. 13", countersignatures},
	{"owner-status", Deciding, terms, "", ownerStatus},
	{"keeper-status", Deciding, terms, "", keeperStatus},
	{"encumbrance", Deciding, header, law59, encumbered},
	{"valuation", Deciding, terms, "", valuation},
	{"insurance", Deciding, terms, "", insurance},
	{"shortage", Deciding, terms, "民法典 917", missing},
}

var registrySearch = rule{"registry-search", Noted, nothing, "民法典 768; 民法典 414", unconnected("中登网")}

// lotRules are the checks of an inventory lot.
var lotRules = join(commonOfGoods, []rule{
	{"lot-state", Deciding, header, "", lotState},
	{"stored", Deciding, terms, "民法典 907", stored},
	{"duplicate-place", Deciding, nothing, law59, duplicatePlace},
	{"shared-place", Deciding, nothing, law59, sharedPlace},
	{"receipts", Deciding, terms, law59, liveReceipts},
	{"commingled", Deciding, terms, "", commingled},
	{"control", Noted, terms, law55, controlled},
	{"goods-flow", Noted, nothing, notice, summary("lot-state", "stored", "shortage")},
}, []rule{registrySearch})

// receiptRules are the checks of a warehouse receipt.
var receiptRules = join(commonOfGoods, []rule{
	{"receipt-state", Deciding, header, "", receiptState},
	{"lot-state", Deciding, header, "", lotState},
	{"contents", Deciding, terms, "民法典 909", contents},
	{"storage-term", Deciding, terms, "民法典 915", storageTerm},
	{"duplicate-receipt", Deciding, nothing, law59, duplicateReceipt},
	{"pledge-mark", Noted, terms, "民法典 441; " + law59, pledgeMark},
	{"goods-flow", Noted, nothing, notice, summary("lot-state", "receipt-state", "shortage")},
}, []rule{registrySearch})

// lotChain is the lot's history. Receipts and financings change it too.
func (e *examination) lotChain() chain {
	c := chain{table: lot.Table, header: e.Lot.Header, commands: e.record, ending: ending{lot.Stored, lot.Exhausted}}
	if e.Lot.Terms != nil {
		c.related = e.Lot.Terms.Related
	}
	return c
}

// receiptChain is the receipt's history.
func (e *examination) receiptChain() chain {
	c := chain{table: warehouse.Table, header: e.Receipt.Header, commands: e.record, elders: e.elders, sole: true,
		ending: ending{warehouse.Issued, warehouse.Merged}}
	if t := e.Receipt.Terms; t != nil {
		if c.holders = holders(t, e.record); c.holders != nil {
			c.related = t.Related
		}
	}
	return c
}

// endorsed is the command by which a receipt comes to another holder.
const endorsed = "warehouse-receipt.confirm-endorsement"

// holders lists who held the receipt while the commands about it were given: who held it first, and who after each
// endorsement among them. The endorsement page of a part begins with that of its whole, so it is read from its end. Nil
// is for not to be told: a keeper that is a bank may have signed an endorsement that is withheld.
func holders(t *warehouse.Terms, commands []*Command) []ident.USCC {
	all := make([]ident.USCC, 0, len(t.Endorsements)+1)
	for _, e := range t.Endorsements {
		all = append(all, e.From)
	}
	first, before := len(all), lc.None
	for _, cmd := range commands {
		switch {
		case cmd.Withheld() && before == warehouse.Endorsing:
			return nil
		case cmd.verb() == endorsed:
			first--
		}
		before = cmd.Result.State
	}
	return append(all, t.Owner)[max(0, first):]
}

// inStore is what a lot and a receipt have in common.
type inStore struct {
	owner, keeper     ident.USCC
	quantity, missing goods.Quantity
	prices            goods.Prices
	insurance         *goods.Insurance
	interested        []ident.USCC
}

func (e *examination) inStore() inStore {
	if t := e.Receipt.Terms; t != nil {
		return inStore{t.Owner, t.Keeper, t.Quantity, t.Missing, t.Prices, t.Contents.Insurance, t.Interested()}
	}
	t := e.Lot.Terms
	return inStore{t.Owner, t.Keeper, t.Quantity, t.Missing, t.Prices, t.Insurance, []ident.USCC{t.Owner}}
}

// worth is what can be lent on, at the lowest valid price, where there is one.
func (e *examination) worth() (money.Amount, bool) {
	if t := e.Receipt.Terms; t != nil {
		return t.Value(e.Policy, e.today)
	}
	return e.Lot.Terms.Value(e.Policy, e.today)
}

// ownerStatus: a chain leader may own a receipt that was endorsed to it.
func ownerStatus(e *examination) finding {
	owner, role := e.inStore().owner, lc.SME
	if e.Receipt.Terms != nil && e.Parties[owner].Has(lc.Leader) {
		role = lc.Leader
	}
	return e.standing(owner, role, check.Fail)
}

// keeperStatus: goods are as good as the word of who keeps them.
func keeperStatus(e *examination) finding {
	return e.standing(e.inStore().keeper, lc.Keeper, check.Fail)
}

func valuation(e *examination) finding {
	s := e.inStore()
	if _, ok := s.prices.Lowest(e.today, e.Policy.ValuationMaxAgeDays, e.Policy.ValuationMinSources, s.interested...); !ok {
		return warns(NotValued, e.policy)
	}
	return passed(e.subject)
}

func insurance(e *examination) finding {
	i := e.inStore().insurance
	value, _ := e.worth() // nothing where there is no price, which is found elsewhere
	if e.Policy.GoodsInsured && !i.Secures(e.today, value, e.Policy.InsuredShare) {
		return warns(NotInsured, e.policy)
	}
	return passed(e.subject)
}

// missing: the keeper answers for what is missing, but it is not there to be sold.
func missing(e *examination) finding {
	switch s := e.inStore(); {
	case s.missing.IsPositive() && !s.missing.Less(s.quantity):
		return fails(GoodsMissing, e.subject)
	case s.missing.IsPositive():
		return warns(GoodsMissing, e.subject)
	}
	return passed(e.subject)
}

// lotStates says what a lot's state means for who would lend on its goods.
var lotStates = map[lc.State]finding{
	lot.Stored: passed(""), lot.Declared: fails(NotStored, ""), lot.Frozen: fails(GoodsFrozen, ""),
	lot.Exhausted: fails(GoodsGone, ""), lot.Rejected: fails(NotStored, ""), lot.Withdrawn: fails(NotStored, ""),
}

func lotState(e *examination) finding {
	f, ok := lotStates[e.Lot.Header.State]
	if !ok {
		f = fails(GoodsGone, "")
	}
	if ok && e.Lot.Header.Doubted {
		f = fails(GoodsMissing, "")
	}
	f.source = e.Lot.Header.ID
	return f
}

// stored checks that the keeper itself signed for the goods: what their owner says is nothing to lend on.
func stored(e *examination) finding {
	for _, c := range e.record {
		if !c.Withheld() && c.Verb == "lot.store" && c.Party == e.Lot.Terms.Keeper {
			return passed(c.ID)
		}
	}
	return fails(NotStored, e.subject)
}

func duplicatePlace(e *examination) finding   { return e.documented(duplicate.Place) }
func duplicateReceipt(e *examination) finding { return e.documented(duplicate.Receipt) }

// sharedPlace: two heaps in one place exist, so that warns; that they are two, only who goes there can see.
func sharedPlace(e *examination) finding {
	f := e.documented(duplicate.Spot)
	if f.reason == DuplicateRegistered || f.reason == DuplicateFinanced {
		f.verdict, f.reason = check.Warn, PlaceShared
	}
	return f
}

// documented answers for a document that goods get only when they are stored.
func (e *examination) documented(k duplicate.Kind) finding {
	if _, ok := e.document(k); !ok && e.subject != "" {
		return unsure(NotStored, e.subject)
	}
	return e.answer(k)
}

func liveReceipts(e *examination) finding {
	if e.Lot.Terms.Receipted.IsPositive() {
		return warns(ReceiptsLive, e.subject)
	}
	return passed(e.subject)
}

func commingled(e *examination) finding {
	if e.Lot.Terms.Commingled {
		return warns(Commingled, e.subject)
	}
	return passed(e.subject)
}

// controlled tells whether a supervisor has the goods in its hands: a pledge of goods needs that, a mortgage does not.
func controlled(e *examination) finding {
	if c := e.Lot.Terms.Control; c == nil || c.Established.IsZero() {
		return warns(NotControlled, e.subject)
	}
	return passed(e.subject)
}

var receiptStates = map[lc.State]finding{
	warehouse.Issued: passed(""), warehouse.Pledging: passed(""), warehouse.Endorsing: warns(ReceiptLeaves, ""),
	warehouse.Splitting: warns(ReceiptLeaves, ""), warehouse.Merging: warns(ReceiptLeaves, ""), warehouse.Delivering: warns(ReceiptLeaves, ""),
	warehouse.Frozen: fails(GoodsFrozen, ""), warehouse.Expired: fails(ReceiptExpired, ""), warehouse.Split: fails(ReceiptEnded, ""),
	warehouse.Merged: fails(ReceiptEnded, ""), warehouse.Delivered: fails(GoodsGone, ""), warehouse.Cancelled: fails(ReceiptEnded, ""),
}

func receiptState(e *examination) finding {
	f := receiptStates[e.Receipt.Header.State]
	f.source = e.subject
	return f
}

func contents(e *examination) finding {
	err := e.Receipt.Terms.Contents.Complete(e.Policy)
	var f *fault.Fault
	if errors.As(err, &f) {
		return finding{check.Fail, ContentsIncomplete, e.policy, f.Clause}
	}
	return passed(e.policy)
}

func storageTerm(e *examination) finding {
	if until := e.Receipt.Terms.Contents.StoredUntil; !until.IsZero() && until.Before(e.today) {
		return fails(ReceiptExpired, e.subject)
	}
	return passed(e.subject)
}

// pledgeMark tells whether the receipt bears a pledge already: whose, the encumbrance says only to its holder.
func pledgeMark(e *examination) finding {
	if e.Receipt.Terms.Pledge != nil {
		return warns(PledgeMarked, e.subject)
	}
	return passed(e.subject)
}

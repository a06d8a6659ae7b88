package warehouse

import (
	"slices"
	"strconv"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// Terms are the private terms of a receipt.
type Terms struct {
	Contents     Contents       `json:"contents"`
	Lot          string         `json:"lot"`                 // record ID of the lot
	Owner        ident.USCC     `json:"owner"`               // 持单人
	Keeper       ident.USCC     `json:"keeper"`              // 保管人
	Quantity     goods.Quantity `json:"quantity"`            // 数量
	Missing      goods.Quantity `json:"missing"`             // of it: lost or damaged
	Order        string         `json:"order,omitzero"`      // record ID of the order for which the goods are
	OrderShare   money.Amount   `json:"orderShare,omitzero"` // what of the order's amount they stand for
	Prices       goods.Prices   `json:"prices"`
	Endorsements []Endorsement  `json:"endorsements"` // 背书栏
	Request      *Request       `json:"request,omitzero"`
	Pledge       *PledgeMark    `json:"pledge,omitzero"`   // 质押背书
	Delivery     *DeliveryOrder `json:"delivery,omitzero"` // the lien holder's order
	Frozen       string         `json:"frozen,omitzero"`   // why, and by whose decision
}

// Endorsement is one line of the endorsement page (民法典 910: the owner endorses, the keeper signs).
type Endorsement struct {
	From ident.USCC    `json:"from"`
	To   ident.USCC    `json:"to"`
	Date calendar.Date `json:"date"`
}

// Request is what the owner asked for and the keeper has not signed yet.
type Request struct {
	To        ident.USCC `json:"to,omitzero"`        // of an endorsement or pledge
	Financing string     `json:"financing,omitzero"` // of a pledge
	Parts     []Part     `json:"parts,omitzero"`     // of a split
	Others    []string   `json:"others,omitzero"`    // of a merger: the receipts beside this one
	Into      string     `json:"into,omitzero"`      // of a merger: ID of the new receipt
}

// Part is one receipt of a split.
type Part struct {
	ID       string         `json:"id,omitzero" doc:"Record ID of the new receipt; the gateway makes one where it is left out (新仓单记录编号)"`
	Quantity goods.Quantity `json:"quantity" doc:"How much it is over (数量)"`
}

// PledgeMark is the endorsement as pledged with the keeper's signature (民法典 441; 担保制度解释 art. 59).
type PledgeMark struct {
	Bank      ident.USCC    `json:"bank"`
	Financing string        `json:"financing"`
	Date      calendar.Date `json:"date"`
}

// DeliveryOrder is a lien holder's leave to deliver; it ends with the financing for which the receipt is held.
type DeliveryOrder struct {
	Bank      ident.USCC    `json:"bank"`
	Financing string        `json:"financing"`
	Date      calendar.Date `json:"date"`
}

// Parties lists who may read the terms by being bound by them. To whom a receipt is being endorsed may read what it
// is offered.
func (t Terms) Parties() []ident.USCC {
	all := []ident.USCC{t.Owner, t.Keeper}
	if t.Request != nil && t.Request.To != "" {
		all = append(all, t.Request.To)
	}
	return all
}

// Related returns the party in a relation to the receipt, "" for none.
func (t Terms) Related(as lc.Relation) ident.USCC {
	switch as {
	case lc.Owner:
		return t.Owner
	case lc.Keeping:
		return t.Keeper
	}
	return ""
}

// IssueArgs are the private arguments of issue. What the lot says need not be said again: depositor, goods, place and
// issuer are taken from it where they are left out.
type IssueArgs struct {
	Lot      string         `json:"lot" doc:"Record ID of the lot (存货记录编号)"`
	Quantity goods.Quantity `json:"quantity" doc:"How much the receipt is over (数量)"`
	Contents Face           `json:"contents" doc:"What the receipt states beside that (仓单记载事项)"`
}

// Face is what the keeper adds to what the lot says.
type Face struct {
	Number           ident.WrittenNumber `json:"number,omitzero" doc:"Number that the keeper gives; needed (仓单编号)"`
	DepositorAddress string              `json:"depositorAddress,omitzero" doc:"Depositor's address (存货人住所)" maxLength:"200"`
	LossStandard     string              `json:"lossStandard,omitzero" doc:"Loss that is normal, such as 0.3 % (损耗标准)" maxLength:"100"`
	StoredUntil      calendar.Date       `json:"storedUntil,omitzero" doc:"Last day of storage (储存期止)"`
	Fee              string              `json:"fee,omitzero" doc:"Fee of storage and how it is counted (仓储费)" maxLength:"100"`
	IssuePlace       string              `json:"issuePlace,omitzero" doc:"Place of issue (填发地)" maxLength:"100"`
	Remarks          string              `json:"remarks,omitzero" doc:"Remarks (备注)" maxLength:"200"`
}

// Stored is what a lot tells of the goods that a receipt is to stand for.
type Stored struct {
	Owner          ident.USCC
	OwnerName      string
	Keeper         ident.USCC
	Goods          goods.Description
	Site, Position string
	Since          calendar.Date
	Insurance      *goods.Insurance
	Prices         goods.Prices
	Order          string
}

// Issue makes the terms of a new receipt.
func Issue(a IssueArgs, s Stored, p credit.Policy, today calendar.Date) (Terms, error) {
	f := a.Contents
	if f.Number == "" {
		return Terms{}, fault.New(fault.FieldRequired, "/contents/number").Under("GB/T 30332-2024")
	}
	c := Contents{Number: f.Number, Depositor: s.Owner, DepositorName: s.OwnerName, DepositorAddress: f.DepositorAddress,
		Goods: s.Goods, LossStandard: f.LossStandard, Site: s.Site, Position: s.Position, StoredFrom: s.Since, StoredUntil: f.StoredUntil,
		Fee: f.Fee, Insurance: s.Insurance, Issuer: s.Keeper, IssuePlace: f.IssuePlace, IssuedOn: today, Remarks: f.Remarks}
	if err := c.Complete(p); err != nil {
		return Terms{}, err
	}
	if err := c.check(today); err != nil {
		return Terms{}, err
	}
	return Terms{Contents: c, Lot: a.Lot, Owner: s.Owner, Keeper: s.Keeper, Quantity: a.Quantity, Missing: a.Quantity.None(), Order: s.Order,
		Prices: append(goods.Prices{}, s.Prices...), Endorsements: []Endorsement{}}, nil
}

// past reports whether the term of storage is over on the day; what states no term has none.
func (t Terms) past(today calendar.Date) bool {
	return !t.Contents.StoredUntil.IsZero() && today.After(t.Contents.StoredUntil)
}

// Idle is the state of a receipt of which nothing is asked.
func (t Terms) idle(today calendar.Date) lc.State {
	if t.past(today) {
		return Expired
	}
	return Issued
}

// Settle ends a request that is not carried out.
func (t Terms) Settle(today calendar.Date) (Terms, lc.State) {
	t.Request = nil
	return t, t.idle(today)
}

// EndorseArgs are the private arguments of endorse.
type EndorseArgs struct {
	To ident.USCC `json:"to" doc:"The new owner (被背书人)"`
}

// Endorse asks for a new owner.
func (t Terms) Endorse(a EndorseArgs, today calendar.Date) (Terms, lc.State, error) {
	switch {
	case a.To == "":
		return t, "", fault.New(fault.FieldRequired, "/to")
	case a.To == t.Owner, a.To == t.Keeper:
		return t, "", fault.New(fault.SameParty, "/to")
	case t.past(today):
		return t, "", fault.New(fault.ReceiptExpired, "")
	}
	t.Request = &Request{To: a.To}
	return t, Endorsing, nil
}

// maxEndorsements keeps the terms below the size that a batch can carry.
const maxEndorsements = 100

// Pass makes the endorsee the owner. The term may have run out since the owner asked.
func (t Terms) Pass(today calendar.Date) (Terms, lc.State, error) {
	switch {
	case t.past(today):
		return t, "", fault.New(fault.ReceiptExpired, "")
	case len(t.Endorsements) >= maxEndorsements:
		return t, "", fault.New(fault.TooMany, "")
	}
	t.Endorsements = append(append([]Endorsement{}, t.Endorsements...), Endorsement{From: t.Owner, To: t.Request.To, Date: today})
	t.Owner, t.Request, t.Pledge, t.Delivery = t.Request.To, nil, nil, nil
	return t, t.Idle(), nil
}

// Idle is the state after an endorsement or a pledge: neither starts when the term of storage is over.
func (t Terms) Idle() lc.State { return Issued }

// PledgeArgs are the private arguments of pledge.
type PledgeArgs struct {
	Financing string `json:"financing" doc:"Record ID of the financing that it secures (融资记录编号)"`
}

// AskPledge asks for the endorsement as pledged: the word 质押, the owner's and the keeper's signature (担保制度解释 art. 59).
func (t Terms) AskPledge(a PledgeArgs, bank ident.USCC, today calendar.Date) (Terms, lc.State, error) {
	if t.past(today) {
		return t, "", fault.New(fault.ReceiptExpired, "")
	}
	t.Request = &Request{To: bank, Financing: a.Financing}
	return t, Pledging, nil
}

// MarkPledged puts the pledge on the receipt. The term may have run out since the owner asked.
func (t Terms) MarkPledged(today calendar.Date) (Terms, lc.State, error) {
	if t.past(today) {
		return t, "", fault.New(fault.ReceiptExpired, "")
	}
	t.Pledge = &PledgeMark{Bank: t.Request.To, Financing: t.Request.Financing, Date: today}
	t.Request = nil
	return t, t.Idle(), nil
}

// Strike takes the pledge off the receipt (注销质押背书), once it secures nothing any more.
func (t Terms) Strike() (Terms, error) {
	if t.Pledge == nil {
		return t, fault.New(fault.LienNotHeld, "")
	}
	t.Pledge = nil
	return t, nil
}

// Perfected reports whether the receipt bears the pledge for the financing.
func (t Terms) Perfected(financing string) bool {
	return t.Pledge != nil && t.Pledge.Financing == financing
}

// SplitArgs are the private arguments of split.
type SplitArgs struct {
	Parts []Part `json:"parts" doc:"The receipts that take its place (分割后的仓单)" minItems:"2" maxItems:"20"`
}

// Named gives the parts IDs where they have none.
func (a SplitArgs) Named(fresh func(n int) (string, error)) (any, error) {
	a.Parts = slices.Clone(a.Parts)
	for i := range a.Parts {
		if a.Parts[i].ID != "" {
			continue
		}
		id, err := fresh(i)
		if err != nil {
			return nil, err
		}
		a.Parts[i].ID = id
	}
	return a, nil
}

// MaxParts bounds a split and a merger, since each part is touched in one transaction.
const MaxParts = 20

// AskSplit asks for receipts that together are over the very same quantity.
func (t Terms) AskSplit(a SplitArgs) (Terms, lc.State, error) {
	if len(a.Parts) < 2 || len(a.Parts) > MaxParts {
		return t, "", fault.New(fault.FieldInvalid, "/parts")
	}
	sum := t.Quantity.None()
	for i, p := range a.Parts {
		switch at := field("/parts", i); {
		case !p.Quantity.Same(t.Quantity):
			return t, "", fault.New(fault.UnitMismatch, at+"/quantity")
		case !p.Quantity.IsPositive():
			return t, "", fault.New(fault.QuantityNotPositive, at+"/quantity")
		}
		sum = sum.Plus(p.Quantity)
	}
	switch {
	case t.Missing.IsPositive():
		return t, "", fault.New(fault.WrongState, "") // whose loss it would be, nobody can say
	case sum.Cmp(t.Quantity) != 0:
		return t, "", fault.New(fault.SumMismatch, "/parts")
	}
	t.Request = &Request{Parts: a.Parts}
	return t, Splitting, nil
}

// NumbersArgs are the private arguments of confirm-split.
type NumbersArgs struct {
	Numbers []ident.WrittenNumber `json:"numbers" doc:"Numbers of the new receipts, in the order asked for (新仓单编号)"`
}

// Part is a receipt of the split.
func (t Terms) Part(i int, number ident.WrittenNumber, today calendar.Date) Terms {
	p := t
	p.Contents.Number, p.Contents.IssuedOn = number, today
	p.Quantity, p.Request, p.Delivery = t.Request.Parts[i].Quantity, nil, nil
	p.OrderShare = t.shareOf(i)
	return p
}

// shareOf is what of the order's share falls to a part of the split: rounded down, and the last takes what is left.
func (t Terms) shareOf(i int) money.Amount {
	parts, left := t.Request.Parts, t.OrderShare
	for n := range i {
		left = left.Sub(goods.Share(t.OrderShare, parts[n].Quantity, t.Quantity))
	}
	if i == len(parts)-1 {
		return left
	}
	return goods.Share(t.OrderShare, parts[i].Quantity, t.Quantity)
}

// ClaimArgs are the private arguments of claim-goods.
type ClaimArgs struct{}

// ClaimGoods asks for the goods.
func (t Terms) ClaimGoods() (Terms, lc.State) {
	t.Request = &Request{}
	return t, Delivering
}

// LoseArgs are the private arguments of lose.
type LoseArgs struct {
	Quantity goods.Quantity `json:"quantity" doc:"What was lost or spoilt (灭失、毁损数量)"`
	Cause    string         `json:"cause" doc:"Cause (原因)" maxLength:"200"`
}

// Lose records loss or damage; the keeper answers for it (民法典 917).
func (t Terms) Lose(a LoseArgs) (Terms, error) {
	switch {
	case !a.Quantity.Same(t.Quantity):
		return t, fault.New(fault.UnitMismatch, "/quantity")
	case !a.Quantity.IsPositive():
		return t, fault.New(fault.QuantityNotPositive, "/quantity")
	case t.Quantity.Minus(t.Missing).Less(a.Quantity):
		return t, fault.New(fault.OverQuantity, "/quantity")
	}
	t.Missing = t.Missing.Plus(a.Quantity)
	return t, goods.Texts{{Field: "/cause", Value: a.Cause, Most: 200, Required: true}}.Check()
}

// ExtendArgs are the private arguments of extend.
type ExtendArgs struct {
	Until calendar.Date `json:"until" doc:"New last day of storage (储存期止)"`
}

// Extend prolongs the term of storage.
func (t Terms) Extend(a ExtendArgs, today calendar.Date) (Terms, lc.State, error) {
	switch {
	case a.Until.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/until")
	case a.Until.Before(today), !a.Until.After(t.Contents.StoredUntil):
		return t, "", fault.New(fault.DateOrder, "/until")
	}
	t.Contents.StoredUntil = a.Until
	return t, Issued, nil
}

// Expire records that the term of storage is over.
func (t Terms) Expire(today calendar.Date) (lc.State, error) {
	if !t.past(today) {
		return "", fault.New(fault.NotOverdue, "").Under("民法典 915, 916")
	}
	return Expired, nil
}

// FreezeArgs are the private arguments of freeze and unfreeze.
type FreezeArgs struct {
	Reason string `json:"reason" doc:"By whose decision and why, with its number (冻结依据)" maxLength:"200"`
}

// Freeze stops everything; what was asked for is dropped.
func (t Terms) Freeze(a FreezeArgs) (Terms, lc.State, error) {
	t.Frozen, t.Request = a.Reason, nil
	return t, Frozen, goods.Texts{{Field: "/reason", Value: a.Reason, Most: 200, Required: true}}.Check()
}

// Unfreeze ends the freeze.
func (t Terms) Unfreeze(today calendar.Date) (Terms, lc.State) {
	t.Frozen = ""
	return t, t.idle(today)
}

// Interested are those whose price for the goods is not heard as a source: who owns the receipt, and who stored the goods.
func (t Terms) Interested() []ident.USCC { return []ident.USCC{t.Owner, t.Contents.Depositor} }

// Value is what the goods under the receipt are worth at the lowest valid price, and no more than the order for which
// they are pays; false where there are not prices enough.
func (t Terms) Value(p credit.Policy, today calendar.Date) (money.Amount, bool) {
	price, priced := t.Prices.Lowest(today, p.ValuationMaxAgeDays, p.ValuationMinSources, t.Interested()...)
	if !priced {
		return money.Zero, false
	}
	value := t.Quantity.Minus(t.Missing).At(price)
	if t.Order != "" {
		value = money.Min(value, t.OrderShare)
	}
	return value, true
}

// Advance is the most that may be lent on the receipt, and why nothing where nothing may.
func Advance(t Terms, state lc.State, p credit.Policy, today calendar.Date) (money.Amount, *fault.Fault) {
	value, priced := t.Value(p, today)
	switch {
	case state == Expired, t.past(today):
		return money.Zero, fault.New(fault.ReceiptExpired, "")
	case state != Issued && state != Pledging:
		return money.Zero, fault.New(fault.CollateralIneligible, "")
	case !priced:
		return money.Zero, fault.New(fault.NotValued, "")
	case p.GoodsInsured && !t.Contents.Insurance.Secures(today, value, p.InsuredShare):
		return money.Zero, fault.New(fault.NotInsured, "")
	}
	return value.Times(p.AdvanceReceipt), nil
}

func field(list string, i int) string { return list + "/" + strconv.Itoa(i) }

package order

import (
	"regexp"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// BuyerClass is the buyer's size at signing, which decides its longest payment term (保障中小企业款项支付条例 art. 3, 9).
type BuyerClass string

// Classes of buyers.
const (
	Large      BuyerClass = "large"      // 大型企业
	Medium     BuyerClass = "medium"     // 中型企业
	Small      BuyerClass = "small"      // 小型、微型企业
	Government BuyerClass = "government" // 机关、事业单位
)

// Terms are the private terms of an order. Amounts are in yuan, tax included (价税合计).
type Terms struct {
	Seller      ident.USCC           `json:"seller"`
	Buyer       ident.USCC           `json:"buyer"`
	BuyerClass  BuyerClass           `json:"buyerClass"`
	Number      ident.DocumentNumber `json:"number"`            // 订单号
	Contract    ident.DocumentNumber `json:"contract,omitzero"` // 合同号
	Signed      calendar.Date        `json:"signed"`            // 签订日期
	DeliverBy   calendar.Date        `json:"deliverBy"`         // 交货期限
	PaymentDays int                  `json:"paymentDays"`       // 付款期限: days from acceptance
	Goods       string               `json:"goods"`             // 货物
	Amount      money.Amount         `json:"amount"`            // 订单金额
	Stored      money.Amount         `json:"stored"`            // 在库: what lots in store stand for
	Shipped     money.Amount         `json:"shipped"`           // 已发货
	Accepted    money.Amount         `json:"accepted"`          // 已验收
	LastAccept  calendar.Date        `json:"lastAccept,omitzero"`
	Invoiced    money.Amount         `json:"invoiced"` // 已形成应收账款

	CollectionAccount *CollectionAccount `json:"collectionAccount,omitzero"`
	AccountAgreed     calendar.Date      `json:"accountAgreed,omitzero"` // 买方确认专户日期
}

// CollectionAccount is the account into which the buyer will pay what the order comes to (特定账户). Who lends on future
// receivables has priority in the money of such an account (民法典担保制度解释 art. 61(4)). The seller names it, and it counts
// once the buyer, who is to pay into it, signs for the same one.
type CollectionAccount struct {
	Bank   ident.USCC `json:"bank" doc:"The bank that keeps the account (开户行统一社会信用代码)"`
	Number string     `json:"number" doc:"Account number, digits and hyphens (账号)" maxLength:"34"`
}

// Parties lists who may read the terms by being bound by them.
func (t Terms) Parties() []ident.USCC { return []ident.USCC{t.Seller, t.Buyer} }

// Related returns the party in a relation to the order, "" for none.
func (t Terms) Related(as lc.Relation) ident.USCC {
	switch as {
	case lc.Seller:
		return t.Seller
	case lc.Buyer:
		return t.Buyer
	}
	return ""
}

// CreateArgs are the private arguments of create.
type CreateArgs struct {
	Seller      ident.USCC           `json:"seller" doc:"Seller's unified social credit code (卖方统一社会信用代码)"`
	Buyer       ident.USCC           `json:"buyer" doc:"Buyer's unified social credit code (买方统一社会信用代码)"`
	BuyerClass  BuyerClass           `json:"buyerClass" enum:"large,medium,small,government" doc:"Buyer's size when the contract was signed (买方规模)"`
	Number      ident.DocumentNumber `json:"number" doc:"Order number as the buyer writes it (订单号)"`
	Contract    ident.DocumentNumber `json:"contract,omitzero" doc:"Contract number (合同号)"`
	Signed      calendar.Date        `json:"signed" doc:"Day of signing (签订日期)"`
	DeliverBy   calendar.Date        `json:"deliverBy" doc:"Last day of delivery (交货期限)"`
	PaymentDays int                  `json:"paymentDays" doc:"Payment term in days from acceptance (付款期限)" minimum:"0" maximum:"3650"`
	Goods       string               `json:"goods" doc:"Goods (货物)" maxLength:"200"`
	Amount      money.Amount         `json:"amount" doc:"Amount in yuan, tax included (订单金额,价税合计)"`
}

// Create makes the terms of a new order.
func Create(a CreateArgs) (Terms, lc.State, error) {
	switch {
	case a.Seller == "":
		return Terms{}, "", fault.New(fault.FieldRequired, "/seller")
	case a.Buyer == "":
		return Terms{}, "", fault.New(fault.FieldRequired, "/buyer")
	case a.Seller == a.Buyer:
		return Terms{}, "", fault.New(fault.SameParty, "/buyer")
	case a.Number == "":
		return Terms{}, "", fault.New(fault.FieldRequired, "/number")
	case a.Signed.IsZero():
		return Terms{}, "", fault.New(fault.FieldRequired, "/signed")
	case a.DeliverBy.IsZero():
		return Terms{}, "", fault.New(fault.FieldRequired, "/deliverBy")
	case a.DeliverBy.Before(a.Signed):
		return Terms{}, "", fault.New(fault.DateOrder, "/deliverBy")
	case a.PaymentDays < 0 || a.PaymentDays > 3650:
		return Terms{}, "", fault.New(fault.FieldInvalid, "/paymentDays")
	case !a.BuyerClass.known():
		return Terms{}, "", fault.New(fault.FieldInvalid, "/buyerClass")
	case a.Goods == "" || len(a.Goods) > 600:
		return Terms{}, "", fault.New(fault.FieldInvalid, "/goods")
	case !a.Amount.IsPositive():
		return Terms{}, "", fault.New(fault.AmountNotPositive, "/amount")
	}
	return Terms{Seller: a.Seller, Buyer: a.Buyer, BuyerClass: a.BuyerClass, Number: a.Number, Contract: a.Contract,
		Signed: a.Signed, DeliverBy: a.DeliverBy, PaymentDays: a.PaymentDays, Goods: a.Goods, Amount: a.Amount}, Created, nil
}

func (c BuyerClass) known() bool {
	return c == Large || c == Medium || c == Small || c == Government
}

// AmendArgs are the private arguments of amend: the new values, all of them.
type AmendArgs struct {
	Amount    money.Amount  `json:"amount" doc:"New amount in yuan (变更后金额)"`
	DeliverBy calendar.Date `json:"deliverBy" doc:"New last day of delivery (变更后交货期限)"`
}

// Amend changes amount and delivery. The buyer's own amendment keeps its attestation; the seller's
// takes the order back to Created until the buyer attests again, so no attestation covers terms that
// its signer did not see.
func (t Terms) Amend(a AmendArgs, by ident.USCC, from lc.State) (Terms, lc.State, error) {
	switch {
	case !a.Amount.IsPositive():
		return t, "", fault.New(fault.AmountNotPositive, "/amount")
	case a.DeliverBy.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/deliverBy")
	case a.DeliverBy.Before(t.Signed):
		return t, "", fault.New(fault.DateOrder, "/deliverBy")
	case a.Amount.Less(t.Shipped.Add(t.Stored)):
		return t, "", fault.New(fault.BelowUsed, "/amount")
	case by == t.Seller && from == Delivering:
		// Goods are under way on the attested terms; only the buyer may change what it owes.
		return t, "", fault.New(fault.WrongState, "")
	}
	t.Amount, t.DeliverBy = a.Amount, a.DeliverBy
	switch {
	case by == t.Seller:
		return t, Created, nil
	case from == Created:
		return t, Created, nil
	case from == Delivering:
		return t, t.delivery(), nil
	}
	return t, Attested, nil
}

// ShipArgs are the private arguments of ship.
type ShipArgs struct {
	Amount money.Amount         `json:"amount" doc:"Value shipped in yuan (发货金额)"`
	Date   calendar.Date        `json:"date" doc:"Day of shipment (发货日期)"`
	Note   ident.DocumentNumber `json:"note" doc:"Delivery note number (送货单号)"`
}

// Ship adds a shipment; Σ shipments ≤ order.
func (t Terms) Ship(a ShipArgs, today calendar.Date) (Terms, lc.State, error) {
	if err := dated(a.Amount, a.Date, today, t.Signed); err != nil {
		return t, "", err
	}
	if a.Note == "" {
		return t, "", fault.New(fault.FieldRequired, "/note")
	}
	t.Shipped = t.Shipped.Add(a.Amount)
	switch {
	case t.Amount.Less(t.Shipped):
		return t, "", fault.New(fault.OverOrder, "/amount")
	case t.Amount.Less(t.Shipped.Add(t.Stored)):
		// Goods that are in store, and may be pledged there, are not under way to the buyer.
		return t, "", fault.New(fault.GoodsStored, "/amount")
	}
	return t, Delivering, nil
}

// Store takes part of the order for a lot of goods in store: stored + shipped ≤ order.
func (t Terms) Store(amount money.Amount) (Terms, error) {
	t.Stored = t.Stored.Add(amount)
	if t.Amount.Less(t.Shipped.Add(t.Stored)) {
		return t, fault.New(fault.OverOrder, "/orderShare")
	}
	return t, nil
}

// Unstore gives back what left a lot.
func (t Terms) Unstore(amount money.Amount) Terms {
	t.Stored = t.Stored.Sub(amount)
	return t
}

// AcceptArgs are the private arguments of accept.
type AcceptArgs struct {
	Amount money.Amount  `json:"amount" doc:"Value accepted in yuan (验收金额)"`
	Date   calendar.Date `json:"date" doc:"Day of acceptance (验收日期)"`
}

// Accept adds an accepted delivery; Σ accepted ≤ Σ shipped.
func (t Terms) Accept(a AcceptArgs, today calendar.Date) (Terms, lc.State, error) {
	if err := dated(a.Amount, a.Date, today, t.Signed); err != nil {
		return t, "", err
	}
	t.Accepted = t.Accepted.Add(a.Amount)
	if t.Shipped.Less(t.Accepted) {
		return t, "", fault.New(fault.OverDelivery, "/amount")
	}
	t.LastAccept = calendar.Max(t.LastAccept, a.Date)
	return t, t.delivery(), nil
}

func (t Terms) delivery() lc.State {
	if t.Accepted.Cmp(t.Amount) == 0 {
		return Delivered
	}
	return Delivering
}

func dated(amount money.Amount, day, today, notBefore calendar.Date) error {
	switch {
	case !amount.IsPositive():
		return fault.New(fault.AmountNotPositive, "/amount")
	case day.IsZero():
		return fault.New(fault.FieldRequired, "/date")
	case day.After(today):
		return fault.New(fault.DateInFuture, "/date")
	case day.Before(notBefore):
		return fault.New(fault.DateOrder, "/date")
	}
	return nil
}

var accountForm = regexp.MustCompile(`^[0-9][0-9-]{5,33}$`)

// Collect names the account into which the buyer will pay, or has the buyer agree to the one that was named.
func (t Terms) Collect(a CollectionAccount, by ident.USCC, today calendar.Date) (Terms, error) {
	switch {
	case a.Bank == "":
		return t, fault.New(fault.FieldRequired, "/bank")
	case !accountForm.MatchString(a.Number):
		return t, fault.New(fault.FieldInvalid, "/number")
	}
	if by == t.Seller {
		t.CollectionAccount, t.AccountAgreed = &a, calendar.Date{}
		return t, nil
	}
	switch {
	case t.CollectionAccount == nil:
		return t, fault.New(fault.CollectionAccountRequired, "")
	case a.Bank != t.CollectionAccount.Bank:
		return t, fault.New(fault.FieldInvalid, "/bank")
	case a.Number != t.CollectionAccount.Number:
		return t, fault.New(fault.FieldInvalid, "/number")
	}
	t.AccountAgreed = today
	return t, nil
}

// Collects reports whether both sides signed for the account into which the buyer will pay.
func (t Terms) Collects() bool { return t.CollectionAccount != nil && !t.AccountAgreed.IsZero() }

// Invoice claims part of the accepted delivery for a receivable: Σ receivables ≤ Σ accepted ≤ order.
func (t Terms) Invoice(amount money.Amount) (Terms, error) {
	t.Invoiced = t.Invoiced.Add(amount)
	if t.Accepted.Less(t.Invoiced) {
		return t, fault.New(fault.OverDelivery, "/amount").Under("民法典 761; 银发〔2025〕77号")
	}
	return t, nil
}

// Uninvoice gives the claim of a cancelled receivable back.
func (t Terms) Uninvoice(amount money.Amount) Terms {
	t.Invoiced = t.Invoiced.Sub(amount)
	return t
}

// Uninvoiced is what of the order was not turned into receivables yet.
func (t Terms) Uninvoiced() money.Amount { return t.Amount.Sub(t.Invoiced) }

// Advance is the most that may be lent on the order before delivery: the policy's rate of what was
// attested and not yet turned into receivables, which are lent on by themselves.
func Advance(t Terms, state lc.State, policy credit.Policy) (money.Amount, bool) {
	if state != Attested && state != Delivering {
		return money.Zero, false
	}
	return t.Uninvoiced().Times(policy.AdvanceOrder), true
}

package receivable

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
)

// Instrument is the form of a receivable.
type Instrument string

// Forms of receivables.
const (
	Plain       Instrument = "plain"         // 普通应收账款
	Certificate Instrument = "e-certificate" // 应收账款电子凭证
)

// Terms are the private terms of a receivable. Amounts are in yuan, tax included.
type Terms struct {
	Order        string              `json:"order"`             // record ID of the order
	Seller       ident.USCC          `json:"seller"`            // 卖方、开票方: stays the same whoever holds the claim
	Creditor     ident.USCC          `json:"creditor,omitzero"` // 债权人: the seller, until it transfers the claim
	Buyer        ident.USCC          `json:"buyer"`
	BuyerClass   order.BuyerClass    `json:"buyerClass"`
	Instrument   Instrument          `json:"instrument"`
	Invoice      ident.InvoiceNumber `json:"invoice"`              // 发票号码
	Issued       calendar.Date       `json:"issued"`               // 开票日期
	Delivered    calendar.Date       `json:"delivered"`            // 验收日期: the order's last acceptance when registered
	Due          calendar.Date       `json:"due"`                  // 到期日
	Amount       money.Amount        `json:"amount"`               // 账款金额
	Outstanding  money.Amount        `json:"outstanding"`          // 未付余额
	Disputed     money.Amount        `json:"disputed"`             // 争议金额
	Reason       string              `json:"reason,omitzero"`      // of the dispute
	Requested    calendar.Date       `json:"requested,omitzero"`   // 申请确权日期
	ConfirmedOn  calendar.Date       `json:"confirmedOn,omitzero"` // 确权日期
	WaivesSetOff bool                `json:"waivesSetOff"`         // 放弃抵销权 (民法典 549)
	Payments     []Payment           `json:"payments"`             // 回款记录

	NoAssignmentClause bool      `json:"noAssignmentClause,omitzero"` // 禁止转让约定: flagged, binds no third party (民法典 545)
	Depth              int       `json:"depth,omitzero"`              // 层级: how often it was split or transferred since it was registered
	Transfer           *Transfer `json:"transfer,omitzero"`           // an offer that waits for its answer
	Notice             *Notice   `json:"notice,omitzero"`             // 转让通知

	// The day on which the debtor first had notice of a creditor that has passed the claim on since: from then on it knew
	// that the claim is not its seller's any more.
	NoticedOn calendar.Date `json:"noticedOn,omitzero"`

	Reductions []Reduction `json:"reductions,omitzero"` // 冲减记录: what reduced the debt without a payment
	Parts      []Part      `json:"parts,omitzero"`      // 拆分: what became of it, once it is split
	Late       *Late       `json:"late,omitzero"`       // 逾期利息
	WrittenOff *WriteOff   `json:"writtenOff,omitzero"` // 核销
}

// Payment is the evidence of one payment; the platform moves no money.
type Payment struct {
	Date      calendar.Date `json:"date"`
	Amount    money.Amount  `json:"amount"`
	Reference string        `json:"reference"` // 银行流水号
}

// Parties lists who may read the terms by being bound by them.
func (t Terms) Parties() []ident.USCC {
	all := []ident.USCC{t.Seller, t.Buyer}
	for _, u := range []ident.USCC{t.Creditor, t.Related(lc.Transferee)} {
		if u != "" && !slices.Contains(all, u) {
			all = append(all, u)
		}
	}
	return all
}

// Related returns the party in a relation to the receivable, "" for none. Its seller, to the lifecycle, is who
// holds the claim now.
func (t Terms) Related(as lc.Relation) ident.USCC {
	switch {
	case as == lc.Seller:
		return t.Creditor
	case as == lc.Issuer:
		return t.Seller
	case as == lc.Buyer:
		return t.Buyer
	case as == lc.Transferee && t.Transfer != nil:
		return t.Transfer.To
	}
	return ""
}

// Undisputed is the outstanding amount that the debtor does not dispute
// (保障中小企业款项支付条例 art. 15: the undisputed part is to be paid in time).
func (t Terms) Undisputed() money.Amount { return money.Max(money.Zero, t.Outstanding.Sub(t.Disputed)) }

// RegisterArgs are the private arguments of register.
type RegisterArgs struct {
	Order      string              `json:"order" doc:"Record ID of the order (订单记录编号)"`
	Instrument Instrument          `json:"instrument,omitzero" enum:"plain,e-certificate" doc:"Form, plain when left out (形式)"`
	Invoice    ident.InvoiceNumber `json:"invoice" doc:"Invoice number: 20 digits, or code-number for older VAT invoices (发票号码)"`
	Issued     calendar.Date       `json:"issued" doc:"Day of the invoice (开票日期)"`
	Due        calendar.Date       `json:"due" doc:"Day on which payment is due (到期日)"`
	Amount     money.Amount        `json:"amount" doc:"Amount in yuan, tax included (金额,价税合计)"`

	NoAssignmentClause bool `json:"noAssignmentClause,omitzero" doc:"The contract forbids to assign the claim: flagged, no third party is bound (禁止转让约定, 民法典 545)"`
}

// Register makes the terms of a new receivable against an order.
func Register(a RegisterArgs, o order.Terms, policy credit.Policy, today calendar.Date) (Terms, lc.State, error) {
	if a.Instrument == "" {
		a.Instrument = Plain
	}
	t := Terms{Order: a.Order, Seller: o.Seller, Creditor: o.Seller, Buyer: o.Buyer, BuyerClass: o.BuyerClass, Instrument: a.Instrument,
		Invoice: a.Invoice, Issued: a.Issued, Delivered: o.LastAccept, Due: a.Due, Amount: a.Amount, Outstanding: a.Amount,
		Payments: []Payment{}, NoAssignmentClause: a.NoAssignmentClause}
	switch {
	case a.Instrument != Plain && a.Instrument != Certificate:
		return t, "", fault.New(fault.FieldInvalid, "/instrument")
	case a.Invoice == "":
		return t, "", fault.New(fault.FieldRequired, "/invoice")
	case a.Issued.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/issued")
	case a.Issued.After(today):
		return t, "", fault.New(fault.DateInFuture, "/issued")
	case a.Due.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/due")
	case a.Due.Before(a.Issued):
		return t, "", fault.New(fault.DateOrder, "/due")
	case !a.Amount.IsPositive():
		return t, "", fault.New(fault.AmountNotPositive, "/amount")
	}
	if err := a.Invoice.CheckYear(a.Issued); err != nil {
		return t, "", fault.New(fault.InvoiceYear, "/invoice")
	}
	return t, Registered, refused(TermFindings(t, policy), "/due")
}

// RequestArgs are the private arguments of request-confirmation.
type RequestArgs struct{}

// Request starts the buyer's period to answer.
func (t Terms) Request(today calendar.Date) (Terms, lc.State, error) {
	t.Requested = today
	return t, Requested, nil
}

// ConfirmArgs are the private arguments of confirm.
type ConfirmArgs struct {
	WaivesSetOff bool `json:"waivesSetOff,omitzero" doc:"The buyer gives up set-off against an assignee (放弃抵销权, 民法典 549)"`
}

// Confirm binds the debtor to existence and amount (民法典担保制度解释 art. 61(1)); it ends a dispute.
func (t Terms) Confirm(a ConfirmArgs, today calendar.Date) (Terms, lc.State, error) {
	// A waiver once given is not taken back by confirming again without it.
	t.ConfirmedOn, t.WaivesSetOff = today, t.WaivesSetOff || a.WaivesSetOff
	t.Disputed, t.Reason = money.Zero, ""
	// Who confirms all of it takes back the set-off that it declared.
	if t.Reductions = slices.DeleteFunc(slices.Clone(t.Reductions), func(r Reduction) bool { return r.Declared }); len(t.Reductions) == 0 {
		t.Reductions = nil
	}
	return t, Confirmed, nil
}

// DisputeArgs are the private arguments of dispute.
type DisputeArgs struct {
	Amount money.Amount `json:"amount" doc:"Disputed part in yuan, up to what is outstanding (争议金额)"`
	Reason string       `json:"reason" doc:"Why (争议理由)" maxLength:"500"`
}

// Dispute holds part or all of the outstanding amount in dispute.
func (t Terms) Dispute(a DisputeArgs) (Terms, lc.State, error) {
	switch {
	case !a.Amount.IsPositive():
		return t, "", fault.New(fault.AmountNotPositive, "/amount")
	case t.Outstanding.Less(a.Amount):
		return t, "", fault.New(fault.OverOutstanding, "/amount")
	case a.Reason == "" || len(a.Reason) > 1500:
		return t, "", fault.New(fault.FieldInvalid, "/reason")
	}
	t.Disputed, t.Reason = a.Amount, a.Reason
	return t, Disputed, nil
}

// UnansweredArgs are the private arguments of mark-unanswered.
type UnansweredArgs struct{}

// Unanswered records that the buyer let the period pass. The regulation names the period but no deemed
// confirmation, so the receivable stays unconfirmed (保障中小企业款项支付条例 art. 16(2)).
func (t Terms) Unanswered(policy credit.Policy, today calendar.Date) (Terms, lc.State, error) {
	if t.Requested.DaysUntil(today) <= policy.ConfirmationDays {
		return t, "", fault.New(fault.NotOverdue, "").Under("保障中小企业款项支付条例 art. 16(2)")
	}
	return t, Unanswered, nil
}

// PayArgs are the private arguments of pay.
type PayArgs struct {
	Amount    money.Amount  `json:"amount" doc:"Amount received in yuan (回款金额)"`
	Date      calendar.Date `json:"date" doc:"Day on which it was received (回款日期)"`
	Reference string        `json:"reference" doc:"Bank's reference of the payment (银行流水号)" maxLength:"64"`
}

// MaxPayments keeps the terms below the size that a batch can carry. The payment of all that is open is
// always taken.
const MaxPayments = 400

// same reports whether both state one payment: a retry that reached the ledger twice.
func (a PayArgs) same(p Payment) bool {
	return a.Reference == p.Reference && a.Date == p.Date && a.Amount.Cmp(p.Amount) == 0
}

// Pay records a payment received.
func (t Terms) Pay(a PayArgs, from lc.State, today calendar.Date) (Terms, lc.State, error) {
	switch {
	case !a.Amount.IsPositive():
		return t, "", fault.New(fault.AmountNotPositive, "/amount")
	case t.Outstanding.Less(a.Amount):
		return t, "", fault.New(fault.OverOutstanding, "/amount")
	case a.Date.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/date")
	case a.Date.After(today):
		return t, "", fault.New(fault.DateInFuture, "/date")
	case a.Reference == "" || len(a.Reference) > 64:
		return t, "", fault.New(fault.FieldInvalid, "/reference")
	case a.Date.Before(t.Issued):
		return t, "", fault.New(fault.DateOrder, "/date")
	case slices.ContainsFunc(t.Payments, a.same):
		return t, "", fault.New(fault.ReferenceUsed, "/reference")
	case len(t.Payments) >= MaxPayments && a.Amount.Less(t.Outstanding):
		return t, "", fault.New(fault.TooMany, "")
	}
	t = t.lessen(a.Amount)
	t.Payments = append(append([]Payment{}, t.Payments...), Payment{Date: a.Date, Amount: a.Amount, Reference: a.Reference})
	if t.Outstanding.IsZero() {
		return t, Paid, nil
	}
	return t, from, nil
}

// CollectibleSince is the most that a lender can have collected on the receivable since it lent on it: what is open, with late
// interest as last counted, and what was paid from that day on. Whether a payment is recorded here too makes no difference.
func (t Terms) CollectibleSince(day calendar.Date) money.Amount {
	sum := t.Outstanding
	if t.Late != nil {
		sum = sum.Add(t.Late.Interest)
	}
	for _, p := range t.Payments {
		if !p.Date.Before(day) {
			sum = sum.Add(p.Amount)
		}
	}
	return sum
}

// lessen takes an amount off what is outstanding; what is disputed cannot be more than that, and what is nothing
// is not passed on.
func (t Terms) lessen(by money.Amount) Terms {
	t.Outstanding = t.Outstanding.Sub(by)
	t.Disputed = money.Min(t.Disputed, t.Outstanding)
	if t.Outstanding.IsZero() {
		t.Transfer = nil
	}
	return t
}

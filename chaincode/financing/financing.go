package financing

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// Product is the kind of financing.
type Product string

// Products. The first two lend on collateral of the chain; the others stand here because the interest
// subsidy is theirs, or is asked for them and refused.
const (
	ReceivableLoan   Product = "receivable-loan"        // 应收账款质押贷款
	Factoring        Product = "factoring"              // 保理
	OrderLoan        Product = "order-loan"             // 订单融资
	InventoryPledge  Product = "inventory-pledge"       // 存货质押(静态)
	FloatingPledge   Product = "floating-pledge"        // 存货质押(动态)
	InventoryLoan    Product = "inventory-mortgage"     // 存货浮动抵押
	ReceiptLoan      Product = "warehouse-receipt-loan" // 仓单质押
	WorkingCapital   Product = "working-capital"        // 流动资金贷款
	FixedAssetLoan   Product = "fixed-asset-loan"       // 固定资产贷款
	PolicyInstrument Product = "policy-instrument-fund" // 新型政策性金融工具资金
)

// secured says which products lend on collateral of the chain, and by which form of lien.
var secured = map[Product]encumbrance.Kind{
	ReceivableLoan: encumbrance.Pledge,
	Factoring:      encumbrance.Assignment,
	OrderLoan:      encumbrance.Pledge,

	InventoryPledge: encumbrance.Pledge,
	FloatingPledge:  encumbrance.Floating,
	InventoryLoan:   encumbrance.Mortgage,
	ReceiptLoan:     encumbrance.Pledge,
}

var products = []Product{ReceivableLoan, Factoring, OrderLoan, InventoryPledge, FloatingPledge, InventoryLoan, ReceiptLoan, WorkingCapital, FixedAssetLoan, PolicyInstrument}

// Lien returns the form of lien that the product lends on.
func (p Product) Lien() (encumbrance.Kind, bool) {
	k, ok := secured[p]
	return k, ok
}

// MaxRepayments keeps the terms below the size that a batch can carry; it is more than one a month for thirty years. The
// last of them is kept for the one that settles the debt, which is so always taken.
const MaxRepayments = 401

// MaxCollateral bounds the records behind one financing, since each is touched in one transaction.
const MaxCollateral = 50

// Terms are the private terms of a financing. Amounts are in yuan.
type Terms struct {
	Applicant    ident.USCC    `json:"applicant"`
	Lender       ident.USCC    `json:"lender"`
	Product      Product       `json:"product"`
	Asked        money.Amount  `json:"asked"`       // 申请金额
	TenorMonths  int           `json:"tenorMonths"` // 期限(月)
	Purpose      string        `json:"purpose"`     // 用途
	Collateral   []string      `json:"collateral"`  // 担保物: record IDs
	Offer        *Offer        `json:"offer,omitzero"`
	AcceptedOn   calendar.Date `json:"acceptedOn,omitzero"` // 接受报价日期
	Registration *Registration `json:"registration,omitzero"`
	Offered      []string      `json:"offered,omitzero"` // 拟补充的担保物: record IDs that the applicant puts up
	TopUps       []TopUp       `json:"topUps,omitzero"`  // 已补充的担保
	Disbursement *Disbursement `json:"disbursement,omitzero"`
	Principal    money.Amount  `json:"principal"` // 未还本金
	Repayments   []Repayment   `json:"repayments"`
	OverdueFrom  calendar.Date `json:"overdueFrom,omitzero"`
	Collections  []Collection  `json:"collections,omitzero"`
	Calls        []MarginCall  `json:"calls,omitzero"`    // 追加担保通知
	Searches     []Search      `json:"searches,omitzero"` // 登记查询

	Extensions     []Extension `json:"extensions,omitzero"`     // 已同意的展期, in order
	ExtensionAsked *Extension  `json:"extensionAsked,omitzero"` // 展期申请: waits for the lender
	Rates          []RateArgs  `json:"rates,omitzero"`          // 利率调整, after the offer's rate, in order of time
	RateAsked      *RateArgs   `json:"rateAsked,omitzero"`      // 待借款人同意的利率调整
	Spells         []Spell     `json:"spells,omitzero"`         // 已归还的逾期时段, in order of time
	Reversals      []Reversal  `json:"reversals,omitzero"`      // 已冲销的还款

	Existing *Existing `json:"existing,omitzero"` // 存量贷款补录: recorded after it was paid out
}

// Offer is what the bank would lend.
type Offer struct {
	Amount     money.Amount  `json:"amount" doc:"Amount in yuan (金额)"`
	AnnualRate money.Rate    `json:"annualRate" doc:"Interest a year as a fraction, such as 0.0385 (年利率)"`
	Maturity   calendar.Date `json:"maturity" doc:"Last day (到期日)"`
	Floating   bool          `json:"floating,omitzero" doc:"The rate floats: the lender reprices it as the contract says (浮动利率)"`
	Recourse   bool          `json:"recourse,omitzero" doc:"With recourse to the seller (有追索权, 民法典 766)"`
	ValidUntil calendar.Date `json:"validUntil" doc:"Last day on which the offer can be accepted (报价有效期)"`
}

// Registration is the lender's filing at the movables registry (中登网登记).
type Registration struct {
	Number     string           `json:"number" doc:"Filing number at the movables registry (中登网登记证明编号)" maxLength:"32"`
	Registered evidence.Instant `json:"registered" doc:"Time of the filing, which decides priority (登记时间, 民法典 768)"`
	Expires    calendar.Date    `json:"expires" doc:"Last day of the filing (登记到期日)"`
}

// Disbursement is the evidence that the bank paid out.
type Disbursement struct {
	Amount    money.Amount  `json:"amount" doc:"Amount in yuan (放款金额)"`
	Date      calendar.Date `json:"date" doc:"Day (放款日)"`
	Reference string        `json:"reference" doc:"Bank's reference (借据号)" maxLength:"64"`
}

// Repayment is the evidence of one repayment.
type Repayment struct {
	Principal money.Amount  `json:"principal" doc:"Principal in yuan (本金)"`
	Interest  money.Amount  `json:"interest,omitzero" doc:"Interest in yuan (利息)"`
	Date      calendar.Date `json:"date" doc:"Day (还款日)"`
	Reference string        `json:"reference" doc:"Bank's reference (还款流水号)" maxLength:"64"`
}

// same reports whether both state one payment: a retry that reached the ledger twice.
func (r Repayment) same(o Repayment) bool {
	return r.Reference == o.Reference && r.Date == o.Date && r.Principal.Cmp(o.Principal) == 0 && r.Interest.Cmp(o.Interest) == 0
}

// Parties lists who may read the terms by being bound by them.
func (t Terms) Parties() []ident.USCC { return []ident.USCC{t.Applicant, t.Lender} }

// Related returns the party in a relation to the financing, "" for none.
func (t Terms) Related(as lc.Relation) ident.USCC {
	switch as {
	case lc.Applicant:
		return t.Applicant
	case lc.Lender:
		return t.Lender
	}
	return ""
}

// Committed is the amount that the collateral must carry: what was disbursed, or else offered, or else asked.
func (t Terms) Committed() money.Amount {
	switch {
	case t.Disbursement != nil:
		return t.Principal
	case t.Offer != nil:
		return t.Offer.Amount
	}
	return t.Asked
}

// ApplyArgs are the private arguments of apply.
type ApplyArgs struct {
	Lender      ident.USCC   `json:"lender" doc:"The bank that is asked (受理银行)"`
	Product     Product      `json:"product" enum:"receivable-loan,factoring,order-loan,inventory-pledge,floating-pledge,inventory-mortgage,warehouse-receipt-loan,working-capital,fixed-asset-loan,policy-instrument-fund" doc:"Product (产品)"`
	Amount      money.Amount `json:"amount" doc:"Amount in yuan (申请金额)"`
	TenorMonths int          `json:"tenorMonths" doc:"Tenor in months (期限)" minimum:"1" maximum:"360"`
	Purpose     string       `json:"purpose" doc:"Use of the money (用途)" maxLength:"200"`
	Collateral  []string     `json:"collateral,omitzero" doc:"Record IDs lent on (担保物)" maxItems:"50"`
}

// Apply makes the terms of a new financing.
func Apply(a ApplyArgs, applicant ident.USCC) (Terms, lc.State, error) {
	_, needsCollateral := a.Product.Lien()
	ids := slices.Clone(a.Collateral)
	slices.Sort(ids)
	var f *fault.Fault
	switch {
	case a.Lender == "":
		f = fault.New(fault.FieldRequired, "/lender")
	case a.Lender == applicant:
		f = fault.New(fault.SameParty, "/lender")
	case !slices.Contains(products, a.Product):
		f = fault.New(fault.FieldInvalid, "/product")
	case !a.Amount.IsPositive():
		f = fault.New(fault.AmountNotPositive, "/amount")
	case a.TenorMonths < 1 || a.TenorMonths > 360:
		f = fault.New(fault.FieldInvalid, "/tenorMonths")
	case a.Purpose == "" || len(a.Purpose) > 600:
		f = fault.New(fault.FieldInvalid, "/purpose")
	case needsCollateral && len(ids) == 0:
		f = fault.New(fault.CollateralRequired, "/collateral")
	case !needsCollateral && len(ids) > 0:
		f = fault.New(fault.CollateralForbidden, "/collateral")
	case len(ids) > MaxCollateral, len(slices.Compact(slices.Clone(ids))) != len(ids):
		f = fault.New(fault.FieldInvalid, "/collateral")
	default:
		return Terms{Applicant: applicant, Lender: a.Lender, Product: a.Product, Asked: a.Amount, TenorMonths: a.TenorMonths,
			Purpose: a.Purpose, Collateral: append([]string{}, ids...), Repayments: []Repayment{}}, Applied, nil
	}
	return Terms{}, "", f
}

// MakeOffer puts the bank's offer into the terms; a later offer replaces an earlier one.
func (t Terms) MakeOffer(o Offer, today calendar.Date) (Terms, lc.State, error) {
	switch {
	case !o.Amount.IsPositive():
		return t, "", fault.New(fault.AmountNotPositive, "/amount")
	case o.AnnualRate.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/annualRate")
	case !o.Maturity.After(today):
		return t, "", fault.New(fault.DateOrder, "/maturity")
	case o.ValidUntil.Before(today):
		return t, "", fault.New(fault.DateOrder, "/validUntil")
	}
	t.Offer = &o
	return t, Offered, nil
}

// AcceptArgs are the private arguments of accept.
type AcceptArgs struct{}

// Accept binds the applicant to the offer.
func (t Terms) Accept(today calendar.Date) (Terms, lc.State, error) {
	if t.Offer == nil || t.Offer.ValidUntil.Before(today) {
		return t, "", fault.New(fault.OfferExpired, "")
	}
	t.AcceptedOn = today
	return t, Accepted, nil
}

// ReserveArgs are the private arguments of reserve.
type ReserveArgs struct {
	Hours int `json:"hours" doc:"How long the reservation stands (占用小时数)" minimum:"1"`
}

// Register puts the filing at the movables registry into the terms.
func (t Terms) Register(r Registration, policy credit.Policy, now evidence.Instant) (Terms, lc.State, error) {
	if err := r.check(t.Offer.Maturity, policy, now); err != nil {
		return t, "", err
	}
	t.Registration = &r
	return t, Encumbered, nil
}

// check refuses a filing that cannot be, or that lapses before the debt is due: it would secure nothing on the day it is
// needed.
func (r Registration) check(maturity calendar.Date, policy credit.Policy, now evidence.Instant) error {
	filed := calendar.At(r.Registered.Time)
	switch {
	case r.Number == "" || len(r.Number) > 32:
		return fault.New(fault.RegistrationInvalid, "/number")
	case r.Registered.IsZero() || r.Registered.After(now.Time):
		return fault.New(fault.DateInFuture, "/registered")
	case r.Expires.Before(filed.AddMonths(policy.RegistrationMinMonths)), r.Expires.After(filed.AddMonths(policy.RegistrationMaxMonths)):
		return fault.New(fault.RegistrationInvalid, "/expires").Under("动产和权利担保统一登记办法")
	case r.Expires.Before(maturity):
		return fault.New(fault.RegistrationInvalid, "/expires")
	}
	return nil
}

// Disburse records that the bank paid out, within its offer.
func (t Terms) Disburse(d Disbursement, from lc.State, today calendar.Date) (Terms, lc.State, error) {
	_, needsCollateral := t.Product.Lien()
	switch {
	case needsCollateral && from != Encumbered:
		return t, "", fault.New(fault.WrongState, "").Under("民法典 445")
	case !d.Amount.IsPositive():
		return t, "", fault.New(fault.AmountNotPositive, "/amount")
	case t.Offer.Amount.Less(d.Amount):
		return t, "", fault.New(fault.OverOffer, "/amount")
	case d.Date.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/date")
	case d.Date.After(today):
		return t, "", fault.New(fault.DateInFuture, "/date")
	case !d.Date.Before(t.Offer.Maturity), d.Date.Before(t.AcceptedOn):
		return t, "", fault.New(fault.DateOrder, "/date")
	case d.Reference == "" || len(d.Reference) > 64:
		return t, "", fault.New(fault.FieldInvalid, "/reference")
	}
	t.Disbursement, t.Principal = &d, d.Amount
	return t, Disbursed, nil
}

// Repay records a repayment; the last one settles the debt.
func (t Terms) Repay(r Repayment, from lc.State, today calendar.Date) (Terms, lc.State, error) {
	switch {
	case !r.Principal.IsPositive() && !r.Interest.IsPositive():
		return t, "", fault.New(fault.AmountNotPositive, "/principal")
	case t.Principal.Less(r.Principal):
		return t, "", fault.New(fault.OverOutstanding, "/principal")
	case slices.ContainsFunc(t.Repayments, r.same):
		return t, "", fault.New(fault.ReferenceUsed, "/reference")
	case len(t.Repayments) >= MaxRepayments-1 && r.Principal.Less(t.Principal):
		return t, "", fault.New(fault.TooMany, "")
	}
	if err := t.datedPayment(r.Date, r.Reference, today); err != nil {
		return t, "", err
	}
	t.Principal = t.Principal.Sub(r.Principal)
	t.Repayments = append(append([]Repayment{}, t.Repayments...), r)
	if t.Principal.IsZero() {
		return t, Settled, nil
	}
	return t, from, nil
}

// datedPayment refuses a day and a reference that no payment can have.
func (t Terms) datedPayment(day calendar.Date, reference string, today calendar.Date) error {
	switch {
	case day.IsZero():
		return fault.New(fault.FieldRequired, "/date")
	case day.After(today):
		return fault.New(fault.DateInFuture, "/date")
	case day.Before(t.Disbursement.Date):
		return fault.New(fault.DateOrder, "/date")
	case reference == "" || len(reference) > 64:
		return fault.New(fault.FieldInvalid, "/reference")
	}
	return nil
}

// OverdueArgs are the private arguments of mark-overdue.
type OverdueArgs struct {
	From calendar.Date `json:"from,omitzero" doc:"First overdue day: of a missed instalment or interest; left out, the day after maturity (逾期起始日)"`
}

// MarkOverdue records that something due was not paid (逾期): an instalment or interest before maturity, or
// what is left at maturity.
func (t Terms) MarkOverdue(a OverdueArgs, today calendar.Date) (Terms, lc.State, error) {
	if a.From.IsZero() {
		a.From = t.Due().AddDays(1)
	}
	switch {
	case today.Before(a.From):
		return t, "", fault.New(fault.NotOverdue, "/from")
	case !a.From.After(t.Disbursement.Date), len(t.Spells) > 0 && a.From.Before(t.Spells[len(t.Spells)-1].To):
		return t, "", fault.New(fault.DateOrder, "/from")
	}
	t.OverdueFrom = a.From
	return t, Overdue, nil
}

// NoArgs are the private arguments of verbs that need none; their opening still salts what follows.
type NoArgs struct{}

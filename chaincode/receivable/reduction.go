package receivable

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// ReductionKind is what reduced a receivable without a payment.
type ReductionKind string

// Kinds of reductions.
const (
	SetOff     ReductionKind = "set-off"     // 抵销
	CreditNote ReductionKind = "credit-note" // 贷项通知单
	RedLetter  ReductionKind = "red-letter"  // 红字发票
)

// Cause is why an invoice was taken back, as the tax authority lists the causes (红字发票开具原因, 国家税务总局公告2024年第11号).
type Cause string

// Causes of a red-letter invoice.
const (
	InvoiceError Cause = "invoice-error" // 开票有误: the delivery stands and is to be invoiced anew
	Return       Cause = "return"        // 销货退回
	ServiceEnded Cause = "service-ended" // 服务中止
	Allowance    Cause = "allowance"     // 销售折让
)

var causes = []Cause{"", InvoiceError, Return, ServiceEnded, Allowance}

// Reduction is one amount that is no longer owed though nobody paid it (冲减).
type Reduction struct {
	Kind     ReductionKind `json:"kind"`
	Date     calendar.Date `json:"date"`
	Amount   money.Amount  `json:"amount"`
	Number   string        `json:"number"`            // of the counter-claim, the credit note or the red-letter invoice
	Cause    Cause         `json:"cause,omitzero"`    // of a red-letter invoice
	Reissued calendar.Date `json:"reissued,omitzero"` // 重开日期: from then on the delivery can be invoiced anew by its amount
	Declared bool          `json:"declared,omitzero"` // 已主张、待确认: a set-off against an assignee, which did not accept it yet
	Reversed calendar.Date `json:"reversed,omitzero"` // 恢复日期: from then on it counts as never made
}

// Stands reports whether the reduction counts.
func (r Reduction) Stands() bool { return r.Reversed.IsZero() && !r.Declared }

// same reports whether both state one reduction. A credit note or red-letter invoice takes back once; a counter-claim
// may be set off bit by bit, and is the same when a retry reached the ledger twice.
func (r Reduction) same(o Reduction) bool {
	return o.Reversed.IsZero() && r.Kind == o.Kind && r.Number == o.Number && (r.Kind != SetOff || r.Date == o.Date && r.Amount.Cmp(o.Amount) == 0)
}

// MaxReductions keeps the terms below the size that a batch can carry. The one that takes all that is open is
// always recorded.
const MaxReductions = 100

// SetOffArgs are the private arguments of set-off.
type SetOffArgs struct {
	Amount   money.Amount         `json:"amount" doc:"Amount in yuan that is set off (抵销金额)"`
	Claim    ident.DocumentNumber `json:"claim" doc:"Number of the buyer's counter-claim (反向债权单据号)"`
	Arisen   calendar.Date        `json:"arisen" doc:"Day on which the counter-claim arose (反向债权成立日)"`
	Due      calendar.Date        `json:"due" doc:"Day on which the counter-claim was due (反向债权到期日)"`
	Contract ident.DocumentNumber `json:"contract,omitzero" doc:"Contract or order from which the counter-claim arises, where it is the receivable's own (合同号, 民法典 549)"`
}

// SetOffSituation is what decides whether a debtor may set off, beside its counter-claim.
type SetOffSituation struct {
	Assigned     bool          // somebody but the seller holds the claim or a lien on it
	Noticed      calendar.Date // day on which the debtor received the notice of it; zero when it did not
	SameContract bool          // the counter-claim is from the receivable's own contract
}

// SetOff sets a counter-claim of the debtor off. Against the seller itself it takes a counter-claim that is due (民法典
// 568). Against an assignee it also takes that the debtor had it when it received the notice and that it was due first
// or at the same time, or that both are from one contract (民法典 549).
func (t Terms) SetOff(a SetOffArgs, s SetOffSituation, from lc.State, today calendar.Date) (Terms, lc.State, error) {
	switch {
	case a.Claim == "":
		return t, "", fault.New(fault.FieldRequired, "/claim")
	case a.Arisen.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/arisen")
	case a.Due.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/due")
	case a.Arisen.After(today):
		return t, "", fault.New(fault.DateInFuture, "/arisen")
	case a.Due.Before(a.Arisen):
		return t, "", fault.New(fault.DateOrder, "/due")
	case a.Due.After(today):
		return t, "", fault.New(fault.SetOffForbidden, "/due").Under("民法典 568")
	}
	r := Reduction{Kind: SetOff, Date: today, Amount: a.Amount, Number: string(a.Claim)}
	if !s.Assigned {
		return t.reduce(r, "/claim", from, Paid)
	}
	if err := t.mayBeSetOff(a, s); err != nil {
		return t, "", err
	}
	return t.declare(r, from)
}

// declare records a set-off against an assignee. That the counter-claim is older than the notice only its debtor says, so
// until the assignee accepts it that part is in dispute and stays owed; a court may come to say so too.
func (t Terms) declare(r Reduction, from lc.State) (Terms, lc.State, error) {
	if err := t.reducible(r, "/claim"); err != nil {
		return t, "", err
	}
	if t.Undisputed().Less(r.Amount) {
		return t, "", fault.New(fault.OverOutstanding, "/amount")
	}
	r.Declared = true
	t.Reductions = append(slices.Clone(t.Reductions), r)
	t.Disputed, t.Reason = t.Disputed.Add(r.Amount), "抵销 "+r.Number
	if from == Overdue {
		return t, Overdue, nil
	}
	return t, Disputed, nil
}

// AcceptSetOffArgs are the private arguments of accept-set-off.
type AcceptSetOffArgs struct {
	Claim  ident.DocumentNumber `json:"claim" doc:"Number of the buyer's counter-claim (反向债权单据号)"`
	Amount money.Amount         `json:"amount" doc:"Amount in yuan that was declared (抵销金额)"`
}

// AcceptSetOff takes off what was declared (确认抵销).
func (t Terms) AcceptSetOff(a AcceptSetOffArgs, from lc.State) (Terms, lc.State, error) {
	i := slices.IndexFunc(t.Reductions, func(r Reduction) bool {
		return r.Declared && r.Number == string(a.Claim) && r.Amount.Cmp(a.Amount) == 0
	})
	switch {
	case a.Claim == "":
		return t, "", fault.New(fault.FieldRequired, "/claim")
	case i < 0:
		return t, "", fault.New(fault.ReductionUnknown, "/claim")
	case t.Outstanding.Less(a.Amount): // some of it was paid since
		return t, "", fault.New(fault.OverOutstanding, "/amount")
	}
	t.Reductions = slices.Clone(t.Reductions)
	t.Reductions[i].Declared = false
	t.Disputed = money.Max(money.Zero, t.Disputed.Sub(a.Amount))
	t = t.lessen(a.Amount)
	switch {
	case t.Outstanding.IsZero():
		return t, Paid, nil
	case t.Disputed.IsPositive() || from != Disputed:
		return t, from, nil
	case t.ConfirmedOn.IsZero():
		return t, Registered, nil
	}
	return t, Confirmed, nil
}

func (t Terms) mayBeSetOff(a SetOffArgs, s SetOffSituation) error {
	switch {
	case t.WaivesSetOff:
		return fault.New(fault.SetOffForbidden, "").Under("民法典 549")
	case s.SameContract:
		return nil
	case !s.Noticed.IsZero() && a.Arisen.After(s.Noticed):
		return fault.New(fault.SetOffForbidden, "/arisen").Under("民法典 549")
	case a.Due.After(t.Due):
		return fault.New(fault.SetOffForbidden, "/due").Under("民法典 549")
	}
	return nil
}

// DiluteArgs are the private arguments of dilute: a credit note or a red-letter invoice.
type DiluteArgs struct {
	RedLetter  ident.InvoiceNumber  `json:"redLetter,omitzero" doc:"Number of the red-letter invoice (红字发票号码)"`
	CreditNote ident.DocumentNumber `json:"creditNote,omitzero" doc:"Number of the credit note, where there is no red-letter invoice (贷项通知单号)"`
	Amount     money.Amount         `json:"amount" doc:"Amount in yuan that it takes back (冲减金额)"`
	Date       calendar.Date        `json:"date" doc:"Day of the document (单据日期)"`
	Cause      Cause                `json:"cause,omitzero" enum:"invoice-error,return,service-ended,allowance" doc:"Why the invoice was taken back; only after invoice-error can the delivery be invoiced anew (红字原因)"`
}

// reduction is what the document does, and the field that names it.
func (a DiluteArgs) reduction() (r Reduction, field string) {
	r = Reduction{Kind: RedLetter, Date: a.Date, Amount: a.Amount, Number: string(a.RedLetter), Cause: a.Cause}
	if a.RedLetter == "" {
		r.Kind, r.Number = CreditNote, string(a.CreditNote)
		return r, "/creditNote"
	}
	return r, "/redLetter"
}

// Dilute takes back what the seller credited to its buyer (账款稀释). It is a fact, so it is recorded whoever holds a
// lien: what the lien is then worth, its holder sees. Of a claim that is not the seller's any more the seller can give
// nothing back: there it is the new creditor's word that counts (民法典 545, 765).
func (t Terms) Dilute(a DiluteArgs, by ident.USCC, from lc.State, today calendar.Date) (Terms, lc.State, error) {
	r, field := a.reduction()
	switch {
	case by == t.Seller && t.Creditor != t.Seller:
		return t, "", fault.New(fault.NotPermitted, "/party").Under("民法典 545, 765")
	case !slices.Contains(causes, a.Cause), a.RedLetter == "" && a.Cause != "":
		return t, "", fault.New(fault.FieldInvalid, "/cause")
	case r.Number == "":
		return t, "", fault.New(fault.FieldRequired, "/redLetter")
	case a.RedLetter != "" && a.CreditNote != "":
		return t, "", fault.New(fault.FieldInvalid, "/creditNote")
	case a.RedLetter == t.Invoice:
		return t, "", fault.New(fault.FieldInvalid, "/redLetter")
	case a.Date.IsZero():
		return t, "", fault.New(fault.FieldRequired, "/date")
	case a.Date.After(today):
		return t, "", fault.New(fault.DateInFuture, "/date")
	case a.Date.Before(t.Issued):
		return t, "", fault.New(fault.DateOrder, "/date")
	case a.RedLetter != "" && a.RedLetter.CheckYear(a.Date) != nil:
		return t, "", fault.New(fault.InvoiceYear, "/redLetter")
	}
	return t.reduce(r, field, from, Voided)
}

// Document is the document of a reduction and the field that names it.
func (a DiluteArgs) Document() (kind ReductionKind, number, field string) {
	r, field := a.reduction()
	return r.Kind, r.Number, field
}

// ReinstateArgs are the private arguments of reinstate: which reduction is to count no more.
type ReinstateArgs struct {
	Kind   ReductionKind `json:"kind" enum:"set-off,credit-note,red-letter" doc:"What reduced it (冲减类型)"`
	Number string        `json:"number" doc:"Number of its document (单据号)" maxLength:"64"`
	Amount money.Amount  `json:"amount" doc:"Amount in yuan that it took off (冲减金额)"`
}

// Reinstate makes the debtor owe again what a reduction took off, as when a red-letter invoice was recorded that was
// never issued (冲减恢复). It is the debtor's own word and to its own burden, so nobody is harmed by it. What was voided or
// paid by set-off is registered again, for the debtor to confirm. What was invoiced anew since is owed already.
func (t Terms) Reinstate(a ReinstateArgs, from lc.State, today calendar.Date) (Terms, lc.State, error) {
	i := slices.IndexFunc(t.Reductions, func(r Reduction) bool {
		return r.Stands() && r.Kind == a.Kind && r.Number == a.Number && r.Amount.Cmp(a.Amount) == 0
	})
	switch {
	case a.Kind == "":
		return t, "", fault.New(fault.FieldRequired, "/kind")
	case a.Number == "":
		return t, "", fault.New(fault.FieldRequired, "/number")
	case i < 0:
		return t, "", fault.New(fault.ReductionUnknown, "/number")
	case !t.Reductions[i].Reissued.IsZero():
		return t, "", fault.New(fault.InvoiceReissued, "/number")
	}
	t.Reductions = slices.Clone(t.Reductions)
	t.Reductions[i].Reversed = today
	t.Outstanding = t.Outstanding.Add(a.Amount)
	if from == Voided || from == Paid {
		from = Registered
	}
	return t, from, nil
}

// ReissueArgs are the private arguments of reissue.
type ReissueArgs struct {
	RedLetter ident.InvoiceNumber `json:"redLetter" doc:"Number of the red-letter invoice that took the wrong one back (红字发票号码)"`
}

// Reissue lets the delivery be invoiced anew by what a red letter took back because the invoice was wrong (红冲重开); it
// returns that amount. An invoice that stands for several claims, or for one that was sold, is not issued anew.
func (t Terms) Reissue(a ReissueArgs, today calendar.Date) (Terms, money.Amount, error) {
	i := slices.IndexFunc(t.Reductions, func(r Reduction) bool {
		return r.Stands() && r.Kind == RedLetter && r.Number == string(a.RedLetter) && r.Cause == InvoiceError
	})
	switch {
	case a.RedLetter == "":
		return t, money.Zero, fault.New(fault.FieldRequired, "/redLetter")
	case i < 0:
		return t, money.Zero, fault.New(fault.ReductionUnknown, "/redLetter")
	case !t.Reductions[i].Reissued.IsZero():
		return t, money.Zero, fault.New(fault.InvoiceReissued, "/redLetter")
	case t.Depth > 0:
		return t, money.Zero, fault.New(fault.WrongState, "")
	}
	t.Reductions = slices.Clone(t.Reductions)
	t.Reductions[i].Reissued = today
	return t, t.Reductions[i].Amount, nil
}

// reduce adds a reduction; what takes all that is open ends in the state given.
func (t Terms) reduce(r Reduction, field string, from, end lc.State) (Terms, lc.State, error) {
	if err := t.reducible(r, field); err != nil {
		return t, "", err
	}
	t = t.lessen(r.Amount)
	t.Reductions = append(slices.Clone(t.Reductions), r)
	if t.Outstanding.IsZero() {
		return t, end, nil
	}
	return t, from, nil
}

// reducible refuses a reduction that cannot be.
func (t Terms) reducible(r Reduction, field string) error {
	switch {
	case !r.Amount.IsPositive():
		return fault.New(fault.AmountNotPositive, "/amount")
	case t.Outstanding.Less(r.Amount):
		return fault.New(fault.OverOutstanding, "/amount")
	case slices.ContainsFunc(t.Reductions, r.same):
		return fault.New(fault.ReferenceUsed, field)
	case len(t.Reductions) >= MaxReductions && r.Amount.Less(t.Outstanding):
		return fault.New(fault.TooMany, "")
	}
	return nil
}

// Balanced reports whether what was paid, what was taken off, what went into parts and what is outstanding come to
// the amount.
func (t Terms) Balanced() bool {
	sum := t.Outstanding
	for _, p := range t.Payments {
		sum = sum.Add(p.Amount)
	}
	for _, r := range t.Reductions {
		if r.Stands() {
			sum = sum.Add(r.Amount)
		}
	}
	for _, p := range t.Parts {
		sum = sum.Add(p.Amount)
	}
	return sum.Cmp(t.Amount) == 0 && !t.Outstanding.IsNegative()
}

// Untouched reports whether nothing of it was ever paid or taken off, and it is not being passed on.
func (t Terms) Untouched() bool {
	return len(t.Payments) == 0 && len(t.Reductions) == 0 && t.Transfer == nil
}

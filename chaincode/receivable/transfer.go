package receivable

import (
	"fmt"
	"slices"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// MaxParts bounds the parts of one split, since each is written in one transaction.
const MaxParts = 20

// Part is one of the receivables that a split makes (拆分后账款).
type Part struct {
	ID     string       `json:"id,omitzero" doc:"Record ID of the part; the gateway makes one where it is left out (拆分后记录编号)" maxLength:"30"`
	Amount money.Amount `json:"amount" doc:"Amount in yuan (金额)"`
}

// SplitArgs are the private arguments of split.
type SplitArgs struct {
	Children []Part `json:"children" doc:"The parts, which sum to what is outstanding (拆分明细)" minItems:"2" maxItems:"20"`
}

// Named gives the parts IDs where they have none.
func (a SplitArgs) Named(fresh func(n int) (string, error)) (any, error) {
	a.Children = slices.Clone(a.Children)
	for i := range a.Children {
		if a.Children[i].ID != "" {
			continue
		}
		id, err := fresh(i)
		if err != nil {
			return nil, err
		}
		a.Children[i].ID = id
	}
	return a, nil
}

// Split ends the receivable and returns its parts, ordered by ID. They sum to what is outstanding, and are of the same
// invoice, debtor and due date; what was paid or credited before stays here. Where an argument is wrong
// the fault says in which part.
func (t Terms) Split(a SplitArgs, policy credit.Policy) (Terms, lc.State, error) {
	switch {
	case t.Transfer != nil:
		return t, "", fault.New(fault.TransferPending, "")
	case t.Depth >= policy.ReceivableMaxDepth:
		return t, "", fault.New(fault.DepthExceeded, "").Under("银发〔2025〕77号")
	case len(a.Children) < 2 || len(a.Children) > MaxParts:
		return t, "", fault.New(fault.FieldInvalid, "/children")
	}
	sum, ids := money.Zero, map[string]bool{}
	for i, p := range a.Children {
		switch {
		case !p.Amount.IsPositive():
			return t, "", fault.New(fault.AmountNotPositive, fmt.Sprintf("/children/%d/amount", i))
		case ids[p.ID]:
			return t, "", fault.New(fault.FieldInvalid, fmt.Sprintf("/children/%d/id", i))
		}
		sum, ids[p.ID] = sum.Add(p.Amount), true
	}
	if sum.Cmp(t.Outstanding) != 0 {
		return t, "", fault.New(fault.SumMismatch, "/children")
	}
	t.Parts = slices.SortedFunc(slices.Values(a.Children), func(a, b Part) int { return strings.Compare(a.ID, b.ID) })
	t.Outstanding = money.Zero
	return t, Split, nil
}

// Child is the terms of a part of the receivable: everything but the amount is as it stood.
func (t Terms) Child(p Part) Terms {
	t.Amount, t.Outstanding, t.Payments = p.Amount, p.Amount, []Payment{}
	t.Reductions, t.Parts, t.Late = nil, nil, nil
	t.Depth++
	return t
}

// Transfer is the creditor's offer to pass the claim on (债权转让要约).
type Transfer struct {
	To      ident.USCC    `json:"to"`      // 受让人
	Offered calendar.Date `json:"offered"` // 要约日期
}

// TransferArgs are the private arguments of transfer.
type TransferArgs struct {
	To ident.USCC `json:"to" doc:"The enterprise that is to have the claim (受让企业)"`
}

// AnswerArgs are the private arguments of accept-transfer, decline-transfer and recall-transfer.
type AnswerArgs struct{}

// Pass offers the claim to another enterprise (民法典 545). Nothing changes hands before that one accepts. A clause
// against assignment binds no third party, so it is flagged and blocks nothing.
func (t Terms) Pass(a TransferArgs, policy credit.Policy, today calendar.Date) (Terms, error) {
	switch {
	case t.Transfer != nil:
		return t, fault.New(fault.TransferPending, "")
	case a.To == "":
		return t, fault.New(fault.FieldRequired, "/to")
	case a.To == t.Creditor:
		return t, fault.New(fault.SameParty, "/to")
	case a.To == t.Buyer:
		// Claim and debt in one hand end each other; that is a payment, not a transfer.
		return t, fault.New(fault.SameParty, "/to").Under("民法典 576")
	case t.Depth >= policy.ReceivableMaxDepth:
		return t, fault.New(fault.DepthExceeded, "").Under("银发〔2025〕77号")
	}
	t.Transfer = &Transfer{To: a.To, Offered: today}
	return t, nil
}

// Take makes who was offered the claim its creditor. A notice that was given before stands: until the debtor
// hears of the new creditor it is discharged by paying the one that it knows (民法典 546).
func (t Terms) Take() (Terms, error) {
	if t.Transfer == nil {
		return t, fault.New(fault.TransferMissing, "")
	}
	if t.Noticed(t.Creditor) && t.NoticedOn.IsZero() {
		t.NoticedOn = calendar.At(t.Notice.Received.Time)
	}
	t.Creditor, t.Transfer = t.Transfer.To, nil
	t.Depth++
	return t, nil
}

// Keep ends an offer that was declined or taken back.
func (t Terms) Keep() (Terms, error) {
	if t.Transfer == nil {
		return t, fault.New(fault.TransferMissing, "")
	}
	t.Transfer = nil
	return t, nil
}

package receivable

import (
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
)

// Notice is the notice of assignment (转让通知): without one the assignment does not bind the debtor (民法典 546).
type Notice struct {
	Payee    ident.USCC       `json:"payee"`             // 受让人: whom the debtor is to pay
	Evidence string           `json:"evidence,omitzero"` // 凭证
	Identity string           `json:"identity,omitzero"` // 身份证明
	Sent     evidence.Instant `json:"sent"`              // 发出时间
	Received evidence.Instant `json:"received,omitzero"` // 收到时间: from then on only the payee can be paid
	Proof    string           `json:"proof,omitzero"`    // 送达证明: of who gave it, where the debtor did not acknowledge it
}

// NotifyArgs are the private arguments of notify.
type NotifyArgs struct {
	Evidence string `json:"evidence,omitzero" doc:"What proves the assignment, such as the contract's number; an assignee must give it (凭证, 民法典 764)" maxLength:"200"`
	Identity string `json:"identity,omitzero" doc:"How the assignee shows who it is; it must (身份证明, 民法典 764)" maxLength:"200"`
}

// AcknowledgeArgs are the private arguments of acknowledge-notice.
type AcknowledgeArgs struct{}

// WithdrawNoticeArgs are the private arguments of withdraw-notice.
type WithdrawNoticeArgs struct{}

// Notify gives notice that the payee is to be paid. One that the assignee itself gives must show who it is
// and prove the assignment; the assignor is known to its debtor.
func (t Terms) Notify(a NotifyArgs, by, payee ident.USCC, now evidence.Instant) (Terms, error) {
	assignee := by == payee
	switch {
	case t.Noticed(payee):
		return t, fault.New(fault.NoticeStands, "")
	case assignee && a.Evidence == "":
		return t, fault.New(fault.FieldRequired, "/evidence").Under("民法典 764")
	case assignee && a.Identity == "":
		return t, fault.New(fault.FieldRequired, "/identity").Under("民法典 764")
	case len(a.Evidence) > 600:
		return t, fault.New(fault.FieldInvalid, "/evidence")
	case len(a.Identity) > 600:
		return t, fault.New(fault.FieldInvalid, "/identity")
	}
	t.Notice = &Notice{Payee: payee, Evidence: a.Evidence, Identity: a.Identity, Sent: now}
	return t, nil
}

// ProofArgs are the private arguments of prove-notice.
type ProofArgs struct {
	Proof    string           `json:"proof" doc:"What proves that the notice arrived, such as the number of a courier's or a court's receipt (送达证明)" maxLength:"200"`
	Received evidence.Instant `json:"received" doc:"When it arrived (送达时间)"`
}

// Prove records that the notice arrived, on the proof of who gave it: a notice is effective when it reaches the debtor,
// acknowledged or not (民法典 137, 546). The debtor can dispute it; that there was no word of its own, the record says.
func (t Terms) Prove(a ProofArgs, by ident.USCC, now evidence.Instant) (Terms, error) {
	switch {
	case t.Notice == nil || !t.Notice.Received.IsZero():
		return t, fault.New(fault.NoticeMissing, "")
	case t.Notice.Payee != by:
		return t, fault.New(fault.NotPermitted, "/party")
	case a.Proof == "" || len(a.Proof) > 600:
		return t, fault.New(fault.FieldInvalid, "/proof")
	case a.Received.IsZero():
		return t, fault.New(fault.FieldRequired, "/received")
	case a.Received.After(now.Time):
		return t, fault.New(fault.DateInFuture, "/received")
	case a.Received.Before(t.Notice.Sent.Time):
		return t, fault.New(fault.DateOrder, "/received")
	}
	n := *t.Notice
	n.Received, n.Proof = a.Received, a.Proof
	t.Notice = &n
	return t, nil
}

// Acknowledge records that the debtor received the notice.
func (t Terms) Acknowledge(now evidence.Instant) (Terms, error) {
	if t.Notice == nil || !t.Notice.Received.IsZero() {
		return t, fault.New(fault.NoticeMissing, "")
	}
	n := *t.Notice
	n.Received = now
	t.Notice = &n
	return t, nil
}

// WithdrawNotice takes a notice back, which the assignee alone may (民法典 546): to who gave the claim away it is
// irrevocable. When the assignee has the claim no more, who has it may.
func (t Terms) WithdrawNotice(by ident.USCC, ended bool) (Terms, error) {
	switch {
	case t.Notice == nil:
		return t, fault.New(fault.NoticeMissing, "")
	case t.Notice.Payee != by && !ended:
		return t, fault.New(fault.NotPermitted, "/party").Under("民法典 546")
	}
	t.Notice = nil
	return t, nil
}

// Noticed reports whether the debtor received notice that it must pay the assignee.
func (t Terms) Noticed(assignee ident.USCC) bool {
	return t.Notice != nil && t.Notice.Payee == assignee && !t.Notice.Received.IsZero()
}

package verification

import (
	"slices"

	"decore/chaincode/check"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/fault"
	"decore/chaincode/money"
	"decore/chaincode/receivable"
)

func (e *examination) document(k duplicate.Kind) (Document, bool) {
	for _, d := range e.Documents {
		if d.Token.Kind() == k {
			return d, true
		}
	}
	return Document{}, false
}

func (e *examination) duplicate(k duplicate.Kind) Duplicate {
	d, ok := e.document(k)
	if !ok {
		return Duplicate{Answer: duplicate.Unknown}
	}
	return Duplicate{Answer: d.Answer, FirstRegistered: d.First, Own: d.Own}
}

// answers says what a register's answer means. A record's own document that its register does not know
// is not to be had by honest means; a stranger's question about it is simply open.
var answers = map[duplicate.Answer]finding{
	duplicate.IsRegistered:        passed(""),
	duplicate.IsFinanced:          passed(""), // through this record: the encumbrance tells by whom
	duplicate.DuplicateRegistered: fails(DuplicateRegistered, ""),
	duplicate.DuplicateFinanced:   fails(DuplicateFinanced, ""),
	duplicate.IsCancelled:         fails(DocumentCancelled, ""),
	duplicate.Unknown:             fails(DocumentUnregistered, ""),
}

func (e *examination) answer(k duplicate.Kind) finding {
	d, ok := e.document(k)
	if !ok {
		return unsure(NotDisclosed, "")
	}
	f := answers[d.Answer]
	if e.subject == "" && d.Answer == duplicate.Unknown {
		f.verdict = check.Unknown
	}
	if e.subject == "" && d.Answer == duplicate.DuplicateRegistered {
		// Whose record it is cannot be told, so it may be the very one that is being offered.
		f.verdict = check.Warn
	}
	f.source = string(d.Token)
	return f
}

func duplicateInvoice(e *examination) finding { return e.answer(duplicate.Invoice) }
func duplicateOrder(e *examination) finding   { return e.answer(duplicate.Document) }

// duplicateComposite: two true invoices of one day and amount exist, so an equal composite warns; where it
// was financed, only the debtor's confirmation of this very receivable tells the two apart.
func duplicateComposite(e *examination) finding {
	f := e.answer(duplicate.Composite)
	confirmed := e.Record.Header.State == receivable.Confirmed
	if f.reason == DuplicateRegistered || f.reason == DuplicateFinanced && confirmed {
		f.verdict = check.Warn
	}
	return f
}

func encumbered(e *examination) finding {
	for _, l := range e.Liens {
		switch {
		case l.Own:
		case l.State == encumbrance.Reserved:
			return fails(Reserved, "")
		default:
			return fails(Encumbered, "")
		}
	}
	return passed("")
}

// ended are the states in which a receivable is no longer owed.
var ended = map[string]Reason{
	string(receivable.Paid): RecordPaid, string(receivable.Closed): RecordClosed, string(receivable.Cancelled): RecordCancelled,
	string(receivable.Voided): RecordVoided, string(receivable.Split): RecordSplit, string(receivable.WrittenOff): RecordWrittenOff,
	string(receivable.Overdue): PastDue,
}

func receivableState(e *examination) finding {
	if reason, over := ended[string(e.Record.Header.State)]; over {
		return fails(reason, e.subject)
	}
	return passed(e.subject)
}

// confirmation: without the debtor's confirmation the bank has to prove that the receivable existed when
// it registers its right, so that is never more than a warning, and never a failure.
func confirmation(e *examination) finding {
	t, state := e.Record.Terms, e.Record.Header.State
	if !t.ConfirmedOn.IsZero() && state != receivable.Disputed {
		for _, c := range append(slices.Clip(e.elders), e.record...) { // the confirmation of a whole is one of its parts
			if !c.Withheld() && c.Verb == "receivable.confirm" && c.Party == t.Buyer {
				return passed(c.ID)
			}
		}
		return fails(ConfirmationUnsigned, e.subject)
	}
	asked := !t.Requested.IsZero()
	late := asked && t.Requested.DaysUntil(e.today) > e.Policy.ConfirmationDays
	switch {
	case state == receivable.Unanswered, state == receivable.Requested && late:
		f := warns(ConfirmationOverdue, e.subject)
		f.clause = sme16 + "; " + law61
		return f
	case state == receivable.Requested:
		return warns(ConfirmationPending, e.subject)
	}
	return warns(NotConfirmed, e.subject)
}

func setOff(e *examination) finding {
	if !e.Record.Terms.WaivesSetOff {
		return warns(SetOffNotWaived, e.subject)
	}
	return passed(e.subject)
}

func dispute(e *examination) finding {
	t := e.Record.Terms
	switch {
	case t.Disputed.IsZero():
		return passed(e.subject)
	case t.Disputed.Less(t.Outstanding):
		return warns(PartlyDisputed, e.subject)
	}
	return fails(DisputedInFull, e.subject)
}

// termFinding takes over the i-th finding of the domain about payment terms.
func termFinding(i int) func(*examination) finding {
	return func(e *examination) finding {
		f := receivable.TermFindings(*e.Record.Terms, e.Policy)[i]
		return finding{f.Verdict, Reason(f.Reason), e.policy, f.Clause}
	}
}

func due(e *examination) finding {
	switch t := e.Record.Terms; {
	case t.Due.Before(t.Issued):
		return fails(Reason(fault.DateOrder), e.subject)
	case t.Due.Before(e.today):
		return fails(PastDue, e.subject)
	}
	return passed(e.subject)
}

// noticed tells whether the debtor has received a notice of assignment: until then it may pay its creditor.
func noticed(e *examination) finding {
	if e.Record.Terms.Notice.Received.IsZero() {
		return warns(NoticePending, e.subject)
	}
	return passed(e.subject)
}

// payments checks that what is outstanding is what payments, reductions and parts leave.
func payments(e *examination) finding {
	t := e.Record.Terms
	paid := money.Zero
	for _, p := range t.Payments {
		paid = paid.Add(p.Amount)
	}
	for _, r := range t.Reductions {
		if r.Stands() {
			paid = paid.Add(r.Amount)
		}
	}
	for _, p := range t.Parts {
		paid = paid.Add(p.Amount)
	}
	if t.Amount.Sub(paid).Cmp(t.Outstanding) != 0 || t.Outstanding.IsNegative() {
		return fails(PaymentsMismatch, e.subject)
	}
	return passed(e.subject)
}

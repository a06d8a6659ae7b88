// Package verification answers a bank's question about a record (核验): a verdict, and the named checks that
// it rests on, each with its reason, the rule behind it and where the fact comes from.
//
// Judging is pure: the same Facts always give the same Verification, so that who keeps a receipt can
// repeat it years later without the ledger. Gatherer collects the facts.
//
// Sources that are not connected here (e-invoice state, movables registry, cash flow, affiliation) are
// answered unknown and say so; they never count as passed, nor do they alone change the verdict.
package verification

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/check"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

// Verification is the answer about one record.
type Verification struct {
	Record       string              `json:"record,omitzero"`
	Kind         string              `json:"kind"`
	State        lc.State            `json:"state,omitzero"`
	Version      int                 `json:"version,omitzero"`
	Commitment   evidence.Commitment `json:"commitment,omitzero"`
	Verdict      check.Verdict       `json:"verdict"`
	AsOf         AsOf                `json:"asOf"`
	Policy       PolicyRef           `json:"policy"`
	Duplicate    Duplicate           `json:"duplicate"`
	Encumbrances []Lien              `json:"encumbrances"`
	Checks       []check.Finding     `json:"checks"`
}

// AsOf is the block up to which facts were read.
type AsOf struct {
	Block uint64           `json:"block"`
	Hash  string           `json:"hash"`
	Time  evidence.Instant `json:"time"`
	// CutOff is since when no news came from the ledger; zero when it is in reach.
	CutOff evidence.Instant `json:"cutOff,omitzero"`
}

// PolicyRef names the credit policy that a record was judged by.
type PolicyRef struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// Duplicate sums up whether the record's document was offered before.
type Duplicate struct {
	Answer          duplicate.Answer  `json:"answer"`
	FirstRegistered *evidence.Instant `json:"firstRegistered,omitzero"`
	Own             bool              `json:"own"` // the claim is this record's own
}

// examination is the facts while they are judged.
type examination struct {
	*Facts
	subject  string
	today    calendar.Date
	record   []*Command // about the receivable, the lot or the receipt
	order    []*Command // about the order
	elders   []*Command // about the receipts that the receipt is made of, or the receivables that it is a part of
	policy   string     // as a source
	findings []check.Finding
}

// Receivable judges a receivable with the order behind it.
func Receivable(f Facts) Verification {
	return f.judge(receivable.Table.Kind, receivableRules, duplicate.Invoice)
}

// Order judges an order.
func Order(f Facts) Verification {
	return f.judge(order.Table.Kind, orderRules, duplicate.Document)
}

// Judge judges the facts by the kind of record that they are about.
func Judge(f Facts) Verification {
	switch f.Subject().Kind {
	case receivable.Table.Kind:
		return Receivable(f)
	case lot.Table.Kind:
		return f.judge(lot.Table.Kind, lotRules, duplicate.Place)
	case warehouse.Table.Kind:
		return f.judge(warehouse.Table.Kind, receiptRules, duplicate.Receipt)
	}
	return Order(f)
}

// Token judges a document of which the caller knows no record: it answers whether the document is known,
// since when, and nothing else.
func Token(f Facts) Verification {
	v := f.judge(receivable.Table.Kind, receivableRules, duplicate.Invoice)
	v.Record, v.State, v.Version, v.Commitment = "", "", 0, ""
	return v
}

func (f Facts) judge(kind string, rules []rule, main duplicate.Kind) Verification {
	rules = slices.Clip(rules)
	for _, o := range occasional {
		if o.when(&f) {
			rules = append(rules, o.rule)
		}
	}
	head := f.Subject()
	e := &examination{Facts: &f, subject: head.ID, today: calendar.At(f.Now.Time), policy: policySource(f.Policy),
		findings: make([]check.Finding, 0, len(rules))}
	for _, c := range f.Commands {
		switch c.Subject {
		case f.Order.Header.ID:
			e.order = append(e.order, c)
		case head.ID:
			e.record = append(e.record, c)
		case f.Record.Header.ID, f.Lot.Header.ID:
		default:
			e.elders = append(e.elders, c)
		}
	}
	for i := range rules {
		e.findings = append(e.findings, rules[i].judge(e))
	}
	return Verification{Record: head.ID, Kind: kind, State: head.State, Version: head.Version, Commitment: head.Terms,
		Verdict: verdict(rules, e.findings), AsOf: f.AsOf, Policy: PolicyRef{ID: f.Policy.ID, Version: f.Policy.Version},
		Duplicate: e.duplicate(main), Encumbrances: append([]Lien{}, f.Liens...), Checks: e.findings}
}

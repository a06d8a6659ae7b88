package verification

import (
	"slices"

	"decore/chaincode/check"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

// Weight says how much a check counts towards the verdict.
type Weight string

// Weights. The verdict is the worst of what the checks count as.
const (
	Deciding Weight = "deciding" // as it is
	Advisory Weight = "advisory" // a failure as a warning, unknown not at all
	Noted    Weight = "noted"    // not at all: summaries, and sources that are not connected
)

func (w Weight) counts(v check.Verdict) check.Verdict {
	switch {
	case w == Noted, w == Advisory && v == check.Unknown:
		return check.Pass
	case w == Advisory && v == check.Fail:
		return check.Warn
	}
	return v
}

// needs says without which facts a check is unknown.
type needs int

const (
	nothing needs = iota
	header        // the record is known to the caller
	terms         // its terms are disclosed
	trade         // and those of its order
)

// rule is one check.
type rule struct {
	name   string
	weight Weight
	needs  needs
	clause string
	run    func(e *examination) finding
}

// finding is what a check came to, before it is put under its name.
type finding struct {
	verdict check.Verdict
	reason  Reason
	source  string
	clause  string // where the rule's own does not fit
}

func passed(source string) finding           { return finding{verdict: check.Pass, source: source} }
func warns(r Reason, source string) finding  { return finding{check.Warn, r, source, ""} }
func fails(r Reason, source string) finding  { return finding{check.Fail, r, source, ""} }
func unsure(r Reason, source string) finding { return finding{check.Unknown, r, source, ""} }

const (
	law61  = "民法典担保制度解释 art. 61(2)"
	sme16  = "保障中小企业款项支付条例 art. 16(2)"
	notice = "银发〔2025〕77号"
)

var common = []rule{
	{"signatures", Deciding, header, "电子签名法 art. 13", signatures},
	{"commitment", Deciding, terms, "", commitments},
	{"history", Deciding, header, "", history},
	{"countersignatures", Deciding, header, "电子签名法 art. 13", countersignatures},
	{"seller-status", Deciding, terms, "", sellerStatus},
	{"buyer-status", Deciding, terms, "", buyerStatus},
	{"order-attested", Deciding, trade, notice, orderAttested},
	{"order-state", Deciding, trade, notice, orderState},
}

var notConnected = []rule{
	{"cash-flow", Noted, nothing, "", unconnected("资金流信用信息共享平台")},
	{"registry-search", Noted, nothing, "民法典 768", unconnected("中登网")},
	{"affiliates", Noted, nothing, notice, unconnected("国家企业信用信息公示系统")},
}

// receivableRules are the checks of a receivable in the order in which they are answered. A summary
// stands after what it sums up.
var receivableRules = join(common, []rule{
	{"order-match", Deciding, trade, notice, orderMatch},
	{"delivery", Deciding, trade, "民法典 761; " + notice, delivery},
	{"invoice", Deciding, terms, "", invoice},
	{"invoice-state", Noted, nothing, notice, unconnected("全国增值税发票查验平台")},
	{"duplicate-invoice", Deciding, nothing, notice, duplicateInvoice},
	{"duplicate-composite", Deciding, nothing, notice, duplicateComposite},
	{"duplicate-order", Deciding, nothing, notice, duplicateOrder},
	{"encumbrance", Deciding, header, "民法典 768", encumbered},
	{"state", Deciding, header, "", receivableState},
	{"confirmation", Deciding, terms, law61, confirmation},
	{"set-off", Noted, terms, "民法典 549", setOff},
	{"dispute", Deciding, terms, "保障中小企业款项支付条例 art. 15", dispute},
	{"certificate-term", Deciding, terms, notice, termFinding(0)},
	{"payment-term", Deciding, terms, "保障中小企业款项支付条例 art. 9", termFinding(1)},
	{"due", Deciding, terms, "", due},
	{"payments", Deciding, terms, "", payments},
	{"contract-flow", Noted, nothing, notice, summary("order-match", "order-attested", "order-state")},
	{"goods-flow", Noted, nothing, notice, summary("delivery")},
	{"invoice-flow", Noted, nothing, notice, summary("invoice", "duplicate-invoice")},
}, notConnected)

// orderRules are the checks of an order before it is delivered and invoiced.
var orderRules = join(common, []rule{
	{"delivery", Noted, trade, notice, orderDelivery},
	{"duplicate-order", Deciding, nothing, notice, duplicateOrder},
	{"encumbrance", Deciding, header, "民法典 768", encumbered},
	{"contract-flow", Noted, nothing, notice, summary("order-attested", "order-state")},
	{"goods-flow", Noted, nothing, notice, summary("delivery")},
}, notConnected)

func join(lists ...[]rule) []rule {
	var all []rule
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// Checks lists the checks of a kind of record with their weights, for documents.
func Checks(kind string) map[string]Weight {
	byKind := map[string][]rule{receivable.Table.Kind: receivableRules, order.Table.Kind: orderRules,
		lot.Table.Kind: lotRules, warehouse.Table.Kind: receiptRules}
	all := map[string]Weight{}
	for _, r := range byKind[kind] {
		all[r.name] = r.weight
	}
	return all
}

func (r *rule) judge(e *examination) check.Finding {
	f := unsure(NotDisclosed, "")
	if e.has(r.needs) {
		f = r.run(e)
	}
	if f.clause == "" {
		f.clause = r.clause
	}
	return check.Finding{Check: r.name, Verdict: f.verdict, Reason: string(f.reason), Clause: f.clause, Source: f.source}
}

func (e *examination) has(n needs) bool {
	switch n {
	case header:
		return e.subject != ""
	case terms:
		return e.disclosed()
	case trade:
		return e.Order.Terms != nil && e.disclosed()
	}
	return true
}

// disclosed reports whether the terms of the very record that is judged are known.
func (e *examination) disclosed() bool {
	switch {
	case e.Receipt.Header.ID != "":
		return e.Receipt.Terms != nil
	case e.Lot.Header.ID != "":
		return e.Lot.Terms != nil
	case e.Record.Header.ID != "":
		return e.Record.Terms != nil
	}
	return e.Order.Terms != nil
}

func verdict(rules []rule, findings []check.Finding) check.Verdict {
	worst := check.Pass
	for i, f := range findings {
		if v := rules[i].weight.counts(f.Verdict); worse(v, worst) {
			worst = v
		}
	}
	return worst
}

func worse(a, b check.Verdict) bool {
	return a != b && check.Worst([]check.Finding{{Verdict: a}, {Verdict: b}}) == a
}

// occasional are the checks that are made only where there is an occasion.
var occasional = []struct {
	rule
	when func(*Facts) bool
}{
	{rule{"currency", Deciding, nothing, "", func(*examination) finding { return warns(LedgerOutOfReach, "ledger") }},
		func(f *Facts) bool { return !f.AsOf.CutOff.IsZero() }},
	{rule{"creditor-status", Deciding, terms, "", creditorStatus}, ofTerms(func(t *receivable.Terms) bool { return t.Creditor != t.Seller })},
	{rule{"assignment-clause", Noted, terms, "民法典 545", found(AssignmentForbidden)}, ofTerms(func(t *receivable.Terms) bool { return t.NoAssignmentClause })},
	{rule{"transfer", Deciding, terms, "民法典 545", found(TransferPending)}, ofTerms(func(t *receivable.Terms) bool { return t.Transfer != nil })},
	{rule{"notice", Noted, terms, "民法典 546, 764", noticed}, ofTerms(func(t *receivable.Terms) bool { return t.Notice != nil })},
	{rule{"dilution", Deciding, terms, "", found(Reduced)}, ofTerms(func(t *receivable.Terms) bool { return slices.ContainsFunc(t.Reductions, receivable.Reduction.Stands) })},
}

// Occasional lists the names of the checks that are made only where there is an occasion.
func Occasional() []string {
	names := make([]string, len(occasional))
	for i, o := range occasional {
		names[i] = o.name
	}
	return names
}

// ofTerms asks the terms of a receivable that are disclosed.
func ofTerms(ask func(*receivable.Terms) bool) func(*Facts) bool {
	return func(f *Facts) bool { return f.Record.Terms != nil && ask(f.Record.Terms) }
}

// found warns of what made the occasion.
func found(r Reason) func(*examination) finding {
	return func(e *examination) finding { return warns(r, e.subject) }
}

// unconnected is the check of a source that is not connected here.
func unconnected(source string) func(*examination) finding {
	return func(*examination) finding { return unsure(SourceNotConnected, source) }
}

// summary is the worst of checks that were made before it.
func summary(names ...string) func(*examination) finding {
	return func(e *examination) finding {
		worst := passed("")
		for _, name := range names {
			for _, f := range e.findings {
				if f.Check == name && worse(f.Verdict, worst.verdict) {
					worst = finding{f.Verdict, Reason(f.Reason), f.Source, f.Clause}
				}
			}
		}
		return worst
	}
}

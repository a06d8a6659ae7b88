package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"decore/chaincode/check"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
	"decore/gateway/problem"
	"decore/gateway/projection"
	"decore/gateway/verification"
)

// VerificationRequest asks about many records or invoices at once.
type VerificationRequest struct {
	Items []VerificationItem `json:"items" minItems:"1" maxItems:"500" doc:"What to verify (核验对象)"`
}

// VerificationItem names a record, or an invoice by its number.
type VerificationItem struct {
	Record  string              `json:"record,omitempty" maxLength:"64" doc:"Record ID of a receivable, an order, a lot or a warehouse receipt (记录编号)"`
	Invoice ident.InvoiceNumber `json:"invoice,omitzero" doc:"Invoice number, when the record is not known (发票号码)"`
}

// VerificationAnswers answers item by item.
type VerificationAnswers struct {
	Results []VerificationAnswer `json:"results" doc:"In the order of the items (结果)"`
}

// VerificationAnswer is a verification in the caller's language.
type VerificationAnswer struct {
	verification.Verification
	Checks []Finding `json:"checks" doc:"Every check with its verdict (核验项)"`
	Code   string    `json:"code,omitempty" doc:"Why nothing could be verified (原因)"`
	Title  string    `json:"title,omitempty" doc:"The same as a sentence (说明)"`
}

// Finding is a check in words.
type Finding struct {
	check.Finding
	Name string `json:"name" doc:"The check in words (核验项名称)"`
	Text string `json:"text,omitempty" doc:"The reason in words (说明)"`
}

func (a *API) verificationRoutes() {
	a.verifyRoute("receivables", receivable.Table.Kind)
	a.verifyRoute("orders", order.Table.Kind)
	a.verifyRoute("lots", lot.Table.Kind)
	a.verifyRoute("warehouse-receipts", warehouse.Table.Kind)
	a.receiptRoute("receivables", receivable.Table.Kind)
	a.receiptRoute("orders", order.Table.Kind)
	a.receiptRoute("lots", lot.Table.Kind)
	a.receiptRoute("warehouse-receipts", warehouse.Table.Kind)
	handle(a, route{method: http.MethodPost, path: "/v1/verifications", id: "verification.batch", tag: tagVerify, en: "Verify many records or invoices",
		zh: "批量核验", body: reflect.TypeFor[VerificationRequest](), answer: reflect.TypeFor[VerificationAnswers]()},
		func(ctx context.Context, e *exchange, in *struct{ Payload }) (*reply, error) {
			var body VerificationRequest
			if err := a.schemas.decode(in.raw, &body, false); err != nil {
				return nil, err
			}
			return a.verifyMany(ctx, e, body)
		})
}

func (a *API) verifyRoute(path, kind string) {
	handle(a, route{method: http.MethodGet, path: "/v1/" + path + "/{id}/verification", id: kind + ".verification", tag: tagVerify, en: "Verify: a verdict and the checks behind it",
		zh: "核验", answer: reflect.TypeFor[VerificationAnswer]()}, func(ctx context.Context, e *exchange, in *RecordPath) (*reply, error) {
		r, s, err := a.record(ctx, e, kind, in.ID)
		if err != nil {
			return nil, err
		}
		return a.verified(ctx, e, r, s)
	})
}

// viewer is the caller as verification knows it.
func viewer(e *exchange, r projection.Record, s sight) verification.Viewer {
	return verification.Viewer{Party: e.caller.Party, Terms: s == terms, Banks: seesBanks(e, r)}
}

// seesBanks reports whether the caller may know which banks deal with the record: its owner and the regulator may, a
// bank knows of itself alone.
func seesBanks(e *exchange, r projection.Record) bool {
	return isAbout(e, r.Owner) || e.caller.Has(lifecycle.Regulator)
}

func (a *API) verify(ctx context.Context, e *exchange, r projection.Record, s sight) (VerificationAnswer, error) {
	facts, err := a.facts.Gather(ctx, r.ID, viewer(e, r, s), evidence.InstantOf(a.ledger.Now()))
	if err != nil {
		return VerificationAnswer{}, err
	}
	return inWords(e, verification.Judge(facts)), nil
}

func inWords(e *exchange, v verification.Verification) VerificationAnswer {
	out := VerificationAnswer{Verification: v, Checks: make([]Finding, len(v.Checks))}
	for i, f := range v.Checks {
		name, reason := verification.CheckNames[f.Check], verification.Reasons[verification.Reason(f.Reason)]
		out.Checks[i] = Finding{f, words(e, name), words(e, reason)}
	}
	return out
}

func words(e *exchange, t verification.Text) string {
	return problem.Text{En: t.En, Zh: t.Zh}.In(e.lang)
}

func (a *API) verifyMany(ctx context.Context, e *exchange, body VerificationRequest) (*reply, error) {
	out := VerificationAnswers{Results: make([]VerificationAnswer, len(body.Items))}
	for i, item := range body.Items {
		v, err := a.verifyItem(ctx, e, item)
		if p := problem.From(err); err != nil && p.Status >= http.StatusInternalServerError {
			return nil, err
		} else if err != nil {
			v = VerificationAnswer{Verification: verification.Verification{Record: item.Record, Verdict: check.Unknown},
				Checks: []Finding{}, Code: p.Code, Title: problem.Title(p.Code, e.lang)}
		}
		out.Results[i] = v
	}
	return answer(http.StatusOK, out)
}

// verifyItem verifies one item. Of an invoice without a record that the caller sees, only the register's answer is
// told, and not to everybody.
func (a *API) verifyItem(ctx context.Context, e *exchange, item VerificationItem) (VerificationAnswer, error) {
	if (item.Record == "") == (item.Invoice == "") {
		return VerificationAnswer{}, problem.New("FIELD_INVALID").Because("name a record or an invoice", "请填写记录编号或发票号码之一")
	}
	if item.Record != "" {
		r, s, err := a.record(ctx, e, verifiable(item.Record), item.Record)
		if err != nil {
			return VerificationAnswer{}, err
		}
		return a.verify(ctx, e, r, s)
	}
	found, err := a.store.Records(ctx, projection.Filter{Kind: receivable.Table.Kind, Reader: e.caller.Party, Day: a.today(),
		Number: string(item.Invoice), Newest: true, Limit: 1})
	if err != nil {
		return VerificationAnswer{}, err
	}
	for _, r := range found {
		if s, err := a.sight(ctx, e, r); err != nil || s == terms {
			v, verr := a.verify(ctx, e, r, s)
			if err == nil {
				err = verr
			}
			return v, err
		}
	}
	if !mayUse(e.caller.Roles, mayLookUp) {
		return VerificationAnswer{}, problem.New(problem.RoleNotPermitted)
	}
	return a.lookUp(ctx, e, item.Invoice)
}

// verifiable is the kind of record that an ID names, of those that are verified; receivables where it names none.
func verifiable(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	for _, t := range []*lifecycle.Table{order.Table, lot.Table, warehouse.Table} {
		if t.Prefix == prefix {
			return t.Kind
		}
	}
	return receivable.Table.Kind
}

// mayLookUp are the roles that may ask of any invoice whether it is registered; others could sound out competitors.
var mayLookUp = []lifecycle.Role{lifecycle.Bank, lifecycle.Regulator}

func (a *API) lookUp(ctx context.Context, e *exchange, n ident.InvoiceNumber) (VerificationAnswer, error) {
	key, err := a.secret.get(ctx)
	if err != nil {
		return VerificationAnswer{}, err
	}
	facts, err := a.facts.Lookup(ctx, key.Invoice(n), verification.Viewer{Party: e.caller.Party}, evidence.InstantOf(a.ledger.Now()))
	if err != nil {
		return VerificationAnswer{}, err
	}
	return inWords(e, verification.Token(facts)), nil
}

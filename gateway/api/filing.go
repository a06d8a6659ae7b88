package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"decore/adapters/registry"
	"decore/adapters/spreadsheet"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// FilingQuery asks for what is to be filed at the movables registry.
type FilingQuery struct {
	RecordPath
	Format   string `query:"format" enum:"json,xlsx,txt" doc:"json, xlsx (the list of the collateral) or txt (in Chinese); what Accept says when left out (格式)"`
	Contract string `query:"contract" maxLength:"256" doc:"The lender's number of the contract; the record ID when left out (主合同编号)"`
	Months   int    `query:"months" minimum:"1" doc:"Term of the filing; the least that outlasts the debt when left out (登记期限,月)"`
	Maximum  string `query:"maximum" maxLength:"20" doc:"Most that is secured, in yuan (最高债权额)"`
	Accept   string `header:"Accept" doc:"Media type of the answer (应答类型)"`
}

// filingForm is a form in which a filing can be had.
type filingForm struct {
	name, media string
	write       func(registry.Filing, io.Writer) error
}

var filingForms = []filingForm{
	{"json", mediaJSON, func(f registry.Filing, w io.Writer) error { return json.MarshalWrite(w, f, json.Deterministic(true)) }},
	{"xlsx", mediaOf[spreadsheet.XLSX], func(f registry.Filing, w io.Writer) error { return f.WriteList(w) }},
	{"txt", "text/plain", func(f registry.Filing, w io.Writer) error { return f.WriteText(w) }},
}

// filingForm chooses by the format, or else by the first media type in Accept that can be had.
func (q *FilingQuery) form() (filingForm, error) {
	accepted := []string{}
	for _, part := range strings.Split(strings.ToLower(q.Accept), ",") {
		media, _, _ := strings.Cut(part, ";")
		accepted = append(accepted, strings.TrimSpace(media))
	}
	for _, f := range filingForms {
		if f.name == q.Format {
			return f, nil
		}
	}
	for _, media := range accepted {
		if i := slices.IndexFunc(filingForms, func(f filingForm) bool { return f.media == media }); i >= 0 {
			return filingForms[i], nil
		}
	}
	if q.Accept == "" || slices.Contains(accepted, "*/*") || slices.Contains(accepted, "application/*") {
		return filingForms[0], nil
	}
	return filingForm{}, problem.New(problem.NotAcceptable)
}

func (a *API) filingRoute() {
	handle(a, route{method: http.MethodGet, path: "/v1/financings/{id}/filing", id: "financing.filing", tag: tagFiling, roles: lenders,
		en: "What to file at the movables registry", zh: "生成中登网登记内容", answer: reflect.TypeFor[registry.Filing]()},
		func(ctx context.Context, e *exchange, in *FilingQuery) (*reply, error) {
			form, err := in.form()
			if err != nil {
				return nil, err
			}
			filing, err := a.filing(ctx, e, in)
			if err != nil {
				return nil, err
			}
			var out bytes.Buffer
			if err := form.write(filing, &out); err != nil {
				return nil, err
			}
			media := form.media
			if media == "text/plain" {
				media += "; charset=utf-8"
			}
			return download(media, "filing-"+filing.Financing+"."+form.name, out.Bytes()), nil
		})
}

// lent returns a financing of which the caller is the lender. To others it is not there: what a bank files, and what it
// finds at the registry, is its own.
func (a *API) lent(ctx context.Context, e *exchange, id string) (projection.Record, financing.Terms, error) {
	r, s, err := a.record(ctx, e, financing.Table.Kind, id)
	if err != nil {
		return r, financing.Terms{}, err
	}
	t, known := r.Terms.(financing.Terms)
	switch {
	case s != terms || known && !isAbout(e, t.Lender):
		return r, t, problem.New("RECORD_NOT_FOUND")
	case !known:
		return r, t, problem.New(problem.TermsNotHere)
	}
	if _, secured := t.Product.Lien(); !secured {
		return r, t, fault.New(fault.CollateralForbidden, "")
	}
	return r, t, nil
}

// filed are the states in which a financing is to be filed, or is and may have to be again.
var filed = []lifecycle.State{financing.Accepted, financing.Reserved, financing.Encumbered, financing.Disbursed, financing.Overdue}

func (a *API) filing(ctx context.Context, e *exchange, in *FilingQuery) (registry.Filing, error) {
	r, t, err := a.lent(ctx, e, in.ID)
	if err != nil {
		return registry.Filing{}, err
	}
	if !slices.Contains(filed, r.State) {
		return registry.Filing{}, fault.New(fault.WrongState, "")
	}
	q := registry.Request{Financing: r.ID, Terms: t, Today: a.today(), Contract: in.Contract, Months: in.Months}
	if q.Policy, err = a.store.CreditPolicy(ctx); err != nil {
		return registry.Filing{}, err
	}
	if in.Maximum != "" {
		most, err := money.Parse(in.Maximum)
		if err != nil {
			return registry.Filing{}, parameter("query.maximum", err)
		}
		q.Maximum = &most
	}
	name, unknown := a.namer(ctx)
	if q.Items, err = a.items(ctx, e, t, name); err != nil {
		return registry.Filing{}, err
	}
	q.Grantor, q.Secured = registry.Party{Name: name(t.Applicant), USCC: t.Applicant}, registry.Party{Name: name(t.Lender), USCC: t.Lender}
	if *unknown != nil {
		return registry.Filing{}, *unknown
	}
	f, err := registry.New(q)
	return f, filingProblem(err)
}

// namer tells names of parties, "" of one that is not registered; the error is the last that reading had.
func (a *API) namer(ctx context.Context) (registry.Namer, *error) {
	var failed error
	return func(u ident.USCC) string {
		p, err := a.store.Party(ctx, u)
		if err != nil && !errors.Is(err, projection.ErrNotFound) {
			failed = err
		}
		return p.Name
	}, &failed
}

// items describes the collateral, all of which the lender must be able to read.
func (a *API) items(ctx context.Context, e *exchange, t financing.Terms, name registry.Namer) ([]registry.Item, error) {
	items := make([]registry.Item, len(t.Collateral))
	for i, id := range t.Collateral {
		field := "/collateral/" + strconv.Itoa(i)
		r, err := a.store.Record(ctx, id)
		if err != nil {
			return nil, err
		}
		s, err := a.sight(ctx, e, r)
		switch {
		case err != nil:
			return nil, err
		case s != terms:
			return nil, fault.New(fault.NotDisclosed, field)
		case r.Terms == nil:
			return nil, problem.New(problem.TermsNotHere).At(field)
		}
		item, known := registry.Describe(r.ID, r.Terms, name)
		if !known {
			return nil, fault.New(fault.CollateralIneligible, field)
		}
		items[i] = item
	}
	return items, nil
}

// parametersOfFiling are the places of a filing that its caller fills in.
var parametersOfFiling = map[string]string{"/months": "query.months", "/contract": "query.contract", "/maximum": "query.maximum"}

// filingProblem tells what a filing lacks; the code is that of its first fault.
func filingProblem(err error) error {
	var wrong *registry.Error
	if !errors.As(err, &wrong) {
		return err
	}
	return problem.Invalid(faultItems(wrong, parametersOfFiling)...).Under(wrong.Faults[0].Clause)
}

// fileProblem tells what is wrong with a file for or of the registry, with every place.
func fileProblem(err error) error {
	var wrong *registry.Error
	if !errors.As(err, &wrong) {
		return err
	}
	first := wrong.Faults[0]
	return problem.New(problem.FileRefused).Found(faultItems(wrong, nil)...).Under(first.Clause)
}

func faultItems(wrong *registry.Error, places map[string]string) []problem.Item {
	items := make([]problem.Item, len(wrong.Faults))
	for i, f := range wrong.Faults {
		place := f.Place
		if known, ok := places[place]; ok {
			place = known
		}
		items[i] = problem.NewItem(place, f.Code, nil, problem.Text{En: f.En, Zh: f.Zh})
	}
	return items
}

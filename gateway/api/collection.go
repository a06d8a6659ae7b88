package api

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/subsidy"
	"decore/chaincode/warehouse"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// collection is a kind of record as a resource.
type collection struct {
	path   string // under /v1
	table  *lifecycle.Table
	en, zh string
	record reflect.Type // as it is answered
	page   reflect.Type
}

var collections = []collection{
	collectionOf[receivable.Terms]("receivables", receivable.Table, "receivable", "应收账款"),
	collectionOf[order.Terms]("orders", order.Table, "order", "订单"),
	collectionOf[lot.Terms]("lots", lot.Table, "inventory lot", "存货"),
	collectionOf[warehouse.Terms]("warehouse-receipts", warehouse.Table, "warehouse receipt", "仓单"),
	collectionOf[financing.Terms]("financings", financing.Table, "financing", "融资"),
	collectionOf[contract.ClaimTerms]("subsidy/claims", &subsidy.Lifecycle, "subsidy claim", "贴息申领"),
	collectionOf[contract.SuccessionTerms]("subsidy/successions", &subsidy.Succession, "succession of a household", "企业承继"),
	collectionOf[fund.Budget]("subsidy/budgets", fund.BudgetTable, "budget of the subsidy", "贴息预算"),
	collectionOf[fund.Fund]("subsidy/funds", fund.Table, "subsidy fund of a bank", "贴息资金户"),
	collectionOf[fund.Report]("subsidy/reports", fund.ReportTable, "monthly report of a bank", "贴息月报"),
}

func collectionOf[T contract.Terms](path string, table *lifecycle.Table, en, zh string) collection {
	return collection{path, table, en, zh, reflect.TypeFor[RecordOf[T]](), reflect.TypeFor[Page[RecordOf[T]]]()}
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items" doc:"The items (条目)"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last (下一页游标)"`
}

// Paging is how a part of a list is asked for.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" doc:"Most items of a page, 50 when left out (每页条数)"`
	Cursor string `query:"cursor" maxLength:"400" doc:"The next of the page before (游标)"`
}

func (p Paging) most() int {
	if p.Limit == 0 {
		return 50
	}
	return p.Limit
}

// LongPaging is how a part of a list is asked for whose items are small or sent on as a batch, which takes as many.
type LongPaging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" doc:"Most items of a page, 1,000 when left out (每页条数)"`
	Cursor string `query:"cursor" maxLength:"400" doc:"The next of the page before (游标)"`
}

func (p LongPaging) most() int { return cmp.Or(p.Limit, longest) }

// longest is the most items of a long page, which is that of a batch.
const longest = 1000

// RecordFilter selects records of a list.
type RecordFilter struct {
	Paging
	State        string `query:"state" maxLength:"40" doc:"Lifecycle state (状态)"`
	Action       string `query:"action" maxLength:"40" doc:"Only what the caller may use this verb on now (可用操作)"`
	Counterparty string `query:"counterparty" maxLength:"40" doc:"USCC of a party that the terms bind (对手方)"`
	Number       string `query:"number" maxLength:"80" doc:"Order or invoice number (编号)"`
	DueFrom      string `query:"dueFrom" maxLength:"10" doc:"First due date (到期日起)"`
	DueTo        string `query:"dueTo" maxLength:"10" doc:"Last due date (到期日止)"`
	Lot          string `query:"lot" maxLength:"64" doc:"Only what came of this lot, such as its receipts and their parts (存货记录编号)"`
	Order        string `query:"order" enum:"newest,oldest" doc:"newest first when left out (排序)"`
}

// RecordPath names a record.
type RecordPath struct {
	ID string `path:"id" maxLength:"64" doc:"Record ID (记录编号)"`
}

func (a *API) collectionRoutes(c collection) {
	base := "/v1/" + c.path
	handle(a, route{method: http.MethodPost, path: base + "/batch", id: c.table.Kind + ".batch", tag: c.path, roles: signersOf(c.table),
		en: "Many verbs at once", zh: "批量操作", body: reflect.TypeFor[Batch](), answer: reflect.TypeFor[BatchAnswer]()}, a.batch(c))
	for _, v := range contract.Verbs() {
		if v.Table == c.table {
			a.verbRoute(base, c, v)
		}
	}
	handle(a, route{method: http.MethodGet, path: base + "/{id}", id: c.table.Kind + ".get", tag: c.path,
		en: "Read a " + c.en, zh: "查询" + c.zh, answer: c.record}, func(ctx context.Context, e *exchange, in *RecordPath) (*reply, error) {
		r, s, err := a.record(ctx, e, c.table.Kind, in.ID)
		if err != nil {
			return nil, err
		}
		return a.show(ctx, e, r, s)
	})
	handle(a, route{method: http.MethodGet, path: base + "/{id}/history", id: c.table.Kind + ".history", tag: c.path,
		en: "Who signed what, when, in which block", zh: "查询签署历史", answer: reflect.TypeFor[Page[HistoryEntry]]()},
		func(ctx context.Context, e *exchange, in *RecordPath) (*reply, error) {
			r, _, err := a.record(ctx, e, c.table.Kind, in.ID)
			if err != nil {
				return nil, err
			}
			return a.history(ctx, e, r)
		})
	handle(a, route{method: http.MethodGet, path: base, id: c.table.Kind + ".list", tag: c.path,
		en: "List", zh: "查询" + c.zh + "列表", answer: c.page}, func(ctx context.Context, e *exchange, in *RecordFilter) (*reply, error) {
		return a.list(ctx, e, c, in)
	})
}

// signersOf lists who may sign any verb of the table.
func signersOf(t *lifecycle.Table) []lifecycle.Role {
	var roles []lifecycle.Role
	for _, row := range t.Rows {
		for _, r := range rolesOf(row) {
			if !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
	}
	return roles
}

// list answers with what the caller sees of the kind.
func (a *API) list(ctx context.Context, e *exchange, c collection, in *RecordFilter) (*reply, error) {
	f, err := a.filter(e, c, in)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Records(ctx, f)
	if err != nil {
		return nil, err
	}
	page := Page[RecordOf[contract.Terms]]{Items: []RecordOf[contract.Terms]{}}
	if len(found) > in.most() {
		found = found[:in.most()]
		page.Next = cursorOf(listName(c, in), found[len(found)-1].ID)
	}
	for _, r := range found {
		s, err := a.sight(ctx, e, r)
		if err != nil {
			return nil, err
		}
		if s == nothing {
			continue
		}
		v, err := a.view(ctx, e, r, s)
		if err != nil {
			return nil, err
		}
		if in.Action == "" || slices.Contains(v.AllowedActions, in.Action) {
			page.Items = append(page.Items, v)
		}
	}
	return answer(http.StatusOK, page)
}

func listName(c collection, in *RecordFilter) string { return c.table.Kind + ":" + in.Order }

// statesOf lists the states that a list asks for, by themselves or as those from which a verb leaves; nil for all.
func statesOf(t *lifecycle.Table, in *RecordFilter) ([]string, error) {
	states := t.States()
	if in.Action != "" {
		row, known := t.Row(in.Action)
		if !known || row.Creates() {
			return nil, problem.New(problem.ParameterInvalid).At("query.action")
		}
		states = row.From
	}
	if in.State != "" {
		if !slices.Contains(states, lifecycle.State(in.State)) {
			return nil, problem.New(problem.ParameterInvalid).At("query.state")
		}
		return []string{in.State}, nil
	}
	if in.Action == "" {
		return nil, nil
	}
	var names []string
	for _, s := range states {
		names = append(names, string(s))
	}
	return names, nil
}

func (a *API) filter(e *exchange, c collection, in *RecordFilter) (projection.Filter, error) {
	f := projection.Filter{Kind: c.table.Kind, Day: a.today(), Newest: in.Order != "oldest", Limit: in.most() + 1, Number: in.Number}
	if !seesAll(e) {
		f.Reader = e.caller.Party
	}
	if in.Lot != "" {
		f.Link, f.Target = projection.Parent, in.Lot
	}
	var err error
	if f.State, err = statesOf(c.table, in); err != nil {
		return f, err
	}
	if f.After, err = readCursor(listName(c, in), in.Cursor); err != nil {
		return f, err
	}
	if in.Counterparty != "" {
		if f.Counterparty, err = ident.ParseUSCC(in.Counterparty); err != nil {
			return f, parameter("query.counterparty", err)
		}
	}
	if f.Number, err = number(c, in.Number); err != nil {
		return f, parameter("query.number", err)
	}
	if f.DueFrom, err = day(in.DueFrom); err != nil {
		return f, parameter("query.dueFrom", err)
	}
	if f.DueTo, err = day(in.DueTo); err != nil {
		return f, parameter("query.dueTo", err)
	}
	// What a filter finds by the terms, only those who read the terms may find.
	if byTerms := f.Counterparty != "" || f.Number != "" || in.DueFrom != "" || in.DueTo != ""; byTerms {
		f.Reader = e.caller.Party
	}
	return f, nil
}

// number brings a number into the form in which records of the kind keep it.
func number(c collection, s string) (string, error) {
	if s == "" {
		return "", nil
	}
	if c.table == receivable.Table {
		n, err := ident.ParseInvoiceNumber(s)
		return string(n), err
	}
	n, err := ident.ParseDocumentNumber(s)
	return string(n), err
}

func day(s string) (calendar.Date, error) {
	if s == "" {
		return calendar.Date{}, nil
	}
	return calendar.Parse(s)
}

// parameter is the problem of a parameter that a type of the domain refused to read.
func parameter(location string, err error) error {
	item := problem.FromField(err)
	item.Location = location
	return problem.Invalid(item)
}

// HistoryEntry is one signed command about a record.
type HistoryEntry struct {
	Command   string           `json:"command" doc:"Command ID (指令编号)"`
	Verb      string           `json:"verb" doc:"Kind and verb (操作)"`
	Record    string           `json:"record" doc:"What it is about (记录)"`
	Party     ident.USCC       `json:"party,omitempty" doc:"Who signed (签署方)"`
	Signed    evidence.Instant `json:"signed" doc:"When it was signed (签署时间)"`
	Time      evidence.Instant `json:"time" doc:"Time of the transaction (上链时间)"`
	Tx        string           `json:"tx" doc:"Transaction (交易号)"`
	Block     uint64           `json:"block" doc:"Block (区块号)"`
	Status    contract.Status  `json:"status" doc:"accepted or refused (结果)"`
	Code      string           `json:"code,omitempty" doc:"Why refused (原因)"`
	Field     string           `json:"field,omitempty" doc:"Which field (字段)"`
	Clause    string           `json:"clause,omitempty" doc:"Which rule (依据)"`
	Reasons   []fault.Reason   `json:"reasons,omitempty" doc:"All that spoke against it, where rules gave several reasons at once (全部原因)"`
	State     lifecycle.State  `json:"state,omitempty" doc:"State that it led to (状态)"`
	Version   int              `json:"version,omitempty" doc:"Version that it made (版本)"`
	Withheld  bool             `json:"withheld,omitempty" doc:"Another bank signed; who it was is not told (不予披露)"`
	Signature string           `json:"jws,omitempty" doc:"The evidence itself: a compact JWS, ES256 (签名)"`
}

func historyEntry(h projection.Entry) HistoryEntry {
	return HistoryEntry{Command: h.ID, Verb: h.Verb, Record: h.Subject, Party: h.Party, Signed: h.Time, Time: h.Recorded, Tx: h.Tx,
		Block: h.Place.Block, Status: h.Result.Status, Code: h.Result.Code, Field: h.Result.Field, Clause: h.Result.Clause, Reasons: h.Result.Reasons,
		State: h.Result.State, Version: h.Result.Version, Signature: h.JWS}
}

func (a *API) history(ctx context.Context, e *exchange, r projection.Record) (*reply, error) {
	found, err := a.store.History(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	page := Page[HistoryEntry]{Items: make([]HistoryEntry, len(found))}
	for i, h := range found {
		entry := historyEntry(h)
		if !seesBanks(e, r) && !isAbout(e, h.Party) {
			if entry, err = a.withoutBank(ctx, entry); err != nil {
				return nil, err
			}
		}
		page.Items[i] = entry
	}
	return answer(http.StatusOK, page)
}

// withoutBank leaves out who signed where that is a bank: which other banks deal with a record is nobody's to know.
func (a *API) withoutBank(ctx context.Context, entry HistoryEntry) (HistoryEntry, error) {
	p, err := a.store.Party(ctx, entry.Party)
	if err == nil && p.Has(lifecycle.Bank) {
		entry.Party, entry.Signature, entry.Withheld = "", "", true
	}
	return entry, err
}

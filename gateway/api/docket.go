package api

import (
	"bytes"
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"decore/adapters/spreadsheet"
	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// A docket is what waits for a party's signature among the records of one kind, as a sheet (待办表): a row a record,
// with what the signer is asked to sign, a column for its decision, and a ticket that ties the decision to the very
// terms that the row shows. The sheet comes back with the decisions, and each is carried out as if it came alone.

// matter is what a party may be asked to sign of a record, and how it refuses.
type matter struct {
	verb    string // of the collection's table, signed by who agrees
	refusal string // likewise by who refuses; "" where nobody has to say so
	// waits tells whether the record asks for it now, where its state alone does not; nil: it does.
	waits func(contract.Terms) bool
	// fill proposes arguments by their field; the signer may change them.
	fill func(a *API, t contract.Terms) map[string]string
}

// shown is a column of terms that the signer looks at.
type shown struct {
	spreadsheet.Column
	of func(contract.Terms) string
}

// show is a column of one kind's terms.
func show[T contract.Terms](c spreadsheet.Column, of func(T) string) shown {
	return shown{c, func(t contract.Terms) string { return of(t.(T)) }}
}

// blank is a column that the signer fills in: an argument of the verb that it decides on, named by its field.
type blank struct {
	spreadsheet.Column
	set func(args map[string]any, value string) error // nil: the text as it is
}

// docket is the sheet of one collection.
type docket struct {
	path    string // under /v1
	zh      string
	table   *lifecycle.Table
	matters []matter
	shows   []shown
	blanks  []blank
}

// The columns that every docket has.
var (
	columnRecord = spreadsheet.Column{Name: "record", Zh: "记录编号", En: "Record", Required: true, Kind: spreadsheet.Text, Width: 34}
	columnMatter = spreadsheet.Column{Name: "matter", Zh: "待办事项", En: "Matter", Kind: spreadsheet.Text, Width: 24}
	columnSeen   = spreadsheet.Column{Name: "version", Zh: "所见版本", En: "Version seen", Kind: spreadsheet.Text, Width: 10}
	columnDecide = spreadsheet.Column{Name: "decision", Zh: "决定", En: "Decision", Kind: spreadsheet.Text, Width: 10}
	columnTicket = spreadsheet.Column{Name: "ticket", Zh: "签署凭据", En: "Ticket", Required: true, Kind: spreadsheet.Text, Width: 12}
)

// facts are the columns that the ticket vouches for.
func (d docket) facts() []spreadsheet.Column {
	columns := []spreadsheet.Column{columnRecord, columnMatter, columnSeen}
	for _, s := range d.shows {
		columns = append(columns, s.Column)
	}
	return columns
}

func (d docket) layout(lang string) spreadsheet.Layout {
	decide := columnDecide
	decide.Choices = choices[lang]
	columns := append(d.facts(), decide)
	for _, b := range d.blanks {
		columns = append(columns, b.Column)
	}
	columns = append(columns, columnTicket)
	for i := range columns {
		setDefault(&columns[i].Kind, spreadsheet.Text)
	}
	return spreadsheet.Layout{Sheet: d.zh + "待办", Columns: columns, Ignore: []string{"备注", "Remarks", "Note"}}
}

// roles are those that may decide anything of the docket.
func (d docket) roles() []lifecycle.Role {
	var roles []lifecycle.Role
	for _, m := range d.matters {
		row, _ := d.table.Row(m.verb)
		for _, r := range rolesOf(row) {
			if !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
	}
	return roles
}

// DocketQuery asks for what waits for the caller's signature.
type DocketQuery struct {
	Action string `query:"action" maxLength:"40" doc:"Only what waits for this verb (操作)"`
	TemplateQuery
}

func (a *API) docketRoutes() {
	for _, d := range dockets {
		path := "/v1/" + d.path + "/decisions"
		handle(a, route{method: http.MethodGet, path: path, id: d.path + ".docket", tag: d.path, roles: d.roles(),
			en: "A sheet of what waits for the caller's signature, to decide on", zh: "下载待办表格", produces: mediaOf[spreadsheet.XLSX], timeout: a.limits.Import},
			func(ctx context.Context, e *exchange, in *DocketQuery) (*reply, error) {
				return a.docket(ctx, e, d, in)
			})
		im := d.importer()
		handle(a, route{method: http.MethodPost, path: path, id: d.path + ".decide", tag: d.path, roles: d.roles(),
			en: "Carry out the decisions of such a sheet; each row is decided alone", zh: "提交待办表格，逐行办理", form: true,
			answer: reflect.TypeFor[ImportAnswer](), timeout: a.limits.Import},
			func(ctx context.Context, e *exchange, in *Upload) (*reply, error) {
				defer in.close()
				return a.importSheet(ctx, e, im, in)
			})
	}
}

// docket answers with the sheet.
func (a *API) docket(ctx context.Context, e *exchange, d docket, in *DocketQuery) (*reply, error) {
	setDefault(&in.Lang, chinese)
	setDefault(&in.Format, string(spreadsheet.XLSX))
	if in.Action != "" && !slices.ContainsFunc(d.matters, func(m matter) bool { return m.verb == in.Action }) {
		return nil, problem.New(problem.ParameterInvalid).At("query.action")
	}
	var rows [][]string
	for _, m := range d.matters {
		if in.Action != "" && in.Action != m.verb {
			continue
		}
		more, err := a.waiting(ctx, e, d, m, in.Lang, a.limits.Rows-len(rows))
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	var out bytes.Buffer
	format := spreadsheet.Format(in.Format)
	if err := spreadsheet.Write(&out, d.layout(in.Lang), in.Lang, format, slices.Values(rows)); err != nil {
		return nil, err
	}
	return download(mediaOf[format], d.path+"-decisions."+in.Format, out.Bytes()), nil
}

// waiting makes the rows of one matter, oldest record first.
func (a *API) waiting(ctx context.Context, e *exchange, d docket, m matter, lang string, most int) ([][]string, error) {
	row, _ := d.table.Row(m.verb)
	key, err := a.secret.get(ctx)
	if err != nil {
		return nil, err
	}
	f := projection.Filter{Kind: d.table.Kind, Reader: e.caller.Party, Day: a.today(), Limit: pageOfDocket}
	if f.State, err = statesOf(d.table, &RecordFilter{Action: m.verb}); err != nil {
		return nil, err
	}
	var rows [][]string
	for {
		found, err := a.store.Records(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			if len(rows) < most && asks(e.caller.Party, e.caller.Roles, row, m, r) {
				rows = append(rows, a.docketRow(key, e.caller.Party, d, m, lang, r))
			}
		}
		if len(found) < f.Limit || len(rows) >= most {
			return rows, nil
		}
		f.After = found[len(found)-1].ID
	}
}

const pageOfDocket = 500

// asks reports whether the record asks the party for its signature.
func asks(u ident.USCC, roles []lifecycle.Role, row lifecycle.Row, m matter, r projection.Record) bool {
	return r.Terms != nil && row.Permits(roles, func(as lifecycle.Relation) bool { return r.Terms.Related(as) == u }) &&
		(m.waits == nil || m.waits(r.Terms))
}

// importer carries out the decisions of the sheet.
func (d docket) importer() importer {
	im := importer{path: d.path, zh: d.zh, layout: d.layout(chinese), field: map[string]string{"/subject": columnRecord.Name, "/on": columnTicket.Name},
		about: func(r spreadsheet.Row) string {
			if r.Get(columnDecide.Name) == "" {
				return ""
			}
			return r.Get(columnRecord.Name)
		},
		told: decided,
	}
	for _, b := range d.blanks {
		im.field["/"+b.Name] = b.Name
	}
	im.read = func(ctx context.Context, a *API, e *exchange, r spreadsheet.Row) (*want, []spreadsheet.Fault, error) {
		if r.Get(columnDecide.Name) == "" {
			return nil, nil, nil
		}
		key, err := a.secret.get(ctx)
		if err != nil {
			return nil, nil, err
		}
		c, column, err := d.choice(key, e, r)
		if err != nil {
			return nil, []spreadsheet.Fault{cellFault(r, column, err)}, nil
		}
		args, faults := d.args(a.schemas, im, c.verb, r)
		if faults != nil {
			return nil, faults, nil
		}
		return &want{verb: c.verb.Name, subject: r.Get(columnRecord.Name), on: c.on, args: args}, nil, nil
	}
	return im
}

// choice is what a row decides.
type choice struct {
	verb contract.Verb
	on   evidence.Commitment
}

// choice reads a row's decision and what it is on. The error is about the column that is returned.
func (d docket) choice(key duplicate.Key, e *exchange, r spreadsheet.Row) (choice, string, error) {
	agrees, known := decisions[decisionWord(r.Get(columnDecide.Name))]
	if !known {
		return choice{}, columnDecide.Name, problem.New(problem.DecisionUnknown)
	}
	var facts []string
	for _, c := range d.facts() {
		facts = append(facts, r.Get(c.Name))
	}
	t, ok := openTicket(key, e.caller.Party, r.Get(columnTicket.Name), facts)
	i := slices.IndexFunc(d.matters, func(m matter) bool { return m.verb == t.verb })
	if !ok || i < 0 {
		return choice{}, "", problem.New(problem.RowAltered)
	}
	name := d.matters[i].verb
	if !agrees {
		name = d.matters[i].refusal
	}
	v, ok := verbOf(d.table, name)
	switch {
	case !ok:
		return choice{}, columnDecide.Name, problem.New(problem.DecisionNotPossible)
	case !mayUse(e.caller.Roles, rolesOf(v.Row)):
		return choice{}, columnDecide.Name, problem.New(problem.RoleNotPermitted)
	}
	return choice{v, t.on}, "", nil
}

// args makes the verb's arguments of what the signer filled in.
func (d docket) args(s schemas, im importer, v contract.Verb, r spreadsheet.Row) (any, []spreadsheet.Fault) {
	filled := map[string]any{}
	for _, b := range d.blanks {
		value := r.Get(b.Name)
		if value == "" {
			continue
		}
		if b.set == nil {
			filled[b.Name] = value
		} else if err := b.set(filled, value); err != nil {
			return nil, []spreadsheet.Fault{cellFault(r, b.Name, err)}
		}
	}
	raw, err := json.Marshal(filled, json.Deterministic(true))
	args := reflect.New(v.Args)
	if err == nil {
		err = s.decode(raw, args.Interface(), true)
	}
	if err == nil {
		return args.Elem().Interface(), nil
	}
	p := problem.From(err)
	if len(p.Errors) == 0 {
		return nil, []spreadsheet.Fault{im.fault(r, p)}
	}
	var faults []spreadsheet.Fault
	for _, item := range p.Errors {
		faults = append(faults, faultOf(r, im.field[item.Location], unfit(item)))
	}
	return nil, faults
}

// unfit is the problem of an argument. One that the verb does not have was filled in for another decision, and must not
// be passed over: who confirms all of a receivable may have meant a part.
func unfit(item problem.Item) *problem.Problem {
	if item.Code == problem.FieldUnknown {
		return problem.New(problem.DecisionNotPossible).Because("this decision takes no such value; leave the cell empty", "该决定无此项内容，请留空")
	}
	return problem.Invalid(item)
}

// decided tells of a row that was carried out.
func decided(e *exchange, w want, o outcome) (spreadsheet.Result, string) {
	kind, name, _ := strings.Cut(w.verb, ".")
	table, _ := contract.TableOf(kind)
	row, _ := table.Row(name)
	if o.dry {
		return spreadsheet.Doable, rowIn(row, e.lang)
	}
	return spreadsheet.Done, rowIn(row, e.lang)
}

// rowIn is what a verb does, in words.
func rowIn(row lifecycle.Row, lang string) string {
	return problem.Text{En: row.En, Zh: row.Zh}.In(lang)
}

func (a *API) docketRow(key duplicate.Key, u ident.USCC, d docket, m matter, lang string, r projection.Record) []string {
	row, _ := d.table.Row(m.verb)
	facts := []string{r.ID, rowIn(row, lang), strconv.Itoa(r.Version)}
	for _, s := range d.shows {
		facts = append(facts, s.of(r.Terms))
	}
	for i := range facts {
		facts[i] = spreadsheet.Plain(facts[i])
	}
	var proposed map[string]string
	if m.fill != nil {
		proposed = m.fill(a, r.Terms)
	}
	values := append(slices.Clone(facts), "")
	for _, b := range d.blanks {
		values = append(values, proposed[b.Name])
	}
	return append(values, ticket{m.verb, r.Header.Terms}.issue(key, u, facts))
}

package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"decore/adapters/spreadsheet"
	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/lifecycle"
	"decore/gateway/problem"
)

// importer makes commands of the rows of one kind of sheet.
type importer struct {
	path, zh string
	layout   spreadsheet.Layout
	field    map[string]string // column by the field of the arguments
	// read says what a row asks for, nil for nothing; its faults name columns.
	read func(ctx context.Context, a *API, e *exchange, r spreadsheet.Row) (*want, []spreadsheet.Fault, error)
	// about is what no two rows may be about, "" for anything; nil where rows may repeat.
	about func(r spreadsheet.Row) string
	// told says of a row what was done.
	told func(e *exchange, w want, o outcome) (result spreadsheet.Result, about string)
}

var importers = []importer{
	importerOf("receivables", "应收账款", "receivable.register", receivableColumns, finishReceivable),
	importerOf("orders", "订单", "order.create", orderColumns, finishOrder),
}

func importerOf[A any](path, zh, verb string, columns []column[A], finish func(context.Context, *API, *exchange, A) (any, error)) importer {
	im := importer{path: path, zh: zh, layout: layoutOf(zh, columns), field: map[string]string{}, told: recorded}
	for _, c := range columns {
		setDefault(&c.field, c.Name)
		im.field["/"+c.field] = c.Name
	}
	im.read = func(ctx context.Context, a *API, e *exchange, r spreadsheet.Row) (*want, []spreadsheet.Fault, error) {
		var row A
		var faults []spreadsheet.Fault
		for i, c := range columns {
			if r.Values[i] == "" {
				continue
			}
			if err := c.set(&row, r.Values[i]); err != nil {
				faults = append(faults, cellFault(r, c.Name, err))
			}
		}
		if len(faults) > 0 {
			return nil, faults, nil
		}
		args, err := finish(ctx, a, e, row)
		if p := problem.From(err); err != nil && p.Status < http.StatusInternalServerError {
			return nil, []spreadsheet.Fault{im.fault(r, p)}, nil
		}
		return &want{verb: verb, args: args}, nil, err
	}
	return im
}

// recorded tells of a row that became a record.
func recorded(_ *exchange, _ want, o outcome) (spreadsheet.Result, string) {
	if o.dry {
		return spreadsheet.Recordable, ""
	}
	return spreadsheet.Recorded, o.Subject
}

// cellFault is the fault of a cell that a type of the domain refused to read.
func cellFault(r spreadsheet.Row, column string, err error) spreadsheet.Fault {
	var p *problem.Problem
	if !errors.As(err, &p) {
		p = problem.Invalid(problem.FromField(err))
	}
	return faultOf(r, column, p)
}

func faultOf(r spreadsheet.Row, column string, p *problem.Problem) spreadsheet.Fault {
	sentence := func(lang string) string {
		shown := p.Render(lang, "", "")
		if shown.Detail != "" {
			return shown.Detail
		}
		return shown.Title
	}
	return r.Fault(column, spreadsheet.Code(p.Code), sentence(english), sentence(chinese))
}

// fault is the fault of a row for a problem of the ledger's, at the column that it names.
func (im importer) fault(r spreadsheet.Row, p *problem.Problem) spreadsheet.Fault {
	return faultOf(r, im.field[p.Field], p)
}

func finishOrder(_ context.Context, _ *API, e *exchange, row orderRow) (any, error) {
	row.Seller = e.caller.Party
	return row, precheck(e.caller.Party, row)
}

func finishReceivable(ctx context.Context, a *API, e *exchange, row receivableRow) (any, error) {
	key, err := a.secret.get(ctx)
	if err != nil {
		return nil, err
	}
	register := func(t duplicate.Token) (duplicate.Register, error) { return a.store.Token(ctx, t) }
	if row.Order, err = orderOf(key, register, e.caller.Party, row.buyer, row.number); err != nil {
		return nil, err
	}
	if row.Order == "" {
		return nil, problem.New("RECORD_NOT_FOUND").At("/order").Because("there is no order of this number with this buyer", "未找到与该买方的此编号订单")
	}
	return row.RegisterArgs, nil
}

// ImportAnswer sums up an import.
type ImportAnswer struct {
	Rows      int          `json:"rows" doc:"Data rows of the sheet (数据行数)"`
	Recorded  int          `json:"recorded" doc:"Rows that are recorded, or in a dry run could be (已登记)"`
	Refused   int          `json:"refused" doc:"Rows that are not (未登记)"`
	Undecided int          `json:"undecided,omitzero" doc:"Rows that ask for nothing (未作决定)"`
	Items     []ImportItem `json:"items" doc:"The first 1,000 rows (前 1000 行)"`
	Sheet     string       `json:"sheet" doc:"Where the same sheet with results and faults is for a while (结果表格)"`
	DryRun    bool         `json:"dryRun,omitzero" doc:"Nothing was recorded (试运行)"`
}

// ImportItem is what became of a row.
type ImportItem struct {
	Row     int             `json:"row" doc:"Row number as the spreadsheet program shows it (行号)"`
	ID      string          `json:"id,omitempty" doc:"The record (记录编号)"`
	State   lifecycle.State `json:"state,omitempty" doc:"State that it led to (状态)"`
	Version int             `json:"version,omitzero" doc:"Version of the record (版本)"`
	Code    string          `json:"code,omitempty" doc:"Why not (原因)"`
	Column  string          `json:"column,omitempty" doc:"Header of the column at fault (列)"`
	Cell    string          `json:"cell,omitempty" doc:"Such as C7 (单元格)"`
	Message string          `json:"message,omitempty" doc:"In words (说明)"`
}

const maxItems = 1000

// SheetPath names an answered sheet.
type SheetPath struct {
	ID string `path:"id" maxLength:"64" doc:"ID of the import (导入编号)"`
}

// TemplateQuery asks for a template.
type TemplateQuery struct {
	Lang   string `query:"lang" enum:"zh,en" doc:"Language, zh when left out (语言)"`
	Format string `query:"format" enum:"xlsx,csv" doc:"xlsx when left out (格式)"`
}

var mediaOf = map[spreadsheet.Format]string{
	spreadsheet.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	spreadsheet.CSV:  "text/csv",
}

func (a *API) importRoutes() {
	for _, im := range importers {
		base := "/v1/" + im.path
		handle(a, route{method: http.MethodPost, path: base + "/import", id: im.path + ".import", tag: im.path, roles: []lifecycle.Role{lifecycle.SME},
			en: "Import a sheet; good rows are recorded, the others come back with their faults", zh: "导入" + im.zh + "表格", form: true,
			answer: reflect.TypeFor[ImportAnswer](), timeout: a.limits.Import},
			func(ctx context.Context, e *exchange, in *Upload) (*reply, error) {
				defer in.close()
				return a.importSheet(ctx, e, im, in)
			})
		handle(a, route{method: http.MethodGet, path: base + "/template", id: im.path + ".template", tag: im.path, en: "A sheet to fill in", zh: "下载导入模板",
			produces: mediaOf[spreadsheet.XLSX]}, func(_ context.Context, _ *exchange, in *TemplateQuery) (*reply, error) { return template(im, in) })
	}
	handle(a, route{method: http.MethodGet, path: "/v1/imports/{id}/sheet", id: "import.sheet", tag: "imports", en: "An imported sheet with results and faults", zh: "下载导入结果",
		produces: mediaOf[spreadsheet.XLSX]}, func(_ context.Context, e *exchange, in *SheetPath) (*reply, error) {
		s, content, err := a.sheets.get(e.caller.Party, in.ID)
		if err != nil {
			return nil, err
		}
		return download(s.media, s.name, content), nil
	})
}

func download(media, name string, content []byte) *reply {
	if media == mediaOf[spreadsheet.CSV] {
		media += "; charset=utf-8"
	}
	return &reply{Status: http.StatusOK, ContentType: media, Disposition: `attachment; filename="` + name + `"`, Body: content}
}

func template(im importer, in *TemplateQuery) (*reply, error) {
	var out bytes.Buffer
	if in.Format == string(spreadsheet.CSV) {
		err := spreadsheet.Write(&out, im.layout, chinese, spreadsheet.CSV, slices.Values([][]string{}))
		return download(mediaOf[spreadsheet.CSV], im.path+".csv", out.Bytes()), err
	}
	setDefault(&in.Lang, chinese)
	err := im.layout.Template(&out, in.Lang)
	return download(mediaOf[spreadsheet.XLSX], im.path+".xlsx", out.Bytes()), err
}

// importSheet records the good rows of a sheet. Nothing is recorded of a sheet that cannot be read to its end.
func (a *API) importSheet(ctx context.Context, e *exchange, im importer, in *Upload) (*reply, error) {
	request := sha256.Sum256(slices.Concat([]byte(e.path+"\n"+in.Accept+"\n"), in.hash[:]))
	return a.keyed(ctx, e, in.Key, request, func(k *key) (*reply, error) { return a.importOnce(ctx, e, im, in, k) })
}

func (a *API) importOnce(ctx context.Context, e *exchange, im importer, in *Upload, k *key) (*reply, error) {
	file, err := spreadsheet.Open(ctx, in.file, in.size, spreadsheet.Limits{MaxBytes: a.limits.Sheet, MaxRows: a.limits.Rows})
	if err != nil {
		return nil, sheetProblem(err)
	}
	wantsSheet, err := negotiate(in.Accept, mediaOf[file.Format])
	if err != nil {
		return nil, err
	}
	table, err := file.Table(ctx, im.layout)
	if err != nil {
		return nil, sheetProblem(err)
	}
	if !e.chose {
		e.lang = table.Lang()
	}
	if e.dry && table.Len() > contract.MaxTrial {
		return nil, problem.New(problem.BatchSize).Because(fmt.Sprintf("a dry run takes at most %d rows", contract.MaxTrial),
			fmt.Sprintf("试运行最多 %d 行", contract.MaxTrial))
	}
	seed, err := k.seed(ctx)
	if err != nil {
		return nil, err
	}
	if k.intent != nil {
		if err := a.wholly(ctx); err != nil {
			return nil, err
		}
	}
	job := &importJob{api: a, exchange: e, importer: im, table: table, seed: seed}
	if err := job.run(ctx); err != nil {
		return nil, err
	}
	a.fresh(ctx, job.newest)
	k.final = true
	return job.answer(ctx, file.Format, wantsSheet)
}

// wholly waits until all that the ledger has can be read. An import that goes on after a crash would else not find the
// orders of rows that it recorded before, and call them refused.
func (a *API) wholly(ctx context.Context) error {
	head, err := a.ledger.Head(ctx)
	if err != nil {
		return err
	}
	return a.store.WaitFor(ctx, head.Number)
}

// negotiate says whether the caller wants the sheet itself or a summary; what is wanted is settled before anything is
// recorded.
func negotiate(accept, media string) (sheet bool, err error) {
	if accept == "" {
		return false, nil
	}
	for _, part := range strings.Split(accept, ",") {
		name, _, _ := strings.Cut(part, ";")
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case media:
			return true, nil
		case mediaJSON, "*/*", "application/*", problem.ContentType:
			return false, nil
		}
	}
	return false, problem.New(problem.NotAcceptable).Because("accept application/json, or "+media+" for the sheet as it was sent", "可接受 application/json，或与上传格式相同的 "+media)
}

// sheetProblem is why a sheet is refused as a whole.
func sheetProblem(err error) error {
	var s *spreadsheet.SheetError
	if !errors.As(err, &s) {
		return err
	}
	p := problem.New(problem.SheetRefused).Because(s.Message, s.MessageZh)
	return p.Found(problem.NewItem(s.Cell, string(s.Code), nil, problem.Text{En: s.Message, Zh: s.MessageZh}))
}

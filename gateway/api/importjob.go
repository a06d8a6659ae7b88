package api

import (
	"context"
	"net/http"
	"os"
	"slices"

	"decore/adapters/spreadsheet"
	"decore/chaincode/contract"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/gateway/projection"
)

// importJob is an import while it runs.
type importJob struct {
	api *API
	*exchange
	importer
	table    *spreadsheet.Table
	resumed  bool          // an earlier attempt was cut off: some rows may be recorded
	outcomes []*rowOutcome // of every data row, in order
	newest   uint64        // block that a row stands in
}

type rowOutcome struct {
	row    int
	record string
	unread []spreadsheet.Fault // cells that could not be read
	faults []spreadsheet.Fault // why what was read was not recorded
}

// run goes through the rows, signing one batch while the one before is committed.
func (j *importJob) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	batches, failed := make(chan importBatch), make(chan error, 1)
	go func() {
		defer close(failed)
		for b := range batches {
			if err := j.submit(ctx, b); err != nil {
				failed <- err
				cancel()
				for range batches { // let the reader end
				}
			}
		}
	}()
	err := j.read(ctx, batches)
	close(batches)
	submitted := <-failed
	cancel()
	if submitted != nil {
		return submitted
	}
	return err
}

// importBatch is a run of signed rows.
type importBatch struct {
	steps  []step
	rows   []spreadsheet.Row
	places []*rowOutcome
	args   []any
}

func (j *importJob) read(ctx context.Context, batches chan<- importBatch) error {
	var b importBatch
	hand := func() error {
		if len(b.steps) == 0 {
			return nil
		}
		select {
		case batches <- b:
			b = importBatch{}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for r, err := range j.table.Rows(ctx) {
		if err != nil {
			return sheetProblem(err)
		}
		place := &rowOutcome{row: r.Number, unread: r.Faults}
		j.outcomes = append(j.outcomes, place)
		if len(r.Faults) > 0 {
			continue
		}
		args, faults, err := j.args(ctx, j.api, j.exchange, r)
		if err != nil {
			return err
		}
		if place.faults = faults; faults != nil {
			continue
		}
		if j.resumed {
			if place.record, err = j.api.recorded(ctx, j.exchange, args); err != nil {
				return err
			}
			if place.record != "" {
				continue
			}
		}
		s, err := j.api.draft(j.exchange, want{verb: j.verb, args: args})
		if err != nil {
			return err
		}
		b.steps, b.rows, b.places, b.args = append(b.steps, s), append(b.rows, r), append(b.places, place), append(b.args, args)
		if len(b.steps) == contract.MaxBatch {
			if err := hand(); err != nil {
				return err
			}
		}
	}
	return hand()
}

// recorded returns the caller's own live record of the row's document, "" when there is none.
func (a *API) recorded(ctx context.Context, e *exchange, args any) (string, error) {
	f := projection.Filter{Owner: e.caller.Party, Reader: e.caller.Party, Day: a.today(), Newest: true, Limit: 1}
	switch args := args.(type) {
	case order.CreateArgs:
		f.Kind, f.Number = order.Table.Kind, string(args.Number)
	case receivable.RegisterArgs:
		f.Kind, f.Number = receivable.Table.Kind, string(args.Invoice)
	}
	found, err := a.store.Records(ctx, f)
	if err != nil || len(found) == 0 || found[0].State == order.Cancelled {
		return "", err
	}
	return found[0].ID, nil
}

func (j *importJob) submit(ctx context.Context, b importBatch) error {
	outcomes, newest, err := j.api.commit(ctx, b.steps)
	if err != nil {
		return err
	}
	j.newest = max(j.newest, newest)
	for i, o := range outcomes {
		p := o.refusal()
		if p == nil {
			b.places[i].record = o.Subject
			continue
		}
		b.places[i].faults = []spreadsheet.Fault{j.fault(b.rows[i], p)}
	}
	return nil
}

func (j *importJob) answer(ctx context.Context, format spreadsheet.Format, wantsSheet bool) (*reply, error) {
	next := 0
	write := func(f *os.File) error {
		return j.table.Answer(ctx, f, j.lang, func(spreadsheet.Row) spreadsheet.Outcome {
			o := j.outcomes[next]
			next++
			return spreadsheet.Outcome{RecordID: o.record, Faults: o.faults}
		})
	}
	name := j.importer.path + "-result." + string(format)
	id, err := j.api.sheets.add(j.caller.Party, mediaOf[format], name, write)
	if err != nil {
		return nil, err
	}
	if wantsSheet {
		s, content, err := j.api.sheets.get(j.caller.Party, id)
		if err != nil {
			return nil, err
		}
		return download(s.media, s.name, content), nil
	}
	return answer(http.StatusOK, j.summary("/v1/imports/"+id+"/sheet"))
}

func (j *importJob) summary(sheet string) ImportAnswer {
	out := ImportAnswer{Rows: len(j.outcomes), Items: []ImportItem{}, Sheet: sheet}
	for _, o := range j.outcomes {
		item := ImportItem{Row: o.row, ID: o.record}
		if o.record != "" {
			out.Recorded++
		} else {
			out.Refused++
			f := slices.Concat(o.unread, o.faults)[0]
			item.Code, item.Column, item.Cell, item.Message = string(f.Code), f.Column, f.Cell, f.In(j.lang)
		}
		if len(out.Items) < maxItems {
			out.Items = append(out.Items, item)
		}
	}
	return out
}

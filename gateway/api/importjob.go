package api

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strconv"

	"decore/adapters/spreadsheet"
	"decore/chaincode/contract"
	"decore/gateway/desk"
)

// importJob is an import while it runs.
type importJob struct {
	api *API
	*exchange
	importer
	table    *spreadsheet.Table
	seed     desk.Seed     // of every row's command: a repeat of the import is the same commands
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
		s, err := j.api.draft(j.exchange, want{verb: j.verb, args: args, draw: j.draw(place)})
		if err != nil {
			return err
		}
		b.steps, b.rows, b.places = append(b.steps, s), append(b.rows, r), append(b.places, place)
		if len(b.steps) == contract.MaxBatch {
			if err := hand(); err != nil {
				return err
			}
		}
	}
	return hand()
}

// draw is the chance of a row's command.
func (j *importJob) draw(place *rowOutcome) desk.Draw {
	return desk.Draw{Seed: j.seed, Place: strconv.Itoa(place.row)}
}

func (j *importJob) submit(ctx context.Context, b importBatch) error {
	outcomes, newest, err := j.api.commit(ctx, j.exchange, b.steps)
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

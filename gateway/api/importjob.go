package api

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strconv"

	"decore/adapters/spreadsheet"
	"decore/chaincode/contract"
	"decore/chaincode/lifecycle"
	"decore/gateway/desk"
	"decore/gateway/problem"
)

// importJob is an import while it runs.
type importJob struct {
	api *API
	*exchange
	importer
	table    *spreadsheet.Table
	seed     desk.Seed      // of every row's command: a repeat of the import is the same commands
	times    map[string]int // how many rows there are about one thing, where that matters
	outcomes []*rowOutcome  // of every data row, in order
	newest   uint64         // block that a row stands in
}

type rowOutcome struct {
	row     int
	result  spreadsheet.Result
	about   string // of the result
	record  string
	state   lifecycle.State
	version int
	unread  []spreadsheet.Fault // cells that could not be read
	faults  []spreadsheet.Fault // why what was read was not recorded
}

// run goes through the rows, signing one batch while the one before is committed.
func (j *importJob) run(ctx context.Context) error {
	if err := j.count(ctx); err != nil {
		return err
	}
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
	err := j.sign(ctx, batches)
	close(batches)
	submitted := <-failed
	cancel()
	if submitted != nil {
		return submitted
	}
	return err
}

// count goes through the rows once before, where no two may be about the same thing: two that contradict each other
// must not both be carried out, nor the first of them.
func (j *importJob) count(ctx context.Context) error {
	if j.about == nil {
		return nil
	}
	j.times = map[string]int{}
	for r, err := range j.table.Rows(ctx) {
		if err != nil {
			return sheetProblem(err)
		}
		if about := j.about(r); about != "" {
			j.times[about]++
		}
	}
	return nil
}

// importBatch is a run of signed rows.
type importBatch struct {
	steps  []step
	wants  []want
	rows   []spreadsheet.Row
	places []*rowOutcome
}

// most is how many rows go to the ledger together. A dry run tries all of them as a whole, so that each meets what the
// ones before it would do.
func (j *importJob) most() int {
	if j.dry {
		return contract.MaxTrial
	}
	return contract.MaxBatch
}

func (j *importJob) sign(ctx context.Context, batches chan<- importBatch) error {
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
		w, err := j.wanted(ctx, r, place)
		if err != nil {
			return err
		}
		if w == nil {
			continue
		}
		s, err := j.api.draft(j.exchange, *w)
		if err != nil {
			return err
		}
		b.steps, b.wants, b.rows, b.places = append(b.steps, s), append(b.wants, *w), append(b.rows, r), append(b.places, place)
		if len(b.steps) == j.most() {
			if err := hand(); err != nil {
				return err
			}
		}
	}
	return hand()
}

// wanted reads a row; nil where nothing is to be done for it, which its place then says.
func (j *importJob) wanted(ctx context.Context, r spreadsheet.Row, place *rowOutcome) (*want, error) {
	if j.times != nil && j.times[j.about(r)] > 1 {
		place.faults = []spreadsheet.Fault{faultOf(r, "", problem.New(problem.RowRepeated))}
		return nil, nil
	}
	w, faults, err := j.read(ctx, j.api, j.exchange, r)
	switch {
	case err != nil:
		return nil, err
	case faults != nil:
		place.faults = faults
		return nil, nil
	case w == nil:
		place.result = spreadsheet.Undecided
		return nil, nil
	}
	w.draw = j.draw(place)
	return w, nil
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
		place := b.places[i]
		if p := o.refusal(); p != nil {
			place.faults = []spreadsheet.Fault{j.fault(b.rows[i], p)}
			continue
		}
		place.record, place.state, place.version = o.Subject, o.answer.State, o.answer.Version
		place.result, place.about = j.told(j.exchange, b.wants[i], o)
	}
	return nil
}

func (j *importJob) answer(ctx context.Context, format spreadsheet.Format, wantsSheet bool) (*reply, error) {
	next := 0
	write := func(f *os.File) error {
		return j.table.Answer(ctx, f, j.lang, func(spreadsheet.Row) spreadsheet.Outcome {
			o := j.outcomes[next]
			next++
			return spreadsheet.Outcome{Result: o.result, About: o.about, Faults: o.faults}
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
	out := ImportAnswer{Rows: len(j.outcomes), Items: []ImportItem{}, Sheet: sheet, DryRun: j.dry}
	for _, o := range j.outcomes {
		item := ImportItem{Row: o.row, ID: o.record, State: o.state, Version: o.version}
		switch o.result {
		case spreadsheet.Undecided:
			out.Undecided++
		case spreadsheet.Refused:
			out.Refused++
			f := slices.Concat(o.unread, o.faults)[0]
			item.Code, item.Column, item.Cell, item.Message = string(f.Code), f.Column, f.Cell, f.In(j.lang)
		default:
			out.Recorded++
		}
		if len(out.Items) < maxItems {
			out.Items = append(out.Items, item)
		}
	}
	return out
}

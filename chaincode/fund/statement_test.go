package fund_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/fund"
	"decore/chaincode/money"
)

// addsUp holds every span of a statement, and its sums, against the balances before and after.
func addsUp(t interface{ Fatalf(string, ...any) }, f fund.Fund) {
	spans, before := f.Statement(), fund.Span{}
	sum := map[string]int64{}
	for _, s := range spans {
		switch {
		case s.Opening.Fen() != before.Advance.Fen():
			t.Fatalf("a span opens with %s after one that ended with %s", s.Opening, before.Advance)
		case moved(s) != s.Advance.Fen():
			t.Fatalf("the columns come to %d fen: %+v", moved(s), s)
		case before.InTransit.Fen()+s.Returning.Fen() != s.InTransit.Fen():
			t.Fatalf("%s was on its way before: %+v", before.InTransit, s)
		}
		before = s
		for name, amount := range movements(s) {
			sum[name] += amount
		}
	}
	total := f.Total()
	switch {
	case fmt.Sprint(sum) != fmt.Sprint(movements(total)):
		t.Fatalf("the spans come to %v, the sums are %v", sum, movements(total))
	case moved(total) != total.Advance.Fen() || !total.Opening.IsZero() || total.Advance.Fen() != before.Advance.Fen() || total.InTransit.Fen() != before.InTransit.Fen():
		t.Fatalf("the sums are %+v after %+v", total, before)
	}
}

// moved is what the columns of a span come to.
func moved(s fund.Span) int64 {
	return s.Opening.Fen() + s.Allocated.Fen() - s.Settled.Fen() + s.Recovered.Fen() - s.Returned.Fen() - s.Returning.Fen()
}

func movements(s fund.Span) map[string]int64 {
	return map[string]int64{"allocated": s.Allocated.Fen(), "reported": s.Reported.Fen(), "taken back": s.TakenBack.Fen(), "settled": s.Settled.Fen(),
		"recovered": s.Recovered.Fen(), "returned": s.Returned.Fen(), "returning": s.Returning.Fen()}
}

// sent is what a test knows of a return.
type sent struct {
	reference       string
	fen             int64
	date, confirmed calendar.Date
}

// history makes a fund's random history, and keeps its own account of what is on its way back. A step that is refused is none.
type history struct {
	*rapid.T
	f       fund.Fund
	day     calendar.Date
	serial  int
	returns []sent
}

func (h *history) take(f fund.Fund, err error) bool {
	if err == nil {
		h.f = f
	}
	return err == nil
}

func (h *history) past() calendar.Date {
	return h.day.AddDays(-rapid.IntRange(0, 100).Draw(h.T, "ago"))
}

// one draws a return that may be on its way.
func (h *history) one() *sent {
	if len(h.returns) == 0 {
		return &sent{}
	}
	return &h.returns[rapid.IntRange(0, len(h.returns)-1).Draw(h.T, "return")]
}

func (h *history) report(fen int64) {
	id, a := fmt.Sprint(h.serial), fund.FileArgs{Month: h.f.Next(), Final: true}
	if fen%3 > 0 {
		a.Lines, a.Accrued = []fund.Line{{Claim: "SUB-1", Accrued: money.Fen(fen)}}, money.Fen(fen)
	}
	f, _, err := h.f.File(id, a, h.day)
	if h.take(f, err) {
		h.take(h.f.Accept(id))
	}
}

func (h *history) send(fen int64) {
	r := sent{reference: fmt.Sprint(h.serial), fen: fen, date: h.past()}
	if h.take(h.f.Return(fund.ReturnArgs{Amount: money.Fen(fen), Date: r.date, Reference: r.reference}, h.day)) {
		h.returns = append(h.returns, r)
	}
}

func (h *history) confirm() {
	r := h.one()
	f, _, err := h.f.ConfirmReturn(fund.ConfirmArgs{Reference: r.reference, Amount: money.Fen(r.fen), Budget: "b"}, h.day)
	if h.take(f, err) {
		r.confirmed = h.day
	}
}

func (h *history) voidReturn(void func(fund.VoidArgs) (fund.Fund, error)) {
	r := h.one()
	if h.take(void(fund.VoidArgs{Reference: r.reference, Reason: "x"})) {
		*r = sent{}
	}
}

func (h *history) voidAllocation() {
	if n := len(h.f.Allocations); n > 0 {
		f, _, err := h.f.VoidAllocation(fund.VoidArgs{Reference: h.f.Allocations[n-1].Reference, Reason: "x"})
		h.take(f, err)
	}
}

// closeQuarter closes the next quarter, if it can be, and compares what was on its way at its end.
func (h *history) closeQuarter() {
	for m := h.f.First; m < fund.MonthOf(h.day); m = m.Add(1) {
		if !h.take(h.f.CloseQuarter(m, h.day)) {
			continue
		}
		onTheWay := int64(0)
		for _, r := range h.returns {
			if !r.date.IsZero() && fund.MonthOf(r.date) <= m && (r.confirmed.IsZero() || fund.MonthOf(r.confirmed) > m) {
				onTheWay += r.fen
			}
		}
		spans := h.f.Statement()
		if got := spans[len(spans)-2].InTransit.Fen(); got != onTheWay {
			h.Fatalf("at the end of %s %d fen were on their way, the statement has %d", m, onTheWay, got)
		}
		return
	}
}

func TestEverySpanOfAStatementAddsUpWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &history{T: t, day: calendar.MustParse("2026-03-05")}
		f, err := fund.Apply(fund.ApplyArgs{Policy: "p", First: "2026-03", Need: need("1.00")}, bank, bureau, h.day)
		if !h.take(f, err) {
			t.Fatal(err)
		}
		fen := int64(0)
		steps := map[string]func(){
			"day": func() { h.day = h.day.AddDays(rapid.IntRange(1, 60).Draw(t, "days")) },
			"allocate": func() {
				h.take(h.f.Allocate(fund.AllocateArgs{Budget: "b", Amount: money.Fen(fen), Date: h.past(), Reference: fmt.Sprint(h.serial)}, h.day))
			},
			"void":     h.voidAllocation,
			"report":   func() { h.report(fen) },
			"settle":   func() { h.take(h.f.Settle(money.Fen(fen), h.f.Due(), h.f.Paid(), h.day)) },
			"recover":  func() { h.f = h.f.Recover(money.Min(money.Fen(fen), h.f.Paid()), h.day) },
			"return":   func() { h.send(fen) },
			"confirm":  h.confirm,
			"withdraw": func() { h.voidReturn(h.f.WithdrawReturn) },
			"reject":   func() { h.voidReturn(h.f.VoidReturn) },
			"close":    h.closeQuarter,
		}
		often := []string{"day", "day", "report", "report", "allocate", "allocate", "return", "return", "settle", "recover", "confirm", "withdraw", "reject", "void", "close"}
		for h.serial = range rapid.IntRange(5, 80).Draw(t, "steps") {
			fen = rapid.Int64Range(1, 300).Draw(t, "fen")
			steps[rapid.SampledFrom(often).Draw(t, "step")]()
			addsUp(t, h.f)
		}
	})
}

func TestMoneyIsInTransitUntilTheDayOfItsConfirmationWheneverTheQuarterIsClosed(t *testing.T) {
	march, april, july := calendar.MustParse("2026-03-31"), calendar.MustParse("2026-04-02"), calendar.MustParse("2026-07-05")
	confirmed := fund.ConfirmArgs{Reference: "J1", Amount: yuan("1.00"), Budget: "b"}
	void := fund.VoidArgs{Reference: "J1", Reason: "未到账"}
	confirm := func(f fund.Fund, on calendar.Date) (fund.Fund, error) {
		f, _, err := f.ConfirmReturn(confirmed, on)
		return f, err
	}
	closed := func(f fund.Fund) (fund.Fund, error) { return f.CloseQuarter("2026-03", july) }
	type row struct{ returned, returning, advance, inTransit string }
	sent := row{"0.00", "1.00", "499.00", "1.00"}
	for name, c := range map[string]struct {
		steps       []func(fund.Fund) (fund.Fund, error)
		first, then row
	}{
		"not confirmed": {[]func(fund.Fund) (fund.Fund, error){closed}, sent, row{"0.00", "0.00", "499.00", "1.00"}},
		"closed, then confirmed": {[]func(fund.Fund) (fund.Fund, error){closed, func(f fund.Fund) (fund.Fund, error) { return confirm(f, july) }},
			sent, row{"1.00", "-1.00", "499.00", "0.00"}},
		"confirmed in the next quarter, then closed": {[]func(fund.Fund) (fund.Fund, error){func(f fund.Fund) (fund.Fund, error) { return confirm(f, april) }, closed},
			sent, row{"1.00", "-1.00", "499.00", "0.00"}},
		"confirmed in the quarter": {[]func(fund.Fund) (fund.Fund, error){func(f fund.Fund) (fund.Fund, error) { return confirm(f, march) }, closed},
			row{"1.00", "0.00", "499.00", "0.00"}, row{"0.00", "0.00", "499.00", "0.00"}},
		"closed, then rejected": {[]func(fund.Fund) (fund.Fund, error){closed, func(f fund.Fund) (fund.Fund, error) { return f.VoidReturn(void) }},
			sent, row{"0.00", "-1.00", "500.00", "0.00"}},
		"closed, then withdrawn": {[]func(fund.Fund) (fund.Fund, error){closed, func(f fund.Fund) (fund.Fund, error) { return f.WithdrawReturn(void) }},
			sent, row{"0.00", "-1.00", "500.00", "0.00"}},
		"rejected, then closed": {[]func(fund.Fund) (fund.Fund, error){func(f fund.Fund) (fund.Fund, error) { return f.VoidReturn(void) }, closed},
			row{"0.00", "0.00", "500.00", "0.00"}, row{"0.00", "0.00", "500.00", "0.00"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := reportedMarch(t, july)
			f, err := f.Return(fund.ReturnArgs{Amount: yuan("1.00"), Date: march, Reference: "J1"}, july)
			for _, step := range c.steps {
				if err == nil {
					f, err = step(f)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			addsUp(t, f)
			for i, want := range []row{c.first, c.then} {
				s := f.Statement()[i]
				if got := (row{s.Returned.String(), s.Returning.String(), s.Advance.String(), s.InTransit.String()}); got != want {
					t.Errorf("span %d is %+v, want %+v", i, got, want)
				}
			}
		})
	}
}

// reportedMarch is a fund whose bank got 500.00 in March and reported it.
func reportedMarch(t *testing.T, on calendar.Date) fund.Fund {
	t.Helper()
	f, err := applied(t).Allocate(fund.AllocateArgs{Budget: "b", Amount: yuan("500.00"), Date: calendar.MustParse("2026-03-02"), Reference: "Y1"}, on)
	if err == nil {
		f, _, err = f.File("RPT-1", fund.FileArgs{Month: "2026-03", Final: true}, on)
	}
	if err == nil {
		f, err = f.Accept("RPT-1")
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

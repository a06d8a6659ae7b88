package accrual_test

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/gateway/accrual"
	"decore/gateway/accrual/accrualtest"
	"decore/gateway/desk"
	"decore/gateway/server"
)

const benchBureau ident.USCC = "91370200990000308H"

// BenchmarkReport files a bank's monthly report of the most lines and accepts it, each in one transaction that reads every
// claim; the acceptance writes them all.
func BenchmarkReport(b *testing.B) {
	book := b.TempDir()
	accrualtest.Make(b, book, fund.MaxLines)
	for b.Loop() {
		b.StopTimer()
		o, later := openLater(b, book)
		args, report := toReport(b, o, later)
		b.StartTimer()
		began := time.Now()
		id := do(b, o, desk.Order{Party: accrualtest.Bank, Verb: "fund-report.file", Args: args}).Record
		filed := time.Now()
		do(b, o, desk.Order{Party: benchBureau, Verb: "fund-report.accept", Subject: id, Args: financing.NoArgs{}})
		b.ReportMetric(float64(report), "lines")
		b.ReportMetric(filed.Sub(began).Seconds()*1000, "file-ms")
		b.ReportMetric(time.Since(filed).Seconds()*1000, "accept-ms")
	}
}

// openLater opens a copy of the book with a clock that can be moved on.
func openLater(b *testing.B, book string) (o *server.Office, later func(time.Duration)) {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "data")
	must(b, os.CopyFS(dir, os.DirFS(book)))
	must(b, os.Chmod(filepath.Join(dir, "master.key"), 0o600))
	base, ahead := accrualtest.Clock(), time.Duration(0)
	o, err := server.OpenOffice(b.Context(), server.Config{Data: dir, Clock: func() time.Time { return base().Add(ahead) }, Log: slog.New(slog.DiscardHandler)})
	must(b, err)
	b.Cleanup(func() { _ = o.Close() })
	must(b, o.CatchUp(b.Context()))
	return o, func(d time.Duration) { ahead += d }
}

// toReport accrues the book under an open fund and returns the report of the month, which is over, and how many lines it has.
func toReport(b *testing.B, o *server.Office, later func(time.Duration)) (fund.FileArgs, int) {
	b.Helper()
	id := openFund(b, o, fund.MaxLines)
	run(b, o, accrual.Run{})
	later(40 * 24 * time.Hour)
	args := fund.FileArgs{Fund: id, Month: "2026-07", Final: true}
	all := claims(b, o)
	for _, claim := range slices.Sorted(maps.Keys(all)) {
		e := all[claim].Unreported(args.Month)
		args.Lines = append(args.Lines, fund.Line{Claim: claim, Accrued: e.Accrued, TakenBack: e.TakenBack})
		args.Accrued = args.Accrued.Add(e.Accrued)
	}
	return args, len(args.Lines)
}

// openFund opens the bank's fund, with what n claims will have accrued in advance.
func openFund(b *testing.B, o *server.Office, n int) (id string) {
	b.Helper()
	all := money.Fen(int64(n) * accrualtest.Each.Fen())
	budget := do(b, o, desk.Order{Party: benchBureau, Verb: "budget.open", Args: fund.BudgetArgs{Policy: accrualtest.Policy, Bank: accrualtest.Bank, Year: 2026,
		Amount: all, Document: "d"}}).Record
	id = do(b, o, desk.Order{Party: accrualtest.Bank, Verb: "fund.apply", Args: fund.ApplyArgs{Policy: accrualtest.Policy, First: "2026-07",
		Need: fund.Need{Year: 2026, Amount: all}}}).Record
	do(b, o, desk.Order{Party: benchBureau, Verb: "fund.allocate", Subject: id, Args: fund.AllocateArgs{Budget: budget, Amount: all,
		Date: calendar.At(o.Desk.Clock.Now()), Reference: "YB1"}})
	return id
}

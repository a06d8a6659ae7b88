package spreadsheet_test

import (
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"decore/adapters/spreadsheet"
)

func manyRecords(n int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for i := range n {
			r := []string{fmt.Sprintf("249520000001%08d", i), fmt.Sprintf("青岛第%d号电器配件有限公司", i), fmt.Sprintf("%d.%02d", 1000+i, i%100), "2026-09-30", fmt.Sprint("HT-2026-", i)}
			if i%100 == 7 {
				r[3] = "30/9/2026"
			}
			if !yield(r) {
				return
			}
		}
	}
}

// writeFile writes a large sheet to disk, as an upload is.
func writeFile(t testing.TB, write func(io.Writer) error) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "sheet"))
	must(t, err)
	t.Cleanup(func() { must(t, f.Close()) })
	must(t, write(f))
	return f
}

// sharedBook writes the sheet as Excel does, with every text in the table of shared texts.
func sharedBook(t testing.TB, n int) func(io.Writer) error {
	return func(w io.Writer) error {
		f := excelize.NewFile()
		defer func() { must(t, f.Close()) }()
		must(t, f.SetSheetName("Sheet1", layout.Sheet))
		must(t, f.SetSheetRow(layout.Sheet, "A1", &header))
		row := 1
		for r := range manyRecords(n) {
			row++
			must(t, f.SetSheetRow(layout.Sheet, fmt.Sprint("A", row), &r))
		}
		return f.Write(w)
	}
}

// openFile finds the layout in a stored file.
func openFile(t testing.TB, f *os.File) *spreadsheet.Table {
	t.Helper()
	info, err := f.Stat()
	must(t, err)
	file, err := spreadsheet.Open(t.Context(), f, info.Size(), spreadsheet.Limits{})
	must(t, err)
	tab, err := file.Table(t.Context(), layout)
	must(t, err)
	return tab
}

// readAll reads a file to its end, and checks that every row is there.
func readAll(t testing.TB, tab *spreadsheet.Table, seen func()) {
	t.Helper()
	rows, faulty := 0, 0
	for r, err := range tab.Rows(t.Context()) {
		must(t, err)
		if rows++; r.Faults != nil {
			faulty++
		}
		seen()
	}
	if rows != manyRows || faulty != manyRows/100 {
		t.Fatalf("%d rows, %d faulty", rows, faulty)
	}
}

func answerAll(t testing.TB, tab *spreadsheet.Table, seen func()) {
	t.Helper()
	must(t, tab.Answer(t.Context(), io.Discard, "zh", func(spreadsheet.Row) spreadsheet.Outcome {
		seen()
		return spreadsheet.Outcome{Result: spreadsheet.Recorded, About: "01J"}
	}))
}

// peak notes the largest live heap, above that at the start.
type peak struct {
	start, top uint64
	calls      int
}

func newPeak() *peak {
	live := liveHeap()
	return &peak{start: live, top: live}
}

// seen looks now and then, because it must collect garbage to tell what is live.
func (p *peak) seen() {
	if p.calls++; p.calls%5000 == 0 {
		p.top = max(p.top, liveHeap())
	}
}

func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (p *peak) mib() uint64 { return (p.top - p.start) >> 20 }

func TestFiftyThousandRowsAreReadInFlatMemory(t *testing.T) {
	for _, format := range []spreadsheet.Format{spreadsheet.XLSX, spreadsheet.CSVGB18030} {
		t.Run(string(format), func(t *testing.T) {
			f := writeFile(t, func(w io.Writer) error { return spreadsheet.Write(w, layout, "zh", format, manyRecords(manyRows)) })
			p := newPeak()
			readAll(t, openFile(t, f), p.seen)
			// The rows, were they held, would be more than 12 MiB.
			if p.mib() > 4 {
				t.Errorf("live heap grew by %d MiB", p.mib())
			}
		})
	}
}

func TestFiftyThousandRowsAreAnsweredInFlatMemory(t *testing.T) {
	for name, write := range manySheets(t) {
		t.Run(name, func(t *testing.T) {
			f := writeFile(t, write)
			p := newPeak()
			answerAll(t, openFile(t, f), p.seen)
			t.Logf("live heap at most %d MiB above the start, process at most %d MiB", p.mib(), residentMiB())
			if p.mib() > 64 {
				t.Errorf("live heap grew by %d MiB", p.mib())
			}
		})
	}
}

// manySheets writes the same rows as each kind of file that is sent.
func manySheets(t testing.TB) map[string]func(io.Writer) error {
	as := func(format spreadsheet.Format) func(io.Writer) error {
		return func(w io.Writer) error { return spreadsheet.Write(w, layout, "zh", format, manyRecords(manyRows)) }
	}
	return map[string]func(io.Writer) error{
		"xlsx": as(spreadsheet.XLSX), "xlsx-shared-texts": sharedBook(t, manyRows), "csv-gb18030": as(spreadsheet.CSVGB18030),
	}
}

// BenchmarkImport reads and answers 50,000 rows, and prints the peak of live heap. The peak of resident
// memory is that of the whole process so far, making the sheet included.
func BenchmarkImport(b *testing.B) {
	for name, write := range manySheets(b) {
		b.Run(name, func(b *testing.B) {
			f := writeFile(b, write)
			p := newPeak()
			for b.Loop() {
				tab := openFile(b, f)
				readAll(b, tab, p.seen)
				answerAll(b, tab, p.seen)
			}
			b.ReportMetric(float64(p.mib()), "peak-live-MiB")
			b.ReportMetric(float64(manyRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(residentMiB()), "process-peak-MiB")
		})
	}
}

// residentMiB is the largest resident memory of the process so far, 0 where the system does not say.
func residentMiB() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kib int
	if _, err := fmt.Sscanf(after, "%d", &kib); err != nil {
		return 0
	}
	return kib >> 10
}

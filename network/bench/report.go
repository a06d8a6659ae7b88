package bench

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Report is what a bench found.
type Report struct {
	CPUs         int      `json:"cpus"`
	Orgs         []string `json:"orgs"`
	BatchTimeout float64  `json:"batchTimeoutMillis"`

	Raw           []Measured `json:"raw"`   // transactions a second
	Raw50         []Measured `json:"raw50"` // assets a second
	Bulk          []Measured `json:"bulk"`  // commands a second, from HTTP until they can be read
	Single        []Measured `json:"single"`
	Alone         Rate       `json:"alone"`
	Lag           Lag        `json:"lag"`
	Verifications Reads      `json:"verifications"`
	Contention    Measured   `json:"contention"`
	Growth        []Growth   `json:"growth,omitzero"`
	Targets       []Target   `json:"targets"`
}

// Measured is a rate with what processes and peers tell of it.
type Measured struct {
	Rate
	Transactions int                `json:"transactions"` // valid ones, warm-up included
	Conflicts    int                `json:"conflicts"`    // transactions that met another one and were sent again
	CPU          map[string]float64 `json:"cpu"`          // processors kept busy, by group of processes
}

// Lag is how long after its commit a command can be read.
type Lag struct {
	P50 float64 `json:"p50Millis"`
	P99 float64 `json:"p99Millis"`
}

// Reads compare verification on the two ledgers.
type Reads struct {
	Fabric   Rate    `json:"fabric"`
	Embedded Rate    `json:"embedded"`
	Ratio    float64 `json:"ratio"`
}

// Growth is the rate at which a ledger that holds so many commands took the last of them.
type Growth struct {
	Commands  int     `json:"commands"`
	PerSecond float64 `json:"perSecond"`
	Failed    int     `json:"failed"`
}

// Target is what a figure should be, at least or at most.
type Target struct {
	Name  string  `json:"name"`
	Have  float64 `json:"have"`
	Want  float64 `json:"want"`
	Most  bool    `json:"most,omitzero"` // Want is the most, and not the least
	Unit  string  `json:"unit"`
	Meets bool    `json:"meets"`
}

// best is the highest rate.
func best(all []Measured) Measured {
	if len(all) == 0 {
		return Measured{}
	}
	return slices.MaxFunc(all, func(a, b Measured) int { return cmp.Compare(a.PerSecond, b.PerSecond) })
}

// judge holds the figures against what is wanted of them. Rates are compared at the best of each.
func (r *Report) judge(o Options) {
	commands := max(best(r.Bulk).PerSecond, best(r.Single).PerSecond)
	failed := r.Contention.Failed
	for _, m := range slices.Concat(r.Bulk, r.Single) {
		failed += m.Failed
	}
	for _, t := range []Target{
		{Name: "commands, to raw transactions of one put", Have: commands / best(r.Raw).PerSecond, Want: 5, Unit: "×"},
		{Name: "commands, to raw puts at 50 a transaction", Have: 100 * commands / best(r.Raw50).PerSecond, Want: 45, Unit: "%"},
		{Name: "one command alone, median", Have: r.Alone.P50, Want: millis(o.BatchTimeout) + 100, Most: true, Unit: "ms"},
		{Name: "lag of the projection under load, p99", Have: r.Lag.P99, Want: 500, Most: true, Unit: "ms"},
		{Name: "verifications, to the embedded ledger", Have: r.Verifications.Ratio, Want: 0.9, Unit: "×"},
		{Name: "commands on one subsidy account", Have: r.Contention.PerSecond, Want: 20, Unit: "a second"},
		{Name: "failed calls", Have: float64(failed), Want: 0, Most: true, Unit: ""},
	} {
		t.Meets = t.Have >= t.Want && !t.Most || t.Have <= t.Want && t.Most
		r.Targets = append(r.Targets, t)
	}
}

// String is the measurement in a line.
func (m Measured) String() string {
	return fmt.Sprintf("%s, %d callers: %.0f a second", m.Name, m.Callers, m.PerSecond)
}

// Print writes the report as tables.
func (r *Report) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
	p("MEASURED\tcallers\ta second\tp50 ms\tp99 ms\tfailed\ta transaction\tconflicts\t\n")
	for _, m := range slices.Concat(r.Raw, r.Raw50, r.Bulk, r.Single, []Measured{r.Contention}) {
		p("%s\t%d\t%.1f\t%.0f\t%.0f\t%d\t%.1f\t%d\t\n", m.Name, m.Callers, m.PerSecond, m.P50, m.P99, m.Failed, m.perTransaction(), m.Conflicts)
	}
	for _, m := range []Rate{r.Alone, r.Verifications.Fabric, r.Verifications.Embedded} {
		p("%s\t%d\t%.1f\t%.1f\t%.1f\t%d\t\t\t\n", m.Name, m.Callers, m.PerSecond, m.P50, m.P99, m.Failed)
	}
	p("lag of the projection under load\t\t\t%.0f\t%.0f\t\t\t\t\n", r.Lag.P50, r.Lag.P99)
	p("\nPROCESSORS BUSY of %d\tcallers\t", r.CPUs)
	for _, g := range Groups {
		p("%s\t", g)
	}
	p("\n")
	for _, m := range slices.Concat(r.Raw, r.Raw50, r.Bulk, r.Single, []Measured{r.Contention}) {
		p("%s\t%d\t", m.Name, m.Callers)
		for _, g := range Groups {
			p("%.2f\t", m.CPU[g])
		}
		p("\n")
	}
	if len(r.Growth) > 0 {
		p("\nGROWTH, commands on the ledger\ta second\tfailed\t\n")
	}
	for _, g := range r.Growth {
		p("%d\t%.0f\t%d\t\n", g.Commands, g.PerSecond, g.Failed)
	}
	p("\nTARGET\thave\twant\t\t\n")
	for _, t := range r.Targets {
		sign, verdict := "≥", "met"
		if t.Most {
			sign = "≤"
		}
		if !t.Meets {
			verdict = "MISSED"
		}
		p("%s\t%.2f %s\t%s %.0f\t%s\t\n", t.Name, t.Have, t.Unit, sign, t.Want, verdict)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// perTransaction is how many were in a transaction, by and large: the warm-up has both.
func (m Measured) perTransaction() float64 {
	if m.Transactions == 0 {
		return 0
	}
	return float64(m.Total) / float64(m.Transactions)
}

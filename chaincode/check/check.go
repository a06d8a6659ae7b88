// Package check holds findings: the named checks that a verification lists and that the contract decides by (核验项).
package check

// Verdict is what a check came to.
type Verdict string

// Verdicts, from best to worst; unknown means that a fact needed is not to be had here.
const (
	Pass    Verdict = "pass"
	Unknown Verdict = "unknown"
	Warn    Verdict = "warn"
	Fail    Verdict = "fail"
)

var rank = map[Verdict]int{Pass: 0, Unknown: 1, Warn: 2, Fail: 3}

// Finding is one check with its verdict.
type Finding struct {
	Check   string  `json:"check"`           // stable name
	Verdict Verdict `json:"verdict"`         // pass, warn, fail or unknown
	Reason  string  `json:"reason,omitzero"` // stable code of why; "" when it passed
	Clause  string  `json:"clause,omitzero"` // statute or policy and article
	Source  string  `json:"source,omitzero"` // where the fact comes from: a record, a command, a policy version
}

// Worst returns the worst verdict among the findings; Pass for none.
func Worst(fs []Finding) Verdict {
	worst := Pass
	for _, f := range fs {
		if rank[f.Verdict] > rank[worst] {
			worst = f.Verdict
		}
	}
	return worst
}

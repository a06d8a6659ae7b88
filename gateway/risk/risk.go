// Package risk scores and explains what is unusual about an order, a receivable or goods in store (风险信号). It never blocks: what
// must not be is refused by the contract, what a verification finds is a verdict, and what is only strange is here.
//
// The rules are pure: the same Facts and Settings always give the same Report. Gatherer collects the facts.
//
// A signal tells only of what its reader may read. Sums, chains of sales and shares are of records that are
// disclosed to the reader. Where a document is compared with others, one that is not disclosed counts as "another
// record" and nothing of it is told: neither ID nor number, amount, day or holder (§3.1 of the domain facts: a
// similar match is answered with a class, never with a name). On a gateway that has not got others' terms, such as
// a bank's on Fabric, there is nothing of that kind to count.
package risk

import (
	"slices"

	"decore/chaincode/evidence"
	"decore/gateway/problem"
)

// Code is the stable name of a rule.
type Code string

// Reason says why a rule could not be applied.
type Reason string

// Reasons.
const (
	NotDisclosed Reason = "NOT_DISCLOSED" // the caller may not read what the rule looks at
	NoFacts      Reason = "NO_FACTS"      // nobody gave the facts
	TooFew       Reason = "TOO_FEW"       // the caller sees too few records to compare
)

// Grade is the score in a word.
type Grade string

// Grades. That none fired means nothing for rules that were not examined.
const (
	None   Grade = "none"
	Low    Grade = "low"
	Medium Grade = "medium"
	High   Grade = "high"
)

// topScore is the highest score of a report.
const topScore = 100

// Report is all signals about one record, as one caller may know them.
type Report struct {
	Record     string       `json:"record" doc:"Record ID (记录编号)"`
	Kind       string       `json:"kind" doc:"Kind of record (类型)"`
	AsOf       AsOf         `json:"asOf" doc:"Facts are no older than this block (截至区块)"`
	Settings   SettingsRef  `json:"settings" doc:"The figures that the rules went by (参数版本)"`
	Score      int          `json:"score" doc:"Sum of the signals' scores, 100 at most (风险分)"`
	Grade      Grade        `json:"grade" enum:"none,low,medium,high" doc:"The score in a word (风险等级)"`
	Signals    []Signal     `json:"signals" doc:"Rules that fired (风险信号)"`
	Unexamined []Unexamined `json:"unexamined" doc:"Rules that could not be applied, which is no all-clear (未适用的规则)"`
}

// AsOf is the block up to which facts were read at least.
type AsOf struct {
	Block uint64           `json:"block"`
	Time  evidence.Instant `json:"time"`
}

// SettingsRef names settings.
type SettingsRef struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// Signal is one rule that fired.
type Signal struct {
	Rule    Code     `json:"rule" doc:"Stable code of the rule (规则代码)" example:"NEAR_DUPLICATE"`
	Score   int      `json:"score" doc:"How much it counts (分值)"`
	Records []string `json:"records" doc:"Records concerned beside this one, those that the caller may read (相关记录)"`
	Others  int      `json:"others" doc:"How many more there are that the caller may not read (其他未授权记录数)"`
	Source  string   `json:"source" doc:"What the rule rests on (依据)"`

	Title problem.Text `json:"-"`
	Text  problem.Text `json:"-"`
}

// Unexamined is a rule that could not be applied.
type Unexamined struct {
	Rule   Code   `json:"rule" doc:"Stable code of the rule (规则代码)"`
	Reason Reason `json:"reason" enum:"NOT_DISCLOSED,NO_FACTS,TOO_FEW" doc:"Why (原因)"`
}

// Assess applies every rule to the facts.
func Assess(f Facts, s Settings) Report {
	r := Report{Record: f.Record, Kind: f.Kind, AsOf: f.AsOf, Settings: SettingsRef{s.ID, s.Version}, Grade: None,
		Signals: []Signal{}, Unexamined: []Unexamined{}}
	e := &examination{Facts: &f, set: &s}
	for i := range rules {
		if !slices.Contains(rules[i].kinds, f.Kind) {
			continue
		}
		switch found := rules[i].apply(e); {
		case found.unsure != "":
			r.Unexamined = append(r.Unexamined, Unexamined{rules[i].code, found.unsure})
		case found.fired:
			r.Signals = append(r.Signals, rules[i].signal(found))
			r.Score = min(topScore, r.Score+rules[i].weight)
		}
	}
	r.Grade = s.grade(r.Score)
	return r
}

func (s *Settings) grade(score int) Grade {
	switch {
	case score >= s.High:
		return High
	case score >= s.Medium:
		return Medium
	case score > 0:
		return Low
	}
	return None
}

// ReasonTexts says each reason in words.
var ReasonTexts = map[Reason]problem.Text{
	NotDisclosed: {En: "Not disclosed to the caller.", Zh: "未获授权查看"},
	NoFacts:      {En: "The facts are not known here.", Zh: "缺少所需数据"},
	TooFew:       {En: "Too few records are disclosed to the caller to compare.", Zh: "可见记录过少,无法比较"},
}

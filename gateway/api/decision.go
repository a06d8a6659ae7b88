package api

import (
	"strings"

	"decore/adapters/spreadsheet"
)

// choices are the words that a docket offers; others of the table are read too.
var choices = map[string][]string{chinese: {"同意", "拒绝"}, english: {"agree", "refuse"}}

// decisions says which words agree and which refuse. A word that is not here decides nothing: none is guessed.
var decisions = wordsOf(map[bool][]string{
	true: {"同意", "认可", "确认", "核实", "验收", "属实", "通过", "是", "agree", "agreed", "accept", "accepted", "approve", "approved",
		"confirm", "confirmed", "attest", "attested", "yes", "y", "√", "✓", "✔"},
	false: {"拒绝", "不同意", "不认可", "不确认", "不予确认", "不通过", "不属实", "异议", "有异议", "争议", "驳回", "否", "refuse", "refused", "reject",
		"rejected", "dispute", "disputed", "decline", "declined", "no", "n", "×", "✗", "✘"},
})

func wordsOf(by map[bool][]string) map[string]bool {
	all := map[string]bool{}
	for agrees, words := range by {
		for _, w := range words {
			all[decisionWord(w)] = agrees
		}
	}
	return all
}

// decisionWord brings what was written into the form of the table: width, case, spaces and a full stop say nothing.
func decisionWord(s string) string {
	s = strings.ToLower(strings.ReplaceAll(spreadsheet.Plain(s), " ", ""))
	return strings.TrimRight(s, "。.!")
}

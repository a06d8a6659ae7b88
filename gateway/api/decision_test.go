package api

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"decore/adapters/spreadsheet"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/order"
)

func TestWordsOfADecision(t *testing.T) {
	for word, want := range map[string]string{
		"同意": "agree", " 同 意 ": "agree", "ＹＥＳ": "agree", "Agree.": "agree", "√": "agree", "认可。": "agree",
		"不同意": "refuse", "拒绝": "refuse", "有异议": "refuse", "NO": "refuse", "×": "refuse",
		"": "", "同意吗": "", "不": "", "同意/拒绝": "", "yes no": "", "待定": "", "1": "", "=同意": "", "不 认 可 ？": "",
	} {
		got := map[bool]string{true: "agree", false: "refuse"}[decisions[decisionWord(word)]]
		if _, known := decisions[decisionWord(word)]; !known {
			got = ""
		}
		if got != want {
			t.Errorf("%q is %q, want %q", word, got, want)
		}
	}
	for lang, offered := range choices {
		for i, word := range offered {
			if agrees, known := decisions[decisionWord(word)]; !known || agrees != (i == 0) {
				t.Errorf("what the %s docket offers is not read: %q", lang, word)
			}
		}
	}
}

func FuzzDecision(f *testing.F) {
	for word := range decisions {
		f.Add(word)
	}
	for _, odd := range []string{"", "。", "不 同意", "同意\u200b", "ｎｏ", "\xff", "yes\n", "不不同意"} {
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, s string) {
		word := decisionWord(s)
		if again := decisionWord(word); again != word {
			t.Errorf("%q reads as %q and then as %q", s, word, again)
		}
		agrees, known := decisions[word]
		if known && agrees && strings.ContainsAny(s, "不非未拒否驳") {
			t.Errorf("%q was read as agreement", s)
		}
	})
}

func FuzzTicket(f *testing.F) {
	key := duplicate.Key(strings.Repeat("k", 32))
	facts := []string{"ORD-1", "核实订单", "1"}
	good := ticket{"attest", evidence.Commitment(strings.Repeat("c", 43))}.issue(key, "A", facts)
	for _, s := range []string{good, "", "..", "attest.c.", good + ".", strings.ToUpper(good)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := openTicket(key, "A", s, facts); ok != (s == good) {
			t.Errorf("%q opened as %+v", s, got)
		}
	})
}

func TestATicketIsGoodForTheRowThatItWasGivenWithAlone(t *testing.T) {
	key := duplicate.Key(strings.Repeat("k", 32))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z0-9.|"\\, 甲乙]{0,6}`)
		facts := rapid.SliceOfN(text, 1, 5)
		given, shown := facts.Draw(t, "given"), facts.Draw(t, "shown")
		who, other := ident.USCC(text.Draw(t, "party")), ident.USCC(text.Draw(t, "other"))
		issued := ticket{"attest", "terms"}
		s := issued.issue(key, who, given)
		if got, ok := openTicket(key, who, s, given); !ok || got != issued {
			t.Fatalf("its own row: %+v %v", got, ok)
		}
		if _, ok := openTicket(key, other, s, shown); ok != (who == other && slices.Equal(given, shown)) {
			t.Fatalf("given to %q for %q, taken from %q for %q: %v", who, given, other, shown, ok)
		}
		if _, ok := openTicket(key, who, strings.Replace(s, "terms", "other", 1), given); ok {
			t.Fatal("on other terms")
		}
	})
}

func TestDocketsFitTheirTables(t *testing.T) {
	for _, d := range dockets {
		for _, lang := range []string{chinese, english} {
			if err := spreadsheet.Write(discard{}, d.layout(lang), lang, spreadsheet.CSV, slices.Values([][]string{})); err != nil {
				t.Errorf("%s: %v", d.path, err)
			}
		}
		if !slices.ContainsFunc(collections, func(c collection) bool { return c.path == d.path && c.table == d.table }) {
			t.Errorf("%s is no collection", d.path)
		}
		for _, m := range d.matters {
			v, known := verbOf(d.table, m.verb)
			if !known || !v.Row.Binding || v.Row.Creates() {
				t.Errorf("%s.%s is no countersignature", d.path, m.verb)
			}
			refusal, known := verbOf(d.table, m.refusal)
			if m.refusal != "" && (!known || !sameSigners(v.Row, refusal.Row) || !leavesAll(v.Row, refusal.Row)) {
				t.Errorf("%s: who may %s cannot %s instead", d.path, m.verb, m.refusal)
			}
			if m.verb == "accept" && m.waits(order.Terms{}) {
				t.Error("an order of which nothing was shipped waits")
			}
		}
	}
}

func sameSigners(a, b lifecycle.Row) bool {
	return !slices.ContainsFunc(a.By, func(s lifecycle.Signer) bool { return !slices.Contains(b.By, s) })
}

// leavesAll reports whether one can refuse in any state in which one is asked, but where it was refused before.
func leavesAll(a, b lifecycle.Row) bool {
	return !slices.ContainsFunc(a.From, func(s lifecycle.State) bool { return !b.Leaves(s) && !b.Reaches(s) })
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

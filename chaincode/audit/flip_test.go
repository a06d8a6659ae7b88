package audit_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/audit"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

// TestNoWrittenByteCanBeAltered flips one bit of one value, key, result or private hash of an honest block: the
// audit finds it, in that transaction. What only private terms tell is left out: see unprovable.
func TestNoWrittenByteCanBeAltered(t *testing.T) {
	p := newPast(t)
	p.more(p.SME, "order.grant", p.open, p.granted(p.BankA))
	p.more(p.SME, "order.revoke", p.open, contract.RevokeArgs{To: p.BankA.USCC})
	before := []*audit.Auditor{audit.New()}
	for i := range p.txs {
		a := before[i].Clone()
		if found := a.Block(p.txs[i : i+1]); len(found) > 0 {
			t.Fatalf("the honest history: %+v", found)
		}
		before = append(before, a)
	}
	rapid.Check(t, func(rt *rapid.T) {
		for range 40 {
			i := rapid.IntRange(0, len(p.txs)-1).Draw(rt, "transaction")
			tx := flipped(rt, p.txs[i])
			if tx == nil {
				continue
			}
			if found := before[i].Clone().Block([]audit.Transaction{*tx}); len(found) == 0 {
				rt.Fatalf("transaction %d was altered and nothing was found", i)
			}
		}
	})
}

// flipped returns the transaction with one bit altered; nil where that is nothing that can be proven.
func flipped(t *rapid.T, tx audit.Transaction) *audit.Transaction {
	tx.Writes, tx.Private = slices.Clone(tx.Writes), slices.Clone(tx.Private)
	flip := func(s string) string {
		b := []byte(s)
		b[rapid.IntRange(0, len(b)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 6).Draw(t, "bit")
		return string(b)
	}
	part := rapid.SampledFrom([]string{"value", "value", "value", "key", "private", "org"}).Draw(t, "part")
	if len(tx.Private) == 0 && (part == "private" || part == "org") {
		part = "value"
	}
	i := rapid.IntRange(0, 1<<20).Draw(t, "which")
	switch part {
	case "value":
		w := &tx.Writes[i%len(tx.Writes)]
		was := w.Value
		if w.Value = []byte(flip(string(was))); unprovable(was, w.Value) {
			return nil
		}
		t.Logf("%s: %s -> %s", w.Key, was, w.Value)
	case "key":
		w := &tx.Writes[i%len(tx.Writes)]
		w.Key = flip(w.Key)
		t.Logf("key %s", w.Key)
	case "private":
		w := &tx.Private[i%len(tx.Private)]
		w.Hash = evidence.Commitment(flip(string(w.Hash)))
	case "org":
		w := &tx.Private[i%len(tx.Private)]
		w.Org = flip(w.Org)
		t.Logf("%+v", *w)
	}
	return &tx
}

// unprovable reports whether two values differ only in what a command's private arguments alone tell: how long a
// grant or reservation lasts, and when a filing was made.
func unprovable(was, is []byte) bool {
	var a, b any
	if json.Unmarshal(was, &a) != nil || json.Unmarshal(is, &b) != nil {
		return false
	}
	x, _ := json.Marshal(without(a))
	y, _ := json.Marshal(without(b))
	return bytes.Equal(x, y)
}

func without(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "until")
		delete(v, "registered")
		for k := range v {
			v[k] = without(v[k])
		}
	case []any:
		for i := range v {
			v[i] = without(v[i])
		}
	}
	return v
}

package embedded

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/adapters/ledger"
	"decore/adapters/ledger/conformance"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

func drawTransaction(t *rapid.T) *ledger.Transaction {
	text := rapid.StringN(0, 20, -1)
	tx := &ledger.Transaction{
		ID: text.Draw(t, "id"), Caller: text.Draw(t, "caller"),
		Time: time.UnixMilli(rapid.Int64Range(0, 1<<50).Draw(t, "time")).UTC(),
	}
	tx.Commands = rapid.SliceOfN(text, 1, 3).Draw(t, "commands")
	for _, id := range tx.Commands {
		tx.Results = append(tx.Results, contract.Result{Command: id, Status: contract.Accepted, Version: rapid.IntRange(0, 9).Draw(t, "version")})
	}
	for _, key := range rapid.SliceOfN(text, 1, 4).Draw(t, "keys") {
		value := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "value")
		tx.Writes = append(tx.Writes, ledger.Write{Key: key, Value: value})
		tx.Private = append(tx.Private, ledger.PrivateWrite{Org: key, Key: key, Hash: evidence.Commit(value)})
	}
	if rapid.Bool().Draw(t, "has event") {
		tx.Event = &ledger.Event{Name: text.Draw(t, "name"), Payload: []byte(text.Draw(t, "payload"))}
	}
	return tx
}

func TestTransactionRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tx := drawTransaction(t)
		raw, err := encodeTransaction(tx)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeTransaction(raw)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, tx) {
			t.Fatalf("got %+v, want %+v", got, tx)
		}
		cut := rapid.IntRange(0, len(raw)-1).Draw(t, "cut")
		if _, err := decodeTransaction(raw[:cut]); err == nil {
			t.Fatalf("decoded %d of %d bytes", cut, len(raw))
		}
		if _, err := decodeTransaction(append(raw, 0)); err == nil {
			t.Fatal("decoded with a byte left over")
		}
	})
}

func FuzzDecodeTransaction(f *testing.F) {
	tx := &ledger.Transaction{
		ID: "t", Commands: []string{"c"}, Results: []contract.Result{{Command: "c", Status: contract.Accepted}},
		Writes: []ledger.Write{{Key: "k", Value: []byte("v")}}, Event: &ledger.Event{Name: "e"},
	}
	raw, err := encodeTransaction(tx)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte{1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F})
	f.Fuzz(func(t *testing.T, raw []byte) {
		tx, err := decodeTransaction(raw)
		if err != nil {
			return
		}
		again, err := encodeTransaction(tx)
		if err != nil {
			return // a text in it is not UTF-8
		}
		if back, err := decodeTransaction(again); err != nil || !reflect.DeepEqual(back, tx) {
			t.Errorf("decoded %+v, and after encoding %+v, %v", tx, back, err)
		}
	})
}

func FuzzDecodeHeader(f *testing.F) {
	f.Add((&header{number: 2, previous: "p", time: time.UnixMilli(3), transactions: make([][32]byte, 2)}).encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := decodeHeader(raw)
		if err == nil && !bytes.Equal(h.encode(), raw) {
			t.Errorf("%x decodes as %x does", raw, h.encode())
		}
	})
}

func FuzzParseAnchor(f *testing.F) {
	none, one := anchorText(ledger.Head{}), anchorText(ledger.Head{Number: 1, Hash: hashText(nil)})
	f.Add(append(none, one...))
	f.Add(bytes.Repeat(none, 2))
	f.Fuzz(func(t *testing.T, raw []byte) {
		head, err := parseAnchor(raw)
		if err == nil && head.Number > 0 && !bytes.Contains(raw, anchorText(head)) {
			t.Errorf("read %+v out of %q", head, raw)
		}
	})
}

func TestHashBlock(t *testing.T) {
	e := open(t, options(t.TempDir()))
	submit(t, e, batch("a", put("k", "1")))
	submit(t, e, batch("b", put("k", "2"), conformance.Step{Do: "event", Key: "e", Value: "v"},
		conformance.Step{Do: "put private", Org: bank, Key: "p", Value: "secret"}))
	b, err := e.Block(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if hash, err := HashBlock(b); err != nil || hash != b.Hash {
		t.Errorf("got %s, %v, want %s", hash, err, b.Hash)
	}
	for what, change := range map[string]func(*ledger.Block){
		"number":   func(b *ledger.Block) { b.Number++ },
		"previous": func(b *ledger.Block) { b.Previous = strings.ToLower(b.Previous) },
		"time":     func(b *ledger.Block) { b.Time = b.Time.Add(time.Millisecond) },
		"command":  func(b *ledger.Block) { b.Transactions[0].Commands[0] += " " },
		"result":   func(b *ledger.Block) { b.Transactions[0].Results[0].Status = contract.Refused },
		"value":    func(b *ledger.Block) { b.Transactions[0].Writes[0].Value = []byte("3") },
		"private":  func(b *ledger.Block) { b.Transactions[0].Private[0].Hash = "" },
		"event":    func(b *ledger.Block) { b.Transactions[0].Event = nil },
		"caller":   func(b *ledger.Block) { b.Transactions[0].Caller = bank },
	} {
		t.Run("it covers the "+what, func(t *testing.T) {
			b, err := e.Block(t.Context(), 2)
			if err != nil {
				t.Fatal(err)
			}
			hash := b.Hash
			change(b)
			if got, err := HashBlock(b); err != nil || got == hash {
				t.Errorf("the hash stays %s, %v", got, err)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	t.Run("a history never holds that of another key", func(t *testing.T) {
		e := open(t, options(t.TempDir()))
		submit(t, e, batch("a", put("k", "1"), put("k~", "2"), put("k\U0010ffff", "3")))
		for _, key := range []string{"", "\xff", "k\xff", "k\xff\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00"} {
			if versions, err := e.History(t.Context(), key); err != nil || len(versions) > 0 {
				t.Errorf("history of %q: %v, %v", key, versions, err)
			}
		}
		verify(t, e)
	})
	t.Run("a range ends where its prefix does", func(t *testing.T) {
		for prefix, want := range map[string]string{"a": "b", "a\xff": "b", "a\xff\xff": "b", "ab": "ac"} {
			if got := prefixEnd([]byte(prefix)); string(got) != want {
				t.Errorf("after %q comes %q, want %q", prefix, got, want)
			}
		}
	})
}

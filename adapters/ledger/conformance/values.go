package conformance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"decore/adapters/ledger"
	"decore/chaincode/evidence"
)

func getInOrder(h *harness) {
	h.one("a", put("k1", "1"), put("k3", "3"))
	values, err := h.ledger.Get(h.ctx, "k3", "k2", "k1", "k3")
	h.check(err)
	got := make([]string, len(values))
	for i, v := range values {
		if got[i] = string(v); v == nil {
			got[i] = absent
		}
	}
	h.equal("values", strings.Join(got, " "), "3 - 1 3")
	none, err := h.ledger.Get(h.ctx)
	h.check(err)
	h.equal("number of values for no key", strconv.Itoa(len(none)), "0")
}

func (h *harness) keysIn(from, to string, limit int) string {
	h.Helper()
	entries, err := h.ledger.Range(h.ctx, from, to, limit)
	h.check(err)
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
		h.equal("value of "+e.Key, string(e.Value), "value of "+e.Key)
	}
	return strings.Join(keys, " ")
}

func ranges(h *harness) {
	var writes []Step
	for _, key := range []string{"r/b", "r/a", "r/c", "r/aa", "r0", "q"} {
		writes = append(writes, put(key, "value of "+key))
	}
	h.one("a", writes...)
	for _, c := range []struct {
		from, to string
		limit    int
		want     string
	}{
		{"r/", "r0", 10, "r/a r/aa r/b r/c"},
		{"r/", "r0", 2, "r/a r/aa"},
		{"r/a", "r/b", 10, "r/a r/aa"},
		{"r/aa", "r/c", 10, "r/aa r/b"},
		{"r/a", "r/a", 10, ""},
		{"r/c", "r/a", 10, ""},
		{"r/", "r0", 0, ""},
		{"q", "r1", 10, "q r/a r/aa r/b r/c r0"},
		{"s", "t", 10, ""},
	} {
		h.equal(fmt.Sprintf("keys from %q to %q, at most %d", c.from, c.to, c.limit), h.keysIn(c.from, c.to, c.limit), c.want)
	}
}

// odd are keys in order; those in the middle are prefixes of one another or hold control and far characters.
var odd = []string{
	"o", "o\x01", "o\x01\x02", "o ", "o%00", "o/1", "o/1/2", "o\\", "o\x7f", "oé", "o订单", "o\uffff", "o\U0010ffff",
}

func oddKeys(h *harness) {
	var writes []Step
	for _, key := range slices.Backward(odd) {
		writes = append(writes, put(key, "value of "+key), Step{Do: "put private", Org: h.engine.Own, Key: key, Value: "own " + key})
	}
	h.one("a", writes...)
	entries, err := h.ledger.Range(h.ctx, "o", "p", 100)
	h.check(err)
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	h.equal("keys in order", fmt.Sprintf("%q", keys), fmt.Sprintf("%q", odd))
	for _, key := range odd {
		h.equal("value", h.value(key), "value of "+key)
		private, err := h.ledger.Private(h.ctx, h.engine.Own, key)
		h.check(err)
		h.equal("private value", string(private[0]), "own "+key)
		versions, err := h.ledger.History(h.ctx, key)
		h.check(err)
		if len(versions) != 1 || string(versions[0].Value) != "value of "+key {
			h.Errorf("history of %q: %v", key, versions)
		}
	}
}

func contractRange(h *harness) {
	h.one("a", put("r1", "1"), put("r2", "2"), put("r3", "3"))
	saw := h.one("b", put("r0", "0"), Step{Do: "range", Key: "r", To: "s", Limit: 2})
	h.equal("entries", saw, "r1=1 r2=2")
	h.equal("entries later", h.one("c", Step{Do: "range", Key: "r", To: "r2", Limit: 9}), "r0=0 r1=1")
}

func badWrites(h *harness) {
	before := h.head()
	for name, step := range map[string]Step{
		"empty key":              put("", "v"),
		"empty value":            put("k", ""),
		"leading U+0000":         put("\x00k", "v"),
		"unknown step":           do("delete"),
		"empty private key":      {Do: "put private", Org: h.engine.Own, Value: "v"},
		"empty private value":    {Do: "put private", Org: h.engine.Own, Key: "k"},
		"unknown organisation":   {Do: "put private", Org: "NobodyMSP", Key: "k", Value: "v"},
		"event without a name":   {Do: "event", Value: "v"},
		"hash of an unknown org": {Do: "private hash", Org: "NobodyMSP", Key: "k"},
	} {
		if _, err := h.try(command(name, step)); err == nil {
			h.Errorf("%s: the batch succeeded", name)
		}
	}
	h.equal("newest block", h.head().Hash, before.Hash)
}

func privateValues(h *harness) {
	h.one("a", Step{Do: "put private", Org: h.engine.Own, Key: "k", Value: "mine"},
		Step{Do: "put private", Org: h.engine.Other, Key: "k", Value: "theirs"})
	values, err := h.ledger.Private(h.ctx, h.engine.Own, "k", "none")
	h.check(err)
	h.equal("own value", string(values[0]), "mine")
	if values[1] != nil {
		h.Errorf("absent private value: got %q, want nil", values[1])
	}
	if _, err := h.ledger.Private(h.ctx, "NobodyMSP", "k"); !errors.Is(err, ledger.ErrNotEntitled) {
		h.Errorf("collection of an unknown organisation: got %v, want ErrNotEntitled", err)
	}
	if !slices.Contains(h.ledger.Orgs(), h.engine.Other) {
		if _, err := h.ledger.Private(h.ctx, h.engine.Other, "k"); !errors.Is(err, ledger.ErrNotEntitled) {
			h.Errorf("collection of another organisation: got %v, want ErrNotEntitled", err)
		}
	}
	h.equal("public key of that name", h.value("k"), absent)
}

func privateHashes(h *harness) {
	c := h.submit(command("a", Step{Do: "put private", Org: h.engine.Own, Key: "k", Value: "mine"},
		Step{Do: "put private", Org: h.engine.Other, Key: "k", Value: "theirs"}))
	hash := func(value string) string {
		sum := sha256.Sum256([]byte(value))
		return hex.EncodeToString(sum[:])
	}
	saw := h.one("b", Step{Do: "private hash", Org: h.engine.Own, Key: "k"}, Step{Do: "private hash", Org: h.engine.Other, Key: "k"},
		Step{Do: "private hash", Org: h.engine.Other, Key: "none"})
	h.equal("hashes", saw, hash("mine")+" "+hash("theirs")+" -")
	for _, w := range h.transaction(c).Private {
		want := map[string]string{h.engine.Own: "mine", h.engine.Other: "theirs"}[w.Org]
		h.equal("hash in the block", string(w.Hash), string(evidence.Commit([]byte(want))))
	}
}

func history(h *harness) {
	var want []ledger.Commit
	for i := range 3 {
		text := strconv.Itoa(i)
		want = append(want, h.submit(command("a"+text, put("k", text), put("k/longer", text))))
	}
	got, err := h.ledger.History(h.ctx, "k")
	h.check(err)
	if len(got) != len(want) {
		h.Fatalf("%d versions, want %d", len(got), len(want))
	}
	for i, v := range got {
		h.equal("value", string(v.Value), strconv.Itoa(i))
		h.equal("transaction", v.Tx, want[i].Tx)
		if v.Block != want[i].Block || !v.Time.Equal(want[i].Time) {
			h.Errorf("version %d: block %d at %v, want %d at %v", i, v.Block, v.Time, want[i].Block, want[i].Time)
		}
	}
	none, err := h.ledger.History(h.ctx, "none")
	h.check(err)
	h.equal("versions of an absent key", strconv.Itoa(len(none)), "0")
}

func readsDuringWrites(h *harness) {
	h.one("first", put("x", "0"), put("y", "0"))
	ctx, stop := context.WithCancel(h.ctx)
	var readers errgroup.Group
	for range 2 {
		readers.Go(func() error {
			for ctx.Err() == nil {
				values, err := h.ledger.Get(h.ctx, "x", "y")
				if err != nil {
					return err
				}
				if string(values[0]) != string(values[1]) {
					return fmt.Errorf("half a transaction: x is %s and y is %s", values[0], values[1])
				}
			}
			return nil
		})
	}
	for i := range 30 {
		text := strconv.Itoa(i)
		h.one("w"+text, put("x", text), put("y", text))
	}
	stop()
	h.check(readers.Wait())
}

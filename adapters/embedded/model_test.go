package embedded

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"decore/adapters/ledger/conformance"
)

// model is what a ledger must hold, kept in maps. Each run of the test has keys under a prefix of its own
// in the one ledger, which grows meanwhile.
type model struct {
	prefix   string
	versions map[string][]string
	private  map[string]string
}

// Random batches, restarts and reads: the engine answers as plain maps would.
func TestModel(t *testing.T) {
	dir, runs := t.TempDir(), 0
	e := open(t, options(dir))
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		m := &model{prefix: fmt.Sprintf("%d/", runs), versions: map[string][]string{}, private: map[string]string{}}
		for i := range rapid.IntRange(1, 12).Draw(rt, "batches") {
			m.submit(rt, t, e, i)
		}
		if rapid.IntRange(0, 9).Draw(rt, "restart") == 0 {
			closeIt(t, e)
			e = open(t, options(dir))
		}
		m.compare(rt, t, e)
	})
	verify(t, e)
}

func (m *model) key(rt *rapid.T, label string) string {
	return m.prefix + rapid.SampledFrom([]string{"a", "a ", "a~", "aé", "b", "b\x01", "b/1", "订单"}).Draw(rt, label)
}

// submit writes a few keys in one batch, which sometimes fails at its end.
func (m *model) submit(rt *rapid.T, t *testing.T, e *Engine, i int) {
	var steps []conformance.Step
	public, private := map[string]string{}, map[string]string{}
	for n := range rapid.IntRange(1, 4).Draw(rt, "steps") {
		k, value := m.key(rt, "key"), fmt.Sprintf("%d.%d", i, n)
		if rapid.Bool().Draw(rt, "private") {
			steps = append(steps, conformance.Step{Do: "put private", Org: bank, Key: k, Value: value})
			private[k] = value
			continue
		}
		steps = append(steps, put(k, value))
		public[k] = value
	}
	if rapid.IntRange(0, 3).Draw(rt, "fails") == 0 {
		steps = append(steps, conformance.Step{Do: "fail"})
		if _, err := e.Submit(t.Context(), batch(fmt.Sprint(m.prefix, i), steps...)); err == nil {
			rt.Fatal("a failing batch succeeded")
		}
		return
	}
	submit(t, e, batch(fmt.Sprint(m.prefix, i), steps...))
	for k, value := range public {
		m.versions[k] = append(m.versions[k], value)
	}
	for k, value := range private {
		m.private[k] = value
	}
}

func (m *model) compare(rt *rapid.T, t *testing.T, e *Engine) {
	for k, want := range m.versions {
		history, err := e.History(t.Context(), k)
		if err != nil {
			rt.Fatal(err)
		}
		var got []string
		for _, v := range history {
			got = append(got, string(v.Value))
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("history of %q: %q, want %q", k, got, want)
		}
	}
	for k, want := range m.private {
		got, err := e.Private(t.Context(), bank, k)
		if err != nil || string(got[0]) != want {
			rt.Fatalf("private %q: %q, %v, want %q", k, got, err, want)
		}
	}
	from, to, limit := m.key(rt, "from"), m.key(rt, "to"), rapid.IntRange(0, 9).Draw(rt, "limit")
	var want []string
	for _, k := range slices.Sorted(maps.Keys(m.versions)) {
		if from <= k && k < to {
			want = append(want, k+"="+m.versions[k][len(m.versions[k])-1])
		}
	}
	entries, err := e.Range(t.Context(), from, to, limit)
	if err != nil {
		rt.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Key+"="+string(entry.Value))
	}
	if want = want[:min(limit, len(want))]; !slices.Equal(got, want) {
		rt.Fatalf("from %q to %q: %s, want %s", from, to, strings.Join(got, " "), strings.Join(want, " "))
	}
}

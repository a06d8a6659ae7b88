package risk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/gateway/risk"
)

// distance is the edit distance by its definition (Levenshtein), row by row.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before := row[0]
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			before, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, before+cost)
		}
	}
	return row[len(y)]
}

func TestOneEditIsADistanceOfOne(t *testing.T) {
	number := rapid.StringOfN(rapid.RuneFrom([]rune("01号")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		if got, want := risk.OneEdit(a, b), distance(a, b) == 1; got != want || risk.OneEdit(b, a) != got {
			t.Fatalf("%q and %q: %t, want %t", a, b, got, want)
		}
	})
}

// hit reports whether the rule fires for a when b is beside it.
func hit(s risk.Settings, code risk.Code, a, b risk.Paper) bool {
	f := facts()
	f.Record, f.Paper, f.Similar, f.Named = a.Record, &a, []risk.Paper{b}, []risk.Paper{b}
	_, fired := signalOf(risk.Assess(f, s), code)
	return fired
}

func TestNearDuplicatesAreSoBothWaysAndAsTheOracleSays(t *testing.T) {
	s := settings(t)
	fired := 0
	rapid.Check(t, func(t *rapid.T) {
		s.DateToleranceDays = rapid.IntRange(0, 10).Draw(t, "days")
		percent := rapid.Int64Range(0, 50).Draw(t, "percent")
		s.AmountTolerance = money.MustRate(fmt.Sprintf("0.%02d", percent))
		fen := rapid.Int64Range(1, 1000)
		x, y, apart := fen.Draw(t, "x"), fen.Draw(t, "y"), rapid.IntRange(-12, 12).Draw(t, "apart")
		a := paper("REC-1", func(p *risk.Paper) { p.Amount = money.Fen(x) })
		b := paper("REC-2", func(p *risk.Paper) { p.Amount, p.Day = money.Fen(y), day.AddDays(apart) })
		want := 100*max(x-y, y-x) <= percent*max(x, y) && max(apart, -apart) <= s.DateToleranceDays
		if got := hit(s, risk.NearDuplicate, a, b); got != want || hit(s, risk.NearDuplicate, b, a) != got {
			t.Fatalf("%d and %d fen, %d days apart, %d%%: %t, want %t", x, y, apart, percent, got, want)
		}
		if least, most := risk.Bounds(s, a.Amount); want && (b.Amount.Less(least) || most.Less(b.Amount)) {
			t.Fatalf("%s is near %s but is not looked for in %s to %s", b.Amount, a.Amount, least, most)
		}
		if want {
			fired++
		}
	})
	if fired == 0 {
		t.Error("none was near")
	}
}

// Nothing of a document that the caller may not read comes into a report: only how many there are.
func TestOfWhatIsWithheldOnlyTheNumberIsTold(t *testing.T) {
	s := settings(t)
	counted := 0
	rapid.Check(t, func(t *rapid.T) {
		f := facts()
		n := rapid.IntRange(0, 4).Draw(t, "withheld")
		for i := range n {
			p := paper(fmt.Sprintf("REC-SECRET-%d", i), func(p *risk.Paper) {
				p.Withheld, p.Seller, p.Buyer, p.Parents = true, "SECRETSELLER", "SECRETBUYER", []string{"ORD-SECRET"}
				p.Amount = money.Fen(rapid.Int64Range(9_700_000, 10_300_000).Draw(t, "fen"))
				p.Day = day.AddDays(rapid.IntRange(-10, 10).Draw(t, "day"))
				p.Number = rapid.SampledFrom([]string{f.Paper.Number, "26372000000000000009", "SECRETNUMBER"}).Draw(t, "number")
			})
			f.Similar, f.Named = append(f.Similar, p), append(f.Named, p)
		}
		r := risk.Assess(f, s)
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		texts := string(raw)
		for _, x := range r.Signals {
			texts += x.Text.En + x.Text.Zh
			counted += x.Others
			if len(x.Records) > 0 || x.Others < 1 || x.Others > n {
				t.Fatalf("of %d withheld: %+v", n, x)
			}
		}
		if strings.Contains(texts, "SECRET") {
			t.Fatalf("it is told: %s", texts)
		}
		// What is told depends on nothing but how many match: other amounts that match as well give the same report.
		for i := range f.Similar {
			near := *f.Paper
			near.Record, near.Withheld, near.Parents = f.Similar[i].Record, true, nil
			if hit(s, risk.NearDuplicate, *f.Paper, f.Similar[i]) {
				near.Number, near.Amount = f.Similar[i].Number, yuan("100500.00")
				if f.Similar[i].Amount.Cmp(f.Paper.Amount) != 0 {
					f.Similar[i], f.Named[i] = near, near
				}
			}
		}
		again, err := json.Marshal(risk.Assess(f, s))
		if err != nil || string(again) != string(raw) {
			t.Fatalf("other figures that match give another report:\n%s\n%s", raw, again)
		}
	})
	if counted == 0 {
		t.Error("none was counted")
	}
}

func TestTheShortestRoundTripIsTold(t *testing.T) {
	parties := []ident.USCC{seller, buyer, third, fourth}
	s := settings(t)
	rapid.Check(t, func(t *rapid.T) {
		f := facts()
		f.Knowledge = nil
		linked := map[[2]ident.USCC]bool{}
		for i := range rapid.IntRange(0, 7).Draw(t, "sales") {
			from, to := rapid.SampledFrom(parties).Draw(t, "from"), rapid.SampledFrom(parties).Draw(t, "to")
			linked[[2]ident.USCC{from, to}] = true
			f.Sales = append(f.Sales, sale(from, to, fmt.Sprintf("ORD-%d", i), 0))
		}
		want := 0
		for n, trips := range [][][]ident.USCC{{{buyer, seller}}, {{buyer, third, seller}, {buyer, fourth, seller}}, {{buyer, third, fourth, seller}, {buyer, fourth, third, seller}}} {
			closed := slices.ContainsFunc(trips, func(trip []ident.USCC) bool {
				for i := range len(trip) - 1 {
					if !linked[[2]ident.USCC{trip[i], trip[i+1]}] {
						return false
					}
				}
				return true
			})
			if closed && want == 0 {
				want = n + 1
			}
		}
		got, fired := signalOf(risk.Assess(f, s), risk.RoundTrip)
		if fired != (want > 0) || len(got.Records) != want {
			t.Fatalf("got %v, want %d sales back", got.Records, want)
		}
	})
}

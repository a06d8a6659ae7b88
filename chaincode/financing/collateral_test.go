package financing_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/chaincode/credit"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
)

// securedBy is a financing on collateral.
func securedBy(t testing.TB, collateral ...string) financing.Terms {
	t.Helper()
	return offered(t, financing.ReceiptLoan, collateral...)
}

// numbered are n records.
func numbered(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("x%02d", i))
	}
	return ids
}

// faulty is code and field of a fault, "" for none.
func faulty(err error) string {
	if f := fault.Of(err); f != nil {
		return string(f.Code) + f.Field
	}
	return ""
}

func TestProductsOnGoodsTakeTheLienOfTheirKind(t *testing.T) {
	for p, want := range map[financing.Product]encumbrance.Kind{financing.InventoryPledge: encumbrance.Pledge, financing.FloatingPledge: encumbrance.Floating,
		financing.InventoryLoan: encumbrance.Mortgage, financing.ReceiptLoan: encumbrance.Pledge} {
		if kind, secured := p.Lien(); kind != want || !secured {
			t.Errorf("%s: %s, %t", p, kind, secured)
		}
	}
}

func TestCollateralRollsOver(t *testing.T) {
	for name, c := range map[string]struct {
		args financing.RollOverArgs
		want string // a list or a fault
	}{
		"to two parts":             {financing.RollOverArgs{From: "b", To: []string{"b2", "b1"}}, "a b1 b2"},
		"and stays":                {financing.RollOverArgs{From: "b", To: []string{"b1"}, Keep: true}, "a b b1"},
		"to what secures already":  {financing.RollOverArgs{From: "b", To: []string{"a"}}, "FIELD_INVALID/to"},
		"to itself, and stays":     {financing.RollOverArgs{From: "b", To: []string{"b"}, Keep: true}, "FIELD_INVALID/to"},
		"twice to one":             {financing.RollOverArgs{From: "b", To: []string{"b1", "b1"}}, "FIELD_INVALID/to"},
		"to more than may secure":  {financing.RollOverArgs{From: "b", To: numbered(50)}, "FIELD_INVALID/to"},
		"to as many as may secure": {financing.RollOverArgs{From: "b", To: numbered(49)}, "a " + strings.Join(numbered(49), " ")},
		"from nothing":             {financing.RollOverArgs{To: []string{"b1"}}, "FIELD_REQUIRED/from"},
		"from what secures not":    {financing.RollOverArgs{From: "c", To: []string{"c1"}}, "LIEN_NOT_HELD/from"},
		"to nothing":               {financing.RollOverArgs{From: "b"}, "FIELD_REQUIRED/to"},
	} {
		before := securedBy(t, "a", "b")
		after, err := before.RollOver(c.args)
		got := faulty(err)
		if err == nil {
			got = strings.Join(after.Collateral, " ")
		}
		if got != c.want || err != nil && !reflect.DeepEqual(before, after) || !slices.Equal(before.Collateral, []string{"a", "b"}) {
			t.Errorf("%s: got %q, want %q; before %v", name, got, c.want, before.Collateral)
		}
	}
}

func TestPartIsReleasedAndNeverTheLast(t *testing.T) {
	for ids, want := range map[string]string{"a": "b c", "c a": "b", "a b c": "COLLATERAL_REQUIRED/collateral", "": "FIELD_REQUIRED/collateral",
		"d": "LIEN_NOT_HELD/collateral", "a d": "LIEN_NOT_HELD/collateral", "a a": "LIEN_NOT_HELD/collateral"} {
		before := securedBy(t, "a", "b", "c")
		after, err := before.ReleasePart(financing.PartArgs{Collateral: strings.Fields(ids)})
		got := faulty(err)
		if err == nil {
			got = strings.Join(after.Collateral, " ")
		}
		if got != want || err != nil && !reflect.DeepEqual(before, after) || len(before.Collateral) != 3 {
			t.Errorf("%q: got %q, want %q", ids, got, want)
		}
	}
}

var (
	filing = financing.Registration{Number: "1", Registered: evidence.InstantOf(today.Start()), Expires: today.AddMonths(12)}
	rules  = credit.Policy{RegistrationMinMonths: 1, RegistrationMaxMonths: 360}
	now    = evidence.InstantOf(today.Start().Add(8 * time.Hour))
)

func taking(ids ...string) financing.TopUpArgs {
	return financing.TopUpArgs{Collateral: ids, Number: filing.Number, Registered: filing.Registered, Expires: filing.Expires}
}

// The lender gets what it looked at: what was put in its place since is not taken, nor what it does not name.
func TestALenderTakesWhatItNamesOfWhatIsPutUp(t *testing.T) {
	put, _ := securedBy(t, "a").PutUp(financing.PartArgs{Collateral: []string{"b", "c"}})
	one, err := put.TakeUp(taking("c"), rules, now)
	if err != nil || !slices.Equal(one.Collateral, []string{"a", "c"}) || !slices.Equal(one.Offered, []string{"b"}) || !slices.Equal(put.Offered, []string{"b", "c"}) {
		t.Errorf("one of two: %+v, %v", one, err)
	}
	for want, ids := range map[string][]string{"FIELD_REQUIRED/collateral": {}, "NOT_OFFERED/collateral/1": {"b", "d"}, "FIELD_INVALID/collateral": {"b", "b"}} {
		if got, err := put.TakeUp(taking(ids...), rules, now); faulty(err) != want || !reflect.DeepEqual(got, put) {
			t.Errorf("%v: got %v, want %s", ids, err, want)
		}
	}
}

func TestMoreCollateralIsPutUpAndTakenUp(t *testing.T) {
	for ids, want := range map[string]string{"c b": "", "": "FIELD_REQUIRED/collateral", "a": "FIELD_INVALID/collateral", "b b": "FIELD_INVALID/collateral",
		strings.Join(numbered(50), " "): "FIELD_INVALID/collateral"} {
		if _, err := securedBy(t, "a").PutUp(financing.PartArgs{Collateral: strings.Fields(ids)}); faulty(err) != want {
			t.Errorf("%q: got %v, want %q", ids, err, want)
		}
	}
	put, _ := securedBy(t, "a").PutUp(financing.PartArgs{Collateral: []string{"c", "b"}})
	if !slices.Equal(put.Offered, []string{"b", "c"}) || !slices.Equal(put.Collateral, []string{"a"}) {
		t.Errorf("put up: %v, secured by %v", put.Offered, put.Collateral)
	}
	taken, err := put.TakeUp(taking("b", "c"), rules, now)
	want := []financing.TopUp{{Collateral: []string{"b", "c"}, Registration: filing}}
	if err != nil || !slices.Equal(taken.Collateral, []string{"a", "b", "c"}) || len(taken.Offered) != 0 || !reflect.DeepEqual(taken.TopUps, want) {
		t.Errorf("taken up: %+v, %v", taken, err)
	}
	if _, err := taken.TakeUp(taking("b"), rules, now); faulty(err) != "COLLATERAL_REQUIRED" {
		t.Errorf("taken up again: %v", err)
	}
	// What came to secure the loan by another way meanwhile is not secured twice.
	put.Collateral = []string{"a", "b"}
	if _, err := put.TakeUp(taking("b", "c"), rules, now); faulty(err) != "FIELD_INVALID/collateral" {
		t.Errorf("of which one secures it already: %v", err)
	}
	put.Collateral, put.TopUps = []string{"a"}, make([]financing.TopUp, 50)
	if _, err := put.TakeUp(taking("b", "c"), rules, now); faulty(err) != "TOO_MANY" {
		t.Errorf("once too often: %v", err)
	}
}

func TestFurtherCollateralNeedsAFilingThatLasts(t *testing.T) {
	for want, change := range map[string]func(*financing.Registration){
		"REGISTRATION_INVALID/number":  func(r *financing.Registration) { r.Number = "" },
		"DATE_IN_FUTURE/registered":    func(r *financing.Registration) { r.Registered = evidence.InstantOf(now.Add(time.Second)) },
		"REGISTRATION_INVALID/expires": func(r *financing.Registration) { r.Expires = today.AddDays(89) },
	} {
		put, _ := securedBy(t, "a").PutUp(financing.PartArgs{Collateral: []string{"b"}})
		f := filing
		change(&f)
		if _, err := put.TakeUp(financing.TopUpArgs{Collateral: []string{"b"}, Number: f.Number, Registered: f.Registered, Expires: f.Expires}, rules, now); faulty(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestWhateverIsDoneTheCollateralIsInOrderOnceEachAndSomeIsLeft(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := securedBy(t, "a", "b")
		some := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", ""}), 0, 4)
		for range 20 {
			before, was := f, slices.Clone(f.Collateral)
			var err error
			switch ids := some.Draw(rt, "ids"); rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				f, err = f.RollOver(financing.RollOverArgs{From: rapid.SampledFrom(f.Collateral).Draw(rt, "from"), To: ids, Keep: rapid.Bool().Draw(rt, "keep")})
			case 1:
				f, err = f.ReleasePart(financing.PartArgs{Collateral: ids})
			case 2:
				f, err = f.PutUp(financing.PartArgs{Collateral: ids})
			default:
				f, err = f.TakeUp(taking(ids...), rules, now)
			}
			if !slices.Equal(before.Collateral, was) || err != nil && !reflect.DeepEqual(f, before) {
				rt.Fatalf("%v: %v became %v", err, was, f.Collateral)
			}
			if len(f.Collateral) == 0 || !slices.IsSorted(f.Collateral) || len(slices.Compact(slices.Clone(f.Collateral))) != len(f.Collateral) {
				rt.Fatalf("secured by %v", f.Collateral)
			}
		}
	})
}

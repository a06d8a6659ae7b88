package warehouse_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/warehouse"
)

var (
	today  = calendar.MustParse("2026-03-02")
	end    = today.AddDays(180)
	later  = end.AddDays(1)
	yuan   = money.MustParse
	owner  = ident.MustUSCC("91370200990000009K")
	keeper = ident.MustUSCC("91370200990000017E")
	bank   = ident.MustUSCC("913702009900000334")
	buyer  = ident.MustUSCC("91370200264609602K")
)

func tons(s string) goods.Quantity { return goods.MustQuantity(s + " t") }

// told is code, field and clause of a fault, "" for none.
func told(err error) string {
	switch f := fault.Of(err); {
	case err == nil:
		return ""
	case f == nil:
		return err.Error()
	case f.Clause != "":
		return string(f.Code) + f.Field + " " + f.Clause
	default:
		return string(f.Code) + f.Field
	}
}

// policy is the one that decore comes with.
func policy(t *testing.T) (p credit.Policy) {
	t.Helper()
	raw, err := os.ReadFile("../../fixtures/policies/credit-2026.json")
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func issueArgs() warehouse.IssueArgs {
	return warehouse.IssueArgs{Lot: "LOT-1", Quantity: tons("40"), Contents: warehouse.Face{Number: "WR1", DepositorAddress: "青岛市黄岛区前湾路 1 号",
		LossStandard: "0.3 %", StoredUntil: end, Fee: "0.6 元/吨·天", IssuePlace: "青岛"}}
}

func stored() warehouse.Stored {
	return warehouse.Stored{Owner: owner, OwnerName: "甲", Keeper: keeper, Goods: goods.Description{Name: "铝锭", Quality: "Al99.70"},
		Site: "3 号库", Position: "A-1", Since: today, Prices: goods.Prices{{By: keeper, Source: "SMM", Date: today, Price: yuan("20000.00")}}}
}

func issued(t *testing.T) warehouse.Terms {
	t.Helper()
	r, err := warehouse.Issue(issueArgs(), stored(), policy(t), today)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAReceiptWithoutAnEssentialElementIsRefusedWithItsClause(t *testing.T) {
	for want, change := range map[string]func(*warehouse.Face, *warehouse.Stored){
		"": func(*warehouse.Face, *warehouse.Stored) {},
		"FIELD_REQUIRED/contents/number GB/T 30332-2024":      func(f *warehouse.Face, _ *warehouse.Stored) { f.Number = "" },
		"FIELD_REQUIRED/contents/depositorName 民法典 909(1)":    func(_ *warehouse.Face, s *warehouse.Stored) { s.OwnerName = "" },
		"FIELD_REQUIRED/contents/depositorAddress 民法典 909(1)": func(f *warehouse.Face, _ *warehouse.Stored) { f.DepositorAddress = "" },
		"FIELD_REQUIRED/contents/goods/name 民法典 909(2)":       func(_ *warehouse.Face, s *warehouse.Stored) { s.Goods.Name = "" },
		"FIELD_REQUIRED/contents/goods/quality 民法典 909(2)":    func(_ *warehouse.Face, s *warehouse.Stored) { s.Goods.Quality = "" },
		"FIELD_REQUIRED/contents/lossStandard 民法典 909(3)":     func(f *warehouse.Face, _ *warehouse.Stored) { f.LossStandard = "" },
		"FIELD_REQUIRED/contents/site 民法典 909(4)":             func(_ *warehouse.Face, s *warehouse.Stored) { s.Site = "" },
		"FIELD_REQUIRED/contents/storedUntil 民法典 909(5)":      func(f *warehouse.Face, _ *warehouse.Stored) { f.StoredUntil = calendar.Date{} },
		"FIELD_REQUIRED/contents/fee 民法典 909(6)":              func(f *warehouse.Face, _ *warehouse.Stored) { f.Fee = "" },
		"FIELD_REQUIRED/contents/issuePlace 民法典 909(8)":       func(f *warehouse.Face, _ *warehouse.Stored) { f.IssuePlace = "" },
		"DATE_ORDER/contents/storedUntil":                     func(f *warehouse.Face, s *warehouse.Stored) { s.Since = f.StoredUntil.AddDays(1) },
		"RECEIPT_EXPIRED/contents/storedUntil": func(f *warehouse.Face, s *warehouse.Stored) {
			f.StoredUntil, s.Since = today.AddDays(-1), today.AddDays(-9)
		},
		"FIELD_INVALID/contents/remarks":            func(f *warehouse.Face, _ *warehouse.Stored) { f.Remarks = strings.Repeat("注", 201) },
		"FIELD_REQUIRED/contents/insurance/insurer": func(_ *warehouse.Face, s *warehouse.Stored) { s.Insurance = &goods.Insurance{} },
	} {
		a, s := issueArgs(), stored()
		change(&a.Contents, &s)
		if _, err := warehouse.Issue(a, s, policy(t), today); told(err) != want {
			t.Errorf("got %q, want %q", told(err), want)
		}
	}
}

func TestAnElementOfBlanksIsMissing(t *testing.T) {
	for _, blank := range []string{" ", "\u3000", "\t\n"} {
		a := issueArgs()
		a.Contents.Fee = blank
		if _, err := warehouse.Issue(a, stored(), policy(t), today); told(err) != "FIELD_REQUIRED/contents/fee 民法典 909(6)" {
			t.Errorf("a fee of %q: got %q", blank, told(err))
		}
	}
}

// What is essential is the policy's to say: the standard's clauses are data.
func TestAPolicyMayAskForMoreAndForLess(t *testing.T) {
	p := policy(t)
	p.ReceiptElements = []credit.ReceiptElement{{Field: "/insurance", Clause: "民法典 909(7)", Essential: true}, {Field: "/fee", Clause: "民法典 909(6)"}}
	if err := warehouse.CheckElements(p); err != nil {
		t.Fatal(err)
	}
	a, s := issueArgs(), stored()
	a.Contents.Fee, a.Contents.StoredUntil = "", calendar.Date{}
	if _, err := warehouse.Issue(a, s, p, today); told(err) != "FIELD_REQUIRED/contents/insurance 民法典 909(7)" {
		t.Errorf("got %q", told(err))
	}
	s.Insurance = &goods.Insurance{Insurer: "a", Policy: "b", Amount: yuan("1.00"), From: today, Until: end}
	r, err := warehouse.Issue(a, s, p, today)
	if err != nil {
		t.Fatalf("a receipt without fee and term of storage, which this policy lets be: %v", err)
	}
	if _, err := r.Expire(later.AddDays(9999)); told(err) != "NOT_OVERDUE 民法典 915, 916" {
		t.Errorf("a receipt without a term ran out: %v", err)
	}
	p.ReceiptElements = append(p.ReceiptElements, credit.ReceiptElement{Field: "/colour"})
	if err := warehouse.CheckElements(p); err == nil || !strings.Contains(err.Error(), "/receiptElements/2/field") {
		t.Errorf("an element that no receipt has: %v", err)
	}
}

func TestAReceiptIsEndorsedToAnotherAndNeverToItsOwnerOrKeeper(t *testing.T) {
	for want, to := range map[string]ident.USCC{"FIELD_REQUIRED/to": "", "SAME_PARTY/to": owner} {
		if _, _, err := issued(t).Endorse(warehouse.EndorseArgs{To: to}, today); told(err) != want {
			t.Errorf("to %q: got %v, want %s", to, err, want)
		}
	}
	if _, _, err := issued(t).Endorse(warehouse.EndorseArgs{To: keeper}, today); told(err) != "SAME_PARTY/to" {
		t.Errorf("to the keeper: %v", err)
	}
	asked, state, err := issued(t).Endorse(warehouse.EndorseArgs{To: buyer}, today)
	if err != nil || state != warehouse.Endorsing || asked.Owner != owner {
		t.Fatalf("asked: owner %s, %s, %v", asked.Owner, state, err)
	}
	asked.Pledge = &warehouse.PledgeMark{Bank: bank, Financing: "FIN-1"}
	passed, state, err := asked.Pass(today)
	want := []warehouse.Endorsement{{From: owner, To: buyer, Date: today}}
	if err != nil || state != warehouse.Issued || passed.Owner != buyer || !reflect.DeepEqual(passed.Endorsements, want) || passed.Request != nil || passed.Perfected("FIN-1") {
		t.Errorf("passed: %+v, %s, %v", passed, state, err)
	}
	if back, _ := asked.Settle(today); back.Owner != owner || back.Request != nil {
		t.Errorf("not signed: %+v", back)
	}
	passed.Request, passed.Endorsements = asked.Request, make([]warehouse.Endorsement, 100)
	if _, _, err := passed.Pass(today); told(err) != "TOO_MANY" {
		t.Errorf("an endorsement too many: %v", err)
	}
}

func TestNothingBeginsOnAReceiptThatHasRunOut(t *testing.T) {
	r := issued(t)
	if _, _, err := r.AskPledge(warehouse.PledgeArgs{Financing: "FIN-1"}, bank, end); err != nil {
		t.Errorf("a pledge on the last day: %v", err)
	}
	if _, _, err := r.AskPledge(warehouse.PledgeArgs{Financing: "FIN-1"}, bank, later); told(err) != "RECEIPT_EXPIRED" {
		t.Errorf("a pledge after it: %v", err)
	}
	if _, _, err := r.Endorse(warehouse.EndorseArgs{To: buyer}, later); told(err) != "RECEIPT_EXPIRED" {
		t.Errorf("an endorsement after it: %v", err)
	}
	if _, refused := warehouse.Advance(r, warehouse.Issued, policy(t), later); refused == nil || refused.Code != fault.ReceiptExpired {
		t.Errorf("a loan after it: %v", refused)
	}
	if _, err := r.Expire(end); told(err) != "NOT_OVERDUE 民法典 915, 916" {
		t.Errorf("it runs out on its last day: %v", err)
	}
	if state, err := r.Expire(later); err != nil || state != warehouse.Expired {
		t.Errorf("the day after: %s, %v", state, err)
	}
	asked, _, _ := r.AskPledge(warehouse.PledgeArgs{Financing: "FIN-1"}, bank, end)
	if _, state := asked.Settle(later); state != warehouse.Expired {
		t.Errorf("what was asked for is recalled when the term is over: %s", state)
	}
}

func TestStorageIsProlongedAndNeverShortened(t *testing.T) {
	for want, until := range map[string]calendar.Date{"FIELD_REQUIRED/until": {}, "DATE_ORDER/until": end, "": end.AddDays(1)} {
		if _, _, err := issued(t).Extend(warehouse.ExtendArgs{Until: until}, today); told(err) != want {
			t.Errorf("until %s: got %v, want %q", until, err, want)
		}
	}
	if _, _, err := issued(t).Extend(warehouse.ExtendArgs{Until: end.AddDays(5)}, end.AddDays(6)); told(err) != "DATE_ORDER/until" {
		t.Errorf("until a day that is over: %v", err)
	}
}

func TestAPledgeIsOnTheReceiptOnceTheKeeperSigned(t *testing.T) {
	asked, state, err := issued(t).AskPledge(warehouse.PledgeArgs{Financing: "FIN-1"}, bank, today)
	if err != nil || state != warehouse.Pledging || asked.Perfected("FIN-1") {
		t.Fatalf("asked: %s, perfected %t, %v", state, asked.Perfected("FIN-1"), err)
	}
	if parties := asked.Parties(); !reflect.DeepEqual(parties, []ident.USCC{owner, keeper, bank}) {
		t.Errorf("who is offered it may read it: %v", parties)
	}
	signed, state, err := asked.MarkPledged(end)
	if err != nil || state != warehouse.Issued || !signed.Perfected("FIN-1") || signed.Perfected("FIN-2") || signed.Request != nil {
		t.Errorf("signed: %+v, %s, %v", signed, state, err)
	}
}

func TestWhatRanOutWhileTheKeeperWaitedIsNotSigned(t *testing.T) {
	pledging, _, _ := issued(t).AskPledge(warehouse.PledgeArgs{Financing: "FIN-1"}, bank, today)
	if _, _, err := pledging.MarkPledged(later); told(err) != "RECEIPT_EXPIRED" {
		t.Errorf("the pledge: %v", err)
	}
	endorsing, _, _ := issued(t).Endorse(warehouse.EndorseArgs{To: buyer}, today)
	if _, _, err := endorsing.Pass(later); told(err) != "RECEIPT_EXPIRED" {
		t.Errorf("the endorsement: %v", err)
	}
	if passed, _, err := endorsing.Pass(end); err != nil || passed.Owner != buyer {
		t.Errorf("on the last day: %s, %v", passed.Owner, err)
	}
}

func split(quantities ...string) (a warehouse.SplitArgs) {
	for i, q := range quantities {
		a.Parts = append(a.Parts, warehouse.Part{ID: strconv.Itoa(i), Quantity: goods.MustQuantity(q)})
	}
	return a
}

func TestPartsComeToTheWholeToTheLastGram(t *testing.T) {
	many := make([]string, 21)
	for i := range many {
		many[i] = "1 t"
	}
	for _, c := range []struct {
		parts []string
		want  string
	}{
		{[]string{"15 t", "25 t"}, ""},
		{[]string{"13.333333 t", "13.333333 t", "13.333334 t"}, ""},
		{[]string{"15 t", "25.000001 t"}, "SUM_MISMATCH/parts"},
		{[]string{"15 t", "24.999999 t"}, "SUM_MISMATCH/parts"},
		{[]string{"40 t"}, "FIELD_INVALID/parts"},
		{nil, "FIELD_INVALID/parts"},
		{many, "FIELD_INVALID/parts"},
		{[]string{"40 t", "0 t"}, "QUANTITY_NOT_POSITIVE/parts/1/quantity"},
		{[]string{"15 t", "25000 kg"}, "UNIT_MISMATCH/parts/1/quantity"},
		{[]string{"15 kg", "25 kg"}, "UNIT_MISMATCH/parts/0/quantity"},
	} {
		asked, state, err := issued(t).AskSplit(split(c.parts...))
		if told(err) != c.want {
			t.Errorf("%v: got %v, want %q", c.parts, err, c.want)
			continue
		}
		if err != nil {
			continue
		}
		sum := tons("0")
		for i := range c.parts {
			p := asked.Part(i, ident.WrittenNumber("P"+strconv.Itoa(i)), today)
			sum = sum.Plus(p.Quantity)
			if p.Request != nil || p.Contents.StoredUntil != end || p.Owner != owner || p.Contents.Number == "WR1" {
				t.Errorf("part %d: %+v", i, p)
			}
		}
		if sum.Cmp(tons("40")) != 0 || state != warehouse.Splitting {
			t.Errorf("%v: parts come to %s, %s", c.parts, sum, state)
		}
	}
	lossy := issued(t)
	lossy.Missing = tons("0.1")
	if _, _, err := lossy.AskSplit(split("15 t", "25 t")); told(err) != "WRONG_STATE" {
		t.Errorf("a receipt of which some is lost: %v", err)
	}
}

func TestOnlyReceiptsThatStateTheSameBecomeOne(t *testing.T) {
	insured := &goods.Insurance{Insurer: "人保", Policy: "P1", Amount: yuan("800000.00"), From: today, Until: end}
	for name, c := range map[string]struct {
		change func(*warehouse.Terms)
		unlike string
	}{
		"the same":                   {func(*warehouse.Terms) {}, ""},
		"another number":             {func(r *warehouse.Terms) { r.Contents.Number = "WR2" }, ""},
		"issued on another day":      {func(r *warehouse.Terms) { r.Contents.IssuedOn = today.AddDays(-1) }, ""},
		"stored until another day":   {func(r *warehouse.Terms) { r.Contents.StoredUntil = later }, ""},
		"another quantity":           {func(r *warehouse.Terms) { r.Quantity = tons("1") }, ""},
		"of another lot":             {func(r *warehouse.Terms) { r.Lot = "LOT-2" }, "/lot"},
		"of another owner":           {func(r *warehouse.Terms) { r.Owner = buyer }, "/owner"},
		"of another keeper":          {func(r *warehouse.Terms) { r.Keeper = buyer }, "/keeper"},
		"other goods":                {func(r *warehouse.Terms) { r.Contents.Goods.Name = "铜" }, "/contents/goods"},
		"a lesser quality":           {func(r *warehouse.Terms) { r.Contents.Goods.Quality = "Al99.60" }, "/contents/goods"},
		"another batch":              {func(r *warehouse.Terms) { r.Contents.Goods.Batch = "B2" }, "/contents/goods"},
		"in another unit":            {func(r *warehouse.Terms) { r.Quantity = goods.MustQuantity("40 kg") }, "/quantity"},
		"with a part lost":           {func(r *warehouse.Terms) { r.Missing = tons("0.000001") }, "/missing"},
		"with nothing lost":          {func(r *warehouse.Terms) { r.Missing = tons("0.00") }, ""},
		"another depositor":          {func(r *warehouse.Terms) { r.Contents.Depositor = buyer }, "/contents/depositor"},
		"another depositor's name":   {func(r *warehouse.Terms) { r.Contents.DepositorName = "乙" }, "/contents/depositorName"},
		"another depositor's street": {func(r *warehouse.Terms) { r.Contents.DepositorAddress = "乙路" }, "/contents/depositorAddress"},
		"another fee":                {func(r *warehouse.Terms) { r.Contents.Fee = "99 元/吨·天" }, "/contents/fee"},
		"another loss that is usual": {func(r *warehouse.Terms) { r.Contents.LossStandard = "9 %" }, "/contents/lossStandard"},
		"at another site":            {func(r *warehouse.Terms) { r.Contents.Site = "4 号库" }, "/contents/site"},
		"in another position":        {func(r *warehouse.Terms) { r.Contents.Position = "B-2" }, "/contents/position"},
		"with an insurance":          {func(r *warehouse.Terms) { r.Contents.Insurance = insured }, "/contents/insurance"},
		"of another issuer":          {func(r *warehouse.Terms) { r.Contents.Issuer = buyer }, "/contents/issuer"},
		"issued elsewhere":           {func(r *warehouse.Terms) { r.Contents.IssuePlace = "烟台" }, "/contents/issuePlace"},
		"with a remark":              {func(r *warehouse.Terms) { r.Contents.Remarks = "破损" }, "/contents/remarks"},
	} {
		other := issued(t)
		c.change(&other)
		if one := issued(t); one.Unlike(other) != c.unlike || other.Unlike(one) != c.unlike {
			t.Errorf("%s: unlike at %q and %q, want %q", name, one.Unlike(other), other.Unlike(one), c.unlike)
		}
	}
	one, same, other := issued(t), issued(t), issued(t)
	more := *insured
	more.Amount = yuan("0.01")
	one.Contents.Insurance, same.Contents.Insurance, other.Contents.Insurance = insured, again(*insured), &more
	if one.Unlike(same) != "" || one.Unlike(other) != "/contents/insurance" {
		t.Errorf("two insurances: %q and %q", one.Unlike(same), one.Unlike(other))
	}
	for want, a := range map[string]warehouse.MergeArgs{"": {Others: []string{"2"}, Into: "3"}, "FIELD_INVALID/others": {Into: "3"},
		"FIELD_REQUIRED/into": {Others: []string{"2"}}} {
		if _, _, err := issued(t).AskMerge(a); told(err) != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, _, err := issued(t).AskMerge(warehouse.MergeArgs{Others: make([]string, 20), Into: "3"}); told(err) != "FIELD_INVALID/others" {
		t.Errorf("more than may go into one: %v", err)
	}
}

func again(i goods.Insurance) *goods.Insurance { return &i }

func merged(t *testing.T, one warehouse.Terms, others ...warehouse.Terms) warehouse.Terms {
	t.Helper()
	m, err := one.Merge(others, "WR9", policy(t), today)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOneReceiptHasTheSumAndTheEarliestTerm(t *testing.T) {
	sooner, endless := issued(t), issued(t)
	sooner.Quantity, sooner.Contents.StoredUntil = tons("0.5"), end.AddDays(-7)
	endless.Quantity, endless.Contents.StoredUntil = tons("1.25"), calendar.Date{}
	one := merged(t, issued(t), sooner, endless)
	if one.Quantity.String() != "41.75 t" || one.Contents.StoredUntil != end.AddDays(-7) || one.Contents.Number != "WR9" {
		t.Errorf("merged: %s until %s, %s", one.Quantity, one.Contents.StoredUntil, one.Contents.Number)
	}
	if two := merged(t, endless, endless); !two.Contents.StoredUntil.IsZero() {
		t.Errorf("of two without a term: %s", two.Contents.StoredUntil)
	}
}

func TestOneReceiptKeepsTheLowestPriceOfAll(t *testing.T) {
	dear, cheap := issued(t), issued(t)
	dear.Prices = goods.Prices{{By: owner, Source: "SMM", Date: today, Price: yuan("20000.00")}}
	cheap.Prices = goods.Prices{{By: owner, Source: "SMM", Date: today.AddDays(-1), Price: yuan("15000.00")},
		{By: bank, Source: "LME", Date: today, Price: yuan("18000.00")}}
	for name, m := range map[string]warehouse.Terms{"into the dear one": merged(t, dear, cheap), "into the cheap one": merged(t, cheap, dear)} {
		if lowest, ok := m.Prices.Lowest(today, 30, 2); !ok || lowest.Cmp(yuan("15000.00")) != 0 || len(m.Prices) != 2 {
			t.Errorf("%s: lowest %s, %t of %+v", name, lowest, ok, m.Prices)
		}
	}
}

func TestOneReceiptKeepsTheEndorsementsOfAll(t *testing.T) {
	line := func(from, to ident.USCC, days int) warehouse.Endorsement {
		return warehouse.Endorsement{From: from, To: to, Date: today.AddDays(days)}
	}
	shared, early, late := line(owner, buyer, -9), line(buyer, owner, -5), line(buyer, owner, -2)
	a, b := issued(t), issued(t)
	a.Endorsements, b.Endorsements = []warehouse.Endorsement{shared, late}, []warehouse.Endorsement{shared, early}
	if m := merged(t, a, b); !reflect.DeepEqual(m.Endorsements, []warehouse.Endorsement{shared, early, late}) {
		t.Errorf("endorsements %+v", m.Endorsements)
	}
	for i := range 51 {
		a.Endorsements, b.Endorsements = append(a.Endorsements, line(owner, buyer, i)), append(b.Endorsements, line(buyer, owner, i))
	}
	if _, err := a.Merge([]warehouse.Terms{b}, "WR9", policy(t), today); told(err) != "TOO_MANY" {
		t.Errorf("more endorsements than a receipt holds: %v", err)
	}
}

func TestNoMoreIsLostThanThereWas(t *testing.T) {
	for want, a := range map[string]warehouse.LoseArgs{"": {Quantity: tons("40"), Cause: "火灾"}, "OVER_QUANTITY/quantity": {Quantity: tons("40.000001"), Cause: "火灾"},
		"QUANTITY_NOT_POSITIVE/quantity": {Quantity: tons("0"), Cause: "火灾"}, "UNIT_MISMATCH/quantity": {Quantity: goods.MustQuantity("1 kg"), Cause: "火灾"},
		"FIELD_REQUIRED/cause": {Quantity: tons("1")}} {
		if _, err := issued(t).Lose(a); told(err) != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	gone, _ := issued(t).Lose(warehouse.LoseArgs{Quantity: tons("30"), Cause: "火灾"})
	if _, err := gone.Lose(warehouse.LoseArgs{Quantity: tons("10.1"), Cause: "火灾"}); told(err) != "OVER_QUANTITY/quantity" {
		t.Errorf("lost again: %v", err)
	}
	if amount, refused := warehouse.Advance(gone, warehouse.Issued, policy(t), today); refused != nil || amount.Cmp(yuan("200000.00").Times(policy(t).AdvanceReceipt)) != 0 {
		t.Errorf("what is left of it carries %s, %v", amount, refused)
	}
}

func TestWhatAReceiptCarries(t *testing.T) {
	p := policy(t)
	p.GoodsInsured = false
	insured := p
	insured.GoodsInsured = true
	full := insured
	full.InsuredShare = money.MustRate("1")
	none := func(*warehouse.Terms) {}
	by := func(sum string) func(*warehouse.Terms) {
		return func(r *warehouse.Terms) {
			r.Contents.Insurance = &goods.Insurance{Insurer: "人保", Policy: "P1", Amount: yuan(sum), From: today, Until: end}
		}
	}
	for name, c := range map[string]struct {
		change func(*warehouse.Terms)
		state  lc.State
		policy credit.Policy
		want   fault.Code
	}{
		"in force":                  {none, warehouse.Issued, p, ""},
		"being pledged":             {none, warehouse.Pledging, p, ""},
		"being endorsed":            {none, warehouse.Endorsing, p, fault.CollateralIneligible},
		"being split":               {none, warehouse.Splitting, p, fault.CollateralIneligible},
		"being delivered":           {none, warehouse.Delivering, p, fault.CollateralIneligible},
		"frozen":                    {none, warehouse.Frozen, p, fault.CollateralIneligible},
		"run out":                   {none, warehouse.Expired, p, fault.ReceiptExpired},
		"delivered":                 {none, warehouse.Delivered, p, fault.CollateralIneligible},
		"without a price":           {func(r *warehouse.Terms) { r.Prices = nil }, warehouse.Issued, p, fault.NotValued},
		"not insured where it must": {none, warehouse.Issued, insured, fault.NotInsured},
		"insured for any sum":       {by("0.01"), warehouse.Issued, insured, ""},
		"insured for too little":    {by("799999.99"), warehouse.Issued, full, fault.NotInsured},
		"insured for its value":     {by("800000.00"), warehouse.Issued, full, ""},
	} {
		r := issued(t)
		c.change(&r)
		amount, refused := warehouse.Advance(r, c.state, c.policy, today)
		if refused == nil != (c.want == "") || refused != nil && (refused.Code != c.want || !amount.IsZero()) {
			t.Errorf("%s: %s, %v", name, amount, refused)
		}
	}
}

func TestAFreezeDropsWhatWasAskedForAndNeedsItsReason(t *testing.T) {
	asked, _, _ := issued(t).Endorse(warehouse.EndorseArgs{To: buyer}, today)
	frozen, state, err := asked.Freeze(warehouse.FreezeArgs{Reason: "(2026)鲁72财保1号"})
	if err != nil || state != warehouse.Frozen || frozen.Request != nil {
		t.Errorf("frozen: %+v, %s, %v", frozen, state, err)
	}
	if _, _, err := asked.Freeze(warehouse.FreezeArgs{Reason: " "}); told(err) != "FIELD_REQUIRED/reason" {
		t.Errorf("without a reason: %v", err)
	}
	for day, want := range map[calendar.Date]lc.State{end: warehouse.Issued, later: warehouse.Expired} {
		if after, state := frozen.Unfreeze(day); state != want || after.Frozen != "" {
			t.Errorf("unfrozen on %s: %s", day, state)
		}
	}
}

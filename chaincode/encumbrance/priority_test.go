package encumbrance_test

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/encumbrance"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

func claim(name string, kind encumbrance.Kind, yuan string, change ...func(*encumbrance.Claim)) encumbrance.Claim {
	c := encumbrance.Claim{Financing: name, Holder: ident.USCC("bank of " + name), Kind: kind, Amount: money.MustParse(yuan)}
	for _, f := range change {
		f(&c)
	}
	return c
}

func filed(hour int) func(*encumbrance.Claim) {
	return func(c *encumbrance.Claim) { t := at(hour); c.Registered = &t }
}

func noticed(hour int) func(*encumbrance.Claim) {
	return func(c *encumbrance.Claim) { t := at(hour); c.NoticeReceived = &t }
}

func controlled(hour int) func(*encumbrance.Claim) {
	return func(c *encumbrance.Claim) { t := at(hour); c.Controlled = &t }
}

// forPrice is a claim for the price of goods that were delivered so many days after the start.
func forPrice(day int) func(*encumbrance.Claim) {
	return func(c *encumbrance.Claim) { c.Delivered = calendar.At(start).AddDays(day) }
}

// outline writes a ranking as "ground:a,b | ground:c ! void".
func outline(r encumbrance.Ranking) string {
	names := func(claims []encumbrance.Claim) string {
		var all []string
		for _, c := range claims {
			all = append(all, c.Financing)
		}
		return strings.Join(all, ",")
	}
	var tiers []string
	for _, t := range r.Tiers {
		tiers = append(tiers, string(t.Ground)+":"+names(t.Claims))
	}
	s := strings.Join(tiers, " | ")
	if len(r.Void) > 0 {
		s += " ! " + names(r.Void)
	}
	return s
}

const (
	pledge     = encumbrance.Pledge
	assignment = encumbrance.Assignment
	floating   = encumbrance.Floating
	mortgage   = encumbrance.Mortgage
	retention  = encumbrance.Retention
)

type rankCase struct {
	clause, name string
	claims       []encumbrance.Claim
	want         string
}

func TestClaimsOnAReceivableRankAsTheLawSays(t *testing.T) {
	checkRanks(t, encumbrance.OnReceivables, []rankCase{
		{"民法典 768 已经登记的先于未登记的", "registered before unregistered, though noticed first",
			[]encumbrance.Claim{claim("a", assignment, "1", noticed(1)), claim("b", assignment, "1", filed(9))}, "published:b | notified:a"},
		{"民法典 768 均已经登记的, 按照登记时间的先后", "by time of registration, not of notice",
			[]encumbrance.Claim{claim("a", assignment, "1", filed(5), noticed(1)), claim("b", assignment, "1", filed(4), noticed(2))}, "published:b | published:a"},
		{"民法典 768 均未登记的, 由最先到达的转让通知", "by the notice that reached the debtor first",
			[]encumbrance.Claim{claim("a", assignment, "1", noticed(3)), claim("b", assignment, "1", noticed(2))}, "notified:b | notified:a"},
		{"民法典 768 既未登记也未通知的, 按照比例", "neither: pro rata, behind who gave notice",
			[]encumbrance.Claim{claim("a", assignment, "1"), claim("b", assignment, "1"), claim("c", assignment, "1", noticed(8))}, "notified:c | unpublished:a,b"},
		{"担保制度解释 66 同时存在保理、质押和债权转让", "pledge and assignment of one receivable are in one order",
			[]encumbrance.Claim{claim("a", assignment, "1", filed(7)), claim("b", pledge, "1", filed(6)), claim("c", assignment, "1", noticed(1))},
			"published:b | published:a | notified:c"},
		{"民法典 445 质权自办理出质登记时设立", "an unregistered pledge is no right, whatever notice was given",
			[]encumbrance.Claim{claim("a", pledge, "1", noticed(1)), claim("b", assignment, "1")}, "unpublished:b ! a"},
		{"担保制度解释 59 难以确定先后的, 按照债权比例 (in kind)", "the same instant of registration shares",
			[]encumbrance.Claim{claim("a", pledge, "1", filed(4)), claim("b", assignment, "1", filed(4)), claim("c", assignment, "1", filed(5))},
			"published:a,b | published:c"},
		{"", "nobody claims", nil, ""},
		{"", "one claim alone", []encumbrance.Claim{claim("a", assignment, "1")}, "unpublished:a"},
	})
}

func TestClaimsOnGoodsRankAsTheLawSays(t *testing.T) {
	checkRanks(t, encumbrance.OnGoods, []rankCase{
		{"民法典 414(1) 按照登记的时间先后", "mortgages by time of registration",
			[]encumbrance.Claim{claim("a", mortgage, "1", filed(5)), claim("b", mortgage, "1", filed(4))}, "published:b | published:a"},
		{"民法典 414(2) 已经登记的先于未登记的", "registered before unregistered",
			[]encumbrance.Claim{claim("a", mortgage, "1"), claim("b", mortgage, "1", filed(99))}, "published:b | unpublished:a"},
		{"民法典 414(3) 未登记的, 按照债权比例", "unregistered mortgages share",
			[]encumbrance.Claim{claim("a", mortgage, "1"), claim("b", mortgage, "2")}, "unpublished:a,b"},
		{"民法典 415 按照登记、交付的时间先后", "mortgage and pledge by the time that each became public",
			[]encumbrance.Claim{claim("a", mortgage, "1", filed(5)), claim("b", pledge, "1", controlled(4)), claim("c", floating, "1", controlled(6))},
			"published:b | published:a | published:c"},
		{"民法典 429, 担保制度解释 55", "a pledge whose goods the creditor never controlled is no right, registered or not",
			[]encumbrance.Claim{claim("a", pledge, "1", filed(1)), claim("b", floating, "1")}, " ! a,b"},
		{"担保制度解释 59(2)(3) 按照公示的先后; 难以确定先后的, 按照债权比例", "receipts over the same goods at the same time share",
			[]encumbrance.Claim{claim("a", pledge, "1", controlled(5)), claim("b", pledge, "1", controlled(5)), claim("c", mortgage, "1", filed(6))},
			"published:a,b | published:c"},
		{"民法典 416 交付后十日内办理抵押登记的", "who lent the price ranks first, though it filed last",
			[]encumbrance.Claim{claim("a", mortgage, "1", filed(1)), claim("b", pledge, "1", controlled(2)), claim("c", mortgage, "1", forPrice(0), filed(10*24))},
			"purchase-money:c | published:a | published:b"},
		{"民法典 416 十日, 201 自下一日开始计算", "on the eleventh day it is a mortgage like others",
			[]encumbrance.Claim{claim("a", mortgage, "1", filed(1)), claim("c", mortgage, "1", forPrice(0), filed(11*24))}, "published:a | published:c"},
		{"民法典 416", "who lent the price and did not file ranks as unregistered",
			[]encumbrance.Claim{claim("a", mortgage, "1", forPrice(0)), claim("b", mortgage, "1", filed(300))}, "published:b | unpublished:a"},
		{"担保制度解释 57 按照登记的时间先后", "several who lent the price go by registration",
			[]encumbrance.Claim{claim("a", mortgage, "1", forPrice(0), filed(48)), claim("b", mortgage, "1", forPrice(0), filed(24))},
			"purchase-money:b | purchase-money:a"},
		{"民法典 416 但是留置权人除外; 456 留置权人优先受偿", "the keeper that holds the goods back comes first of all",
			[]encumbrance.Claim{claim("a", mortgage, "1", forPrice(0), filed(24)), claim("k", retention, "1"), claim("b", pledge, "1", controlled(1))},
			"retained:k | purchase-money:a | published:b"},
	})
}

func checkRanks(t *testing.T, order encumbrance.Order, cases []rankCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			given := slices.Clone(c.claims)
			for range 2 {
				if got := outline(order.Rank(given)); got != c.want {
					t.Errorf("%s: %q, want %q", c.clause, got, c.want)
				}
				slices.Reverse(given)
			}
			for _, tier := range order.Rank(given).Tiers {
				if tier.Clause == "" {
					t.Errorf("%s names no statute", tier.Ground)
				}
			}
		})
	}
}

// before is 民法典 768 once more, as a comparison of two claims rather than as rules that pick claims out: whether a goes
// before b, neither of them an unregistered pledge.
func before(a, b encumbrance.Claim) bool {
	switch {
	case a.Registered != nil && b.Registered != nil:
		return a.Registered.Before(b.Registered.Time)
	case a.Registered != nil || b.Registered != nil:
		return a.Registered != nil
	case a.NoticeReceived != nil && b.NoticeReceived != nil:
		return a.NoticeReceived.Before(b.NoticeReceived.Time)
	}
	return a.NoticeReceived != nil && b.NoticeReceived == nil
}

func drawClaims(t *rapid.T) []encumbrance.Claim {
	var all []encumbrance.Claim
	for i := range rapid.IntRange(0, 8).Draw(t, "claims") {
		c := claim(fmt.Sprint(i), rapid.SampledFrom([]encumbrance.Kind{pledge, assignment}).Draw(t, "kind"), "1")
		c.Amount = money.Fen(rapid.Int64Range(0, 1_000_000).Draw(t, "fen"))
		for _, set := range []func(int) func(*encumbrance.Claim){filed, noticed} {
			if hour := rapid.IntRange(-3, 3).Draw(t, "hour"); hour >= 0 {
				set(hour)(&c)
			}
		}
		all = append(all, c)
	}
	return all
}

func TestRanksOfReceivablesAgreeWithThePlainReadingOfTheLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims := drawClaims(t)
		r := encumbrance.OnReceivables.Rank(claims)
		rank := map[string]int{}
		for i, tier := range r.Tiers {
			for _, c := range tier.Claims {
				rank[c.Financing] = i
			}
		}
		if len(rank)+len(r.Void) != len(claims) {
			t.Fatalf("%d claims became %s", len(claims), outline(r))
		}
		for _, c := range claims {
			if _, ranked := rank[c.Financing]; ranked == (c.Kind == pledge && c.Registered == nil) {
				t.Fatalf("claim %+v: ranked %t", c, ranked)
			}
		}
		for _, a := range claims {
			for _, b := range claims {
				i, known := rank[a.Financing]
				j, both := rank[b.Financing]
				if known && both && (i < j) != before(a, b) {
					t.Fatalf("%+v and %+v rank %d and %d", a, b, i, j)
				}
			}
		}
		if mixed := rapid.Permutation(claims).Draw(t, "mixed"); !reflect.DeepEqual(r, encumbrance.OnReceivables.Rank(mixed)) {
			t.Fatal("the sequence in which claims are given changed their ranks")
		}
	})
}

func TestProceedsReachTheFirstTierFirstAndTheLastFenIsPaid(t *testing.T) {
	tiers := encumbrance.OnReceivables.Rank([]encumbrance.Claim{claim("a", assignment, "100.00", filed(1)), claim("b", assignment, "0.01"),
		claim("c", assignment, "0.01"), claim("d", assignment, "0.01")}).Tiers
	for _, c := range []struct{ proceeds, want, left string }{
		{"0.00", "a 0.00 b 0.00 c 0.00 d 0.00", "0.00"},
		{"99.99", "a 99.99 b 0.00 c 0.00 d 0.00", "0.00"},
		{"100.01", "a 100.00 b 0.01 c 0.00 d 0.00", "0.00"},
		{"100.02", "a 100.00 b 0.01 c 0.01 d 0.00", "0.00"},
		{"150.00", "a 100.00 b 0.01 c 0.01 d 0.01", "49.97"},
	} {
		shares, left := encumbrance.Distribute(money.MustParse(c.proceeds), tiers)
		var got []string
		for _, s := range shares {
			got = append(got, s.Financing, s.Amount.String())
		}
		if strings.Join(got, " ") != c.want || left.String() != c.left {
			t.Errorf("%s becomes %v and leaves %s", c.proceeds, got, left)
		}
	}
}

func TestTheLargestRemainderGetsTheFen(t *testing.T) {
	tiers := encumbrance.OnReceivables.Rank([]encumbrance.Claim{claim("a", assignment, "1.00"), claim("b", assignment, "2.00"), claim("c", assignment, "4.00")}).Tiers
	shares, _ := encumbrance.Distribute(money.MustParse("1.00"), tiers) // 14.28…, 28.57…, 57.14… fen
	if shares[0].Amount.String() != "0.14" || shares[1].Amount.String() != "0.29" || shares[2].Amount.String() != "0.57" {
		t.Errorf("%+v", shares)
	}
}

func TestSharesAddUpAndAreWithinAFenOfTheRatio(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims := drawClaims(t)
		if big := rapid.Bool().Draw(t, "large"); big {
			for i := range claims {
				claims[i].Amount = money.Fen(rapid.Int64Range(0, 99_999_999_999_999_999).Draw(t, "large fen"))
			}
		}
		proceeds := money.Fen(rapid.Int64Range(0, 6_000_000).Draw(t, "proceeds"))
		tiers := encumbrance.OnReceivables.Rank(claims).Tiers
		shares, left := encumbrance.Distribute(proceeds, tiers)
		rest, i := proceeds, 0
		for _, tier := range tiers {
			owed, paid := money.Zero, money.Zero
			for j, c := range tier.Claims {
				owed, paid = owed.Add(c.Amount), paid.Add(shares[i+j].Amount)
			}
			if paid.Cmp(money.Min(rest, owed)) != 0 {
				t.Fatalf("a tier of %s gets %s while %s is there", owed, paid, rest)
			}
			for _, c := range tier.Claims {
				s := shares[i]
				if s.Financing != c.Financing || s.Amount.IsNegative() || c.Amount.Less(s.Amount) || !withinAFen(s.Amount, c.Amount, paid, owed) {
					t.Fatalf("claim of %s gets %s, where %s of %s is paid", c.Amount, s.Amount, paid, owed)
				}
				i++
			}
			rest = rest.Sub(paid)
		}
		if rest.Cmp(left) != 0 {
			t.Fatalf("%s is left, not %s", left, rest)
		}
	})
}

// withinAFen reports |share·owed − claim·paid| < owed, all in fen: the share is less than a fen from its exact part.
func withinAFen(share, claim, paid, owed money.Amount) bool {
	if owed.IsZero() {
		return share.IsZero()
	}
	fen := func(a money.Amount) *big.Int { return a.Decimal().Shift(2).BigInt() }
	off := new(big.Int).Mul(fen(share), fen(owed))
	off.Sub(off, new(big.Int).Mul(fen(claim), fen(paid)))
	return off.CmpAbs(fen(owed)) < 0
}

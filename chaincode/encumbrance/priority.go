package encumbrance

import (
	"cmp"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// Retention is a keeper's right to hold back the goods for its fee (留置权, 民法典 447, 903). It never stands in a book,
// but it ranks before what does.
const Retention Kind = "retention"

// Claim is one holder's right in a thing that others claim too (担保权利). The times are those that publicity is counted
// by; nil is never.
type Claim struct {
	Financing      string            `json:"financing" doc:"What tells the claims apart, such as the financing's record ID (融资编号)" minLength:"1" maxLength:"64"`
	Holder         ident.USCC        `json:"holder" doc:"Who claims (权利人)"`
	Kind           Kind              `json:"kind" enum:"pledge,assignment,floating,mortgage,retention" doc:"Form of the right (权利形式)"`
	Amount         money.Amount      `json:"amount" doc:"What is owed to the holder in yuan (债权金额)"`
	Registered     *evidence.Instant `json:"registered,omitzero" doc:"Time of the filing at the movables registry (登记时间)"`
	NoticeReceived *evidence.Instant `json:"noticeReceived,omitzero" doc:"When notice of the assignment reached the debtor (转让通知到达时间)"`
	Controlled     *evidence.Instant `json:"controlled,omitzero" doc:"When the goods, or the endorsed receipt, came into the holder's control; for a receipt without paper, when its pledge was filed (交付或控制时间)"`
	Delivered      calendar.Date     `json:"delivered,omitzero" doc:"Of a claim for the price of the goods: the day on which the buyer got them (价款债权标的物交付日)"`
}

// Ground is why a claim has its place.
type Ground string

// Grounds, in the order in which they come for one kind of thing.
const (
	Retained      Ground = "retained"       // 留置
	PurchaseMoney Ground = "purchase-money" // 价款优先
	Published     Ground = "published"      // 已登记或已交付
	Notified      Ground = "notified"       // 未登记, 通知先到
	Unpublished   Ground = "unpublished"    // 未登记未通知, 按比例
)

// purchaseMoneyDays are those after delivery in which the seller or its bank must file (民法典 416). A last day on a
// holiday would move (民法典 203), which is left out: the ledger has no calendar of holidays.
const purchaseMoneyDays = 10

// rule is one step of an order: the claims that it takes up, and the time that they go by. Claims without a time, or
// with the same one, share by amount.
type rule struct {
	ground Ground
	clause string
	holds  func(Claim) bool
	time   func(Claim) *evidence.Instant // nil: all share
}

// Order is the order of claims on one kind of thing (清偿顺序). A claim goes to the first rule that holds for it.
type Order []rule

// OnReceivables is the order on one receivable. 民法典 768 has it for factoring; 担保制度解释 66 gives it to pledge and
// assignment of the same receivable. A pledge that is not registered was never established (民法典 445).
var OnReceivables = Order{
	{Published, "民法典 768; 民法典担保制度解释 art. 66", isRegistered, registered},
	{Notified, "民法典 768; 民法典担保制度解释 art. 66", func(c Claim) bool { return c.Kind == Assignment && c.NoticeReceived != nil },
		func(c Claim) *evidence.Instant { return c.NoticeReceived }},
	{Unpublished, "民法典 768; 民法典担保制度解释 art. 66", func(c Claim) bool { return c.Kind == Assignment }, nil},
}

// OnGoods is the order on goods, and on the receipts over them, which are the same value (担保制度解释 59). A pledge
// ranks from when its holder controls the goods (民法典 429, 担保制度解释 55), a mortgage from its filing.
var OnGoods = Order{
	{Retained, "民法典 456", func(c Claim) bool { return c.Kind == Retention }, nil},
	{PurchaseMoney, "民法典 416; 民法典担保制度解释 art. 57", forPrice, registered},
	{Published, "民法典 414, 415; 民法典担保制度解释 art. 59", func(c Claim) bool { return publicity(c) != nil }, publicity},
	{Unpublished, "民法典 414", func(c Claim) bool { return c.Kind == Mortgage }, nil},
}

func isRegistered(c Claim) bool { return c.Registered != nil }

func registered(c Claim) *evidence.Instant { return c.Registered }

// forPrice reports a mortgage for the price of the goods that was filed in time.
func forPrice(c Claim) bool {
	return c.Kind == Mortgage && c.Registered != nil && !c.Delivered.IsZero() &&
		!calendar.At(c.Registered.Time).After(c.Delivered.AddDays(purchaseMoneyDays))
}

// publicity is when the world could know of a claim on goods.
func publicity(c Claim) *evidence.Instant {
	switch c.Kind {
	case Mortgage:
		return c.Registered
	case Pledge, Floating:
		return c.Controlled
	}
	return nil
}

// Tier holds claims of one rank; they share what reaches them by their amounts.
type Tier struct {
	Ground Ground  `json:"ground" doc:"Why they rank here (顺位依据)"`
	Clause string  `json:"clause" doc:"Statute and article (条款)"`
	Claims []Claim `json:"claims" doc:"The claims; they share by amount (同一顺位)"`
}

// Ranking is the outcome of Rank.
type Ranking struct {
	Tiers []Tier  `json:"tiers" doc:"From the first rank down (顺位)"`
	Void  []Claim `json:"void" doc:"Claims that were never established, such as an unregistered pledge (未设立)"`
}

// Rank puts claims on one thing into the order of the law. The same claims in any sequence give the same ranking. Equal
// times share a tier: 担保制度解释 59 says so of receipts whose sequence cannot be told, and nothing else says otherwise.
func (o Order) Rank(claims []Claim) Ranking {
	rest := slices.SortedFunc(slices.Values(claims), byName)
	r := Ranking{Tiers: []Tier{}, Void: []Claim{}}
	for _, step := range o {
		var mine, others []Claim
		for _, c := range rest {
			if step.holds(c) {
				mine = append(mine, c)
			} else {
				others = append(others, c)
			}
		}
		r.Tiers, rest = append(r.Tiers, step.tiers(mine)...), others
	}
	r.Void = append(r.Void, rest...)
	return r
}

// tiers splits the claims of one rule by its time.
func (s rule) tiers(claims []Claim) []Tier {
	before := func(a, b Claim) int {
		if s.time == nil {
			return 0
		}
		return s.time(a).Compare(s.time(b).Time)
	}
	slices.SortStableFunc(claims, before)
	var tiers []Tier
	for i, c := range claims {
		if i == 0 || before(claims[i-1], c) != 0 {
			tiers = append(tiers, Tier{Ground: s.ground, Clause: s.clause})
		}
		last := &tiers[len(tiers)-1]
		last.Claims = append(last.Claims, c)
	}
	return tiers
}

// byName orders claims without regard to rank, so that nothing hangs on the sequence in which they are given.
func byName(a, b Claim) int {
	return cmp.Or(cmp.Compare(a.Financing, b.Financing), cmp.Compare(a.Holder, b.Holder), cmp.Compare(a.Kind, b.Kind), a.Amount.Cmp(b.Amount))
}

package registry

import (
	"cmp"
	"context"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
)

// Grade is how likely it is that somebody was given the same security (重复融资风险).
type Grade string

// Grades.
const (
	High   Grade = "high"
	Medium Grade = "medium"
	Low    Grade = "low"
)

var weight = map[Grade]int{Low: 1, Medium: 2, High: 3}

// below is the grade of what speaks of a name that is only alike.
var below = map[Grade]Grade{High: Medium, Medium: Low, Low: Low}

// Subject is what is to be lent on, and the lender's own filing where there is one.
type Subject struct {
	Grantor    Party
	Lender     Party
	Items      []Item
	Lien       encumbrance.Kind  // by which it lends on them
	Number     string            // of the lender's own filing; "" before it
	Registered *evidence.Instant // its time
}

// Comparison is what a search's result says about what is to be lent on (查重结果).
type Comparison struct {
	Grade     Grade    `json:"grade" doc:"The worst of the matches; low when there is none (风险等级)"`
	Rows      int      `json:"rows" doc:"Filings in the result (查询结果条数)"`
	Unrelated int      `json:"unrelated" doc:"Of these, filings of others about other things (无关登记)"`
	Ahead     int      `json:"ahead" doc:"Matches of grade high or medium that rank before the lender's own filing, or would before any made now (顺位在前)"`
	Matches   []Match  `json:"matches" doc:"Filings that may be about the same, the worst first (疑似重复)"`
	Expired   []Match  `json:"expired" doc:"The same of filings that have lapsed; they don't count (已到期)"`
	Own       []Result `json:"own" doc:"The lender's own filing (本笔登记)"`
}

// Match is a filing that may be about the same.
type Match struct {
	Result
	Grade   Grade    `json:"grade" doc:"high, medium or low (风险等级)"`
	Reasons []Reason `json:"reasons" doc:"Why (理由)"`
	Records []string `json:"records" doc:"Collateral that it speaks of (涉及的担保物)"`
	Ahead   bool     `json:"ahead" doc:"It ranks before the lender's own filing (顺位在前)"`
}

// Compare compares a search's result with what is to be lent on. Today decides which filings have lapsed.
func Compare(ctx context.Context, s Subject, found []Result, today calendar.Date) (Comparison, error) {
	c := Comparison{Grade: Low, Rows: len(found), Matches: []Match{}, Expired: []Match{}, Own: []Result{}}
	for _, r := range found {
		if err := ctx.Err(); err != nil {
			return c, err
		}
		if s.owns(r) {
			c.Own = append(c.Own, r)
			continue
		}
		m, related := s.match(r)
		switch {
		case !related:
			c.Unrelated++
		case r.Expires.Before(today):
			c.Expired = append(c.Expired, m)
		default:
			c.add(m)
		}
	}
	slices.SortStableFunc(c.Matches, worstFirst)
	slices.SortStableFunc(c.Expired, worstFirst)
	return c, nil
}

func (c *Comparison) add(m Match) {
	c.Matches = append(c.Matches, m)
	if weight[m.Grade] > weight[c.Grade] {
		c.Grade = m.Grade
	}
	if m.Ahead && m.Grade != Low {
		c.Ahead++
	}
}

func worstFirst(a, b Match) int {
	return cmp.Or(cmp.Compare(weight[b.Grade], weight[a.Grade]), a.Registered.Compare(b.Registered.Time), cmp.Compare(a.Row, b.Row))
}

// owns reports the lender's own filing, by its number: another filing of the same bank can be a second loan on the same.
func (s Subject) owns(r Result) bool {
	n, bad := parseNumber(s.Number)
	return bad == nil && n == r.Number
}

// match judges one filing; false when it is of another about other things.
func (s Subject) match(r Result) (Match, bool) {
	m := Match{Result: r, Ahead: s.ahead(r)}
	seen := s.look(r)
	for _, rule := range reasonRules {
		if !rule.holds(seen) {
			continue
		}
		grade := rule.grade
		if seen.grantor == alike && !rule.whoever {
			grade = below[grade]
		}
		m.Reasons = append(m.Reasons, rule.reason)
		if weight[grade] > weight[m.Grade] {
			m.Grade = grade
		}
	}
	m.Records = append([]string{}, seen.records...)
	return m, len(m.Reasons) > 0
}

// ahead reports whether the filing goes before the lender's own one, by the order of the law for some of the collateral.
func (s Subject) ahead(r Result) bool {
	return slices.ContainsFunc(s.Items, func(i Item) bool {
		order, theirs, ours := s.rivals(i, r)
		theirs.Financing, ours.Financing = "theirs", "ours"
		first := order.Rank([]encumbrance.Claim{theirs, ours}).Tiers[0].Claims
		return len(first) == 1 && first[0].Financing == "theirs"
	})
}

// rivals are the filing and the lender's own right, as claims on one thing. What a search tells of another's right is the
// time of its filing alone, so by that it counts, though a pledge of goods ranks by control.
func (s Subject) rivals(i Item, r Result) (order encumbrance.Order, theirs, ours encumbrance.Claim) {
	if i.Sort == Claim {
		return encumbrance.OnReceivables, encumbrance.Claim{Kind: encumbrance.Assignment, Registered: &r.Registered},
			encumbrance.Claim{Kind: encumbrance.Assignment, Registered: s.Registered}
	}
	ours = encumbrance.Claim{Kind: s.Lien, Registered: s.Registered, Controlled: i.control(s)}
	return encumbrance.OnGoods, encumbrance.Claim{Kind: encumbrance.Mortgage, Registered: &r.Registered}, ours
}

// control is when a pledge of the item came to stand, nil for not yet: of goods when the creditor's supervisor had them, by
// the end of that day, so that nobody seems to come later than it did; of a receipt without paper when its pledge was filed
// (民法典 441, 民法典担保制度解释 art. 55).
func (i Item) control(s Subject) *evidence.Instant {
	switch {
	case i.Sort == Document:
		return s.Registered
	case i.hands == nil || i.hands.Holder != s.Lender.USCC || i.hands.Established.IsZero():
		return nil
	}
	end := evidence.InstantOf(i.hands.Established.AddDays(1).Start())
	return &end
}

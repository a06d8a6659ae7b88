package warehouse

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
)

// MergeArgs are the private arguments of merge.
type MergeArgs struct {
	Others []string `json:"others" doc:"Record IDs of the receipts that go into one with this (合并的其他仓单)" minItems:"1" maxItems:"19"`
	Into   string   `json:"into,omitzero" doc:"Record ID of the new receipt; the gateway makes one where it is left out (新仓单记录编号)"`
}

// Named gives the new receipt an ID where it has none.
func (a MergeArgs) Named(fresh func(n int) (string, error)) (any, error) {
	if a.Into != "" {
		return a, nil
	}
	id, err := fresh(0)
	a.Into = id
	return a, err
}

// AskMerge asks for one receipt in place of several.
func (t Terms) AskMerge(a MergeArgs) (Terms, lc.State, error) {
	switch {
	case len(a.Others) == 0 || len(a.Others) >= MaxParts:
		return t, "", fault.New(fault.FieldInvalid, "/others")
	case a.Into == "":
		return t, "", fault.New(fault.FieldRequired, "/into")
	}
	t.Request = &Request{Others: a.Others, Into: a.Into}
	return t, Merging, nil
}

// NumberArgs are the private arguments of confirm-merge.
type NumberArgs struct {
	Number ident.WrittenNumber `json:"number" doc:"Number of the new receipt (新仓单编号)"`
}

// Unlike names the first thing for which two receipts may not become one, as a pointer into the terms, or "": one receipt
// can state only one owner, goods, fee or insurance. Number and days are its own anyway, and nothing may be lost.
func (t Terms) Unlike(o Terms) string {
	a, b := t.Contents, o.Contents
	for _, f := range []struct {
		field string
		same  bool
	}{
		{"/lot", t.Lot == o.Lot}, {"/owner", t.Owner == o.Owner}, {"/keeper", t.Keeper == o.Keeper},
		{"/quantity", t.Quantity.Same(o.Quantity)}, {"/missing", t.Missing.IsZero() && o.Missing.IsZero()},
		{"/contents/depositor", a.Depositor == b.Depositor}, {"/contents/depositorName", a.DepositorName == b.DepositorName},
		{"/contents/depositorAddress", a.DepositorAddress == b.DepositorAddress}, {"/contents/goods", a.Goods == b.Goods},
		{"/contents/lossStandard", a.LossStandard == b.LossStandard}, {"/contents/site", a.Site == b.Site},
		{"/contents/position", a.Position == b.Position}, {"/contents/fee", a.Fee == b.Fee},
		{"/contents/insurance", a.Insurance.Same(b.Insurance)}, {"/contents/issuer", a.Issuer == b.Issuer},
		{"/contents/issuePlace", a.IssuePlace == b.IssuePlace}, {"/contents/remarks", a.Remarks == b.Remarks},
	} {
		if !f.same {
			return f.field
		}
	}
	return ""
}

// Merge is the one receipt in place of several that are alike. The earliest end of storage is its own; it has the prices
// and the endorsements of all.
func (t Terms) Merge(others []Terms, number ident.WrittenNumber, p credit.Policy, today calendar.Date) (Terms, error) {
	m := t
	m.Contents.Number, m.Contents.IssuedOn, m.Request, m.Pledge, m.Delivery = number, today, nil, nil, nil
	var err error
	for _, o := range others {
		m.Quantity, m.OrderShare = m.Quantity.Plus(o.Quantity), m.OrderShare.Add(o.OrderShare)
		m.Contents.StoredUntil = earlier(m.Contents.StoredUntil, o.Contents.StoredUntil)
		m.Endorsements = joined(m.Endorsements, o.Endorsements)
		if m.Prices, err = m.Prices.Join(o.Prices, today, p.ValuationMaxAgeDays); err != nil {
			return t, err
		}
	}
	if len(m.Endorsements) > maxEndorsements {
		return t, fault.New(fault.TooMany, "")
	}
	return m, nil
}

// joined are the endorsements of two receipts in the order of their days; what both have, since they were split from one,
// stands once.
func joined(a, b []Endorsement) []Endorsement {
	all := append([]Endorsement{}, a...)
	for _, e := range b {
		if !slices.Contains(a, e) {
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(x, y Endorsement) int { return y.Date.DaysUntil(x.Date) })
	return all
}

// earlier is the earlier of two ends of storage; what states none has none.
func earlier(a, b calendar.Date) calendar.Date {
	if a.IsZero() || b.IsZero() {
		return calendar.Max(a, b)
	}
	return calendar.Min(a, b)
}

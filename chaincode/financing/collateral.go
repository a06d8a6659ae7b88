package financing

import (
	"fmt"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
)

// RollOverArgs are the private arguments of roll-over.
type RollOverArgs struct {
	From string   `json:"from" doc:"Record ID of the collateral whose lien moves (原担保物)"`
	To   []string `json:"to" doc:"Record IDs of later stages of it, such as the receivable of an order or the parts of a receipt (转至的担保物)" minItems:"1" maxItems:"50"`
	Keep bool     `json:"keep,omitzero" doc:"The lien stays on the former record too (原担保物保留)"`
}

// RollOver moves the lien to later stages of a piece of collateral. What is not named is free from then on.
func (t Terms) RollOver(a RollOverArgs) (Terms, error) {
	i := slices.Index(t.Collateral, a.From)
	switch {
	case a.From == "":
		return t, fault.New(fault.FieldRequired, "/from")
	case i < 0:
		return t, fault.New(fault.LienNotHeld, "/from")
	case len(a.To) == 0:
		return t, fault.New(fault.FieldRequired, "/to")
	}
	all := slices.Clone(t.Collateral)
	if !a.Keep {
		all = slices.Delete(all, i, i+1)
	}
	return t.secured(append(all, a.To...), "/to")
}

// secured puts the collateral in its order, without anything twice.
func (t Terms) secured(ids []string, field string) (Terms, error) {
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) || len(ids) > MaxCollateral {
		return t, fault.New(fault.FieldInvalid, field)
	}
	t.Collateral = ids
	return t, nil
}

// PartArgs are the private arguments of release-part.
type PartArgs struct {
	Collateral []string `json:"collateral" doc:"Record IDs that are set free (解除的担保物)" minItems:"1" maxItems:"50"`
}

// ReleasePart sets part of the collateral free; all of it goes with release.
func (t Terms) ReleasePart(a PartArgs) (Terms, error) {
	if len(a.Collateral) == 0 {
		return t, fault.New(fault.FieldRequired, "/collateral")
	}
	left := slices.Clone(t.Collateral)
	for _, id := range a.Collateral {
		i := slices.Index(left, id)
		if i < 0 {
			return t, fault.New(fault.LienNotHeld, "/collateral")
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) == 0 {
		return t, fault.New(fault.CollateralRequired, "/collateral")
	}
	t.Collateral = left
	return t, nil
}

// TopUp is collateral that came later (补充担保), with its own filing.
type TopUp struct {
	Collateral   []string     `json:"collateral"`
	Registration Registration `json:"registration"`
}

// PutUp offers more collateral.
func (t Terms) PutUp(a PartArgs) (Terms, error) {
	if len(a.Collateral) == 0 {
		return t, fault.New(fault.FieldRequired, "/collateral")
	}
	if _, err := t.secured(append(slices.Clone(t.Collateral), a.Collateral...), "/collateral"); err != nil {
		return t, err
	}
	t.Offered = slices.Sorted(slices.Values(a.Collateral))
	return t, nil
}

// maxTopUps keeps the terms below the size that a batch can carry.
const maxTopUps = 50

// TopUpArgs are the private arguments of accept-top-up.
type TopUpArgs struct {
	Collateral []string         `json:"collateral" doc:"Record IDs that are taken, of those put up; the others go on being offered (接受的担保物)" minItems:"1" maxItems:"50"`
	Number     string           `json:"number" doc:"Filing number at the movables registry; the one of the financing where it covers these too (中登网登记证明编号)" maxLength:"32"`
	Registered evidence.Instant `json:"registered" doc:"Time of the filing, which decides priority (登记时间, 民法典 768)"`
	Expires    calendar.Date    `json:"expires" doc:"Last day of the filing (登记到期日)"`
}

func (a TopUpArgs) registration() Registration {
	return Registration{a.Number, a.Registered, a.Expires}
}

// TakeUp takes what the lender names of what was put up into the collateral. It names each, so that it gets what it looked
// at and nothing put in its place since.
func (t Terms) TakeUp(a TopUpArgs, policy credit.Policy, now evidence.Instant) (Terms, error) {
	switch {
	case len(t.Offered) == 0:
		return t, fault.New(fault.CollateralRequired, "")
	case len(t.TopUps) >= maxTopUps:
		return t, fault.New(fault.TooMany, "")
	case len(a.Collateral) == 0:
		return t, fault.New(fault.FieldRequired, "/collateral")
	}
	for i, id := range a.Collateral {
		if !slices.Contains(t.Offered, id) {
			return t, fault.New(fault.NotOffered, fmt.Sprintf("/collateral/%d", i))
		}
	}
	if err := a.registration().check(t.Due(), policy, now); err != nil {
		return t, err
	}
	next, err := t.secured(append(slices.Clone(t.Collateral), a.Collateral...), "/collateral")
	if err != nil {
		return t, err
	}
	next.TopUps = append(slices.Clone(t.TopUps), TopUp{Collateral: slices.Sorted(slices.Values(a.Collateral)), Registration: a.registration()})
	next.Offered = slices.DeleteFunc(slices.Clone(t.Offered), func(id string) bool { return slices.Contains(a.Collateral, id) })
	return next, nil
}

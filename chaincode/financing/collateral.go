package financing

import (
	"slices"

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

// TakeUp takes what was put up into the collateral.
func (t Terms) TakeUp(a Registration, policy credit.Policy, now evidence.Instant) (Terms, error) {
	switch {
	case len(t.Offered) == 0:
		return t, fault.New(fault.CollateralRequired, "")
	case len(t.TopUps) >= maxTopUps:
		return t, fault.New(fault.TooMany, "")
	}
	if err := a.check(t.Due(), policy, now); err != nil {
		return t, err
	}
	t, err := t.secured(append(slices.Clone(t.Collateral), t.Offered...), "")
	if err != nil {
		return t, err
	}
	t.TopUps = append(slices.Clone(t.TopUps), TopUp{Collateral: t.Offered, Registration: a})
	t.Offered = nil
	return t, nil
}

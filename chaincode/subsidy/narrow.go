package subsidy

import (
	"errors"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// narrowed narrows one field of a policy by another policy's and reports whether that changed it.
type narrowed func(p *Policy, by Policy) (bool, error)

// errNothingCommon is where lists that allow all when they are empty would become empty.
var errNothingCommon = errors.New("nothing is in all lists, so that nothing could be subsidised")

// narrowing has, for each setting of which one value is stricter than another, what narrows a policy by another's value of it
// and reports whether that changed anything. A setting that is not here has no order.
var narrowing = map[string]narrowed{
	"annualRate":   least(func(p *Policy) *money.Rate { return &p.AnnualRate }, func(a, b money.Rate) bool { return a.Cmp(b) < 0 }),
	"maxMonths":    least(func(p *Policy) *int { return &p.MaxMonths }, func(a, b int) bool { return a < b }),
	"principalCap": least(func(p *Policy) *money.Amount { return &p.PrincipalCap }, money.Amount.Less),
	"amountCap":    least(func(p *Policy) *money.Amount { return &p.AmountCap }, money.Amount.Less),

	"disbursedFrom": least(func(p *Policy) *calendar.Date { return &p.DisbursedFrom }, calendar.Date.After),
	"disbursedTo":   least(func(p *Policy) *calendar.Date { return &p.DisbursedTo }, sooner),
	"topUpTo":       least(func(p *Policy) *calendar.Date { return &p.TopUpTo }, calendar.Date.Before), // no date is the strictest
	"accrualEnd":    least(func(p *Policy) *calendar.Date { return &p.AccrualEnd }, sooner),

	"principalBasis": least(func(p *Policy) *PrincipalBasis { return &p.PrincipalBasis }, first(Cumulative)),
	"repaymentOrder": least(func(p *Policy) *RepaymentOrder { return &p.RepaymentOrder }, first(EligibleFirst)),
	"privateTest":    least(func(p *Policy) *PrivateTest { return &p.PrivateTest }, first(ByController)),

	"netRateFloor":      least(func(p *Policy) *bool { return &p.NetRateFloor }, first(true)),
	"stopWhileOverdue":  least(func(p *Policy) *bool { return &p.StopWhileOverdue }, first(true)),
	"refuseLongTerm":    least(func(p *Policy) *bool { return &p.RefuseLongTerm }, first(true)),
	"oneCentralSubsidy": least(func(p *Policy) *bool { return &p.OneCentralSubsidy }, first(true)),

	"subsidiseExtension": least(func(p *Policy) *bool { return &p.SubsidiseExtension }, first(false)),

	"loanTypes":     narrowTypes,
	"smeClasses":    common(func(p *Policy) *[]SizeClass { return &p.SMEClasses }),
	"chains":        common(func(p *Policy) *[]string { return &p.Chains }),
	"sectors":       commonOrAll(func(p *Policy) *[]string { return &p.Sectors }),
	"handlingBanks": commonOrAll(func(p *Policy) *[]ident.USCC { return &p.HandlingBanks }),
	"permittedUses": commonOrAll(func(p *Policy) *[]string { return &p.PermittedUses }),
	"refusedUses":   joined(func(p *Policy) *[]string { return &p.RefusedUses }),
}

// least keeps the stricter of two values.
func least[T any](field func(*Policy) *T, stricter func(a, b T) bool) narrowed {
	return func(p *Policy, by Policy) (bool, error) {
		have, other := field(p), field(&by)
		if !stricter(*other, *have) {
			return false, nil
		}
		*have = *other
		return true, nil
	}
}

// sooner is the order of last days, of which none is the latest.
func sooner(a, b calendar.Date) bool { return !a.IsZero() && (b.IsZero() || a.Before(b)) }

// first is the order of two words of which one is the stricter.
func first[T comparable](strict T) func(a, b T) bool {
	return func(a, b T) bool { return a == strict && b != strict }
}

// common keeps what both lists name.
func common[T comparable](field func(*Policy) *[]T) narrowed {
	return func(p *Policy, by Policy) (bool, error) {
		have, other := field(p), field(&by)
		kept := slices.DeleteFunc(slices.Clone(*have), func(v T) bool { return !slices.Contains(*other, v) })
		changed := len(kept) < len(*have)
		*have = kept
		return changed, nil
	}
}

// commonOrAll keeps what both lists name, where an empty list names all.
func commonOrAll[T comparable](field func(*Policy) *[]T) narrowed {
	return func(p *Policy, by Policy) (bool, error) {
		have, other := field(p), field(&by)
		switch {
		case len(*other) == 0:
			return false, nil
		case len(*have) == 0:
			*have = slices.Clone(*other)
			return true, nil
		}
		changed, err := common(field)(p, by)
		if len(*have) == 0 {
			err = errNothingCommon
		}
		return changed, err
	}
}

// joined keeps what either list names: of refusals, any refuses.
func joined[T comparable](field func(*Policy) *[]T) narrowed {
	return func(p *Policy, by Policy) (bool, error) {
		have, other := field(p), field(&by)
		all := slices.Clone(*have)
		for _, v := range *other {
			if !slices.Contains(all, v) {
				all = append(all, v)
			}
		}
		changed := len(all) > len(*have)
		*have = all
		return changed, nil
	}
}

// narrowTypes keeps the kinds of loan that both list, and asks for a private enterprise where either does.
func narrowTypes(p *Policy, by Policy) (bool, error) {
	var kept []EligibleType
	changed := false
	for _, e := range p.LoanTypes {
		other, listed := by.eligibleType(e.Type)
		changed = changed || !listed || other.PrivateOnly && !e.PrivateOnly
		if listed {
			kept = append(kept, EligibleType{Type: e.Type, PrivateOnly: e.PrivateOnly || other.PrivateOnly})
		}
	}
	p.LoanTypes = kept
	return changed, nil
}

package risk

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"decore/chaincode/money"
)

func nearDuplicate(e *examination) finding {
	return e.matches(e.Similar, func(p Paper) bool {
		return e.closeAmounts(e.Paper.Amount, p.Amount) && days(e.Paper.Day.DaysUntil(p.Day)) <= e.set.DateToleranceDays
	}, percent(e.set.AmountTolerance), e.set.DateToleranceDays)
}

// similarNumber asks for nearly the same amount too, since the numbers of a seller that counts its invoices are all
// one character off from the next.
func similarNumber(e *examination) finding {
	return e.matches(e.Similar, func(p Paper) bool {
		return e.closeAmounts(e.Paper.Amount, p.Amount) && days(e.Paper.Day.DaysUntil(p.Day)) <= e.set.NumberWindowDays &&
			oneEdit(e.Paper.Number, p.Number)
	})
}

func paperMismatch(e *examination) finding {
	return e.matches(e.Named, func(p Paper) bool {
		return p.Number == e.Paper.Number && p.Amount.Cmp(e.Paper.Amount) != 0
	})
}

// matches counts the documents that are like this one. The text is told how many, then the rest.
func (e *examination) matches(papers []Paper, like func(Paper) bool, rest ...any) finding {
	var shown []string
	others := 0
	for _, p := range papers {
		switch {
		case p.Record == e.Record || e.Paper.kin(p) || !like(p):
		case p.Withheld:
			others++
		default:
			shown = append(shown, p.Record)
		}
	}
	if len(shown)+others == 0 {
		return quiet()
	}
	f := fires(append([]any{len(shown) + others}, rest...)...).of(shown...)
	f.others = others
	return f
}

// closeAmounts reports whether two amounts differ by no more than the tolerance of the larger one, so that it does not
// matter which is asked about.
func (e *examination) closeAmounts(a, b money.Amount) bool {
	most := money.Max(a, b).Decimal().Mul(e.set.AmountTolerance.Decimal())
	return a.Sub(b).Decimal().Abs().LessThanOrEqual(most)
}

// bounds are amounts outside of which none is close to a.
func (s *Settings) bounds(a money.Amount) (least, most money.Amount) {
	rest := decimal.NewFromInt(1).Sub(s.AmountTolerance.Decimal())
	fen := money.Fen(1) // for what rounding took off
	return a.Sub(a.Times(s.AmountTolerance)).Sub(fen), money.Round(a.Decimal().Div(rest)).Add(fen)
}

// kin reports whether two documents stand for one value: one comes from the other, or both from a third of their own
// kind, as the parts of a split receivable do. Two receivables of one order are not.
func (p *Paper) kin(o Paper) bool {
	if slices.Contains(p.Parents, o.Record) || slices.Contains(o.Parents, p.Record) {
		return true
	}
	kind, _, _ := strings.Cut(p.Record, "-")
	return slices.ContainsFunc(p.Parents, func(id string) bool {
		return strings.HasPrefix(id, kind+"-") && slices.Contains(o.Parents, id)
	})
}

func days(n int) int { return max(n, -n) }

func percent(r money.Rate) string { return r.Decimal().Shift(2).String() + "%" }

// oneEdit reports whether a becomes b by one character put in, left out or replaced. Equal texts are not one edit apart.
func oneEdit(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	same := 0
	for same < len(x) && x[same] == y[same] {
		same++
	}
	switch len(y) - len(x) {
	case 0:
		return same < len(x) && slices.Equal(x[same+1:], y[same+1:])
	case 1:
		return slices.Equal(x[same:], y[same+1:])
	}
	return false
}

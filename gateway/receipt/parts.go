package receipt

import (
	"fmt"

	"decore/chaincode/evidence"
	"decore/chaincode/money"
)

// DossierCheck checks the parts of one month's dossier in their order, each by itself and all together: that they are of one
// fund and month of one ledger, that no line is missing or there twice, and that their lines come to the sums of the month. It
// keeps no part, so that a month of any length can be checked.
type DossierCheck struct {
	options []Option
	sum     DossierReport
	parts   int
	reports map[string]evidence.Commitment
}

// NewDossierCheck begins a check.
func NewDossierCheck(options ...Option) *DossierCheck {
	return &DossierCheck{options: options, reports: map[string]evidence.Commitment{}}
}

// Add checks the next part by itself. The error is like that of [VerifyDossier].
func (c *DossierCheck) Add(raw []byte) error {
	r, err := VerifyDossier(raw, c.options...)
	if err != nil {
		return err
	}
	c.parts++
	if c.parts == 1 {
		c.sum = r
		c.sum.Lines.Last, c.sum.Accrued, c.sum.TakenBack, c.sum.Commands = r.Lines.First-1, money.Zero, money.Zero, nil
	}
	c.follows(r)
	for id, terms := range r.reports {
		if before, known := c.reports[id]; known && before != terms {
			c.fail("part %d has other terms of %s", c.parts, id)
		}
		c.reports[id] = terms
	}
	c.sum.Lines.Last = r.Lines.Last
	c.sum.Accrued, c.sum.TakenBack = c.sum.Accrued.Add(r.Accrued), c.sum.TakenBack.Add(r.TakenBack)
	c.sum.Commands = append(c.sum.Commands, r.Commands...)
	return nil
}

// follows compares a part with those before it.
func (c *DossierCheck) follows(r DossierReport) {
	switch s := c.sum; {
	case r.Ledger != s.Ledger, r.Fund != s.Fund, r.Bank != s.Bank, r.Month != s.Month, r.Anchor != s.Anchor:
		c.fail("part %d is of another ledger, fund or month", c.parts)
	case r.Lines.Of != s.Lines.Of || !r.Whole.equal(s.Whole):
		c.fail("the month's reports changed before part %d was issued; get all parts anew", c.parts)
	case r.Lines.First != s.Lines.Last+1:
		c.fail("part %d begins with line %d, and the one before it ends with line %d", c.parts, r.Lines.First, s.Lines.Last)
	}
}

// End ends the check: of a whole month, or of some of its parts. The error wraps ErrForm for no part at all, and is a
// *FailedError for parts that are not the whole.
func (c *DossierCheck) End(some bool) (DossierReport, error) {
	s := c.sum
	switch {
	case c.parts == 0:
		return s, fmt.Errorf("%w: no part", ErrForm)
	case some:
	case s.Lines.First != 1 || s.Lines.Last != s.Lines.Of:
		c.fail("they have lines %d to %d of %d", s.Lines.First, s.Lines.Last, s.Lines.Of)
	case !s.Whole.equal(Sums{s.Accrued, s.TakenBack}):
		c.fail("the lines come to %s accrued and %s taken back, and the month to %s and %s", s.Accrued, s.TakenBack, s.Whole.Accrued, s.Whole.TakenBack)
	}
	if len(c.sum.Failures) > 0 {
		return c.sum, &FailedError{c.sum.Failures}
	}
	return c.sum, nil
}

func (c *DossierCheck) fail(format string, args ...any) {
	c.sum.Failures = append(c.sum.Failures, Failure{Code: LinesDiffer, Where: "parts", Detail: fmt.Sprintf(format, args...)})
}

func (s Sums) equal(o Sums) bool {
	return s.Accrued.Cmp(o.Accrued) == 0 && s.TakenBack.Cmp(o.TakenBack) == 0
}

package api

import (
	"context"
	"fmt"
	"strings"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
)

// capsPassed is told of a succession, and passed of each cap that the joined account is above.
var (
	capsPassed = problem.Text{
		En: "the joined account is above %s; what either household was granted stays granted, and nothing new is until there is room again",
		Zh: "合并后的台账已超上限：%s；承继前已核定的额度继续有效，有剩余额度之前不再核定新的额度",
	}
	passed = []struct {
		of       func(subsidy.Drawn) money.Amount
		limit    func(subsidy.Policy) money.Amount
		sentence problem.Text
	}{
		{func(d subsidy.Drawn) money.Amount { return d.Used }, func(p subsidy.Policy) money.Amount { return p.AmountCap },
			problem.Text{En: "the cap on the subsidy (%s yuan) by %s yuan", Zh: "单户贴息金额上限（%s 元）超出 %s 元"}},
		{func(d subsidy.Drawn) money.Amount { return d.Principal }, func(p subsidy.Policy) money.Amount { return p.PrincipalCap },
			problem.Text{En: "the cap on principal (%s yuan) by %s yuan", Zh: "单户贷款规模上限（%s 元）超出 %s 元"}},
	}
)

// succeeded warns of a succession that brings the heir's account above a cap.
func (t *teller) succeeded(ctx context.Context, o outcome, _ evidence.Command) ([]Warning, error) {
	s, err := argsOf[contract.SuccessionArgs](o)
	if err != nil {
		return nil, err
	}
	policy, err := t.subsidyPolicy(ctx, s.Policy, "/policy")
	if err != nil {
		return nil, err
	}
	joined, err := t.joined(ctx, o, s)
	if err != nil {
		return nil, err
	}
	over := joined.Over(policy)
	var above []string
	for _, c := range passed {
		if by := c.of(over); by.IsPositive() {
			above = append(above, fmt.Sprintf(c.sentence.In(t.e.lang), c.limit(policy), by))
		}
	}
	if above == nil {
		return nil, nil
	}
	and := problem.Text{En: " and ", Zh: "，"}.In(t.e.lang)
	return []Warning{{Code: "CAPS_PASSED", Field: "/heir", Message: fmt.Sprintf(capsPassed.In(t.e.lang), strings.Join(above, and))}}, nil
}

// joined is the heir's account after a succession, in a dry run as it would be.
func (t *teller) joined(ctx context.Context, o outcome, s contract.SuccessionArgs) (subsidy.Account, error) {
	old, heir := household{s.Policy, s.Old}, household{s.Policy, s.Heir}
	to, err := t.accountAfter(ctx, heir)
	if err != nil || !o.dry {
		return to, err
	}
	from, err := t.accountAfter(ctx, old)
	if err != nil {
		return to, err
	}
	ended, to, err := subsidy.Succeed(s.Policy, from, to, s.Old, s.Heir)
	t.moved[old], t.moved[heir] = &ended, &to
	return to, err
}

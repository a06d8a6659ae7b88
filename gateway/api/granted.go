package api

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
)

// household is one under one policy, who has one account.
type household struct {
	policy string
	uscc   ident.USCC
}

// errUntold is where a command of the same dry run moved an account in a way that is not worked out here.
var errUntold = errors.New("an earlier command of the dry run moves the account")

// grantedInPart is told of a hold or a top-up that is less than the loan alone would get.
var grantedInPart = problem.Text{
	En: "%s yuan are granted, on %s yuan of principal, which is less than the loan alone would get: %s",
	Zh: "本次核定 %s 元（可贴息本金 %s 元），少于该贷款单独可得金额：%s",
}

// held warns of a hold that was granted in part.
func (t *teller) held(ctx context.Context, o outcome, cmd evidence.Command) ([]Warning, error) {
	if !o.dry {
		return t.granted(ctx, cmd, inFinancing)
	}
	h, err := argsOf[contract.HoldArgs](o)
	if err != nil {
		return nil, err
	}
	policy, account, loan, err := t.askedFor(ctx, h)
	if err != nil {
		return nil, err
	}
	next, claim, err := subsidy.Hold(policy, account, loan)
	t.moved[household{h.Policy, loan.Household}] = &next
	return t.inPart(policy, claim, loan, inFinancing), err
}

// askedFor is what a hold is judged by: the version of the policy, the account that it draws on and the facts of the loan.
func (t *teller) askedFor(ctx context.Context, h contract.HoldArgs) (p subsidy.Policy, a subsidy.Account, l subsidy.Loan, err error) {
	if l, err = t.loanNow(ctx, h.Financing, func(f financing.Terms) subsidy.Loan { return contract.LoanFacts(h.Financing, f, h) }); err != nil {
		return p, a, l, err
	}
	if p, err = t.store.JudgingPolicy(ctx, h.Policy, l, t.today()); err != nil {
		return p, a, l, err
	}
	if a, err = t.standingAccount(ctx, t.e, h, l.Household); err != nil {
		return p, a, l, err
	}
	setDefault(&a.Policy, h.Policy)
	setDefault(&a.Household, l.Household)
	l.Household = a.Household // the borrower, or its heir
	a, err = t.after(household{h.Policy, l.Household}, a)
	return p, a, l, err
}

// toppedUp warns of a top-up that was granted in part.
func (t *teller) toppedUp(ctx context.Context, o outcome, cmd evidence.Command) ([]Warning, error) {
	if !o.dry {
		return t.granted(ctx, cmd, "")
	}
	c, err := t.claimTerms(ctx, cmd.Subject)
	if err != nil {
		return nil, err
	}
	loan, err := t.loanNow(ctx, c.Loan.ID, func(f financing.Terms) subsidy.Loan { return contract.LoanNow(c.Loan, f) })
	if err != nil {
		return nil, err
	}
	granting, now, err := t.versionsOf(ctx, c.Claim)
	if err != nil {
		return nil, err
	}
	of := household{c.Claim.Policy, c.Claim.Household}
	account, err := t.accountAfter(ctx, of)
	if err != nil {
		return nil, err
	}
	next, claim, _, err := subsidy.TopUp(granting, now, account, c.Claim, loan, t.today())
	t.moved[of] = &next
	return t.inPart(granting, claim, loan, ""), err
}

// versionsOf are the version of the policy that granted a claim and the one that governs today.
func (t *teller) versionsOf(ctx context.Context, c subsidy.Claim) (granting, now subsidy.Policy, err error) {
	if granting, err = t.store.SubsidyPolicy(ctx, c.Policy, c.Version); err != nil {
		return granting, now, err
	}
	now, _, err = t.store.SubsidyPolicyOn(ctx, c.Policy, t.today())
	return granting, now, err
}

// granted warns as the claim on the ledger tells what a command granted. Of one that was booked on since, there is nothing to tell.
func (t *teller) granted(ctx context.Context, cmd evidence.Command, field string) ([]Warning, error) {
	c, err := t.claimTerms(ctx, cmd.Subject)
	if n := len(c.Claim.Entries); err != nil || n == 0 || c.Claim.Entries[n-1].Command != cmd.ID {
		return nil, err
	}
	policy, err := t.store.SubsidyPolicy(ctx, c.Claim.Policy, c.Claim.Version)
	if err != nil {
		return nil, err
	}
	return t.inPart(policy, c.Claim, c.Loan, field), nil
}

// inPart warns if what a claim was just granted is less than the loan alone would get.
func (t *teller) inPart(p subsidy.Policy, c subsidy.Claim, l subsidy.Loan, field string) []Warning {
	q, ok := p.Granted(c, l)
	if !ok || len(q.LimitedBy) == 0 {
		return nil
	}
	by := quoteAnswer(q, t.e.lang, contract.HoldField).LimitedBy
	titles := make([]string, len(by))
	for i := range by {
		titles[i], by[i].Detail = by[i].Title, "" // it says what was left before
	}
	between := problem.Text{En: "; ", Zh: "；"}.In(t.e.lang)
	return []Warning{{Code: "GRANTED_IN_PART", Field: field, LimitedBy: by,
		Message: fmt.Sprintf(grantedInPart.In(t.e.lang), q.Amount, q.EligiblePrincipal, strings.Join(titles, between))}}
}

// capsPassed is told of a succession, and passed of each cap that the joined account is above.
var (
	capsPassed = problem.Text{
		En: "the joined account is above %s; what either household was granted stays granted, and nothing new is until there is room again",
		Zh: "合并后的台账已超上限：%s；承继前已核定的额度继续有效，有剩余额度之前不再核定新的额度",
	}
	passed = []struct {
		over, limit func(p subsidy.Policy, a subsidy.Account) money.Amount
		sentence    problem.Text
	}{
		{func(p subsidy.Policy, a subsidy.Account) money.Amount { return a.Over(p).Used },
			func(p subsidy.Policy, _ subsidy.Account) money.Amount { return p.AmountCap },
			problem.Text{En: "the cap on the subsidy (%s yuan) by %s yuan", Zh: "单户贴息金额上限（%s 元）超出 %s 元"}},
		{func(p subsidy.Policy, a subsidy.Account) money.Amount { return a.Over(p).Principal },
			func(p subsidy.Policy, _ subsidy.Account) money.Amount { return p.PrincipalCap },
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
	var above []string
	for _, c := range passed {
		if over := c.over(policy, joined); over.IsPositive() {
			above = append(above, fmt.Sprintf(c.sentence.In(t.e.lang), c.limit(policy, joined), over))
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

// untold notes that a command of a dry run moves a claim in a way that is not worked out here.
func (t *teller) untold(ctx context.Context, cmd evidence.Command) error {
	if kind, _, _ := strings.Cut(cmd.Verb, "."); kind != subsidy.Lifecycle.Kind {
		return nil
	}
	c, err := t.claimTerms(ctx, cmd.Subject)
	if err == nil {
		t.moved[household{c.Claim.Policy, c.Claim.Household}] = nil
	}
	return err
}

// after is the account as the commands so far would leave it.
func (t *teller) after(of household, account subsidy.Account) (subsidy.Account, error) {
	switch moved, known := t.moved[of]; {
	case !known:
		return account, nil
	case moved == nil:
		return account, errUntold
	default:
		return *moved, nil
	}
}

func (t *teller) accountAfter(ctx context.Context, of household) (subsidy.Account, error) {
	account, err := t.account(ctx, of.policy, of.uscc)
	if err != nil {
		return account, err
	}
	return t.after(of, account)
}

func (t *teller) claimTerms(ctx context.Context, id string) (contract.ClaimTerms, error) {
	return termsOf[contract.ClaimTerms](ctx, t, id)
}

// loanNow are the facts of a loan by its record.
func (t *teller) loanNow(ctx context.Context, id string, facts func(financing.Terms) subsidy.Loan) (subsidy.Loan, error) {
	f, err := termsOf[financing.Terms](ctx, t, id)
	if err != nil {
		return subsidy.Loan{}, err
	}
	return facts(f), nil
}

// termsOf are a record's terms, which must be here.
func termsOf[T any](ctx context.Context, t *teller, id string) (terms T, err error) {
	r, err := t.store.Record(ctx, id)
	if err != nil {
		return terms, err
	}
	terms, known := r.Terms.(T)
	if !known {
		err = problem.New(problem.TermsNotHere)
	}
	return terms, err
}

// argsOf are the private arguments of a command.
func argsOf[T any](o outcome) (args T, err error) {
	opened, err := evidence.Open(o.Opening)
	if err != nil {
		return args, err
	}
	return args, canon.Strict(opened.Terms, &args)
}

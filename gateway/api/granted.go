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

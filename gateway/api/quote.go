package api

import (
	"context"
	"errors"
	"net/http"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
	"decore/gateway/projection"
	"decore/gateway/submit"
)

// QuoteAnswer is what a hold would grant now.
type QuoteAnswer struct {
	Eligible          bool             `json:"eligible" doc:"A hold would be granted (符合条件)"`
	Reasons           []QuoteReason    `json:"reasons,omitempty" doc:"All that speaks against it (不予贴息的全部原因)"`
	LimitedBy         []QuoteReason    `json:"limitedBy,omitempty" doc:"What makes the amount less than the loan alone would get (限制因素)"`
	EligiblePrincipal money.Amount     `json:"eligiblePrincipal" doc:"Principal that is subsidised, yuan (可贴息本金)"`
	Gross             money.Amount     `json:"gross" doc:"Before the cap on money, yuan (限额前金额)"`
	Amount            money.Amount     `json:"amount" doc:"What a hold would reserve, yuan (可预占金额)"`
	Periods           []subsidy.Period `json:"periods,omitempty" doc:"Periods of the gross (分期)"`
	Room              money.Amount     `json:"room" doc:"What the cap on money leaves before the hold, yuan (剩余贴息额度)"`
	PrincipalRoom     money.Amount     `json:"principalRoom" doc:"What the cap on principal leaves before the hold, yuan (剩余贷款额度)"`
}

// QuoteReason is a reason in words, with its ground and, of a cap, what is left under it.
type QuoteReason struct {
	problem.Reason
	Policy   string        `json:"policy" doc:"Policy (政策)"`
	Version  int           `json:"version" doc:"Its version (版本)"`
	Document string        `json:"document,omitempty" doc:"Number of the document, or its title where it has none (文号)" example:"财金〔2026〕4号"`
	Clause   string        `json:"clause,omitempty" doc:"Clause of the document (条款)" example:"一、(一)适用对象"`
	Setting  string        `json:"setting,omitempty" doc:"Setting of the policy record, when no document is the ground (政策记录设定项)"`
	Why      string        `json:"why,omitempty" doc:"Why the setting is so (设定理由)"`
	Room     *money.Amount `json:"room,omitempty" doc:"Of a cap: what it leaves before the hold, yuan (剩余额度)"`
}

// caps are the rooms of the quotation that reasons are about, in words.
var caps = map[subsidy.Code]struct {
	room     func(subsidy.Quotation) money.Amount
	sentence problem.Text
}{
	subsidy.PrincipalCapReached: {func(q subsidy.Quotation) money.Amount { return q.PrincipalRoom },
		problem.Text{En: "yuan of the cap on principal are left", Zh: "元（单户贷款规模剩余额度）"}},
	subsidy.AmountCapReached: {func(q subsidy.Quotation) money.Amount { return q.Room },
		problem.Text{En: "yuan of the cap on the subsidy are left", Zh: "元（单户贴息剩余额度）"}},
}

// quoteAnswer puts a quotation in words. field points from a fact of the loan to where the request states it.
func quoteAnswer(q subsidy.Quotation, lang string, field func(fact string) string) QuoteAnswer {
	told := func(reasons []subsidy.Reason, in func(problem.Reason, string) problem.Reason) []QuoteReason {
		var all []QuoteReason
		for _, r := range reasons {
			out := quoteReason(q, r, field)
			out.Reason = in(out.Reason, lang)
			all = append(all, out)
		}
		return all
	}
	return QuoteAnswer{Eligible: q.Eligible, Reasons: told(q.Reasons, problem.Reason.In), LimitedBy: told(q.LimitedBy, problem.Reason.AsLimit),
		EligiblePrincipal: q.EligiblePrincipal, Gross: q.Gross, Amount: q.Amount, Periods: q.Periods, Room: q.Room, PrincipalRoom: q.PrincipalRoom}
}

func quoteReason(q subsidy.Quotation, r subsidy.Reason, field func(fact string) string) QuoteReason {
	out := QuoteReason{Reason: problem.NewReason(fault.Reason{Code: fault.Code(r.Code), Field: field(r.Fact), Fact: r.Fact, Clause: r.Ground()}),
		Policy: r.Policy, Version: r.Version, Document: r.Document, Clause: r.Clause, Setting: r.Setting, Why: r.Why}
	if out.Field != inFinancing || r.Fact == inFinancing {
		out.Fact = "" // the field is the fact
	}
	if c, known := caps[r.Code]; known {
		room := c.room(q)
		out.Room = &room
		out.Reason = out.Because(problem.Text{En: room.String() + " " + c.sentence.En, Zh: room.String() + " " + c.sentence.Zh})
	}
	return out
}

// inFinancing is the field of a request that names the loan by its record.
const inFinancing = "/financing"

// fieldOf points from a fact of the loan to where the request states it.
func (q QuoteRequest) fieldOf(fact string) string {
	switch {
	case fact == "" || q.Loan == nil:
		return contract.HoldField(fact)
	case fact == "/household" && q.Household != "":
		return fact
	}
	return "/loan" + fact
}

func (a *API) quote(ctx context.Context, e *exchange, q QuoteRequest) (*reply, error) {
	loan, err := a.loanOf(ctx, e, q)
	if err != nil {
		return nil, err
	}
	if err := a.mayKnowRoom(ctx, e, loan.Household); err != nil {
		return nil, err
	}
	policy, err := a.quotedPolicy(ctx, q.Policy, loan)
	if err != nil {
		return nil, err
	}
	account, err := a.standingAccount(ctx, e, q.holdArgs(), loan.Household)
	if err != nil {
		return nil, err
	}
	quoted := subsidy.Quote(policy, account, loan, q.unstated()...)
	claimed, err := a.claimed(ctx, q.Financing)
	if err != nil {
		return nil, err
	}
	if claimed {
		quoted = refusedBy(quoted, subsidy.Reason{Code: subsidy.Code(fault.ClaimExists), Policy: policy.ID, Version: policy.Version, Fact: inFinancing})
	}
	return answer(http.StatusOK, quoteAnswer(quoted, e.lang, q.fieldOf))
}

// claimed reports whether the loan has a claim that stands in the way of another. Only where its terms are here can one that ended be
// known to be void.
func (a *API) claimed(ctx context.Context, loan string) (bool, error) {
	if loan == "" {
		return false, nil // facts that somebody sent are no loan on the ledger
	}
	id, err := a.store.ClaimOf(ctx, loan)
	if errors.Is(err, projection.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	r, err := a.store.Record(ctx, id)
	if err != nil {
		return false, err
	}
	t, known := r.Terms.(contract.ClaimTerms)
	return !known || !t.Claim.Void(), nil
}

// refusedBy is the quotation with another reason before all others: it grants nothing.
func refusedBy(q subsidy.Quotation, why subsidy.Reason) subsidy.Quotation {
	return subsidy.Quotation{Reasons: append([]subsidy.Reason{why}, q.Reasons...), Room: q.Room, PrincipalRoom: q.PrincipalRoom}
}

// maxHeirs bounds the chain of heirs that is followed.
const maxHeirs = 16

// standingAccount is the account on which a hold would draw: the household's, or that of its heir.
func (a *API) standingAccount(ctx context.Context, e *exchange, h contract.HoldArgs, household ident.USCC) (account subsidy.Account, err error) {
	for range maxHeirs {
		account, err = a.account(ctx, h.Policy, household)
		if hidden := (*problem.Problem)(nil); errors.As(err, &hidden) && hidden.Code == problem.TermsNotHere && h.Financing != "" {
			account, err = a.owedAccount(ctx, e, h, household)
		}
		if err != nil || account.Successor == "" {
			return account, err
		}
		household = account.Successor
	}
	return account, problem.New("TOO_MANY").At("/financing")
}

// owedAccount asks another organisation for a household's account of which no copy was written for this one: a bank
// that is to draw on it is owed it, on the strength of the claim that it would sign. The claim goes no further.
func (a *API) owedAccount(ctx context.Context, e *exchange, h contract.HoldArgs, household ident.USCC) (subsidy.Account, error) {
	id, err := a.accountID(ctx, h.Policy, household)
	if err != nil {
		return subsidy.Account{}, err
	}
	record, err := a.store.Record(ctx, id)
	if err != nil {
		return subsidy.Account{}, err
	}
	claim, err := a.draft(e, want{verb: subsidy.Lifecycle.Kind + "." + subsidy.VerbHold, args: h, trial: true})
	if err != nil {
		return subsidy.Account{}, err
	}
	owed, err := a.submit.Owed(ctx, submit.Signed{JWS: claim.JWS, Opening: claim.Opening})
	if err != nil {
		return subsidy.Account{}, err
	}
	for _, raw := range owed {
		var t contract.AccountTerms
		sealed, err := evidence.Open(raw)
		if err == nil && sealed.Commitment() == record.Header.Terms {
			err := canon.Strict(sealed.Terms, &t)
			return t.Account, err
		}
	}
	return subsidy.Account{}, problem.New(problem.TermsNotHere)
}

// loanOf returns the facts to quote: as they were sent, or as the loan's record has them.
func (a *API) loanOf(ctx context.Context, e *exchange, q QuoteRequest) (subsidy.Loan, error) {
	if q.Loan != nil {
		loan := *q.Loan
		if q.Household != "" && loan.Household != "" && q.Household != loan.Household {
			return loan, problem.New("FIELD_INVALID").At("/household").Because("is another one than /loan/household", "与 /loan/household 不一致")
		}
		setDefault(&loan.Household, q.Household)
		if loan.Household == "" {
			return loan, problem.New("FIELD_REQUIRED").At("/household")
		}
		return loan, nil
	}
	r, s, err := a.record(ctx, e, financing.Table.Kind, q.Financing)
	if err != nil {
		return subsidy.Loan{}, err
	}
	t, known := r.Terms.(financing.Terms)
	if s != terms || !known {
		return subsidy.Loan{}, problem.New("RECORD_NOT_FOUND").At("/financing")
	}
	return contract.LoanFacts(r.ID, t, q.holdArgs()), nil
}

// quotedPolicy returns the version of a policy that a hold would judge the loan by; a policy that is a draft can be quoted too.
func (a *API) quotedPolicy(ctx context.Context, id string, loan subsidy.Loan) (subsidy.Policy, error) {
	newest, err := a.store.SubsidyPolicy(ctx, id, 0)
	if errors.Is(err, projection.ErrNotFound) {
		return newest, problem.New("POLICY_UNKNOWN").At("/policy")
	}
	if err != nil {
		return newest, err
	}
	p, err := a.store.JudgingPolicy(ctx, id, loan, a.today())
	var refused *subsidy.Error
	switch {
	case errors.As(err, &refused) && newest.Status == subsidy.Draft:
		return newest, nil
	case errors.As(err, &refused):
		return p, problem.New(string(refused.Code)).At("/policy")
	}
	return p, err
}

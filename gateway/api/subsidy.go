package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
	"decore/gateway/projection"
	"decore/gateway/submit"
)

// PolicyPath names a policy.
type PolicyPath struct {
	ID string `path:"id" maxLength:"64" doc:"Policy ID (政策编号)"`
}

// PolicyQuery names a version of a policy.
type PolicyQuery struct {
	PolicyPath
	Version int    `query:"version" minimum:"1" doc:"Version, the one that governs on the day when left out (版本)"`
	On      string `query:"on" maxLength:"10" doc:"Day, today when left out (日期)"`
}

// WritePolicy publishes a version of a policy.
type WritePolicy struct {
	PolicyPath
	Write
}

// PolicyEntry is one version of a policy.
type PolicyEntry struct {
	ID      string         `json:"id" doc:"Policy ID (政策编号)"`
	Version int            `json:"version" doc:"Version (版本)"`
	Current bool           `json:"current" doc:"The version that governs today (当前版本)"`
	Policy  jsontext.Value `json:"policy" doc:"The whole record (政策内容)"`
}

// QuoteRequest asks what a loan would get, either of a loan's facts or of a financing on the ledger.
type QuoteRequest struct {
	Policy    string        `json:"policy" minLength:"1" maxLength:"64" doc:"ID of the subsidy policy (贴息政策)"`
	Household ident.USCC    `json:"household,omitzero" doc:"The borrower, with loan (单户)"`
	Loan      *subsidy.Loan `json:"loan,omitempty" doc:"The loan's facts (贷款信息)"`

	Financing  string             `json:"financing,omitempty" maxLength:"64" doc:"Record ID of the loan, in place of loan (贷款记录编号)"`
	Figures    *subsidy.Figures   `json:"figures,omitempty" doc:"Figures that the size follows from (划型指标)"`
	Controller subsidy.Controller `json:"controller,omitempty" enum:"citizens,state,collective,foreign,none" doc:"Who controls the borrower (实际控制人类型)"`
	Link       *subsidy.ChainLink `json:"link,omitempty" doc:"Link to a listed chain (产业链上下游关系)"`
	Use        string             `json:"use,omitempty" maxLength:"100" doc:"Use of the money by the policy's name (资金用途)"`

	SizeClass           subsidy.SizeClass   `json:"sizeClass,omitempty" enum:"large,medium,small,micro" doc:"Borrower's size when the contract was signed (企业规模)"`
	Private             bool                `json:"private,omitempty" doc:"The borrower is privately owned (民营企业)"`
	Sector              string              `json:"sector,omitempty" doc:"Sector by the policy's name (行业领域)"`
	EntrustedPaid       calendar.Date       `json:"entrustedPaid,omitzero" doc:"Day of entrusted payment to the supplier (受托支付日)"`
	Settlement          *subsidy.Settlement `json:"settlement,omitempty" doc:"Days on which the contract settles interest (合同约定结息日)"`
	OtherCentralSubsidy bool                `json:"otherCentralSubsidy,omitempty" doc:"The loan has another subsidy of the central budget (其他中央财政贴息)"`
	OtherSubsidy        money.Rate          `json:"otherSubsidy,omitzero" doc:"Local subsidies on the same loan, a fraction a year (地方贴息率)"`
}

func (q QuoteRequest) holdArgs() contract.HoldArgs {
	return contract.HoldArgs{Policy: q.Policy, Financing: q.Financing, SizeClass: q.SizeClass, Private: q.Private, Sector: q.Sector,
		EntrustedPaid: q.EntrustedPaid, Settlement: q.Settlement, OtherCentralSubsidy: q.OtherCentralSubsidy, OtherSubsidy: q.OtherSubsidy,
		Figures: q.Figures, Controller: q.Controller, Link: q.Link, Use: q.Use}
}

// AccountQuery asks for a household's account.
type AccountQuery struct {
	PartyPath
	Policy string `query:"policy" required:"true" maxLength:"64" doc:"ID of the subsidy policy (贴息政策)"`
}

// AccountAnswer is a household's account, or of it what a bank may know: its own claims and the room that is left.
type AccountAnswer struct {
	Policy        string                          `json:"policy" doc:"Policy (政策)"`
	Version       int                             `json:"version" doc:"Its version (版本)"`
	Household     ident.USCC                      `json:"household" doc:"The household (单户)"`
	Totals        *subsidy.Totals                 `json:"totals,omitempty" doc:"Over all banks; not told to a bank (合计)"`
	Room          money.Amount                    `json:"room" doc:"What the cap on money leaves (剩余贴息额度)"`
	PrincipalRoom money.Amount                    `json:"principalRoom" doc:"What the cap on principal leaves (剩余贷款额度)"`
	Successor     ident.USCC                      `json:"successor,omitempty" doc:"In whose account this one ended; it leaves no room itself (承继方)"`
	Claims        []RecordOf[contract.ClaimTerms] `json:"claims" doc:"The claims that the caller may read (申领)"`
}

func (a *API) subsidyRoutes() {
	a.measureRoutes()
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/policies", id: "policy.list", tag: tagSubsidy, en: "Every version of every policy", zh: "查询政策列表",
		answer: reflect.TypeFor[Page[PolicyEntry]]()}, func(ctx context.Context, _ *exchange, _ *struct{}) (*reply, error) { return a.policies(ctx) })
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/policies/{id}", id: "policy.get", tag: tagSubsidy, en: "Read a policy", zh: "查询政策",
		answer: reflect.TypeFor[jsontext.Value]()}, func(ctx context.Context, _ *exchange, in *PolicyQuery) (*reply, error) {
		raw, err := a.policyRecord(ctx, in)
		if errors.Is(err, projection.ErrNotFound) {
			err = problem.New(problem.NotFound)
		}
		return &reply{Status: http.StatusOK, ContentType: mediaJSON, Body: raw}, err
	})
	for _, v := range contract.Verbs() {
		if v.Name == "policy.publish" {
			a.publishRoute(v)
		}
	}
	handle(a, route{method: http.MethodPost, path: "/v1/subsidy/quotes", id: "subsidy.quote", tag: tagSubsidy, en: "What a loan would get now; nothing is written",
		zh: "贴息试算", roles: quoters, body: reflect.TypeFor[QuoteRequest](), answer: reflect.TypeFor[QuoteAnswer]()},
		func(ctx context.Context, e *exchange, in *struct{ Payload }) (*reply, error) {
			var q QuoteRequest
			if err := a.schemas.decode(in.raw, &q, false); err != nil {
				return nil, err
			}
			return a.quote(ctx, e, q)
		})
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/accounts/{uscc}", id: "subsidy.account", tag: tagSubsidy, en: "A household's account under a policy",
		zh: "查询单户台账", roles: quoters, answer: reflect.TypeFor[AccountAnswer]()},
		func(ctx context.Context, e *exchange, in *AccountQuery) (*reply, error) {
			return a.accountOf(ctx, e, in)
		})
	a.statementRoute()
}

// quoters may learn of a household's room, each on its own condition; see mayKnowRoom.
var quoters = []lifecycle.Role{lifecycle.Bank, lifecycle.SME, lifecycle.Leader, lifecycle.Regulator}

func (a *API) policies(ctx context.Context) (*reply, error) {
	found, err := a.store.Policies(ctx)
	if err != nil {
		return nil, err
	}
	page := Page[PolicyEntry]{Items: make([]PolicyEntry, len(found))}
	current := map[string]int{}
	for i, p := range found {
		if _, known := current[p.ID]; !known {
			if current[p.ID], err = a.versionOn(ctx, p.ID, ""); err != nil {
				return nil, err
			}
		}
		governs := p.Version == current[p.ID] || current[p.ID] == 0 && p.Current
		page.Items[i] = PolicyEntry{ID: p.ID, Version: p.Version, Current: governs, Policy: p.Body}
	}
	return answer(http.StatusOK, page)
}

// versionOn is the version of a policy that governs on a day, "" being today; 0, which stands for the newest, where none does.
func (a *API) versionOn(ctx context.Context, id, on string) (int, error) {
	day, err := a.day(on)
	if err != nil {
		return 0, err
	}
	p, governs, err := a.store.SubsidyPolicyOn(ctx, id, day)
	if errors.Is(err, projection.ErrNotFound) || err == nil && !governs {
		return 0, nil // unknown, the credit policy, or one that nothing has put in force
	}
	return p.Version, err
}

// policyRecord is a version of a policy as it was published or, where a day is asked for, the one that governs then as it stands on
// that day: a record says in force until another replaces it, though its last day may be over.
func (a *API) policyRecord(ctx context.Context, in *PolicyQuery) ([]byte, error) {
	if in.Version != 0 {
		return a.store.Policy(ctx, in.ID, in.Version)
	}
	day, err := a.day(in.On)
	if err != nil {
		return nil, err
	}
	p, governs, err := a.store.SubsidyPolicyOn(ctx, in.ID, day)
	switch {
	case errors.Is(err, projection.ErrNotFound) || err == nil && !governs:
		return a.store.Policy(ctx, in.ID, 0) // unknown, the credit policy, or one that nothing has put in force
	case err != nil:
		return nil, err
	case p.AsOf(day).Status != p.Status:
		return canon.Marshal(p.AsOf(day))
	}
	return a.store.Policy(ctx, in.ID, p.Version)
}

func (a *API) publishRoute(v contract.Verb) {
	handle(a, route{method: http.MethodPost, path: "/v1/subsidy/policies/{id}", id: v.Name, tag: tagSubsidy, roles: rolesOf(v.Row), en: v.Row.En, zh: v.Row.Zh,
		body: reflect.TypeFor[jsontext.Value](), answer: reflect.TypeFor[Written]()},
		func(ctx context.Context, e *exchange, in *WritePolicy) (*reply, error) {
			var policy jsontext.Value
			if err := a.schemas.decode(in.raw, &policy, false); err != nil {
				return nil, err
			}
			if err := checkPolicy(in.ID, policy); err != nil {
				return nil, err
			}
			return a.perform(ctx, e, &in.Write, func() (step, error) {
				return a.draft(e, want{verb: v.Name, subject: in.ID, args: contract.PublishArgs{Policy: policy}})
			})
		})
}

// checkPolicy tells what is wrong with a policy record before it is signed.
func checkPolicy(id string, raw []byte) error {
	if id == contract.CreditPolicy {
		return nil // the ledger checks it
	}
	p, err := subsidy.ParsePolicy(raw)
	switch {
	case err != nil:
		return problem.New("POLICY_INVALID").Because(err.Error(), "").With(err)
	case p.ID != id:
		return problem.New("POLICY_INVALID").At("/id")
	}
	return nil
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
	account, err := a.standingAccount(ctx, e, q, loan.Household)
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, quoteAnswer(subsidy.Quote(policy, account, loan), e.lang, q.fieldOf))
}

// maxHeirs bounds the chain of heirs that is followed.
const maxHeirs = 16

// standingAccount is the account on which a hold would draw: the household's, or that of its heir.
func (a *API) standingAccount(ctx context.Context, e *exchange, q QuoteRequest, household ident.USCC) (account subsidy.Account, err error) {
	for range maxHeirs {
		account, err = a.account(ctx, q.Policy, household)
		if hidden := (*problem.Problem)(nil); errors.As(err, &hidden) && hidden.Code == problem.TermsNotHere && q.Financing != "" {
			account, err = a.owedAccount(ctx, e, q, household)
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
func (a *API) owedAccount(ctx context.Context, e *exchange, q QuoteRequest, household ident.USCC) (subsidy.Account, error) {
	id, err := a.accountID(ctx, q.Policy, household)
	if err != nil {
		return subsidy.Account{}, err
	}
	record, err := a.store.Record(ctx, id)
	if err != nil {
		return subsidy.Account{}, err
	}
	claim, err := a.draft(e, want{verb: subsidy.Lifecycle.Kind + "." + subsidy.VerbHold, args: q.holdArgs(), trial: true})
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
	switch {
	case (q.Loan == nil) == (q.Financing == ""):
		return subsidy.Loan{}, problem.New("FIELD_INVALID").At("/loan").Because("give a loan or a financing", "请填写 loan 或 financing 之一")
	case q.Loan != nil:
		loan := *q.Loan
		if q.Household != "" && loan.Household != "" && q.Household != loan.Household {
			return loan, problem.New("FIELD_INVALID").At("/household")
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

// subsidyPolicy returns the version of a policy that governs today, or else its newest one.
func (a *API) subsidyPolicy(ctx context.Context, id, field string) (subsidy.Policy, error) {
	p, governs, err := a.store.SubsidyPolicyOn(ctx, id, a.today())
	if err == nil && !governs {
		p, err = a.store.SubsidyPolicy(ctx, id, 0)
	}
	if errors.Is(err, projection.ErrNotFound) {
		err = problem.New("POLICY_UNKNOWN").At(field)
	}
	return p, err
}

// mayKnowRoom refuses who may not know a household's room: that is for the household, the regulator, a bank that the
// household asked for money, and one whose claim is in the household's account because it succeeded the borrower.
func (a *API) mayKnowRoom(ctx context.Context, e *exchange, household ident.USCC) error {
	if isAbout(e, household) || e.caller.Has(lifecycle.Regulator) {
		return nil
	}
	if e.caller.Has(lifecycle.Bank) {
		asked, err := a.store.Asked(ctx, e.caller.Party, household)
		if err != nil || asked {
			return err
		}
		held, err := a.store.Records(ctx, projection.Filter{Kind: subsidy.Lifecycle.Kind, Reader: e.caller.Party, Counterparty: household, Limit: 1})
		if err != nil || len(held) > 0 {
			return err
		}
		// The same for every code, registered or not: who is on the ledger is not told.
		return problem.New(problem.NotFound).Because("a bank learns of a household's room once the household's application or loan at this bank is on the ledger",
			"仅当该企业在本行的融资申请或贷款已登记在账本上时，银行方可查询其额度")
	}
	return problem.New(problem.NotFound)
}

func (a *API) accountID(ctx context.Context, policy string, household ident.USCC) (string, error) {
	key, err := a.secret.get(ctx)
	if err != nil {
		return "", err
	}
	return contract.AccountID(key, policy, household), nil
}

// account returns the household's account; an empty one where it has no claim yet.
func (a *API) account(ctx context.Context, policy string, household ident.USCC) (subsidy.Account, error) {
	id, err := a.accountID(ctx, policy, household)
	if err != nil {
		return subsidy.Account{}, err
	}
	r, err := a.store.Record(ctx, id)
	if errors.Is(err, projection.ErrNotFound) {
		return subsidy.Account{}, nil
	}
	if err != nil {
		return subsidy.Account{}, err
	}
	t, known := r.Terms.(contract.AccountTerms)
	if !known {
		return subsidy.Account{}, problem.New(problem.TermsNotHere)
	}
	return t.Account, nil
}

// sighted is a household's account with the claims in it that the caller may read.
type sighted struct {
	household ident.USCC
	policy    subsidy.Policy
	account   subsidy.Account
	claims    []RecordOf[contract.ClaimTerms]
}

func (a *API) sighted(ctx context.Context, e *exchange, in *AccountQuery) (s sighted, err error) {
	if s.household, err = ident.ParseUSCC(in.USCC); err != nil {
		return s, parameter("path.uscc", err)
	}
	if err = a.mayKnowRoom(ctx, e, s.household); err != nil {
		return s, err
	}
	if s.policy, err = a.subsidyPolicy(ctx, in.Policy, "query.policy"); err != nil {
		return s, err
	}
	if s.account, err = a.account(ctx, s.policy.ID, s.household); err != nil {
		return s, err
	}
	s.claims, err = a.claims(ctx, e, s.policy.ID, s.household)
	return s, err
}

func (a *API) accountOf(ctx context.Context, e *exchange, in *AccountQuery) (*reply, error) {
	s, err := a.sighted(ctx, e, in)
	if err != nil {
		return nil, err
	}
	out := AccountAnswer{Policy: s.policy.ID, Version: s.policy.Version, Household: s.household, Room: s.account.Room(s.policy),
		PrincipalRoom: s.account.PrincipalRoom(s.policy), Successor: s.account.Successor, Claims: s.claims}
	out.Totals = s.totals(e)
	return answer(http.StatusOK, out)
}

// totals sums the claims for who may know of all of them: the household and the regulator. It is nil for a bank, and where
// terms of a claim are not here.
func (s sighted) totals(e *exchange) *subsidy.Totals {
	if !isAbout(e, s.household) && !e.caller.Has(lifecycle.Regulator) {
		return nil
	}
	var sum subsidy.Totals
	claims := make([]subsidy.Claim, len(s.claims))
	for i, c := range s.claims {
		claims[i], sum = c.Terms.Claim, sum.Plus(c.Terms.Claim.Totals)
	}
	if !s.account.Consists(claims) {
		return nil
	}
	return &sum
}

// claims lists the claims in the account that the caller may read: a bank its own.
func (a *API) claims(ctx context.Context, e *exchange, policy string, household ident.USCC) ([]RecordOf[contract.ClaimTerms], error) {
	id, err := a.accountID(ctx, policy, household)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Children(ctx, id)
	if err != nil {
		return nil, err
	}
	claims := []RecordOf[contract.ClaimTerms]{}
	for _, r := range found {
		s, err := a.sight(ctx, e, r)
		t, known := r.Terms.(contract.ClaimTerms)
		if err != nil {
			return nil, err
		}
		if s != terms || !known {
			continue
		}
		v, err := a.view(ctx, e, r, s)
		if err != nil {
			return nil, err
		}
		claims = append(claims, RecordOf[contract.ClaimTerms]{ID: v.ID, Kind: v.Kind, State: v.State, Version: v.Version, Terms: t,
			Commitment: v.Commitment, CreatedBy: v.CreatedBy, Created: v.Created, Updated: v.Updated, Encumbrances: v.Encumbrances, AllowedActions: v.AllowedActions})
	}
	return claims, nil
}

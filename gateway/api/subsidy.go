package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
	"decore/gateway/projection"
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
			q, err := a.quoteRequest(in.raw)
			if err != nil {
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

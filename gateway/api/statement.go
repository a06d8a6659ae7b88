package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
)

// StatementQuery asks for a page of the statement of a household's account.
type StatementQuery struct {
	AccountQuery
	LongPaging
}

// StatementAnswer is a page of the statement of a household's account, or of it what a bank may know: the bookings on its own
// claims and the room that is left. All but the bookings is about the whole, not the page.
type StatementAnswer struct {
	Policy        string                  `json:"policy" doc:"Policy (政策)"`
	Version       int                     `json:"version" doc:"Its version (版本)"`
	Household     ident.USCC              `json:"household" doc:"The household (单户)"`
	Whole         bool                    `json:"whole" doc:"These are all bookings of the account, and they sum to its totals; never so for a bank (完整)"`
	Totals        *subsidy.Totals         `json:"totals,omitempty" doc:"Over all banks; not told to a bank (合计)"`
	Room          money.Amount            `json:"room" doc:"What the cap on money leaves now (剩余贴息额度)"`
	PrincipalRoom money.Amount            `json:"principalRoom" doc:"What the cap on principal leaves now (剩余贷款额度)"`
	Successor     ident.USCC              `json:"successor,omitempty" doc:"In whose account this one ended (承继方)"`
	Next          string                  `json:"next,omitempty" doc:"Cursor of the next page; absent on the last (下一页游标)"`
	Entries       []subsidy.StatementLine `json:"entries" doc:"A page of the bookings in order, each with the balance after it; what came from or went to another household's account by succession is one of them (明细)"`
}

func (a *API) statementRoute() {
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/accounts/{uscc}/statement", id: "subsidy.statement", tag: tagSubsidy,
		en: "The statement of a household's account: who booked what, when and why", zh: "查询单户台账明细", roles: quoters,
		answer: reflect.TypeFor[StatementAnswer]()},
		func(ctx context.Context, e *exchange, in *StatementQuery) (*reply, error) {
			return a.statement(ctx, e, in)
		})
}

func (a *API) statement(ctx context.Context, e *exchange, in *StatementQuery) (*reply, error) {
	s, err := a.sighted(ctx, e, &in.AccountQuery)
	if err != nil {
		return nil, err
	}
	list := "statement:" + s.policy.ID + ":" + string(s.household)
	after, err := readNumber(list, in.Cursor)
	if err != nil {
		return nil, err
	}
	claims, balanced := make(map[string]subsidy.Claim, len(s.claims)), true
	for _, c := range s.claims {
		claims[c.ID] = c.Terms.Claim
		balanced = balanced && c.Terms.Claim.Balanced()
	}
	if err := a.passedClaims(ctx, e, s, claims); err != nil {
		return nil, err
	}
	out := StatementAnswer{Policy: s.policy.ID, Version: s.policy.Version, Household: s.household, Room: s.account.Room(s.policy),
		PrincipalRoom: s.account.PrincipalRoom(s.policy), Successor: s.account.Successor, Entries: subsidy.Statement(s.household, claims)}
	if out.Totals = s.totals(e); out.Totals != nil {
		out.Whole = balanced && s.account.Whole(out.Entries)
	}
	out.Entries = slices.DeleteFunc(out.Entries, func(l subsidy.StatementLine) bool { return l.No <= after })
	if len(out.Entries) > in.most() {
		out.Entries = out.Entries[:in.most()]
		out.Next = cursorOf(list, strconv.Itoa(out.Entries[in.most()-1].No))
	}
	return answer(http.StatusOK, out)
}

// passedClaims adds the claims that passed from the household's account to those of its heirs. Who could read them in it goes on
// to read what was booked there: the household all, a bank its own, the bureau all. A statement shows no more of them, and
// what was never in the household's account, as the heir's own claims, is not even taken.
func (a *API) passedClaims(ctx context.Context, e *exchange, s sighted, into map[string]subsidy.Claim) error {
	account := s.account
	for range maxHeirs {
		if account.Successor == "" {
			return nil
		}
		id, err := a.accountID(ctx, s.policy.ID, account.Successor)
		if err != nil {
			return err
		}
		found, err := a.store.Children(ctx, id)
		if err != nil {
			return err
		}
		for _, r := range found {
			may, err := a.sight(ctx, e, r)
			if err != nil {
				return err
			}
			if t, known := r.Terms.(contract.ClaimTerms); known && t.Claim.WasIn(s.household) && (may == terms || isAbout(e, s.household)) {
				into[r.ID] = t.Claim
			}
		}
		account, err = a.account(ctx, s.policy.ID, account.Successor)
		if hidden := (*problem.Problem)(nil); errors.As(err, &hidden) && hidden.Code == problem.TermsNotHere {
			return nil // whether the heir has an heir is not for this node
		}
		if err != nil {
			return err
		}
	}
	return nil
}

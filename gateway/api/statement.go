package api

import (
	"context"
	"net/http"
	"reflect"

	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

// StatementAnswer is the statement of a household's account, or of it what a bank may know: the bookings on its own
// claims and the room that is left.
type StatementAnswer struct {
	Policy        string                  `json:"policy" doc:"Policy (政策)"`
	Version       int                     `json:"version" doc:"Its version (版本)"`
	Household     ident.USCC              `json:"household" doc:"The household (单户)"`
	Whole         bool                    `json:"whole" doc:"These are all bookings of the account, and they sum to its totals; never so for a bank (完整)"`
	Totals        *subsidy.Totals         `json:"totals,omitempty" doc:"Over all banks; not told to a bank (合计)"`
	Room          money.Amount            `json:"room" doc:"What the cap on money leaves now (剩余贴息额度)"`
	PrincipalRoom money.Amount            `json:"principalRoom" doc:"What the cap on principal leaves now (剩余贷款额度)"`
	Entries       []subsidy.StatementLine `json:"entries" doc:"Bookings in order, each with the balance after it (明细)"`
}

func (a *API) statementRoute() {
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/accounts/{uscc}/statement", id: "subsidy.statement", tag: tagSubsidy,
		en: "The statement of a household's account: who booked what, when and why", zh: "查询单户台账明细", roles: quoters,
		answer: reflect.TypeFor[StatementAnswer]()},
		func(ctx context.Context, e *exchange, in *AccountQuery) (*reply, error) {
			return a.statement(ctx, e, in)
		})
}

func (a *API) statement(ctx context.Context, e *exchange, in *AccountQuery) (*reply, error) {
	s, err := a.sighted(ctx, e, in)
	if err != nil {
		return nil, err
	}
	claims, balanced := make(map[string]subsidy.Claim, len(s.claims)), true
	for _, c := range s.claims {
		claims[c.ID] = c.Terms.Claim
		balanced = balanced && c.Terms.Claim.Balanced()
	}
	out := StatementAnswer{Policy: s.policy.ID, Version: s.policy.Version, Household: s.household, Room: s.account.Room(s.policy),
		PrincipalRoom: s.account.PrincipalRoom(s.policy), Entries: subsidy.Statement(claims)}
	if out.Totals = s.totals(e); out.Totals != nil {
		out.Whole = balanced && s.account.Whole(out.Entries)
	}
	return answer(http.StatusOK, out)
}

package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// RefusalFilter selects refused commands.
type RefusalFilter struct {
	Paging
	Code   string `query:"code" maxLength:"60" doc:"Code of the refusal (原因)"`
	Party  string `query:"party" maxLength:"40" doc:"USCC of the signer (签署方)"`
	Record string `query:"record" maxLength:"128" doc:"What the command was about (记录)"`
	From   string `query:"from" maxLength:"30" doc:"Recorded at or after this time, RFC 3339 (起)"`
	To     string `query:"to" maxLength:"30" doc:"Recorded before this time, RFC 3339 (止)"`
}

// BlockPath names a block.
type BlockPath struct {
	Number uint64 `path:"number" minimum:"1" doc:"Block number, from 1 (区块号)"`
}

func (a *API) ledgerRoutes() {
	handle(a, route{method: http.MethodGet, path: "/v1/ledger/head", id: "ledger.head", tag: tagLedger, en: "The newest block", zh: "最新区块",
		answer: reflect.TypeFor[ledger.Head]()}, func(ctx context.Context, _ *exchange, _ *struct{}) (*reply, error) {
		head, err := a.ledger.Head(ctx)
		if err != nil {
			return nil, err
		}
		return answer(http.StatusOK, head)
	})
	handle(a, route{method: http.MethodGet, path: "/v1/blocks/{number}", id: "ledger.block", tag: tagLedger, roles: []lifecycle.Role{lifecycle.Regulator, lifecycle.Platform},
		en: "A block as the members' nodes have it, with the holders of liens: signed commands, results, hashes of private values",
		zh: "查询区块", answer: reflect.TypeFor[ledger.Block]()}, func(ctx context.Context, _ *exchange, in *BlockPath) (*reply, error) {
		block, err := a.ledger.Block(ctx, in.Number)
		if err != nil {
			return nil, err
		}
		return answer(http.StatusOK, block)
	})
	for _, v := range contract.Verbs() {
		if v.Name == "ledger.admit" {
			a.admitRoute(v)
		}
	}
	handle(a, route{method: http.MethodGet, path: "/v1/refusals", id: "ledger.refusals", tag: tagLedger, roles: []lifecycle.Role{lifecycle.Regulator},
		en: "Refused commands, newest first", zh: "查询被拒绝的指令", answer: reflect.TypeFor[Page[HistoryEntry]]()},
		func(ctx context.Context, _ *exchange, in *RefusalFilter) (*reply, error) { return a.refusals(ctx, in) })
}

// admitRoute lets the regulator take an organisation that joined the channel into the ledger.
func (a *API) admitRoute(v contract.Verb) {
	handle(a, route{method: http.MethodPost, path: "/v1/ledger/organisations", id: v.Name, tag: tagLedger, roles: rolesOf(v.Row), en: v.Row.En, zh: v.Row.Zh,
		body: v.Args, answer: reflect.TypeFor[Written]()},
		func(ctx context.Context, e *exchange, in *Write) (*reply, error) {
			var args contract.AdmitArgs
			if err := a.schemas.decode(in.raw, &args, false); err != nil {
				return nil, err
			}
			return a.perform(ctx, e, in, func() (step, error) {
				return a.draft(e, want{verb: v.Name, subject: "ledger", args: args})
			})
		})
}

const refusalList = "refusals"

func (a *API) refusals(ctx context.Context, in *RefusalFilter) (*reply, error) {
	f := projection.RefusalFilter{Code: in.Code, Record: in.Record, Limit: in.most() + 1}
	var err error
	if in.Party != "" {
		if f.Party, err = ident.ParseUSCC(in.Party); err != nil {
			return nil, parameter("query.party", err)
		}
	}
	if f.From, err = moment("query.from", in.From); err != nil {
		return nil, err
	}
	if f.To, err = moment("query.to", in.To); err != nil {
		return nil, err
	}
	if f.Before, err = readPlace(in.Cursor); err != nil {
		return nil, err
	}
	found, err := a.store.Refusals(ctx, f)
	if err != nil {
		return nil, err
	}
	page := Page[HistoryEntry]{Items: []HistoryEntry{}}
	if len(found) > in.most() {
		found = found[:in.most()]
		page.Next = placeCursor(found[len(found)-1].Place)
	}
	for _, r := range found {
		page.Items = append(page.Items, historyEntry(r))
	}
	return answer(http.StatusOK, page)
}

func moment(location, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, problem.Invalid(problem.NewItem(location, problem.TimeInvalid, s, problem.Text{}))
	}
	return t, nil
}

func placeCursor(p projection.Place) string {
	return cursorOf(refusalList, strconv.FormatUint(p.Block, 10)+"."+strconv.Itoa(p.Tx)+"."+strconv.Itoa(p.Position))
}

func readPlace(cursor string) (*projection.Place, error) {
	last, err := readCursor(refusalList, cursor)
	if err != nil || last == "" {
		return nil, err
	}
	parts := strings.Split(last, ".")
	var numbers [3]uint64
	for i := range numbers {
		if len(parts) != len(numbers) {
			return nil, problem.New(problem.CursorInvalid).At("query.cursor")
		}
		if numbers[i], err = strconv.ParseUint(parts[i], 10, 62); err != nil {
			return nil, problem.New(problem.CursorInvalid).At("query.cursor")
		}
	}
	return &projection.Place{Block: numbers[0], Tx: int(numbers[1]), Position: int(numbers[2])}, nil
}

package api

import (
	"context"
	"errors"
	"net/http"

	"decore/chaincode/contract"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/projection"
)

// RecordOf is a record of any kind as a caller sees it; T is the type of the kind's terms.
type RecordOf[T any] struct {
	ID             string              `json:"id" doc:"Record ID (记录编号)" example:"REC-01JNQ4M3S0V5B6C7D8E9F0G1H2"`
	Kind           string              `json:"kind" doc:"Kind of record (类型)"`
	State          lifecycle.State     `json:"state" doc:"Lifecycle state (状态)"`
	Version        int                 `json:"version" doc:"Rises by one with every change; the ETag (版本)"`
	Terms          T                   `json:"terms,omitzero" doc:"Private terms; absent where the caller may not read them (条款)"`
	Commitment     evidence.Commitment `json:"commitment" doc:"Salted commitment to the terms (条款承诺)"`
	CreatedBy      ident.USCC          `json:"createdBy" doc:"Who created it, such as the keeper that issued a receipt; whose it is the terms say (创建方)"`
	Created        evidence.Instant    `json:"created" doc:"Ledger time of creation (创建时间)"`
	Updated        evidence.Instant    `json:"updated" doc:"Ledger time of the last change (更新时间)"`
	Encumbrances   []Encumbrance       `json:"encumbrances" doc:"Live liens on the record's value, at any stage (担保权益)"`
	AllowedActions []string            `json:"allowedActions" doc:"Verbs that the caller may use now (可用操作)"`
	Parents        []string            `json:"parents,omitempty" doc:"Records of which it came, of those that the caller sees; of one record alone, not in lists (来源记录)"`
	Parts          []string            `json:"parts,omitempty" doc:"Records that came of it, such as the parts of a split, of those that the caller sees; of one record alone, not in lists (后续记录)"`
	Warnings       []Warning           `json:"warnings,omitempty" doc:"What to know before it is decided on, as of a filed report what it leaves out; of one record alone, not in lists (提示)"`
}

// Encumbrance is a live lien as others see it: never who holds it or for which financing.
type Encumbrance struct {
	State      encumbrance.State `json:"state" doc:"reserved or encumbered (状态)"`
	Kind       encumbrance.Kind  `json:"kind" doc:"pledge or assignment (方式)"`
	Until      *evidence.Instant `json:"until,omitempty" doc:"When a reservation lapses (占用截止时间)"`
	Registered *evidence.Instant `json:"registered,omitempty" doc:"Time of the filing at the movables registry (登记时间)"`
	Own        bool              `json:"own" doc:"The caller holds it (本行持有)"`
}

// view is the record as the caller sees it.
func (a *API) view(ctx context.Context, e *exchange, r projection.Record, s sight) (RecordOf[contract.Terms], error) {
	live, err := a.liens(ctx, r)
	if err != nil {
		return RecordOf[contract.Terms]{}, err
	}
	v := RecordOf[contract.Terms]{ID: r.ID, Kind: r.Kind, State: r.State, Version: r.Version, Commitment: r.Header.Terms, CreatedBy: r.Owner,
		Created: r.Created, Updated: r.Updated, Encumbrances: make([]Encumbrance, len(live)), AllowedActions: a.allowed(e, r, live)}
	if s == terms {
		v.Terms = r.Terms
	}
	for i, l := range live {
		v.Encumbrances[i] = Encumbrance{State: l.State, Kind: l.Kind, Until: l.Until, Registered: l.Registered, Own: isAbout(e, l.Holder)}
	}
	return v, nil
}

// maxParts is the most later stages that a record is answered with.
const maxParts = 200

// lineage lists of which records one came and which came of it, as far as the caller sees them.
func (a *API) lineage(ctx context.Context, e *exchange, r projection.Record) (parents, parts []string, err error) {
	for _, id := range r.Parents {
		p, err := a.store.Record(ctx, id)
		if errors.Is(err, projection.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if s, err := a.sight(ctx, e, p); err != nil {
			return nil, nil, err
		} else if s != nothing {
			parents = append(parents, id)
		}
	}
	f := projection.Filter{Link: projection.Parent, Target: r.ID, Limit: maxParts}
	if !seesAll(e) {
		f.Reader, f.Day = e.caller.Party, a.today()
	}
	found, err := a.store.Records(ctx, f)
	for _, p := range found {
		parts = append(parts, p.ID)
	}
	return parents, parts, err
}

// show answers with a record.
func (a *API) show(ctx context.Context, e *exchange, r projection.Record, s sight) (*reply, error) {
	v, err := a.view(ctx, e, r, s)
	if err == nil {
		v.Parents, v.Parts, err = a.lineage(ctx, e, r)
	}
	if err == nil && r.Kind == fund.ReportTable.Kind && r.State == fund.Filed {
		v.Warnings, err = a.reportWarnings(ctx, e, r.ID)
	}
	if err != nil {
		return nil, err
	}
	out, err := answer(http.StatusOK, v)
	if err == nil {
		out.ETag = etag(r.Version)
	}
	return out, err
}

package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/lifecycle"
	"decore/gateway/problem"
)

// Batch is many verbs of one collection. They go to the ledger in order, 200 a transaction; each succeeds or fails
// alone. Only under an idempotency key is a batch that was cut off between two transactions sure to be one and the same
// when it is sent again.
type Batch struct {
	Items []BatchItem `json:"items" minItems:"1" maxItems:"1000" doc:"What to do (操作列表)"`
}

// BatchItem is one verb of a batch.
type BatchItem struct {
	Verb    string `json:"verb" doc:"Verb as in the route; that which creates takes no id (操作)" example:"attest"`
	ID      string `json:"id,omitempty" maxLength:"64" doc:"Record ID (记录编号)"`
	IfMatch string `json:"ifMatch,omitempty" maxLength:"12" doc:"The version that the caller saw, as its ETag; a countersignature needs it (版本条件，会签必填)"`
	// Commitment is for who knows the terms by what they commit to, and not by a version of the record.
	Commitment evidence.Commitment `json:"commitment,omitempty" maxLength:"43" doc:"The commitment to the terms that the caller saw, in place of ifMatch (所见条款的承诺，可代替版本条件)"`
	Args       jsontext.Value      `json:"args,omitempty" doc:"The verb's arguments, as the body of its route (参数)"`
}

// BatchAnswer answers a batch, result by item.
type BatchAnswer struct {
	Results []BatchResult `json:"results" doc:"In the order of the items (结果)"`
	DryRun  bool          `json:"dryRun,omitzero" doc:"Nothing was recorded (试运行)"`
}

// BatchResult is what became of one item.
type BatchResult struct {
	Status     contract.Status     `json:"status" enum:"accepted,refused,invalid" doc:"invalid leaves no trace on the ledger (结果)"`
	ID         string              `json:"id,omitempty" doc:"Record ID (记录编号)"`
	State      lifecycle.State     `json:"state,omitempty" doc:"State that it led to (状态)"`
	Version    int                 `json:"version,omitempty" doc:"Version of the record (版本)"`
	Commitment evidence.Commitment `json:"commitment,omitempty" doc:"Commitment to the terms (条款承诺)"`
	Code       string              `json:"code,omitempty" doc:"Why not (原因)"`
	Title      string              `json:"title,omitempty" doc:"The same as a sentence (说明)"`
	Field      string              `json:"field,omitempty" doc:"JSON pointer into the item (字段)" example:"/args/amount"`
	Clause     string              `json:"clause,omitempty" doc:"Which rule (依据)"`
	Reasons    []problem.Reason    `json:"reasons,omitempty" doc:"All that speaks against it, where rules give several reasons at once (全部原因)"`
	Command    *Signature          `json:"command,omitempty" doc:"The signed command (签名指令)"`
	Position   *problem.Position   `json:"position,omitempty" doc:"Where it stands on the ledger (账本位置)"`
	Warnings   []Warning           `json:"warnings,omitempty" doc:"What to know of it, though it was accepted (提示)"`
}

func (a *API) batch(c collection) func(context.Context, *exchange, *Write) (*reply, error) {
	return func(ctx context.Context, e *exchange, in *Write) (*reply, error) {
		var b Batch
		if err := a.schemas.decode(in.raw, &b, false); err != nil {
			return nil, err
		}
		draft := func() ([]step, error) {
			steps := make([]step, len(b.Items))
			for i, item := range b.Items {
				s, err := a.draftItem(ctx, e, c, item)
				if steps[i], err = a.orAnswered(e, s, item.ID, err); err != nil {
					return nil, err
				}
			}
			return steps, nil
		}
		return a.exactlyOnce(ctx, e, in, draft, func(outcomes []outcome) (*reply, error) { return a.batchReply(ctx, e, outcomes) })
	}
}

// orAnswered turns a fault of the caller's into the step's answer; one of ours stays an error of the whole request.
func (a *API) orAnswered(e *exchange, s step, id string, err error) (step, error) {
	if err == nil {
		return s, nil
	}
	p := problem.From(err)
	if p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests {
		return s, err
	}
	result := refused(e, p)
	result.Status, result.ID = contract.Invalid, id
	return step{Answer: &result}, nil
}

func refused(e *exchange, p *problem.Problem) BatchResult {
	shown := p.Render(e.lang, "", "")
	return BatchResult{Status: contract.Refused, Code: shown.Code, Title: shown.Title, Field: shown.Field, Clause: shown.Clause, Reasons: shown.Reasons, Position: shown.Position}
}

func (a *API) draftItem(ctx context.Context, e *exchange, c collection, item BatchItem) (step, error) {
	v, known := verbOf(c.table, item.Verb)
	if !known {
		return step{}, problem.New("UNKNOWN_VERB").At("/verb")
	}
	if v.Row.Creates() != (item.ID == "") {
		return step{}, problem.New("FIELD_INVALID").At("/id")
	}
	args := reflect.New(v.Args)
	if err := a.schemas.decode(item.Args, args.Interface(), a.schemas.optional(v.Args)); err != nil {
		return step{}, within("/args", err)
	}
	return a.prepare(ctx, e, v, item.ID, condition{version: item.IfMatch, terms: item.Commitment}, args.Elem().Interface())
}

// verbOf finds a verb of a table.
func verbOf(t *lifecycle.Table, verb string) (contract.Verb, bool) {
	verbs := contract.Verbs()
	i := slices.IndexFunc(verbs, func(v contract.Verb) bool { return v.Table == t && v.Row.Verb == verb })
	if i < 0 {
		return contract.Verb{}, false
	}
	return verbs[i], true
}

// within moves the faults of a part to where the part stands.
func within(prefix string, err error) *problem.Problem {
	p := problem.From(err)
	if p.Field != "" {
		p.Field = prefix + p.Field
	}
	for i := range p.Errors {
		p.Errors[i].Location = prefix + p.Errors[i].Location
	}
	for i := range p.Reasons {
		if p.Reasons[i].Field != "" {
			p.Reasons[i].Field = prefix + p.Reasons[i].Field
		}
	}
	return p
}

func (a *API) batchReply(ctx context.Context, e *exchange, outcomes []outcome) (*reply, error) {
	out := BatchAnswer{Results: make([]BatchResult, len(outcomes)), DryRun: e.dry}
	told := a.teller(e)
	for i, o := range outcomes {
		var err error
		if out.Results[i], err = o.result(e); err != nil {
			return nil, err
		}
		out.Results[i].Warnings = told.warnings(ctx, o)
	}
	return answer(http.StatusOK, out)
}

// result is the outcome as an item of a batch's answer.
func (o outcome) result(e *exchange) (BatchResult, error) {
	if o.Answer != nil {
		return *o.Answer, nil
	}
	signature, err := o.signature()
	if err != nil {
		return BatchResult{}, err
	}
	r := BatchResult{Status: contract.Accepted, State: o.answer.State, Version: o.answer.Version, Commitment: o.commitment(), Position: o.position()}
	if p := o.refusal(); p != nil {
		if o.err == nil {
			p = within("/args", p) // the ledger points into the arguments
		}
		r = refused(e, p)
		if o.err != nil || o.answer.Status == contract.Invalid {
			r.Status = contract.Invalid
		}
	}
	r.ID, r.Command = o.Subject, signature
	return r, nil
}

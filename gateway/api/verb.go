package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/order"
	"decore/gateway/problem"
)

// Write is what every request that writes may carry.
type Write struct {
	Payload
	Dry
	Key string `header:"Idempotency-Key" maxLength:"128" doc:"Same key, If-Match and body: the same answer, also after a crash, for 48 hours. A repeat after that is a new request, which the record's version or a rule of the ledger may refuse. With another If-Match or body: IDEMPOTENCY_KEY_REUSED, in a dry run too, which takes no key (幂等键：自首次使用起保留 48 小时，期内重复提交得到首次应答；逾期再提交视为新请求，可能因记录版本或账本规则被拒绝)"`

	ifMatch string // of a write to a record; part of what the key stands for
}

// WriteTo is a write to a record that exists.
type WriteTo struct {
	RecordPath
	Write
	IfMatch string `header:"If-Match" doc:"The version that the caller saw, as its ETag; a countersignature needs it (版本条件，会签必填)"`
}

// verbRoute registers the route of one row of a lifecycle table.
func (a *API) verbRoute(base string, c collection, v contract.Verb) {
	r := route{method: http.MethodPost, path: base + "/{id}/" + v.Row.Verb, id: v.Name, tag: c.path, roles: rolesOf(v.Row),
		en: v.Row.En, zh: v.Row.Zh, body: v.Args, optional: a.schemas.optional(v.Args), answer: reflect.TypeFor[Written]()}
	if v.Row.Binding {
		r.zh += countersigned
	}
	r.zh += remarks[v.Name]
	if v.Row.Creates() {
		r.path, r.status = creationPath(base, c, v), http.StatusCreated
		handle(a, r, func(ctx context.Context, e *exchange, in *Write) (*reply, error) {
			return a.verb(ctx, e, v, "", "", in)
		})
		return
	}
	handle(a, r, func(ctx context.Context, e *exchange, in *WriteTo) (*reply, error) {
		return a.verb(ctx, e, v, in.ID, in.IfMatch, &in.Write)
	})
}

// creationPath is where a verb makes a record: a table's first such verb at the collection itself, a further one by its name.
func creationPath(base string, c collection, v contract.Verb) string {
	first := slices.IndexFunc(c.table.Rows, func(r lifecycle.Row) bool { return r.Creates() })
	if c.table.Rows[first].Verb == v.Row.Verb {
		return base
	}
	return base + "/" + v.Row.Verb
}

// countersigned is said of the verbs by which a party binds itself to what another one wrote.
const countersigned = "。会签：须以 If-Match 指明所见版本，否则应答 428。" +
	" A countersignature: name the version you saw with If-Match, or the answer is 428; the signature is on the commitment of exactly that version."

// remarks are said of single verbs, where what they do is not all that their caller must know.
var remarks = map[string]string{
	"succession.record": "。承继前两户各自已核定的额度继续有效，合并后的台账可因此超过上限，在有剩余额度之前不再核定新的额度（提示 CAPS_PASSED）。" +
		" What either household was granted before stays granted, even where both together are above a cap, and nothing new is granted until there is room again (warning CAPS_PASSED).",
}

// verb carries out one verb and answers with what it wrote.
func (a *API) verb(ctx context.Context, e *exchange, v contract.Verb, id, ifMatch string, in *Write) (*reply, error) {
	args := reflect.New(v.Args)
	if err := a.schemas.decode(in.raw, args.Interface(), a.schemas.optional(v.Args)); err != nil {
		return nil, err
	}
	in.ifMatch = ifMatch
	return a.perform(ctx, e, in, func() (step, error) {
		return a.prepare(ctx, e, v, id, condition{version: ifMatch}, args.Elem().Interface())
	})
}

// perform signs one command, submits it and answers with what it wrote, once for an idempotency key.
func (a *API) perform(ctx context.Context, e *exchange, in *Write, sign func() (step, error)) (*reply, error) {
	draft := func() ([]step, error) {
		s, err := sign()
		return []step{s}, err
	}
	return a.exactlyOnce(ctx, e, in, draft, func(outcomes []outcome) (*reply, error) { return a.writtenReply(ctx, e, outcomes[0]) })
}

// explain tells of a wrong state which one it is and what the caller may do instead: to who may read the record, and
// only where it is the record's own state.
func (a *API) explain(ctx context.Context, e *exchange, o outcome, p *problem.Problem) {
	if p.Code != string(fault.WrongState) || p.Field != "" {
		return
	}
	cmd, err := evidence.Parse(o.JWS)
	if err != nil {
		return
	}
	kind, verb, _ := strings.Cut(cmd.Verb, ".")
	r, _, err := a.record(ctx, e, kind, o.Subject)
	if err != nil {
		return
	}
	live, err := a.liens(ctx, r)
	if err != nil {
		return // the refusal is the answer
	}
	p.State, p.Allowed = string(r.State), a.allowed(e, r, live)
	if slices.Contains(p.Allowed, verb) {
		return // it is not the state as such
	}
	_ = p.Because("the record is "+p.State+"; allowed now: "+orNothing(p.Allowed), "当前状态 "+p.State+"，可用操作："+orNothing(p.Allowed))
}

func orNothing(verbs []string) string {
	if len(verbs) == 0 {
		return "-"
	}
	return strings.Join(verbs, ", ")
}

func (a *API) writtenReply(ctx context.Context, e *exchange, o outcome) (*reply, error) {
	if p := o.refusal(); p != nil {
		a.explain(ctx, e, o, p)
		return nil, p
	}
	w, err := o.written()
	if err != nil {
		return nil, err
	}
	w.Warnings = a.teller(e).warnings(ctx, o)
	out, err := answer(http.StatusOK, w)
	if err != nil {
		return nil, err
	}
	if w.Version == 1 { // the first version of what a POST to its collection made
		out.Status = http.StatusCreated
	}
	if o.dry { // there is nothing that could be read under a name or matched against a version
		return out, nil
	}
	if w.Version > 0 {
		out.ETag = etag(w.Version)
	}
	if w.Version == 1 {
		out.Location = e.path + "/" + w.ID
	}
	return out, nil
}

// precheck is what is seen to before a new record is signed: what its arguments alone show, and of a report, which the ledger holds
// against the claims that it names, the claims that it does not, of a budget whether there is one.
func (a *API) precheck(ctx context.Context, e *exchange, args any) error {
	switch args := args.(type) {
	case fund.FileArgs:
		return a.refuseLeftOut(ctx, e, args)
	case fund.BudgetArgs:
		return a.refuseSecondBudget(ctx, e, args)
	}
	return precheck(e.caller.Party, args)
}

// precheck applies the rules of new records that need nothing but the arguments: the caller is told before anything is
// signed, and the ledger is spared. The ledger applies them again.
func precheck(party ident.USCC, args any) error {
	var err error
	switch args := args.(type) {
	case order.CreateArgs:
		_, _, err = order.Create(args)
	case financing.ApplyArgs:
		_, _, err = financing.Apply(args, party)
	}
	return err
}

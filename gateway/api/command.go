package api

import (
	"context"
	"errors"
	"slices"
	"time"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/desk"
	"decore/gateway/problem"
	"decore/gateway/projection"
	"decore/gateway/submit"
)

// want is one command that a caller asks for.
type want struct {
	verb    string // kind.verb
	subject string // "" for a new record
	on      evidence.Commitment
	args    any
	draw    desk.Draw
	trial   bool // never to be submitted
}

// step is one command on its way: signed, or answered already because it never will be. A step is stored under the
// request's idempotency key before it is submitted, so that a repeat submits the very same command.
type step struct {
	JWS     string       `json:"jws,omitempty"`
	Opening []byte       `json:"opening,omitempty"`
	Subject string       `json:"subject,omitempty"`
	Answer  *BatchResult `json:"answer,omitempty"`
}

// draft signs what the caller wants; what cannot be signed is answered in the step.
func (a *API) draft(e *exchange, w want) (step, error) {
	if err := a.alignKey(e); err != nil {
		return step{}, err
	}
	signed, subject, _, err := a.desk.Sign(desk.Order{Party: e.caller.Party, Verb: w.verb, Subject: w.subject, On: w.on, Args: w.args,
		Draw: w.draw, Trial: w.trial || e.dry})
	if err != nil {
		return step{}, err
	}
	if e.dry {
		subject = w.subject // a new record will have another
	}
	return step{JWS: signed.JWS, Opening: signed.Opening, Subject: subject}, nil
}

// alignKey makes the key that the registry has for the caller the current one of the key store. A rotation that was
// accepted while the gateway died is completed here, before the next command is signed.
func (a *API) alignKey(e *exchange) error {
	registered := e.party.Keys[len(e.party.Keys)-1].ID
	_, current, err := a.keys.Key(e.caller.Party)
	if err != nil || current == registered {
		return err
	}
	return a.keys.Activate(e.caller.Party, registered)
}

// condition is what the caller saw of the record: its version as an entity tag, or the commitment to its terms.
type condition struct {
	version string
	terms   evidence.Commitment
}

// names reports whether the condition tells the terms that were seen from others.
func (c condition) names() bool { return c.terms != "" || c.version != "" && c.version != anyVersion }

// prepare reads what is asked of a record of the caller's sight, and signs it. A countersignature must name what the
// signer saw.
func (a *API) prepare(ctx context.Context, e *exchange, v contract.Verb, id string, saw condition, args any) (step, error) {
	if !mayUse(e.caller.Roles, rolesOf(v.Row)) {
		return step{}, problem.New(problem.RoleNotPermitted)
	}
	w := want{verb: v.Name, subject: id, args: args}
	if v.Row.Creates() {
		if err := a.precheck(ctx, e, args); err != nil {
			return step{}, err
		}
		return a.draft(e, w)
	}
	r, _, err := a.record(ctx, e, v.Table.Kind, id)
	if err != nil {
		return step{}, err
	}
	if v.Row.Binding && !saw.names() {
		return step{}, problem.New(problem.IfMatchRequired).At(inIfMatch)
	}
	if err := matches(saw.version, r.Version); err != nil {
		return step{}, err
	}
	if saw.terms != "" && saw.terms != r.Header.Terms {
		return step{}, problem.New(string(fault.TermsChanged)).At("/commitment")
	}
	if saw != (condition{}) {
		// The caller is bound by the version that it saw, and by nothing that came after.
		w.on = r.Header.Terms
	}
	return a.draft(e, w)
}

// outcome is what became of one step.
type outcome struct {
	step
	answer submit.Answer
	err    error
	dry    bool // only tried
}

// carryOut submits the signed steps, and waits until this gateway can read what they did.
func (a *API) carryOut(ctx context.Context, e *exchange, steps []step) ([]outcome, error) {
	outcomes, newest, err := a.commit(ctx, e, steps)
	if err != nil || e.dry {
		return outcomes, err
	}
	a.fresh(ctx, newest)
	return outcomes, a.locate(ctx, outcomes)
}

// commit submits the signed steps in their order, as many together as go into a transaction, and returns the newest block that they stand in. In a dry run they are
// only tried, and stand in none.
func (a *API) commit(ctx context.Context, e *exchange, steps []step) (outcomes []outcome, newest uint64, err error) {
	outcomes = make([]outcome, len(steps))
	var commands []submit.Signed
	var places []int
	for i, s := range steps {
		outcomes[i].step, outcomes[i].dry = s, e.dry
		if s.Answer == nil {
			commands, places = append(commands, submit.Signed{JWS: s.JWS, Opening: s.Opening}), append(places, i)
		}
	}
	if len(commands) == 0 {
		return outcomes, 0, nil
	}
	answers, errs, err := a.decide(ctx, e, commands)
	if err != nil {
		return nil, 0, err
	}
	for n, i := range places {
		outcomes[i].answer, outcomes[i].err = answers[n], errs[n]
		newest = max(newest, answers[n].Block)
	}
	return outcomes, newest, nil
}

func (a *API) decide(ctx context.Context, e *exchange, commands []submit.Signed) (answers []submit.Answer, errs []error, err error) {
	if e.dry {
		return a.submit.DryRun(ctx, commands...)
	}
	for some := range slices.Chunk(commands, contract.MaxBatch) {
		began := time.Now()
		got, wrong, err := a.submit.Submit(ctx, some...)
		if err != nil {
			return nil, nil, err
		}
		a.metrics.committed(len(some), time.Since(began))
		answers, errs = append(answers, got...), append(errs, wrong...)
	}
	return answers, errs, nil
}

// fresh waits a while for the projection to reach the block, so that callers read their own writes. A projection that
// is late does not undo a commit.
func (a *API) fresh(ctx context.Context, block uint64) {
	if block == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, a.limits.FreshWait)
	defer cancel()
	began := time.Now()
	if err := a.store.WaitFor(ctx, block); err != nil && a.store.CutOff().IsZero() { // a feed that is cut off says so itself
		a.log.Warn("projection is behind a commit", "block", block, "error", err)
	}
	a.metrics.delay.Observe(time.Since(began).Seconds())
}

// locate finds where commands stand that were decided before: a repeat made no transaction of its own.
func (a *API) locate(ctx context.Context, outcomes []outcome) error {
	waited := false
	for i := range outcomes {
		o := &outcomes[i]
		if o.Answer != nil || o.err != nil || o.answer.Status == contract.Invalid || !o.answer.Repeated && o.answer.Tx != "" {
			continue
		}
		if !waited {
			if err := a.catchUp(ctx); err != nil {
				return err
			}
			waited = true
		}
		entry, err := a.store.Command(ctx, o.answer.Command)
		if errors.Is(err, projection.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		o.answer.Tx, o.answer.Block, o.answer.Time = entry.Tx, entry.Place.Block, entry.Recorded.Time
	}
	return nil
}

// catchUp waits a while for the projection to reach the ledger's head.
func (a *API) catchUp(ctx context.Context) error {
	head, err := a.ledger.Head(ctx)
	if err == nil {
		a.fresh(ctx, head.Number)
	}
	return err
}

// refusal is the problem of a command that was not accepted, nil when it was.
func (o outcome) refusal() *problem.Problem {
	switch {
	case o.err != nil:
		return problem.From(o.err)
	case o.answer.Status == contract.Accepted:
		return nil
	}
	f := fault.Fault{Code: fault.Code(o.answer.Code), Field: o.answer.Field, Clause: o.answer.Clause, Reasons: o.answer.Reasons}
	p := problem.From(&f)
	if cmd, err := evidence.Parse(o.JWS); err == nil {
		p = p.Hint(cmd.Verb)
	}
	if !o.dry {
		p.Command, p.Position = o.answer.Command, o.position()
	}
	return p
}

// position is where the command stands on the ledger; nil when it left no trace.
func (o outcome) position() *problem.Position {
	if o.answer.Tx == "" || o.answer.Status == contract.Invalid {
		return nil
	}
	return &problem.Position{Tx: o.answer.Tx, Block: o.answer.Block, Time: o.answer.Time.UTC()}
}

// commitment is that to the terms as the command made them; a dry run's, whose salts nobody keeps, is worth nothing.
func (o outcome) commitment() evidence.Commitment {
	if o.dry {
		return ""
	}
	return o.answer.Terms
}

// Written answers an accepted command.
type Written struct {
	ID         string              `json:"id,omitempty" doc:"Record ID (记录编号)"`
	State      lifecycle.State     `json:"state,omitempty" doc:"State that it led to (状态)"`
	Version    int                 `json:"version,omitempty" doc:"Version of the record (版本)"`
	Commitment evidence.Commitment `json:"commitment,omitempty" doc:"Commitment to the terms as they are now (条款承诺)"`
	Command    *Signature          `json:"command,omitempty" doc:"The signed command, the evidence of this act (签名指令)"`
	Position   *problem.Position   `json:"position,omitempty" doc:"Where it stands on the ledger (账本位置)"`
	Warnings   []Warning           `json:"warnings,omitempty" doc:"What to know of it, though it was accepted (提示)"`
	DryRun     bool                `json:"dryRun,omitzero" doc:"Nothing was recorded (试运行)"`
}

// Signature is a signed command.
type Signature struct {
	ID     string           `json:"id" doc:"Command ID (指令编号)"`
	Party  ident.USCC       `json:"party" doc:"Who signed (签署方)"`
	Signed evidence.Instant `json:"signed" doc:"When (签署时间)"`
	JWS    string           `json:"jws" doc:"Compact JWS, ES256 (签名)"`
}

// signature is the command as it was submitted; nil where it was only tried.
func (o outcome) signature() (*Signature, error) {
	if o.dry {
		return nil, nil
	}
	cmd, err := evidence.Parse(o.JWS)
	if err != nil {
		return nil, err
	}
	return &Signature{ID: cmd.ID, Party: cmd.Party, Signed: cmd.Time, JWS: o.JWS}, nil
}

func (o outcome) written() (Written, error) {
	signature, err := o.signature()
	return Written{ID: o.Subject, State: o.answer.State, Version: o.answer.Version, Commitment: o.commitment(),
		Command: signature, Position: o.position(), DryRun: o.dry}, err
}

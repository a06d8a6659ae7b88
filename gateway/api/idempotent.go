package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"decore/gateway/desk"
	"decore/gateway/idempotency"
	"decore/gateway/problem"
)

// exactlyOnce drafts signed commands, submits them and renders the answer. With an idempotency key the commands are
// kept before they are submitted and the answer after, so that a repeat gets the first answer, and one that comes
// after a crash submits the same commands again, which the ledger answers with their first result.
func (a *API) exactlyOnce(ctx context.Context, e *exchange, in *Write, draft func() ([]step, error), render func([]outcome) (*reply, error)) (*reply, error) {
	defer e.end()
	request := sha256.Sum256(slices.Concat([]byte(e.path+"\n"+in.ifMatch+"\n"), in.raw))
	return a.keyed(ctx, e, in.Key, request, func(k *key) (*reply, error) {
		steps, err := k.steps(ctx, draft)
		if err != nil {
			return nil, err
		}
		outcomes, err := a.carryOut(ctx, e, steps)
		if err != nil {
			return nil, err
		}
		k.final = !slices.ContainsFunc(outcomes, func(o outcome) bool { return o.err != nil })
		return render(outcomes)
	})
}

// key is an idempotency key while its request is worked on; without one it does nothing.
type key struct {
	*API
	*exchange
	name   string
	intent []byte // of an earlier attempt
	final  bool   // the answer will not change: repeats shall get it
}

// keyed does the work of a request once for its key. A dry run has no use for one: it leaves nothing that could be
// done twice, and its answer may be another tomorrow. It only finds out whether the key is another request's.
func (a *API) keyed(ctx context.Context, e *exchange, name string, request [sha256.Size]byte, work func(*key) (*reply, error)) (*reply, error) {
	if name == "" {
		return work(&key{API: a, exchange: e})
	}
	if err := checkKey(name); err != nil {
		return nil, err
	}
	if e.dry {
		if err := a.once.Check(ctx, e.caller.Party, name, request); err != nil {
			return nil, keyProblem(err)
		}
		return work(&key{API: a, exchange: e})
	}
	k := &key{API: a, exchange: e, name: name}
	entry, err := a.once.Begin(ctx, e.caller.Party, name, request)
	if err != nil {
		return nil, keyProblem(err)
	}
	if entry.Answer != nil {
		return replay(*entry.Answer)
	}
	k.intent = entry.Intent
	out, err := work(k)
	k.settle(context.WithoutCancel(ctx), out, err)
	return out, err
}

// keyProblems says which code answers which error of a key.
var keyProblems = map[error]string{
	idempotency.ErrInFlight: problem.IdempotencyInFlight,
	idempotency.ErrMismatch: problem.IdempotencyReused,
	idempotency.ErrFull:     problem.TooManyRequests,
}

func keyProblem(err error) error {
	for cause, code := range keyProblems {
		if errors.Is(err, cause) {
			return problem.New(code).At("header.Idempotency-Key")
		}
	}
	return err
}

// steps returns the commands of the earlier attempt, or drafts them and keeps them.
func (k *key) steps(ctx context.Context, draft func() ([]step, error)) ([]step, error) {
	var steps []step
	if k.intent != nil {
		err := json.Unmarshal(k.intent, &steps)
		return steps, err
	}
	steps, err := draft()
	if err != nil || k.name == "" || !slices.ContainsFunc(steps, func(s step) bool { return s.Answer == nil }) {
		return steps, err
	}
	return steps, k.intend(ctx, steps)
}

func (k *key) intend(ctx context.Context, intent any) error {
	if k.name == "" {
		return nil
	}
	raw, err := json.Marshal(intent)
	if err != nil {
		return err
	}
	return k.once.Intend(ctx, k.caller.Party, k.name, raw)
}

// seed returns the chance of the earlier attempt's commands, or draws it and keeps it.
func (k *key) seed(ctx context.Context) (desk.Seed, error) {
	if k.intent != nil {
		var s desk.Seed
		err := json.Unmarshal(k.intent, &s)
		return s, err
	}
	s := desk.NewSeed(k.ledger.Now())
	return s, k.intend(ctx, s)
}

// settle keeps a final answer, or lets go of the key. The caller has its answer either way: what cannot be kept is
// found again on the ledger by a repeat.
func (k *key) settle(ctx context.Context, out *reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err != nil && k.final {
		out, err = problemReply(k.render(k.exchange, err))
	}
	if err != nil || !k.final || out.Status >= http.StatusInternalServerError {
		err = k.once.Release(ctx, k.caller.Party, k.name)
	} else {
		err = k.keep(ctx, out)
	}
	if err != nil {
		k.log.Error("idempotency key cannot be settled", "error", err, "trace", k.trace)
	}
}

// headers are the parts of a reply beside status and body.
type headers struct{ ContentType, ETag, Location, Disposition string }

func (k *key) keep(ctx context.Context, out *reply) error {
	head, err := json.Marshal(headers{out.ContentType, out.ETag, out.Location, out.Disposition})
	if err != nil {
		return err
	}
	return k.once.Finish(ctx, k.caller.Party, k.name, idempotency.Answer{Status: out.Status, Header: head, Body: out.Body})
}

func replay(kept idempotency.Answer) (*reply, error) {
	var h headers
	if err := json.Unmarshal(kept.Header, &h); err != nil {
		return nil, err
	}
	return &reply{Status: kept.Status, ContentType: h.ContentType, ETag: h.ETag, Location: h.Location, Disposition: h.Disposition,
		Replayed: "true", Body: kept.Body}, nil
}

func problemReply(p *problem.Problem) (*reply, error) {
	out, err := answer(p.Status, p)
	if err == nil {
		out.ContentType = problem.ContentType
	}
	return out, err
}

// checkKey refuses a key that could not be told apart from another one in a log.
func checkKey(name string) error {
	if len(name) > 128 || strings.ContainsFunc(name, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
		return problem.New(problem.IdempotencyInvalid).At("header.Idempotency-Key")
	}
	return nil
}

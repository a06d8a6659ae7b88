package consortium

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/credit"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/gateway/desk"
	"decore/gateway/keystore"
	"decore/gateway/submit"
)

// Founder carries a plan out on a ledger. Every step looks at what is there first, so a founding that
// was cut off goes on where it stopped.
type Founder struct {
	Plan     Plan
	Policies []jsontext.Value // the credit policy among them
	Org      string           // whose gateway this is; "" stands for all organisations
	Ledger   ledger.Ledger
	Submit   *submit.Submitter
	Keys     *keystore.Store
	Log      *slog.Logger
	Waits    func(error) // is told, if given, why the founding does not go on yet
}

// Run founds the ledger, or completes what is missing, where this is the regulator's gateway. Any other waits until
// the ledger is founded, and every gateway of a network waits until its ledger can be reached. It returns the charter,
// and whether this call founded the ledger.
func (f Founder) Run(ctx context.Context) (charter contract.Charter, founded bool, err error) {
	if f.speaksFor(f.Plan.Regulator) {
		for _, step := range []func(context.Context) error{
			func(ctx context.Context) (err error) { founded, err = f.charter(ctx); return err }, f.policies,
		} {
			if err := f.patiently(ctx, step); err != nil {
				return charter, founded, fmt.Errorf("found the ledger: %w", err)
			}
		}
	}
	err = f.patiently(ctx, func(ctx context.Context) (err error) {
		var there bool
		if charter, there, err = Charter(ctx, f.Ledger); err == nil && !there {
			err = errNotFounded
		}
		return err
	})
	return charter, founded, err
}

var errNotFounded = fmt.Errorf("%w: the regulator's gateway does that", fault.New(fault.NotFounded, ""))

// patiently takes a step until it does not fail for what waiting may mend. The embedded ledger has nobody to wait for.
func (f Founder) patiently(ctx context.Context, step func(context.Context) error) error {
	if f.Org == "" {
		return step(ctx)
	}
	var told string
	var at time.Time
	return Patiently(ctx, func(err error) {
		if now := time.Now(); f.Log != nil && (err.Error() != told || now.Sub(at) > tellAgain) {
			f.Log.Warn("waiting for the ledger", "error", err)
			told, at = err.Error(), now
		}
		if f.Waits != nil {
			f.Waits(err)
		}
	}, step)
}

// Patiently takes a step again and again while it fails for what waiting may mend, and tells each failure.
func Patiently(ctx context.Context, waits func(error), step func(context.Context) error) error {
	for {
		err := step(ctx)
		if err == nil || !passing(err) {
			return err
		}
		waits(err)
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

// speaksFor reports whether the party is one of this gateway's organisation.
func (f Founder) speaksFor(u ident.USCC) bool {
	m, _ := f.Plan.member(u)
	return f.Org == "" || f.Org == m.Org
}

// tellAgain is how often a wait for the same reason is told anew.
const tellAgain = 30 * time.Second

// lookAgain is how often a gateway that waits for another one's part looks.
const lookAgain = 500 * time.Millisecond

// Charter reads the ledger's charter and reports whether it is founded.
func Charter(ctx context.Context, l ledger.Ledger) (charter contract.Charter, founded bool, err error) {
	values, err := l.Get(ctx, contract.CharterKey())
	if err != nil || values[0] == nil {
		return charter, false, err
	}
	if err := canon.Strict(values[0], &charter); err != nil {
		return charter, true, fmt.Errorf("charter: %w", err)
	}
	return charter, true, nil
}

func (f Founder) charter(ctx context.Context) (founded bool, err error) {
	_, there, err := Charter(ctx, f.Ledger)
	if err != nil || there {
		return false, err
	}
	args, secret, err := f.founding()
	if err != nil {
		return false, err
	}
	return true, f.command(ctx, "ledger.found", "ledger", args, secret)
}

// founding is what the ledger is founded with, and the opening of its token key.
func (f Founder) founding() (contract.FoundArgs, []byte, error) {
	secret, err := newTokenKey()
	if err != nil {
		return contract.FoundArgs{}, nil, err
	}
	plan, err := f.Plan.MakeKeys(f.Keys, f.Org)
	if err != nil {
		return contract.FoundArgs{}, nil, err
	}
	if err := plan.complete(); err != nil {
		return contract.FoundArgs{}, nil, err
	}
	policy, err := f.creditPolicy()
	if err != nil {
		return contract.FoundArgs{}, nil, err
	}
	args := contract.FoundArgs{Ledger: plan.Ledger, Orgs: plan.Orgs, TokenKey: secret.Commitment(), Credit: policy}
	for _, founder := range []struct {
		to *contract.Founder
		u  ident.USCC
	}{{&args.Regulator, plan.Regulator}, {&args.Platform, plan.Platform}} {
		m, _ := plan.member(founder.u)
		*founder.to = contract.Founder{USCC: m.USCC, RegisterArgs: m.registration()}
	}
	return args, secret.Raw, nil
}

func newTokenKey() (evidence.Sealed, error) {
	random := make([]byte, 64)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	return evidence.Seal(contract.TokenSecretKey, random[:32], contract.TokenKeyTerms{Key: base64.RawURLEncoding.EncodeToString(random[32:])})
}

func (f Founder) creditPolicy() (credit.Policy, error) {
	for _, raw := range f.Policies {
		if policyID(raw) != contract.CreditPolicy {
			continue
		}
		var p credit.Policy
		err := canon.Strict(raw, &p)
		return p, err
	}
	return credit.Policy{}, errors.New("no credit policy given")
}

func (f Founder) policies(ctx context.Context) error {
	for _, raw := range f.Policies {
		id := policyID(raw)
		values, err := f.Ledger.Get(ctx, contract.PolicyKey(id))
		if err != nil {
			return err
		}
		if values[0] != nil {
			continue
		}
		if err := f.command(ctx, "policy.publish", id, contract.PublishArgs{Policy: raw}, nil); err != nil {
			return err
		}
	}
	return nil
}

// command submits a command of the regulator, which must be accepted. The opening replaces the one of its arguments.
func (f Founder) command(ctx context.Context, verb, subject string, args any, opening []byte) error {
	signed, err := f.sign(desk.Order{Party: f.Plan.Regulator, Verb: verb, Subject: subject, Args: args})
	if err != nil {
		return err
	}
	if opening != nil {
		signed.Opening = opening
	}
	return f.submit(ctx, signed)
}

// carryOut submits commands of hosted parties as one batch; all must be accepted.
func (f Founder) carryOut(ctx context.Context, orders []desk.Order) error {
	var commands []submit.Signed
	for _, o := range orders {
		signed, err := f.sign(o)
		if err != nil {
			return err
		}
		commands = append(commands, signed)
	}
	return f.submit(ctx, commands...)
}

func (f Founder) sign(o desk.Order) (submit.Signed, error) {
	d := &desk.Desk{Ledger: f.Plan.Ledger, Clock: f.Ledger, Keys: f.Keys}
	signed, _, _, err := d.Sign(o)
	return signed, err
}

func (f Founder) submit(ctx context.Context, commands ...submit.Signed) error {
	answers, errs, err := f.Submit.Submit(ctx, commands...)
	if err != nil {
		return err
	}
	for i, a := range answers {
		if errs[i] != nil {
			return errs[i]
		}
		if a.Status != contract.Accepted {
			return fmt.Errorf("command %d: %w", i, &fault.Fault{Code: fault.Code(a.Code), Field: a.Field, Clause: a.Clause})
		}
	}
	return nil
}

// Hosted is a party of the plan whose key the gateway of the organisation holds, the platform where it can be: it
// signs receipts. "" when there is none.
func (p Plan) Hosted(keys *keystore.Store) ident.USCC {
	held := func(u ident.USCC) bool {
		_, _, err := keys.Key(u)
		return err == nil
	}
	if held(p.Platform) {
		return p.Platform
	}
	for _, m := range p.Parties {
		if held(m.USCC) {
			return m.USCC
		}
	}
	return ""
}

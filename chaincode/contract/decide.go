package contract

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
)

// Decided is what the ledger keeps of a command: enough to answer a repeat with its first result, and
// to tell a repeat from another command that took its ID.
type Decided struct {
	Payload string `json:"payload"` // base64url SHA-256 of what was signed
	Tx      string `json:"tx"`
	Result  Result `json:"result"`
}

// decide runs one command and returns its result; the error is for what is not the command's fault.
func (t *transaction) decide(i int, cmd *evidence.Signed) (Result, error) {
	c := t.call(i, cmd)
	if first, known, err := c.repeated(); known || err != nil {
		return first, err
	}
	run, err := c.admit()
	if f := fault.Of(err); f != nil {
		return c.answer(Invalid, f), nil
	} else if err != nil {
		return Result{}, err
	}
	result, err := c.apply(run)
	if err != nil || len(t.needed) > 0 {
		// With openings missing the batch is not decided yet, so no result is final.
		return result, err
	}
	return result, c.keep(result)
}

func (t *transaction) call(i int, cmd *evidence.Signed) *call {
	return &call{transaction: t, index: i, layer: t.base.child(), cmd: cmd}
}

// repeated answers a command whose ID was decided before: with its first result, or as another command that
// took the ID.
func (c *call) repeated() (first Result, known bool, err error) {
	var before Decided
	known, err = c.base.load(CommandKey(c.cmd.ID), &before)
	switch {
	case err != nil || !known:
		return Result{}, false, err
	case before.Payload != digest(c.cmd.Payload):
		return c.answer(Invalid, fault.New(fault.CommandIDReused, "/id")), true, nil
	}
	before.Result.Repeated = true
	return before.Result, true, nil
}

// keep writes down the result for good.
func (c *call) keep(r Result) error {
	return c.base.store(CommandKey(c.cmd.ID), Decided{Payload: digest(c.cmd.Payload), Tx: c.state.TxID(), Result: r})
}

// apply runs an admitted command in its own layer and merges the layer when it succeeds.
func (c *call) apply(run func(*call) (lifecycle.State, error)) (Result, error) {
	state, err := run(c)
	switch f := fault.Of(err); {
	case f != nil:
		return c.answer(Refused, f), nil
	case errors.Is(err, errNeedsOpening):
		return Result{}, nil
	case err != nil:
		return Result{}, err
	}
	result := c.answer(Accepted, nil)
	result.Record, result.State = c.cmd.Subject, state
	result.Version, result.Terms = c.saved.Version, c.saved.Terms
	c.layer.merge()
	return result, nil
}

func (c *call) answer(s Status, f *fault.Fault) Result {
	r := Result{Command: c.cmd.ID, Status: s}
	if f != nil {
		r.Code, r.Field, r.Clause, r.Reasons = string(f.Code), f.Field, f.Clause, f.Reasons
	}
	return r
}

// admit decides whether the command is what it claims to be, before what it asks for is looked at:
// meant for this ledger, in time, signed by an active party's valid key, with a verb that exists and
// arguments that can be read. It returns what to run.
func (c *call) admit() (func(*call) (lifecycle.State, error), error) {
	if c.cmd.Verb == verbFound {
		if _, founded, err := recall[Charter](c.layer, CharterKey()); err != nil {
			return nil, err
		} else if !founded {
			return c.admitFounder()
		}
	}
	verb, err := c.identify()
	if err != nil {
		return nil, err
	}
	args, err := c.arguments(verb)
	if err != nil {
		return nil, err
	}
	return func(c *call) (lifecycle.State, error) { return verb.run(c, args) }, nil
}

// identify is the part of admit that needs no arguments. It returns the handler of the verb.
func (c *call) identify() (handler, error) {
	verb, known := handlers[c.cmd.Verb]
	charter, founded, err := recall[Charter](c.layer, CharterKey())
	switch {
	case err != nil:
		return handler{}, err
	case !founded:
		return handler{}, fault.New(fault.NotFounded, "")
	case !c.addresses(charter.Ledger):
		return handler{}, fault.New(fault.WrongLedger, "/ledger")
	case !known:
		return handler{}, fault.New(fault.UnknownVerb, "/verb")
	}
	if err := c.timely(); err != nil {
		return handler{}, err
	}
	if err := c.authenticate(); err != nil {
		return handler{}, err
	}
	return verb, verb.fits(c.cmd)
}

// fits refuses arguments where the verb does not have them: private ones of a public verb, or the reverse.
func (v handler) fits(cmd *evidence.Signed) error {
	switch {
	case v.public && cmd.Args != "":
		return fault.New(fault.ArgumentsInvalid, "/arguments")
	case !v.public && len(cmd.Body) > 0:
		return fault.New(fault.ArgumentsInvalid, "/body")
	}
	return nil
}

// timely refuses what was signed too long ago, or ahead of the transaction's time.
func (c *call) timely() error {
	policy, err := c.creditPolicy()
	if err != nil {
		return err
	}
	// Compared as times: the difference of far ones does not fit a duration.
	switch signed := c.cmd.Time.Time; {
	case signed.Before(c.now.Add(-policy.CommandMaxAge())):
		return fault.New(fault.CommandTooOld, "/time")
	case signed.After(c.now.Add(policy.CommandMaxSkew())):
		return fault.New(fault.CommandFromFuture, "/time")
	}
	return nil
}

// authenticate finds the signer and its key, and checks the signature.
func (c *call) authenticate() error {
	policy, err := c.creditPolicy()
	if err != nil {
		return err
	}
	if c.signer, err = c.party(c.cmd.Party, "/party"); err != nil {
		return err
	}
	key, err := c.signer.Key(c.cmd.KeyID, c.cmd.Time.Time, policy.CommandMaxSkew())
	if err != nil {
		return err
	}
	if c.verified[c.index] != key.ID {
		pub, err := key.JWK.PublicKey()
		if err != nil || c.cmd.Verify(pub) != nil {
			return fault.New(fault.SignatureInvalid, "")
		}
	}
	if c.signer.State != party.Active {
		return fault.New(fault.PartyNotActive, "/party")
	}
	return nil
}

// arguments reads the command's arguments: the public body, or the private opening that it commits to.
func (c *call) arguments(v handler) (any, error) {
	raw := []byte(c.cmd.Body)
	if !v.public {
		sealed, err := c.privateArguments()
		if err != nil {
			return nil, err
		}
		c.args, raw = sealed, sealed.Terms
	}
	switch {
	case len(raw) == 0:
		return nil, fault.New(fault.ArgumentsMissing, "/body")
	case len(raw) > maxArguments:
		return nil, fault.New(fault.ArgumentsInvalid, "")
	case string(raw) == "null": // which would read as arguments with every field left out
		return nil, fault.New(fault.ArgumentsInvalid, "")
	}
	args, err := v.decode(raw)
	if err == nil {
		err = canon.Legible(raw)
	}
	var field *canon.FieldError
	switch {
	case errors.Is(err, canon.ErrIllegible) && errors.As(err, &field) && len(field.Pointer) <= maxPointer:
		return nil, fault.New(fault.TextIllegible, field.Pointer)
	case errors.As(err, &field) && len(field.Pointer) <= maxPointer:
		return nil, fault.New(fault.ArgumentsInvalid, field.Pointer)
	case err != nil:
		return nil, fault.New(fault.ArgumentsInvalid, "")
	}
	return args, nil
}

// maxArguments bounds the arguments of one command in bytes: only records may grow beyond, by many commands.
const maxArguments = 256 << 10

// maxPointer keeps a made-up field's name from filling the answer, which is public.
const maxPointer = 100

func (c *call) privateArguments() (evidence.Sealed, error) {
	raw, ok := c.brought[c.cmd.Args]
	switch {
	case !ok && c.cmd.Args != "" && c.broughtAbout(c.cmd.ID):
		return evidence.Sealed{}, fault.New(fault.CommitmentMismatch, "/arguments")
	case !ok:
		return evidence.Sealed{}, fault.New(fault.ArgumentsMissing, "/arguments")
	}
	sealed, err := evidence.Open(raw)
	switch {
	case err != nil:
		return evidence.Sealed{}, fault.New(fault.ArgumentsInvalid, "")
	case sealed.About != c.cmd.ID:
		return evidence.Sealed{}, fault.New(fault.CommitmentMismatch, "/arguments")
	}
	return sealed, nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

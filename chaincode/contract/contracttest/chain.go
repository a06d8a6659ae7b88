package contracttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/oklog/ulid/v2"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/credit"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/party"
)

// Actor is a party with its key.
type Actor struct {
	USCC ident.USCC
	Org  string
	Role lifecycle.Role
	Key  *ecdsa.PrivateKey
}

// NewActor makes a party with a fresh key; n makes its USCC.
func NewActor(n int, org string, role lifecycle.Role) *Actor {
	u, err := ident.CompleteUSCC("370200", fmt.Sprintf("990%05d", n))
	if err != nil {
		panic(err)
	}
	return &Actor{USCC: u, Org: org, Role: role, Key: NewKey()}
}

// NewKey makes a fresh P-256 key.
func NewKey() *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

// Credit is a credit policy for tests.
func Credit() credit.Policy {
	return credit.Policy{ID: contract.CreditPolicy, Version: 1, Title: "test", Status: "in-force",
		EffectiveFrom: calendar.MustParse("2026-01-01"), ExistingLoansFrom: calendar.MustParse("2026-01-01"), CommandMaxAgeSeconds: 86400, CommandMaxSkewSeconds: 300,
		ConfirmationDays: 30, LargeBuyerTermDays: 60, CertificateWarnMonths: 6, CertificateMaxMonths: 12,
		AdvanceConfirmed: money.MustRate("0.8"), AdvanceUnconfirmed: money.MustRate("0.6"), AdvanceOrder: money.MustRate("0.4"),
		AdvanceInventory: money.MustRate("0.5"), AdvanceReceipt: money.MustRate("0.6"), ValuationMaxAgeDays: 30, ValuationMinSources: 1,
		ReceiptElements: []credit.ReceiptElement{{Field: "/depositorAddress", Clause: "民法典 909(1)", Essential: true},
			{Field: "/lossStandard", Clause: "民法典 909(3)", Essential: true}, {Field: "/fee", Clause: "民法典 909(6)"}},
		ReceivableMaxDepth: 3, ReservationMaxHours: 72, RegistrationMinMonths: 1, RegistrationMaxMonths: 360}
}

// Past is one committed transaction; the key of a private write is "org/key".
type Past struct {
	ID              string
	Time            time.Time
	Caller          string
	Commands        []string
	Results         []contract.Result
	Public, Private []contract.Entry
}

// Chain is a founded ledger in memory with a few parties.
type Chain struct {
	T         testing.TB
	State     *State
	Name      string
	Regulator *Actor
	Platform  *Actor
	SME, SME2 *Actor
	Leader    *Actor
	BankA     *Actor
	BankB     *Actor

	Keeper, Supervisor *Actor // two warehousing firms

	// Submit decides the batches; it is the contract's own unless a test exchanges it.
	Submit func(contract.State, contract.Batch) (contract.Outcome, error)

	orgs []string

	// Past are the committed transactions, the founding first.
	Past []Past

	// Committing sees each batch with its outcome right before its writes are committed; set it by an
	// option of New to see the founding too.
	Committing func(contract.Batch, contract.Outcome)
}

// New founds a ledger on 2026-03-02 and registers its parties.
func New(t testing.TB, options ...func(*Chain)) *Chain {
	t.Helper()
	c := &Chain{T: t, Name: "test", State: NewState("BureauMSP", time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)),
		Regulator: NewActor(1, "BureauMSP", lifecycle.Regulator), Platform: NewActor(2, "PlatformMSP", lifecycle.Platform),
		SME: NewActor(3, "PlatformMSP", lifecycle.SME), SME2: NewActor(4, "PlatformMSP", lifecycle.SME),
		Leader: NewActor(5, "LeaderMSP", lifecycle.Leader),
		BankA:  NewActor(6, "BankAMSP", lifecycle.Bank), BankB: NewActor(7, "BankBMSP", lifecycle.Bank),
		Keeper: NewActor(8, "PlatformMSP", lifecycle.Keeper), Supervisor: NewActor(9, "PlatformMSP", lifecycle.Keeper),
		Submit: contract.Submit,
		orgs:   []string{"BureauMSP", "PlatformMSP", "LeaderMSP", "BankAMSP", "BankBMSP"}}
	for _, option := range options {
		option(c)
	}
	c.found()
	for _, a := range []*Actor{c.SME, c.SME2, c.Leader, c.BankA, c.BankB, c.Keeper, c.Supervisor} {
		c.Admit(a)
	}
	return c
}

// Fork returns a chain with the same parties and a copy of the state, to try something on.
func (c *Chain) Fork(t testing.TB) *Chain {
	f := *c
	f.T, f.State, f.Past = t, c.State.Clone(), slices.Clip(c.Past)
	return &f
}

// Orgs lists the organisations of the ledger.
func (c *Chain) Orgs() []string { return c.orgs }

func (c *Chain) found() {
	args, secret := c.Founding()
	jws, _ := c.Sign(c.Regulator, "ledger.found", "ledger", args)
	out, err := c.Run(contract.Batch{Commands: []string{jws}, Openings: []jsontext.Value{secret}})
	c.must(err)
	if out.Results[0].Status != contract.Accepted {
		c.T.Fatalf("founding: %+v", out.Results[0])
	}
}

// Founding returns what the ledger is founded with, and the opening of its token key.
func (c *Chain) Founding() (contract.FoundArgs, []byte) {
	key := make([]byte, 32)
	secret, err := evidence.Seal(contract.TokenSecretKey, Salt(), contract.TokenKeyTerms{Key: base64.RawURLEncoding.EncodeToString(key)})
	c.must(err)
	founder := func(a *Actor) contract.Founder {
		return contract.Founder{USCC: a.USCC, RegisterArgs: party.RegisterArgs{Name: string(a.Role), Roles: []lifecycle.Role{a.Role}, Org: a.Org, Key: evidence.NewJWK(&a.Key.PublicKey)}}
	}
	return contract.FoundArgs{Ledger: c.Name, Orgs: c.orgs, TokenKey: secret.Commitment(), Regulator: founder(c.Regulator), Platform: founder(c.Platform), Credit: Credit()}, secret.Raw
}

// Admit registers and approves a party.
func (c *Chain) Admit(a *Actor) {
	c.T.Helper()
	c.Do(c.Platform, "party.register", string(a.USCC), party.RegisterArgs{Name: "甲", Roles: []lifecycle.Role{a.Role}, Org: a.Org, Key: evidence.NewJWK(&a.Key.PublicKey)})
	c.Do(c.Regulator, "party.approve", string(a.USCC), party.ReasonArgs{})
}

// Salt returns a fresh salt.
func Salt() []byte {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return b
}

// NewID returns a fresh record ID with a prefix.
func NewID(prefix string) string { return prefix + "-" + ulid.Make().String() }

// Intent is what the actor would command now; a countersignature names the terms as they stand.
func (c *Chain) Intent(a *Actor, verb, subject string, args any) contract.Intent {
	in := contract.Intent{ID: ulid.Make().String(), Ledger: c.Name, Verb: verb, Party: a.USCC, Subject: subject, Time: c.State.Now, Args: args, Salt: Salt()}
	if binding()[verb] {
		in.On = c.Header(subject).Terms
	}
	return in
}

// binding are the verbs that are countersignatures.
var binding = sync.OnceValue(func() map[string]bool {
	verbs := map[string]bool{}
	for _, v := range contract.Verbs() {
		verbs[v.Name] = v.Row.Binding
	}
	return verbs
})

// Sign composes and signs a command of the actor.
func (c *Chain) Sign(a *Actor, verb, subject string, args any) (jws string, opening []byte) {
	c.T.Helper()
	return c.SignIntent(a, c.Intent(a, verb, subject, args))
}

// SignIntent signs an intent as it is.
func (c *Chain) SignIntent(a *Actor, in contract.Intent) (jws string, opening []byte) {
	c.T.Helper()
	cmd, opening, err := contract.Compose(in)
	c.must(err)
	jws, err = evidence.Sign(cmd, a.Key)
	c.must(err)
	return jws, opening
}

// Run submits a batch, bringing the openings of its subjects and those that the contract asks for, and
// commits it.
func (c *Chain) Run(b contract.Batch) (contract.Outcome, error) {
	for _, jws := range b.Commands {
		if cmd, err := evidence.Parse(jws); err == nil && c.State.Public[contract.RecordKey(cmd.Subject)] != nil {
			b.Openings = append(b.Openings, c.Opening(cmd.Subject))
		}
	}
	for {
		out, err := c.Submit(c.State, b)
		var need *contract.OpeningsNeededError
		if errors.As(err, &need) {
			c.State.Drop()
			for _, id := range need.Records() {
				b.Openings = append(b.Openings, c.Opening(id))
			}
			continue
		}
		if err != nil || !out.Recorded() {
			c.State.Drop()
			return out, err
		}
		if c.Committing != nil {
			c.Committing(b, out)
		}
		public, private := c.State.Writes()
		c.Past = append(c.Past, Past{ID: c.State.TxID(), Time: c.State.Now, Caller: c.State.Caller, Commands: b.Commands,
			Results: out.Results, Public: public, Private: private})
		c.State.Commit()
		return out, nil
	}
}

// Try runs one command and returns its result.
func (c *Chain) Try(a *Actor, verb, subject string, args any) contract.Result {
	c.T.Helper()
	jws, opening := c.Sign(a, verb, subject, args)
	return c.TryJWS(jws, opening)
}

// TryJWS runs one signed command.
func (c *Chain) TryJWS(jws string, opening []byte) contract.Result {
	c.T.Helper()
	b := contract.Batch{Commands: []string{jws}}
	if opening != nil {
		b.Openings = []jsontext.Value{opening}
	}
	out, err := c.Run(b)
	c.must(err)
	return out.Results[0]
}

// Do runs one command that must be accepted.
func (c *Chain) Do(a *Actor, verb, subject string, args any) contract.Result {
	c.T.Helper()
	r := c.Try(a, verb, subject, args)
	if r.Status != contract.Accepted {
		c.T.Fatalf("%s by %s: %+v", verb, a.Role, r)
	}
	return r
}

// Refuse runs one command that must be refused with the code.
func (c *Chain) Refuse(code string, a *Actor, verb, subject string, args any) {
	c.T.Helper()
	if r := c.Try(a, verb, subject, args); r.Code != code || r.Status == contract.Accepted {
		c.T.Fatalf("%s by %s: got %+v, want %s", verb, a.Role, r, code)
	}
}

// Header reads a record's header.
func (c *Chain) Header(id string) contract.Header {
	c.T.Helper()
	var h contract.Header
	if raw := c.State.Public[contract.RecordKey(id)]; raw != nil {
		c.must(canon.Strict(raw, &h))
	}
	return h
}

// Opening finds the opening of a record in any organisation's private collection.
func (c *Chain) Opening(id string) []byte {
	c.T.Helper()
	want := c.Header(id).Terms
	if id == contract.TokenSecretKey {
		var charter contract.Charter
		c.must(canon.Strict(c.State.Public[contract.CharterKey()], &charter))
		want = charter.TokenKey
	}
	for _, org := range c.orgs {
		if raw := c.State.Private[org+"/"+id]; raw != nil && evidence.Commit(raw) == want {
			return raw
		}
	}
	c.T.Fatalf("nobody holds the opening of %s", id)
	return nil
}

// Holders lists the organisations whose private copy of a record is the current one.
func (c *Chain) Holders(id string) []string {
	c.T.Helper()
	want := c.Header(id).Terms
	var orgs []string
	for _, org := range c.orgs {
		if raw := c.State.Private[org+"/"+id]; raw != nil && evidence.Commit(raw) == want {
			orgs = append(orgs, org)
		}
	}
	return orgs
}

// Terms opens a record's terms into v.
func (c *Chain) Terms(id string, v any) {
	c.T.Helper()
	sealed, err := evidence.Open(c.Opening(id))
	c.must(err)
	c.must(canon.Strict(sealed.Terms, v))
}

// Pass moves the clock.
func (c *Chain) Pass(d time.Duration) { c.State.Now = c.State.Now.Add(d) }

func (c *Chain) must(err error) {
	c.T.Helper()
	if err != nil {
		c.T.Fatal(err)
	}
}

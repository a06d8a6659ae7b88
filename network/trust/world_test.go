package trust_test

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/adapters/fabric"
	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/protocol"
	"decore/chaincode/receivable"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

const (
	platform = "PlatformMSP"
	leader   = "LeaderMSP"
	bankA    = "BankAMSP"
	bankB    = "BankBMSP"
	bureau   = "BureauMSP"
)

// world is a network on which a chain in memory is played too: it signs and knows every opening, and tells what
// each command must come to.
type world struct {
	*contracttest.Chain
	net      *cluster.Network
	data     string // the network's folder
	honest   string // executable of the contract
	clients  map[string]*fabric.Client
	invoices int
}

func newWorld(t *testing.T) *world {
	w := &world{data: t.TempDir(), honest: clustertest.Build(t, "decore/chaincode"), clients: map[string]*fabric.Client{}}
	w.net = clustertest.Up(t, cluster.Options{Data: w.data, Orgs: cluster.DefaultOrgs, Chaincode: w.honest})
	for _, org := range []string{platform, leader, bankA, bankB, bureau} {
		w.clients[org] = w.open(t, org, fabric.Options{})
	}
	w.Chain = contracttest.New(t, func(c *contracttest.Chain) {
		w.Chain = c
		c.State.Now = time.Now()
		c.Committing = w.mirror
	})
	return w
}

// open opens a client of an organisation.
func (w *world) open(t *testing.T, org string, o fabric.Options) *fabric.Client {
	t.Helper()
	conn, err := connection.Read(w.net.ConnectionFile(org))
	must(t, err)
	o.Log = slog.New(slog.DiscardHandler)
	c, err := fabric.Open(t.Context(), conn, o)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// run plays a part of the story as a test of its own.
func (w *world) run(t *testing.T, name string, part func(t *testing.T, w *world)) {
	t.Run(name, func(t *testing.T) {
		before := w.T
		w.T = t
		defer func() { w.T = before }()
		w.State.Now = time.Now()
		part(t, w)
	})
}

// patience is how long anything on the network may take.
const patience = 30 * time.Second

// mirror brings to the network what the chain in memory decided, and compares.
func (w *world) mirror(b contract.Batch, want contract.Outcome) {
	w.T.Helper()
	ctx, cancel := context.WithTimeout(w.T.Context(), patience)
	defer cancel()
	org := w.orgOf(b.Commands[0])
	commit, err := w.clients[org].Submit(ctx, b)
	must(w.T, err)
	w.gather(w.T, org)
	for i, got := range commit.Results {
		if got.Repeated = false; !got.Equal(want.Results[i]) {
			w.T.Fatalf("the network says %+v, want %+v", got, want.Results[i])
		}
	}
}

// gather waits until every organisation has seen what one has, so that they decide alike.
func (w *world) gather(t testing.TB, org string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	head, err := w.clients[org].Head(ctx)
	must(t, err)
	for _, c := range w.clients {
		if err := c.Follow(ctx, head.Number, func(*ledger.Block) error { return errEnd }); !errors.Is(err, errEnd) {
			t.Fatal(err)
		}
	}
}

// errEnd ends a follower.
var errEnd = errors.New("end")

// orgOf is the organisation whose party signed a command.
func (w *world) orgOf(jws string) string {
	cmd, err := evidence.Parse(jws)
	must(w.T, err)
	for _, a := range []*contracttest.Actor{w.Regulator, w.Platform, w.SME, w.SME2, w.Leader, w.BankA, w.BankB} {
		if a.USCC == cmd.Party {
			return a.Org
		}
	}
	w.T.Fatalf("%s is nobody's party", cmd.Party)
	return ""
}

// do has a command of the actor accepted.
func (w *world) do(a *contracttest.Actor, verb, subject string, args any) string {
	w.T.Helper()
	w.State.Now = time.Now()
	w.Do(a, verb, subject, args)
	return subject
}

func (w *world) today() calendar.Date { return calendar.At(w.State.Now) }

func (w *world) orderArgs(amount string) order.CreateArgs {
	return order.CreateArgs{Seller: w.SME.USCC, Buyer: w.Leader.USCC, BuyerClass: order.Large,
		Number: ident.DocumentNumber(contracttest.NewID("PO")[3:]), Signed: w.today(), DeliverBy: w.today().AddDays(30), PaymentDays: 60,
		Goods: "compressor housings", Amount: money.MustParse(amount)}
}

// order is a new order that the leader has not attested yet.
func (w *world) order(amount string) string {
	w.T.Helper()
	return w.do(w.SME, "order.create", contracttest.NewID("ORD"), w.orderArgs(amount))
}

// receivable is one against a new order that was delivered.
func (w *world) receivable(amount string) (orderID, id string) {
	w.T.Helper()
	orderID = w.order(amount)
	sum := money.MustParse(amount)
	w.do(w.Leader, "order.attest", orderID, financing.NoArgs{})
	w.do(w.SME, "order.ship", orderID, order.ShipArgs{Amount: sum, Date: w.today(), Note: "DN1"})
	w.do(w.Leader, "order.accept", orderID, order.AcceptArgs{Amount: sum, Date: w.today()})
	w.invoices++
	year, _, _ := w.today().YMD()
	return orderID, w.do(w.SME, "receivable.register", contracttest.NewID("REC"), receivable.RegisterArgs{
		Order: orderID, Invoice: ident.InvoiceNumber(fmt.Sprintf("%02d372%015d", year%100, w.invoices)),
		Issued: w.today(), Due: w.today().AddDays(60), Amount: sum,
	})
}

// loan is a financing on the receivable up to its accepted offer.
func (w *world) loan(bank *contracttest.Actor, rec, amount string) string {
	w.T.Helper()
	w.do(w.SME, "receivable.grant", rec, contract.GrantArgs{To: bank.USCC, Until: w.today().AddDays(90)})
	id := w.do(w.SME, "financing.apply", contracttest.NewID("FIN"), financing.ApplyArgs{Lender: bank.USCC, Product: financing.ReceivableLoan,
		Amount: money.MustParse(amount), TenorMonths: 3, Purpose: "materials", Collateral: []string{rec}})
	w.do(bank, "financing.offer", id, financing.Offer{Amount: money.MustParse(amount), AnnualRate: money.MustRate("0.0385"),
		Maturity: w.today().AddDays(90), ValidUntil: w.today().AddDays(7)})
	return w.do(w.SME, "financing.accept", id, financing.AcceptArgs{})
}

// forged is a command in an actor's name that somebody else signed.
func (w *world) forged(as *contracttest.Actor, key *ecdsa.PrivateKey, verb, subject string, args any) contract.Batch {
	forger := *as
	forger.Key = key
	return w.signed(&forger, verb, subject, args)
}

// signed is a batch of one command with all openings that it needs.
func (w *world) signed(a *contracttest.Actor, verb, subject string, args any) contract.Batch {
	w.T.Helper()
	return w.batch(w.Sign(a, verb, subject, args))
}

func (w *world) batch(jws string, opening []byte) contract.Batch {
	b := contract.Batch{Commands: []string{jws}, Openings: []jsontext.Value{w.Opening(contract.TokenSecretKey)}}
	if opening != nil {
		b.Openings = append(b.Openings, opening)
	}
	if cmd, err := evidence.Parse(jws); err == nil && w.Header(cmd.Subject).ID != "" {
		b.Openings = append(b.Openings, w.Opening(cmd.Subject))
	}
	return b
}

// seal is an opening that tells a dishonest chaincode what to do.
func seal(t *testing.T, about string, terms any) jsontext.Value {
	t.Helper()
	sealed, err := evidence.Seal(about, contracttest.Salt(), terms)
	must(t, err)
	return sealed.Raw
}

// submission is the call by which a batch is submitted.
func submission(t *testing.T, b contract.Batch) fabric.Call {
	t.Helper()
	commands, err := protocol.MarshalCommands(b.Commands)
	must(t, err)
	return fabric.Call{Function: protocol.Submit, Args: [][]byte{commands},
		Transient: map[string][]byte{protocol.Openings: protocol.MarshalOpenings(b.Openings)}}
}

// endorsed has a call endorsed by each of the organisations, which must not refuse.
func endorsed(t *testing.T, c *fabric.Client, call fabric.Call, orgs ...string) (*fabric.Proposal, []fabric.Endorsement) {
	t.Helper()
	p, err := c.Raw().Propose(call)
	must(t, err)
	var all []fabric.Endorsement
	for _, org := range orgs {
		e, err := c.Raw().Endorse(t.Context(), p, org)
		must(t, err)
		all = append(all, e)
	}
	return p, all
}

// state reads a record's state and version as an organisation's peer has it.
func (w *world) state(org, record string) (lifecycle.State, int) {
	w.T.Helper()
	var h contract.Header
	raw, err := w.clients[org].Get(w.T.Context(), contract.RecordKey(record))
	must(w.T, err)
	if raw[0] != nil {
		must(w.T, canon.Strict(raw[0], &h))
	}
	return h.State, h.Version
}

// unchanged fails unless the network has a record as the chain in memory has it.
func (w *world) unchanged(record string) {
	w.T.Helper()
	state, version := w.state(bureau, record)
	if h := w.Header(record); h.State != state || h.Version != version {
		w.T.Errorf("%s is %s in version %d, must still be %s in version %d", record, state, version, h.State, h.Version)
	}
}

// ordered has bank B order what was endorsed, and waits until all have seen what became of it.
func (w *world) ordered(t *testing.T, p *fabric.Proposal, endorsements ...fabric.Endorsement) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := w.clients[bankB].Raw().Order(ctx, p, endorsements...)
	w.gather(t, bankB)
	return err
}

// invalid fails unless an order was found invalid for the reason.
func invalid(t *testing.T, err error, reason string) {
	t.Helper()
	var found *fabric.InvalidError
	if !errors.As(err, &found) || found.Code.String() != reason {
		t.Errorf("got %v, want it to be found invalid: %s", err, reason)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Package verificationtest plays the usual steps of a trade on a ledger in memory and reads facts from it,
// for tests of verifications and of receipts.
package verificationtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"decore/adapters/embedded"
	"decore/adapters/ledger"
	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/credit"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/gateway/verification"
)

// ErrNotFound is answered for what the ledger does not have.
var ErrNotFound = errors.New("not found")

// World is a chain with its blocks; it is a verification.Source.
type World struct {
	*contracttest.Chain
	Blocks   []*ledger.Block
	Batches  []contract.Batch // one a block, with their openings
	invoices int
}

// New founds a ledger.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{}
	w.Chain = contracttest.New(t, func(c *contracttest.Chain) {
		w.Chain = c
		c.Committing = w.record
	})
	return w
}

// Fork returns a world with the same past and a future of its own.
func (w *World) Fork(t testing.TB) *World {
	t.Helper()
	chain, state := *w.Chain, *w.State
	state.Public, state.Private = maps.Clone(state.Public), maps.Clone(state.Private)
	chain.T, chain.State = t, &state
	for _, actor := range []**contracttest.Actor{&chain.Regulator, &chain.Platform, &chain.SME, &chain.SME2, &chain.Leader, &chain.BankA, &chain.BankB, &chain.Keeper, &chain.Supervisor} {
		own := **actor // whose key may change
		*actor = &own
	}
	fork := &World{Chain: &chain, Blocks: slices.Clone(w.Blocks), Batches: slices.Clone(w.Batches), invoices: w.invoices}
	chain.Committing = fork.record
	return fork
}

// record makes a block of each batch.
func (w *World) record(b contract.Batch, out contract.Outcome) {
	s := w.State
	tx := ledger.Transaction{ID: s.TxID(), Time: s.Now, Caller: "PlatformMSP", Commands: b.Commands, Results: out.Results}
	public, private := s.Writes()
	for _, e := range public {
		tx.Writes = append(tx.Writes, ledger.Write{Key: e.Key, Value: e.Value})
	}
	for _, e := range private {
		tx.Private = append(tx.Private, ledger.PrivateWrite{Org: "any", Key: e.Key, Hash: evidence.Commit(e.Value)})
	}
	block := &ledger.Block{Number: uint64(len(w.Blocks) + 1), Time: s.Now, Transactions: []ledger.Transaction{tx}}
	if n := len(w.Blocks); n > 0 {
		block.Previous = w.Blocks[n-1].Hash
	}
	hash, err := embedded.HashBlock(block)
	if err != nil {
		w.T.Fatal(err)
	}
	block.Hash = hash
	w.Blocks, w.Batches = append(w.Blocks, block), append(w.Batches, b)
}

// Block returns one block.
func (w *World) Block(_ context.Context, number uint64) (*ledger.Block, error) {
	if number == 0 || number > uint64(len(w.Blocks)) {
		return nil, ledger.ErrNotFound
	}
	return w.Blocks[number-1], nil
}

// Head is the newest block.
func (w *World) Head(context.Context) (verification.AsOf, error) {
	b := w.Blocks[len(w.Blocks)-1]
	return verification.AsOf{Block: b.Number, Hash: b.Hash, Time: evidence.InstantOf(b.Time)}, nil
}

// Record returns a header with its opening.
func (w *World) Record(_ context.Context, id string) (contract.Header, []byte, error) {
	h := w.Header(id)
	if h.ID == "" {
		return h, nil, fmt.Errorf("record %s: %w", id, ErrNotFound)
	}
	return h, w.Opening(id), nil
}

// Commands lists the accepted commands about a subject.
func (w *World) Commands(_ context.Context, subject string) ([]verification.Decided, error) {
	var all []verification.Decided
	for _, b := range w.Blocks {
		for ti, tx := range b.Transactions {
			for i, r := range tx.Results {
				if r.Status == contract.Accepted && !r.Repeated && r.Record == subject {
					all = append(all, verification.Decided{JWS: tx.Commands[i], Result: r, Position: verification.Position{
						Block: b.Number, Tx: tx.ID, TxIndex: ti, Index: i, Time: evidence.InstantOf(tx.Time)}})
				}
			}
		}
	}
	return all, nil
}

// Party returns a party.
func (w *World) Party(_ context.Context, u ident.USCC) (p party.Party, err error) {
	return p, w.get(contract.PartyKey(u), &p, true)
}

// CreditPolicy returns the policy that is current.
func (w *World) CreditPolicy(context.Context) (p credit.Policy, err error) {
	return p, w.get(contract.PolicyKey(contract.CreditPolicy), &p, true)
}

// Register returns the register of a document.
func (w *World) Register(_ context.Context, t duplicate.Token) (r duplicate.Register, err error) {
	return r, w.get(contract.TokenKey(string(t)), &r, false)
}

// Book returns an encumbrance book.
func (w *World) Book(_ context.Context, root string) (b encumbrance.Book, err error) {
	return b, w.get(contract.BookKey(root), &b, false)
}

func (w *World) get(key string, v any, must bool) error {
	raw := w.State.Public[key]
	if raw == nil {
		if must {
			return fmt.Errorf("%s: %w", key, ErrNotFound)
		}
		return nil
	}
	return canon.Strict(raw, v)
}

// Now is the ledger's time.
func (w *World) Now() evidence.Instant { return evidence.InstantOf(w.State.Now) }

// Today is its day.
func (w *World) Today() calendar.Date { return calendar.At(w.State.Now) }

// Order creates an order of the SME that the leader has not attested.
func (w *World) Order(amount string) string {
	w.T.Helper()
	id := contracttest.NewID("ORD")
	w.Do(w.SME, "order.create", id, order.CreateArgs{Seller: w.SME.USCC, Buyer: w.Leader.USCC, BuyerClass: order.Large,
		Number: ident.DocumentNumber("PO" + id[4:]), Signed: w.Today(), DeliverBy: w.Today().AddDays(30), PaymentDays: 60,
		Goods: "compressor housings", Amount: money.MustParse(amount)})
	return id
}

// Delivered creates an order, attested, shipped and accepted in full.
func (w *World) Delivered(amount string) string {
	w.T.Helper()
	id := w.Order(amount)
	w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
	w.Deliver(id, amount)
	return id
}

// Deliver ships and accepts some of an order.
func (w *World) Deliver(id, amount string) {
	w.T.Helper()
	w.Do(w.SME, "order.ship", id, order.ShipArgs{Amount: money.MustParse(amount), Date: w.Today(), Note: "DN1"})
	w.Do(w.Leader, "order.accept", id, order.AcceptArgs{Amount: money.MustParse(amount), Date: w.Today()})
}

// Invoice makes an invoice number.
func (w *World) Invoice() ident.InvoiceNumber {
	w.invoices++
	return ident.InvoiceNumber(fmt.Sprintf("2637200000%010d", w.invoices))
}

// Receivable registers a receivable against an order, due in 60 days, and discloses it to bank A.
func (w *World) Receivable(orderID, amount string) string {
	w.T.Helper()
	id := contracttest.NewID("REC")
	w.Do(w.SME, "receivable.register", id, receivable.RegisterArgs{Order: orderID, Invoice: w.Invoice(), Issued: w.Today(),
		Due: w.Today().AddDays(60), Amount: money.MustParse(amount)})
	w.Grant(id, w.BankA)
	return id
}

// Grant discloses a receivable to a bank.
func (w *World) Grant(id string, bank *contracttest.Actor) {
	w.T.Helper()
	w.Do(w.SME, "receivable.grant", id, contract.GrantArgs{To: bank.USCC, Until: w.Today().AddDays(300)})
}

// Reserve takes a receivable for a loan of a bank and returns the financing.
func (w *World) Reserve(bank *contracttest.Actor, rec, amount string) string {
	w.T.Helper()
	id := contracttest.NewID("FIN")
	w.Do(w.SME, "financing.apply", id, financing.ApplyArgs{Lender: bank.USCC, Product: financing.ReceivableLoan,
		Amount: money.MustParse(amount), TenorMonths: 3, Purpose: "materials", Collateral: []string{rec}})
	w.Do(bank, "financing.offer", id, financing.Offer{Amount: money.MustParse(amount), AnnualRate: money.MustRate("0.0385"),
		Maturity: w.Today().AddDays(90), ValidUntil: w.Today().AddDays(7)})
	w.Do(w.SME, "financing.accept", id, financing.AcceptArgs{})
	w.Do(bank, "financing.reserve", id, financing.ReserveArgs{Hours: 24})
	return id
}

// Disburse encumbers what a financing reserved, and pays out.
func (w *World) Disburse(bank *contracttest.Actor, fin, amount string) {
	w.T.Helper()
	w.Do(bank, "financing.encumber", fin, financing.Registration{Number: contracttest.NewID("ZDW")[4:], Registered: w.Now(), Expires: w.Today().AddDays(500)})
	w.Do(bank, "financing.disburse", fin, financing.Disbursement{Amount: money.MustParse(amount), Date: w.Today(), Reference: "LN" + fin[4:]})
}

// Rotate gives the actor a new key.
func (w *World) Rotate(a *contracttest.Actor) {
	w.T.Helper()
	key := contracttest.NewKey()
	w.Do(a, "party.rotate-key", string(a.USCC), party.KeyArgs{Key: evidence.NewJWK(&key.PublicKey)})
	a.Key = key
	w.Pass(time.Second)
}

// Revoke takes the actor's key from it and gives it a new one.
func (w *World) Revoke(a *contracttest.Actor) {
	w.T.Helper()
	key := contracttest.NewKey()
	w.Do(w.Regulator, "party.revoke-key", string(a.USCC), party.KeyArgs{Key: evidence.NewJWK(&key.PublicKey)})
	a.Key = key
	w.Pass(time.Second)
}

// Facts gathers what a party with a role in the trade may know of a record.
func (w *World) Facts(id string, caller *contracttest.Actor) verification.Facts {
	w.T.Helper()
	g := verification.Gatherer{Source: w}
	f, err := g.Gather(context.Background(), id, w.Viewer(caller), w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	return f
}

// Viewer is a viewer who sees the terms.
func (w *World) Viewer(a *contracttest.Actor) verification.Viewer {
	return verification.Viewer{Party: a.USCC, Terms: true, Banks: a.Role == lc.Regulator || a.Role == lc.SME}
}

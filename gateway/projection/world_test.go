package projection_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"decore/adapters/ledger"
	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/subsidy"
	"decore/fixtures"
	"decore/gateway/projection"
)

// world is a ledger with the steps of its users at hand.
type world struct {
	*contracttest.Chain
	ledger              *fake
	orders, receivables []string
	financings, claims  []string
	signed              []contract.Batch
	documents           int
}

func newWorld(t testing.TB) *world {
	f := newFake(t)
	return &world{Chain: f.chain, ledger: f}
}

func (w *world) today() calendar.Date { return calendar.At(w.State.Now) }

func (w *world) createArgs(number, amount string) order.CreateArgs {
	return order.CreateArgs{Seller: w.SME.USCC, Buyer: w.Leader.USCC, BuyerClass: order.Large, Number: ident.DocumentNumber(number),
		Signed: w.today(), DeliverBy: w.today().AddDays(30), PaymentDays: 60, Goods: "housings", Amount: money.MustParse(amount)}
}

func (w *world) order(amount string) string {
	w.T.Helper()
	id := contracttest.NewID("ORD")
	w.documents++
	w.Do(w.SME, "order.create", id, w.createArgs(fmt.Sprintf("PO%06d", w.documents), amount))
	w.orders = append(w.orders, id)
	return id
}

func (w *world) deliveredOrder(amount string) string {
	w.T.Helper()
	id := w.order(amount)
	w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
	w.Do(w.SME, "order.ship", id, order.ShipArgs{Amount: money.MustParse(amount), Date: w.today(), Note: "DN1"})
	w.Do(w.Leader, "order.accept", id, order.AcceptArgs{Amount: money.MustParse(amount), Date: w.today()})
	return id
}

func (w *world) receivable(orderID, amount string) string {
	w.T.Helper()
	id := contracttest.NewID("REC")
	w.documents++
	w.Do(w.SME, "receivable.register", id, receivable.RegisterArgs{Order: orderID,
		Invoice: ident.InvoiceNumber(fmt.Sprintf("2637%016d", w.documents)), Issued: w.today(),
		Due: w.today().AddDays(60), Amount: money.MustParse(amount)})
	w.receivables = append(w.receivables, id)
	return id
}

func (w *world) grant(rec string, bank *contracttest.Actor, days int) {
	w.T.Helper()
	w.Do(w.SME, "receivable.grant", rec, contract.GrantArgs{To: bank.USCC, Until: w.today().AddDays(days)})
}

func (w *world) applied(bank *contracttest.Actor, rec string) string {
	w.T.Helper()
	id := contracttest.NewID("FIN")
	w.Do(w.SME, "financing.apply", id, financing.ApplyArgs{Lender: bank.USCC, Product: financing.ReceivableLoan,
		Amount: money.MustParse("1000.00"), TenorMonths: 3, Purpose: "materials", Collateral: []string{rec}})
	w.financings = append(w.financings, id)
	return id
}

func (w *world) offer(days int) financing.Offer {
	return financing.Offer{Amount: money.MustParse("1000.00"), AnnualRate: money.MustRate("0.0385"),
		Maturity: w.today().AddDays(days), ValidUntil: w.today().AddDays(7)}
}

func (w *world) disbursement(loan string) financing.Disbursement {
	return financing.Disbursement{Amount: money.MustParse("1000.00"), Date: w.today(), Reference: "LN" + loan}
}

func (w *world) registration() financing.Registration {
	return financing.Registration{Number: contracttest.NewID("ZDW")[4:], Registered: evidence.InstantOf(w.State.Now), Expires: w.today().AddDays(500)}
}

func (w *world) disbursed(bank *contracttest.Actor, rec string) string {
	w.T.Helper()
	id := w.applied(bank, rec)
	w.Do(bank, "financing.offer", id, w.offer(90))
	w.Do(w.SME, "financing.accept", id, financing.AcceptArgs{})
	w.Do(bank, "financing.reserve", id, financing.ReserveArgs{Hours: 24})
	w.Do(bank, "financing.encumber", id, w.registration())
	w.Do(bank, "financing.disburse", id, w.disbursement(id))
	return id
}

func (w *world) publishSubsidy() subsidy.Policy {
	w.T.Helper()
	raw, err := fixtures.FS.ReadFile("policies/subsidy-2026.json")
	w.ledger.check(err)
	p, err := subsidy.ParsePolicy(raw)
	w.ledger.check(err)
	p.HandlingBanks = []ident.USCC{w.BankA.USCC, w.BankB.USCC}
	body, err := canon.Marshal(p)
	w.ledger.check(err)
	w.Do(w.Regulator, "policy.publish", p.ID, contract.PublishArgs{Policy: body})
	return p
}

// subsidised makes a fixed-asset loan with a claim, and returns both.
func (w *world) subsidised(p subsidy.Policy, bank *contracttest.Actor) (loan, claim string) {
	w.T.Helper()
	loan, claim = contracttest.NewID("FIN"), contracttest.NewID("SUB")
	w.Do(w.SME, "financing.apply", loan, financing.ApplyArgs{Lender: bank.USCC, Product: financing.FixedAssetLoan,
		Amount: money.MustParse("1000.00"), TenorMonths: 24, Purpose: "stamping line"})
	w.Do(bank, "financing.offer", loan, w.offer(700))
	w.Do(w.SME, "financing.accept", loan, financing.AcceptArgs{})
	w.Do(bank, "financing.disburse", loan, w.disbursement(loan))
	w.Do(bank, "subsidy.hold", claim, contract.HoldArgs{Policy: p.ID, Financing: loan, SizeClass: subsidy.Small, Private: true, Sector: p.Sectors[0]})
	w.financings, w.claims = append(w.financings, loan), append(w.claims, claim)
	return loan, claim
}

// step does something at random; what the contract refuses is as welcome as what it accepts.
func (w *world) step(t *rapid.T) {
	amount := money.Fen(rapid.Int64Range(1, 60_000_00).Draw(t, "fen"))
	actor := rapid.SampledFrom([]*contracttest.Actor{w.SME, w.SME2, w.Leader, w.BankA, w.BankB}).Draw(t, "actor")
	bank := rapid.SampledFrom([]*contracttest.Actor{w.BankA, w.BankB}).Draw(t, "bank")
	pick := func(ids []string) string {
		return rapid.SampledFrom(append(ids, "REC-00000000000000000000000000")).Draw(t, "id")
	}
	o, r, f := pick(w.orders), pick(w.receivables), pick(w.financings)
	steps := []func(){
		func() { w.order(amount.String()) },
		func() { w.orders = append(w.orders, w.deliveredOrder("90000.00")) },
		func() { w.pipeline(bank) },
		func() { w.Try(w.Leader, "order.attest", o, financing.NoArgs{}) },
		func() {
			w.Try(w.SME, "order.amend", o, order.AmendArgs{Amount: amount, DeliverBy: w.today().AddDays(9)})
		},
		func() { w.Try(w.Leader, "order.accept", o, order.AcceptArgs{Amount: amount, Date: w.today()}) },
		func() { w.Try(w.SME, "order.grant", o, contract.GrantArgs{To: bank.USCC, Until: w.today().AddDays(2)}) },
		func() {
			w.Try(w.SME, "receivable.grant", r, contract.GrantArgs{To: bank.USCC, Until: w.today().AddDays(3)})
		},
		func() { w.Try(w.SME, "receivable.revoke", r, contract.RevokeArgs{To: bank.USCC}) },
		func() { w.Try(w.SME, "receivable.request-confirmation", r, receivable.RequestArgs{}) },
		func() { w.Try(w.Leader, "receivable.confirm", r, receivable.ConfirmArgs{}) },
		func() { w.Try(actor, "receivable.cancel", r, financing.NoArgs{}) },
		func() { w.Try(bank, "financing.repay", f, w.repayment(amount)) },
		func() { w.Try(bank, "financing.reserve", f, financing.ReserveArgs{Hours: 1}) },
		func() { w.Try(actor, "financing.release", f, financing.NoArgs{}) },
		func() { w.batch(t) },
		func() { w.again(t) },
		func() { w.Pass(30 * time.Hour) },
	}
	rapid.SampledFrom(steps).Draw(t, "step")()
}

func (w *world) repayment(amount money.Amount) financing.Repayment {
	return financing.Repayment{Principal: money.Min(amount, money.MustParse("1000.00")), Date: w.today(), Reference: contracttest.NewID("RP")}
}

func (w *world) pipeline(bank *contracttest.Actor) {
	// Amounts differ, because two invoices of one day and amount are taken for one.
	rec := w.receivable(w.deliveredOrder("90000.00"), money.Fen(int64(60_000_00+w.documents)).String())
	w.grant(rec, bank, 5)
	w.disbursed(bank, rec)
}

// batch signs several commands, some of the same record, one of them twice and one of them broken.
func (w *world) batch(t *rapid.T) {
	var b contract.Batch
	add := func(jws string, opening []byte) {
		b.Commands, b.Openings = append(b.Commands, jws), append(b.Openings, opening)
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "orders") {
		id := contracttest.NewID("ORD")
		w.documents++
		add(w.Sign(w.SME, "order.create", id, w.createArgs(fmt.Sprintf("PB%06d", w.documents), "500.00")))
		if i == 0 {
			add(w.Sign(w.SME, "order.amend", id, order.AmendArgs{Amount: money.MustParse("600.00"), DeliverBy: w.today().AddDays(9)}))
			add(w.Sign(w.BankA, "order.cancel", id, financing.NoArgs{}))
		}
		w.orders = append(w.orders, id)
	}
	b.Commands = append(b.Commands, "no.command.atall", b.Commands[0])
	w.run(b)
	w.signed = append(w.signed, b)
}

// again submits an earlier batch once more, with something new so that there is a transaction.
func (w *world) again(t *rapid.T) {
	if len(w.signed) == 0 {
		return
	}
	b := rapid.SampledFrom(w.signed).Draw(t, "batch")
	jws, opening := w.Sign(w.SME, "order.cancel", rapid.SampledFrom(w.orders).Draw(t, "order"), financing.NoArgs{})
	w.run(contract.Batch{Commands: append([]string{jws}, b.Commands...), Openings: append([]jsontext.Value{opening}, b.Openings...)})
}

func (w *world) run(b contract.Batch) {
	_, err := w.Run(b)
	w.ledger.check(err)
}

// open opens a projection that lives as long as the test.
func open(t testing.TB, path string, opts projection.Options) *projection.Store {
	t.Helper()
	s, err := projection.Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func fresh(t testing.TB) *projection.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "projection.db"), projection.Options{})
}

// caughtUp returns a new projection of all that is on the ledger.
func caughtUp(t testing.TB, l ledger.Ledger) *projection.Store {
	t.Helper()
	s := fresh(t)
	must(t, s.CatchUp(t.Context(), l))
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func digest(t testing.TB, s *projection.Store) string {
	t.Helper()
	d, err := s.Digest(t.Context())
	must(t, err)
	return d
}

// running feeds the projection until the returned function is called, which returns what Run returned.
func running(t testing.TB, s *projection.Store, l ledger.Ledger) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, l) }()
	return func() error {
		cancel()
		return <-done
	}
}

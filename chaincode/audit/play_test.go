package audit_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/audit"
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
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/chaincode/subsidy"
	"decore/fixtures"
)

// A history is a few hundred signed commands, so fewer are drawn than rapid's default of 100, unless the command
// line says otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	_ = flag.Set("rapid.nofailfile", "true") // IDs and salts are fresh each time, so no file repeats a failure
	if !set {
		_ = flag.Set("rapid.checks", "12")
	}
	os.Exit(m.Run())
}

func yuan(s string) money.Amount { return money.MustParse(s) }

// player plays on a chain, several commands to a transaction: each is signed on what those before it, still
// to be submitted, lead to.
type player struct {
	*contracttest.Chain
	ahead    *contracttest.Chain
	commands []string
	openings []jsontext.Value
	expected []contract.Result
	serial   int
	size     int // commands to a transaction, at most
	policy   subsidy.Policy
}

func newPlayer(t testing.TB) *player {
	p := &player{Chain: contracttest.New(t), size: contract.MaxBatch}
	p.ahead = p.Fork(t)
	p.publish()
	p.flush()
	return p
}

func (p *player) today() calendar.Date { return calendar.At(p.State.Now) }

func (p *player) next() int {
	p.serial++
	return p.serial
}

// do signs a command and has it wait for the batch.
func (p *player) do(by *contracttest.Actor, verb, id string, args any) contract.Result {
	p.T.Helper()
	jws, opening := p.ahead.Sign(by, verb, id, args)
	return p.add(jws, opening)
}

func (p *player) add(jws string, opening []byte) contract.Result {
	p.T.Helper()
	r := p.ahead.TryJWS(jws, opening)
	p.commands, p.expected = append(p.commands, jws), append(p.expected, r)
	if opening != nil {
		p.openings = append(p.openings, opening)
	}
	if len(p.commands) == p.size {
		p.flush()
	}
	return r
}

// must is do for a command that is accepted; it returns the subject.
func (p *player) must(by *contracttest.Actor, verb, id string, args any) string {
	p.T.Helper()
	if r := p.do(by, verb, id, args); r.Status != contract.Accepted {
		p.T.Fatalf("%s by %s: %+v", verb, by.Role, r)
	}
	return id
}

// flush submits what waits as one transaction.
func (p *player) flush() {
	p.T.Helper()
	if len(p.commands) == 0 {
		return
	}
	out, err := p.Run(contract.Batch{Commands: p.commands, Openings: p.openings})
	if err != nil {
		p.T.Fatal(err)
	}
	for i, r := range out.Results {
		if !r.Equal(p.expected[i]) {
			p.T.Fatalf("command %d came to %+v in the batch, and to %+v by itself", i, r, p.expected[i])
		}
	}
	p.commands, p.openings, p.expected = nil, nil, nil
	p.ahead = p.Fork(p.T)
}

func (p *player) pass(d time.Duration) {
	p.flush()
	p.Pass(d)
	p.ahead = p.Fork(p.T)
}

func (p *player) publish() {
	raw, err := fixtures.FS.ReadFile("policies/subsidy-2026.json")
	if err != nil {
		p.T.Fatal(err)
	}
	if p.policy, err = subsidy.ParsePolicy(raw); err != nil {
		p.T.Fatal(err)
	}
	p.policy.HandlingBanks = []ident.USCC{p.BankA.USCC, p.BankB.USCC}
	body, err := canon.Marshal(p.policy)
	if err != nil {
		p.T.Fatal(err)
	}
	p.must(p.Regulator, "policy.publish", p.policy.ID, contract.PublishArgs{Policy: body})
}

func (p *player) orderArgs(amount string) order.CreateArgs {
	return order.CreateArgs{Seller: p.SME.USCC, Buyer: p.Leader.USCC, BuyerClass: order.Large,
		Number: ident.DocumentNumber(fmt.Sprintf("PO%d", p.next())), Signed: p.today(), DeliverBy: p.today().AddDays(30), PaymentDays: 60,
		Goods: "compressor housings", Amount: yuan(amount)}
}

func (p *player) registerArgs(id, amount string) receivable.RegisterArgs {
	n, err := ident.ParseInvoiceNumber(fmt.Sprintf("26372%015d", p.next()))
	if err != nil {
		p.T.Fatal(err)
	}
	return receivable.RegisterArgs{Order: id, Invoice: n, Issued: p.today(), Due: p.today().AddDays(60), Amount: yuan(amount)}
}

func (p *player) granted(bank *contracttest.Actor) contract.GrantArgs {
	return contract.GrantArgs{To: bank.USCC, Until: p.today().AddDays(60)}
}

func (p *player) application(bank *contracttest.Actor, amount string, collateral ...string) financing.ApplyArgs {
	product := financing.ReceivableLoan
	if len(collateral) == 0 {
		product = financing.FixedAssetLoan
	}
	return financing.ApplyArgs{Lender: bank.USCC, Product: product, Amount: yuan(amount), TenorMonths: 24, Purpose: "materials", Collateral: collateral}
}

func (p *player) offered(amount string) financing.Offer {
	return financing.Offer{Amount: yuan(amount), AnnualRate: money.MustRate("0.0385"), Maturity: p.today().AddDays(730), ValidUntil: p.today().AddDays(7)}
}

func (p *player) filing() financing.Registration {
	return financing.Registration{Number: contracttest.NewID("ZDW")[4:], Registered: evidence.InstantOf(p.State.Now), Expires: p.today().AddDays(1200)}
}

func (p *player) paidOut(amount string) financing.Disbursement {
	return financing.Disbursement{Amount: yuan(amount), Date: p.today(), Reference: fmt.Sprintf("LN%d", p.next())}
}

// existing is a loan to the SME that was paid out a month ago.
func (p *player) existing() financing.RecordArgs {
	paid := p.today().AddDays(-30)
	return financing.RecordArgs{Applicant: p.SME.USCC, Product: financing.FixedAssetLoan, Purpose: "stamping line", ExistingLoan: financing.ExistingLoan{Amount: yuan("100.00"),
		AnnualRate: money.MustRate("0.0385"), Signed: paid, Disbursed: paid, Maturity: paid.AddDays(730), Reference: fmt.Sprintf("LN%d", p.next())}}
}

func (p *player) repaid(amount string) financing.Repayment {
	return financing.Repayment{Principal: yuan(amount), Interest: yuan("1.00"), Date: p.today(), Reference: fmt.Sprintf("RP%d", p.next())}
}

func (p *player) paid(amount string) receivable.PayArgs {
	return receivable.PayArgs{Amount: yuan(amount), Date: p.today(), Reference: fmt.Sprintf("BK%d", p.next())}
}

func (p *player) claimed(loan string) contract.HoldArgs {
	return contract.HoldArgs{Policy: p.policy.ID, Financing: loan, SizeClass: subsidy.Small, Private: true, Sector: p.policy.Sectors[0]}
}

// delivered is an order with an accepted delivery.
func (p *player) delivered() string {
	p.T.Helper()
	id := p.must(p.SME, "order.create", contracttest.NewID("ORD"), p.orderArgs("1000.00"))
	p.must(p.Leader, "order.attest", id, financing.NoArgs{})
	p.must(p.SME, "order.ship", id, order.ShipArgs{Amount: yuan("900.00"), Date: p.today(), Note: "DN"})
	p.must(p.Leader, "order.accept", id, order.AcceptArgs{Amount: yuan("800.00"), Date: p.today()})
	return id
}

// registered is a receivable, disclosed to both banks.
func (p *player) registered(id string) string {
	p.T.Helper()
	rec := p.must(p.SME, "receivable.register", contracttest.NewID("REC"), p.registerArgs(id, fmt.Sprintf("300.%02d", p.next()%100)))
	p.must(p.SME, "receivable.grant", rec, p.granted(p.BankA))
	p.must(p.SME, "receivable.grant", rec, p.granted(p.BankB))
	return rec
}

// accepted is a financing at its accepted offer.
func (p *player) accepted(bank *contracttest.Actor, collateral ...string) string {
	p.T.Helper()
	id := p.must(p.SME, "financing.apply", contracttest.NewID("FIN"), p.application(bank, "100.00", collateral...))
	p.must(bank, "financing.offer", id, p.offered("100.00"))
	return p.must(p.SME, "financing.accept", id, financing.AcceptArgs{})
}

func (p *player) encumbered(bank *contracttest.Actor, collateral ...string) string {
	p.T.Helper()
	id := p.accepted(bank, collateral...)
	p.must(bank, "financing.reserve", id, financing.ReserveArgs{Hours: 24})
	return p.must(bank, "financing.encumber", id, p.filing())
}

// lent is a financing that was paid out, and maybe repaid and released.
func (p *player) lent(bank *contracttest.Actor, over bool, collateral ...string) string {
	p.T.Helper()
	secure := p.encumbered
	if len(collateral) == 0 {
		secure = p.accepted
	}
	id := secure(bank, collateral...)
	p.must(bank, "financing.disburse", id, p.paidOut("100.00"))
	if over {
		p.must(bank, "financing.repay", id, p.repaid("100.00"))
		p.must(bank, "financing.release", id, financing.NoArgs{})
	}
	return id
}

// newcomer registers a party and lets its key change.
func (p *player) newcomer(n int) *contracttest.Actor {
	p.T.Helper()
	return p.newcomerOf(n, "PlatformMSP")
}

func (p *player) newcomerOf(n int, org string) *contracttest.Actor {
	p.T.Helper()
	a := contracttest.NewActor(100+n, org, lifecycle.SME)
	id := string(a.USCC)
	p.must(p.Platform, "party.register", id, party.RegisterArgs{Name: "乙", Roles: []lifecycle.Role{a.Role}, Org: a.Org, Key: evidence.NewJWK(&a.Key.PublicKey)})
	p.must(p.Regulator, "party.approve", id, party.ReasonArgs{})
	key := contracttest.NewKey()
	p.must(a, "party.rotate-key", id, party.KeyArgs{Key: evidence.NewJWK(&key.PublicKey)})
	a.Key = key
	return a
}

// transactions are what the members of the channel see.
func (p *player) transactions() []audit.Transaction {
	p.flush()
	all := make([]audit.Transaction, len(p.Past))
	for i, past := range p.Past {
		all[i] = seen(past)
	}
	return all
}

func seen(past contracttest.Past) audit.Transaction {
	event, _ := canon.Marshal(contract.Outcome{Results: past.Results})
	tx := audit.Transaction{ID: past.ID, Time: past.Time, Caller: past.Caller, Commands: past.Commands,
		Results: slices.Clone(past.Results), Writes: slices.Clone(past.Public),
		Event: contract.Entry{Key: contract.EventName, Value: event}}
	for _, w := range past.Private {
		org, key, _ := strings.Cut(w.Key, "/")
		tx.Private = append(tx.Private, audit.PrivateWrite{Org: org, Key: key, Hash: evidence.Commit(w.Value)})
	}
	return tx
}

package contract_test

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
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
)

// world is a chain with the story's usual steps at hand.
type world struct {
	*contracttest.Chain
	invoices int
	policy   subsidy.Policy // published, once it is
}

func newWorld(t testing.TB) *world { return &world{Chain: audited(t, contracttest.New(t))} }

func (w *world) today() calendar.Date { return calendar.At(w.State.Now) }

func (w *world) order(amount string) string {
	w.T.Helper()
	id := contracttest.NewID("ORD")
	w.Do(w.SME, "order.create", id, w.orderArgs(amount))
	return id
}

func (w *world) orderArgs(amount string) order.CreateArgs {
	return order.CreateArgs{Seller: w.SME.USCC, Buyer: w.Leader.USCC, BuyerClass: order.Large,
		Number: ident.DocumentNumber(contracttest.NewID("PO")[3:]), Signed: w.today(), DeliverBy: w.today().AddDays(30), PaymentDays: 60,
		Goods: "compressor housings", Amount: money.MustParse(amount)}
}

func (w *world) deliveredOrder(amount string) string {
	w.T.Helper()
	id := w.order(amount)
	w.Do(w.Leader, "order.attest", id, financing.NoArgs{})
	w.Do(w.SME, "order.ship", id, order.ShipArgs{Amount: money.MustParse(amount), Date: w.today(), Note: "DN1"})
	w.Do(w.Leader, "order.accept", id, order.AcceptArgs{Amount: money.MustParse(amount), Date: w.today()})
	return id
}

func (w *world) invoice() ident.InvoiceNumber {
	w.invoices++
	n, err := ident.ParseInvoiceNumber("263720000000" + time.Unix(int64(w.invoices), 0).UTC().Format("02150405"))
	if err != nil {
		w.T.Fatal(err)
	}
	return n
}

func (w *world) receivable(orderID, amount string) string {
	w.T.Helper()
	id := contracttest.NewID("REC")
	w.Do(w.SME, "receivable.register", id, w.registerArgs(orderID, amount))
	return id
}

func (w *world) registerArgs(orderID, amount string) receivable.RegisterArgs {
	return receivable.RegisterArgs{Order: orderID, Invoice: w.invoice(), Issued: w.today(),
		Due: w.today().AddDays(60), Amount: money.MustParse(amount)}
}

func (w *world) grant(rec string, bank *contracttest.Actor) {
	w.T.Helper()
	w.Do(w.SME, "receivable.grant", rec, contract.GrantArgs{To: bank.USCC, Until: w.today().AddDays(90)})
}

// accepted applies at a bank with a receivable and accepts the bank's offer.
func (w *world) accepted(bank *contracttest.Actor, rec, amount string) string {
	w.T.Helper()
	id := contracttest.NewID("FIN")
	w.Do(w.SME, "financing.apply", id, financing.ApplyArgs{Lender: bank.USCC, Product: financing.ReceivableLoan,
		Amount: money.MustParse(amount), TenorMonths: 3, Purpose: "materials", Collateral: []string{rec}})
	w.offerAndAccept(bank, id, amount, 90)
	return id
}

func (w *world) offerAndAccept(bank *contracttest.Actor, id, amount string, days int) {
	w.T.Helper()
	w.Do(bank, "financing.offer", id, financing.Offer{Amount: money.MustParse(amount), AnnualRate: money.MustRate("0.0385"),
		Maturity: w.today().AddDays(days), ValidUntil: w.today().AddDays(7), Recourse: true})
	w.Do(w.SME, "financing.accept", id, financing.AcceptArgs{})
}

func (w *world) registration(maturityDays int) financing.Registration {
	return financing.Registration{Number: contracttest.NewID("ZDW")[4:], Registered: evidence.InstantOf(w.State.Now), Expires: w.today().AddDays(maturityDays + 400)}
}

func (w *world) topUp(collateral ...string) financing.TopUpArgs {
	r := w.registration(90)
	return financing.TopUpArgs{Number: r.Number, Registered: r.Registered, Expires: r.Expires, Collateral: collateral}
}

func (w *world) disbursed(bank *contracttest.Actor, rec, amount string) string {
	w.T.Helper()
	id := w.accepted(bank, rec, amount)
	w.Do(bank, "financing.reserve", id, financing.ReserveArgs{Hours: 24})
	w.Do(bank, "financing.encumber", id, w.registration(90))
	w.Do(bank, "financing.disburse", id, financing.Disbursement{Amount: money.MustParse(amount), Date: w.today(), Reference: "LN" + id[4:]})
	return id
}

func TestTheWholePathFromOrderToRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rec := w.receivable(w.deliveredOrder("1000000.00"), "600000.00")
	w.grant(rec, w.BankA)
	w.grant(rec, w.BankB)
	fin := w.disbursed(w.BankA, rec, "360000.00") // 60 % without the debtor's confirmation

	second := w.accepted(w.BankB, rec, "100000.00")
	w.Refuse("ENCUMBERED", w.BankB, "financing.reserve", second, financing.ReserveArgs{Hours: 1})

	w.Do(w.BankA, "financing.repay", fin, financing.Repayment{Principal: money.MustParse("360000.00"), Interest: money.MustParse("3465.00"), Date: w.today(), Reference: "RP1"})
	if h := w.Header(fin); h.State != financing.Settled {
		t.Fatalf("after the last repayment the financing is %s", h.State)
	}
	w.Do(w.BankA, "financing.release", fin, financing.NoArgs{})
	w.Do(w.BankB, "financing.reserve", second, financing.ReserveArgs{Hours: 1})
}

func (w *world) publishSubsidy() subsidy.Policy {
	w.T.Helper()
	raw, err := fixtures.FS.ReadFile("policies/subsidy-2026.json")
	if err != nil {
		w.T.Fatal(err)
	}
	p, err := subsidy.ParsePolicy(raw)
	if err != nil {
		w.T.Fatal(err)
	}
	p.HandlingBanks = []ident.USCC{w.BankA.USCC, w.BankB.USCC}
	if p.Version != 1 {
		w.T.Fatalf("version %d", p.Version)
	}
	w.Do(w.Regulator, "policy.publish", p.ID, contract.PublishArgs{Policy: mustCanonical(w.T, p)})
	w.policy = p
	return p
}

func (w *world) fixedAssetLoan(bank *contracttest.Actor, amount string) string {
	w.T.Helper()
	id := contracttest.NewID("FIN")
	w.Do(w.SME, "financing.apply", id, financing.ApplyArgs{Lender: bank.USCC, Product: financing.FixedAssetLoan,
		Amount: money.MustParse(amount), TenorMonths: 24, Purpose: "stamping line"})
	w.offerAndAccept(bank, id, amount, 730)
	w.Do(bank, "financing.disburse", id, financing.Disbursement{Amount: money.MustParse(amount), Date: w.today(), Reference: "LN" + id[4:]})
	return id
}

func (w *world) holdArgs(p subsidy.Policy, loan string) contract.HoldArgs {
	return contract.HoldArgs{Policy: p.ID, Financing: loan, SizeClass: subsidy.Small, Private: true, Sector: p.Sectors[0]}
}

func TestTheHouseholdsCapBindsAcrossBanks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.publishSubsidy()
	a, b := w.fixedAssetLoan(w.BankA, "30000000.00"), w.fixedAssetLoan(w.BankB, "40000000.00")
	claimA, claimB := contracttest.NewID("SUB"), contracttest.NewID("SUB")
	w.Do(w.BankA, "subsidy.hold", claimA, w.holdArgs(p, a))
	w.Do(w.BankB, "subsidy.hold", claimB, w.holdArgs(p, b))
	var terms contract.ClaimTerms
	w.Terms(claimA, &terms)
	if got := terms.Claim.Held.String(); got != "912500.00" {
		t.Errorf("first hold is %s", got)
	}
	w.Terms(claimB, &terms)
	if got := terms.Claim.Held.String(); got != "587500.00" {
		t.Errorf("second hold is %s", got)
	}
	w.Refuse("CLAIM_EXISTS", w.BankA, "subsidy.hold", contracttest.NewID("SUB"), w.holdArgs(p, a))
	w.Pass(100 * 24 * time.Hour)
	w.Do(w.BankA, "subsidy.accrue", claimA, contract.AccrueArgs{Through: w.today()})
	w.Terms(claimA, &terms)
	w.payable(claimA)
	w.Do(w.Regulator, "subsidy.settle", claimA, contract.SettleArgs{Amount: terms.Claim.Accrued})
}

func TestAWorkingCapitalLoanGetsNoSubsidy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.publishSubsidy()
	rec := w.receivable(w.deliveredOrder("1000000.00"), "600000.00")
	w.grant(rec, w.BankA)
	loan := w.disbursed(w.BankA, rec, "300000.00")
	w.Refuse("LOAN_TYPE_NOT_FIXED_ASSET", w.BankA, "subsidy.hold", contracttest.NewID("SUB"), w.holdArgs(p, loan))
}

func mustCanonical(t testing.TB, v any) jsontext.Value {
	t.Helper()
	sealed, err := evidence.Seal("x", contracttest.Salt(), v)
	if err != nil {
		t.Fatal(err)
	}
	return sealed.Terms
}

package contract_test

import (
	"testing"
	"time"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/chaincode/subsidy"
)

const (
	hour = time.Hour
	days = 24 * time.Hour
)

func yuan(s string) money.Amount { return money.MustParse(s) }

// fork returns a copy to try something on, which is audited when the test ends.
func (w *world) fork(t testing.TB) *world {
	if n := len(w.Past); n > 0 {
		if last := &w.Past[n-1].Commands[0]; !known(last) {
			seen.Store(last, auditor(t, w.Past))
		}
	}
	c := w.copy(t)
	audited(t, c.Chain)
	return c
}

// copy is fork for a test that then changes the state behind the contract's back.
func (w *world) copy(t testing.TB) *world {
	return &world{Chain: w.Fork(t), invoices: w.invoices, policy: w.policy}
}

// build brings a record of a kind into a state and returns its ID. A state that a table has and this
// has not fails the matrix.
var build = map[string]map[lifecycle.State]func(*world) string{
	"ledger": {
		contract.Founded: func(*world) string { return "ledger" },
	},
	"policy": {
		lifecycle.None:     func(*world) string { return "fresh-policy" },
		contract.Published: func(w *world) string { return w.policy.ID },
	},
	"measure": {
		lifecycle.None:            func(*world) string { return "fresh-measure" },
		contract.MeasureDrafted:   func(w *world) string { return w.drafted("fresh-measure") },
		contract.MeasurePublished: func(w *world) string { return w.published("fresh-measure") },
		contract.MeasureRepealed: func(w *world) string {
			return w.after(w.published("fresh-measure"), w.Regulator, "measure.repeal", contract.RepealArgs{From: w.today(), By: "财金〔2027〕1号"})
		},
	},
	"party": {
		lifecycle.None:  func(*world) string { return string(newcomer.USCC) },
		party.Pending:   func(w *world) string { return w.member(party.Pending) },
		party.Active:    func(w *world) string { return w.member(party.Active) },
		party.Suspended: func(w *world) string { return w.member(party.Suspended) },
	},
	"order": {
		lifecycle.None:   func(*world) string { return contracttest.NewID("ORD") },
		order.Created:    func(w *world) string { return w.order("1000.00") },
		order.Attested:   func(w *world) string { return w.attested("1000.00") },
		order.Delivering: func(w *world) string { return w.shipped("1000.00", "600.00") },
		order.Delivered:  func(w *world) string { return w.deliveredOrder("1000.00") },
		order.Closed: func(w *world) string {
			return w.after(w.deliveredOrder("1000.00"), w.SME, "order.close", financing.NoArgs{})
		},
		order.Cancelled: func(w *world) string {
			return w.after(w.attested("1000.00"), w.Leader, "order.cancel", financing.NoArgs{})
		},
	},
	"receivable": {
		lifecycle.None:        func(*world) string { return contracttest.NewID("REC") },
		receivable.Registered: (*world).registered,
		receivable.Requested:  (*world).requested,
		receivable.Confirmed: func(w *world) string {
			return w.after(w.requested(), w.Leader, "receivable.confirm", receivable.ConfirmArgs{})
		},
		receivable.Unanswered: func(w *world) string {
			id := w.requested()
			w.Pass(31 * days)
			return w.after(id, w.SME, "receivable.mark-unanswered", receivable.UnansweredArgs{})
		},
		receivable.Disputed: func(w *world) string {
			return w.after(w.registered(), w.Leader, "receivable.dispute", receivable.DisputeArgs{Amount: yuan("100.00"), Reason: "short"})
		},
		receivable.Paid: func(w *world) string {
			return w.after(w.registered(), w.SME, "receivable.pay", w.payment("1000.00"))
		},
		receivable.Closed: func(w *world) string {
			id := w.after(w.registered(), w.SME, "receivable.pay", w.payment("1000.00"))
			return w.after(id, w.SME, "receivable.close", financing.NoArgs{})
		},
		receivable.Cancelled: func(w *world) string {
			return w.after(w.registered(), w.SME, "receivable.cancel", financing.NoArgs{})
		},
	},
	"financing": {
		lifecycle.None:       func(*world) string { return contracttest.NewID("FIN") },
		financing.Applied:    (*world).applied,
		financing.Recorded:   func(w *world) string { return w.recorded(w.existing("1000000.00", 30)) },
		financing.Offered:    (*world).offered,
		financing.Accepted:   func(w *world) string { return w.accepted(w.BankA, w.granted(), "500.00") },
		financing.Reserved:   (*world).reserved,
		financing.Encumbered: (*world).encumbered,
		financing.Disbursed:  func(w *world) string { return w.disbursed(w.BankA, w.granted(), "500.00") },
		financing.Overdue: func(w *world) string {
			id := w.disbursed(w.BankA, w.granted(), "500.00")
			w.Pass(91 * days)
			return w.after(id, w.BankA, "financing.mark-overdue", financing.NoArgs{})
		},
		financing.Settled: (*world).settled,
		financing.Released: func(w *world) string {
			return w.after(w.settled(), w.BankA, "financing.release", financing.NoArgs{})
		},
		financing.Rejected: func(w *world) string {
			return w.after(w.offered(), w.BankA, "financing.reject", financing.NoArgs{})
		},
		financing.Withdrawn: func(w *world) string {
			return w.after(w.reserved(), w.SME, "financing.withdraw", financing.NoArgs{})
		},
	},
	"succession": {
		lifecycle.None: func(*world) string { return contracttest.NewID("SUC") },
		subsidy.Recorded: func(w *world) string {
			return w.after(contracttest.NewID("SUC"), w.Regulator, "succession.record", w.succession(w.held()))
		},
	},
	"subsidy": {
		lifecycle.None:   func(*world) string { return contracttest.NewID("SUB") },
		subsidy.Held:     (*world).held,
		subsidy.Accruing: (*world).accruing,
		subsidy.Released: func(w *world) string {
			return w.after(w.accruing(), w.BankA, "subsidy.release", financing.NoArgs{})
		},
		subsidy.Settled: func(w *world) string {
			id := w.payableReleased()
			return w.after(id, w.Regulator, "subsidy.settle", contract.SettleArgs{Amount: w.claim(id).Claim.Accrued})
		},
		subsidy.ClawedBack: func(w *world) string {
			return w.after(w.held(), w.Regulator, "subsidy.claw-back", contract.ClawBackArgs{Ground: "misuse", Reason: "misuse"})
		},
	},
}

// newcomer is not on any ledger until a test registers it; its key is at hand to act for it.
var newcomer = contracttest.NewActor(90, "PlatformMSP", lifecycle.SME)

func (w *world) after(id string, by *contracttest.Actor, verb string, args any) string {
	w.T.Helper()
	w.Do(by, verb, id, args)
	return id
}

func (w *world) member(s lifecycle.State) string {
	w.T.Helper()
	id := string(newcomer.USCC)
	w.Do(w.Platform, "party.register", id, registration(newcomer))
	if s == party.Pending {
		return id
	}
	w.Do(w.Regulator, "party.approve", id, party.ReasonArgs{})
	if s == party.Suspended {
		w.Do(w.Regulator, "party.suspend", id, party.ReasonArgs{Reason: "inquiry"})
	}
	return id
}

func registration(a *contracttest.Actor) party.RegisterArgs {
	return party.RegisterArgs{Name: "乙", Roles: []lifecycle.Role{a.Role}, Org: a.Org, Key: evidence.NewJWK(&a.Key.PublicKey)}
}

func (w *world) attested(amount string) string {
	w.T.Helper()
	return w.after(w.order(amount), w.Leader, "order.attest", financing.NoArgs{})
}

func (w *world) shipped(amount, part string) string {
	w.T.Helper()
	return w.after(w.attested(amount), w.SME, "order.ship", order.ShipArgs{Amount: yuan(part), Date: w.today(), Note: "DN1"})
}

func (w *world) registered() string { return w.receivable(w.deliveredOrder("1000.00"), "1000.00") }

func (w *world) requested() string {
	return w.after(w.registered(), w.SME, "receivable.request-confirmation", receivable.RequestArgs{})
}

func (w *world) granted() string {
	rec := w.registered()
	w.grant(rec, w.BankA)
	return rec
}

func (w *world) payment(amount string) receivable.PayArgs {
	return receivable.PayArgs{Amount: yuan(amount), Date: w.today(), Reference: contracttest.NewID("BK")}
}

func (w *world) apply(lender *contracttest.Actor, rec, amount string) string {
	w.T.Helper()
	return w.after(contracttest.NewID("FIN"), w.SME, "financing.apply", w.application(lender, amount, rec))
}

func (w *world) application(lender *contracttest.Actor, amount string, collateral ...string) financing.ApplyArgs {
	return financing.ApplyArgs{Lender: lender.USCC, Product: financing.ReceivableLoan, Amount: yuan(amount), TenorMonths: 3,
		Purpose: "materials", Collateral: collateral}
}

func (w *world) offer(amount string) financing.Offer {
	return financing.Offer{Amount: yuan(amount), AnnualRate: money.MustRate("0.0385"), Maturity: w.today().AddDays(90), ValidUntil: w.today().AddDays(7), Recourse: true}
}

func (w *world) applied() string { return w.apply(w.BankA, w.granted(), "500.00") }

func (w *world) offered() string {
	return w.after(w.applied(), w.BankA, "financing.offer", w.offer("500.00"))
}

// existing is a fixed-asset loan of a year that BankA paid out days ago.
func (w *world) existing(amount string, ago int) financing.RecordArgs {
	paid := w.today().AddDays(-ago)
	return financing.RecordArgs{Applicant: w.SME.USCC, Product: financing.FixedAssetLoan, Purpose: "stamping line", ExistingLoan: financing.ExistingLoan{
		Amount: yuan(amount), AnnualRate: money.MustRate("0.0385"), Signed: paid.AddDays(-1), Disbursed: paid, Maturity: paid.AddDays(365),
		Reference: contracttest.NewID("LN")}}
}

func (w *world) recorded(a financing.RecordArgs) string {
	return w.after(contracttest.NewID("FIN"), w.BankA, "financing.record", a)
}

func (w *world) reserved() string {
	return w.after(w.accepted(w.BankA, w.granted(), "500.00"), w.BankA, "financing.reserve", financing.ReserveArgs{Hours: 24})
}

func (w *world) encumbered() string {
	return w.after(w.reserved(), w.BankA, "financing.encumber", w.registration(90))
}

func (w *world) repayment(amount string) financing.Repayment {
	return financing.Repayment{Principal: yuan(amount), Interest: yuan("1.00"), Date: w.today(), Reference: contracttest.NewID("RP")}
}

func (w *world) settled() string {
	return w.after(w.disbursed(w.BankA, w.granted(), "500.00"), w.BankA, "financing.repay", w.repayment("500.00"))
}

func (w *world) held() string {
	return w.after(contracttest.NewID("SUB"), w.BankA, "subsidy.hold", w.holdArgs(w.policy, w.fixedAssetLoan(w.BankA, "1000000.00")))
}

// heldForLess is the claim of a loan of which a part was repaid when it was held.
func (w *world) heldForLess() string {
	loan := w.fixedAssetLoan(w.BankA, "1000000.00")
	w.Do(w.BankA, "financing.repay", loan, w.repayment("400000.00"))
	return w.after(contracttest.NewID("SUB"), w.BankA, "subsidy.hold", w.holdArgs(w.policy, loan))
}

// succession passes claims of the SME on to the other one.
func (w *world) succession(claims ...string) contract.SuccessionArgs {
	return contract.SuccessionArgs{Policy: w.policy.ID, Old: w.SME.USCC, Heir: w.SME2.USCC, On: w.today(), Document: "合并登记", Claims: claims}
}

func (w *world) accruing() string {
	id := w.held()
	w.Pass(100 * days)
	return w.after(id, w.BankA, "subsidy.accrue", contract.AccrueArgs{Through: w.today()})
}

func (w *world) claim(id string) contract.ClaimTerms {
	w.T.Helper()
	var t contract.ClaimTerms
	w.Terms(id, &t)
	return t
}

// read decodes a public key into v, and leaves v as it is when the key is absent.
func (w *world) read(key string, v any) {
	w.T.Helper()
	if raw := w.State.Public[key]; raw != nil {
		if err := canon.Strict(raw, v); err != nil {
			w.T.Fatal(err)
		}
	}
}

func acceptAll(w *world, amount string) order.AcceptArgs {
	return order.AcceptArgs{Amount: yuan(amount), Date: w.today()}
}

func (w *world) grantTo(id string, bank *contracttest.Actor) {
	w.T.Helper()
	w.Do(w.SME, w.Header(id).Kind+".grant", id, contract.GrantArgs{To: bank.USCC, Until: w.today().AddDays(90)})
}

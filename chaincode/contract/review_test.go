package contract_test

import (
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/receivable"
)

func TestAPartyBelongsToAnOrganisationOfTheCharter(t *testing.T) {
	w := newWorld(t)
	stray := contracttest.NewActor(77, "TypoMSP", lifecycle.Bank)
	w.Refuse("FIELD_INVALID", w.Platform, "party.register", string(stray.USCC), registration(stray))
}

func TestOneLoanOfABankIsRecordedOnce(t *testing.T) {
	w := newWorld(t)
	for i, code := range []string{"", "REFERENCE_USED"} {
		id := contracttest.NewID("FIN")
		w.Do(w.SME, "financing.apply", id, financing.ApplyArgs{Lender: w.BankA.USCC, Product: financing.FixedAssetLoan, Amount: yuan("500.00"), TenorMonths: 12, Purpose: "line"})
		w.offerAndAccept(w.BankA, id, "500.00", 365)
		d := financing.Disbursement{Amount: yuan("500.00"), Date: w.today(), Reference: "HJ-1"}
		if i == 0 {
			w.Do(w.BankA, "financing.disburse", id, d)
			continue
		}
		w.Refuse(code, w.BankA, "financing.disburse", id, d)
	}
}

func TestTheSamePaymentTwiceIsRefused(t *testing.T) {
	w := newWorld(t)
	rec := w.registered()
	once := w.payment("10.00")
	w.Do(w.SME, "receivable.pay", rec, once)
	w.Refuse("REFERENCE_USED", w.SME, "receivable.pay", rec, once)
	early := w.payment("11.00")
	early.Date = w.today().AddDays(-400)
	w.Refuse("DATE_ORDER", w.SME, "receivable.pay", rec, early)
}

func TestWhoPaidMayReleaseItsCollateral(t *testing.T) {
	w := newWorld(t)
	w.Do(w.SME, "financing.release", w.settled(), financing.NoArgs{})
}

func TestAConfirmationIsNotTakenBackToAHoldersHarm(t *testing.T) {
	w := newWorld(t)
	rec := w.after(w.granted(), w.Leader, "receivable.confirm", receivable.ConfirmArgs{})
	dispute := receivable.DisputeArgs{Amount: yuan("1000.00"), Reason: "changed my mind"}
	fork := w.fork(t)
	fork.Do(fork.Leader, "receivable.dispute", rec, dispute)
	w.disbursed(w.BankA, rec, "500.00")
	w.Refuse("ENCUMBERED", w.Leader, "receivable.dispute", rec, dispute)
}

func TestTheRegulatorFreesADocumentThatAStrangerRegistered(t *testing.T) {
	w := newWorld(t)
	squatted := w.registered()
	w.Do(w.Regulator, "receivable.cancel", squatted, financing.NoArgs{})
	var terms receivable.Terms
	w.Terms(squatted, &terms)
	args := w.registerArgs(w.deliveredOrder("1000.00"), "1000.00")
	args.Invoice = terms.Invoice
	w.Do(w.SME, "receivable.register", contracttest.NewID("REC"), args)
}

func TestARevokeOfOneReceivableDoesNotHangOnAnother(t *testing.T) {
	w := newWorld(t)
	o := w.deliveredOrder("1000.00")
	held, free := w.receivable(o, "500.00"), w.receivable(o, "400.00")
	w.grant(held, w.BankA)
	w.grant(free, w.BankA)
	w.disbursed(w.BankA, held, "200.00")
	w.Do(w.SME, "receivable.revoke", free, contract.RevokeArgs{To: w.BankA.USCC})
	w.Refuse("GRANT_IN_USE", w.SME, "receivable.revoke", held, contract.RevokeArgs{To: w.BankA.USCC})
}

func TestAFilingIsNotOlderThanItsApplication(t *testing.T) {
	w := newWorld(t)
	id := w.reserved()
	filing := w.registration(90)
	filing.Registered = evidence.InstantOf(w.State.Now.Add(-48 * hour))
	w.Refuse("REGISTRATION_INVALID", w.BankA, "financing.encumber", id, filing)
}

// One filing describes the security of one debt; what is added to that may come under it.
func TestAFilingStandsForOneFinancing(t *testing.T) {
	w := newWorld(t)
	filing := w.registration(90)
	one, two := w.reserved(), w.reserved()
	w.Do(w.BankA, "financing.encumber", one, filing)
	w.foiled(attempt{w.BankA, "financing.encumber", two, filing}, "REGISTRATION_USED", "/number", "民法典 768")
	spaced := filing
	spaced.Number = filing.Number[:4] + " " + filing.Number[4:]
	w.foiled(attempt{w.BankA, "financing.encumber", two, spaced}, "REGISTRATION_USED", "/number", "民法典 768")
	w.Do(w.BankA, "financing.encumber", two, w.registration(90))

	more := w.granted()
	for _, c := range []struct {
		fin  string
		code string
	}{{two, "REGISTRATION_USED"}, {one, ""}} {
		w.Do(w.SME, "financing.top-up", c.fin, financing.PartArgs{Collateral: []string{more}})
		taken := w.topUp(more)
		taken.Number = filing.Number
		if c.code != "" {
			w.foiled(attempt{w.BankA, "financing.accept-top-up", c.fin, taken}, c.code, "/number", "民法典 768")
			continue
		}
		w.Do(w.BankA, "financing.accept-top-up", c.fin, taken)
	}
}

// Who cancels before paying out, and applies again, may use the filing that it has.
func TestACancelledFinancingFreesItsFiling(t *testing.T) {
	w := newWorld(t)
	one, two, filing := w.reserved(), w.reserved(), w.registration(90)
	w.Do(w.BankA, "financing.encumber", one, filing)
	w.Do(w.BankA, "financing.cancel", one, financing.NoArgs{})
	w.Do(w.BankA, "financing.encumber", two, filing)
}

// A receipt of 19 t that the bank looked at is not a receipt of 1 t that was put in its place.
func TestWhatIsPutUpIsNotChangedUnderTheLendersHand(t *testing.T) {
	w := newWorld(t)
	loan := w.liened(w.BankA, financing.InventoryPledge, "100000.00", w.stored())
	good, poor := w.stored(), w.stored()
	w.Do(w.SME, "financing.top-up", loan, financing.PartArgs{Collateral: []string{good}})
	seen := w.Header(loan).Terms
	w.Do(w.SME, "financing.top-up", loan, financing.PartArgs{Collateral: []string{poor}})
	w.foiled(attempt{w.BankA, "financing.accept-top-up", loan, w.topUp(good)}, "NOT_OFFERED", "/collateral/0", "")
	in := w.Intent(w.BankA, "financing.accept-top-up", loan, w.topUp(poor))
	in.On = seen
	if r := w.TryJWS(w.SignIntent(w.BankA, in)); r.Code != "TERMS_CHANGED" {
		t.Errorf("%+v", r)
	}
}

func TestATopUpIsOfTheKindsThatTheProductLendsOn(t *testing.T) {
	w := newWorld(t)
	claims, stock := w.liened(w.BankA, financing.ReceivableLoan, "100.00", w.granted()), w.liened(w.BankA, financing.InventoryLoan, "100000.00", w.stored())
	for loan, id := range map[string]string{claims: w.stored(), stock: w.granted()} {
		w.foiled(attempt{w.SME, "financing.top-up", loan, financing.PartArgs{Collateral: []string{id}}}, "COLLATERAL_INELIGIBLE", "/collateral/0", "")
	}
	w.Do(w.SME, "financing.top-up", stock, financing.PartArgs{Collateral: []string{w.receipt()}})
}

// A lien on goods that nobody holds for the bank secures nothing (民法典担保制度解释 art. 55), so the bank may still call.
func TestATopUpCarriesNothingUntilItIsPerfected(t *testing.T) {
	w := newWorld(t)
	heap := w.stored()
	loan := w.liened(w.BankA, financing.InventoryPledge, "1000000.00", heap)
	w.Do(w.BankA, "lot.appoint-supervisor", heap, lot.AppointArgs{Supervisor: w.Supervisor.USCC})
	w.Do(w.Supervisor, "lot.establish-control", heap, lot.ControlArgs{Date: w.today()})
	w.paidOut(w.BankA, loan, "1000000.00")
	w.Do(w.Keeper, "lot.value", heap, w.price("15000.00"))
	more := w.stored()
	w.Do(w.SME, "financing.top-up", loan, financing.PartArgs{Collateral: []string{more}})
	w.Do(w.BankA, "financing.accept-top-up", loan, w.topUp(more))
	call := financing.MarginArgs{Until: w.today().AddDays(7)}
	w.Do(w.BankA, "financing.call-margin", loan, call)
	w.Do(w.BankA, "lot.appoint-supervisor", more, lot.AppointArgs{Supervisor: w.Supervisor.USCC})
	w.Do(w.Supervisor, "lot.establish-control", more, lot.ControlArgs{Date: w.today()})
	w.foiled(attempt{w.BankA, "financing.call-margin", loan, call}, "NOT_BELOW_LINE", "", "")
}

// A lender's record of what came in is held against what there was to come in, whether or not the payment was recorded.
func TestNoMoreIsCollectedOnAReceivableThanItsDebtorOwed(t *testing.T) {
	w := newWorld(t)
	rec := w.granted()
	loan := w.disbursed(w.BankA, rec, "500.00")
	collect := func(amount string) financing.CollectArgs {
		return financing.CollectArgs{Receivable: rec, Amount: yuan(amount), Date: w.today(), Reference: contracttest.NewID("CL")}
	}
	w.foiled(attempt{w.BankA, "financing.collect", loan, collect("1000.01")}, "OVER_OUTSTANDING", "/amount", "")
	w.Do(w.BankA, "receivable.pay", rec, receivable.PayArgs{Amount: yuan("400.00"), Date: w.today(), Reference: "P1"})
	w.Do(w.BankA, "financing.collect", loan, collect("400.00"))
	w.foiled(attempt{w.BankA, "financing.collect", loan, collect("600.01")}, "OVER_OUTSTANDING", "/amount", "")
	w.Do(w.BankA, "financing.collect", loan, collect("600.00"))

	heap := w.stored()
	stock := w.paidOut(w.BankA, w.liened(w.BankA, financing.InventoryLoan, "100000.00", heap), "100000.00")
	w.foiled(attempt{w.BankA, "financing.collect", stock, financing.CollectArgs{Receivable: heap, Amount: yuan("1.00"), Date: w.today(), Reference: "C"}}, "RECORD_NOT_FOUND", "/receivable", "")
}

// A red letter or credit note takes back once, from the claims of one invoice.
func TestADocumentReducesTheClaimsOfOneTrade(t *testing.T) {
	w := newWorld(t)
	one, two := w.registered(), w.registered()
	red := w.redLetter("10.00")
	note := receivable.DiluteArgs{CreditNote: "CN-1", Amount: yuan("10.00"), Date: w.today()}
	for field, a := range map[string]receivable.DiluteArgs{"/redLetter": red, "/creditNote": note} {
		w.Do(w.SME, "receivable.dilute", one, a)
		w.foiled(attempt{w.SME, "receivable.dilute", two, a}, "DUPLICATE_REGISTERED", field, "")
		r := w.rec(one).Reductions
		w.Do(w.Leader, "receivable.reinstate", one, receivable.ReinstateArgs{Kind: r[len(r)-1].Kind, Number: r[len(r)-1].Number, Amount: yuan("10.00")})
		w.Do(w.SME, "receivable.dilute", two, a) // it was recorded on the wrong one
		w.foiled(attempt{w.SME, "receivable.dilute", one, a}, "DUPLICATE_REGISTERED", field, "")
	}
	blue := receivable.DiluteArgs{RedLetter: w.rec(two).Invoice, Amount: yuan("10.00"), Date: w.today()}
	w.foiled(attempt{w.SME, "receivable.dilute", one, blue}, "DUPLICATE_REGISTERED", "/redLetter", "")
	taken := w.registerArgs(w.deliveredOrder("1000.00"), "1000.00")
	taken.Invoice = red.RedLetter
	w.foiled(attempt{w.SME, "receivable.register", contracttest.NewID("REC"), taken}, "DUPLICATE_REGISTERED", "/invoice", "")
}

func TestPartsOfOneReceivableShareARedLetter(t *testing.T) {
	w := newWorld(t)
	whole := w.registered()
	before, after := w.redLetter("100.00"), w.redLetter("10.00")
	w.Do(w.SME, "receivable.dilute", whole, before)
	parts := w.parts(whole, "400.00", "500.00")
	for _, p := range parts {
		w.Do(w.SME, "receivable.dilute", p, after)
		w.foiled(attempt{w.SME, "receivable.dilute", p, before}, "DUPLICATE_REGISTERED", "/redLetter", "")
	}
}

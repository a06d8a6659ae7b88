package contract_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/chaincode/subsidy"
)

// sample makes good arguments of each verb for the record; a verb without one fails the matrix.
var sample = map[string]func(w *world, id string) any{
	"ledger.found":   func(w *world, _ string) any { args, _ := w.Founding(); return args },
	"ledger.admit":   func(*world, string) any { return contract.AdmitArgs{Org: "BankCMSP"} },
	"policy.publish": samplePolicy,
	"measure.draft": func(w *world, id string) any {
		return contract.DraftArgs{Measure: mustCanonical(w.T, w.notice(id, w.measureHead(id).Published+1))}
	},
	"measure.publish": samplePutInForce,
	"measure.supersede": func(w *world, id string) any {
		if head := w.measureHead(id); head.State == contract.MeasurePublished {
			w.draft(w.notice(id, head.Published+1))
		}
		return samplePutInForce(w, id)
	},
	"measure.repeal": func(w *world, _ string) any { return contract.RepealArgs{From: w.today(), By: "why"} },

	"party.register":   func(*world, string) any { return registration(newcomer) },
	"party.approve":    reason,
	"party.suspend":    reason,
	"party.reinstate":  reason,
	"party.rotate-key": freshKey,
	"party.revoke-key": freshKey,

	"order.create": func(w *world, _ string) any { return w.orderArgs("1000.00") },
	"order.attest": none,
	"order.amend": func(w *world, _ string) any {
		return order.AmendArgs{Amount: yuan("1200.00"), DeliverBy: w.today().AddDays(40)}
	},
	"order.ship": func(w *world, _ string) any {
		return order.ShipArgs{Amount: yuan("10.00"), Date: w.today(), Note: "DN2"}
	},
	"order.accept": func(w *world, _ string) any { return order.AcceptArgs{Amount: yuan("10.00"), Date: w.today()} },
	"order.grant":  sampleGrant,
	"order.revoke": sampleRevoke,
	"order.cancel": none,
	"order.close":  none,

	"receivable.register": func(w *world, _ string) any {
		return w.registerArgs(w.deliveredOrder("1000.00"), "1000.00")
	},
	"receivable.request-confirmation": none,
	"receivable.confirm":              func(*world, string) any { return receivable.ConfirmArgs{} },
	"receivable.dispute": func(*world, string) any {
		return receivable.DisputeArgs{Amount: yuan("10.00"), Reason: "late"}
	},
	"receivable.mark-unanswered": func(w *world, _ string) any { w.Pass(31 * days); return receivable.UnansweredArgs{} },
	"receivable.grant":           sampleGrant,
	"receivable.revoke":          sampleRevoke,
	"receivable.pay":             func(w *world, _ string) any { return w.payment("10.00") },
	"receivable.cancel":          none,
	"receivable.close":           none,

	"financing.apply":    func(w *world, _ string) any { return w.application(w.BankA, "500.00", w.granted()) },
	"financing.offer":    func(w *world, _ string) any { return w.offer("500.00") },
	"financing.accept":   none,
	"financing.reject":   none,
	"financing.withdraw": none,
	"financing.reserve":  func(*world, string) any { return financing.ReserveArgs{Hours: 1} },
	"financing.encumber": func(w *world, _ string) any { return w.registration(90) },
	"financing.disburse": func(w *world, id string) any {
		return financing.Disbursement{Amount: yuan("500.00"), Date: w.today(), Reference: "LN" + id}
	},
	"financing.record":         func(w *world, _ string) any { return w.existing("1000000.00", 30) },
	"financing.confirm-record": none,
	"financing.discard-record": none,

	"financing.repay":        func(w *world, _ string) any { return w.repayment("10.00") },
	"financing.mark-overdue": func(w *world, _ string) any { w.Pass(91 * days); return financing.OverdueArgs{} },
	"financing.cure":         func(w *world, _ string) any { return financing.CureArgs{On: w.today()} },

	"financing.reverse-repayment": sampleReversal,
	"financing.request-extension": func(w *world, _ string) any { return w.extension() },
	"financing.extend": func(w *world, id string) any {
		if w.Header(id).State == financing.Disbursed {
			w.Do(w.SME, "financing.request-extension", id, w.extension())
		}
		return financing.NoArgs{}
	},
	"financing.change-rate": func(w *world, _ string) any { return w.newRate() },
	"financing.agree-rate": func(w *world, id string) any {
		if s := w.Header(id).State; s == financing.Disbursed || s == financing.Overdue {
			w.Do(w.BankA, "financing.change-rate", id, w.newRate())
		}
		return financing.NoArgs{}
	},

	"financing.cancel":  none,
	"financing.release": none,

	"subsidy.hold": func(w *world, _ string) any {
		return w.holdArgs(w.policy, w.fixedAssetLoan(w.BankA, "1000000.00"))
	},
	"subsidy.accrue": func(w *world, _ string) any { w.Pass(100 * days); return contract.AccrueArgs{Through: w.today()} },
	"subsidy.top-up": func(w *world, id string) any {
		if s := w.Header(id).State; s == subsidy.Held || s == subsidy.Accruing { // what was repaid when it was held is owed after all
			loan := w.claim(id).Loan.ID
			for _, wrong := range opened[financing.Terms](w, loan).Repayments {
				w.Do(w.BankA, "financing.reverse-repayment", loan, reversal(wrong))
			}
		}
		return financing.NoArgs{}
	},
	"subsidy.reduce": func(w *world, id string) any {
		if s := w.Header(id).State; s == subsidy.Held || s == subsidy.Accruing {
			w.Do(w.BankA, "financing.repay", w.claim(id).Loan.ID, w.repayment("100.00"))
		}
		return financing.NoArgs{}
	},
	"subsidy.settle": func(*world, string) any { return contract.SettleArgs{Amount: yuan("1.00")} },
	"subsidy.correct": func(w *world, id string) any {
		if terms, ok := w.existingClaim(id); ok { // repaid before the days that were accrued
			paid := w.repayment("1000000.00")
			paid.Date = terms.Loan.Disbursed.AddDays(10)
			w.Do(w.BankA, "financing.repay", terms.Loan.ID, paid)
		}
		return financing.NoArgs{}
	},
	"subsidy.restate": func(w *world, id string) any {
		paid := w.today()
		if w.Header(id).Kind == subsidy.Lifecycle.Kind {
			paid = w.claim(id).Loan.Disbursed
		}
		return contract.RestateArgs{EntrustedPaid: paid, Reason: "another transfer's"}
	},
	"subsidy.release":   none,
	"succession.record": func(w *world, _ string) any { return w.succession(w.held()) },
	"subsidy.claw-back": func(*world, string) any { return contract.ClawBackArgs{Ground: "misuse", Reason: "misuse"} },
}

// sampleReversal takes back a repayment, which it makes first where the state allows that.
func sampleReversal(w *world, id string) any {
	paid := w.repayment("10.00")
	switch w.Header(id).State {
	case financing.Disbursed, financing.Overdue:
		w.Do(w.BankA, "financing.repay", id, paid)
	case financing.Settled:
		paid = opened[financing.Terms](w, id).Repayments[0]
	}
	return reversal(paid)
}

func reversal(r financing.Repayment) financing.ReverseArgs {
	return financing.ReverseArgs{Principal: r.Principal, Interest: r.Interest, Date: r.Date, Reference: r.Reference, Reason: "another loan's"}
}

func (w *world) extension() financing.ExtensionArgs {
	return financing.ExtensionArgs{Maturity: w.today().AddDays(120), Reason: "late buyer"}
}

func (w *world) newRate() financing.RateArgs {
	return financing.RateArgs{From: w.today().AddDays(30), AnnualRate: money.MustRate("0.0375"), Reason: "LPR"}
}

func none(*world, string) any   { return financing.NoArgs{} }
func reason(*world, string) any { return party.ReasonArgs{Reason: "why"} }
func freshKey(*world, string) any {
	return party.KeyArgs{Key: evidence.NewJWK(&contracttest.NewKey().PublicKey)}
}

func samplePolicy(w *world, id string) any {
	p := w.policy
	if p.ID == id {
		p.Version++
	} else {
		p.ID, p.Version = id, 1
	}
	return contract.PublishArgs{Policy: mustCanonical(w.T, p)}
}

func sampleGrant(w *world, _ string) any {
	return contract.GrantArgs{To: w.BankB.USCC, Until: w.today().AddDays(30)}
}

// sampleRevoke grants first where the state still allows it; elsewhere the grant was made at birth.
func sampleRevoke(w *world, id string) any {
	kind := w.Header(id).Kind
	if table, ok := contract.TableOf(kind); ok {
		if row, _ := table.Row("grant"); row.Leaves(w.Header(id).State) {
			w.Do(w.SME, kind+".grant", id, contract.GrantArgs{To: w.BankB.USCC, Until: w.today().AddDays(30)})
		}
	}
	return contract.RevokeArgs{To: w.BankB.USCC}
}

func (w *world) existingClaim(id string) (contract.ClaimTerms, bool) {
	state := w.Header(id).State
	if state != subsidy.Accruing && state != subsidy.Released && state != subsidy.Settled {
		return contract.ClaimTerms{}, false
	}
	return w.claim(id), true
}

// special are records that a verb needs where the usual one of the state stops it by a guard.
var special = map[string]map[lifecycle.State]func(*world) string{
	"financing.cure":     {financing.Overdue: (*world).missedInstalment},
	"financing.extend":   {financing.Disbursed: func(w *world) string { return w.disbursedUnsecured() }},
	"financing.disburse": {financing.Accepted: func(w *world) string { return w.acceptedUnsecured("500.00") }},
	"subsidy.top-up": {subsidy.Held: (*world).heldForLess, subsidy.Accruing: func(w *world) string {
		id := w.heldForLess()
		w.Pass(100 * days)
		return w.after(id, w.BankA, "subsidy.accrue", contract.AccrueArgs{Through: w.today()})
	}},
	"order.revoke":      {order.Closed: (*world).closedWithGrant, order.Cancelled: (*world).cancelledWithGrant},
	"receivable.revoke": {receivable.Paid: paidWithGrant, receivable.Closed: closedReceivableWithGrant, receivable.Cancelled: cancelledReceivableWithGrant},
}

func (w *world) acceptedUnsecured(amount string) string {
	id := contracttest.NewID("FIN")
	a := w.application(w.BankA, amount)
	a.Product = financing.WorkingCapital
	w.Do(w.SME, "financing.apply", id, a)
	w.offerAndAccept(w.BankA, id, amount, 90)
	return id
}

// missedInstalment is a loan that is overdue before its maturity.
func (w *world) missedInstalment() string {
	id := w.disbursed(w.BankA, w.granted(), "500.00")
	w.Pass(10 * days)
	return w.after(id, w.BankA, "financing.mark-overdue", financing.OverdueArgs{From: w.today().AddDays(-5)})
}

func (w *world) disbursedUnsecured() string {
	id := w.acceptedUnsecured("500.00")
	return w.after(id, w.BankA, "financing.disburse", financing.Disbursement{Amount: yuan("500.00"), Date: w.today(), Reference: "LN" + id})
}

func (w *world) grantB(kind, id string) string {
	return w.after(id, w.SME, kind+".grant", contract.GrantArgs{To: w.BankB.USCC, Until: w.today().AddDays(30)})
}

func (w *world) closedWithGrant() string {
	return w.after(w.grantB("order", w.deliveredOrder("1000.00")), w.SME, "order.close", financing.NoArgs{})
}

func (w *world) cancelledWithGrant() string {
	return w.after(w.grantB("order", w.order("1000.00")), w.SME, "order.cancel", financing.NoArgs{})
}

func paidWithGrant(w *world) string {
	return w.after(w.grantB("receivable", w.registered()), w.SME, "receivable.pay", w.payment("1000.00"))
}

func closedReceivableWithGrant(w *world) string {
	return w.after(paidWithGrant(w), w.SME, "receivable.close", financing.NoArgs{})
}

func cancelledReceivableWithGrant(w *world) string {
	return w.after(w.grantB("receivable", w.registered()), w.SME, "receivable.cancel", financing.NoArgs{})
}

// guards are the cells that a table allows and a rule with a reason does not.
var guards = map[string]fault.Code{
	"order.amend delivering sme": fault.WrongState, // goods are under way: only the buyer may
}

// actors are those who try every verb: who stands in a relation to the records, and a stranger of each role.
func (w *world) actors() []*contracttest.Actor {
	return append([]*contracttest.Actor{w.SME, w.Leader, w.BankA, w.Regulator, w.Platform, w.SME2, w.BankB, w.Keeper, w.Supervisor, newcomer}, strangers...)
}

// The kinds of party that have no relation to any record of these tests.
var strangers = []*contracttest.Actor{
	contracttest.NewActor(80, "LeaderMSP", lifecycle.Leader), contracttest.NewActor(81, "PlatformMSP", lifecycle.Keeper),
	contracttest.NewActor(82, "PlatformMSP", lifecycle.Guarantor), contracttest.NewActor(83, "PlatformMSP", lifecycle.Insurer),
	contracttest.NewActor(84, "PlatformMSP", lifecycle.Platform), contracttest.NewActor(85, "BureauMSP", lifecycle.Regulator),
}

// relations say who stands in which relation to the records that the builders make.
func (w *world) relations(c cell) map[lifecycle.Relation]*contracttest.Actor {
	all := map[string]map[lifecycle.Relation]*contracttest.Actor{
		"order":      {lifecycle.Seller: w.SME, lifecycle.Buyer: w.Leader},
		"receivable": {lifecycle.Seller: w.SME, lifecycle.Issuer: w.SME, lifecycle.Buyer: w.Leader},
		"financing":  {lifecycle.Applicant: w.SME, lifecycle.Lender: w.BankA},
		"subsidy":    {lifecycle.Applicant: w.SME, lifecycle.Lender: w.BankA},
		"party":      {lifecycle.Self: newcomer},

		"fund":        {lifecycle.Lender: w.BankA},
		"fund-report": {lifecycle.Lender: w.BankA},

		"lot":               {lifecycle.Owner: w.SME, lifecycle.Keeping: w.Keeper, lifecycle.Grantee: w.BankA},
		"warehouse-receipt": {lifecycle.Owner: w.SME, lifecycle.Keeping: w.Keeper, lifecycle.Grantee: w.BankA},
	}[c.verb.Table.Kind]
	if all == nil {
		return map[lifecycle.Relation]*contracttest.Actor{lifecycle.Bureau: w.Regulator}
	}
	all[lifecycle.Bureau] = w.Regulator
	if _, pledged := special[c.verb.Name][c.state]; pledged { // those of goods are pledged and supervised, those of receivables pledged or offered
		all[lifecycle.Holder], all[lifecycle.Supervisor], all[lifecycle.Transferee] = w.BankA, w.Supervisor, w.SME2
	}
	return all
}

// cell is one verb in one state by one party.
type cell struct {
	verb  contract.Verb
	state lifecycle.State
	by    *contracttest.Actor
}

// expected derives from the table alone what must come of it; "" is accepted.
func (c cell) expected(w *world) fault.Code {
	relations := w.relations(c)
	related := func(as lifecycle.Relation) bool {
		return relations[as] == c.by || as == lifecycle.Grantee && relations[as] != nil && c.by == w.BankB || // shown to both banks
			as == lifecycle.Lender && c.verb.Name == "financing.record" && c.state == lifecycle.None // whoever states a loan states its own
	}
	permits := func(related func(lifecycle.Relation) bool) bool {
		return c.verb.Row.Permits([]lifecycle.Role{c.by.Role}, related)
	}
	switch kind := c.verb.Table.Kind; {
	case c.by == newcomer && kind == "party" && c.state == lifecycle.None:
		return fault.PartyUnknown
	case c.by == newcomer && kind == "party" && c.state != party.Active:
		return fault.PartyNotActive
	case !permits(func(as lifecycle.Relation) bool { return as != lifecycle.Bureau || related(as) }): // the charter says who the bureau is, whatever the record
		return fault.NotPermitted
	case c.state == lifecycle.None && !c.verb.Row.Leaves(c.state):
		if kind == "party" {
			return fault.PartyUnknown
		}
		return fault.RecordNotFound
	case c.state != lifecycle.None && c.verb.Row.Creates():
		if kind == "ledger" {
			return fault.AlreadyFounded
		}
		return fault.RecordExists
	case !permits(related):
		return fault.NotPermitted
	case !c.verb.Row.Leaves(c.state):
		return fault.WrongState
	}
	return guards[fmt.Sprintf("%s %s %s", c.verb.Name, c.state, c.by.Role)]
}

func newMatrixWorld(t testing.TB) *world {
	w := newWorld(t)
	w.publishSubsidy()
	for _, s := range strangers {
		w.Admit(s)
	}
	return w
}

func TestEveryVerbInEveryStateByEveryRole(t *testing.T) {
	t.Parallel()
	m := matrix{newMatrixWorld(t), map[string]*world{}, map[string]string{}}
	for _, verb := range contract.Verbs() {
		states := verb.Table.States()
		if verb.Table.Kind != "ledger" { // nothing can be tried on a ledger that is not founded
			states = append(states, lifecycle.None)
		}
		for _, state := range states {
			t.Run(fmt.Sprintf("%s from %q", verb.Name, state), func(t *testing.T) {
				m.try(t, verb, state)
			})
		}
	}
}

// matrix keeps the worlds with a record in each state, which are built once.
type matrix struct {
	base   *world
	worlds map[string]*world
	ids    map[string]string
}

// ready returns a copy of a world with a record in the state, and the record's ID.
func (m matrix) ready(t *testing.T, verb contract.Verb, state lifecycle.State) (*world, string) {
	key := verb.Table.Kind + " " + string(state)
	builder := build[verb.Table.Kind][state]
	if b, ok := special[verb.Name][state]; ok {
		key, builder = verb.Name+" "+string(state), b
	}
	if builder == nil || sample[verb.Name] == nil {
		t.Fatal("the tests have no record in this state, or no arguments of this verb")
	}
	if m.worlds[key] == nil {
		w := m.base.fork(t)
		if verb.Table.Kind != "party" {
			w.Admit(newcomer)
		}
		m.worlds[key], m.ids[key] = w, builder(w)
	}
	return m.worlds[key].fork(t), m.ids[key]
}

// try lets every actor try the verb on one record: those who must be refused in one batch, which leaves
// the record as it was, and those who may, each on a copy.
func (m matrix) try(t *testing.T, verb contract.Verb, state lifecycle.State) {
	ready, id := m.ready(t, verb, state)
	args := sample[verb.Name](ready, id)
	var refused []cell
	for _, by := range m.base.actors() {
		c := cell{verb, state, by}
		if c.expected(ready) != "" {
			refused = append(refused, c)
			continue
		}
		if r := ready.fork(t).Try(by, verb.Name, id, args); r.Status != contract.Accepted || !verb.Row.Reaches(r.State) {
			t.Errorf("by %s: got %+v, want it accepted", by.Role, r)
		}
	}
	tryRefused(t, ready, refused, id, args)
}

// tryRefused checks each refusal's code, and that refusals leave nothing but their results.
func tryRefused(t *testing.T, w *world, cells []cell, id string, args any) {
	t.Helper()
	if len(cells) == 0 {
		return
	}
	var b contract.Batch
	for _, c := range cells {
		jws, opening := w.Sign(c.by, c.verb.Name, id, args)
		b.Commands = append(b.Commands, jws)
		if opening != nil {
			b.Openings = append(b.Openings, opening)
		}
	}
	before := w.State.Clone()
	out, err := w.Run(b)
	if err != nil {
		t.Fatal(err)
	}
	var traces []string
	for i, c := range cells {
		r := out.Results[i]
		if want := c.expected(w); r.Code != string(want) {
			t.Errorf("by %s %s: got %+v, want %s", c.by.Role, c.by.USCC, r, want)
		}
		if r.Status == contract.Refused {
			traces = append(traces, contract.CommandKey(r.Command))
		}
	}
	slices.Sort(traces)
	if got := changed(before, w.State); !slices.Equal(got, traces) {
		t.Errorf("refused, yet it wrote %q", got)
	}
}

// changed lists the keys, public and private, in which two states differ.
func changed(a, b *contracttest.State) []string {
	var keys []string
	for _, m := range [][2]map[string][]byte{{a.Public, b.Public}, {a.Private, b.Private}} {
		for k, v := range m[1] {
			if old, ok := m[0][k]; !ok || !bytes.Equal(old, v) {
				keys = append(keys, k)
			}
		}
	}
	return slices.Sorted(slices.Values(keys))
}

func TestEveryRowHasAHandlerAndEveryHandlerARow(t *testing.T) {
	t.Parallel()
	var rows []string
	for _, v := range contract.Verbs() {
		rows = append(rows, v.Name)
		if v.Args == nil {
			t.Errorf("%s has a row and no handler", v.Name)
		}
		if len(v.Row.To) == 0 || len(v.Row.By) == 0 || v.Row.En == "" || v.Row.Zh == "" {
			t.Errorf("%s: its row is not whole: %+v", v.Name, v.Row)
		}
	}
	if got := slices.Sorted(slices.Values(rows)); !slices.Equal(got, contract.HandlerNames()) {
		t.Errorf("rows %q, handlers %q", got, contract.HandlerNames())
	}
	if got := slices.Sorted(maps.Keys(sample)); !slices.Equal(got, contract.HandlerNames()) {
		t.Errorf("the matrix has arguments for %q", got)
	}
}

func TestEveryStateHasABuilder(t *testing.T) {
	t.Parallel()
	for _, table := range contract.Tables {
		for _, s := range table.States() {
			if build[table.Kind][s] == nil {
				t.Errorf("no builder brings a %s to %q", table.Kind, s)
			}
		}
		for s := range build[table.Kind] {
			if s != lifecycle.None && !slices.Contains(table.States(), s) {
				t.Errorf("a %s has no state %q", table.Kind, s)
			}
		}
	}
}

// Every builder must end in the state that it stands for, else the matrix proves nothing.
func TestBuildersEndInTheirState(t *testing.T) {
	t.Parallel()
	base := newMatrixWorld(t)
	for kind, states := range build {
		if kind == "party" || kind == "policy" || kind == "measure" || kind == "ledger" {
			continue // no header; the member and policy builders do nothing else
		}
		for s, b := range states {
			w := base.fork(t)
			if got := w.Header(b(w)).State; got != s {
				t.Errorf("the builder of a %s in %q ends in %q", kind, s, got)
			}
		}
	}
}

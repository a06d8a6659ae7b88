package contract_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

// A history is some forty signed commands with their openings, so fewer are drawn than rapid's default
// of 100, unless the command line says otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	_ = flag.Set("rapid.nofailfile", "true") // IDs and salts are fresh each time, so no file repeats a failure
	if !set {
		_ = flag.Set("rapid.checks", "8")
	}
	os.Exit(m.Run())
}

// history is a world in which anybody does anything, and what must hold of it after every step.
type history struct {
	*world
	t       *rapid.T
	steps   int
	records map[string][]string        // by kind, oldest first
	readers map[string]map[string]bool // organisations entitled since a record's terms changed last
	terms   map[string]string          // commitment of those terms
}

func TestRandomHistoriesKeepValueLiensTokensAndDisclosure(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{world: base.fork(t), t: rt, records: map[string][]string{}, readers: map[string]map[string]bool{}, terms: map[string]string{}}
		h.seed()
		for _, ids := range h.records {
			for _, id := range ids {
				h.note(id)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"order":      h.step("order"),
			"receivable": h.step("receivable"),
			"financing":  h.step("financing"),
			"lend":       h.drive("offer", "accept", "reserve", "encumber", "disburse"),
			"repay":      h.drive("repay", "repay", "release"),
			"time": func(rt *rapid.T) {
				h.Pass(time.Duration(rapid.SampledFrom([]int{1, 1, 5, 5, 20, 48, 80, 960}).Draw(rt, "hours")) * hour)
			},
			"": func(rt *rapid.T) {
				// What breaks stays broken, so that looking now and then finds it too, at a part of the cost.
				if h.steps++; h.steps%3 == 0 {
					h.check(rt)
				}
			},
		})
		h.check(rt)
		mustBeExplained(rt, h.Past)
	})
}

// seed starts with a little trade, so that most histories get to the lending.
func (h *history) seed() {
	for _, seller := range []*contracttest.Actor{h.SME, h.SME2} {
		args := h.orderArgs("1000.00")
		args.Seller = seller.USCC
		id := contracttest.NewID("ORD")
		h.Do(seller, "order.create", id, args)
		h.Do(h.Leader, "order.attest", id, financing.NoArgs{})
		h.Do(seller, "order.ship", id, order.ShipArgs{Amount: yuan("900.00"), Date: h.today(), Note: "DN"})
		h.Do(h.Leader, "order.accept", id, order.AcceptArgs{Amount: yuan("800.00"), Date: h.today()})
		rec := contracttest.NewID("REC")
		h.Do(seller, "receivable.register", rec, h.registerArgs(id, "500.00"))
		h.records["order"], h.records["receivable"] = append(h.records["order"], id), append(h.records["receivable"], rec)
		for _, bank := range []*contracttest.Actor{h.BankA, h.BankB} {
			h.Do(seller, "receivable.grant", rec, contract.GrantArgs{To: bank.USCC, Until: h.today().AddDays(60)})
			fin := contracttest.NewID("FIN")
			h.Do(seller, "financing.apply", fin, h.application(bank, "200.00", rec))
			h.Do(bank, "financing.offer", fin, h.offer("200.00"))
			h.records["financing"] = append(h.records["financing"], fin)
		}
	}
}

func (h *history) pick(kind string) string {
	return rapid.SampledFrom(h.records[kind]).Draw(h.t, kind)
}

func (h *history) amount(of ...string) money.Amount {
	if len(of) > 0 {
		return yuan(rapid.SampledFrom(of).Draw(h.t, "amount"))
	}
	return yuan(rapid.SampledFrom([]string{"0.01", "99.99", "100.00", "100.00", "200.00", "500.00", "1000.00"}).Draw(h.t, "amount"))
}

// step tries verbs of a kind: mostly one that the record's state has, by whom the record says, now and
// then anything by anybody.
func (h *history) step(kind string) func(*rapid.T) {
	var verbs []contract.Verb
	for _, v := range contract.Verbs() {
		if v.Table.Kind == kind {
			verbs = append(verbs, v)
		}
	}
	return func(rt *rapid.T) {
		h.t = rt
		for range 3 {
			id := h.pick(kind)
			wild := rapid.IntRange(0, 9).Draw(rt, "wild") == 0
			usable := slices.DeleteFunc(slices.Clone(verbs), func(v contract.Verb) bool {
				return !wild && !v.Row.Creates() && !v.Row.Leaves(h.Header(id).State)
			})
			if len(usable) > 0 {
				h.try(rapid.SampledFrom(usable).Draw(rt, "verb"), id, wild)
			}
		}
	}
}

// drive tries verbs on one financing one after the other, so that most histories come to lend.
func (h *history) drive(verbs ...string) func(*rapid.T) {
	return func(rt *rapid.T) {
		h.t = rt
		id := h.pick("financing")
		for _, name := range verbs {
			row, _ := financing.Table.Row(name)
			h.try(contract.Verb{Name: "financing." + name, Table: financing.Table, Row: row}, id, false)
		}
	}
}

func (h *history) try(verb contract.Verb, id string, wild bool) {
	by := h.signer(verb, id, wild)
	if verb.Row.Creates() {
		id = contracttest.NewID(verb.Table.Prefix)
	}
	result := h.Try(by, verb.Name, id, h.arguments(verb.Name, by))
	if result.Status != contract.Accepted {
		return
	}
	if verb.Row.Creates() {
		h.records[verb.Table.Kind] = append(h.records[verb.Table.Kind], id)
	}
	for _, touched := range append(h.Header(id).Parents, id) {
		h.note(touched)
	}
	if verb.Name == "financing.disburse" {
		h.checkAdvance(id)
	}
}

// signer is somebody whom the table lets sign, or anybody at all.
func (h *history) signer(v contract.Verb, id string, wild bool) *contracttest.Actor {
	terms, err := contract.ReadTerms(v.Table.Kind, h.raw(id))
	if err != nil {
		h.t.Fatal(err)
	}
	var able []*contracttest.Actor
	for _, a := range []*contracttest.Actor{h.SME, h.SME2, h.Leader, h.BankA, h.BankB, h.Platform} {
		related := func(as lifecycle.Relation) bool {
			return terms.Related(as) == a.USCC || as == lifecycle.Holder && h.holds(a.USCC, h.Header(id))
		}
		if wild || v.Row.Permits([]lifecycle.Role{a.Role}, related) {
			able = append(able, a)
		}
	}
	if len(able) == 0 {
		able = []*contracttest.Actor{h.SME}
	}
	return rapid.SampledFrom(able).Draw(h.t, "by")
}

func (h *history) arguments(verb string, by *contracttest.Actor) any {
	bank := rapid.SampledFrom([]*contracttest.Actor{h.BankA, h.BankB}).Draw(h.t, "bank")
	switch verb {
	case "order.create":
		a := h.orderArgs(h.amount().String())
		a.Seller = by.USCC
		return a
	case "order.amend":
		return order.AmendArgs{Amount: h.amount(), DeliverBy: h.today().AddDays(9)}
	case "order.ship":
		return order.ShipArgs{Amount: h.amount(), Date: h.today(), Note: "N"}
	case "order.accept":
		return order.AcceptArgs{Amount: h.amount(), Date: h.today()}
	case "order.grant", "receivable.grant":
		return contract.GrantArgs{To: bank.USCC, Until: h.today().AddDays(rapid.SampledFrom([]int{0, 5, 90}).Draw(h.t, "days"))}
	case "order.revoke", "receivable.revoke":
		return contract.RevokeArgs{To: bank.USCC}
	case "receivable.register":
		return h.registerArgs(h.pick("order"), h.amount().String())
	case "receivable.dispute":
		return receivable.DisputeArgs{Amount: h.amount(), Reason: "late"}
	case "receivable.pay":
		return h.payment(h.amount().String())
	case "financing.apply":
		return h.application(bank, h.amount().String(), h.pick("receivable"))
	case "financing.offer":
		return h.offer(h.amount("100.00", "200.00", "300.01").String())
	case "financing.reserve":
		return financing.ReserveArgs{Hours: rapid.SampledFrom([]int{1, 72}).Draw(h.t, "hold")}
	case "financing.encumber":
		return h.registration(90)
	case "financing.disburse":
		return financing.Disbursement{Amount: h.amount("50.00", "100.00", "200.00"), Date: h.today(), Reference: contracttest.NewID("LN")}
	case "financing.repay":
		return h.repayment(h.amount("50.00", "100.00", "0.00").String())
	}
	return financing.NoArgs{}
}

// checkAdvance checks that what was just lent is within what its collateral carries now.
func (h *history) checkAdvance(id string) {
	policy, carried := contracttest.Credit(), money.Zero
	terms := opened[financing.Terms](h.world, id)
	for _, rec := range terms.Collateral {
		r := opened[receivable.Terms](h.world, rec)
		rate := policy.AdvanceUnconfirmed
		if h.Header(rec).State == receivable.Confirmed {
			rate = policy.AdvanceConfirmed
		}
		carried = carried.Add(r.Outstanding.Sub(r.Disputed).Times(rate))
	}
	if carried.Less(terms.Principal) {
		h.t.Fatalf("%s: lent %s on what carries %s", id, terms.Principal, carried)
	}
}

func opened[T any](w *world, id string) T {
	var t T
	w.Terms(id, &t)
	return t
}

// check is what must hold after every step.
func (h *history) check(rt *rapid.T) {
	h.t = rt
	financed := h.checkFinancings()
	invoiced := h.checkReceivables(financed)
	h.checkOrders(invoiced)
	for _, kind := range []string{"order", "receivable", "financing"} {
		for _, id := range h.records[kind] {
			h.checkDisclosure(id)
		}
	}
}

// checkFinancings returns the records on which money stands lent.
func (h *history) checkFinancings() map[string]string {
	financed := map[string]string{}
	for _, id := range h.records["financing"] {
		t, state := opened[financing.Terms](h.world, id), h.Header(id).State
		repaid := money.Zero
		for _, r := range t.Repayments {
			repaid = repaid.Add(r.Principal)
		}
		if t.Disbursement != nil && repaid.Add(t.Principal).Cmp(t.Disbursement.Amount) != 0 {
			h.t.Fatalf("%s: lent %s, repaid %s, open %s", id, t.Disbursement.Amount, repaid, t.Principal)
		}
		lent := slices.Contains([]lifecycle.State{financing.Disbursed, financing.Overdue, financing.Settled}, state)
		for _, rec := range t.Collateral {
			if other := financed[rec]; lent && other != "" {
				h.t.Fatalf("%s is lent on by %s and %s", rec, other, id)
			}
			if lent {
				financed[rec] = id
			}
			if _, held := h.book(rec).Held(rec, id, h.State.Now); held != (lent || state == financing.Encumbered) && state != financing.Reserved {
				h.t.Fatalf("%s is %s and its lien on %s stands: %t", id, state, rec, held)
			}
		}
	}
	return financed
}

// checkReceivables returns what was invoiced by order.
func (h *history) checkReceivables(financed map[string]string) map[string]money.Amount {
	invoiced := map[string]money.Amount{}
	for _, id := range h.records["receivable"] {
		t, header := opened[receivable.Terms](h.world, id), h.Header(id)
		paid := money.Zero
		for _, p := range t.Payments {
			paid = paid.Add(p.Amount)
		}
		if paid.Add(t.Outstanding).Cmp(t.Amount) != 0 || t.Outstanding.Less(t.Disputed) {
			h.t.Fatalf("%s: paid %s, open %s, disputed %s of %s", id, paid, t.Outstanding, t.Disputed, t.Amount)
		}
		if header.State != receivable.Cancelled {
			invoiced[t.Order] = invoiced[t.Order].Add(t.Amount)
		}
		h.checkLiens(id)
		h.checkTokens(header, financed[id] != "", header.State == receivable.Cancelled)
	}
	return invoiced
}

func (h *history) checkOrders(invoiced map[string]money.Amount) {
	for _, id := range h.records["order"] {
		t, header := opened[order.Terms](h.world, id), h.Header(id)
		switch {
		case t.Invoiced.Cmp(invoiced[id]) != 0:
			h.t.Fatalf("%s: invoiced %s, its receivables come to %s", id, t.Invoiced, invoiced[id])
		case t.Accepted.Less(t.Invoiced), t.Shipped.Less(t.Accepted), t.Amount.Less(t.Shipped):
			h.t.Fatalf("%s: invoiced %s, accepted %s, shipped %s, ordered %s", id, t.Invoiced, t.Accepted, t.Shipped, t.Amount)
		}
		h.checkTokens(header, false, header.State == order.Cancelled)
	}
}

// checkLiens checks that no two financings hold the record's value at any stage.
func (h *history) checkLiens(id string) {
	header := h.Header(id)
	holders := map[string]bool{}
	for _, l := range h.book(id).Live(id, header.Parents, h.State.Now) {
		holders[l.Financing] = true
	}
	if len(holders) > 1 {
		h.t.Fatalf("%s is held by %v", id, holders)
	}
}

// checkTokens checks that the registers of the record's documents say what the record says, and that no
// other live record has its invoice or number.
func (h *history) checkTokens(header contract.Header, financed, cancelled bool) {
	for _, token := range header.Tokens {
		var r duplicate.Register
		h.read(contract.TokenKey(string(token)), &r)
		live := 0
		for _, c := range r.Claims {
			if c.State != duplicate.Cancelled {
				live++
			}
			if c.Record != header.ID {
				continue
			}
			if (c.State == duplicate.Cancelled) != cancelled || (c.State == duplicate.Financed) != financed {
				h.t.Fatalf("%s is %s, financed %t, and its token %s", header.ID, header.State, financed, c.State)
			}
		}
		if token.Kind() != duplicate.Composite && live > 1 {
			h.t.Fatalf("%d live claims to one document of %s", live, header.ID)
		}
	}
}

// note keeps which organisations are entitled to the current terms of a record, and returns them.
func (h *history) note(id string) map[string]bool {
	header := h.Header(id)
	terms, err := contract.ReadTerms(header.Kind, h.raw(id))
	if err != nil {
		h.t.Fatal(err)
	}
	entitled := terms.Parties()
	for _, g := range header.Grants {
		if !h.today().After(g.Until) || h.holds(g.Party, header) {
			entitled = append(entitled, g.Party)
		}
	}
	if h.terms[id] != string(header.Terms) {
		h.terms[id], h.readers[id] = string(header.Terms), map[string]bool{}
	}
	now := map[string]bool{}
	for _, u := range entitled {
		org := h.orgOf(u)
		now[org], h.readers[id][org] = true, true
	}
	return now
}

// checkDisclosure checks that exactly those organisations hold the current terms that were entitled at
// some time since the terms changed: what was read cannot be unread.
func (h *history) checkDisclosure(id string) {
	now := h.note(id)
	holders := h.Holders(id)
	for _, org := range holders {
		if !h.readers[id][org] {
			h.t.Fatalf("%s holds the terms of %s and was never entitled to these", org, id)
		}
	}
	for org := range now {
		if !slices.Contains(holders, org) {
			h.t.Fatalf("%s is entitled to the terms of %s and does not hold them", org, id)
		}
	}
}

func (h *history) raw(id string) []byte {
	opening := string(h.Opening(id))
	_, terms, _ := strings.Cut(opening, `,"terms":`)
	return []byte(strings.TrimSuffix(terms, "}"))
}

func (h *history) holds(bank ident.USCC, header contract.Header) bool {
	live := h.book(header.ID).Live(header.ID, header.Parents, h.State.Now)
	return slices.ContainsFunc(live, func(l encumbrance.Lien) bool { return l.Holder == bank })
}

func (h *history) orgOf(u ident.USCC) string {
	for _, a := range []*contracttest.Actor{h.SME, h.SME2, h.Leader, h.BankA, h.BankB} {
		if a.USCC == u {
			return a.Org
		}
	}
	panic(fmt.Sprintf("no party %s", u))
}

package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
)

// DECORE_HISTORIES says how many histories are played (default 60), DECORE_SEED from which seed on (default 1). A
// failure names its seed: DECORE_SEED=<seed> DECORE_HISTORIES=1 plays that history again.
func fromEnvironment(t *testing.T, name string, otherwise uint64) uint64 {
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// stepsOfAHistory are commands, right ones and wrong ones.
const stepsOfAHistory = 200

// Three SMEs, three banks, two keepers and two chain leaders do what they like with orders, lots, receipts, receivables and
// loans. After every step the ledger says what the oracle's books say, nothing is worth or weighs more than came in, and
// no value is held twice.
func TestAnyHistoryConservesValueAndHoldsItOnce(t *testing.T) {
	t.Parallel()
	base := newHistories(t, false)
	first, n := fromEnvironment(t, "DECORE_SEED", 1), fromEnvironment(t, "DECORE_HISTORIES", 60)
	const chunk = 10
	done := make(chan map[string]int, n/chunk+1)
	t.Run("played", func(t *testing.T) {
		for from := first; from < first+n; from += chunk {
			t.Run(fmt.Sprintf("from seed %d", from), func(t *testing.T) {
				t.Parallel()
				accepted := map[string]int{}
				for seed := from; seed < min(from+chunk, first+n); seed++ {
					base.fork(t, seed).play(seed, accepted)
				}
				done <- accepted
			})
		}
	})
	close(done)
	if n < 1000 || t.Failed() {
		return
	}
	total := map[string]int{}
	for accepted := range done {
		for verb, k := range accepted {
			total[verb] += k
		}
	}
	for _, m := range moves {
		if total[m.verb] == 0 {
			t.Errorf("%s was never accepted in %d histories", m.verb, n)
		}
	}
	t.Logf("accepted: %v", total)
}

// histories is a world in which anybody does anything, with the oracle's books beside it.
type histories struct {
	*world
	*oracle
	signed    bool
	rng       *rand.Rand
	smes      []*contracttest.Actor
	banks     []*contracttest.Actor
	keepers   []*contracttest.Actor
	leaders   []*contracttest.Actor
	everybody []*contracttest.Actor
	records   map[string][]string // by kind, oldest first
	all       []string
	facts     map[string]fact
	states    map[string]lifecycle.State
	terms     map[string][]byte // openings, as last written
	book      map[string][]lienTold
	register  map[string][]claimTold // by token
	tokens    map[string][]string    // of headers
	papers    map[string][]string    // names of documents, by kind
}

// fact is who has to do with a record.
type fact struct{ owner, buyer, keeper, supervisor ident.USCC }

// lienTold is a lien as the ledger's book tells it.
type lienTold struct {
	Record, Financing string
	Until             *time.Time
}

// claimTold is a claim to a document as the ledger's register tells it.
type claimTold struct{ Record, State string }

// newHistories starts with a little trade, so that most histories get far: each SME has an attested order with a lot in
// store for a part of it, and another lot.
func newHistories(t *testing.T, signed bool) *histories {
	c := contracttest.New(t)
	third, sme3 := contracttest.NewActor(70, "BankBMSP", lifecycle.Bank), contracttest.NewActor(71, "PlatformMSP", lifecycle.SME)
	leader2 := contracttest.NewActor(72, "LeaderMSP", lifecycle.Leader)
	for _, a := range []*contracttest.Actor{third, sme3, leader2} {
		c.Admit(a)
	}
	if !signed {
		c.Submit = contract.SubmitUnsigned
	}
	h := &histories{world: &world{Chain: c}, oracle: newOracle(), rng: rand.New(rand.NewPCG(0, 0)), //nolint:gosec // to be repeated, not to be secret
		signed: signed,
		smes:   []*contracttest.Actor{c.SME, c.SME2, sme3}, banks: []*contracttest.Actor{c.BankA, c.BankB, third},
		keepers: []*contracttest.Actor{c.Keeper, c.Supervisor}, leaders: []*contracttest.Actor{c.Leader, leader2},
		records: map[string][]string{}, facts: map[string]fact{}, states: map[string]lifecycle.State{}, terms: map[string][]byte{},
		book: map[string][]lienTold{}, register: map[string][]claimTold{}, tokens: map[string][]string{}, papers: map[string][]string{}}
	h.everybody = slices.Concat(h.smes, h.banks, h.keepers, h.leaders, []*contracttest.Actor{c.Regulator})
	h.terms[contract.TokenSecretKey] = h.Opening(contract.TokenSecretKey)
	for i, sme := range h.smes[:2] {
		o := h.orderArgs("1000.00")
		o.Seller = sme.USCC
		a := h.declareArgs()
		a.Keeper, a.OrderShare = h.keepers[i].USCC, yuan("600.00")
		a.Order = h.begin(sme, "order", "create", o)
		h.must(h.Leader, "order.attest", a.Order, financing.NoArgs{})
		for range 2 {
			id := h.begin(sme, "lot", "declare", a)
			h.must(h.keepers[i], "lot.store", id, h.storeArgs("100"))
			h.must(h.keepers[i], "lot.value", id, h.price("20000.00"))
			a.Order, a.OrderShare = "", money.Zero
		}
	}
	return h
}

// begin creates a record and shows it to every bank.
func (h *histories) begin(by *contracttest.Actor, kind, verb string, args any) string {
	h.T.Helper()
	id := contracttest.NewID(verbs[kind+"."+verb].Table.Prefix)
	h.must(by, kind+"."+verb, id, args)
	for _, bank := range h.banks {
		h.must(by, kind+".grant", id, contract.GrantArgs{To: bank.USCC, Until: h.today().AddDays(90)})
	}
	return id
}

func (h *histories) must(by *contracttest.Actor, verb, id string, args any) {
	h.T.Helper()
	if r, err := h.step(by, verb, id, args); err != nil || r.Status != contract.Accepted {
		h.T.Fatalf("%s: %+v, %v", verb, r, err)
	}
}

// fork is a history of its own that goes on from h.
func (h *histories) fork(t *testing.T, seed uint64) *histories {
	f := *h
	f.world, f.oracle = &world{Chain: h.Fork(t), invoices: h.invoices}, h.clone()
	f.rng = rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // to be repeated, not to be secret
	f.records, f.facts, f.states = maps.Clone(h.records), maps.Clone(h.facts), maps.Clone(h.states)
	f.terms, f.book, f.register = maps.Clone(h.terms), maps.Clone(h.book), maps.Clone(h.register)
	f.tokens = maps.Clone(h.tokens)
	f.papers = map[string][]string{}
	f.all = slices.Clip(h.all)
	for kind, ids := range f.records {
		f.records[kind] = slices.Clip(ids)
	}
	return &f
}

// play makes the steps of one history and counts what was accepted.
func (h *histories) play(seed uint64, accepted map[string]int) {
	for step := range stepsOfAHistory {
		if h.rng.IntN(20) == 0 {
			h.Pass(pick(h, []time.Duration{hour, hour, 12 * hour, 3 * days}))
		}
		m, id := h.move()
		args := m.args(h, id)
		by := h.signer(m, id, args)
		if table, row := m.row(); row.Creates() {
			id = contracttest.NewID(table.Prefix)
		}
		r, err := h.step(by, m.verb, id, args)
		if err != nil {
			h.T.Fatalf("seed %d, step %d: %s of %s by %s came to %s %s: %v", seed, step, m.verb, id, by.Role, r.Status, r.Code, err)
		}
		if r.Status == contract.Accepted {
			accepted[m.verb]++
		}
	}
}

// step makes one command and holds what it did against the books.
func (h *histories) step(by *contracttest.Actor, verb, id string, args any) (contract.Result, error) {
	cmd, opening, err := contract.Compose(h.Intent(by, verb, id, args))
	if err != nil {
		return contract.Result{}, err
	}
	jws, err := h.sign(cmd, by)
	if err != nil {
		return contract.Result{}, err
	}
	out, err := h.Run(contract.Batch{Commands: []string{jws}, Openings: append(h.related(id, opening), opening)})
	if err != nil {
		return contract.Result{}, err
	}
	r := out.Results[0]
	h.now = h.State.Now
	if r.Status == contract.Invalid {
		return r, fmt.Errorf("it could not be read")
	}
	past := h.Past[len(h.Past)-1]
	if r.Status == contract.Refused {
		if len(past.Public) != 1 || past.Public[0].Key != contract.CommandKey(cmd.ID) || len(past.Private) > 0 {
			err = fmt.Errorf("refused, it wrote more than that: %v, and %d private keys", past.Public, len(past.Private))
		}
		return r, err
	}
	if err := h.take(verb, id, string(by.USCC), termsOf(opening)); err != nil {
		return r, err
	}
	h.note(id, by, args)
	if err := h.balance(); err != nil {
		return r, err
	}
	return r, h.compare(past)
}

// sign writes a command as its signer does, or with a signature that says nothing.
func (h *histories) sign(cmd evidence.Command, by *contracttest.Actor) (string, error) {
	if h.signed {
		return evidence.Sign(cmd, by.Key)
	}
	payload, err := canon.Marshal(cmd)
	return b64([]byte(headerFor("ES256", evidence.KeyID(&by.Key.PublicKey)))) + "." + b64(payload) + "." + b64(make([]byte, 64)), err
}

// related are the openings that a command is likely to touch, for the contract not to have to ask for them.
func (h *histories) related(id string, opening []byte) (all []jsontext.Value) {
	var a arguments
	_ = json.Unmarshal(termsOf(opening), &a) // what cannot be read the oracle tells
	ids := slices.Concat(h.parents[id], a.Others, a.Collateral, a.names(), []string{contract.TokenSecretKey, a.Order, a.Lot, a.Financing, a.From})
	if f := h.financings[id]; f != nil {
		ids = slices.Concat(ids, f.collateral, f.offered)
	}
	if r := h.receipts[id]; r != nil {
		ids = append(ids, r.asked.Others...)
	}
	for _, id := range ids {
		if raw := h.terms[id]; raw != nil {
			all = append(all, raw)
		}
	}
	return all
}

func termsOf(opening []byte) []byte {
	var o struct{ Terms json.RawMessage }
	_ = json.Unmarshal(opening, &o)
	return o.Terms
}

// compare holds all that a transaction wrote against the books.
func (h *histories) compare(past contracttest.Past) error {
	for _, w := range past.Private {
		_, id, _ := strings.Cut(w.Key, "/")
		h.terms[id] = w.Value
	}
	for _, w := range past.Public {
		space, id, _ := strings.Cut(w.Key, "/")
		switch space {
		case "r":
			var header struct {
				Kind, State     string
				Parents, Tokens []string
			}
			if err := json.Unmarshal(w.Value, &header); err != nil {
				return err
			}
			if _, known := h.states[id]; !known {
				h.records[header.Kind], h.all = append(h.records[header.Kind], id), append(h.all, id)
			}
			h.states[id], h.tokens[id] = lifecycle.State(header.State), header.Tokens
			if err := h.agrees(id, header.Parents, termsOf(h.terms[id])); err != nil {
				return err
			}
		case "e":
			var book struct{ Liens []lienTold }
			if err := json.Unmarshal(w.Value, &book); err != nil {
				return err
			}
			h.book[id] = book.Liens
		case "t":
			var register struct{ Claims []claimTold }
			if err := json.Unmarshal(w.Value, &register); err != nil {
				return err
			}
			h.register[id] = register.Claims
		}
	}
	if err := h.compareTokens(); err != nil {
		return err
	}
	return h.compareLiens()
}

// compareTokens holds what documents the ledger has as financed against the loans in the books. No document is through
// two records that are not parts of one; of composites and
// of places, which two true invoices or heaps may share, that is not said.
func (h *histories) compareTokens() error {
	lent := h.lentOn()
	for token, claims := range h.register {
		financed := map[string]bool{}
		for _, c := range claims {
			if c.State == "financed" {
				financed[h.wholeOf(c.Record)] = true
			}
			if !slices.Contains(h.tokens[c.Record], token) {
				continue // a document by which it was reduced
			}
			if (c.State == "cancelled") == h.alive(c.Record) {
				return fmt.Errorf("%s is %s by its token, and stands by the books: %t", c.Record, c.State, h.alive(c.Record))
			}
			if h.financings[c.Record] == nil && c.State != "cancelled" && lent[c.Record] != (c.State == "financed") {
				return fmt.Errorf("%s is %s by its token, and by the books lent on: %t", c.Record, c.State, lent[c.Record])
			}
		}
		if len(financed) > 1 && !strings.HasPrefix(token, "F2-") && !strings.HasPrefix(token, "F9-") {
			return fmt.Errorf("one document is financed twice: %v", claims)
		}
	}
	return nil
}

func (h *histories) compareLiens() error {
	var told, booked []string
	line := func(record, financing string, until *time.Time) string {
		return fmt.Sprint(record, " ", financing, " ", until)
	}
	for _, liens := range h.book {
		for _, l := range liens {
			if l.Until == nil || h.now.Before(*l.Until) {
				told = append(told, line(l.Record, l.Financing, l.Until))
			}
		}
	}
	for _, l := range h.liens {
		if h.live(l) {
			until := &l.until
			if l.until.IsZero() {
				until = nil
			}
			booked = append(booked, line(l.record, l.financing, until))
		}
	}
	slices.Sort(told)
	slices.Sort(booked)
	if !slices.Equal(told, booked) {
		return fmt.Errorf("the ledger has the liens %v, the books %v", told, booked)
	}
	return nil
}

// What nobody signed, an auditor cannot follow, so a few histories are signed: to an auditor who replays the commands,
// every write is explained.
func TestAHistoryOfGoodsIsExplainedToAnAuditor(t *testing.T) {
	t.Parallel()
	h := newHistories(t, true).fork(t, 1)
	h.play(1, map[string]int{})
	mustBeExplained(t, h.Past)
}

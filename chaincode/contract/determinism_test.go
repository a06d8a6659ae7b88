package contract_test

import (
	"reflect"
	"runtime"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/subsidy"
)

// recorded is one batch with the state that it met and what came of it.
type recorded struct {
	before  *contracttest.State
	batch   contract.Batch
	outcome contract.Outcome
	public  []contract.Entry
	private []contract.Entry
}

// record runs a history with batches of every kind of verb and keeps each of them.
func record(t *testing.T) []recorded {
	var all []recorded
	w := &world{Chain: contracttest.New(t, func(c *contracttest.Chain) {
		c.Committing = func(b contract.Batch, out contract.Outcome) {
			public, private := c.State.Writes()
			all = append(all, recorded{c.State.Clone(), b, out, public, private})
		}
	})}
	w.publishSubsidy()
	rec := w.registered()
	_, financings := w.rivals(rec, 4)
	_ = financings
	w.after(w.settled(), w.BankA, "financing.release", financing.NoArgs{})
	w.Do(w.Regulator, "subsidy.settle", w.payableAccruing(), contract.SettleArgs{Amount: yuan("1.00")})

	// One batch whose commands build on each other, some refused and some invalid, with a record in many hands.
	var commands []string
	var openings [][]byte
	add := func(by *contracttest.Actor, verb, id string, args any) {
		jws, opening := w.Sign(by, verb, id, args)
		commands, openings = append(commands, jws), append(openings, opening)
	}
	for range 8 {
		add(w.SME, "order.create", contracttest.NewID("ORD"), w.orderArgs("10.00"))
	}
	for _, bank := range []*contracttest.Actor{w.BankA, w.BankB} {
		add(w.SME, "receivable.grant", rec, contract.GrantArgs{To: bank.USCC, Until: w.today().AddDays(5)})
		loan := contracttest.NewID("FIN")
		add(w.SME, "financing.apply", loan, w.application(bank, "1.00", rec))
		add(bank, "subsidy.hold", contracttest.NewID("SUB"), contract.HoldArgs{Policy: w.policy.ID, Financing: loan, SizeClass: subsidy.Small})
	}
	add(w.SME2, "order.cancel", w.order("5.00"), financing.NoArgs{})
	commands = append(commands, "not a command", commands[0])
	w.run(batch(commands, openings...))
	return all
}

func TestEveryBatchReplaysToTheSameWritesInTheSameOrder(t *testing.T) {
	history := record(t)
	if len(history) < 50 {
		t.Fatalf("only %d batches", len(history))
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for i, r := range history {
		times := 100
		if len(r.batch.Commands) == 1 && i%16 > 0 {
			times = 2 // single commands are alike; each sixteenth has its hundred replays
		}
		for n := range times {
			runtime.GOMAXPROCS(1 + n%2*7)
			state := r.before.Clone()
			out, err := contract.Submit(state, r.batch)
			public, private := state.Writes()
			switch {
			case err != nil:
				t.Fatalf("batch %d, replay %d: %v", i, n, err)
			case !reflect.DeepEqual(out, r.outcome):
				t.Fatalf("batch %d, replay %d: results %+v, first %+v", i, n, out, r.outcome)
			case !reflect.DeepEqual(public, r.public) || !reflect.DeepEqual(private, r.private):
				t.Fatalf("batch %d, replay %d: other writes", i, n)
			}
		}
	}
}

// A batch that lacks openings must ask for the same ones on every peer.
func TestAskingForOpeningsIsDeterministicToo(t *testing.T) {
	w := newWorld(t)
	id := w.registered()
	_, financings := w.rivals(id, 3)
	var commands []string
	var openings [][]byte
	for _, f := range financings {
		jws, opening := w.Sign(w.SME, "financing.withdraw", f, financing.NoArgs{})
		commands, openings = append(commands, jws), append(openings, opening)
	}
	b := batch(commands, openings...)
	_, want := contract.Submit(w.State.Clone(), b)
	for range 20 {
		state := w.State.Clone()
		_, got := contract.Submit(state, b)
		if public, private := state.Writes(); len(public)+len(private) > 0 {
			t.Fatal("a batch that asks for openings wrote")
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("asked for %v, first for %v", got, want)
		}
	}
}

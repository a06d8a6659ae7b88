package audit_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/chaincode/audit"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/chaincode/subsidy"
)

func TestEveryVerbWithPrivateArgumentsHasItsEffects(t *testing.T) {
	for _, v := range contract.Verbs() {
		if audit.HasEffects(v.Name) == v.Public {
			t.Errorf("%s: public %t", v.Name, v.Public)
		}
	}
}

// tale plays random steps on a few records, right or wrong, in batches of random sizes.
type tale struct {
	*player
	t                                *rapid.T
	orders, receivables, loans, subs []string
	budgets, reports                 []string
	returns                          int
	stated                           []string // loans that a bank recorded afterwards
}

func (h *tale) one(of []string, prefix string) string {
	if len(of) == 0 {
		return contracttest.NewID(prefix)
	}
	return rapid.SampledFrom(of[max(0, len(of)-3):]).Draw(h.t, prefix) // the newest have most ahead of them
}

func (h *tale) bank() *contracttest.Actor {
	return rapid.SampledFrom([]*contracttest.Actor{h.BankA, h.BankB}).Draw(h.t, "bank")
}

// steps are whole stretches of life and single verbs that may be refused.
var steps = map[string]func(*tale){
	"trade":   func(h *tale) { h.orders = append(h.orders, h.delivered()) },
	"invoice": func(h *tale) { h.receivables = append(h.receivables, h.registered(h.delivered())) },
	"life":    func(h *tale) { h.lent(h.bank(), true, h.registered(h.delivered()), h.registered(h.delivered())) },
	"siblings": func(h *tale) {
		o := h.delivered()
		h.loans = append(h.loans, h.lent(h.bank(), false, h.registered(o), h.registered(o)))
	},
	"unsecured": func(h *tale) { h.loans = append(h.loans, h.lent(h.bank(), false)) },
	"pledge":    func(h *tale) { h.loans = append(h.loans, h.encumbered(h.bank(), h.registered(h.delivered()))) },
	"apply": func(h *tale) {
		id, bank := contracttest.NewID("FIN"), h.bank()
		h.do(h.SME, "financing.apply", id, h.application(bank, "100.00", h.one(h.receivables, "REC")))
		h.do(bank, "financing.offer", id, h.offered("100.00"))
		h.do(h.SME, "financing.accept", id, financing.AcceptArgs{})
		h.loans = append(h.loans, id)
	},
	"claim": func(h *tale) {
		bank, id := h.bank(), contracttest.NewID("SUB")
		h.do(bank, "subsidy.hold", id, h.claimed(h.lent(bank, false)))
		h.subs = append(h.subs, id)
	},
	"record": func(h *tale) {
		h.stated = append(h.stated, h.must(h.bank(), "financing.record", contracttest.NewID("FIN"), h.existing()))
	},
	"confirm record": func(h *tale) {
		id := h.one(h.stated, "FIN")
		h.do(h.SME, "financing.confirm-record", id, financing.NoArgs{})
		h.loans = append(h.loans, id)
	},
	"discard record": func(h *tale) { h.do(h.bank(), "financing.discard-record", h.one(h.stated, "FIN"), financing.NoArgs{}) },
	"claim recorded": func(h *tale) {
		bank, id := h.bank(), contracttest.NewID("SUB")
		h.do(bank, "subsidy.hold", id, h.claimed(h.one(h.stated, "FIN")))
		h.subs = append(h.subs, id)
	},
	"party": func(h *tale) {
		a := h.newcomer(h.next())
		h.do(h.Regulator, "party.suspend", string(a.USCC), party.ReasonArgs{})
		h.do(h.Regulator, "party.reinstate", string(a.USCC), party.ReasonArgs{})
	},
	"amend": func(h *tale) {
		by := rapid.SampledFrom([]*contracttest.Actor{h.SME, h.Leader}).Draw(h.t, "by")
		h.do(by, "order.amend", h.one(h.orders, "ORD"), order.AmendArgs{Amount: yuan("950.00"), DeliverBy: h.today().AddDays(3)})
	},
	"fresh amend": func(h *tale) {
		id := h.must(h.SME, "order.create", contracttest.NewID("ORD"), h.orderArgs("10.00"))
		h.must(h.Leader, "order.attest", id, financing.NoArgs{})
		h.must(h.SME, "order.amend", id, order.AmendArgs{Amount: yuan("12.00"), DeliverBy: h.today().AddDays(3)})
		h.must(h.Leader, "order.cancel", id, financing.NoArgs{})
	},
	"grant": func(h *tale) { h.do(h.SME, "receivable.grant", h.one(h.receivables, "REC"), h.granted(h.bank())) },
	"revoke": func(h *tale) {
		h.do(h.SME, "receivable.revoke", h.one(h.receivables, "REC"), contract.RevokeArgs{To: h.bank().USCC})
	},
	"show": func(h *tale) { h.do(h.SME, "order.grant", h.one(h.orders, "ORD"), h.granted(h.bank())) },
	"hide": func(h *tale) {
		h.do(h.SME, "order.revoke", h.one(h.orders, "ORD"), contract.RevokeArgs{To: h.bank().USCC})
	},
	"confirm": func(h *tale) {
		h.do(h.Leader, "receivable.confirm", h.one(h.receivables, "REC"), receivable.ConfirmArgs{})
	},
	"dispute": func(h *tale) {
		h.do(h.Leader, "receivable.dispute", h.one(h.receivables, "REC"), receivable.DisputeArgs{Amount: yuan("5.00"), Reason: "late"})
	},
	"pay":  func(h *tale) { h.do(h.SME, "receivable.pay", h.one(h.receivables, "REC"), h.paid("100.00")) },
	"void": func(h *tale) { h.do(h.SME, "receivable.cancel", h.one(h.receivables, "REC"), financing.NoArgs{}) },
	"again": func(h *tale) {
		if id := h.one(h.orders, "ORD"); len(h.orders) > 0 {
			h.do(h.SME, "receivable.register", contracttest.NewID("REC"), h.registerArgs(id, "200.00"))
		}
	},
	"repeat": func(h *tale) {
		past := rapid.SampledFrom(h.Past).Draw(h.t, "past")
		h.add(rapid.SampledFrom(past.Commands).Draw(h.t, "command"), nil)
	},
	"time": func(h *tale) {
		h.pass(time.Duration(rapid.SampledFrom([]int{1, 5, 30, 80, 1500}).Draw(h.t, "hours")) * time.Hour)
	},
	"commit": func(h *tale) { h.flush() },
}

func init() {
	for verb, args := range map[string]func(*tale) any{
		"reserve":  func(*tale) any { return financing.ReserveArgs{Hours: 24} },
		"encumber": func(h *tale) any { return h.filing() }, "disburse": func(h *tale) any { return h.paidOut("100.00") },
		"repay": func(h *tale) any { return h.repaid("50.00") }, "release": func(*tale) any { return financing.NoArgs{} },
		"cancel": func(*tale) any { return financing.NoArgs{} },
	} {
		steps[verb] = func(h *tale) { h.do(h.bank(), "financing."+verb, h.one(h.loans, "FIN"), args(h)) }
	}
	steps["withdraw"] = func(h *tale) { h.do(h.SME, "financing.withdraw", h.one(h.loans, "FIN"), financing.NoArgs{}) }
	steps["accrue"] = func(h *tale) {
		h.do(h.bank(), "subsidy.accrue", h.one(h.subs, "SUB"), contract.AccrueArgs{Through: h.today()})
	}
	steps["top up"] = func(h *tale) { h.do(h.bank(), "subsidy.top-up", h.one(h.subs, "SUB"), financing.NoArgs{}) }
	steps["reduce"] = func(h *tale) { h.do(h.bank(), "subsidy.reduce", h.one(h.subs, "SUB"), financing.NoArgs{}) }
	steps["settle"] = func(h *tale) {
		h.do(h.Regulator, "subsidy.settle", h.one(h.subs, "SUB"), contract.SettleArgs{Amount: yuan("0.01")})
	}
	steps["claw back"] = func(h *tale) {
		ground := rapid.SampledFrom([]subsidy.Ground{subsidy.GroundMisuse, subsidy.GroundError}).Draw(h.t, "ground")
		h.do(h.Regulator, "subsidy.claw-back", h.one(h.subs, "SUB"), contract.ClawBackArgs{Ground: ground, Reason: "misuse"})
	}
}

func (p *player) fork(t testing.TB) *player {
	f := *p
	f.Chain = p.Fork(t)
	f.ahead = f.Fork(t)
	return &f
}

func TestWhateverTheHonestContractDoesIsExplained(t *testing.T) {
	base := newPlayer(t)
	names := slices.Sorted(maps.Keys(steps)) // in an order that does not change, for what is drawn to be drawn again
	rapid.Check(t, func(rt *rapid.T) {
		h := &tale{player: base.fork(t), t: rt}
		h.size = rapid.SampledFrom([]int{1, 5, 50, contract.MaxBatch}).Draw(rt, "size")
		for range rapid.IntRange(20, 60).Draw(rt, "steps") {
			name := rapid.SampledFrom(names).Draw(rt, "step")
			steps[name](h)
		}
		txs := h.transactions()
		for i, block := range split(rt, txs) {
			for _, f := range block.auditor.Block(block.txs) {
				rt.Fatalf("block %d: %s: %s", i, f.Key, f.Reason)
			}
		}
	})
}

type part struct {
	auditor *audit.Auditor
	txs     []audit.Transaction
}

// split puts transactions into blocks of random sizes.
func split(t *rapid.T, txs []audit.Transaction) []part {
	a := audit.New()
	var parts []part
	for len(txs) > 0 {
		n := rapid.IntRange(1, len(txs)).Draw(t, "block")
		parts = append(parts, part{a, txs[:n]})
		txs = txs[n:]
	}
	return parts
}

package contract_test

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
)

// owed asks as a client of an organisation what is owed to it for one command that brings some openings.
func (w *world) owed(org, jws string, openings ...[]byte) []contract.Owing {
	w.T.Helper()
	b := contract.Batch{Commands: []string{jws}, Openings: []jsontext.Value{w.Opening(contract.TokenSecretKey)}}
	for _, o := range openings {
		b.Openings = append(b.Openings, o)
	}
	w.State.Caller = org
	all, err := contract.Owed(w.State, b)
	if err != nil {
		w.T.Fatal(err)
	}
	if public, private := w.State.Writes(); len(public)+len(private) > 0 {
		w.T.Errorf("asking wrote %d public and %d private keys", len(public), len(private))
	}
	return all
}

func TestASecondBankIsOwedTheAccountThatItDrawsOn(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	first, _ := base.hold(base.BankA, base.fixedAssetLoan(base.BankA, "30000000.00"))
	account := base.claim(first).Account
	loan := base.fixedAssetLoan(base.BankB, "40000000.00")
	args := base.holdArgs(base.policy, loan)

	t.Run("with a signed claim on a loan of its own", func(t *testing.T) {
		w := base.fork(t)
		jws, opening := w.Sign(w.BankB, "subsidy.hold", contracttest.NewID("SUB"), args)
		got := w.owed("BankBMSP", jws, opening, w.Opening(loan))
		if len(got) != 1 || got[0] != (contract.Owing{Record: account, Terms: w.Header(account).Terms}) {
			t.Errorf("owed %v", got)
		}
	})
	for name, c := range map[string]struct {
		org    string
		by     *contracttest.Actor
		change func(*contract.HoldArgs)
	}{
		"not to another organisation that got hold of the claim": {"BankAMSP", base.BankB, func(*contract.HoldArgs) {}},
		"not to a bank that claims another bank's loan":          {"BankAMSP", base.BankA, func(*contract.HoldArgs) {}},
		"not to who is no bank":                                  {"PlatformMSP", base.SME, func(*contract.HoldArgs) {}},
		"not under a policy that there is not":                   {"BankBMSP", base.BankB, func(a *contract.HoldArgs) { a.Policy = "other" }},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.fork(t)
			a := args
			c.change(&a)
			jws, opening := w.Sign(c.by, "subsidy.hold", contracttest.NewID("SUB"), a)
			if got := w.owed(c.org, jws, opening, w.Opening(loan)); len(got) != 0 {
				t.Errorf("owed %v", got)
			}
		})
	}
	t.Run("not for a claim with a forged signature", func(t *testing.T) {
		w := base.fork(t)
		forger := *w.BankB
		forger.Key = contracttest.NewKey()
		jws, opening := w.Sign(&forger, "subsidy.hold", contracttest.NewID("SUB"), args)
		if got := w.owed("BankBMSP", jws, opening, w.Opening(loan)); len(got) != 0 {
			t.Errorf("owed %v", got)
		}
	})
	t.Run("and of what it names it is owed nothing but the account", func(t *testing.T) {
		w := base.fork(t)
		jws, opening := w.Sign(w.BankB, "subsidy.hold", contracttest.NewID("SUB"), args)
		if got := w.owed("BankBMSP", jws, opening); len(got) != 0 {
			t.Errorf("owed %v", got)
		}
	})
}

func TestTheRegulatorIsOwedWhatItActsOn(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	rec := base.registered()
	terms := base.Header(rec).Terms
	w := base.fork(t)
	jws, opening := w.Sign(w.Regulator, "receivable.cancel", rec, financing.NoArgs{})
	if got := w.owed("BureauMSP", jws, opening); len(got) != 1 || got[0] != (contract.Owing{Record: rec, Terms: terms}) {
		t.Errorf("owed %v", got)
	}
	if got := w.owed("PlatformMSP", jws, opening); len(got) != 0 {
		t.Errorf("another organisation is owed %v", got)
	}
	for _, by := range []*contracttest.Actor{w.SME, w.SME2, w.BankA, w.Platform, w.Leader} {
		jws, opening := w.Sign(by, "receivable.cancel", rec, financing.NoArgs{})
		if got := w.owed(by.Org, jws, opening); len(got) != 0 {
			t.Errorf("%s is owed %v", by.Role, got)
		}
	}
}

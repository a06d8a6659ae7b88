package consortium_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/fstest"

	"decore/adapters/embedded"
	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/party"
	"decore/fixtures"
	"decore/gateway/consortium"
	"decore/gateway/keystore"
	"decore/gateway/submit"
)

// stopping is a ledger that fails after a number of batches, as if the gateway had died there.
type stopping struct {
	ledger.Ledger
	left int
}

func (s *stopping) Submit(ctx context.Context, b contract.Batch) (ledger.Commit, error) {
	if s.left == 0 {
		return ledger.Commit{}, ledger.ErrUnavailable
	}
	s.left--
	return s.Ledger.Submit(ctx, b)
}

func example(t *testing.T) (consortium.Plan, *embedded.Engine, *keystore.Store) {
	t.Helper()
	plan, err := consortium.Read(fixtures.FS, "consortium/qingdao.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	engine, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "ledger"), Name: plan.Ledger, Run: contract.Submit, Orgs: plan.Orgs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	secret, err := keystore.EnsureMasterKeyFile(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keystore.Open(filepath.Join(dir, "keys"), secret)
	if err != nil {
		t.Fatal(err)
	}
	return plan, engine, keys
}

func found(t *testing.T, plan consortium.Plan, port, engine ledger.Ledger, keys *keystore.Store) error {
	t.Helper()
	policies, err := consortium.ReadPolicies(fixtures.FS, "policies")
	if err != nil {
		t.Fatal(err)
	}
	s := submit.New(port, submit.DefaultOptions())
	defer s.Close()
	founder := consortium.Founder{Plan: plan, Policies: policies, Ledger: engine, Submit: s, Keys: keys}
	if _, _, err := founder.Run(t.Context()); err != nil {
		return err
	}
	return founder.Admit(t.Context())
}

func TestAFoundingThatWasCutOffGoesOnWhereItStopped(t *testing.T) {
	plan, engine, keys := example(t)
	if err := found(t, plan, &stopping{engine, 1}, engine, keys); !errors.Is(err, ledger.ErrUnavailable) {
		t.Fatalf("the founding that was cut off came to %v", err)
	}
	if err := found(t, plan, engine, engine, keys); err != nil {
		t.Fatal(err)
	}
	for _, m := range plan.Parties {
		raw, err := engine.Get(t.Context(), contract.PartyKey(m.USCC))
		if err != nil {
			t.Fatal(err)
		}
		var p party.Party
		if err := canon.Strict(raw[0], &p); err != nil || p.State != party.Active || len(p.Keys) != 1 {
			t.Errorf("%s: %v %+v", m.Name, err, p)
		}
	}
	head, err := engine.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := found(t, plan, engine, engine, keys); err != nil {
		t.Fatal(err)
	}
	if again, _ := engine.Head(t.Context()); again.Number != head.Number {
		t.Error("a founded ledger was founded again")
	}
}

func TestAPlanWithoutItsFoundersIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no regulator":  `{"ledger":"x","orgs":["A"],"regulator":"91370200990000308H","platform":"91370200990000316C","parties":[]}`,
		"unknown field": `{"ledger":"x","king":1}`,
		"bad USCC":      `{"ledger":"x","orgs":["A"],"regulator":"91370200990000308X","platform":"91370200990000316C","parties":[]}`,
		"no JSON":       `ledger: x`,
	} {
		if _, err := consortium.Read(fstest.MapFS{"plan.json": {Data: []byte(text)}}, "plan.json"); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

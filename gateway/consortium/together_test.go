package consortium_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/party"
	"decore/fixtures"
	"decore/gateway/consortium"
	"decore/gateway/keystore"
	"decore/gateway/submit"
)

func openKeys(t *testing.T) *keystore.Store {
	t.Helper()
	dir := t.TempDir()
	secret, err := keystore.EnsureMasterKeyFile(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keystore.Open(filepath.Join(dir, "keys"), secret)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestGatewaysOfSeveralOrganisationsFoundALedgerTogether(t *testing.T) {
	plan, engine, _ := example(t)
	policies, err := consortium.ReadPolicies(fixtures.FS, "policies")
	if err != nil {
		t.Fatal(err)
	}
	stores := map[string]*keystore.Store{}
	for _, org := range plan.Orgs { // the plan goes round
		stores[org] = openKeys(t)
		if plan, err = plan.MakeKeys(stores[org], org); err != nil {
			t.Fatal(err)
		}
	}
	var gateways errgroup.Group
	for _, org := range plan.Orgs {
		gateways.Go(func() error {
			s := submit.New(engine, submit.DefaultOptions())
			defer s.Close()
			founder := consortium.Founder{Plan: plan, Policies: policies, Org: org, Ledger: engine, Submit: s, Keys: stores[org]}
			if _, _, err := founder.Run(t.Context()); err != nil {
				return err
			}
			return founder.Admit(t.Context())
		})
	}
	if err := gateways.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, m := range plan.Parties {
		var p party.Party
		raw, err := engine.Get(t.Context(), contract.PartyKey(m.USCC))
		if err != nil || canon.Strict(raw[0], &p) != nil || p.State != party.Active || p.Keys[0].JWK != m.Key {
			t.Errorf("%s: %v %+v", m.Name, err, p)
		}
		for org, keys := range stores {
			if _, _, err := keys.Key(m.USCC); (err == nil) != (org == m.Org) {
				t.Errorf("the gateway of %s has the key of %s: %v", org, m.Name, err == nil)
			}
		}
	}
}

func TestAPlanWhoseKeysAreNotAllThereFoundsNothing(t *testing.T) {
	plan, engine, keys := example(t)
	policies, err := consortium.ReadPolicies(fixtures.FS, "policies")
	if err != nil {
		t.Fatal(err)
	}
	s := submit.New(engine, submit.DefaultOptions())
	defer s.Close()
	if plan, err = plan.MakeKeys(openKeys(t), "PlatformMSP"); err != nil {
		t.Fatal(err)
	}
	_, _, err = consortium.Founder{Plan: plan, Policies: policies, Org: "BureauMSP", Ledger: engine, Submit: s, Keys: keys}.Run(t.Context())
	var missing consortium.KeysMissing
	if !errors.As(err, &missing) {
		t.Fatalf("got %v", err)
	}
	for _, m := range plan.Parties {
		if lacks := !m.HasKey() && m.Org != "BureauMSP"; lacks != strings.Contains(err.Error(), string(m.USCC)) {
			t.Errorf("%s lacks its key: %v; the error says %v", m.USCC, lacks, err)
		}
	}
	if head, _ := engine.Head(t.Context()); head.Number != 0 {
		t.Error("something was written")
	}
}

func TestAPartyThatWasRegisteredOtherwiseIsNotApproved(t *testing.T) {
	plan, engine, keys := example(t)
	if err := found(t, plan, engine, engine, keys); err != nil {
		t.Fatal(err)
	}
	plan.Parties = slices.Clone(plan.Parties)
	stranger := plan.Parties[len(plan.Parties)-1]
	stranger.USCC = "913702000000001230"
	stranger.Key = evidence.JWK{}
	plan.Parties = append(plan.Parties, stranger)
	s := submit.New(engine, submit.DefaultOptions())
	defer s.Close()
	run := func(org string, plan consortium.Plan) error {
		return consortium.Founder{Plan: plan, Org: org, Ledger: engine, Submit: s, Keys: keys}.Admit(t.Context())
	}
	other, err := plan.MakeKeys(openKeys(t), "PlatformMSP")
	if err != nil {
		t.Fatal(err)
	}
	if err := run("PlatformMSP", other); err != nil {
		t.Fatal(err)
	}
	mine, err := plan.MakeKeys(openKeys(t), "PlatformMSP")
	if err != nil {
		t.Fatal(err)
	}
	if err := run("BureauMSP", mine); err == nil || !strings.Contains(err.Error(), "registered with another key") {
		t.Errorf("got %v", err)
	}
	if err := run("BureauMSP", plan); err == nil || !strings.Contains(err.Error(), "the plan has no key of "+string(stranger.USCC)) {
		t.Errorf("a plan without the key: %v", err)
	}
	standing, err := mine.Standing(t.Context(), engine)
	if err != nil || standing[len(standing)-1].State != party.Pending || standing[len(standing)-1].Refused == nil {
		t.Errorf("it stands as %+v, %v", standing[len(standing)-1], err)
	}
}

func TestAPartyThatCannotBeAdmittedKeepsNoOtherFromIt(t *testing.T) {
	plan, engine, keys := example(t)
	if err := found(t, plan, engine, engine, keys); err != nil {
		t.Fatal(err)
	}
	keyless, other := plan.Parties[len(plan.Parties)-1], plan.Parties[len(plan.Parties)-1]
	keyless.USCC, keyless.Org = "913702000000001230", "BankAMSP"
	other.Org = "PlatformMSP"
	var err error
	if other.USCC, err = ident.CompleteUSCC("370200", "99000999"); err != nil {
		t.Fatal(err)
	}
	later := plan
	later.Parties = append(slices.Clone(plan.Parties), keyless, other)
	later, err = later.MakeKeys(openKeys(t), "PlatformMSP")
	if err != nil {
		t.Fatal(err)
	}
	s := submit.New(engine, submit.DefaultOptions())
	defer s.Close()
	err = consortium.Founder{Plan: later, Org: "PlatformMSP", Ledger: engine, Submit: s, Keys: keys}.Admit(t.Context())
	if err == nil || !strings.Contains(err.Error(), string(keyless.USCC)) || strings.Contains(err.Error(), string(other.USCC)) {
		t.Errorf("got %v", err)
	}
	standing, err := later.Standing(t.Context(), engine)
	if err != nil || standing[len(standing)-1].State != party.Pending || standing[len(standing)-2].State != "" {
		t.Errorf("they stand as %+v, %v", standing[len(standing)-2:], err)
	}
}

func TestAPlanCompletesTheOneThatALedgerWasFoundedOn(t *testing.T) {
	kept, _, keys := example(t)
	if err := kept.Completes(kept); err != nil {
		t.Error(err)
	}
	full, err := kept.MakeKeys(keys, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := full.Completes(kept); err != nil {
		t.Errorf("with its keys: %v", err)
	}
	if full.Completes(full) != nil || kept.Completes(full) == nil {
		t.Error("keys that were there may not go")
	}
	for name, change := range map[string]func(*consortium.Plan){
		"ledger":       func(p *consortium.Plan) { p.Ledger = "other" },
		"organisation": func(p *consortium.Plan) { p.Orgs = p.Orgs[1:] },
		"regulator":    func(p *consortium.Plan) { p.Regulator = p.Platform },
		"lacks":        func(p *consortium.Plan) { p.Parties = p.Parties[1:] },
		"name":         func(p *consortium.Plan) { p.Parties[3].Name = "另一家" },
		"role":         func(p *consortium.Plan) { p.Parties[3].Roles = nil },
	} {
		p := full
		p.Parties = slices.Clone(full.Parties)
		change(&p)
		if err := p.Completes(full); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeysOfThePlanThatAKeyStoreDoesNotHoldAreListed(t *testing.T) {
	plan, _, keys := example(t)
	plan, err := plan.MakeKeys(keys, "PlatformMSP")
	if err != nil {
		t.Fatal(err)
	}
	if unheld, err := plan.Unheld(keys, "PlatformMSP"); err != nil || len(unheld) > 0 {
		t.Errorf("where they were made: %v, %v", unheld, err)
	}
	unheld, err := plan.Unheld(openKeys(t), "PlatformMSP")
	if err != nil || len(unheld) == 0 || !slices.ContainsFunc(unheld, func(m consortium.Member) bool { return m.USCC == plan.Platform }) {
		t.Errorf("elsewhere: %v, %v", unheld, err)
	}
}

package consortium_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
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
	_, _, err = consortium.Founder{Plan: plan, Policies: policies, Org: "BureauMSP", Ledger: engine, Submit: s, Keys: keys}.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "gateway keys --org PlatformMSP") {
		t.Errorf("got %v", err)
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
}

package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/party"
	"decore/gateway/projection"
	"decore/network/cluster"
)

// outcome is what the demo prints as JSON.
type outcome struct {
	Done  bool              `json:"done"`
	Steps []json.RawMessage `json:"steps"`
	Facts map[string]string `json:"facts"`
}

var memberOrgs = []string{"BureauMSP", "PlatformMSP", "LeaderMSP", "BankAMSP", "BankBMSP"}

// Five gateways, one an organisation, play the whole story over a real network, and none knows more than it may.
func TestFiveGatewaysPlayTheStoryOverAFabricNetwork(t *testing.T) {
	data := t.TempDir()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if n, err := cluster.Open(filepath.Join(data, "network")); err == nil {
			if err := n.Down(ctx, true); err != nil {
				t.Error(err)
			}
		}
	})
	out, errOut, code := runFor(t, 15*time.Minute, "demo", "--ledger", "fabric", "--exit", "--json", "--data", data, "--listen", "127.0.0.1:0")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var told outcome
	if err := json.Unmarshal([]byte(out), &told); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for fact, amount := range map[string]string{"claim A held": "913750.00", "claim B held": "586250.00", "subsidy settled": "1500000.00"} {
		if told.Facts[fact] != amount {
			t.Errorf("%s is %q, want %s", fact, told.Facts[fact], amount)
		}
	}
	known := map[string][]string{}
	for _, org := range memberOrgs {
		known[org] = knownTerms(t, org, filepath.Join(data, org, "projection.db"))
	}
	for _, c := range []struct {
		fact string
		orgs []string // that may know the terms
	}{
		{"LF-2026-0303", []string{"PlatformMSP", "LeaderMSP"}},
		{"receivable confirmed", []string{"PlatformMSP", "LeaderMSP", "BankAMSP", "BankBMSP"}},
		{"receivable free", []string{"PlatformMSP", "LeaderMSP"}},
		{"lot", []string{"PlatformMSP", "BankBMSP"}},
		{"receipt free", []string{"PlatformMSP"}},
		{"receipt still pledged", []string{"PlatformMSP", "BankAMSP", "BankBMSP"}},
		{"goods loan", []string{"PlatformMSP", "BankAMSP"}},
		{"loan A", []string{"PlatformMSP", "BankAMSP"}},
		{"loan B", []string{"PlatformMSP", "BankBMSP"}},
		{"claim A", []string{"BureauMSP", "PlatformMSP", "BankAMSP"}},
		{"claim B", []string{"BureauMSP", "PlatformMSP", "BankBMSP"}},
	} {
		for _, org := range memberOrgs {
			if knows, may := slices.Contains(known[org], told.Facts[c.fact]), slices.Contains(c.orgs, org); knows != may {
				t.Errorf("%s knows the terms of %q: %v, may know them: %v", org, c.fact, knows, may)
			}
		}
	}
	t.Run("and the story is all there when it is started again", func(t *testing.T) {
		out, errOut, code := runFor(t, 5*time.Minute, "demo", "--ledger", "fabric", "--exit", "--json", "--data", data, "--listen", "127.0.0.1:0")
		var again outcome
		if code != 0 || json.Unmarshal([]byte(out), &again) != nil || !again.Done || again.Facts["claim A"] != told.Facts["claim A"] {
			t.Errorf("exit %d: %s%s", code, out, errOut)
		}
	})
}

// knownTerms lists the records whose terms a projection has, and fails for those that its organisation may not know:
// terms are for who is bound by them, and for who was granted them.
func knownTerms(t *testing.T, org, file string) []string {
	t.Helper()
	store, err := projection.Open(t.Context(), file, projection.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	orgOf := map[ident.USCC]string{}
	parties, err := store.Parties(t.Context(), projection.PartyFilter{State: party.Active, Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parties {
		orgOf[p.USCC] = p.Org
	}
	var known []string
	for _, kind := range []string{"order", "lot", "warehouse-receipt", "receivable", "financing", "subsidy", contract.AccountKind} {
		records, err := store.Records(t.Context(), projection.Filter{Kind: kind, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r.Terms == nil {
				continue
			}
			known = append(known, r.ID)
			readers := r.Terms.Parties()
			for _, g := range r.Grants {
				readers = append(readers, g.Party)
			}
			if !slices.ContainsFunc(readers, func(u ident.USCC) bool { return orgOf[u] == org }) {
				t.Errorf("%s knows the terms of %s, which are for %v", org, r.ID, readers)
			}
		}
	}
	return known
}

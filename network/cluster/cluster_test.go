package cluster_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"decore/adapters/fabric/connection"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

const (
	bureau = "BureauMSP"
	bankA  = "BankAMSP"
	bankB  = "BankBMSP"
	bankC  = "BankCMSP"
	notes  = "./testdata/notes"
)

// life is a network with the data folder, which outlives it.
type life struct {
	*cluster.Network
	o cluster.Options
}

// TestANetworkLives walks one network through its life; each step stands on those before.
func TestANetworkLives(t *testing.T) {
	o := cluster.Options{
		Data: t.TempDir(), Orgs: []string{"bureau", "bankA", "bankB"}, Demonstration: true, Chaincode: clustertest.Build(t, notes),
	}
	l := &life{clustertest.Up(t, o), o}
	for _, step := range []struct {
		name string
		do   func(*testing.T, *life)
	}{
		{"a transaction that the bureau and a bank endorse is valid everywhere", transacts},
		{"a transaction without the bureau is not valid", needsTheBureau},
		{"each service knows its organisation, and that this is a demonstration", tellsTheEnvironment},
		{"up on a running network leaves it alone", upAgain},
		{"a peer that was killed comes back and catches up", peerReturns},
		{"the whole network starts again with its data", restarts},
		{"one package serves many chaincodes", deploys},
		{"an organisation may run another executable", replaces},
		{"an organisation joins and endorses", joins},
		{"an organisation that failed to join leaves nothing and keeps nobody out", failsToJoin},
		{"one that a call cut short left behind is completed by the next", joinsLate},
		{"connection files name all nodes", connects},
		{"a damaged connection file is written anew", rewrites},
		{"status says what is down", reports},
		{"purge leaves nothing", purges},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.do(t, l) }) {
			return
		}
	}
}

func transacts(t *testing.T, l *life) {
	must(t, l.Invoke(t.Context(), bankA, cluster.Contract, []string{bureau, bankB}, "put", "colour", "blue"))
	l.eventually(t, bankA, cluster.Contract, "blue", "get", "colour")
	l.eventually(t, bankB, cluster.Contract, "blue", "get", "colour")
}

func needsTheBureau(t *testing.T, l *life) {
	err := l.Invoke(t.Context(), bankA, cluster.Contract, []string{bankA, bankB}, "put", "colour", "red")
	if err == nil || !strings.Contains(err.Error(), "ENDORSEMENT_POLICY_FAILURE") {
		t.Fatalf("got %v, want a failure of the endorsement policy", err)
	}
	l.eventually(t, bankA, cluster.Contract, "blue", "get", "colour")
}

func tellsTheEnvironment(t *testing.T, l *life) {
	for _, org := range []string{bureau, bankA, bankB} {
		l.eventually(t, org, cluster.Contract, org, "environment", "CORE_PEER_LOCALMSPID")
		l.eventually(t, org, cluster.Contract, "true", "environment", "DECORE_DEMONSTRATION")
	}
}

func upAgain(t *testing.T, l *life) {
	before := l.pids()
	if _, err := cluster.Up(t.Context(), l.o); err != nil {
		t.Fatal(err)
	}
	for name, pid := range l.pids() {
		if pid != before[name] {
			t.Errorf("%s was started again", name)
		}
	}
}

func peerReturns(t *testing.T, l *life) {
	must(t, l.Kill(t.Context(), "peer.BankAMSP"))
	must(t, l.Invoke(t.Context(), bankB, cluster.Contract, []string{bureau, bankB}, "put", "colour", "green"))
	must(t, l.Start(t.Context(), "peer.BankAMSP"))
	l.eventually(t, bankA, cluster.Contract, "green", "get", "colour")
	must(t, l.Ready(t.Context()))
}

func restarts(t *testing.T, l *life) {
	must(t, l.Down(t.Context(), false))
	for name, pid := range l.pids() {
		if pid != 0 {
			t.Errorf("%s is still recorded as running", name)
		}
	}
	n, err := cluster.Up(t.Context(), cluster.Options{Data: l.o.Data, Progress: l.o.Progress})
	must(t, err)
	l.Network = n
	l.eventually(t, bankA, cluster.Contract, "green", "get", "colour")
	must(t, l.Invoke(t.Context(), bankA, cluster.Contract, []string{bureau, bankA}, "put", "colour", "white"))
}

func deploys(t *testing.T, l *life) {
	c := cluster.Chaincode{
		Label: "suite", Names: []string{"first", "second"}, Binary: clustertest.Build(t, notes),
		Policy: "OR('BankAMSP.peer', 'BankBMSP.peer')", Env: map[string]string{"SUITE": "yes"},
	}
	must(t, l.Deploy(t.Context(), c))
	must(t, l.Invoke(t.Context(), bankA, "first", []string{bankB}, "put", "colour", "red"))
	l.eventually(t, bankA, "first", "red", "get", "colour")
	l.eventually(t, bankA, "second", "", "get", "colour")
	l.eventually(t, bankA, "second", "yes", "environment", "SUITE")
	before := l.PID("suite.BankAMSP")
	c.Names = []string{"third"}
	must(t, l.Deploy(t.Context(), c))
	l.eventually(t, bankA, "third", "", "get", "colour")
	if l.PID("suite.BankAMSP") != before {
		t.Error("a further name started the service again")
	}
}

func replaces(t *testing.T, l *life) {
	must(t, l.ReplaceChaincode(t.Context(), bankB, clustertest.Build(t, notes, "-ldflags=-X main.lie=lie")))
	l.eventually(t, bankB, cluster.Contract, "lie", "get", "colour")
	l.eventually(t, bankA, cluster.Contract, "white", "get", "colour")
}

func joins(t *testing.T, l *life) {
	must(t, l.AddOrg(t.Context(), "bankC"))
	must(t, l.Invoke(t.Context(), bankC, cluster.Contract, []string{bureau, bankC}, "put", "colour", "black"))
	l.eventually(t, bankA, cluster.Contract, "black", "get", "colour")
	must(t, l.AddOrg(t.Context(), "bankC")) // nothing is left to do
}

func failsToJoin(t *testing.T, l *life) {
	before, err := os.ReadFile(filepath.Join(l.o.Data, "network.json"))
	must(t, err)
	for _, at := range []string{"certificates", "orderers and peers", "channel"} {
		ctx, cancel := context.WithCancel(t.Context())
		l.Tell(func(step string, _ int) {
			if step == at {
				cancel()
			}
		})
		if err := l.AddOrg(ctx, "bankD"); err == nil || !strings.Contains(err.Error(), "nothing of BankDMSP is left") {
			t.Errorf("cut short at %s: %v", at, err)
		}
		if left, _ := filepath.Glob(filepath.Join(l.o.Data, "*", "*BankDMSP*")); len(left) > 0 {
			t.Errorf("cut short at %s, it leaves %v", at, left)
		}
	}
	l.Tell(nil)
	obstacle := filepath.Join(l.o.Data, "crypto", "BankDMSP")
	must(t, os.WriteFile(obstacle, nil, 0o600))
	if err := l.AddOrg(t.Context(), "bankD"); err == nil {
		t.Error("it joined without certificates")
	}
	after, err := os.ReadFile(filepath.Join(l.o.Data, "network.json"))
	must(t, err)
	if string(after) != string(before) {
		t.Errorf("the plan was\n%s\nand is\n%s", before, after)
	}
	for _, name := range []string{"bankc", "orderer", "BUREAU"} {
		if err := l.AddOrg(t.Context(), name); !errors.Is(err, cluster.ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func joinsLate(t *testing.T, l *life) {
	ctx, cancel := context.WithCancel(t.Context())
	l.Tell(func(step string, _ int) {
		if step == "chaincode" {
			cancel()
		}
	})
	if err := l.AddOrg(ctx, "bankF"); err == nil || !strings.Contains(err.Error(), "what is left to do for BankFMSP, `network up` does") {
		t.Errorf("cut short on the channel: %v", err)
	}
	l.Tell(nil)
	must(t, l.AddOrg(t.Context(), "bankF"))
	must(t, l.Intend("BankDMSP"))
	must(t, l.AddOrg(t.Context(), "bankE"))
	for _, org := range []string{"BankDMSP", "BankEMSP", "BankFMSP"} {
		must(t, l.Invoke(t.Context(), org, cluster.Contract, []string{bureau, org}, "put", "colour", org))
		l.eventually(t, bankA, cluster.Contract, org, "get", "colour")
	}
}

func connects(t *testing.T, l *life) {
	for _, org := range []string{bureau, bankA, bankB, bankC} {
		c, err := connection.Read(l.ConnectionFile(org))
		must(t, err)
		if c.Org != org || len(c.Peers) != 7 || len(c.Orderers) != 1 || !c.Demonstration || c.Regulator != bureau {
			t.Errorf("the file of %s has %d peers, %d orderers: %+v", org, len(c.Peers), len(c.Orderers), c)
		}
	}
}

// rewrites has a damaged connection file written anew by what its reader is told to do.
func rewrites(t *testing.T, l *life) {
	file := l.ConnectionFile(bankA)
	must(t, os.WriteFile(file, []byte("{"), 0o600))
	if _, err := connection.Read(file); err == nil || !strings.Contains(err.Error(), "`network up` writes it anew") {
		t.Errorf("a damaged file: %v", err)
	}
	if l.Complete(t.Context()) {
		t.Error("a network is complete without a connection file")
	}
	_, err := cluster.Up(t.Context(), cluster.Options{Data: l.o.Data})
	must(t, err)
	_, err = connection.Read(file)
	must(t, err)
}

func reports(t *testing.T, l *life) {
	if !l.Complete(t.Context()) {
		t.Errorf("not all serves: %+v", l.Status(t.Context()))
	}
	must(t, l.Kill(t.Context(), "chaincode.BankBMSP"))
	for _, s := range l.Status(t.Context()) {
		if down := s.Name == "chaincode.BankBMSP"; down != (s.Fault != "") {
			t.Errorf("%s: %q", s.Name, s.Fault)
		}
		if s.Kind != cluster.KindChaincode && s.Height < 5 {
			t.Errorf("%s has %d blocks", s.Name, s.Height)
		}
	}
	if l.Complete(t.Context()) {
		t.Error("a network is complete without a service")
	}
}

func purges(t *testing.T, l *life) {
	must(t, l.Down(t.Context(), true))
	if left, _ := os.ReadDir(l.o.Data); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func (l *life) pids() map[string]int {
	all := map[string]int{}
	for _, node := range l.Nodes() {
		all[node.Name] = l.PID(node.Name)
	}
	return all
}

// eventually asks until the answer is the one that is wanted.
func (l *life) eventually(t *testing.T, org, chaincode, want string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		got, err := l.Query(ctx, org, chaincode, args...)
		if err == nil && got == want {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%s at %s answers %q (%v), want %q", chaincode, org, got, err, want)
		}
	}
}

// TestOrderersFail has a transaction go through before and after the leader is lost.
func TestOrderersFail(t *testing.T) {
	for name, o := range map[string]cluster.Options{
		"one of three by raft":    {Orderers: 3},
		"one of four by SmartBFT": {BFT: true},
	} {
		t.Run(name, func(t *testing.T) {
			o.Chaincode = clustertest.Build(t, notes)
			l := &life{clustertest.Up(t, o), o}
			must(t, l.Invoke(t.Context(), bankA, cluster.Contract, []string{bureau, bankA}, "put", "colour", "blue"))
			leader, err := l.Leader(t.Context())
			must(t, err)
			must(t, l.Kill(t.Context(), leader))
			l.awaitOther(t, leader)
			must(t, l.Invoke(t.Context(), bankA, cluster.Contract, []string{bureau, bankA}, "put", "colour", "green"))
			must(t, l.Start(t.Context(), leader))
			must(t, l.Ready(t.Context()))
			l.eventually(t, bankA, cluster.Contract, "green", "get", "colour")
		})
	}
}

// awaitOther waits until another orderer leads.
func (l *life) awaitOther(t *testing.T, lost string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		if leader, err := l.Leader(ctx); err == nil && leader != lost {
			return
		}
		if ctx.Err() != nil {
			t.Fatal("no other orderer leads")
		}
	}
}

func TestAHalfMadeNetworkIsCompleted(t *testing.T) {
	o := cluster.Options{Data: t.TempDir(), Chaincode: clustertest.Build(t, notes)}
	for _, at := range []string{"genesis block", "channel", "chaincode", "connection files"} {
		ctx, cancel := context.WithCancel(t.Context())
		cut := o
		cut.Orgs = []string{"bureau", "bankA"}
		cut.Progress = func(step string, _ int) {
			if step == at {
				cancel()
			}
		}
		if _, err := cluster.Up(ctx, cut); err == nil && at != "connection files" {
			t.Errorf("cut short at the %s, the network is up", at)
		}
	}
	l := &life{clustertest.Up(t, o), o}
	must(t, l.Invoke(t.Context(), bankA, cluster.Contract, []string{bureau, bankA}, "put", "colour", "blue"))
}

func TestDownLeavesWhatOthersKeepInTheFolder(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	must(t, os.WriteFile(other, nil, 0o600))
	n := clustertest.Up(t, cluster.Options{Data: dir, Chaincode: clustertest.Build(t, notes)})
	must(t, n.Down(t.Context(), true))
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

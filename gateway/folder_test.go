package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"decore/adapters/embedded"
	"decore/chaincode/contract"
	"decore/gateway/consortium"
	"decore/gateway/server"
)

func TestADataFolderIsOfOneGatewayAtATime(t *testing.T) {
	data := t.TempDir()
	g := serve(t, data)
	for _, command := range [][]string{{"serve", "--data", data, "--listen", "127.0.0.1:0"}, {"demo", "--data", data, "--listen", "127.0.0.1:0"}} {
		_, errOut, code := run(t, command...)
		if code != 1 || !strings.Contains(errOut, "in use: "+data+", by process "+strconv.Itoa(g.cmd.Process.Pid)) || strings.Count(strings.TrimSpace(errOut), "\n") > 0 {
			t.Errorf("%s: exit %d: %q", command[0], code, errOut)
		}
	}
	if out, _, code := run(t, "doctor", "--data", data); code != 1 || !strings.Contains(out, "in use") {
		t.Errorf("the doctor: exit %d: %s", code, out)
	}
	g.kill(t)
	if out, errOut, code := run(t, "doctor", "--data", data); code != 0 {
		t.Errorf("after its gateway was killed: exit %d: %s%s", code, out, errOut)
	}
	serve(t, data).kill(t)
}

func TestADataFolderIsOfOneOrganisation(t *testing.T) {
	data := t.TempDir()
	serve(t, data).kill(t)
	home := filepath.Join(data, "home.json")
	if err := os.WriteFile(home, []byte(`{"organisation": "BankAMSP", "channel": "decore"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "is of BankAMSP on channel decore, not of the embedded ledger"
	if _, errOut, code := run(t, "serve", "--data", data, "--listen", "127.0.0.1:0"); code != 1 || !strings.Contains(errOut, want) {
		t.Errorf("serve: exit %d: %s", code, errOut)
	}
	if out, _, code := run(t, "doctor", "--data", data); code != 1 || !strings.Contains(out, want) {
		t.Errorf("doctor: exit %d: %s", code, out)
	}
}

func TestTheDoctorFindsABlockThatNoGatewayCanRead(t *testing.T) {
	data := t.TempDir()
	serve(t, data).kill(t)
	if out, _, code := run(t, "doctor", "--data", data); code != 0 {
		t.Fatalf("before: exit %d: %s", code, out)
	}
	plan, err := server.Plan(data)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := embedded.Open(embedded.Options{Dir: filepath.Join(data, "ledger"), Orgs: plan.Orgs, Run: func(s contract.State, _ contract.Batch) (contract.Outcome, error) {
		err := s.Put(contract.RecordKey("ORD-01JNQ4M3S0V5B6C7D8E9F0G1H2"), []byte(`{"unheard":"of"}`))
		return contract.Outcome{Results: []contract.Result{{Status: contract.Accepted}}}, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Submit(t.Context(), contract.Batch{Commands: []string{"nothing"}}); err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	out, _, code := run(t, "doctor", "--data", data)
	if code != 1 || !strings.Contains(out, "ok    ledger") || !strings.Contains(out, "FAIL  projection") || !strings.Contains(out, "cannot read a block") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestAPlanThatIsNotTheFoldersIsRefusedAndOneThatCompletesItIsTaken(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "plan.json")
	serve(t, data).kill(t)
	kept, err := server.Plan(data)
	if err != nil {
		t.Fatal(err)
	}
	write := func(p consortium.Plan) {
		t.Helper()
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other := kept
	other.Ledger = "another"
	write(other)
	if _, errOut, code := run(t, "serve", "--data", data, "--listen", "127.0.0.1:0", "--consortium", file); code != 1 || !strings.Contains(errOut, "its ledger is another, not "+kept.Ledger) {
		t.Errorf("exit %d: %s", code, errOut)
	}
	more := kept
	more.Parties = append(more.Parties, kept.Parties[len(kept.Parties)-1])
	added := &more.Parties[len(more.Parties)-1]
	added.USCC, added.Name = "913702000000001230", "后来者"
	write(more)
	serve(t, data, "--consortium", file).kill(t)
	out, _, code := run(t, "doctor", "--data", data)
	if code != 0 || !strings.Contains(out, strconv.Itoa(len(more.Parties))+" of the plan\n") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestKeysAreOnlyClaimedWhereTheyAreHeld(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plan.json")
	raw, err := os.ReadFile("../fixtures/consortium/qingdao.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	mine := t.TempDir()
	out, errOut, code := run(t, "keys", "--org", "BankAMSP", "--data", mine, file)
	if code != 0 || !strings.Contains(out, "1 keys of BankAMSP added") || errOut != "" {
		t.Fatalf("exit %d: %s%s", code, out, errOut)
	}
	if out, errOut, code = run(t, "keys", "--org", "BankAMSP", "--data", mine, file); code != 0 || !strings.Contains(out, "0 keys of BankAMSP added") || errOut != "" {
		t.Errorf("again: exit %d: %s%s", code, out, errOut)
	}
	if out, errOut, code = run(t, "keys", "--org", "BankAMSP", "--data", t.TempDir(), file); code != 0 || !strings.Contains(out, "0 keys") || !strings.Contains(errOut, "does not hold it, of: 913702") {
		t.Errorf("elsewhere: exit %d: %s%s", code, out, errOut)
	}
}

func TestATokenIsOnlyMadeInAFolderOfAGateway(t *testing.T) {
	data := filepath.Join(t.TempDir(), "typo")
	_, errOut, code := run(t, "token", "--data", data, "--party", "91370200990000334", "--role", "bank")
	if code != 2 {
		t.Errorf("a wrong party: exit %d: %s", code, errOut)
	}
	_, errOut, code = run(t, "token", "--data", data, "--party", "913702009900000334", "--role", "bank")
	if code != 1 || !strings.Contains(errOut, "no gateway was started on the data folder "+data) {
		t.Errorf("exit %d: %s", code, errOut)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("the folder was made")
	}
}

func TestTheDemoTellsNothingOnALedgerThatIsNotItsOwn(t *testing.T) {
	data := t.TempDir()
	serve(t, data).kill(t)
	before, _, _ := run(t, "doctor", "--data", data)
	_, errOut, code := run(t, "demo", "--exit", "--data", data, "--listen", "127.0.0.1:0")
	if code != 1 || !strings.Contains(errOut, "this folder's ledger is not the demo's") || !strings.Contains(errOut, "--data") {
		t.Errorf("exit %d: %s", code, errOut)
	}
	if after, _, _ := run(t, "doctor", "--data", data); after != before {
		t.Errorf("it wrote: %s, was %s", after, before)
	}
}

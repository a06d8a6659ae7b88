package cli_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decore/network/cli"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

// line runs a command line on the network in a folder.
type line struct{ data string }

func (l line) run(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = cli.Run(t.Context(), append(args, "--data", l.data), &o, &e)
	return code, o.String(), e.String()
}

// expect runs a command line that must end with a code and say something.
func (l line) expect(t *testing.T, want int, says string, args ...string) string {
	t.Helper()
	code, out, errOut := l.run(t, args...)
	if code != want || !strings.Contains(out+errOut, says) {
		t.Fatalf("%v: code %d, want %d and %q\n%s%s", args, code, want, says, out, errOut)
	}
	return out
}

func TestANetworkByTheCommandLine(t *testing.T) {
	l := line{t.TempDir()}
	t.Cleanup(func() {
		_ = cluster.Down(context.WithoutCancel(t.Context()), l.data, true, t.Logf)
	})
	chaincode := clustertest.Build(t, "../cluster/testdata/notes")
	up := []string{"up", "--orgs", "bureau,bankA", "--port", "0", "--chaincode", chaincode}
	l.expect(t, 0, "peer.BankAMSP", up...)
	l.expect(t, 0, "is running", up...)
	l.expect(t, 0, "chaincode.BureauMSP", "status")
	l.expect(t, 2, "purge it first", "up", "--bft")
	l.expect(t, 0, "", "logs", "peer.BankAMSP")
	l.expect(t, 1, "no node is called", "logs", "nobody")
	l.expect(t, 0, "BankBMSP is on the channel", "add-org", "bankB")
	l.expect(t, 2, "no name of an organisation", "add-org", "../x")
	l.expect(t, 2, "the orderers' organisation", "add-org", "Orderer")
	l.downWithoutAPlan(t)
	l.expect(t, 1, "it does not run", "status")
	l.expect(t, 0, "BankCMSP is on the channel", "add-org", "bankC") // on a network that has just been stopped
	l.expect(t, 0, "peer.BankBMSP", "status")
	l.expect(t, 2, "by case alone", "add-org", "BANKC")
	l.expect(t, 0, "removed", "down", "--purge")
	l.expect(t, 1, "no network in", "status")
}

// downWithoutAPlan stops the network while its plan is damaged.
func (l line) downWithoutAPlan(t *testing.T) {
	t.Helper()
	plan := filepath.Join(l.data, "network.json")
	whole, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	write := func(raw []byte) {
		if err := os.WriteFile(plan, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(whole[:len(whole)/2])
	l.expect(t, 1, "`network down` still stops the processes", "status")
	l.expect(t, 0, "cannot be read any more", "down")
	write(whole)
	l.expect(t, 0, "`network up` starts it again", "down")
}

func TestOptionsOfWhichNothingCanComeLeaveNoFolder(t *testing.T) {
	l := line{filepath.Join(t.TempDir(), "network")}
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("not a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.expect(t, 2, "finance bureau", "up", "--orgs", "bankA,bankB")
	l.expect(t, 2, "not a program that can be run", "up", "--chaincode", text)
	if err := os.Chmod(text, 0o700); err != nil {
		t.Fatal(err)
	}
	l.expect(t, 2, "not a program of this system", "up", "--chaincode", text)
	l.expect(t, 1, "no network in", "down")
	if _, err := os.Stat(l.data); err == nil {
		t.Error("the folder was made")
	}
}

func TestABusyPortEndsUpWithOneSentence(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	l := line{filepath.Join(t.TempDir(), "network")}
	l.expect(t, 1, "another program listens there", "up", "--port", port)
	if _, err := os.Stat(l.data); err == nil {
		t.Error("the folder of a network that cannot be was made")
	}
}

func TestCommandLinesThatAreNotUnderstood(t *testing.T) {
	l := line{t.TempDir()}
	l.expect(t, 2, "Try: network --help", "sideways")
	l.expect(t, 2, "raft runs with 1 or 3", "up", "--orderers", "2", "--port", "0")
	l.expect(t, 0, "network up", "--help")
	l.expect(t, 1, "no network in", "down")
}

// Package clustertest starts Fabric networks for tests, and leaves nothing of them behind.
package clustertest

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"decore/network/cluster"
)

// patience is how long a network may take to come up, on a machine that must build the tools first.
const patience = 10 * time.Minute

// logShown is how much of a node's log a failed test prints.
const logShown = 2000

// Up starts a network for the length of a test, by default one of the finance bureau and a bank in a folder
// and at ports of its own. When the test fails it prints what the nodes have logged.
func Up(t testing.TB, o cluster.Options) *cluster.Network {
	t.Helper()
	if o.Data == "" {
		o.Data = t.TempDir()
	}
	if len(o.Orgs) == 0 {
		o.Orgs = []string{"bureau", "bankA"}
	}
	if o.Progress == nil {
		o.Progress = func(step string, count int) {
			if count == 0 {
				t.Log(step)
			}
		}
	}
	guard(t, o.Data)
	t.Cleanup(func() { takeDown(t, o.Data) })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	n, err := cluster.Up(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func takeDown(t testing.TB, dir string) {
	n, err := cluster.Open(dir)
	if err != nil {
		return // the test has purged it, or it never came to be
	}
	if t.Failed() {
		for _, node := range n.Nodes() {
			var all strings.Builder
			_ = n.Logs(context.Background(), &all, node.Name, false)
			t.Logf("--- end of the log of %s\n%s", node.Name, all.String()[max(0, all.Len()-logShown):])
		}
	}
	if err := n.Down(context.Background(), true); err != nil {
		t.Error(err)
	}
}

// guard has a shell outlive the test's process, should it die, and then end the nodes that it left.
func guard(t testing.TB, dir string) {
	t.Helper()
	const script = `cat >/dev/null; sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$0"/nodes/*/process.json 2>/dev/null | xargs -r kill -9`
	shell := exec.Command("sh", "-c", script, dir)
	held, err := shell.StdinPipe() // closed by the system when this process ends
	if err == nil {
		err = shell.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = held.Close()
		_ = shell.Wait()
	})
}

// Build builds the command of a package and returns the executable. The package is named as for go build, seen
// from the test's folder; flags are those of go build.
func Build(t testing.TB, pkg string, flags ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), filepath.Base(pkg))
	args := append(append([]string{"build", "-o", file}, flags...), pkg)
	out, err := exec.Command("go", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return file
}

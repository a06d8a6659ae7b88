package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"testing"
	"time"

	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/auth"
)

// gateway is a served program, at an address that it keeps over its restarts.
type gateway struct {
	org    string
	url    string
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
	output *output
}

// output keeps what a process says, to be shown when a test fails.
type output struct {
	sync.Mutex
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.Lock()
	defer o.Unlock()
	return o.Buffer.Write(p)
}

// start starts the gateway of an organisation and waits until it is ready.
func (s *stage) start(t *testing.T, org string) *gateway {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	g := &gateway{org: org, url: "http://" + l.Addr().String()}
	must(t, l.Close())
	s.launch(t, g)
	g.awaitReady(t)
	return g
}

// launch starts the gateway's process.
func (s *stage) launch(t *testing.T, g *gateway) {
	t.Helper()
	g.output, g.exited = &output{}, make(chan struct{})
	g.cmd = exec.Command(s.program, "serve", "--ledger", "fabric", "--connection", s.net.ConnectionFile(g.org), "--consortium", s.plan(),
		"--data", s.folder(g.org), "--listen", g.url[len("http://"):])
	g.cmd.Stdout, g.cmd.Stderr = g.output, g.output
	must(t, g.cmd.Start())
	cmd, exited, out := g.cmd, g.exited, g.output
	go func() { _ = cmd.Wait(); close(exited) }()
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-exited
		if s.t.Failed() {
			out.Lock()
			defer out.Unlock()
			s.t.Logf("--- the gateway of %s\n%s", g.org, out.Bytes()[max(0, out.Len()-3000):])
		}
	})
}

func (g *gateway) kill(t *testing.T) {
	t.Helper()
	must(t, g.cmd.Process.Kill())
	<-g.exited
}

// run runs a command of the program that must succeed.
func (s *stage) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), s.program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("gateway %v: %v\n%s", args, err, out)
	}
	return string(out)
}

var client = &http.Client{Timeout: 30 * time.Second}

// probe asks one of the service's own paths; 0 is no answer.
func (g *gateway) probe(ctx context.Context, path string) (int, string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

func (g *gateway) awaitReady(t *testing.T) {
	t.Helper()
	await(t, "the gateway of "+g.org+" to be ready", func(ctx context.Context) bool {
		status, _ := g.probe(ctx, "/readyz")
		return status == http.StatusOK
	})
}

// awaitDoubt waits until the gateway says that it is not ready, and which part is not.
func (g *gateway) awaitDoubt(t *testing.T) {
	t.Helper()
	await(t, "the gateway to say that it is not ready", func(ctx context.Context) bool {
		status, body := g.probe(ctx, "/readyz")
		var parts struct {
			Ledger struct {
				Ready  bool   `json:"ready"`
				Reason string `json:"reason"`
			} `json:"ledger"`
		}
		return status == http.StatusServiceUnavailable && json.Unmarshal([]byte(body), &parts) == nil && !parts.Ledger.Ready && parts.Ledger.Reason != ""
	})
}

// token is a bearer token of a supplier.
func (s *stage) token(t *testing.T, party ident.USCC) string {
	t.Helper()
	dev, err := auth.OpenDevIssuer(s.folder(platform), nil)
	must(t, err)
	token, err := dev.Token(party, []lifecycle.Role{lifecycle.SME}, time.Hour)
	must(t, err)
	return token
}

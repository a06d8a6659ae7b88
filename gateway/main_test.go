package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"decore/adapters/embedded"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/gateway/server"
)

// program is the gateway as users start it.
var program string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "decore-gateway-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "gateway")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// run runs the program to its end.
func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return runFor(t, 3*time.Minute, args...)
}

// runFor is run with another limit of time.
func runFor(t *testing.T, limit time.Duration, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", args, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

func TestTheDemoPlaysItsStoryAndTellsItsOutcome(t *testing.T) {
	data := t.TempDir()
	out, errOut, code := run(t, "demo", "--exit", "--json", "--data", data, "--listen", "127.0.0.1:0")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var outcome struct {
		Done  bool              `json:"done"`
		Steps []json.RawMessage `json:"steps"`
		Facts map[string]string `json:"facts"`
	}
	if err := json.Unmarshal([]byte(out), &outcome); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// 30 m × 1.5 % × 731/360, and what the cap of 1.5 m leaves.
	want := map[string]string{"claim A held": "913750.00", "claim B held": "586250.00", "subsidy settled": "1500000.00"}
	for fact, amount := range want {
		if outcome.Facts[fact] != amount {
			t.Errorf("%s is %q, want %s", fact, outcome.Facts[fact], amount)
		}
	}
	if !outcome.Done || len(outcome.Steps) < 15 {
		t.Errorf("done %v after %d steps", outcome.Done, len(outcome.Steps))
	}

	t.Run("and its receipt holds offline, under the anchor alone that founded it", func(t *testing.T) {
		file := outcome.Facts["receipt"]
		out, errOut, code := run(t, "receipt", "verify", "--own-anchor", file)
		var report struct {
			Anchor, Issuer string
		}
		if err := json.Unmarshal([]byte(out), &report); code != 0 || err != nil || report.Anchor == "" || report.Issuer == "" {
			t.Fatalf("exit %d, %v: %s%s", code, err, out, errOut)
		}
		if _, errOut, code := run(t, "receipt", "verify", "--anchor="+report.Anchor, file); code != 0 {
			t.Errorf("under its anchor: exit %d: %s", code, errOut)
		}
		if _, _, code := run(t, "receipt", "verify", "--anchor="+report.Anchor[1:]+"A", file); code != 1 {
			t.Errorf("under another anchor: exit %d", code)
		}
	})
	t.Run("and so does that of a warehouse receipt, unless it is changed", func(t *testing.T) {
		file := outcome.Facts["receipt of goods"]
		out, errOut, code := run(t, "receipt", "verify", "--own-anchor", file)
		var report struct {
			Issuer       string
			Verification struct {
				Kind   string
				Checks []struct{ Check, Verdict string }
			}
		}
		v := &report.Verification
		if err := json.Unmarshal([]byte(out), &report); code != 0 || err != nil || report.Issuer == "" || v.Kind != "warehouse-receipt" || len(v.Checks) == 0 {
			t.Fatalf("exit %d, %v: %s%s", code, err, out, errOut)
		}
		for _, c := range v.Checks {
			if c.Verdict == "fail" || c.Check == "history" && c.Verdict != "pass" {
				t.Errorf("%+v", c)
			}
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		forged := filepath.Join(t.TempDir(), "forged.json")
		if err := os.WriteFile(forged, bytes.Replace(raw, []byte(`"36 t"`), []byte(`"60 t"`), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, errOut, code := run(t, "receipt", "verify", "--own-anchor", forged); code != 1 || !strings.Contains(errOut, "OPENING_MISMATCH") {
			t.Errorf("changed: exit %d: %s", code, errOut)
		}
	})
	t.Run("and says so when it is started again on the same data", func(t *testing.T) {
		out, errOut, code := run(t, "demo", "--exit", "--data", data, "--listen", "127.0.0.1:0")
		if code != 0 || !strings.Contains(out, "already played") {
			t.Errorf("exit %d: %s%s", code, out, errOut)
		}
	})
	t.Run("and the doctor finds the ledger in order", func(t *testing.T) {
		out, errOut, code := run(t, "doctor", "--data", data)
		if code != 0 || strings.Contains(out, "FAIL") || strings.Count(out, "ok ") < 5 {
			t.Errorf("exit %d: %s%s", code, out, errOut)
		}
	})
	t.Run("and an audit finds every write explained by signed commands", func(t *testing.T) {
		out, errOut, code := run(t, "audit", "--data", data)
		if code != 0 || !strings.HasPrefix(out, "ok ") || strings.Count(out, "\n") != 1 || strings.Contains(out, " 0 ") {
			t.Errorf("exit %d: %s%s", code, out, errOut)
		}
	})
	t.Run("and an audit names the first key that endorsers wrote without one", func(t *testing.T) {
		key := forge(t, data)
		out, _, code := run(t, "audit", "--data", data)
		if code != 1 || strings.Count(out, "FAIL") != 1 || !strings.Contains(out, "key "+key) {
			t.Errorf("exit %d: %s", code, out)
		}
		out, _, code = run(t, "audit", "--data", data, "--all")
		if code != 1 || strings.Count(out, "FAIL") != 1 {
			t.Errorf("with --all: exit %d: %s", code, out)
		}
	})
	t.Run("and a damaged ledger is refused", func(t *testing.T) {
		damage(t, filepath.Join(data, "ledger"))
		_, errOut, code := run(t, "demo", "--exit", "--data", data, "--listen", "127.0.0.1:0")
		if code != 1 || !strings.Contains(errOut, "damaged") {
			t.Errorf("exit %d: %s", code, errOut)
		}
	})
}

func TestADemoThatIsKilledGoesOnWhereItStopped(t *testing.T) {
	data := t.TempDir()
	for _, lines := range []int{3, 12, 9, 20, 6} {
		playUntil(t, data, lines)
	}
	out, errOut, code := run(t, "demo", "--exit", "--json", "--data", data, "--listen", "127.0.0.1:0")
	if code != 0 || !strings.Contains(out, `"subsidy settled":"1500000.00"`) {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
}

// playUntil kills the demo when it has told a number of lines, or lets it end.
func playUntil(t *testing.T, data string, lines int) {
	t.Helper()
	cmd := exec.Command(program, "demo", "--exit", "--data", data, "--listen", "127.0.0.1:0")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := bufio.NewScanner(pipe)
	for range lines {
		if !told.Scan() {
			break
		}
	}
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()
}

// forge commits what an altered contract decides: it repeats a true command with its true result, and puts a
// record into another state beside it. It returns the record's key.
func forge(t *testing.T, data string) string {
	t.Helper()
	plan, err := server.Plan(data)
	if err != nil {
		t.Fatal(err)
	}
	var told contract.Result
	lie := func(s contract.State, _ contract.Batch) (contract.Outcome, error) {
		out := contract.Outcome{Results: []contract.Result{told}}
		header, err := s.Get(contract.RecordKey(told.Record))
		if err != nil {
			return out, err
		}
		if err := s.Put(contract.RecordKey(told.Record), bytes.Replace(header[0], []byte(`"state":"`), []byte(`"state":"x`), 1)); err != nil {
			return out, err
		}
		event, err := canon.Marshal(out)
		if err != nil {
			return out, err
		}
		return out, s.SetEvent(contract.EventName, event)
	}
	e, err := embedded.Open(embedded.Options{Dir: filepath.Join(data, "ledger"), Run: lie, Orgs: plan.Orgs})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	jws := ""
	for n := uint64(1); !strings.HasPrefix(told.Record, "ORD-"); n++ {
		b, err := e.Block(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		told, jws = b.Transactions[0].Results[0], b.Transactions[0].Commands[0]
	}
	if _, err := e.Submit(t.Context(), contract.Batch{Commands: []string{jws}}); err != nil {
		t.Fatal(err)
	}
	return contract.RecordKey(told.Record)
}

// damage overwrites bytes in the middle of the store's largest file.
func damage(t *testing.T, dir string) {
	t.Helper()
	var largest string
	var size int64
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() && info.Size() > size {
			largest, size = path, info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(largest)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 64 {
		raw[len(raw)/2+i] ^= 0x5a
	}
	if err := os.WriteFile(largest, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestABusyPortIsOneClearSentence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, command := range []string{"serve", "demo"} {
		_, errOut, code := run(t, command, "--data", t.TempDir(), "--listen", l.Addr().String())
		if code != 1 || !strings.Contains(errOut, "is in use") || strings.Count(strings.TrimSpace(errOut), "\n") > 0 {
			t.Errorf("%s: exit %d: %q", command, code, errOut)
		}
	}
}

func TestAnAddressBeyondLoopbackMustBeAskedFor(t *testing.T) {
	_, errOut, code := run(t, "serve", "--data", t.TempDir(), "--listen", "0.0.0.0:0")
	if code != 1 || !strings.Contains(errOut, "--expose") {
		t.Errorf("exit %d: %s", code, errOut)
	}
}

func TestTheCommandLineTeaches(t *testing.T) {
	out, _, code := run(t, "--help")
	if code != 0 {
		t.Errorf("--help exits with %d", code)
	}
	for _, command := range []string{"serve", "demo", "token", "doctor", "audit", "receipt"} {
		if !strings.Contains(out, command) {
			t.Errorf("--help does not name %s", command)
		}
	}
	for _, bad := range [][]string{{"nonsense"}, {"token"}, {"token", "--party", "91370200990000009X", "--role", "sme"},
		{"token", "--party", "91370200990000009K", "--role", "king"}, {"serve", "--issuer", "https://a.example"}, {"receipt", "verify", "main.go"}} {
		if _, errOut, code := run(t, bad...); code != 2 || errOut == "" {
			t.Errorf("%v: exit %d: %s", bad, code, errOut)
		}
	}
}

// gateway is a served program that can be killed.
type gateway struct {
	cmd *exec.Cmd
	url string
}

var served = regexp.MustCompile(`at (http://[0-9.:]+)`)

func serve(t *testing.T, data string, flags ...string) *gateway {
	t.Helper()
	cmd := exec.Command(program, append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, flags...)...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	buffer := make([]byte, 4096)
	seen := ""
	for {
		n, err := pipe.Read(buffer)
		seen += string(buffer[:n])
		if m := served.FindStringSubmatch(seen); m != nil {
			return &gateway{cmd, m[1]}
		}
		if err != nil {
			_ = cmd.Wait()
			t.Fatalf("serve ended: %s%s", seen, errOut.String())
		}
	}
}

func (g *gateway) kill(t *testing.T) {
	t.Helper()
	if err := g.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = g.cmd.Wait()
}

const (
	someSME    = "91370200990000009K"
	someLeader = "91370200990000017E"
)

// order is one order that a worker keeps posting until it is acknowledged.
type order struct {
	number string
	id     string
}

// post returns true when the order is acknowledged; a gateway that is away or busy is no failure.
func (o *order) post(ctx context.Context, url, token string) (bool, error) {
	body := fmt.Sprintf(`{"seller":%q,"buyer":%q,"buyerClass":"large","number":%q,"signed":"2026-01-05","deliverBy":"2026-06-30","paymentDays":60,"goods":"箱体","amount":"1000.00"}`,
		someSME, someLeader, o.number)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/orders", strings.NewReader(body))
	if err != nil {
		return false, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", o.number)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, nil //nolint:nilerr // the gateway was killed
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	switch {
	case err != nil, res.StatusCode == http.StatusServiceUnavailable, res.StatusCode == http.StatusTooManyRequests,
		res.StatusCode == http.StatusGatewayTimeout, res.StatusCode == http.StatusConflict && bytes.Contains(raw, []byte("IN_FLIGHT")):
		return false, nil //nolint:nilerr // killed while it answered, or busy
	case res.StatusCode != http.StatusCreated:
		return false, fmt.Errorf("%d: %s", res.StatusCode, raw)
	}
	var answer struct {
		ID string `json:"id"`
	}
	err = json.Unmarshal(raw, &answer)
	o.id = answer.ID
	return true, err
}

func TestAKilledGatewayLosesNothingAndDoublesNothing(t *testing.T) {
	kills := 10
	if s := os.Getenv("DECORE_KILLS"); s != "" {
		kills, _ = strconv.Atoi(s)
	}
	data := t.TempDir()
	g := serve(t, data)
	token, errOut, code := run(t, "token", "--data", data, "--party", someSME, "--role", "sme")
	if code != 0 {
		t.Fatal(errOut)
	}
	token = strings.TrimSpace(token)

	var url sync.Map
	url.Store("", g.url)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	acknowledged := make(chan *order, 1024)
	var workers sync.WaitGroup
	for n := range 4 {
		workers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				o := &order{number: fmt.Sprintf("KILL-%d-%d", n, i)}
				for ctx.Err() == nil {
					at, _ := url.Load("")
					ok, err := o.post(ctx, at.(string), token)
					if err != nil {
						t.Error(err)
						return
					}
					if ok {
						acknowledged <- o
						break
					}
				}
			}
		})
	}
	var orders []*order
	for range kills {
		for range 20 { // so that every kill meets load
			orders = append(orders, <-acknowledged)
		}
		g.kill(t)
		g = serve(t, data)
		url.Store("", g.url)
	}
	stop()
	go func() { workers.Wait(); close(acknowledged) }()
	for o := range acknowledged {
		orders = append(orders, o)
	}
	for _, o := range orders {
		if ids := idsOf(t, g.url, token, o.number); len(ids) != 1 || ids[0] != o.id {
			t.Fatalf("order %s was acknowledged as %s; the ledger has %v", o.number, o.id, ids)
		}
	}
	g.kill(t)
	if out, errOut, code := run(t, "doctor", "--data", data); code != 0 {
		t.Errorf("after %d kills: %s%s", kills, out, errOut)
	}
	t.Logf("%d kills, %d orders acknowledged", kills, len(orders))
}

// idsOf lists the records with an order number.
func idsOf(t *testing.T, url, token, number string) []string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/v1/orders?number="+number, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	var ids []string
	for _, i := range list.Items {
		ids = append(ids, i.ID)
	}
	return ids
}

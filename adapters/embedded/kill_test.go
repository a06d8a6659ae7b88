package embedded

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"decore/adapters/ledger"
	"decore/adapters/ledger/conformance"
)

// The test binary runs itself as the process to be killed: childEnv is then what to do, in childDir.
const (
	childEnv = "DECORE_EMBEDDED_CHILD"
	childDir = "DECORE_EMBEDDED_DIR"
	killsEnv = "DECORE_KILLS"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "open":
		_, err := Open(options(os.Getenv(childDir)))
		fmt.Println(err)
	default:
		fmt.Println("failed:", load(os.Getenv(childDir), os.Getenv(childEnv)))
	}
}

func child(ctx context.Context, dir, what string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+what, childDir+"="+dir)
	return cmd
}

// load submits for ever, eight at a time, and prints the ID of what is acknowledged.
func load(dir, round string) error {
	fmt.Println("opening")
	opts := options(dir)
	opts.CheckBudget = time.Millisecond // the whole is verified after the last kill
	e, err := Open(opts)
	if err != nil {
		return err
	}
	fmt.Println("opened")
	failed := make(chan error)
	for worker := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s-%d-%d", round, worker, i)
				value := strings.Repeat(id, 1+i%50)
				b := batch(id, put("x/"+id, value), put("y/"+id, value), conformance.Step{Do: "add", Key: "n"},
					conformance.Step{Do: "put private", Org: bank, Key: id, Value: value})
				if _, err := e.Submit(context.Background(), b); err != nil {
					failed <- err
					return
				}
				fmt.Println("ack", id)
			}
		}()
	}
	return <-failed
}

// A ledger that is killed under load, again and again and at any moment, keeps all that it acknowledged.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := 50
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills = n
	}
	dir := t.TempDir()
	var acked []string
	for round := range kills {
		acked = append(acked, killOnce(t, dir, round)...)
	}
	e := open(t, options(dir))
	verify(t, e)
	committed := commandsOf(t, e)
	t.Logf("%d kills, %d acknowledged, %d committed in %d blocks", kills, len(acked), len(committed), e.views.head().Number)
	if len(acked) < kills {
		t.Errorf("only %d acknowledged: the load did not get going", len(acked))
	}
	for _, id := range acked {
		if committed[id] != 1 {
			t.Errorf("%s was acknowledged and is there %d times", id, committed[id])
		}
	}
	checkWhole(t, e, committed)
}

// killOnce loads the ledger in a process of its own, kills it after some acknowledgements, or while it
// opens, and returns what was acknowledged.
func killOnce(t *testing.T, dir string, round int) (acked []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := child(ctx, dir, "round"+strconv.Itoa(round))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killAt := 2 + rand.N(40)
	if round%5 == 4 {
		killAt = 1 + rand.N(2)
	}
	lines := bufio.NewReader(out)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil { // a last line that is cut off was not acknowledged
			break
		}
		if reason, failed := strings.CutPrefix(line, "failed:"); failed {
			t.Fatalf("round %d:%s", round, reason)
		}
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "ack "); ok {
			acked = append(acked, id)
		}
		if n == killAt {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait() // says that it was killed
	return acked
}

// commandsOf counts the committed commands by ID.
func commandsOf(t *testing.T, e *Engine) map[string]int {
	t.Helper()
	count := map[string]int{}
	for number := uint64(1); number <= e.views.head().Number; number++ {
		b, err := e.Block(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		for _, tx := range b.Transactions {
			var c conformance.Command
			if err := json.Unmarshal([]byte(tx.Commands[0]), &c); err != nil {
				t.Fatal(err)
			}
			count[c.ID]++
		}
	}
	return count
}

// checkWhole checks that every committed command has all its effects, and has them once.
func checkWhole(t *testing.T, e *Engine, committed map[string]int) {
	t.Helper()
	for id := range committed {
		values, err := e.Get(t.Context(), "x/"+id, "y/"+id)
		if err != nil {
			t.Fatal(err)
		}
		private, err := e.Private(t.Context(), bank, id)
		if err != nil {
			t.Fatal(err)
		}
		x, y, p := string(values[0]), string(values[1]), string(private[0])
		if x == "" || x != y || x != p {
			t.Errorf("%s is half written", id)
		}
	}
	n, err := e.Get(t.Context(), "n")
	if err != nil {
		t.Fatal(err)
	}
	if string(n[0]) != strconv.Itoa(len(committed)) {
		t.Errorf("counted %s, committed %d", n[0], len(committed))
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	e := open(t, options(dir))
	t.Run("another engine in this process is refused", func(t *testing.T) {
		if _, err := Open(options(dir)); err == nil || !strings.Contains(err.Error(), "in use by another ledger process") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another process is refused", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		out, err := child(ctx, dir, "open").Output()
		if err != nil || !strings.Contains(string(out), "in use by another ledger process") ||
			!strings.Contains(string(out), ledger.ErrUnavailable.Error()) {
			t.Errorf("got %s, %v", out, err)
		}
	})
	t.Run("the first goes on", func(t *testing.T) {
		submit(t, e, batch("a", put("k", "1")))
		closeIt(t, e)
		submit(t, open(t, options(dir)), batch("b", put("k", "2")))
	})
}

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"decore/chaincode/calendar"
	"decore/gateway/demo"
	"decore/gateway/server"
)

type demoCommand struct {
	dataFlag `embed:""`
	Listen   string `help:"Address and port." default:"127.0.0.1:8080" env:"DECORE_LISTEN"`
	Ledger   string `help:"Ledger: embedded, or fabric, which brings up a network of five organisations and a gateway for each." enum:"embedded,fabric" default:"embedded"`
	Exit     bool   `help:"Stop after the story instead of serving on."`
	JSON     bool   `name:"json" help:"Print the outcome as JSON."`
}

// storyClock starts at the story's first morning and runs on at the pace of real time; the ledger keeps
// what the story adds to it.
func storyClock() func() time.Time {
	began, start := time.Now(), demo.Start()
	return func() time.Time { return start.Add(time.Since(began)) }
}

// Run plays the story and serves on.
func (c *demoCommand) Run(ctx context.Context, s *streams, log *slog.Logger) error {
	data := c.or(map[string]string{"embedded": "demo", "fabric": "demo-fabric"}[c.Ledger])
	open := openHouse
	if c.Ledger == "fabric" {
		open = openBranches
	}
	b, err := open(ctx, c, data, s, log)
	if err != nil {
		return err
	}
	err = c.play(ctx, s, b)
	if err == nil && !c.Exit {
		c.sayWhereToLook(s.err, b)
		err = b.wait(ctx)
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	stop := b.close(closing)
	if c.Exit {
		stop = errors.Join(stop, b.stopNetwork(closing))
	}
	if stop != nil && err == nil {
		return fmt.Errorf("stop: %w", stop)
	}
	return err
}

// openHouse opens the one gateway of the embedded ledger, which serves all organisations.
func openHouse(ctx context.Context, c *demoCommand, data string, _ *streams, log *slog.Logger) (*branches, error) {
	srv, err := server.Start(ctx, server.Config{Data: data, Listen: c.Listen, Clock: storyClock(), Log: log})
	return &branches{data: data, servers: map[string]*server.Server{"": srv}}, err
}

func (c *demoCommand) play(ctx context.Context, s *streams, b *branches) error {
	if founded := calendar.At(b.servers[b.first].Charter.Founded.Time); founded != calendar.At(demo.Start()) {
		return fmt.Errorf("%s: this folder's ledger is not the demo's, it was founded on %s; choose another with --data", b.data, founded)
	}
	gateways, err := b.gateways()
	if err != nil {
		return err
	}
	story := &demo.Story{Gateways: gateways, File: filepath.Join(b.data, "story.json")}
	teller := newTeller(s, c.JSON)
	story.Begin, story.Tell = teller.begin, teller.tell
	outcome, again, err := story.Play(ctx, b.servers[b.first].Charter.Ledger)
	teller.end()
	switch {
	case err != nil:
		return err
	case c.JSON:
		return json.NewEncoder(s.out).Encode(outcome)
	case again:
		_, err = fmt.Fprintf(s.out, "The story was already played on %s; it is all still there.\n", b.data)
	default:
		_, err = fmt.Fprintf(s.out, "\nThe story is told: %d steps, subsidy settled %s yuan of the household's cap.\n", len(outcome.Steps), outcome.Facts["subsidy settled"])
	}
	return err
}

func (c *demoCommand) sayWhereToLook(w io.Writer, b *branches) {
	url := b.servers[b.first].URL()
	_, _ = fmt.Fprintf(w, `
Serving at      %s      (stop with Ctrl-C)
Documents       %s/docs
A token         go run ./gateway token --data %s --party 91370200990000009K --role sme
Try             curl -H "Authorization: Bearer $TOKEN" %s/v1/receivables
`, url, url, b.folder(b.first), url)
	if b.first == "" {
		return
	}
	_, _ = fmt.Fprintln(w, "Gateways of the other organisations, each with a token issuer and a sight of its own:")
	for _, org := range slices.Sorted(maps.Keys(b.servers)) {
		_, _ = fmt.Fprintf(w, "  %-12s %s  (--data %s)\n", org, b.servers[org].URL(), b.folder(org))
	}
	_, _ = fmt.Fprintf(w, "The network goes on after the gateways stop:  go run ./network down --data %s\n", filepath.Join(b.data, "network"))
}

// teller shows the story: each step with its calls, and a progress bar where there is a terminal.
type teller struct {
	out   io.Writer
	bar   *progressbar.ProgressBar
	quiet bool
}

func newTeller(s *streams, quiet bool) *teller {
	t := &teller{out: s.out, quiet: quiet}
	if f, ok := s.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		_, plain := os.LookupEnv("NO_COLOR")
		t.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(s.err), progressbar.OptionEnableColorCodes(!plain),
			progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(), progressbar.OptionSetWidth(24))
	}
	return t
}

func (t *teller) begin(n, of int, title, zh string) {
	if t.bar == nil {
		return
	}
	t.bar.ChangeMax(of)
	t.bar.Describe(title + " " + zh)
	_ = t.bar.Set(n - 1) // a bar that cannot be drawn is no reason to stop
}

func (t *teller) tell(n, of int, told demo.Told) {
	if t.bar != nil {
		_ = t.bar.Clear()
	}
	if t.quiet {
		return
	}
	_, _ = fmt.Fprintf(t.out, "\n[%2d/%d] %s\n        %s\n", n, of, told.Title, told.Zh)
	for _, line := range told.Lines {
		_, _ = fmt.Fprintf(t.out, "        · %s\n", line)
	}
}

func (t *teller) end() {
	if t.bar != nil {
		_ = t.bar.Finish()
	}
}

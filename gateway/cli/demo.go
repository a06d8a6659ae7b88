package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"decore/gateway/auth"
	"decore/gateway/demo"
	"decore/gateway/server"
)

type demoCommand struct {
	dataFlag `embed:""`
	Listen   string `help:"Address and port." default:"127.0.0.1:8080" env:"DECORE_LISTEN"`
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
	data := c.or("demo")
	srv, err := server.Start(ctx, server.Config{Data: data, Listen: c.Listen, Clock: storyClock(), Log: log})
	if err != nil {
		return err
	}
	if err := c.play(ctx, s, srv, data); err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		_ = srv.Close(closing) // the story's error is the one to tell
		return err
	}
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.Exit {
		cancel()
	} else {
		c.sayWhereToLook(s.err, srv, data)
	}
	return waitAndClose(stop, srv)
}

func (c *demoCommand) play(ctx context.Context, s *streams, srv *server.Server, data string) error {
	dev, err := auth.OpenDevIssuer(data, nil)
	if err != nil {
		return err
	}
	clock, _ := srv.Ledger.(demo.Clock)
	story := &demo.Story{Gateways: map[string]demo.Gateway{"": {Base: srv.URL(), Clock: clock, Dev: dev}}, File: filepath.Join(data, "story.json")}
	teller := newTeller(s, c.JSON)
	story.Begin, story.Tell = teller.begin, teller.tell
	outcome, again, err := story.Play(ctx, srv.Charter.Ledger)
	teller.end()
	switch {
	case err != nil:
		return err
	case c.JSON:
		return json.NewEncoder(s.out).Encode(outcome)
	case again:
		_, err = fmt.Fprintf(s.out, "The story was already played on %s; it is all still there.\n", data)
	default:
		_, err = fmt.Fprintf(s.out, "\nThe story is told: %d steps, subsidy settled %s yuan of the household's cap.\n", len(outcome.Steps), outcome.Facts["subsidy settled"])
	}
	return err
}

func (c *demoCommand) sayWhereToLook(w io.Writer, srv *server.Server, data string) {
	_, _ = fmt.Fprintf(w, `
Serving at      %s      (stop with Ctrl-C)
Documents       %s/docs
A token         go run ./gateway token --data %s --party 913702009900000334 --role bank
Try             curl -H "Authorization: Bearer $TOKEN" %s/v1/receivables
`, srv.URL(), srv.URL(), data, srv.URL())
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

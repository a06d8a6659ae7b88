// Package demo plays the story of a small appliance chain through the HTTP interface, as its suppliers,
// chain leader, banks and finance bureau would, with tokens and signed commands of their own.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/lifecycle"
	"decore/gateway/auth"
	"decore/gateway/durable"
)

// actor is who acts in the story, at the gateway of its organisation.
type actor struct {
	USCC string         `json:"uscc"`
	Name string         `json:"name"`
	Role lifecycle.Role `json:"role"`
	Org  string         `json:"org"`
}

func (a actor) id() string { return a.USCC }

// Clock lets the story move the ledger's time.
type Clock interface {
	Now() time.Time
	AdvanceClock(ctx context.Context, d time.Duration) error
}

// Gateway is where actors of one organisation, or of all, meet the ledger.
type Gateway struct {
	Base  string          // its URL
	Clock Clock           // of the ledger, as this gateway has it
	Dev   *auth.DevIssuer // of the actors' tokens
}

// Start is when the story begins, and what a demonstration ledger's clock starts at. The story has
// dates of its own so that it plays the same in any year.
func Start() time.Time { return calendar.MustParse("2026-03-10").Start().Add(9 * time.Hour) }

// Outcome is what the story came to, for scripts, and where it goes on after an interruption.
type Outcome struct {
	Ledger string            `json:"ledger"`
	Done   bool              `json:"done"`
	Steps  []Told            `json:"steps"`
	Facts  map[string]string `json:"facts"` // what later steps and scripts need: record IDs and amounts
	Seen   map[string]string `json:"seen"`  // the versions that actors signed for
}

// Told is one step as it went.
type Told struct {
	Step  string   `json:"step"`
	Title string   `json:"title"`
	Zh    string   `json:"zh"`
	Lines []string `json:"lines"` // each call: who signed, what was asked, what came back
}

// Story plays steps and keeps the outcome in a file.
type Story struct {
	Gateways map[string]Gateway      // by organisation; that of "" serves those that have none of their own
	File     string                  // where the outcome is kept
	Tell     func(n, of int, t Told) // called after each step
	Begin    func(n, of int, title, zh string)

	client  *client
	outcome Outcome
	scene   string   // name of the step that is being played
	writes  int      // that it made so far
	lines   []string // told of it so far
}

// Play plays what has not been played yet. again reports that there was nothing left to play.
func (s *Story) Play(ctx context.Context, ledgerName string) (o Outcome, again bool, err error) {
	if err := s.load(ledgerName); err != nil {
		return Outcome{}, false, err
	}
	if s.outcome.Done {
		return s.outcome, true, nil
	}
	if err := s.connect(); err != nil {
		return s.outcome, false, err
	}
	steps := script()
	for n, step := range steps {
		if n < len(s.outcome.Steps) {
			continue
		}
		if s.Begin != nil {
			s.Begin(n+1, len(steps), step.title, step.zh)
		}
		s.scene, s.writes, s.lines = step.name, 0, []string{}
		if err := s.until(ctx, step.day); err != nil {
			return s.outcome, false, err
		}
		if err := step.play(ctx, s); err != nil {
			return s.outcome, false, fmt.Errorf("step %d, %s: %w", n+1, step.title, err)
		}
		told := Told{Step: step.name, Title: step.title, Zh: step.zh, Lines: s.lines}
		s.outcome.Steps = append(s.outcome.Steps, told)
		s.outcome.Done = len(s.outcome.Steps) == len(steps)
		if err := s.save(); err != nil {
			return s.outcome, false, err
		}
		if s.Tell != nil {
			s.Tell(n+1, len(steps), told)
		}
	}
	return s.outcome, false, nil
}

func (s *Story) load(ledgerName string) error {
	s.outcome = Outcome{Ledger: ledgerName, Facts: map[string]string{}, Seen: map[string]string{}, Steps: []Told{}}
	raw, err := os.ReadFile(s.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &s.outcome)
	}
	if err != nil {
		return fmt.Errorf("story so far (%s): %w", filepath.Base(s.File), err)
	}
	return nil
}

func (s *Story) save() error {
	raw, err := json.MarshalIndent(s.outcome, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the story: %w", err)
	}
	if err := durable.Replace(s.File, raw); err != nil {
		return fmt.Errorf("keep the story: %w", err)
	}
	return nil
}

func (s *Story) connect() error {
	s.client = &client{http: &http.Client{}, access: map[string]access{}}
	for _, a := range cast {
		u, err := parseUSCC(a.USCC)
		if err != nil {
			return err
		}
		g, ok := s.Gateways[a.Org]
		if !ok {
			g = s.Gateways[""]
		}
		token, err := g.Dev.Token(u, []lifecycle.Role{a.Role}, time.Hour)
		if err != nil {
			return err
		}
		s.client.access[a.id()] = access{base: g.Base, token: token}
	}
	return nil
}

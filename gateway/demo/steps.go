package demo

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// The cast, as the fixtures register it.
var (
	supplier = actor{"91370200990000009K", "青岛琴屿精密压铸", lifecycle.SME}
	rival    = actor{"91370200990000105W", "青岛胶湾塑胶制品", lifecycle.SME}
	leader   = actor{"91370200990000017E", "青岛崂峰智能家电", lifecycle.Leader}
	bankA    = actor{"913702009900000334", "青岛汇岬银行", lifecycle.Bank}
	bankB    = actor{"913702009900003247", "胶东远帆银行", lifecycle.Bank}
	bureau   = actor{"91370200990000308H", "青岛市示例财政局", lifecycle.Regulator}

	cast = []actor{supplier, rival, leader, bankA, bankB, bureau}
)

func parseUSCC(s string) (ident.USCC, error) { return ident.ParseUSCC(s) }

// step is one scene.
type step struct {
	name, title, zh string
	play            func(context.Context, *Story) error
}

// script is the whole story in order.
func script() []step {
	return append(append(append([]step{}, tradeSteps...), financeSteps...), subsidySteps...)
}

type fields map[string]any

// post makes a call that must be answered with a status below 300, and tells of it.
func (s *Story) post(ctx context.Context, as actor, path string, body any) (written, error) {
	r, err := s.client.call(ctx, as, http.MethodPost, path, s.key(), body)
	if err != nil {
		return written{}, err
	}
	if r.Status >= 300 {
		p := r.problem()
		return written{}, fmt.Errorf("POST %s by %s: %d %s %s", path, as.Name, r.Status, p.Code, p.Detail)
	}
	var w written
	if err := r.into(&w); err != nil {
		return written{}, err
	}
	s.say("%s (%s) signed · POST %s → %d %s, block %d", as.Name, as.Role, shorten(path), r.Status, w.State, w.Position.Block)
	return w, nil
}

// refused makes a call that must be refused with the code, and tells of it.
func (s *Story) refused(ctx context.Context, as actor, path, code string, body any) error {
	r, err := s.client.call(ctx, as, http.MethodPost, path, s.key(), body)
	if err != nil {
		return err
	}
	p := r.problem()
	if r.Status < 400 || r.Status >= 500 || p.Code != code {
		return fmt.Errorf("POST %s by %s: got %d %s, want a refusal with %s", path, as.Name, r.Status, p.Code, code)
	}
	s.say("%s (%s) signed · POST %s → %d %s: %s", as.Name, as.Role, shorten(path), r.Status, p.Code, p.Title)
	return nil
}

// ask makes a query whose JSON answer goes into v.
func (s *Story) ask(ctx context.Context, as actor, method, path string, body, v any) error {
	r, err := s.client.call(ctx, as, method, path, "", body)
	if err != nil {
		return err
	}
	if r.Status >= 300 {
		p := r.problem()
		return fmt.Errorf("%s %s by %s: %d %s %s", method, path, as.Name, r.Status, p.Code, p.Detail)
	}
	return r.into(v)
}

func (s *Story) say(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

// key numbers the calls of a step, so that a step which was cut off finds the answers that it already got.
func (s *Story) key() string {
	return fmt.Sprintf("demo-%s-%d", s.scene, len(s.lines))
}

// until moves the ledger's clock to nine in the morning of the day.
func (s *Story) until(ctx context.Context, day string) error {
	to := calendar.MustParse(day).Start().Add(9 * time.Hour)
	if d := to.Sub(s.Clock.Now()); d > 0 {
		if err := s.Clock.AdvanceClock(ctx, d); err != nil {
			return err
		}
		s.say("the ledger's clock moves to %s", day)
	}
	return nil
}

// shorten cuts record IDs in a path to what tells them apart.
func shorten(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if len(p) == 30 && p[3] == '-' {
			parts[i] = p[:4] + "…" + p[24:]
		}
	}
	return strings.Join(parts, "/")
}

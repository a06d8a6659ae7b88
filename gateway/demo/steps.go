package demo

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// The cast, as the fixtures register it.
var (
	supplier = actor{"91370200990000009K", "青岛琴屿精密压铸", lifecycle.SME, "PlatformMSP"}
	rival    = actor{"91370200990000105W", "青岛胶湾塑胶制品", lifecycle.SME, "PlatformMSP"}
	leader   = actor{"91370200990000017E", "青岛崂峰智能家电", lifecycle.Leader, "LeaderMSP"}
	bankA    = actor{"913702009900000334", "青岛汇岬银行", lifecycle.Bank, "BankAMSP"}
	bankB    = actor{"913702009900003247", "胶东远帆银行", lifecycle.Bank, "BankBMSP"}
	keeper   = actor{"913702009900000259", "青岛前坞仓储", lifecycle.Keeper, "PlatformMSP"}
	bureau   = actor{"91370200990000308H", "青岛市示例财政局", lifecycle.Regulator, "BureauMSP"}

	cast = []actor{supplier, rival, leader, bankA, bankB, keeper, bureau}
)

func parseUSCC(s string) (ident.USCC, error) { return ident.ParseUSCC(s) }

// step is one scene.
type step struct {
	name, day, title, zh string // day: the story's date when the step begins
	play                 func(context.Context, *Story) error
}

// script is the whole story in order.
func script() []step {
	return slices.Concat(tradeSteps, financeSteps, goodsSteps, fraudSteps, subsidySteps)
}

type fields map[string]any

// post makes a call that must be answered with a status below 300, and tells of it.
func (s *Story) post(ctx context.Context, as actor, path string, body any) (written, error) {
	seen, err := s.seen(ctx, as, path)
	if err != nil {
		return written{}, err
	}
	r, err := s.client.write(ctx, as, path, s.key(), seen, body)
	s.writes++
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
	seen, err := s.seen(ctx, as, path)
	if err != nil {
		return err
	}
	r, err := s.client.write(ctx, as, path, s.key(), seen, body)
	s.writes++
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
	r, err := s.client.call(ctx, as, method, path, body)
	if err != nil {
		return err
	}
	if r.Status >= 300 {
		p := r.problem()
		return fmt.Errorf("%s %s by %s: %d %s %s", method, path, as.Name, r.Status, p.Code, p.Detail)
	}
	return r.into(v)
}

// seen reads the record of a countersignature as the actor does before it signs, and returns its version.
func (s *Story) seen(ctx context.Context, as actor, target string) (string, error) {
	record, verb := path.Split(target)
	if !countersigns(path.Base(path.Dir(path.Dir(record))), verb) {
		return "", nil
	}
	// A repeat after an interruption must be the same request, so what was seen is kept first.
	note := s.key() + " " + target
	if version, ok := s.outcome.Seen[note]; ok {
		return version, nil
	}
	r, err := s.client.call(ctx, as, http.MethodGet, strings.TrimSuffix(record, "/"), nil)
	if err != nil {
		return "", err
	}
	if r.Status != http.StatusOK {
		return "", fmt.Errorf("GET %s by %s: %d", record, as.Name, r.Status)
	}
	s.outcome.Seen[note] = r.Header.Get("ETag")
	return s.outcome.Seen[note], s.save()
}

// countersigns reports whether a verb on records of the collection is a countersignature.
func countersigns(collection, verb string) bool {
	table, ok := contract.TableOf(strings.TrimSuffix(collection, "s"))
	if !ok {
		return false
	}
	row, ok := table.Row(verb)
	return ok && row.Binding
}

func (s *Story) say(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

// key numbers the writes of a step, so that a step which was cut off finds the answers that it already got.
func (s *Story) key() string { return fmt.Sprintf("demo-%s-%d", s.scene, s.writes) }

// until moves the ledger's clock, as every gateway has it, to nine in the morning of the day.
func (s *Story) until(ctx context.Context, day string) error {
	to := calendar.MustParse(day).Start().Add(9 * time.Hour)
	moved := false
	for _, g := range s.Gateways {
		d := to.Sub(g.Clock.Now())
		if d <= 0 {
			continue
		}
		if err := g.Clock.AdvanceClock(ctx, d); err != nil {
			return err
		}
		moved = true
	}
	if moved {
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

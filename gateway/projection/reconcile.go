package projection

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/gateway/sqlite"
)

// Difference is a key at which the projection is not what the ledger is.
type Difference struct {
	Key    string // of the ledger's public state
	Reason string
}

// Reasons of differences.
const (
	Missing    = "missing here"
	Surplus    = "not on the ledger"
	Changed    = "not as on the ledger"
	BadOpening = "the opening does not match the commitment"
)

// Reconcile compares every public value of the ledger with the projection, and back (对账), and every
// opening with its commitment. While the projection is being fed, what only differs because one side is a
// few blocks ahead is looked at again until both stand at the same block.
func (s *Store) Reconcile(ctx context.Context, l ledger.Ledger) ([]Difference, error) {
	var all []Difference
	for _, prefix := range publicPrefixes {
		found, err := s.reconcilePrefix(ctx, l, prefix)
		if err != nil {
			return nil, fmt.Errorf("reconcile %q: %w", prefix, err)
		}
		for _, d := range found {
			confirmed, err := s.confirm(ctx, l, d)
			if err != nil {
				return nil, fmt.Errorf("reconcile %s: %w", d.Key, err)
			}
			if confirmed.Reason != "" {
				all = append(all, confirmed)
			}
		}
	}
	return all, nil
}

// publicPrefixes are all namespaces of the ledger's public state.
var publicPrefixes = []string{contract.CharterKey(), contract.PartyKey(""), contract.PolicyKey(""), recordPrefix,
	contract.TokenKey(""), contract.BookKey(""), contract.ClaimKey(""), contract.MeasureKey(""), contract.PolicyMeasuresKey(""), commandPrefix}

const reconcilePage = 1000

// keyStep makes of a key the first one behind it: no key holds control characters.
const keyStep = "\x01"

// reconcilePrefix walks both sides in the order of their keys, a page at a time: each page ends at the
// smaller of the two sides' last keys, so that both are complete up to there.
func (s *Store) reconcilePrefix(ctx context.Context, l ledger.Ledger, prefix string) ([]Difference, error) {
	var all []Difference
	end := prefixEnd(prefix)
	for from := prefix; ; {
		theirs, err := l.Range(ctx, from, end, reconcilePage)
		if err != nil {
			return nil, err
		}
		ours, err := s.mirror(ctx, from, end, reconcilePage)
		if err != nil {
			return nil, err
		}
		upTo := end
		for _, side := range [][]contract.Entry{theirs, keysOf(ours)} {
			if len(side) == reconcilePage {
				upTo = min(upTo, side[len(side)-1].Key+keyStep)
			}
		}
		all = append(all, compare(theirs, ours, upTo)...)
		if upTo == end {
			return all, nil
		}
		from = upTo
	}
}

// mirrored is what the projection has of a public key.
type mirrored struct {
	key   string
	value []byte
	fault string // what is wrong with the row by itself
}

func keysOf(ours []mirrored) []contract.Entry {
	entries := make([]contract.Entry, len(ours))
	for i, m := range ours {
		entries[i].Key = m.key
	}
	return entries
}

func compare(theirs []contract.Entry, ours []mirrored, upTo string) []Difference {
	here := map[string]mirrored{}
	for _, m := range ours {
		here[m.key] = m
	}
	var all []Difference
	for _, e := range theirs {
		if e.Key >= upTo {
			break
		}
		m, ok := here[e.Key]
		delete(here, e.Key)
		if reason := judge(e.Key, e.Value, m, ok); reason != "" {
			all = append(all, Difference{e.Key, reason})
		}
	}
	for _, m := range ours {
		if _, left := here[m.key]; left && m.key < upTo {
			all = append(all, Difference{m.key, Surplus})
		}
	}
	return all
}

// judge says in what the projection's side of a key differs, "" in nothing.
func judge(key string, value []byte, m mirrored, have bool) string {
	switch {
	case value == nil && !have:
		return ""
	case value == nil:
		return Surplus
	case !have:
		return Missing
	case strings.HasPrefix(key, commandPrefix):
		value = withoutPayload(value)
	}
	if !bytes.Equal(value, m.value) {
		return Changed
	}
	return m.fault
}

// outcome is what the ledger keeps of a command and the projection does too.
type outcome struct {
	Payload string          `json:"payload,omitzero"`
	Tx      string          `json:"tx"`
	Result  contract.Result `json:"result"`
}

// withoutPayload leaves out the digest of the payload, which follows from the signed command.
func withoutPayload(value []byte) []byte {
	var o outcome
	if canon.Strict(value, &o) != nil {
		return value
	}
	o.Payload = ""
	raw, err := canon.Marshal(o)
	if err != nil {
		return value
	}
	return raw
}

// mirror lists what the projection has of the keys in [from, end).
func (s *Store) mirror(ctx context.Context, from, end string, limit int) ([]mirrored, error) {
	query, prefix, read := `SELECT key, value FROM facts WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`, "", mirrorFact
	switch {
	case strings.HasPrefix(from, recordPrefix):
		query, prefix, read = `SELECT id, header, opening FROM records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`, recordPrefix, mirrorRecord
	case strings.HasPrefix(from, commandPrefix):
		query, prefix, read = `SELECT id, tx, result FROM commands WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`, commandPrefix, mirrorCommand
	}
	if prefix != "" {
		from = from[len(prefix):]
		end = strings.TrimPrefix(end, prefix)
		if end == prefixEnd(prefix) {
			end = "\x7f" // behind every ID
		}
	}
	rows, err := s.db.Reader.QueryContext(ctx, query, from, end, limit)
	all, err := sqlite.Collect(rows, err, read)
	return all, s.fault(err)
}

func mirrorFact(scan func(...any) error) (m mirrored, err error) {
	err = scan(&m.key, &m.value)
	return m, err
}

func mirrorRecord(scan func(...any) error) (m mirrored, err error) {
	var opening []byte
	if err := scan(&m.key, &m.value, &opening); err != nil {
		return m, err
	}
	m.key = recordPrefix + m.key
	var h contract.Header
	if err := canon.Strict(m.value, &h); err != nil || opening != nil && evidence.Commit(opening) != h.Terms {
		m.fault = BadOpening
	}
	return m, nil
}

func mirrorCommand(scan func(...any) error) (m mirrored, err error) {
	var o outcome
	var result []byte
	if err := scan(&m.key, &o.Tx, &result); err != nil {
		return m, err
	}
	m.key = commandPrefix + m.key
	if err := canon.Strict(result, &o.Result); err != nil {
		return m, err
	}
	m.value, err = canon.Marshal(o)
	return m, err
}

// confirm looks at one key again until the projection stands at the ledger's newest block before and after,
// so that nothing moved in between.
func (s *Store) confirm(ctx context.Context, l ledger.Ledger, d Difference) (Difference, error) {
	for {
		head, err := l.Head(ctx)
		if err != nil {
			return d, err
		}
		if here, _ := s.position.get(); here.Number < head.Number && s.fed.Load() {
			if err := s.WaitFor(ctx, head.Number); err != nil {
				return d, err
			}
		}
		before, _ := s.position.get()
		if d.Reason, err = s.difference(ctx, l, d.Key); err != nil || d.Reason == "" {
			return d, err
		}
		after, _ := s.position.get()
		still, err := l.Head(ctx)
		if err != nil || !s.fed.Load() || before == after && still.Number == before.Number {
			return d, err
		}
	}
}

func (s *Store) difference(ctx context.Context, l ledger.Ledger, key string) (string, error) {
	values, err := l.Get(ctx, key)
	if err != nil {
		return "", err
	}
	ours, err := s.mirror(ctx, key, key+keyStep, 1)
	if err != nil {
		return "", err
	}
	if len(ours) == 0 {
		return judge(key, values[0], mirrored{}, false), nil
	}
	return judge(key, values[0], ours[0], true), nil
}

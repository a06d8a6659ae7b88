package projection

import (
	"fmt"
	"strings"

	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

// A chunk of this size is written in one SQL transaction; far larger ones are hardly faster.
const (
	chunkBlocks   = 256
	chunkCommands = 4000
)

var (
	recordPrefix  = contract.RecordKey("")
	commandPrefix = contract.CommandKey("")
)

// chunk is what one or more blocks in a row change, each row in its last form only.
type chunk struct {
	blocks   []ledger.Head
	facts    map[string][]byte
	headers  map[string][]byte                // by record
	told     map[evidence.Commitment][]string // organisations that were given the opening of a commitment
	commands []commandRow
}

// commandRow is a decided command at its place.
type commandRow struct {
	*evidence.Signed
	result   contract.Result
	block    uint64
	txIndex  int
	index    int
	recorded int64
	tx, jws  string
}

func newChunk() *chunk {
	return &chunk{facts: map[string][]byte{}, headers: map[string][]byte{}, told: map[evidence.Commitment][]string{}}
}

func (c *chunk) full() bool { return len(c.blocks) >= chunkBlocks || len(c.commands) >= chunkCommands }

// last is the newest block of the chunk.
func (c *chunk) last() ledger.Head { return c.blocks[len(c.blocks)-1] }

func (c *chunk) add(b *ledger.Block) error {
	for i := range b.Transactions {
		t := &b.Transactions[i]
		decided := map[string]bool{}
		for _, w := range t.Writes {
			switch {
			case strings.HasPrefix(w.Key, recordPrefix):
				c.headers[w.Key[len(recordPrefix):]] = w.Value
			case strings.HasPrefix(w.Key, commandPrefix):
				decided[w.Key[len(commandPrefix):]] = true
			default:
				c.facts[w.Key] = w.Value
			}
		}
		for _, p := range t.Private {
			c.told[p.Hash] = append(c.told[p.Hash], p.Org)
		}
		if err := c.addCommands(b.Number, i, t, decided); err != nil {
			return fmt.Errorf("%w: block %d, transaction %s: %w", ErrUnreadable, b.Number, t.ID, err)
		}
	}
	c.blocks = append(c.blocks, ledger.Head{Number: b.Number, Hash: b.Hash, Time: b.Time})
	return nil
}

// addCommands takes what the transaction decided. A block also holds commands that were invalid, or a
// repeat of one that was decided before; those left no result under their ID.
func (c *chunk) addCommands(block uint64, txIndex int, t *ledger.Transaction, decided map[string]bool) error {
	if len(t.Results) != len(t.Commands) {
		return fmt.Errorf("%d results for %d commands", len(t.Results), len(t.Commands))
	}
	for i, r := range t.Results {
		if r.Status == contract.Invalid || !decided[r.Command] {
			continue
		}
		delete(decided, r.Command) // a repeat in the same transaction is no second decision
		signed, err := evidence.Parse(t.Commands[i])
		if err != nil {
			return fmt.Errorf("command %d: %w", i, err)
		}
		c.commands = append(c.commands, commandRow{Signed: signed, result: r, block: block, txIndex: txIndex, index: i,
			recorded: t.Time.UnixMilli(), tx: t.ID, jws: t.Commands[i]})
	}
	return nil
}

// encoded is the result as stored.
func (r commandRow) encoded() ([]byte, error) { return canon.Marshal(r.result) }

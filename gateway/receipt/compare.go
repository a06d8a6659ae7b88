package receipt

import (
	"context"
	"errors"
	"fmt"

	"decore/adapters/ledger"
	"decore/chaincode/evidence"
)

// Blocks is a member's copy of the ledger.
type Blocks interface {
	Block(ctx context.Context, number uint64) (*ledger.Block, error)
}

// Compare checks a receipt and then every block, command, position and result in it against a member's
// copy of the ledger. The error is as of Verify, or that of reading the ledger.
func Compare(ctx context.Context, raw []byte, blocks Blocks, options ...Option) (Report, error) {
	report, err := Verify(raw, options...)
	if err != nil {
		return report, err
	}
	file, err := Read(raw)
	if err != nil {
		return report, err
	}
	failures, err := compare(ctx, &file.Content, blocks)
	if err != nil || len(failures) == 0 {
		return report, err
	}
	report.Failures = failures
	return report, &FailedError{failures}
}

func compare(ctx context.Context, c *Content, blocks Blocks) ([]Failure, error) {
	var failures []Failure
	read := map[uint64]*ledger.Block{}
	for i, stated := range append([]Block{{Number: c.AsOf.Block, Hash: c.AsOf.Hash}}, c.Blocks...) {
		where := fmt.Sprintf("blocks/%d", i-1)
		if i == 0 {
			where = "asOf"
		}
		b, err := blocks.Block(ctx, stated.Number)
		switch {
		case errors.Is(err, ledger.ErrNotFound):
			failures = append(failures, Failure{LedgerDiffers, where, "no such block"})
		case err != nil:
			return nil, fmt.Errorf("block %d: %w", stated.Number, err)
		case b.Hash != stated.Hash || i > 0 && shown(b) != stated:
			failures = append(failures, Failure{LedgerDiffers, where, "another block"})
		default:
			read[stated.Number] = b
		}
	}
	for i, e := range c.Commands {
		if b, ok := read[e.Position.Block]; ok && !stands(e, b) {
			failures = append(failures, Failure{LedgerDiffers, fmt.Sprintf("commands/%d", i), "another command or result"})
		}
	}
	return failures, nil
}

func shown(b *ledger.Block) Block {
	return Block{Number: b.Number, Hash: b.Hash, Previous: b.Previous, Time: evidence.InstantOf(b.Time)}
}

// stands reports whether the entry is what the block has at its position.
func stands(e Entry, b *ledger.Block) bool {
	p := e.Position
	if p.TxIndex < 0 || p.TxIndex >= len(b.Transactions) || p.Index < 0 {
		return false
	}
	tx := b.Transactions[p.TxIndex]
	return p.Index < len(tx.Commands) && p.Index < len(tx.Results) && tx.ID == p.Tx && evidence.InstantOf(tx.Time) == p.Time &&
		(e.JWS == "" || tx.Commands[p.Index] == e.JWS) && tx.Results[p.Index].Equal(e.Result)
}

package fabric

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hyperledger/fabric-protos-go/common"

	"decore/adapters/ledger"
)

// qscc is the chaincode of every peer that answers about blocks.
const qscc = "qscc"

// chainInfo asks a peer how far its ledger is.
func (c *Client) chainInfo(ctx context.Context, peers []*node) (*common.BlockchainInfo, error) {
	raw, err := c.evaluate(ctx, peers, qscc, "GetChainInfo", nil, []byte(c.conn.Channel))
	if err != nil {
		return nil, err
	}
	info := &common.BlockchainInfo{}
	if err := unmarshal(raw, info); err != nil {
		return nil, fmt.Errorf("chain info: %w", err)
	}
	return info, nil
}

// fetch returns a block, from memory if it is there.
func (c *Client) fetch(ctx context.Context, peers []*node, number uint64) (*decoded, error) {
	if b, ok := c.blocks.get(number); ok {
		return b, nil
	}
	raw, err := c.block(ctx, peers, number)
	if err != nil {
		return nil, err
	}
	b, err := decode(raw, c.conn.Chaincode)
	if err != nil {
		return nil, err
	}
	c.blocks.add(b)
	return b, nil
}

// block asks peers for a block.
func (c *Client) block(ctx context.Context, peers []*node, number uint64) (*common.Block, error) {
	raw, err := c.evaluate(ctx, peers, qscc, "GetBlockByNumber", nil, []byte(c.conn.Channel), []byte(strconv.FormatUint(number, 10)))
	if err != nil {
		return nil, notFound(err, fmt.Sprintf("block %d", number))
	}
	b := &common.Block{}
	if err := unmarshal(raw, b); err != nil {
		return nil, fmt.Errorf("block: %w", err)
	}
	if got := b.GetHeader().GetNumber(); got != number {
		return nil, &ledger.DamageError{Where: fmt.Sprintf("block %d", number), Reason: fmt.Sprintf("the peer answered with block %d", got)}
	}
	return b, nil
}

func (c *Client) readBlock(raw []byte) (*decoded, error) {
	var b common.Block
	if err := unmarshal(raw, &b); err != nil {
		return nil, fmt.Errorf("block: %w", err)
	}
	return decode(&b, c.conn.Chaincode)
}

// notFound tells what a peer does not have from a peer that does not answer.
func notFound(err error, what string) error {
	for _, sign := range []string{"no such block number", "no such transaction ID", "Entry not found in index"} {
		if strings.Contains(err.Error(), sign) {
			return fmt.Errorf("%w: %s", ledger.ErrNotFound, what)
		}
	}
	return err
}

// Block returns one committed block.
func (c *Client) Block(ctx context.Context, number uint64) (*ledger.Block, error) {
	ctx, leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if number == 0 {
		return nil, fmt.Errorf("%w: block 0", ledger.ErrNotFound)
	}
	b, err := c.fetch(ctx, c.own(), number)
	if err != nil {
		return nil, err
	}
	return b.shown(), nil
}

// shown is a block for a caller. What is in its transactions is everybody's and must not be changed.
func (d *decoded) shown() *ledger.Block {
	b := d.block
	b.Transactions = slices.Clone(b.Transactions)
	return &b
}

// Head returns the newest block's position, as the own peer has it now.
func (c *Client) Head(ctx context.Context) (ledger.Head, error) {
	ctx, leave, err := c.enter(ctx)
	if err != nil {
		return ledger.Head{}, err
	}
	defer leave()
	info, err := c.chainInfo(ctx, c.own())
	if err != nil || info.GetHeight() < 2 {
		return ledger.Head{}, err
	}
	head := ledger.Head{
		Number: info.GetHeight() - 1,
		Hash:   base64.RawURLEncoding.EncodeToString(info.GetCurrentBlockHash()),
	}
	b, err := c.fetch(ctx, c.own(), head.Number)
	if err != nil {
		return ledger.Head{}, err
	}
	head.Time = b.block.Time
	return head, sameBlock(b, info)
}

// sameBlock compares a block with what the peer calls its newest. They differ when the peer has another ledger
// than it had.
func sameBlock(b *decoded, info *common.BlockchainInfo) error {
	if b.block.Hash == base64.RawURLEncoding.EncodeToString(info.GetCurrentBlockHash()) {
		return nil
	}
	return &ledger.DamageError{Where: fmt.Sprintf("block %d", b.block.Number), Reason: "is not the one that the peer calls its newest"}
}

// Transaction returns where a transaction was committed, or ErrNotFound.
func (c *Client) Transaction(ctx context.Context, id string) (ledger.Commit, error) {
	ctx, leave, err := c.enter(ctx)
	if err != nil {
		return ledger.Commit{}, err
	}
	defer leave()
	o, err := c.lookUp(ctx, id)
	if err != nil {
		return ledger.Commit{}, err
	}
	for i := range o.block.block.Transactions {
		if t := &o.block.block.Transactions[i]; t.ID == id {
			return ledger.Commit{Tx: id, Block: o.block.block.Number, Time: t.Time, Results: t.Results}, nil
		}
	}
	return ledger.Commit{}, fmt.Errorf("%w: transaction %.80q", ledger.ErrNotFound, id)
}

// lookUp finds what became of a transaction.
func (c *Client) lookUp(ctx context.Context, id string) (outcome, error) {
	missing := fmt.Errorf("%w: transaction %.80q", ledger.ErrNotFound, id)
	if id == "" {
		return outcome{}, missing
	}
	raw, err := c.evaluate(ctx, c.own(), qscc, "GetBlockByTxID", nil, []byte(c.conn.Channel), []byte(id))
	if err != nil {
		return outcome{}, notFound(err, fmt.Sprintf("transaction %.80q", id))
	}
	b, err := c.readBlock(raw)
	if err != nil {
		return outcome{}, err
	}
	c.blocks.add(b)
	f, ok := b.fates[id]
	if !ok {
		return outcome{}, missing
	}
	return outcome{f, b}, nil
}

package receipt

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/gateway/verification"
)

// ErrSource is wrapped when the stored facts do not agree with the ledger or with each other: then no
// receipt is issued.
var ErrSource = errors.New("the stored facts do not hold")

// Issuer makes receipts.
type Issuer struct {
	Source verification.Source // for the commands of registry and policy
	Blocks Blocks
	Signer *Signer // nil: receipts are not signed
	Most   int64   // bytes of a dossier; MaxDossier when 0
}

// Issue makes the receipt of a verification from the facts that it was made from. Before it is given out it
// is checked like any other receipt, and against the blocks.
func (i Issuer) Issue(ctx context.Context, f verification.Facts) ([]byte, error) {
	content, err := i.content(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	raw, err := seal(content, i.Signer)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	var failed *FailedError
	if _, err := Compare(ctx, raw, i.Blocks); errors.As(err, &failed) || errors.Is(err, ErrForm) {
		return nil, fmt.Errorf("%w: %w", ErrSource, err)
	} else if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return raw, nil
}

func seal(c Content, s *Signer) ([]byte, error) {
	raw, err := canon.Marshal(c)
	if err != nil {
		return nil, err
	}
	file := File{Content: c, Digest: digest(raw)}
	if s != nil {
		if file.Signature, err = sign(raw, s.Key); err != nil {
			return nil, err
		}
	}
	return canon.Marshal(file)
}

func (i Issuer) content(ctx context.Context, f verification.Facts) (Content, error) {
	c := Content{Format: Format, Issued: f.Now, IssuedFor: f.Caller, AsOf: f.AsOf,
		Documents: append([]verification.Document{}, f.Documents...), Verification: verification.Judge(f)}
	if i.Signer != nil {
		c.Issuer = i.Signer.Party
	}
	c.Record, c.Order, c.Lot, c.WarehouseReceipt = copyOf(f.Record), copyOf(f.Order), copyOf(f.Lot), copyOf(f.Receipt)
	registry, err := i.registry(ctx, f, c.Issuer)
	if err != nil {
		return c, err
	}
	for _, cmd := range append(registry, f.Commands...) {
		c.Commands = append(c.Commands, Entry{cmd.JWS, cmd.Position, cmd.Result})
	}
	c.sort()
	if err := c.replayed(); err != nil {
		return c, err
	}
	return c, i.blocks(ctx, &c)
}

// sort brings the commands into ledger order.
func (c *Content) sort() {
	slices.SortFunc(c.Commands, func(a, b Entry) int { return slices.Compare(place(a), place(b)) })
}

func copyOf[T any](c verification.Copy[T]) *Copy {
	if c.Header.ID == "" {
		return nil
	}
	return &Copy{Header: c.Header, Opening: c.Opening.Raw}
}

// registry collects the commands that made the signers' keys and the policy: those about each party, those
// about whoever signed them, and so on until nobody new is named.
func (i Issuer) registry(ctx context.Context, f verification.Facts, issuer ident.USCC) ([]*verification.Command, error) {
	var all []*verification.Command
	pending := []string{"ledger", contract.CreditPolicy}
	for u := range f.Parties {
		pending = append(pending, string(u))
	}
	if issuer != "" {
		pending = append(pending, string(issuer))
	}
	done := map[string]bool{"": true}
	for len(pending) > 0 {
		subject := pending[0]
		pending = pending[1:]
		if done[subject] {
			continue
		}
		done[subject] = true
		found, err := i.about(ctx, subject, f.AsOf.Block)
		if err != nil {
			return nil, err
		}
		for _, cmd := range found {
			all = append(all, cmd)
			pending = append(pending, string(cmd.Party))
			pending = append(pending, founders(cmd)...)
		}
	}
	return all, nil
}

// about reads the commands about a subject, up to a block.
func (i Issuer) about(ctx context.Context, subject string, until uint64) ([]*verification.Command, error) {
	decided, err := i.Source.Commands(ctx, subject)
	if err != nil {
		return nil, fmt.Errorf("commands about %s: %w", subject, err)
	}
	var all []*verification.Command
	for _, d := range decided {
		if d.Position.Block > until {
			continue
		}
		cmd, err := (*verification.Memory)(nil).Read(d.JWS, d.Result, d.Position)
		if err != nil {
			return nil, fmt.Errorf("%w: command %s: %w", ErrSource, d.Result.Command, err)
		}
		all = append(all, cmd)
	}
	return all, nil
}

// founders lists the parties that a founding brings: their keys may have changed since.
func founders(cmd *verification.Command) []string {
	var a contract.FoundArgs
	if cmd.Verb != verbFound || canon.Strict(cmd.Body, &a) != nil {
		return nil
	}
	return []string{string(a.Regulator.USCC), string(a.Platform.USCC)}
}

// replayed states charter, parties and policy as the commands make them.
func (c *Content) replayed() error {
	check := &checker{content: c}
	check.replay()
	if len(check.failures) > 0 {
		return fmt.Errorf("%w: %w", ErrSource, &FailedError{check.failures})
	}
	var err error
	r := &check.registry
	c.Ledger, c.Charter, c.Parties = r.charter.Ledger, r.charter, r.list()
	c.Policy, err = policyRef(r.policy)
	return err
}

// blocks names the blocks of the commands.
func (i Issuer) blocks(ctx context.Context, c *Content) error {
	for _, e := range c.Commands {
		n := len(c.Blocks)
		if n > 0 && c.Blocks[n-1].Number == e.Position.Block {
			continue
		}
		b, err := i.Blocks.Block(ctx, e.Position.Block)
		if err != nil {
			return fmt.Errorf("block %d: %w", e.Position.Block, err)
		}
		c.Blocks = append(c.Blocks, shown(b))
	}
	return nil
}

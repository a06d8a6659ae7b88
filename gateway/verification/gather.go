package verification

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"decore/chaincode/contract"
	"decore/chaincode/credit"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

// Errors of gathering, beside those of the Source.
var (
	// ErrKind: records of this kind are not verified.
	ErrKind = errors.New("records of this kind are not verified")
	// ErrMoving: the facts changed again and again while they were read; try again.
	ErrMoving = errors.New("the record is changing")
)

// Source is where facts are read: the projection.
type Source interface {
	// Head is the block up to which the other answers are.
	Head(ctx context.Context) (AsOf, error)
	// Record returns a header, and the opening of its terms or nil where this gateway may not know them.
	Record(ctx context.Context, id string) (contract.Header, []byte, error)
	// Commands lists the accepted commands about a subject in ledger order.
	Commands(ctx context.Context, subject string) ([]Decided, error)
	Party(ctx context.Context, u ident.USCC) (party.Party, error)
	CreditPolicy(ctx context.Context) (credit.Policy, error)
	Register(ctx context.Context, t duplicate.Token) (duplicate.Register, error)
	Book(ctx context.Context, root string) (encumbrance.Book, error)
}

// Decided is an accepted command as it is stored.
type Decided struct {
	JWS      string
	Result   contract.Result
	Position Position
}

// Viewer is who asks, and what it may see.
type Viewer struct {
	Party ident.USCC
	Terms bool // the private terms of the record and its order
	Banks bool // commands and grants of every bank, not of its own alone: for the owner and the regulator
}

// Gatherer collects facts. The zero Memory is slow but right.
type Gatherer struct {
	Source Source
	Memory *Memory
}

// attempts bounds how often facts are read again because the ledger moved meanwhile.
const attempts = 6

// Gather collects the facts about a receivable or an order as they all were at one block. The errors of
// the source come wrapped, among them its own for a record that does not exist.
func (g *Gatherer) Gather(ctx context.Context, id string, v Viewer, now evidence.Instant) (Facts, error) {
	return g.settled(ctx, func() (Facts, error) { return g.read(ctx, id, v, now) })
}

// Lookup collects what may be told about a document by its token alone.
func (g *Gatherer) Lookup(ctx context.Context, t duplicate.Token, v Viewer, now evidence.Instant) (Facts, error) {
	return g.settled(ctx, func() (Facts, error) {
		policy, err := g.Source.CreditPolicy(ctx)
		if err != nil {
			return Facts{}, fmt.Errorf("credit policy: %w", err)
		}
		register, err := g.Source.Register(ctx, t)
		if err != nil {
			return Facts{}, fmt.Errorf("register of a document: %w", err)
		}
		return Facts{Documents: []Document{NewDocument(t, register, "")}, Policy: policy, Now: now, Caller: v.Party}, nil
	})
}

// settled reads until no block came in between, or until two readings around a block found the same, so
// that the facts are those of one moment.
func (g *Gatherer) settled(ctx context.Context, read func() (Facts, error)) (Facts, error) {
	before, err := g.Source.Head(ctx)
	if err != nil {
		return Facts{}, fmt.Errorf("head: %w", err)
	}
	var last Facts
	for i := range attempts {
		f, err := read()
		if err != nil {
			return Facts{}, err
		}
		after, err := g.Source.Head(ctx)
		if err != nil {
			return Facts{}, fmt.Errorf("head: %w", err)
		}
		if (after.Block == before.Block || i > 0 && f.same(last)) && !f.ahead(before) {
			f.AsOf = before // of two equal readings, the head between them
			return f, nil
		}
		before, last = after, f
	}
	return Facts{}, ErrMoving
}

// same reports whether two readings found the same. Whatever changes a record, a party or a policy
// raises its version.
func (f Facts) same(o Facts) bool {
	return f.Record.Header.Version == o.Record.Header.Version && f.Order.Header.Version == o.Order.Header.Version &&
		f.Lot.Header.Version == o.Lot.Header.Version && f.Receipt.Header.Version == o.Receipt.Header.Version &&
		f.Policy.Version == o.Policy.Version && reflect.DeepEqual(f.Documents, o.Documents) && reflect.DeepEqual(f.Liens, o.Liens) &&
		maps.EqualFunc(f.Parties, o.Parties, func(a, b party.Party) bool { return a.Version == b.Version })
}

// ahead reports whether a command was seen that is newer than the head.
func (f Facts) ahead(head AsOf) bool {
	return slices.ContainsFunc(f.Commands, func(c *Command) bool { return c.Position.Block > head.Block })
}

func (g *Gatherer) read(ctx context.Context, id string, v Viewer, now evidence.Instant) (Facts, error) {
	f := Facts{Parties: map[ident.USCC]party.Party{}, Now: now, Caller: v.Party}
	h, raw, err := g.Source.Record(ctx, id)
	if err != nil {
		return f, fmt.Errorf("record %s: %w", id, err)
	}
	if f.Policy, err = g.Source.CreditPolicy(ctx); err != nil {
		return f, fmt.Errorf("credit policy: %w", err)
	}
	switch h.Kind {
	case order.Table.Kind:
		f.Order, err = show[order.Terms](g.Memory, h, raw, v)
	case receivable.Table.Kind:
		if f.Record, err = show[receivable.Terms](g.Memory, h, raw, v); err == nil {
			f.Order, err = g.orderOf(ctx, h, v)
		}
	case lot.Table.Kind:
		f.Lot, err = show[lot.Terms](g.Memory, h, raw, v)
	case warehouse.Table.Kind:
		if f.Receipt, err = show[warehouse.Terms](g.Memory, h, raw, v); err == nil {
			f.Lot, err = g.lotOf(ctx, h, v)
		}
	default:
		err = fmt.Errorf("%w: %s", ErrKind, h.Kind)
	}
	if err != nil {
		return f, err
	}
	for _, part := range []func(context.Context, *Facts, Viewer) error{g.documents, g.liens, g.commands, g.parties} {
		if err := part(ctx, &f, v); err != nil {
			return f, err
		}
	}
	return f, nil
}

// orderOf reads the order that a receivable descends from, itself or as a part of another.
func (g *Gatherer) orderOf(ctx context.Context, h contract.Header, v Viewer) (Copy[order.Terms], error) {
	i := slices.IndexFunc(h.Parents, func(id string) bool { return strings.HasPrefix(id, order.Table.Prefix+"-") })
	if i < 0 {
		return Copy[order.Terms]{}, nil
	}
	id := h.Parents[i]
	parent, raw, err := g.Source.Record(ctx, id)
	if err != nil {
		return Copy[order.Terms]{}, fmt.Errorf("order %s: %w", id, err)
	}
	return show[order.Terms](g.Memory, parent, raw, v)
}

// lotOf reads the header of the lot that a receipt's goods are in. Who may see the receipt need not see all of the lot.
func (g *Gatherer) lotOf(ctx context.Context, h contract.Header, v Viewer) (Copy[lot.Terms], error) {
	i := slices.IndexFunc(h.Parents, func(id string) bool { return strings.HasPrefix(id, lot.Table.Prefix+"-") })
	if i < 0 {
		return Copy[lot.Terms]{}, nil
	}
	parent, _, err := g.Source.Record(ctx, h.Parents[i])
	if err != nil {
		return Copy[lot.Terms]{}, fmt.Errorf("lot %s: %w", h.Parents[i], err)
	}
	v.Terms = false
	return show[lot.Terms](g.Memory, parent, nil, v)
}

// elders reads the headers of the records that one was split from or merged of.
func (g *Gatherer) elders(ctx context.Context, h contract.Header) ([]contract.Header, error) {
	var all []contract.Header
	prefix, _, _ := strings.Cut(h.ID, "-")
	for _, id := range h.Parents {
		if !strings.HasPrefix(id, prefix+"-") {
			continue
		}
		elder, _, err := g.Source.Record(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", id, err)
		}
		all = append(all, elder)
	}
	return all, nil
}

// show leaves out of a record what the viewer may not know.
func show[T any](m *Memory, h contract.Header, raw []byte, v Viewer) (Copy[T], error) {
	shown := h
	if !v.Banks {
		shown.Grants = slices.DeleteFunc(slices.Clone(h.Grants), func(g contract.Grant) bool { return g.Party != v.Party })
	}
	if !v.Terms || raw == nil {
		return Copy[T]{Header: shown}, nil
	}
	return Disclose[T](m, shown, raw)
}

func (g *Gatherer) documents(ctx context.Context, f *Facts, _ Viewer) error {
	for _, h := range slices.Backward(f.told()) {
		for _, token := range h.Tokens {
			register, err := g.Source.Register(ctx, token)
			if err != nil {
				return fmt.Errorf("register of a document: %w", err)
			}
			f.Documents = append(f.Documents, NewDocument(token, register, h.ID))
		}
	}
	return nil
}

func (g *Gatherer) liens(ctx context.Context, f *Facts, v Viewer) error {
	book, err := g.Source.Book(ctx, f.Subject().Root)
	if err != nil {
		return fmt.Errorf("encumbrance book: %w", err)
	}
	f.Liens = Liens(book, f.Subject(), f.Now.Time, v.Party)
	return nil
}

func (g *Gatherer) commands(ctx context.Context, f *Facts, v Viewer) error {
	records, err := g.elders(ctx, f.Subject())
	if err != nil {
		return err
	}
	for _, h := range append(records, f.told()...) {
		if h.ID == "" {
			continue
		}
		all, err := g.Memory.past(h, func() ([]*Command, error) { return g.decided(ctx, h.ID) })
		if err != nil {
			return err
		}
		for _, c := range all {
			if !v.Banks && c.Party != v.Party {
				if c, err = g.withheld(ctx, c); err != nil {
					return err
				}
			}
			f.Commands = append(f.Commands, c)
		}
	}
	return nil
}

func (g *Gatherer) decided(ctx context.Context, subject string) ([]*Command, error) {
	stored, err := g.Source.Commands(ctx, subject)
	if err != nil {
		return nil, fmt.Errorf("commands about %s: %w", subject, err)
	}
	all := make([]*Command, 0, len(stored))
	for _, d := range stored {
		c, err := g.Memory.Read(d.JWS, d.Result, d.Position)
		if err != nil {
			return nil, fmt.Errorf("command %s: %w", d.Result.Command, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// withheld returns the command without its signer when that is a bank.
func (g *Gatherer) withheld(ctx context.Context, c *Command) (*Command, error) {
	p, err := g.Source.Party(ctx, c.Party)
	if err != nil {
		return nil, fmt.Errorf("party %s: %w", c.Party, err)
	}
	if !p.Has(lc.Bank) {
		return c, nil
	}
	return &Command{Subject: c.Subject, Result: c.Result, Position: c.Position}, nil
}

func (g *Gatherer) parties(ctx context.Context, f *Facts, _ Viewer) error {
	for _, u := range f.names() {
		if _, ok := f.Parties[u]; ok || u == "" {
			continue
		}
		p, err := g.Source.Party(ctx, u)
		if err != nil {
			return fmt.Errorf("party %s: %w", u, err)
		}
		f.Parties[u] = p
	}
	return nil
}

// names lists the parties that the facts tell of.
func (f *Facts) names() []ident.USCC {
	var all []ident.USCC
	if t := f.Record.Terms; t != nil {
		all = append(all, t.Parties()...)
	}
	if t := f.Order.Terms; t != nil {
		all = append(all, t.Parties()...)
	}
	if t := f.Lot.Terms; t != nil {
		all = append(all, t.Parties()...)
	}
	if t := f.Receipt.Terms; t != nil {
		all = append(all, t.Parties()...)
	}
	for _, c := range f.Commands {
		if !c.Withheld() {
			all = append(all, c.Party)
		}
	}
	return all
}

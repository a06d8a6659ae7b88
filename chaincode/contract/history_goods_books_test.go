package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oracle keeps its own books of what accepted commands do to value and liens: sums of whole numbers, a list of liens,
// parents by name. It shares no code with the domain, so that it can tell where the domain breaks a rule.
type oracle struct {
	now         time.Time
	parents     map[string][]string // all earlier stages of a record
	orders      map[string]*orderBook
	lots        map[string]*lotBook
	receipts    map[string]*receiptBook
	receivables map[string]*receivableBook
	financings  map[string]*financingBook
	documents   map[string]string   // the record that claims a document
	prices      map[string][]priced // of a lot or receipt
	liens       []lienEntry
}

// Amounts are in fen, quantities in millionths of a unit.
type orderBook struct {
	amount, shipped, accepted int64
	live                      bool
}

type lotBook struct {
	order, owner, keeper string
	in, out, share, left int64
	missing              int64            // of what is under no receipt, as it was found last
	letOut, title        map[string]int64 // ordered out, and into receipts, by financing
	appointed, control   string           // the bank that appointed the supervisor, and for which it controls
	lines                string           // the bank that set them
	mixed                bool             // with goods of others
}

type receiptBook struct {
	lot, owner   string
	quantity     int64
	missing      int64 // of it: lost
	order        string
	share        int64 // of the order
	live         bool
	asked        arguments
	mark, letOut string // financings of the pledge mark and of the order to deliver
}

type receivableBook struct {
	order, seller, creditor     string
	offer                       string // to whom it is offered
	amount, paid, off, disputed int64  // off: taken back, and not restored
	freed                       int64  // of that: to be invoiced anew
	live, confirmed, lent       bool   // lent: money was, at some time
	split, part, apart          bool   // apart: somebody but the seller had it
	reductions                  []reductionBook
}

type reductionBook struct {
	number, cause   string
	amount          int64
	freed, reversed bool
}

// open is what is owed on it.
func (r *receivableBook) open() int64 {
	if r.split {
		return 0
	}
	return r.amount - r.paid - r.off
}

// settle is what follows when less is owed.
func (r *receivableBook) settle() {
	r.disputed = min(r.disputed, r.open())
	if r.open() == 0 {
		r.offer = ""
	}
}

// reduction is the one that stands under a number.
func (r *receivableBook) reduction(number string) (*reductionBook, error) {
	r.reductions = slices.Clone(r.reductions)
	for i := range r.reductions {
		if d := &r.reductions[i]; d.number == number && !d.reversed && !d.freed {
			return d, nil
		}
	}
	return nil, fmt.Errorf("nothing was taken back under %s", number)
}

type financingBook struct {
	lender, product     string
	cancelled           bool
	collateral, offered []string
	principal           int64
	lent                bool // paid out, and not released since
}

type priced struct {
	by, source string
	on         time.Time
	price      int64
}

type lienEntry struct {
	record, financing string
	until             time.Time // zero: for good
}

func newOracle() *oracle {
	return &oracle{parents: map[string][]string{}, orders: map[string]*orderBook{}, lots: map[string]*lotBook{},
		receipts: map[string]*receiptBook{}, receivables: map[string]*receivableBook{}, financings: map[string]*financingBook{},
		documents: map[string]string{}, prices: map[string][]priced{}}
}

// clone returns books that go their own way.
func (o *oracle) clone() *oracle {
	c := *o
	c.parents, c.liens = maps.Clone(o.parents), slices.Clone(o.liens)
	c.documents, c.prices = maps.Clone(o.documents), maps.Clone(o.prices)
	c.orders, c.lots, c.receipts = copies(o.orders), copies(o.lots), copies(o.receipts)
	c.receivables, c.financings = copies(o.receivables), copies(o.financings)
	for _, l := range c.lots {
		l.letOut, l.title = maps.Clone(l.letOut), maps.Clone(l.title)
	}
	return &c
}

func copies[T any](m map[string]*T) map[string]*T {
	c := map[string]*T{}
	for k, v := range m {
		w := *v
		c[k] = &w
	}
	return c
}

// arguments are what the oracle reads of a command's.
type arguments struct {
	Amount, OrderShare         yuanText
	Principal, Price           yuanText
	Quantity, Counted          goodsText
	Order, Lot, Financing, Use string
	To                         json.RawMessage // one name or several
	Parts                      []struct {
		ID       string
		Quantity goodsText
	}
	Children []struct {
		ID     string
		Amount yuanText
	}
	RedLetter, Cause      string
	Others, Collateral    []string
	Into, Lender, Product string

	Seller, Buyer, Keeper, Number, Invoice, Position, Reference, Source string

	Contents struct{ Number string }
	Numbers  []string
	From     string
	Hours    int
	Keep     bool
}

func (a arguments) names() (all []string) {
	if json.Unmarshal(a.To, &all) != nil {
		all = []string{strings.Trim(string(a.To), `"`)}
	}
	return all
}

type (
	yuanText  int64
	goodsText int64
)

// UnmarshalText reads yuan as fen.
func (y *yuanText) UnmarshalText(b []byte) (err error) {
	*(*int64)(y), err = scaled(string(b), 2)
	return err
}

// UnmarshalText reads a quantity in millionths. All goods here are counted in tons: where something else came to be
// counted, units were mixed.
func (g *goodsText) UnmarshalText(b []byte) (err error) {
	number, unit, _ := strings.Cut(string(b), " ")
	if unit != "t" {
		return fmt.Errorf("%q is counted with tons", b)
	}
	*(*int64)(g), err = scaled(number, 6)
	return err
}

func scaled(s string, places int) (int64, error) {
	whole, part, _ := strings.Cut(s, ".")
	return strconv.ParseInt(whole+(part + "000000")[:places], 10, 64)
}

// take books an accepted command; the error is a rule that it breaks.
func (o *oracle) take(verb, id, by string, raw []byte) error {
	var a arguments
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	if book, ok := booking[verb]; ok {
		return book(o, id, by, a)
	}
	return nil // it moves neither value nor lien
}

var booking = map[string]func(o *oracle, id, by string, a arguments) error{
	"order.create": func(o *oracle, id, _ string, a arguments) error {
		o.parents[id], o.orders[id] = nil, &orderBook{amount: int64(a.Amount), live: true}
		return o.claims(id, "order", a.Buyer, a.Seller, a.Number)
	},
	"order.amend": func(o *oracle, id, _ string, a arguments) error {
		o.orders[id].amount = int64(a.Amount)
		return o.untouched(id)
	},
	"order.cancel": func(o *oracle, id, _ string, _ arguments) error {
		o.orders[id].live = false
		if o.inStore(id)+o.orders[id].shipped > 0 {
			return fmt.Errorf("%s was cancelled with goods made or under way", id)
		}
		return o.untouched(id)
	},
	"order.close":  func(o *oracle, id, _ string, _ arguments) error { return o.untouched(id) },
	"order.ship":   func(o *oracle, id, _ string, a arguments) error { o.orders[id].shipped += int64(a.Amount); return nil },
	"order.accept": func(o *oracle, id, _ string, a arguments) error { o.orders[id].accepted += int64(a.Amount); return nil },

	"lot.declare": func(o *oracle, id, by string, a arguments) error {
		o.lots[id] = &lotBook{order: a.Order, owner: by, keeper: a.Keeper, share: int64(a.OrderShare), letOut: map[string]int64{}, title: map[string]int64{}}
		o.descends(id, a.Order)
		return nil
	},
	"lot.withdraw": func(o *oracle, id, _ string, _ arguments) error { o.lots[id].share = 0; return nil },
	"lot.reject": func(o *oracle, id, _ string, _ arguments) error {
		l := o.lots[id]
		l.left, l.share = l.left+l.share, 0
		return nil
	},
	"lot.store": func(o *oracle, id, _ string, a arguments) error {
		err := o.claims(id, "place", o.lots[id].keeper, a.Position)
		o.lots[id].in += int64(a.Counted)
		return err
	},
	"lot.add":   func(o *oracle, id, _ string, a arguments) error { o.lots[id].in += int64(a.Quantity); return nil },
	"lot.value": statePrice,
	"lot.lose": func(o *oracle, id, _ string, a arguments) error {
		err := o.there(id, int64(a.Quantity))
		o.lots[id].missing += int64(a.Quantity)
		return err
	},
	"lot.stock-take": func(o *oracle, id, _ string, a arguments) error {
		o.lots[id].missing = max(0, o.lots[id].in-o.lots[id].out-o.lostOf(id)-int64(a.Counted))
		return nil
	},
	"lot.mark-commingled": func(o *oracle, id, _ string, _ arguments) error { o.lots[id].mixed = true; return nil },
	"lot.settle":          func(o *oracle, id, _ string, _ arguments) error { o.lots[id].left = 0; return nil },
	"lot.appoint-supervisor": func(o *oracle, id, by string, _ arguments) error {
		o.lots[id].appointed, o.lots[id].control = by, ""
		return nil
	},
	"lot.establish-control": func(o *oracle, id, _ string, _ arguments) error {
		o.lots[id].control = o.lots[id].appointed
		return nil
	},
	"lot.set-lines": func(o *oracle, id, by string, _ arguments) error { o.lots[id].lines = by; return nil },
	"lot.order-release": func(o *oracle, id, by string, a arguments) error {
		f, held := o.heldBy(id, by)
		if !held {
			return fmt.Errorf("%s orders goods out of %s, which it does not hold", by, id)
		}
		orders := o.lots[id].letOut
		if a.Use == "receipt" {
			orders = o.lots[id].title
		}
		orders[f] += int64(a.Quantity)
		return nil
	},
	"lot.release": releaseBooked,

	"warehouse-receipt.issue": func(o *oracle, id, _ string, a arguments) error {
		if err := o.there(a.Lot, int64(a.Quantity)); err != nil {
			return err
		}
		for _, f := range o.holding(a.Lot) {
			if !spend(o.lots[a.Lot].title, f, int64(a.Quantity)) {
				return fmt.Errorf("%s issued over %s, which %s holds", id, a.Lot, f)
			}
		}
		l := o.lots[a.Lot]
		o.receipts[id] = &receiptBook{lot: a.Lot, owner: l.owner, quantity: int64(a.Quantity), live: true, order: l.order,
			share: portion(l.share, int64(a.Quantity), l.in-l.out)}
		o.descends(id, a.Lot)
		o.prices[id] = o.prices[a.Lot]
		return o.numbered(id, a.Contents.Number)
	},
	"warehouse-receipt.value": statePrice,
	"warehouse-receipt.lose": func(o *oracle, id, _ string, a arguments) error {
		r := o.receipts[id]
		if short := o.short(r.lot); short > 0 {
			o.lots[r.lot].missing -= min(short, int64(a.Quantity))
		}
		if r.missing += int64(a.Quantity); r.missing > r.quantity {
			return fmt.Errorf("%s lost %d of %d", id, r.missing, r.quantity)
		}
		return nil
	},
	"warehouse-receipt.endorse": ask, "warehouse-receipt.split": ask, "warehouse-receipt.merge": ask, "warehouse-receipt.pledge": ask,
	"warehouse-receipt.confirm-endorsement": func(o *oracle, id, _ string, _ arguments) error {
		r := o.receipts[id]
		r.owner, r.mark, r.letOut = r.asked.names()[0], "", ""
		return o.untouched(id)
	},
	"warehouse-receipt.confirm-pledge": func(o *oracle, id, _ string, _ arguments) error {
		o.receipts[id].mark = o.receipts[id].asked.Financing
		return nil
	},
	"warehouse-receipt.confirm-split": func(o *oracle, id, _ string, a arguments) error {
		r := o.receipts[id]
		r.live = false
		whole, left := r.quantity, r.share
		for i, p := range r.asked.Parts {
			share := portion(r.share, int64(p.Quantity), whole)
			if i == len(r.asked.Parts)-1 {
				share = left
			}
			left -= share
			o.receipts[p.ID] = &receiptBook{lot: r.lot, owner: r.owner, quantity: int64(p.Quantity), live: true, mark: r.mark, order: r.order, share: share}
			o.descends(p.ID, id)
			o.prices[p.ID] = o.prices[id]
			r.quantity -= int64(p.Quantity)
			if err := o.numbered(p.ID, a.Numbers[i]); err != nil {
				return err
			}
		}
		if r.quantity != 0 || r.missing != 0 {
			return fmt.Errorf("the parts of %s lack %d, and %d were lost", id, r.quantity, r.missing)
		}
		return nil
	},
	"warehouse-receipt.confirm-merge": func(o *oracle, id, _ string, a arguments) error {
		one, into := *o.receipts[id], o.receipts[id].asked.Into
		one.quantity, one.share, one.mark, one.letOut, one.asked = 0, 0, "", "", arguments{}
		all := append(slices.Clone(o.receipts[id].asked.Others), id)
		for _, part := range all {
			p := o.receipts[part]
			if !p.live || p.lot != one.lot || p.owner != one.owner || p.missing > 0 || len(o.touching(part)) > 0 {
				return fmt.Errorf("%s cannot be part of %s", part, into)
			}
			one.quantity, one.share, p.live = one.quantity+p.quantity, one.share+p.share, false
		}
		o.receipts[into] = &one
		o.descends(into, all...)
		for _, part := range all {
			o.prices[into] = o.mixed(o.prices[into], o.prices[part])
		}
		return o.numbered(into, a.Number)
	},
	"warehouse-receipt.order-delivery": func(o *oracle, id, by string, _ arguments) error {
		f, held := o.heldBy(id, by)
		o.receipts[id].letOut = f
		if !held {
			return fmt.Errorf("%s lets %s go, which it does not hold", by, id)
		}
		return nil
	},
	"warehouse-receipt.deliver": func(o *oracle, id, _ string, _ arguments) error {
		r := o.receipts[id]
		for _, f := range o.holding(id) {
			if r.letOut != f {
				return fmt.Errorf("%s delivered without the order of %s", id, f)
			}
		}
		if short := o.short(r.lot); short > 0 {
			return fmt.Errorf("%s delivered from a lot that lacks %d", id, short)
		}
		r.live = false
		o.lots[r.lot].leave(r.quantity)
		return nil
	},
	"warehouse-receipt.cancel": func(o *oracle, id, _ string, _ arguments) error {
		r := o.receipts[id]
		r.live = false
		if r.missing > 0 || r.owner != o.lots[r.lot].owner {
			return fmt.Errorf("%s was given back to a lot that is not its owner's, or not all of it", id)
		}
		return o.untouched(id)
	},

	"receivable.register": func(o *oracle, id, by string, a arguments) error {
		o.receivables[id] = &receivableBook{order: a.Order, seller: by, creditor: by, amount: int64(a.Amount), live: true}
		o.descends(id, a.Order)
		return o.claims(id, "invoice", a.Invoice)
	},
	"receivable.confirm": func(o *oracle, id, _ string, _ arguments) error {
		r := o.receivables[id]
		r.confirmed, r.disputed = true, 0
		return nil
	},
	"receivable.dispute": func(o *oracle, id, _ string, a arguments) error {
		r := o.receivables[id]
		relied := r.confirmed
		r.confirmed, r.disputed = false, int64(a.Amount)
		if relied {
			return o.untouched(id)
		}
		return nil
	},
	"receivable.pay": func(o *oracle, id, by string, a arguments) error {
		r := o.receivables[id]
		r.paid += int64(a.Amount)
		r.settle()
		// Nobody gives the buyer notice in these histories, so that it may pay its creditor (民法典 546); a bank only knows
		// of what it holds.
		for _, l := range o.touching(id) {
			if lender := o.financings[l.financing].lender; lender != by && o.lends(by) {
				return fmt.Errorf("%s says that %s was paid, which %s holds", by, id, l.financing)
			}
		}
		return nil
	},
	"receivable.cancel": func(o *oracle, id, _ string, _ arguments) error {
		r := o.receivables[id]
		r.live = false
		if r.paid+r.off > 0 || r.lent {
			return fmt.Errorf("%s was cancelled after money came or was lent on it", id)
		}
		return o.untouched(id)
	},
	"receivable.split": func(o *oracle, id, _ string, a arguments) error {
		r := o.receivables[id]
		left := r.open()
		for _, p := range a.Children {
			o.receivables[p.ID] = &receivableBook{order: r.order, seller: r.seller, creditor: r.creditor, amount: int64(p.Amount),
				live: true, confirmed: r.confirmed, lent: r.lent, part: true, apart: r.apart}
			o.descends(p.ID, id)
			left -= int64(p.Amount)
		}
		if r.split = true; left != 0 {
			return fmt.Errorf("the parts of %s lack %d", id, left)
		}
		return o.untouched(id)
	},
	"receivable.transfer": func(o *oracle, id, _ string, a arguments) error {
		o.receivables[id].offer = a.names()[0]
		return o.untouched(id)
	},
	"receivable.accept-transfer": func(o *oracle, id, by string, _ arguments) error {
		r := o.receivables[id]
		if r.offer != by {
			return fmt.Errorf("%s took %s, which was offered to %q", by, id, r.offer)
		}
		err := o.untouched(id)
		r.creditor, r.offer, r.apart = by, "", true
		return err
	},
	"receivable.decline-transfer": withdrawn, "receivable.recall-transfer": withdrawn,
	"receivable.dilute": func(o *oracle, id, by string, a arguments) error {
		if err := o.takesBack(id, a.RedLetter); err != nil {
			return err
		}
		r := o.receivables[id]
		r.off += int64(a.Amount)
		r.reductions = append(slices.Clone(r.reductions), reductionBook{number: a.RedLetter, cause: a.Cause, amount: int64(a.Amount)})
		r.settle()
		if by == r.seller && by != r.creditor {
			return fmt.Errorf("%s takes back from %s, which it sold", by, id)
		}
		return nil
	},
	"receivable.reinstate": func(o *oracle, id, _ string, a arguments) error {
		r := o.receivables[id]
		r.confirmed = r.confirmed && r.open() > 0
		d, err := r.reduction(a.Number)
		if err == nil {
			d.reversed = true
			r.off -= d.amount
		}
		return err
	},
	"receivable.reissue": func(o *oracle, id, by string, a arguments) error {
		r := o.receivables[id]
		d, err := r.reduction(a.RedLetter)
		switch {
		case err != nil:
			return err
		case d.cause != "invoice-error", r.part, r.apart:
			return fmt.Errorf("%s is invoiced anew: %+v", id, d)
		}
		d.freed = true
		r.freed += d.amount
		for _, l := range o.touching(id) {
			if o.financings[l.financing].lender != by {
				return fmt.Errorf("%s lets %s be invoiced anew, which %s holds", by, id, l.financing)
			}
		}
		return nil
	},
	"receivable.close": func(o *oracle, id, _ string, _ arguments) error { return o.untouched(id) },

	"financing.apply": func(o *oracle, id, _ string, a arguments) error {
		o.financings[id] = &financingBook{lender: a.Lender, product: a.Product, collateral: a.Collateral}
		return nil
	},
	"financing.reserve": func(o *oracle, id, _ string, a arguments) error {
		for _, record := range o.financings[id].collateral {
			o.free(record, id)
			o.liens = append(o.liens, lienEntry{record, id, o.now.Add(time.Duration(a.Hours) * time.Hour)})
		}
		return nil
	},
	"financing.encumber": func(o *oracle, id, _ string, a arguments) error {
		for _, record := range o.financings[id].collateral {
			if _, held := o.held(record, id); !held {
				return fmt.Errorf("%s takes %s, which it does not hold", id, record)
			}
			o.free(record, id)
			o.liens = append(o.liens, lienEntry{record: record, financing: id})
		}
		return o.claims(id, "filing", a.Number)
	},
	"financing.disburse": disburseBooked,
	"financing.repay": func(o *oracle, id, _ string, a arguments) error {
		o.financings[id].principal -= int64(a.Principal)
		return nil
	},
	"financing.roll-over": func(o *oracle, id, _ string, a arguments) error {
		l, held := o.held(a.From, id)
		if !held {
			return fmt.Errorf("%s moves a lien on %s, which it does not hold", id, a.From)
		}
		f := o.financings[id]
		if !a.Keep {
			o.free(a.From, id)
			f.collateral = less(f.collateral, a.From)
		}
		for _, record := range a.names() {
			if !slices.Contains(o.stages(record), a.From) {
				return fmt.Errorf("%s is no later stage of %s", record, a.From)
			}
			if r, w := o.receivables[record], o.receipts[record]; !o.alive(record) || r != nil && r.split || w != nil && !w.live {
				return fmt.Errorf("%s moves its lien to %s, which stands for nothing", id, record)
			}
			o.liens = append(o.liens, lienEntry{record, id, l.until})
			f.collateral = append(slices.Clone(f.collateral), record)
		}
		value := int64(0)
		for _, record := range f.collateral {
			value += o.value(record)
		}
		if !a.Keep && f.principal > value {
			return fmt.Errorf("%s owes %d and is left with %d: %v", id, f.principal, value, f.collateral)
		}
		return nil
	},
	"financing.call-margin": func(o *oracle, id, _ string, _ arguments) error {
		f := o.financings[id]
		if f.principal == 0 {
			return fmt.Errorf("%s calls for more, and nothing is owed", id)
		}
		return nil
	},
	"financing.release-part": func(o *oracle, id, _ string, a arguments) error {
		for _, record := range a.Collateral {
			o.free(record, id)
			o.financings[id].collateral = less(o.financings[id].collateral, record)
		}
		return nil
	},
	"financing.top-up": func(o *oracle, id, _ string, a arguments) error {
		o.financings[id].offered = a.Collateral
		return nil
	},
	"financing.accept-top-up": func(o *oracle, id, _ string, a arguments) error {
		f := o.financings[id]
		for _, record := range a.Collateral {
			if !slices.Contains(f.offered, record) {
				return fmt.Errorf("%s takes %s, which nobody put up", id, record)
			}
			o.liens = append(o.liens, lienEntry{record: record, financing: id})
			f.collateral, f.offered = append(slices.Clone(f.collateral), record), less(f.offered, record)
		}
		return o.claims(id, "filing", a.Number)
	},
	"financing.cancel": func(o *oracle, id, by string, a arguments) error {
		o.financings[id].cancelled = true
		return freed(o, id, by, a)
	},
	"financing.release": freed, "financing.withdraw": freed,
}

func ask(o *oracle, id, _ string, a arguments) error { o.receipts[id].asked = a; return nil }

func withdrawn(o *oracle, id, _ string, _ arguments) error { o.receivables[id].offer = ""; return nil }

func freed(o *oracle, id, _ string, _ arguments) error {
	o.financings[id].lent = false
	o.free("", id)
	return nil
}

func statePrice(o *oracle, id, by string, a arguments) error {
	kept := slices.DeleteFunc(slices.Clone(o.prices[id]), func(p priced) bool { return p.by == by && p.source == a.Source })
	o.prices[id] = append(kept, priced{by, a.Source, o.now, int64(a.Price)})
	return nil
}

// mixed are the prices of goods that became one: of two of one source the lower, while both are good without doubt.
func (o *oracle) mixed(some, more []priced) []priced {
	all := slices.Clone(some)
	for _, p := range more {
		i := slices.IndexFunc(all, func(q priced) bool { return p.by == q.by && p.source == q.source })
		if i < 0 {
			all = append(all, p)
			continue
		}
		lower := p.on.After(all[i].on)
		if fresh := o.now.Add(-29 * 24 * time.Hour); p.on.After(fresh) && all[i].on.After(fresh) {
			lower = p.price < all[i].price
		}
		if lower {
			all[i] = p
		}
	}
	return all
}

// claims takes a document for a record: no two live records ever have one.
func (o *oracle) claims(id string, document ...string) error {
	name := strings.Join(document, " ")
	other, taken := o.documents[name]
	o.documents[name] = id
	if taken && other != id && o.alive(other) {
		return fmt.Errorf("%s and %s are of one document, %s", other, id, name)
	}
	return nil
}

// takesBack refuses a red letter that is another trade's invoice, or takes back from another trade or from the whole of
// which this is a part.
func (o *oracle) takesBack(id, number string) error {
	if other, taken := o.documents["invoice "+number]; taken && o.alive(other) {
		return fmt.Errorf("%s is reduced by %s, the invoice of %s", id, number, other)
	}
	for other, r := range o.receivables {
		stands := slices.ContainsFunc(r.reductions, func(d reductionBook) bool { return d.number == number && !d.reversed })
		if stands && (o.wholeOf(other) != o.wholeOf(id) || slices.Contains(o.parents[id], other)) {
			return fmt.Errorf("%s is reduced by %s, which took back from %s", id, number, other)
		}
	}
	return nil
}

// numbered takes the keeper's number of a receipt.
func (o *oracle) numbered(id, number string) error {
	return o.claims(id, "receipt", o.lots[o.receipts[id].lot].keeper, number)
}

// alive reports whether a record still stands for its document. A receipt does for ever, a loan unless it was cancelled
// before it was paid out, a lot as long as there are goods in its place.
func (o *oracle) alive(id string) bool {
	switch {
	case o.orders[id] != nil:
		return o.orders[id].live
	case o.receivables[id] != nil:
		return o.receivables[id].live
	case o.lots[id] != nil:
		return o.lots[id].in > o.lots[id].out
	case o.financings[id] != nil:
		return !o.financings[id].cancelled
	}
	return true
}

// there is an error where less than a quantity is in a lot, under no receipt and not missed.
func (o *oracle) there(id string, q int64) error {
	l := o.lots[id]
	if free := l.in - l.out - l.missing - o.receipted(id); q > free {
		return fmt.Errorf("%d of %s, where %d are free", q, id, free)
	}
	return nil
}

// untouched is an error where somebody holds a record's value.
func (o *oracle) untouched(id string) error {
	if held := o.touching(id); len(held) > 0 {
		return fmt.Errorf("it harms who holds %s: %v", id, held)
	}
	return nil
}

// releaseBooked takes goods out. Who holds them ordered it, or has a floating lien with lines.
func releaseBooked(o *oracle, id, _ string, a arguments) error {
	l := o.lots[id]
	if err := o.there(id, int64(a.Quantity)); err != nil {
		return err
	}
	for _, debt := range o.holding(id) {
		f := o.financings[debt]
		floats := (f.product == "floating-pledge" || f.product == "inventory-mortgage") && l.lines == f.lender
		if !spend(l.letOut, debt, int64(a.Quantity)) && !floats {
			return fmt.Errorf("%s let goods out without the order of %s", id, debt)
		}
	}
	l.leave(int64(a.Quantity))
	return nil
}

func spend(orders map[string]int64, financing string, q int64) bool {
	if orders[financing] < q {
		return false
	}
	orders[financing] -= q
	return true
}

// leave takes goods out with their share of the order, to the fen below; the last goods take what is left of it.
func (l *lotBook) leave(q int64) {
	part := portion(l.share, q, l.in-l.out)
	l.out, l.share, l.left = l.out+q, l.share-part, l.left+part
}

// portion is what of a share falls to a part of goods, to the fen below.
func portion(share, part, whole int64) int64 {
	if part >= whole {
		return share
	}
	product := new(big.Int).Mul(big.NewInt(share), big.NewInt(part))
	return product.Quo(product, big.NewInt(whole)).Int64()
}

// lostOf is what live receipts over a lot say that they lost, and short what the lot lacks for its receipts beside that.
func (o *oracle) lostOf(lot string) (sum int64) {
	for _, r := range o.receipts {
		if r.lot == lot && r.live {
			sum += r.missing
		}
	}
	return sum
}

func (o *oracle) short(lot string) int64 {
	l := o.lots[lot]
	return o.receipted(lot) - (l.in - l.out - l.missing)
}

// doubted reports whether nothing may be lent on receipts over a lot.
func (o *oracle) doubted(lot string) bool {
	return o.receipted(lot) > 0 && (o.short(lot) > 0 || o.lots[lot].mixed)
}

// disburseBooked refuses money on what is not held for good, is pledged in name only, or is worth too little.
func disburseBooked(o *oracle, id, by string, a arguments) error {
	f := o.financings[id]
	f.principal, f.lent = int64(a.Amount), true
	if err := o.claims(id, "loan", by, a.Reference); err != nil {
		return err
	}
	carried := int64(0)
	for _, record := range f.collateral {
		l, held := o.held(record, id)
		goods, receipt := o.lots[record], o.receipts[record]
		switch {
		case !held || !l.until.IsZero():
			return fmt.Errorf("%s paid out without its lien on %s", id, record)
		case receipt != nil && o.doubted(receipt.lot):
			return fmt.Errorf("%s paid out on %s, whose goods are not all there", id, record)
		case receipt != nil && receipt.mark != id:
			return fmt.Errorf("%s paid out on %s without its mark", id, record)
		case goods != nil && f.product != "inventory-mortgage" && f.product != "order-loan" && goods.control != f.lender:
			return fmt.Errorf("%s paid out on %s without control", id, record)
		case o.receivables[record] != nil:
			o.receivables[record].lent = true
		}
		carried += o.carries(record)
	}
	if f.principal > carried {
		return fmt.Errorf("%s paid %d out on what carries %d", id, f.principal, carried)
	}
	return nil
}

// carries is what may be lent on a record: its value by the books, times the rate of the test's policy.
func (o *oracle) carries(id string) int64 {
	r := o.receivables[id]
	switch {
	case o.orders[id] != nil:
		return percent(o.value(id), 40)
	case r != nil && r.confirmed:
		return percent(o.value(id)-r.disputed, 80)
	case r != nil:
		return percent(o.value(id)-r.disputed, 60)
	case o.receipts[id] != nil:
		return percent(o.value(id), 60)
	}
	return percent(o.value(id), 50)
}

// value is what a record is worth by the books.
func (o *oracle) value(id string) int64 {
	if b := o.orders[id]; b != nil {
		return b.amount - o.invoiced(id)
	}
	if r := o.receivables[id]; r != nil {
		return r.open()
	}
	if r := o.receipts[id]; r != nil && !r.live {
		return 0
	} else if r != nil && r.order != "" {
		return min(o.worth(id, r.quantity-r.missing), r.share)
	} else if r != nil {
		return o.worth(id, r.quantity-r.missing)
	}
	l := o.lots[id]
	value := o.worth(id, l.in-l.out-l.missing-o.receipted(id))
	if l.order != "" {
		value = min(value, l.share)
	}
	return value
}

// worth is what goods are worth at the lowest price of the last thirty days.
func (o *oracle) worth(id string, q int64) int64 {
	lowest, heard := int64(-1), false
	for _, p := range o.prices[id] {
		if o.now.Sub(p.on) > 31*24*time.Hour {
			continue
		}
		if lowest < 0 || p.price < lowest {
			lowest = p.price
		}
		heard = heard || !o.owns(id, p.by)
	}
	if !heard {
		return 0
	}
	return rounded(q, lowest, 1e6)
}

// owns reports whether a party has, or had, the goods for its own.
func (o *oracle) owns(id, by string) bool {
	if r := o.receipts[id]; r != nil {
		return by == r.owner || by == o.lots[r.lot].owner
	}
	return by == o.lots[id].owner
}

func percent(n, rate int64) int64 { return rounded(n, rate, 100) }

// rounded is a product of two numbers over a third, half away from zero.
func rounded(a, b, c int64) int64 {
	product := new(big.Int).Mul(big.NewInt(2*a), big.NewInt(b))
	return product.Add(product, big.NewInt(c)).Quo(product, big.NewInt(2*c)).Int64()
}

// descends makes a record a later stage of others and of what those are later stages of.
func (o *oracle) descends(id string, from ...string) {
	var all []string
	for _, p := range from {
		if p != "" {
			all = append(append(all, o.parents[p]...), p)
		}
	}
	slices.Sort(all)
	o.parents[id] = slices.Compact(all)
}

// stages are the records whose liens reach a record: its earlier stages, or of a receivable that was passed on what it is a
// part of.
func (o *oracle) stages(id string) []string {
	if r := o.receivables[id]; r != nil && r.apart {
		return slices.DeleteFunc(slices.Clone(o.parents[id]), func(p string) bool { return o.receivables[p] == nil })
	}
	return o.parents[id]
}

// one reports whether two records are stages of one value.
func (o *oracle) one(a, b string) bool {
	return a == b || slices.Contains(o.stages(a), b) || slices.Contains(o.stages(b), a)
}

func (o *oracle) live(l lienEntry) bool { return l.until.IsZero() || o.now.Before(l.until) }

// held is the live lien of a financing on a record.
func (o *oracle) held(record, financing string) (lienEntry, bool) {
	for _, l := range o.liens {
		if l.record == record && l.financing == financing && o.live(l) {
			return l, true
		}
	}
	return lienEntry{}, false
}

// holding lists the financings with a live lien on the record or an earlier stage of it.
func (o *oracle) holding(record string) (all []string) {
	for _, l := range o.liens {
		if o.live(l) && (l.record == record || slices.Contains(o.stages(record), l.record)) && !slices.Contains(all, l.financing) {
			all = append(all, l.financing)
		}
	}
	return all
}

// heldBy is the financing for which a bank holds the record.
func (o *oracle) heldBy(record, bank string) (string, bool) {
	for _, f := range o.holding(record) {
		if o.financings[f].lender == bank {
			return f, true
		}
	}
	return "", false
}

// touching lists live liens on the record, and on earlier and later stages of it.
func (o *oracle) touching(record string) (all []lienEntry) {
	for _, l := range o.liens {
		if o.live(l) && o.one(l.record, record) {
			all = append(all, l)
		}
	}
	return all
}

// free takes the liens of a financing off a record, "" for all.
func (o *oracle) free(record, financing string) {
	o.liens = slices.DeleteFunc(slices.Clone(o.liens), func(l lienEntry) bool {
		return l.financing == financing && (record == "" || l.record == record)
	})
}

func less(all []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == one })
}

// inStore is what of an order stands for goods in store, and receipted what of a lot is under live receipts.
func (o *oracle) inStore(order string) (sum int64) {
	for _, l := range o.lots {
		if l.order == order {
			sum += l.share + l.left
		}
	}
	return sum
}

func (o *oracle) receipted(lot string) (sum int64) {
	for _, r := range o.receipts {
		if r.lot == lot && r.live {
			sum += r.quantity
		}
	}
	return sum
}

// invoiced is what of an order stands for receivables, or did. A part adds nothing to its whole; one that was cancelled
// takes from it.
func (o *oracle) invoiced(order string) (sum int64) {
	for _, r := range o.receivables {
		switch {
		case r.order != order:
		case r.live && !r.part:
			sum += r.amount - r.freed
		case r.part && !r.live:
			sum -= r.amount
		}
	}
	return sum
}

// wholeOf is the record that registered what a record is all or a part of.
func (o *oracle) wholeOf(id string) string {
	for _, p := range o.parents[id] {
		if r := o.receivables[p]; r != nil && !r.part {
			return p
		}
	}
	return id
}

// balance is what must hold of the books after every step.
func (o *oracle) balance() error {
	for id, b := range o.orders {
		if s := o.inStore(id); s < 0 || s+b.shipped > b.amount || b.accepted > b.shipped || o.invoiced(id) > b.accepted {
			return fmt.Errorf("%s: ordered %d, in store %d, shipped %d, accepted %d, invoiced %d", id, b.amount, s, b.shipped, b.accepted, o.invoiced(id))
		}
	}
	for id, r := range o.receivables {
		if r.open() < 0 || r.disputed > r.open() || r.off < r.freed {
			return fmt.Errorf("%s: of %d %d are paid, %d taken back, %d freed, %d disputed", id, r.amount, r.paid, r.off, r.freed, r.disputed)
		}
	}
	for id, l := range o.lots {
		if r := o.receipted(id); r > l.in-l.out || l.share < 0 || l.left < 0 {
			return fmt.Errorf("%s: %d came, %d went, %d under receipts, share %d, left %d", id, l.in, l.out, r, l.share, l.left)
		}
	}
	for i, a := range o.liens {
		for _, b := range o.liens[:i] {
			if o.one(a.record, b.record) && a.financing != b.financing && o.live(a) && o.live(b) {
				return fmt.Errorf("%s is held by %s, and %s by %s", a.record, a.financing, b.record, b.financing)
			}
		}
	}
	return nil
}

// lentOn are the records on which money stands lent.
func (o *oracle) lentOn() map[string]bool {
	on := map[string]bool{}
	for _, f := range o.financings {
		for _, record := range f.collateral {
			on[record] = on[record] || f.lent
		}
	}
	return on
}

// told is what the ledger says of a record, of whatever kind.
type told struct {
	Amount, Stored, Shipped, Accepted, Invoiced yuanText // of an order
	OrderShare, Left                            yuanText // of a lot
	Quantity, Receipted, Missing                goodsText
	Outstanding, Disputed                       yuanText // of a receivable
	Principal                                   yuanText
	Owner                                       string
	Collateral                                  []string
}

// agrees holds what the ledger says of a record against the books.
func (o *oracle) agrees(id string, parents []string, raw []byte) error {
	var t told
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	want := t
	switch {
	case o.orders[id] != nil:
		b := o.orders[id]
		want.Amount, want.Shipped, want.Accepted = yuanText(b.amount), yuanText(b.shipped), yuanText(b.accepted)
		want.Stored, want.Invoiced = yuanText(o.inStore(id)), yuanText(o.invoiced(id))
	case o.lots[id] != nil:
		l := o.lots[id]
		want.Quantity, want.Receipted = goodsText(l.in-l.out), goodsText(o.receipted(id))
		want.OrderShare, want.Left, want.Missing = yuanText(l.share), yuanText(l.left), goodsText(l.missing)
	case o.receipts[id] != nil && o.receipts[id].live:
		r := o.receipts[id]
		want.Quantity, want.Missing, want.Owner, want.OrderShare = goodsText(r.quantity), goodsText(r.missing), r.owner, yuanText(r.share)
	case o.receivables[id] != nil:
		r := o.receivables[id]
		want.Amount, want.Outstanding, want.Disputed = yuanText(r.amount), yuanText(r.open()), yuanText(r.disputed)
	case o.financings[id] != nil:
		want.Collateral = slices.Sorted(slices.Values(o.financings[id].collateral))
		if len(want.Collateral) == 0 {
			want.Collateral = t.Collateral
		}
		want.Principal = yuanText(o.financings[id].principal)
	}
	if fmt.Sprint(t) != fmt.Sprint(want) {
		return fmt.Errorf("the ledger says of %s %+v, the books %+v", id, t, want)
	}
	if ps := slices.Sorted(slices.Values(parents)); !slices.Equal(ps, o.parents[id]) && len(ps)+len(o.parents[id]) > 0 {
		return fmt.Errorf("%s descends from %v, by the books from %v", id, ps, o.parents[id])
	}
	return nil
}

// lends reports whether the party is a lender.
func (o *oracle) lends(by string) bool {
	for _, f := range o.financings {
		if f.lender == by {
			return true
		}
	}
	return false
}

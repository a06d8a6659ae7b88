package contract

import (
	"fmt"

	"decore/chaincode/credit"
	"decore/chaincode/encumbrance"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

// piece is one record that a financing lends on.
type piece struct {
	Header
	field     string // where the command names it
	owner     ident.USCC
	confirmed bool         // the debtor confirmed it
	worth     money.Amount // its full value, however much of that may be lent
	advance   money.Amount
	refused   *fault.Fault // why it carries nothing
	perfect   func(r financingRecord) *fault.Fault
}

// imperfect is why the lien of a financing on the piece secures nothing yet.
func (p piece) imperfect(r financingRecord) *fault.Fault {
	if p.perfect == nil {
		return nil
	}
	return p.perfect(r)
}

// lendsOn says which kinds of records an application for a product may name. Later the lender may roll its lien over
// to later stages of them.
var lendsOn = map[financing.Product][]string{
	financing.ReceivableLoan:  {receivable.Table.Kind},
	financing.Factoring:       {receivable.Table.Kind},
	financing.OrderLoan:       {order.Table.Kind},
	financing.InventoryPledge: {lot.Table.Kind},
	financing.FloatingPledge:  {lot.Table.Kind},
	financing.InventoryLoan:   {lot.Table.Kind},
	financing.ReceiptLoan:     {warehouse.Table.Kind},
}

// appraisers say what a record of a kind can carry.
var appraisers = map[string]func(c *call, id, field string, p credit.Policy) (piece, error){
	receivable.Table.Kind: appraiseReceivable,
	order.Table.Kind:      appraiseOrder,
	lot.Table.Kind:        appraiseLot,
	warehouse.Table.Kind:  appraiseReceipt,
}

func appraiseReceivable(c *call, id, field string, p credit.Policy) (piece, error) {
	r, err := load[receivable.Terms](c, receivable.Table.Kind, id, field)
	if err != nil {
		return piece{}, err
	}
	advance, eligible := receivable.Advance(r.Terms, r.State, p, c.today())
	return piece{Header: r.Header, owner: r.Terms.Creditor, confirmed: r.State == receivable.Confirmed, worth: r.Terms.Outstanding, advance: advance,
		refused: ineligible(eligible)}, nil
}

func appraiseOrder(c *call, id, field string, p credit.Policy) (piece, error) {
	r, err := load[order.Terms](c, order.Table.Kind, id, field)
	if err != nil {
		return piece{}, err
	}
	advance, eligible := order.Advance(r.Terms, r.State, p)
	return piece{Header: r.Header, owner: r.Terms.Seller, confirmed: true, worth: r.Terms.Uninvoiced(), advance: advance, refused: ineligible(eligible),
		perfect: func(financingRecord) *fault.Fault {
			// A lender has priority only in the money of a special account.
			if !r.Terms.Collects() && p.OrderNeedsCollectionAccount {
				return fault.New(fault.CollectionAccountRequired, "").Under("民法典担保制度解释 art. 61(4)")
			}
			return nil
		}}, nil
}

func ineligible(eligible bool) *fault.Fault {
	if eligible {
		return nil
	}
	return fault.New(fault.CollateralIneligible, "")
}

func appraiseLot(c *call, id, field string, p credit.Policy) (piece, error) {
	r, err := load[lot.Terms](c, lot.Table.Kind, id, field)
	if err != nil {
		return piece{}, err
	}
	advance, refused := lot.Advance(r.Terms, r.State, p, c.today())
	worth, _ := r.Terms.Value(p, c.today())
	return piece{Header: r.Header, owner: r.Terms.Owner, confirmed: true, worth: worth, advance: advance, refused: refused,
		perfect: func(f financingRecord) *fault.Fault {
			// A mortgage stands by its filing; a pledge needs the goods in the creditor's hands.
			if kind, _ := f.Terms.Product.Lien(); kind != encumbrance.Mortgage && !r.Terms.Controlled(f.Terms.Lender) {
				return fault.New(fault.NotPerfected, "").Under("民法典担保制度解释 art. 55")
			}
			return nil
		}}, nil
}

func appraiseReceipt(c *call, id, field string, p credit.Policy) (piece, error) {
	r, err := load[warehouse.Terms](c, warehouse.Table.Kind, id, field)
	if err != nil {
		return piece{}, err
	}
	advance, refused := warehouse.Advance(r.Terms, r.State, p, c.today())
	switch h, _, err := c.header(r.Terms.Lot); {
	case err != nil:
		return piece{}, err
	case h.State == lot.Frozen:
		advance, refused = money.Zero, fault.New(fault.CollateralIneligible, "")
	case h.Doubted:
		advance, refused = money.Zero, fault.New(fault.Shortage, "")
	}
	worth, _ := r.Terms.Value(p, c.today())
	return piece{Header: r.Header, owner: r.Terms.Owner, confirmed: true, worth: worth, advance: advance, refused: refused,
		perfect: func(f financingRecord) *fault.Fault {
			if !r.Terms.Perfected(f.ID) {
				return fault.New(fault.NotPerfected, "").Under("民法典 441; " + receiptLaw)
			}
			return nil
		}}, nil
}

// appraise opens a record that a financing lends on, or is to.
func (c *call) appraise(id, field string) (piece, error) {
	policy, err := c.creditPolicy()
	if err != nil {
		return piece{}, err
	}
	h, _, err := c.header(id)
	if err != nil {
		return piece{}, err
	}
	by, ok := appraisers[h.Kind]
	if !ok {
		return piece{}, fault.New(fault.RecordNotFound, field)
	}
	p, err := by(c, id, field, policy)
	p.field = field
	return p, err
}

// collateral opens what the financing lends on.
func (c *call) collateral(t financing.Terms) ([]piece, error) {
	pieces := make([]piece, 0, len(t.Collateral))
	for i, id := range t.Collateral {
		p, err := c.appraise(id, fmt.Sprintf("/collateral/%d", i))
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, p)
	}
	return pieces, nil
}

// visible refuses collateral that is not disclosed to the lender. Once it holds a lien its grant stands, so
// this is asked before.
func (c *call) visible(pieces []piece, lender ident.USCC) error {
	for _, p := range pieces {
		if !p.Granted(lender, c.today()) {
			return fault.New(fault.NotDisclosed, p.field)
		}
	}
	return nil
}

// carries refuses an amount above what the policy lets the collateral carry today.
func carries(pieces []piece, amount money.Amount) error {
	if len(pieces) == 0 {
		return nil
	}
	total := money.Zero
	for _, p := range pieces {
		if p.refused != nil {
			return fault.New(p.refused.Code, p.field).Under(p.refused.Clause)
		}
		total = total.Add(p.advance)
	}
	if total.Less(amount) {
		return fault.New(fault.OverAdvance, "/amount")
	}
	return nil
}

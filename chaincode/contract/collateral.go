package contract

import (
	"fmt"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

// piece is one record that a financing lends on.
type piece struct {
	Header
	field     string // where the financing names it
	owner     ident.USCC
	confirmed bool // the debtor confirmed it
	advance   money.Amount
	eligible  bool
}

// appraisers say, for each product, which kind of record it lends on and what the record can carry.
var appraisers = map[financing.Product]func(c *call, id, field string, p credit.Policy, today calendar.Date) (piece, error){
	financing.ReceivableLoan: appraiseReceivable,
	financing.Factoring:      appraiseReceivable,
	financing.OrderLoan:      appraiseOrder,
}

func appraiseReceivable(c *call, id, field string, p credit.Policy, today calendar.Date) (piece, error) {
	r, err := load[receivable.Terms](c, receivable.Table.Kind, id, field)
	if err != nil {
		return piece{}, err
	}
	advance, eligible := receivable.Advance(r.Terms, r.State, p, today)
	return piece{r.Header, field, r.Terms.Seller, r.State == receivable.Confirmed, advance, eligible}, nil
}

func appraiseOrder(c *call, id, field string, p credit.Policy, _ calendar.Date) (piece, error) {
	r, err := load[order.Terms](c, order.Table.Kind, id, field)
	if err != nil {
		return piece{}, err
	}
	advance, eligible := order.Advance(r.Terms, r.State, p)
	return piece{r.Header, field, r.Terms.Seller, true, advance, eligible}, nil
}

// collateral opens what the financing lends on.
func (c *call) collateral(t financing.Terms) ([]piece, error) {
	if len(t.Collateral) == 0 {
		return nil, nil
	}
	policy, err := c.creditPolicy()
	if err != nil {
		return nil, err
	}
	appraise := appraisers[t.Product]
	pieces := make([]piece, 0, len(t.Collateral))
	for i, id := range t.Collateral {
		p, err := appraise(c, id, fmt.Sprintf("/collateral/%d", i), policy, c.today())
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
		if !p.eligible {
			return fault.New(fault.CollateralIneligible, p.field)
		}
		total = total.Add(p.advance)
	}
	if total.Less(amount) {
		return fault.New(fault.OverAdvance, "/amount")
	}
	return nil
}

package projection

import (
	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

// Relation is how one record names another.
type Relation string

// Relations between records.
const (
	Parent     Relation = "parent"     // an earlier stage of the same value
	Collateral Relation = "collateral" // a financing lends on it
	Loan       Relation = "loan"       // a subsidy claim is for it
	Account    Relation = "account"    // a subsidy claim counts in it
)

// facets are what records can be found by.
type facets struct {
	number string
	due    calendar.Date
	amount money.Amount
	trade
	policy     string       // of a subsidy claim
	settleable money.Amount // of a subsidy claim
	links      map[link]bool
}

// trade is the sale that an order or a receivable is of.
type trade struct {
	seller, buyer ident.USCC
	contract      string
	traded        calendar.Date
	owed          money.Amount // of a receivable that is still to be paid
}

type link struct {
	rel    Relation
	target string
}

// facetsOf takes the facets from a record; what the gateway may not know it cannot be found by.
func facetsOf(r Record) facets {
	f := facets{links: map[link]bool{}}
	f.link(Parent, r.Parents...)
	switch t := r.Terms.(type) {
	case order.Terms:
		f.number, f.due, f.amount = string(t.Number), t.DeliverBy, t.Amount
		f.trade = trade{seller: t.Seller, buyer: t.Buyer, contract: string(t.Contract), traded: t.Signed}
	case receivable.Terms:
		f.number, f.due, f.amount = string(t.Invoice), t.Due, t.Amount
		f.trade = trade{seller: t.Seller, buyer: t.Buyer, traded: t.Issued}
		if r.State != receivable.Cancelled {
			f.owed = t.Outstanding
		}
	case lot.Terms:
		f.number, f.amount = t.Goods.Code, t.OrderShare
	case warehouse.Terms:
		f.number, f.due = string(t.Contents.Number.Document()), t.Contents.StoredUntil
	case financing.Terms:
		f.amount = t.Committed()
		if t.Offer != nil {
			f.due = t.Due()
		}
		f.link(Collateral, t.Collateral...)
	case contract.ClaimTerms:
		f.due, f.amount = t.Loan.Maturity, t.Claim.Granted
		f.policy, f.settleable = t.Claim.Policy, t.Settleable()
		f.link(Loan, t.Loan.ID)
		f.link(Account, t.Account)
	case contract.AccountTerms:
		f.amount = t.Account.Used
	}
	return f
}

func (f *facets) link(rel Relation, targets ...string) {
	for _, target := range targets {
		f.links[link{rel, target}] = true
	}
}

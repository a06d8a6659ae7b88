package risk

import (
	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/gateway/projection"
)

// Facts are all that the rules look at, as one caller may see them.
type Facts struct {
	Record string
	Kind   string
	AsOf   AsOf
	Today  calendar.Date // in Asia/Shanghai

	Disclosed  bool              // the caller may read the record's terms: without, all below but Steps is empty
	Paper      *Paper            // an order or a receivable as a document; nil for goods
	Receivable *receivable.Terms // nil for an order, or when not disclosed
	Orders     []Order           // the order itself or that of the receivable, then the others of its contract

	Similar []Paper // others of the kind between the same parties, of nearly the same amount
	Named   []Paper // others with the same number
	Steps   []Step  // what was done to the order, in the order of the ledger

	First  calendar.Date      // first order between the two
	Sales  []projection.Sale  // chains of sales that begin at the buyer
	Shares []projection.Share // what the seller's debtors owe

	Stored *Stored // nil for what is not goods
	Prices []Price
	Lapses []Lapse

	Knowledge *Knowledge // nil when the caller may not know it
}

// Paper is what an order and a receivable are both: a document of a sale.
type Paper struct {
	Record        string
	Withheld      bool     // the caller may not read it: it may be counted, and nothing told of it
	Parents       []string // earlier stages of its value
	Seller, Buyer ident.USCC
	Number        string // of the order or the invoice
	Day           calendar.Date
	Amount        money.Amount
}

// Order is an order that the caller may read.
type Order struct {
	Record string
	order.Terms
}

// Step is an accepted command.
type Step struct{ Record, Verb string }

// Price is a price at which goods are valued, beside what the market says of them.
type Price struct {
	Record    string       // the lot or the receipt
	Unit      money.Amount // for one unit
	Reference money.Amount // for one unit, by a source that the owner has no hand in
}

// Stored are goods and who vouches for them.
type Stored struct {
	Record        string // the lot or the receipt
	Owner, Keeper ident.USCC
}

// Lapse is something that protects a lender and has a last day.
type Lapse struct {
	Record string
	What   Protection
	Until  calendar.Date
}

// Protection is what can lapse.
type Protection string

// Protections.
const (
	Insurance    Protection = "insurance"    // 保险
	Storage      Protection = "storage"      // 仓储期限
	Registration Protection = "registration" // 中登网登记
)

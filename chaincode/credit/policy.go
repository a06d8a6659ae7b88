// Package credit holds the credit policy (授信规则): the figures that bound terms, advances, reservations
// and the time of commands. They are data with a version, never constants, because most of them are
// practice and not law.
package credit

import (
	"fmt"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

// Document is a source of a policy.
type Document struct {
	Number string        `json:"number"`          // 文号
	Title  string        `json:"title"`           // 标题
	Date   calendar.Date `json:"date,omitzero"`   // 成文日期
	Clause string        `json:"clause,omitzero"` // 条款
}

// Policy is one version of the credit policy.
type Policy struct {
	ID            string        `json:"id"`
	Version       int           `json:"version"`
	Title         string        `json:"title"`
	Status        string        `json:"status"` // draft, in-force or expired
	EffectiveFrom calendar.Date `json:"effectiveFrom"`
	Documents     []Document    `json:"documents"`

	// How old, and how far ahead of the transaction's time, a command's time may be.
	CommandMaxAgeSeconds  int `json:"commandMaxAgeSeconds"`
	CommandMaxSkewSeconds int `json:"commandMaxSkewSeconds"`

	// Days in which the buyer must answer a request for confirmation (确权期限).
	// 保障中小企业款项支付条例 art. 16(2): 30 days.
	ConfirmationDays int `json:"confirmationDays"`
	// Payment term from delivery beyond which a large buyer's term is flagged (付款期限). Same, art. 9: 60 days.
	LargeBuyerTermDays int `json:"largeBuyerTermDays"`
	// Terms of electronic receivable certificates (应收账款电子凭证). 银发〔2025〕77号: in principle at most
	// 6 months, never above one year.
	CertificateWarnMonths int `json:"certificateWarnMonths"`
	CertificateMaxMonths  int `json:"certificateMaxMonths"`

	// Advance rates (融资比例) by whether the debtor confirmed the receivable. Bank practice, not law.
	AdvanceConfirmed   money.Rate `json:"advanceConfirmed"`
	AdvanceUnconfirmed money.Rate `json:"advanceUnconfirmed"`
	AdvanceOrder       money.Rate `json:"advanceOrder"`

	// What came later than the first policies is left out where it is not set, so that those stay as they were written.
	AdvanceInventory money.Rate `json:"advanceInventory,omitzero"`
	AdvanceReceipt   money.Rate `json:"advanceReceipt,omitzero"`

	// How old a price of goods may be, and how many sources there must be (估值). Practice.
	ValuationMaxAgeDays int `json:"valuationMaxAgeDays,omitzero"`
	ValuationMinSources int `json:"valuationMinSources,omitzero"`
	// Whether goods must be insured to be lent on (投保要求). Practice.
	GoodsInsured bool `json:"goodsInsured,omitzero"`
	// Where they must, the share of their value to which the sum insured must come (足额投保, 保险法 55); left out, any
	// sum will do. Practice.
	InsuredShare money.Rate `json:"insuredShare,omitzero"`
	// What a warehouse receipt must state (仓单要素): 民法典 909, GB/T 30332-2024 5.1 and 5.2.
	ReceiptElements []ReceiptElement `json:"receiptElements,omitzero"`

	// How often a receivable may be split or transferred on, counted along its descent (拆分、转让层级); 0 forbids both.
	// 银发〔2025〕77号 asks for reasonable control; the figure is practice.
	ReceivableMaxDepth int `json:"receivableMaxDepth,omitzero"`
	// Whether a loan on an order needs the account into which its buyer will pay (特定账户). 民法典担保制度解释
	// art. 61(4) gives priority in the money of a special account; whether banks insist on it is practice.
	OrderNeedsCollectionAccount bool `json:"orderNeedsCollectionAccount,omitzero"`

	// Loans that were paid out before the ledger knew of them (存量贷款补录): the first day of payment from which on they are taken,
	// and the last day on which they are; without a first day none is. A consortium's own cut-over, not law.
	ExistingLoansFrom  calendar.Date `json:"existingLoansFrom,omitzero"`
	ExistingLoansUntil calendar.Date `json:"existingLoansUntil,omitzero"`

	// Longest reservation of collateral before it must be encumbered (占用期限).
	ReservationMaxHours int `json:"reservationMaxHours"`
	// Term of a filing at the movables registry (中登网登记期限): 1 month to 30 years.
	RegistrationMinMonths int `json:"registrationMinMonths"`
	RegistrationMaxMonths int `json:"registrationMaxMonths"`
}

// ReceiptElement is one thing that a warehouse receipt states.
type ReceiptElement struct {
	Field     string `json:"field"` // JSON pointer into the receipt's contents
	Clause    string `json:"clause"`
	Essential bool   `json:"essential"` // without it there is no receipt
}

// CommandMaxAge is how old a command may be.
func (p Policy) CommandMaxAge() time.Duration {
	return time.Duration(p.CommandMaxAgeSeconds) * time.Second
}

// CommandMaxSkew is how far ahead of the transaction's time a command may be.
func (p Policy) CommandMaxSkew() time.Duration {
	return time.Duration(p.CommandMaxSkewSeconds) * time.Second
}

// TakesExisting reports whether a loan that was paid out on a day may be recorded today.
func (p Policy) TakesExisting(paidOut, today calendar.Date) bool {
	return !p.ExistingLoansFrom.IsZero() && !paidOut.Before(p.ExistingLoansFrom) &&
		(p.ExistingLoansUntil.IsZero() || !today.After(p.ExistingLoansUntil))
}

// ExistingDays says which loans may be recorded afterwards, as the policy's settings do, for who is refused.
func (p Policy) ExistingDays() string {
	s := fmt.Sprintf("%s v%d existingLoansFrom", p.ID, p.Version)
	if p.ExistingLoansFrom.IsZero() {
		return s + ": none"
	}
	s += " " + p.ExistingLoansFrom.String()
	if !p.ExistingLoansUntil.IsZero() {
		s += ", existingLoansUntil " + p.ExistingLoansUntil.String()
	}
	return s
}

// Validate names the first field that cannot be right.
func (p Policy) Validate() error {
	if p.ID == "" || p.Title == "" {
		return fmt.Errorf("/id and /title must be given")
	}
	if p.Status != "draft" && p.Status != "in-force" && p.Status != "expired" {
		return fmt.Errorf("/status must be draft, in-force or expired")
	}
	if p.EffectiveFrom.IsZero() {
		return fmt.Errorf("/effectiveFrom must be given")
	}
	if !p.ExistingLoansUntil.IsZero() && (p.ExistingLoansFrom.IsZero() || p.ExistingLoansUntil.Before(p.ExistingLoansFrom)) {
		return fmt.Errorf("/existingLoansUntil must not be before existingLoansFrom")
	}
	// A command age that no command can meet, or that overflows, would stop the ledger for good: not even
	// a new policy could be published.
	const day, century = 24 * 60 * 60, 1200
	for _, f := range []struct {
		field           string
		value, min, max int
	}{
		{"version", p.Version, 1, 999_999},
		{"commandMaxAgeSeconds", p.CommandMaxAgeSeconds, 60, 366 * day},
		{"commandMaxSkewSeconds", p.CommandMaxSkewSeconds, 1, day},
		{"confirmationDays", p.ConfirmationDays, 1, 3660},
		{"largeBuyerTermDays", p.LargeBuyerTermDays, 1, 3660},
		{"certificateWarnMonths", p.CertificateWarnMonths, 1, p.CertificateMaxMonths},
		{"certificateMaxMonths", p.CertificateMaxMonths, 1, century},
		{"valuationMaxAgeDays", p.ValuationMaxAgeDays, 1, 3660},
		{"valuationMinSources", p.ValuationMinSources, 1, 20},
		{"receivableMaxDepth", p.ReceivableMaxDepth, 0, 20},
		{"reservationMaxHours", p.ReservationMaxHours, 1, 366 * 24},
		{"registrationMinMonths", p.RegistrationMinMonths, 1, p.RegistrationMaxMonths},
		{"registrationMaxMonths", p.RegistrationMaxMonths, 1, century},
	} {
		if f.value < f.min || f.value > f.max {
			return fmt.Errorf("/%s must be %d to %d", f.field, f.min, f.max)
		}
	}
	return nil
}

// Binds names why the policy may not rule from the day on: it is published to rule at once, so a draft, an
// expired or a future one would rule before its time.
func (p Policy) Binds(on calendar.Date) error {
	switch err := p.Validate(); {
	case err != nil:
		return err
	case p.Status != "in-force":
		return fmt.Errorf("/status must be in-force")
	case on.Before(p.EffectiveFrom):
		return fmt.Errorf("/effectiveFrom must not be in the future")
	}
	return nil
}

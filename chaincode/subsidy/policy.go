package subsidy

import (
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// Status says whether a document or a policy binds anyone.
type Status string

// The statuses.
const (
	Draft   Status = "draft"    // 征求意见稿, published for comments
	InForce Status = "in-force" // 现行有效
	Expired Status = "expired"  // 已失效
)

// PrincipalBasis says what counts against the cap on principal. The notice does not say whether a
// repayment frees it, so it is a setting.
type PrincipalBasis string

// The bases of the cap on principal.
const (
	Cumulative  PrincipalBasis = "cumulative"  // every subsidised loan counts for good (累计发放额)
	Outstanding PrincipalBasis = "outstanding" // a loan counts, as a whole, while it is being subsidised (余额)
)

// Rounding says how amounts become whole fen.
type Rounding string

// HalfUpPerPeriod rounds each period half up (四舍五入) and gives the last the total less the earlier ones.
const HalfUpPerPeriod Rounding = "half-up-per-period"

// ClockStart says on which day the subsidised days begin. The notice does not say, so it is a setting.
type ClockStart string

// The starts of the clock.
const (
	OnDisbursement     ClockStart = "disbursement"      // 放款日
	OnEntrustedPayment ClockStart = "entrusted-payment" // 受托支付日: the money reached the supplier of the asset
)

// LoanType is a kind of finance. Any other word than a policy's own types is simply not listed.
type LoanType string

// The kinds that the notice subsidises, and the one most often asked for in vain.
const (
	FixedAssetLoan       LoanType = "fixed-asset-loan"       // 固定资产贷款
	PolicyInstrumentFund LoanType = "policy-instrument-fund" // 新型政策性金融工具资金
	WorkingCapitalLoan   LoanType = "working-capital-loan"   // 流动资金贷款, with all finance of receivables, stock, receipts and orders
)

// SizeClass is the size of an enterprise by 工信部联企业〔2011〕300号, fixed when the contract was signed.
type SizeClass string

// The size classes.
const (
	Large  SizeClass = "large"
	Medium SizeClass = "medium"
	Small  SizeClass = "small"
	Micro  SizeClass = "micro"
)

// Document is a clause that a policy rests on. Number is empty for a draft that has none yet.
type Document struct {
	Number  string        `json:"number,omitzero"` // 文号, such as 财金〔2026〕4号
	Title   string        `json:"title"`
	Issuer  string        `json:"issuer"`
	Date    calendar.Date `json:"date"`
	Status  Status        `json:"status"`
	Clause  string        `json:"clause,omitzero"`
	Grounds []Code        `json:"grounds,omitzero"` // the reasons of refusal that this clause is the ground of
}

// Assumption says that a setting is a reading of ours and not the words of a document.
type Assumption struct {
	Field   string `json:"field"`
	Reason  string `json:"reason"`
	Grounds []Code `json:"grounds,omitzero"` // the reasons of refusal that rest on this setting alone
}

// Source says which measure and clause a setting of a combined policy is from; see [Combine].
type Source struct {
	Field    string `json:"field"` // as in JSON
	Measure  string `json:"measure"`
	Version  int    `json:"version"`
	Document string `json:"document"`        // number
	Clause   string `json:"clause,omitzero"` // "" for the record's own setting, whose reason is an assumption
}

// JudgedOn says by which day's version a loan is judged. The notice does not say, so it is a setting.
type JudgedOn string

// The days by which a loan is judged; none is OnApplication.
const (
	OnApplication     JudgedOn = "application"      // 申领日
	OnSigning         JudgedOn = "contract-signing" // 合同签订日
	OnDisbursementDay JudgedOn = "disbursement"     // 放款日
)

// EligibleType is a kind of loan that the policy subsidises.
type EligibleType struct {
	Type LoanType `json:"type"`
	// PrivateOnly asks for a private enterprise (民营企业). It goes by kind because the notice and its
	// summaries differ for policy-based instruments: 中小微民营企业 or 中小微企业.
	PrivateOnly bool `json:"privateOnly"`
}

// Settlement says on which days interest is settled (结息日) and periods are cut: on a day of every
// month divisible by EveryMonths. EveryMonths 0 means one period to the end.
type Settlement struct {
	EveryMonths int `json:"everyMonths"`
	Day         int `json:"day"`
}

// Policy is one version of a subsidy policy: data on the ledger, never constants in code.
// A claim stays under the version that granted it.
type Policy struct {
	ID          string       `json:"id"`
	Version     int          `json:"version"` // from 1
	Title       string       `json:"title"`
	Status      Status       `json:"status"`
	Documents   []Document   `json:"documents"`
	Assumptions []Assumption `json:"assumptions,omitzero"`

	// Holds may be granted from EffectiveFrom to EffectiveTo, both included; no EffectiveTo is no end.
	EffectiveFrom calendar.Date `json:"effectiveFrom"`
	EffectiveTo   calendar.Date `json:"effectiveTo,omitzero"`
	// Loans disbursed (发放) from DisbursedFrom to DisbursedTo, both included, are eligible; no DisbursedTo is no end.
	DisbursedFrom calendar.Date `json:"disbursedFrom"`
	DisbursedTo   calendar.Date `json:"disbursedTo,omitzero"`

	AnnualRate     money.Rate     `json:"annualRate"`          // a fraction of principal a year: 0.015 is 1.5 percentage points
	MaxMonths      int            `json:"maxMonths"`           // longest subsidised time of a loan
	AccrualEnd     calendar.Date  `json:"accrualEnd,omitzero"` // no day from this date on is subsidised; no date is no such end
	PrincipalCap   money.Amount   `json:"principalCap"`        // of a household over all banks, yuan
	AmountCap      money.Amount   `json:"amountCap"`           // of a household over all banks, yuan
	PrincipalBasis PrincipalBasis `json:"principalBasis"`
	RepaymentOrder RepaymentOrder `json:"repaymentOrder"`

	DayCount   DayCount   `json:"dayCount"`
	Settlement Settlement `json:"settlement"` // of a loan whose contract names no days of its own
	Rounding   Rounding   `json:"rounding"`
	ClockStart ClockStart `json:"clockStart"`

	// PolicySettlementDays cuts every loan on the policy's days, whatever its contract says.
	PolicySettlementDays bool `json:"policySettlementDays,omitzero"`
	// MaturityOnHoliday says when the days of a loan end that is due on a holiday.
	MaturityOnHoliday HolidayRule `json:"maturityOnHoliday,omitzero"`
	DaysOff           DayOff      `json:"daysOff,omitzero"`

	// NetRateFloor keeps the rate at or under what the borrower still pays after other subsidies.
	NetRateFloor bool `json:"netRateFloor"`
	// StopWhileOverdue subsidises no overdue day and refuses a loan that is overdue; the notice is silent.
	StopWhileOverdue bool `json:"stopWhileOverdue"`
	// SubsidiseExtension subsidises the days after the first maturity of an extended loan too, within MaxMonths; the notice
	// is silent, and other subsidies leave them out (展期不贴息).
	SubsidiseExtension bool `json:"subsidiseExtension,omitzero"`
	// TopUpTo is the last day on which a claim may be granted more than was held at first, as for an extension after the last
	// day of holds; no date is as long as holds are granted. The notice is silent.
	TopUpTo calendar.Date `json:"topUpTo,omitzero"`
	// RefuseLongTerm refuses a loan longer than MaxMonths instead of subsidising its first MaxMonths.
	RefuseLongTerm bool `json:"refuseLongTerm"`
	// JudgedOn is the day whose version of the policy judges a loan.
	JudgedOn JudgedOn `json:"judgedOn,omitzero"`

	// OneCentralSubsidy refuses a loan that has another subsidy of the central budget (不得重复享受).
	OneCentralSubsidy bool `json:"oneCentralSubsidy"`

	LoanTypes  []EligibleType `json:"loanTypes"`
	SMEClasses []SizeClass    `json:"smeClasses"`
	// Sectors lists the key chains and fields by the notice's own Chinese names; a firm upstream or
	// downstream of a chain carries the chain's name. An empty list allows every sector.
	Sectors []string `json:"sectors"`
	// HandlingBanks lists the banks (经办银行). An empty list allows every bank: choosing so leaves the
	// check to whoever admits parties as banks.
	HandlingBanks []ident.USCC `json:"handlingBanks"`
	// NamedBanks are banks on the notice's list whose code is not known here. They bind nobody: a loan carries the bank's
	// code, and no name is as sure as a code.
	NamedBanks []string `json:"namedBanks,omitzero"`

	// Chains are those of Sectors to which firms up- and downstream belong too (产业链及其上下游产业).
	Chains []string `json:"chains,omitzero"`
	// SizeTable is the standard by which figures become a size class (工信部联企业〔2011〕300号).
	SizeTable   SizeTable   `json:"sizeTable,omitzero"`
	PrivateTest PrivateTest `json:"privateTest,omitzero"`
	// PermittedUses, if any are listed, are the only uses of the money; RefusedUses never are one (不得用于投资理财等套利活动).
	PermittedUses []string `json:"permittedUses,omitzero"`
	RefusedUses   []string `json:"refusedUses,omitzero"`

	Sources []Source `json:"sources,omitzero"` // of a combined policy
}

// InForce reports whether the policy may grant holds on a day. A draft or expired policy never may;
// what was granted still accrues and settles.
func (p Policy) InForce(on calendar.Date) bool {
	return p.Status == InForce && !on.Before(p.EffectiveFrom) && (p.EffectiveTo.IsZero() || !on.After(p.EffectiveTo))
}

// privateOnly reports whether a loan of the kind is for private enterprises alone. Of a kind that is not listed it says so when
// all listed ones are: no other kind would help the borrower.
func (p Policy) privateOnly(t LoanType) bool {
	if e, listed := p.eligibleType(t); listed {
		return e.PrivateOnly
	}
	return !slices.ContainsFunc(p.LoanTypes, func(e EligibleType) bool { return !e.PrivateOnly })
}

// eligibleType returns the policy's rule for a kind of loan.
func (p Policy) eligibleType(t LoanType) (EligibleType, bool) {
	i := slices.IndexFunc(p.LoanTypes, func(e EligibleType) bool { return e.Type == t })
	if i < 0 {
		return EligibleType{}, false
	}
	return p.LoanTypes[i], true
}

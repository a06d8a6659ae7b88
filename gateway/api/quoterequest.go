package api

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
)

// QuoteRequest asks what a loan would get, either of a loan's facts or of a financing on the ledger. The facts that a bank states
// with a hold go with a financing; loan has them all itself.
type QuoteRequest struct {
	Policy    string        `json:"policy" minLength:"1" maxLength:"64" doc:"ID of the subsidy policy (贴息政策)"`
	Household ident.USCC    `json:"household,omitzero" doc:"The borrower, with loan; as loan.household, where both are given (单户，与 loan 同用)"`
	Loan      *subsidy.Loan `json:"loan,omitempty" doc:"The loan's facts, all of them: with loan, beside policy and household, no other field is given (贷款信息，与 financing 二选一)"`

	Financing  string             `json:"financing,omitempty" maxLength:"64" doc:"Record ID of the loan, in place of loan; with it go the fields below (贷款记录编号，与 loan 二选一)"`
	Figures    *subsidy.Figures   `json:"figures,omitempty" doc:"With financing: Figures that the size follows from (划型指标)"`
	Controller subsidy.Controller `json:"controller,omitempty" enum:"citizens,state,collective,foreign,none" doc:"With financing: Who controls the borrower (实际控制人类型)"`
	Link       *subsidy.ChainLink `json:"link,omitempty" doc:"With financing: Link to a listed chain (产业链上下游关系)"`
	Use        string             `json:"use,omitempty" maxLength:"100" doc:"With financing: Use of the money by the policy's name (资金用途)"`

	SizeClass           subsidy.SizeClass   `json:"sizeClass,omitempty" enum:"large,medium,small,micro" doc:"With financing: Borrower's size when the contract was signed (企业规模)"`
	Private             *bool               `json:"private,omitempty" doc:"With financing: The borrower is privately owned (民营企业)"`
	Sector              string              `json:"sector,omitempty" doc:"With financing: Sector by the policy's name (行业领域)"`
	EntrustedPaid       calendar.Date       `json:"entrustedPaid,omitzero" doc:"With financing: Day of entrusted payment to the supplier (受托支付日)"`
	Settlement          *subsidy.Settlement `json:"settlement,omitempty" doc:"With financing: Days on which the contract settles interest (合同约定结息日)"`
	OtherCentralSubsidy bool                `json:"otherCentralSubsidy,omitempty" doc:"With financing: The loan has another subsidy of the central budget (其他中央财政贴息)"`
	OtherSubsidy        money.Rate          `json:"otherSubsidy,omitzero" doc:"With financing: Local subsidies on the same loan, a fraction a year (地方贴息率)"`
}

func (q QuoteRequest) holdArgs() contract.HoldArgs {
	return contract.HoldArgs{Policy: q.Policy, Financing: q.Financing, SizeClass: q.SizeClass, Private: q.Private != nil && *q.Private, Sector: q.Sector,
		EntrustedPaid: q.EntrustedPaid, Settlement: q.Settlement, OtherCentralSubsidy: q.OtherCentralSubsidy, OtherSubsidy: q.OtherSubsidy,
		Figures: q.Figures, Controller: q.Controller, Link: q.Link, Use: q.Use}
}

// goesWith says of each form of a request which fields go with it, beside policy.
var goesWith = []struct {
	form   string
	fields func(name string) bool
	why    problem.Text
}{
	{"loan", func(name string) bool { return name == "household" },
		problem.Text{En: "beside loan, this belongs into loan", Zh: "填写 loan 的，此项应填入 loan"}},
	{"financing", func(name string) bool { return name != "household" },
		problem.Text{En: "goes with loan; the loan's record says who borrowed", Zh: "仅与 loan 同用；贷款记录已载明借款人"}},
}

// quoteRequest reads a request. What would not count is refused, so that nobody takes a quote for an answer about it.
func (a *API) quoteRequest(raw []byte) (q QuoteRequest, err error) {
	if err := a.schemas.decode(raw, &q, false); err != nil {
		return q, err
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(raw, &members); err != nil {
		return q, err
	}
	switch {
	case q.Loan != nil && q.Financing != "":
		return q, problem.New("FIELD_INVALID").At("/loan").Because("give a loan or a financing, not both", "loan 与 financing 只能填写一项")
	case q.Loan == nil && q.Financing == "":
		return q, problem.New("FIELD_REQUIRED").At("/loan").Because("give a loan or a financing", "请填写 loan 或 financing 之一")
	}
	return q, misplaced(members)
}

// misplaced names the fields that do not go with the form of the request.
func misplaced(members map[string]jsontext.Value) error {
	var items []problem.Item
	for _, g := range goesWith {
		if members[g.form] == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if name != "policy" && name != g.form && !g.fields(name) {
				items = append(items, problem.NewItem("/"+name, "FIELD_INVALID", nil, g.why))
			}
		}
	}
	if items == nil {
		return nil
	}
	return problem.Invalid(items...)
}

// unstated points to the facts that the request leaves open and that the loan would hold as false.
func (q QuoteRequest) unstated() []string {
	if q.Loan == nil && q.Private == nil {
		return []string{"/private"}
	}
	return nil
}

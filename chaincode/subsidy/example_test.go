package subsidy_test

import (
	"fmt"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/fixtures"
)

// Two banks lend to one household; the second is told what the caps leave before it lends.
func ExampleQuote() {
	record, err := fixtures.FS.ReadFile("policies/subsidy-2026.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	policy, err := subsidy.ParsePolicy(record)
	if err != nil {
		fmt.Println(err)
		return
	}
	loan := subsidy.Loan{
		ID: "LN-1", Household: ident.MustUSCC("91370200990000009K"), Bank: ident.MustUSCC("913702009900000334"),
		Type: subsidy.FixedAssetLoan, SizeClass: subsidy.Small, Private: true, Sector: "工业机器人",
		Principal: money.MustParse("30000000.00"), AnnualRate: money.MustRate("0.0345"),
		Disbursed: calendar.MustParse("2026-01-01"), Maturity: calendar.MustParse("2028-01-01"),
	}
	account, claim, err := subsidy.Hold(policy, subsidy.Account{}, loan)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("held:", claim.Held)

	loan.ID, loan.Bank, loan.Principal = "LN-2", ident.MustUSCC("91370200264609602K"), money.MustParse("40000000.00")
	second := subsidy.Quote(policy, account, loan)
	fmt.Println("second:", second.EligiblePrincipal, second.Gross, second.Amount)
	for _, r := range second.LimitedBy {
		fmt.Println("limited by", r.Code, r.Fact, r.Ground())
	}

	loan.Type = subsidy.WorkingCapitalLoan
	for _, r := range subsidy.Quote(policy, account, loan).Reasons {
		fmt.Println(r.Code, r.Document, r.Clause)
	}
	// Output:
	// held: 912500.00
	// second: 20000000.00 608333.33 587500.00
	// limited by PRINCIPAL_CAP_REACHED /principal 财金〔2026〕4号 一、政策内容
	// limited by AMOUNT_CAP_REACHED /principal 财金〔2026〕4号 一、政策内容
	// LOAN_TYPE_NOT_FIXED_ASSET 财金〔2026〕4号 一、(一)适用对象
}

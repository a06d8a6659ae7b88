package api_test

// fundRecords makes a budget, a fund of bank A and its report of February.
func (w *world) fundRecords(policy string) (budget, fund, report string) {
	w.Helper()
	budget = w.act(bureau, "/v1/subsidy/budgets", object{"policy": policy, "year": 2026, "amount": "1000000.00", "document": "青财金〔2026〕9号"}).ID
	fund = w.act(bankA, "/v1/subsidy/funds", object{"policy": policy, "first": "2026-02", "need": object{"year": 2026, "amount": "300000.00", "loans": 3}}).ID
	w.act(bureau, "/v1/subsidy/funds/"+fund+"/allocate", object{"budget": budget, "amount": "100000.00", "date": w.days(0), "reference": "YB1"})
	report = w.act(bankA, "/v1/subsidy/reports", object{"fund": fund, "month": "2026-02", "lines": []object{}, "accrued": "0.00", "takenBack": "0.00", "final": true}).ID
	return budget, fund, report
}

package demo

import (
	"context"
	"fmt"
	"net/http"
)

const subsidyPolicy = "subsidy-sme-2026"

var subsidySteps = []step{
	{"loans", "2026-05-11", "Two banks lend on fixed assets: 30 million and 40 million", "两家银行发放固定资产贷款 3000 万元和 4000 万元", fixedAssetLoans},
	{"quotes", "2026-05-11", "Quotes for the loan-interest subsidy", "贴息试算", quotes},
	{"holds", "2026-05-11", "Holds stop at the household's caps", "预占额度止于单户上限", holds},
	{"ineligible", "2026-05-11", "A working-capital loan gets no subsidy", "流动资金贷款不予贴息", ineligible},
	{"accruals", "2026-05-11", "Two years of accruals, and never a fen above the cap", "两年计提,不超上限一分", accruals},
	{"settlements", "2028-06-01", "Both banks report what they accrued, and the bureau settles it out of their budgets", "两家银行报送月报,财政局从预算指标结算", settlements},
}

var fixedAsset = []struct {
	bank                     actor
	loan, claim, amount, ref string
}{
	{bankA, "fixed-asset loan A", "claim A", "30000000.00", "HJ-GD-0511-01"},
	{bankB, "fixed-asset loan B", "claim B", "40000000.00", "YF-GD-0511-01"},
}

func fixedAssetLoans(ctx context.Context, s *Story) error {
	for _, l := range fixedAsset {
		w, err := s.post(ctx, supplier, "/v1/financings", fields{"lender": l.bank.USCC, "product": "fixed-asset-loan", "amount": l.amount,
			"tenorMonths": 24, "purpose": "新建压铸产线"})
		if err != nil {
			return err
		}
		s.outcome.Facts[l.loan] = w.ID
		path := "/v1/financings/" + w.ID
		if _, err := s.post(ctx, l.bank, path+"/offer", fields{"amount": l.amount, "annualRate": "0.034", "maturity": "2028-05-11", "validUntil": "2026-05-31"}); err != nil {
			return err
		}
		if _, err := s.post(ctx, supplier, path+"/accept", fields{}); err != nil {
			return err
		}
		if _, err := s.post(ctx, l.bank, path+"/disburse", fields{"amount": l.amount, "date": "2026-05-11", "reference": l.ref}); err != nil {
			return err
		}
	}
	return nil
}

func facts(loan string) fields {
	return fields{"policy": subsidyPolicy, "financing": loan, "sizeClass": "small", "private": true, "sector": "仪器仪表"}
}

func quotes(ctx context.Context, s *Story) error {
	for _, l := range fixedAsset {
		if err := s.quote(ctx, l.bank, s.outcome.Facts[l.loan], l.loan); err != nil {
			return err
		}
	}
	return nil
}

func (s *Story) quote(ctx context.Context, as actor, loan, name string) error {
	var q struct {
		Eligible          bool   `json:"eligible"`
		EligiblePrincipal string `json:"eligiblePrincipal"`
		Amount            string `json:"amount"`
	}
	if err := s.ask(ctx, as, http.MethodPost, "/v1/subsidy/quotes", facts(loan), &q); err != nil {
		return err
	}
	s.say("%s (%s) · POST /v1/subsidy/quotes for %s → eligible principal %s, subsidy %s", as.Name, as.Role, name, q.EligiblePrincipal, q.Amount)
	return nil
}

func holds(ctx context.Context, s *Story) error {
	for _, l := range fixedAsset {
		w, err := s.post(ctx, l.bank, "/v1/subsidy/claims", facts(s.outcome.Facts[l.loan]))
		if err != nil {
			return err
		}
		s.outcome.Facts[l.claim] = w.ID
		claim, err := s.claim(ctx, l.bank, w.ID)
		if err != nil {
			return err
		}
		s.outcome.Facts[l.claim+" held"] = claim.Held
		s.say("%s: eligible principal %s, held %s", l.claim, claim.EligiblePrincipal, claim.Held)
	}
	return nil
}

type claim struct {
	EligiblePrincipal string `json:"eligiblePrincipal"`
	Held              string `json:"held"`
	Accrued           string `json:"accrued"`
	Settled           string `json:"settled"`
}

func (s *Story) claim(ctx context.Context, as actor, id string) (claim, error) {
	var record struct {
		Terms struct {
			Claim claim `json:"claim"`
		} `json:"terms"`
	}
	err := s.ask(ctx, as, http.MethodGet, "/v1/subsidy/claims/"+id, nil, &record)
	return record.Terms.Claim, err
}

func ineligible(ctx context.Context, s *Story) error {
	return s.refused(ctx, bankA, "/v1/subsidy/claims", "LOAN_TYPE_NOT_FIXED_ASSET", facts(s.outcome.Facts["loan A"]))
}

// settlementDays are the ends of the interest periods in the loans' two years.
var settlementDays = []string{"2026-06-20", "2026-09-20", "2026-12-20", "2027-03-20", "2027-06-20", "2027-09-20", "2027-12-20", "2028-03-20", "2028-05-11"}

func accruals(ctx context.Context, s *Story) error {
	for _, day := range settlementDays {
		if err := s.until(ctx, day); err != nil {
			return err
		}
		for _, l := range fixedAsset {
			if _, err := s.post(ctx, l.bank, "/v1/subsidy/claims/"+s.outcome.Facts[l.claim]+"/accrue", fields{"through": day}); err != nil {
				return err
			}
		}
	}
	return nil
}

// settlements pay what two years accrued out of the bureau's budgets: money in advance to each bank, its report of all it
// accrued, and the settlement of what the bureau accepted.
func settlements(ctx context.Context, s *Story) error {
	for _, l := range fixedAsset {
		amount, err := s.accrued(ctx, l.bank, l.claim)
		if err != nil {
			return err
		}
		budget, err := s.post(ctx, bureau, "/v1/subsidy/budgets", fields{"policy": subsidyPolicy, "bank": l.bank.USCC, "year": 2028, "amount": amount, "document": "青财金〔2028〕9号"})
		if err != nil {
			return err
		}
		fund, err := s.post(ctx, l.bank, "/v1/subsidy/funds", fields{"policy": subsidyPolicy, "first": "2028-05",
			"need": fields{"year": 2028, "amount": amount, "loans": 1}})
		if err != nil {
			return err
		}
		if _, err := s.post(ctx, bureau, "/v1/subsidy/funds/"+fund.ID+"/allocate", fields{"budget": budget.ID, "amount": amount, "date": "2028-06-01", "reference": "YB-" + l.ref}); err != nil {
			return err
		}
		report, err := s.post(ctx, l.bank, "/v1/subsidy/reports", fields{"fund": fund.ID, "month": "2028-05", "accrued": amount, "takenBack": "0.00", "final": true,
			"lines": []fields{{"claim": s.outcome.Facts[l.claim], "accrued": amount, "takenBack": "0.00"}}})
		if err != nil {
			return err
		}
		if _, err := s.post(ctx, bureau, "/v1/subsidy/reports/"+report.ID+"/accept", fields{}); err != nil {
			return err
		}
		if _, err := s.post(ctx, bureau, "/v1/subsidy/claims/"+s.outcome.Facts[l.claim]+"/settle", fields{"amount": amount}); err != nil {
			return err
		}
	}
	return s.statement(ctx)
}

// accrued reads what a claim accrued, once: after an interruption it may be settled already, and the
// settlement must be the same request again.
func (s *Story) accrued(ctx context.Context, bank actor, name string) (string, error) {
	fact := name + " accrued"
	if amount, ok := s.outcome.Facts[fact]; ok {
		return amount, nil
	}
	c, err := s.claim(ctx, bank, s.outcome.Facts[name])
	if err != nil {
		return "", err
	}
	s.outcome.Facts[fact] = c.Accrued
	return c.Accrued, s.save()
}

// statement checks the household's account at the end: what was settled is the cap, to the fen.
func (s *Story) statement(ctx context.Context) error {
	var account struct {
		Totals claim  `json:"totals"`
		Room   string `json:"room"`
	}
	if err := s.ask(ctx, bureau, http.MethodGet, "/v1/subsidy/accounts/"+supplier.USCC+"?policy="+subsidyPolicy, nil, &account); err != nil {
		return err
	}
	if account.Totals.Settled != "1500000.00" || account.Room != "0.00" {
		return fmt.Errorf("the household's account says settled %s, room %s", account.Totals.Settled, account.Room)
	}
	s.outcome.Facts["subsidy settled"] = account.Totals.Settled
	s.say("%s · GET /v1/subsidy/accounts/%s → settled %s, room %s", bureau.Name, supplier.USCC, account.Totals.Settled, account.Room)
	return nil
}

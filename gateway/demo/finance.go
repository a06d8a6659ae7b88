package demo

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"

	"decore/gateway/durable"
	"decore/gateway/receipt"
)

var financeSteps = []step{
	{"disclose", "2026-04-13", "The supplier discloses both receivables to two banks", "供应商授权两家银行查看", disclose},
	{"verify", "2026-04-13", "Both banks verify, in one call each", "两家银行核验", verify},
	{"offer", "2026-04-13", "The supplier applies at both; both offer, it accepts", "申请融资,银行报价,供应商接受", offer},
	{"lend", "2026-04-13", "Bank A reserves, encumbers and disburses", "汇岬银行占用、设立担保、放款", lend},
	{"twice", "2026-04-13", "Bank B's attempt on the same value is refused", "远帆银行就同一资产再次融资被拒", lendTwice},
	{"proof", "2026-04-13", "Bank A keeps a receipt and checks it offline", "汇岬银行留存核验回执并离线验真", proof},
	{"repay", "2026-05-06", "The buyer pays, the loan is repaid, the collateral released", "回款、还款结清、解除担保", repayAndRelease},
}

func (s *Story) pledged() []string {
	return []string{s.outcome.Facts["receivable confirmed"], s.outcome.Facts["receivable unanswered"]}
}

func disclose(ctx context.Context, s *Story) error {
	var items []fields
	for _, rec := range s.pledged() {
		for _, bank := range []actor{bankA, bankB} {
			items = append(items, fields{"verb": "grant", "id": rec, "args": fields{"to": bank.USCC, "until": "2026-12-31"}})
		}
	}
	return s.batch(ctx, supplier, "receivables", items)
}

func verify(ctx context.Context, s *Story) error {
	for _, bank := range []actor{bankA, bankB} {
		var items []fields
		for _, rec := range s.pledged() {
			items = append(items, fields{"record": rec})
		}
		var answer struct {
			Results []struct {
				Verdict string `json:"verdict"`
				Checks  []struct {
					Check   string `json:"check"`
					Verdict string `json:"verdict"`
				} `json:"checks"`
			} `json:"results"`
		}
		if err := s.ask(ctx, bank, http.MethodPost, "/v1/verifications", fields{"items": items}, &answer); err != nil {
			return err
		}
		for i, v := range answer.Results {
			count := map[string]int{}
			for _, c := range v.Checks {
				count[c.Verdict]++
			}
			if v.Verdict == "fail" || len(v.Checks) == 0 {
				return fmt.Errorf("%s: verification %d came to %q: %+v", bank.Name, i, v.Verdict, v.Checks)
			}
			s.say("%s (%s) · POST /v1/verifications → %s: %d pass, %d warn, %d unknown", bank.Name, bank.Role, v.Verdict, count["pass"], count["warn"], count["unknown"])
		}
	}
	return nil
}

func offer(ctx context.Context, s *Story) error {
	for _, o := range []struct {
		bank         actor
		fact, amount string
	}{{bankA, "loan A", "800000.00"}, {bankB, "loan B", "600000.00"}} {
		w, err := s.post(ctx, supplier, "/v1/financings", fields{"lender": o.bank.USCC, "product": "receivable-loan", "amount": o.amount,
			"tenorMonths": 2, "purpose": "采购铝锭", "collateral": s.pledged()})
		if err != nil {
			return err
		}
		s.outcome.Facts[o.fact] = w.ID
		path := "/v1/financings/" + w.ID
		if _, err := s.post(ctx, o.bank, path+"/offer", fields{"amount": o.amount, "annualRate": "0.0385", "maturity": "2026-06-13", "validUntil": "2026-04-20"}); err != nil {
			return err
		}
		if _, err := s.post(ctx, supplier, path+"/accept", fields{}); err != nil {
			return err
		}
	}
	return nil
}

func lend(ctx context.Context, s *Story) error {
	path := "/v1/financings/" + s.outcome.Facts["loan A"]
	for _, next := range []struct {
		verb string
		args fields
	}{
		{"reserve", fields{"hours": 24}},
		{"encumber", fields{"number": "16600000002604130001", "registered": "2026-04-13T01:00:00.000Z", "expires": "2027-04-12"}},
		{"disburse", fields{"amount": "800000.00", "date": "2026-04-13", "reference": "HJ-JJ-20260413-01"}},
	} {
		if _, err := s.post(ctx, bankA, path+"/"+next.verb, next.args); err != nil {
			return err
		}
	}
	return nil
}

func lendTwice(ctx context.Context, s *Story) error {
	return s.refused(ctx, bankB, "/v1/financings/"+s.outcome.Facts["loan B"]+"/reserve", "ENCUMBERED", fields{"hours": 24})
}

func repayAndRelease(ctx context.Context, s *Story) error {
	confirmed, unanswered := "/v1/receivables/"+s.pledged()[0], "/v1/receivables/"+s.pledged()[1]
	loan := "/v1/financings/" + s.outcome.Facts["loan A"]
	for _, next := range []struct {
		path string
		args fields
	}{
		{confirmed + "/pay", fields{"amount": "700000.00", "date": "2026-05-04", "reference": "HJ-SK-0504-11"}},
		{unanswered + "/pay", fields{"amount": "500000.00", "date": "2026-05-05", "reference": "HJ-SK-0505-07"}},
		{loan + "/repay", fields{"principal": "800000.00", "interest": "1967.78", "date": "2026-05-06", "reference": "HJ-HK-0506-02"}},
		{loan + "/release", fields{}},
	} {
		if _, err := s.post(ctx, bankA, next.path, next.args); err != nil {
			return err
		}
	}
	return nil
}

// proof shows who signed what, and checks the bank's receipt with nothing but the file.
func proof(ctx context.Context, s *Story) error {
	path := "/v1/receivables/" + s.pledged()[0]
	var history struct {
		Items []struct {
			Verb  string `json:"verb"`
			Party string `json:"party"`
			Block uint64 `json:"block"`
		} `json:"items"`
	}
	if err := s.ask(ctx, bankA, http.MethodGet, path+"/history", nil, &history); err != nil {
		return err
	}
	for _, h := range history.Items {
		s.say("block %d: %s by %s", h.Block, h.Verb, h.Party)
	}
	return s.keep(ctx, path, "receipt", "receipt.json")
}

// keep has Bank A keep the verification receipt (核验回执) of a record, checked with nothing but the file.
func (s *Story) keep(ctx context.Context, path, fact, name string) error {
	r, err := s.client.call(ctx, bankA, http.MethodGet, path+"/receipt", nil)
	if err != nil {
		return err
	}
	if r.Status != http.StatusOK {
		return fmt.Errorf("receipt: %d %.300s", r.Status, r.Raw)
	}
	report, err := receipt.Verify(r.Raw)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	file := filepath.Join(filepath.Dir(s.File), name)
	if err := durable.Replace(file, r.Raw); err != nil {
		return fmt.Errorf("keep the receipt: %w", err)
	}
	s.outcome.Facts[fact] = file
	s.say("%s (%s) · GET %s/receipt → %d bytes, %d signed commands, holds offline: verdict %s at block %d", bankA.Name, bankA.Role,
		shorten(path), len(r.Raw), len(report.Commands), report.Verification.Verdict, report.AsOf.Block)
	return nil
}

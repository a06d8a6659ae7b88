package demo

import (
	"context"
	"fmt"
	"net/http"
)

var goodsSteps = []step{
	{"store", "2026-05-07", "Aluminium goes into storage; the keeper counts it and states its price", "铝锭入库,保管人验收并估值", store},
	{"receipts", "2026-05-07", "A warehouse receipt is issued and split in two; one over more than is there is refused", "填发仓单并分割,超出在库数量的仓单被拒", receipts},
	{"pledge", "2026-05-08", "One receipt is pledged to Bank A: owner, keeper and bank sign; the bank checks offline what it holds",
		"一张仓单质押给汇岬银行,持单人、保管人、银行三方签署;银行离线验真", pledge},
	{"lot", "2026-05-08", "Bank B is refused on the lot, on the receipt, and the goods do not leave", "远帆银行就该批货物和该仓单融资均被拒,货物不得提取", pledgeTwice},
	{"part", "2026-05-09", "Half is repaid: half of the goods are free and leave, the rest stays pledged", "归还一半,解除一半货物的质押并提货,其余继续质押", releaseHalf},
}

func store(ctx context.Context, s *Story) error {
	w, err := s.post(ctx, supplier, "/v1/lots", fields{"keeper": keeper.USCC, "quantity": "60 t",
		"goods": fields{"name": "铝锭", "code": "AL99.70", "quality": "GB/T 1196-2023 Al99.70", "packing": "捆,每捆 1 吨", "batch": "QY2605"}})
	if err != nil {
		return err
	}
	s.outcome.Facts["lot"] = w.ID
	path := "/v1/lots/" + w.ID
	if _, err := s.post(ctx, keeper, path+"/store", fields{"counted": "60 t", "site": "前湾港 3 号库", "position": "A-07", "date": "2026-05-07"}); err != nil {
		return err
	}
	_, err = s.post(ctx, keeper, path+"/value", fields{"source": "SMM A00 铝", "date": "2026-05-07", "price": "20000.00"})
	return err
}

func face(number string) fields {
	return fields{"number": number, "depositorAddress": "青岛市胶州市胶东街道 8 号", "lossStandard": "0.3 %", "storedUntil": "2026-11-06",
		"fee": "0.6 元/吨·天", "issuePlace": "青岛"}
}

func receipts(ctx context.Context, s *Story) error {
	w, err := s.post(ctx, keeper, "/v1/warehouse-receipts", fields{"lot": s.outcome.Facts["lot"], "quantity": "60 t", "contents": face("QW-2605-001")})
	if err != nil {
		return err
	}
	if err := s.refused(ctx, keeper, "/v1/warehouse-receipts", "OVER_QUANTITY",
		fields{"lot": s.outcome.Facts["lot"], "quantity": "1 t", "contents": face("QW-2605-002")}); err != nil {
		return err
	}
	return s.split(ctx, w.ID, []part{{"receipt pledged", "36 t", "QW-2605-003"}, {"receipt free", "24 t", "QW-2605-004"}})
}

// part is a receipt of a split: the fact that remembers it, how much it is over, and its number.
type part struct{ fact, quantity, number string }

// split has the owner ask and the keeper sign, and remembers the parts.
func (s *Story) split(ctx context.Context, id string, parts []part) error {
	path := "/v1/warehouse-receipts/" + id
	var asked []fields
	var numbers []string
	for _, p := range parts {
		asked, numbers = append(asked, fields{"quantity": p.quantity}), append(numbers, p.number)
	}
	if _, err := s.post(ctx, supplier, path+"/split", fields{"parts": asked}); err != nil {
		return err
	}
	if _, err := s.post(ctx, keeper, path+"/confirm-split", fields{"numbers": numbers}); err != nil {
		return err
	}
	for _, p := range parts {
		if err := s.find(ctx, "/v1/warehouse-receipts?number="+p.number, p.fact); err != nil {
			return err
		}
	}
	return nil
}

func (s *Story) receipt(fact string) string { return "/v1/warehouse-receipts/" + s.outcome.Facts[fact] }

// call is one write of the story.
type call struct {
	as   actor
	path string
	args fields
}

// all makes calls one after the other.
func (s *Story) all(ctx context.Context, calls ...call) error {
	for _, c := range calls {
		if _, err := s.post(ctx, c.as, c.path, c.args); err != nil {
			return err
		}
	}
	return nil
}

// borrow applies at a bank for a loan on goods.
func (s *Story) borrow(ctx context.Context, bank actor, fact, product, amount, collateral string) (loan string, err error) {
	w, err := s.post(ctx, supplier, "/v1/financings", fields{"lender": bank.USCC, "product": product, "amount": amount, "tenorMonths": 3,
		"purpose": "采购铝锭", "collateral": []string{collateral}})
	if err != nil {
		return "", err
	}
	s.outcome.Facts[fact] = w.ID
	return "/v1/financings/" + w.ID, nil
}

func (s *Story) agree(ctx context.Context, bank actor, loan, amount string) error {
	return s.all(ctx,
		call{bank, loan + "/offer", fields{"amount": amount, "annualRate": "0.042", "maturity": "2026-08-08", "validUntil": "2026-05-15"}},
		call{supplier, loan + "/accept", fields{}})
}

func pledge(ctx context.Context, s *Story) error {
	receipt := s.receipt("receipt pledged")
	for _, bank := range []actor{bankA, bankB} {
		if _, err := s.post(ctx, supplier, receipt+"/grant", fields{"to": bank.USCC, "until": "2026-12-31"}); err != nil {
			return err
		}
	}
	loan, err := s.borrow(ctx, bankA, "goods loan", "warehouse-receipt-loan", "400000.00", s.outcome.Facts["receipt pledged"])
	if err != nil {
		return err
	}
	if err := s.agree(ctx, bankA, loan, "400000.00"); err != nil {
		return err
	}
	if err := s.all(ctx,
		call{bankA, loan + "/reserve", fields{"hours": 24}},
		call{supplier, receipt + "/pledge", fields{"financing": s.outcome.Facts["goods loan"]}},
		call{keeper, receipt + "/confirm-pledge", fields{}},
		call{bankA, loan + "/encumber", fields{"number": "16600000002605080001", "registered": "2026-05-08T01:00:00.000Z", "expires": "2027-05-07"}},
		call{bankA, loan + "/disburse", fields{"amount": "400000.00", "date": "2026-05-08", "reference": "HJ-JJ-20260508-01"}}); err != nil {
		return err
	}
	return s.keep(ctx, receipt, "receipt of goods", "receipt-of-warehouse-receipt.json")
}

// pledgeTwice is what was done at many ports: the heap itself at another bank, the same receipt at another bank, and the
// goods carried off meanwhile.
func pledgeTwice(ctx context.Context, s *Story) error {
	lot, receipt := s.outcome.Facts["lot"], s.outcome.Facts["receipt pledged"]
	if _, err := s.post(ctx, supplier, "/v1/lots/"+lot+"/grant", fields{"to": bankB.USCC, "until": "2026-12-31"}); err != nil {
		return err
	}
	onLot, err := s.borrow(ctx, bankB, "lot loan", "inventory-pledge", "500000.00", lot)
	if err != nil {
		return err
	}
	if err := s.refused(ctx, bankB, onLot+"/offer", "RECEIPTS_LIVE", fields{"amount": "500000.00", "annualRate": "0.05", "maturity": "2026-08-08",
		"validUntil": "2026-05-15"}); err != nil {
		return err
	}
	onReceipt, err := s.borrow(ctx, bankB, "receipt loan", "warehouse-receipt-loan", "300000.00", receipt)
	if err != nil {
		return err
	}
	if err := s.agree(ctx, bankB, onReceipt, "300000.00"); err != nil {
		return err
	}
	if err := s.refused(ctx, bankB, onReceipt+"/reserve", "ENCUMBERED", fields{"hours": 24}); err != nil {
		return err
	}
	path := s.receipt("receipt pledged")
	if _, err := s.post(ctx, supplier, path+"/claim-goods", fields{}); err != nil {
		return err
	}
	if err := s.refused(ctx, keeper, path+"/deliver", "ENCUMBERED", fields{}); err != nil {
		return err
	}
	_, err = s.post(ctx, supplier, path+"/recall", fields{})
	return err
}

func releaseHalf(ctx context.Context, s *Story) error {
	loan := "/v1/financings/" + s.outcome.Facts["goods loan"]
	pledged := s.outcome.Facts["receipt pledged"]
	if _, err := s.post(ctx, bankA, loan+"/repay", fields{"principal": "200000.00", "interest": "46.67", "date": "2026-05-09", "reference": "HJ-HK-0509-01"}); err != nil {
		return err
	}
	if err := s.split(ctx, pledged, []part{{"receipt still pledged", "18 t", "QW-2605-005"}, {"receipt released", "18 t", "QW-2605-006"}}); err != nil {
		return err
	}
	if err := s.all(ctx,
		call{bankA, loan + "/roll-over", fields{"from": pledged, "to": []string{s.outcome.Facts["receipt still pledged"]}}},
		call{supplier, s.receipt("receipt released") + "/claim-goods", fields{}},
		call{keeper, s.receipt("receipt released") + "/deliver", fields{}}); err != nil {
		return err
	}
	var left struct {
		Terms struct {
			Quantity  string `json:"quantity"`
			Receipted string `json:"receipted"`
		} `json:"terms"`
	}
	if err := s.ask(ctx, keeper, http.MethodGet, "/v1/lots/"+s.outcome.Facts["lot"], nil, &left); err != nil {
		return err
	}
	if left.Terms.Quantity != "42 t" || left.Terms.Receipted != "42 t" {
		return fmt.Errorf("%s are left in store and %s under receipts, want 42 t", left.Terms.Quantity, left.Terms.Receipted)
	}
	s.outcome.Facts["goods left"] = left.Terms.Quantity
	return nil
}

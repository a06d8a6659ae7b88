package demo

import (
	"context"
	"fmt"
)

// The frauds by which chain finance was cheated, each as it was done, and each refused.
var fraudSteps = []step{
	{"port", "2026-05-10", "As at Qingdao port in 2014: one heap as two lots, and a court's freeze", "如 2014 年青岛港:一货两报;法院冻结", portFraud},
	{"seals", "2026-05-10", "As Chengxing did until 2019: a buyer's word forged, terms changed behind its back", "如承兴案:伪造买方确权、擅改条款", sealFraud},
	{"cargo", "2026-05-10", "As Hin Leong did until 2020: pledged goods sold", "如兴隆案:出售已质押货物", cargoFraud},
	{"forged", "2026-05-10", "As in the nickel case of 2017: receipts that no keeper issued", "如 2017 年镍仓单案:伪造仓单", forgedReceipts},
	{"stages", "2026-05-10", "The same value as an order at one bank and as a receivable at another", "同一交易先以订单、再以应收账款重复融资", twoStages},
	{"red-letter", "2026-05-10", "An invoice is taken back after a bank lent on it", "融资后红冲发票", redLetter},
}

// stored declares a lot and has the keeper take it in.
func (s *Story) stored(ctx context.Context, fact, position string, more fields) error {
	body := fields{"keeper": keeper.USCC, "quantity": "40 t", "goods": fields{"name": "电解铜", "code": "CU-CATH-1", "quality": "GB/T 467 A 级", "batch": fact}}
	for name, value := range more {
		body[name] = value
	}
	w, err := s.post(ctx, supplier, "/v1/lots", body)
	if err != nil {
		return err
	}
	s.outcome.Facts[fact] = w.ID
	return s.all(ctx,
		call{keeper, "/v1/lots/" + w.ID + "/store", storing(position)},
		call{keeper, "/v1/lots/" + w.ID + "/value", fields{"source": "SMM 1# 电解铜", "date": "2026-05-08", "price": "70000.00"}})
}

func storing(position string) fields {
	return fields{"counted": "40 t", "site": "前湾港 3 号库", "position": position, "date": "2026-05-08"}
}

func portFraud(ctx context.Context, s *Story) error {
	if err := s.stored(ctx, "copper", "B-01", nil); err != nil {
		return err
	}
	again, err := s.post(ctx, rival, "/v1/lots", fields{"keeper": keeper.USCC, "quantity": "40 t",
		"goods": fields{"name": "电解铜", "code": "CU-CATH-1", "quality": "GB/T 467 A 级", "batch": "copper"}})
	if err != nil {
		return err
	}
	if err := s.refused(ctx, keeper, "/v1/lots/"+again.ID+"/store", "DUPLICATE_REGISTERED", storing("B01")); err != nil {
		return err
	}
	lot := "/v1/lots/" + s.outcome.Facts["copper"]
	if _, err := s.post(ctx, bureau, lot+"/freeze", fields{"reason": "青岛海事法院(2026)鲁72财保1号"}); err != nil {
		return err
	}
	if err := s.refused(ctx, keeper, lot+"/release", "WRONG_STATE", fields{"quantity": "40 t", "date": "2026-05-09", "note": "CK-0509"}); err != nil {
		return err
	}
	_, err = s.post(ctx, bureau, lot+"/unfreeze", fields{})
	return err
}

// attested is an order of the supplier that the leader attested.
func (s *Story) attested(ctx context.Context, fact, number, amount string) (path string, err error) {
	w, err := s.post(ctx, supplier, "/v1/orders", fields{"seller": supplier.USCC, "buyer": leader.USCC, "buyerClass": "large", "number": number,
		"signed": "2026-05-06", "deliverBy": "2026-07-31", "paymentDays": 30, "goods": "压铸件", "amount": amount})
	if err != nil {
		return "", err
	}
	s.outcome.Facts[fact] = w.ID
	path = "/v1/orders/" + w.ID
	_, err = s.post(ctx, leader, path+"/attest", fields{})
	return path, err
}

// sealFraud: the buyer's confirmation by somebody else's hand, and an order whose terms change after the buyer saw it.
func sealFraud(ctx context.Context, s *Story) error {
	path, err := s.attested(ctx, "order amended", "LF-2026-0501", "300000.00")
	if err != nil {
		return err
	}
	amended, err := s.post(ctx, supplier, path+"/amend", fields{"amount": "900000.00", "deliverBy": "2026-07-31"})
	if err != nil {
		return err
	}
	if amended.State != "created" {
		return fmt.Errorf("an order amended by its seller is %s", amended.State)
	}
	s.say("the buyer's attestation is gone with the terms that it was on: the order is %q again", amended.State)
	if err := s.refused(ctx, supplier, path+"/ship", "WRONG_STATE", fields{"amount": "900000.00", "date": "2026-05-10", "note": "QY-SH-0501"}); err != nil {
		return err
	}
	return s.refused(ctx, supplier, "/v1/receivables/"+s.outcome.Facts["receivable free"]+"/confirm", "ROLE_NOT_PERMITTED", fields{})
}

// cargoFraud: goods for an order are pledged in store, and sold all the same.
func cargoFraud(ctx context.Context, s *Story) error {
	path, err := s.attested(ctx, "order stored", "LF-2026-0502", "2000000.00")
	if err != nil {
		return err
	}
	if err := s.stored(ctx, "copper pledged", "B-02", fields{"order": s.outcome.Facts["order stored"], "orderShare": "2000000.00"}); err != nil {
		return err
	}
	lot := s.outcome.Facts["copper pledged"]
	if _, err := s.post(ctx, supplier, "/v1/lots/"+lot+"/grant", fields{"to": bankA.USCC, "until": "2026-12-31"}); err != nil {
		return err
	}
	loan, err := s.borrow(ctx, bankA, "copper loan", "inventory-pledge", "900000.00", lot)
	if err != nil {
		return err
	}
	if err := s.agree(ctx, bankA, loan, "900000.00"); err != nil {
		return err
	}
	if err := s.all(ctx,
		call{bankA, loan + "/reserve", fields{"hours": 24}},
		call{bankA, loan + "/encumber", fields{"number": "16600000002605100001", "registered": "2026-05-10T01:00:00.000Z", "expires": "2027-05-09"}}); err != nil {
		return err
	}
	// 民法典担保制度解释 art. 55: without control by a supervisor of the bank there is no pledge to lend on.
	if err := s.refused(ctx, bankA, loan+"/disburse", "PLEDGE_NOT_PERFECTED", fields{"amount": "900000.00", "date": "2026-05-10", "reference": "HJ-JJ-20260510-01"}); err != nil {
		return err
	}
	if err := s.all(ctx,
		call{bankA, "/v1/lots/" + lot + "/appoint-supervisor", fields{"supervisor": keeper.USCC}},
		call{keeper, "/v1/lots/" + lot + "/establish-control", fields{"date": "2026-05-10"}},
		call{bankA, loan + "/disburse", fields{"amount": "900000.00", "date": "2026-05-10", "reference": "HJ-JJ-20260510-01"}}); err != nil {
		return err
	}
	if err := s.refused(ctx, supplier, path+"/ship", "GOODS_STORED", fields{"amount": "2000000.00", "date": "2026-05-10", "note": "QY-SH-0502"}); err != nil {
		return err
	}
	return s.refused(ctx, keeper, "/v1/lots/"+lot+"/release", "ENCUMBERED", fields{"quantity": "40 t", "date": "2026-05-10", "note": "CK-0510"})
}

// forgedReceipts: a receipt written by the owner itself, and one under a number that stands for other goods.
func forgedReceipts(ctx context.Context, s *Story) error {
	body := func(number string) fields {
		return fields{"lot": s.outcome.Facts["copper"], "quantity": "40 t", "contents": face(number)}
	}
	if err := s.refused(ctx, supplier, "/v1/warehouse-receipts", "ROLE_NOT_PERMITTED", body("QW-2605-050")); err != nil {
		return err
	}
	return s.refused(ctx, keeper, "/v1/warehouse-receipts", "DUPLICATE_REGISTERED", body("QW-2605-001"))
}

// redLetter: a bank lends on a receivable, and its seller takes most of the invoice back. That is a fact, so it is recorded; what it
// leaves the bank with the ledger counts, and the goods are not invoiced a second time from under the lien.
func redLetter(ctx context.Context, s *Story) error {
	path, err := s.attested(ctx, "order invoiced", "LF-2026-0504", "500000.00")
	if err != nil {
		return err
	}
	if err := s.all(ctx,
		call{supplier, path + "/ship", fields{"amount": "500000.00", "date": "2026-05-10", "note": "QY-SH-0504"}},
		call{leader, path + "/accept", fields{"amount": "500000.00", "date": "2026-05-10"}}); err != nil {
		return err
	}
	body := fields{"order": s.outcome.Facts["order invoiced"], "invoice": "26372000000018800061", "issued": "2026-05-10", "due": "2026-06-30", "amount": "500000.00"}
	rec, err := s.post(ctx, supplier, "/v1/receivables", body)
	if err != nil {
		return err
	}
	s.outcome.Facts["receivable diluted"] = rec.ID
	claim := "/v1/receivables/" + rec.ID
	if err := s.all(ctx,
		call{leader, claim + "/confirm", fields{}},
		call{supplier, claim + "/grant", fields{"to": bankA.USCC, "until": "2026-12-31"}}); err != nil {
		return err
	}
	loan, err := s.borrow(ctx, bankA, "loan diluted", "receivable-loan", "300000.00", rec.ID)
	if err != nil {
		return err
	}
	if err := s.agree(ctx, bankA, loan, "300000.00"); err != nil {
		return err
	}
	if err := s.all(ctx,
		call{bankA, loan + "/reserve", fields{"hours": 24}},
		call{bankA, loan + "/encumber", fields{"number": "16600000002605100004", "registered": "2026-05-10T01:00:00.000Z", "expires": "2027-05-09"}},
		call{bankA, loan + "/disburse", fields{"amount": "300000.00", "date": "2026-05-10", "reference": "HJ-JJ-20260510-04"}},
		call{supplier, claim + "/dilute", fields{"redLetter": "26372000000018800062", "amount": "400000.00", "date": "2026-05-10", "cause": "invoice-error"}},
		call{bankA, loan + "/call-margin", fields{"until": "2026-05-15"}}); err != nil {
		return err
	}
	if err := s.refused(ctx, supplier, claim+"/reissue", "ENCUMBERED", fields{"redLetter": "26372000000018800062"}); err != nil {
		return err
	}
	body["invoice"], body["amount"] = "26372000000018800063", "400000.00"
	return s.refused(ctx, supplier, "/v1/receivables", "OVER_DELIVERY", body)
}

// twoStages: an order is financed, and its receivable is offered to another bank.
func twoStages(ctx context.Context, s *Story) error {
	path, err := s.attested(ctx, "order financed", "LF-2026-0503", "500000.00")
	if err != nil {
		return err
	}
	if _, err := s.post(ctx, supplier, path+"/grant", fields{"to": bankA.USCC, "until": "2026-12-31"}); err != nil {
		return err
	}
	loan, err := s.borrow(ctx, bankA, "order loan", "order-loan", "200000.00", s.outcome.Facts["order financed"])
	if err != nil {
		return err
	}
	if err := s.agree(ctx, bankA, loan, "200000.00"); err != nil {
		return err
	}
	if err := s.all(ctx,
		call{bankA, loan + "/reserve", fields{"hours": 24}},
		call{supplier, path + "/ship", fields{"amount": "500000.00", "date": "2026-05-10", "note": "QY-SH-0503"}},
		call{leader, path + "/accept", fields{"amount": "500000.00", "date": "2026-05-10"}}); err != nil {
		return err
	}
	rec, err := s.post(ctx, supplier, "/v1/receivables", fields{"order": s.outcome.Facts["order financed"], "invoice": "26372000000018800051",
		"issued": "2026-05-10", "due": "2026-06-30", "amount": "500000.00"})
	if err != nil {
		return err
	}
	if _, err := s.post(ctx, supplier, "/v1/receivables/"+rec.ID+"/grant", fields{"to": bankB.USCC, "until": "2026-12-31"}); err != nil {
		return err
	}
	second, err := s.borrow(ctx, bankB, "receivable loan", "receivable-loan", "250000.00", rec.ID)
	if err != nil {
		return err
	}
	if err := s.agree(ctx, bankB, second, "250000.00"); err != nil {
		return err
	}
	return s.refused(ctx, bankB, second+"/reserve", "ENCUMBERED", fields{"hours": 24})
}

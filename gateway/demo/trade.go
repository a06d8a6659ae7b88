package demo

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"decore/fixtures"
)

var tradeSteps = []step{
	{"orders", "2026-03-10", "A supplier imports its orders from a spreadsheet", "供应商导入订单表格", importOrders},
	{"attest", "2026-03-10", "The chain leader attests them in bulk", "链主批量核实订单", attestOrders},
	{"deliver", "2026-03-10", "Goods are shipped and accepted", "发货与验收", deliverOrders},
	{"receivables", "2026-03-10", "The supplier imports receivables; bad rows come back with their faults", "导入应收账款,错误行退回并注明原因", importReceivables},
	{"duplicate", "2026-03-10", "The same invoice again, by another supplier, is refused", "同一发票由另一供应商重复登记被拒", duplicateInvoice},
	{"confirm", "2026-03-10", "One receivable is confirmed by the buyer", "一笔应收账款获买方确权", confirmOne},
	{"unanswered", "2026-03-10", "Another request is not answered in 30 days", "另一笔确权申请逾期未答复", leaveOneUnanswered},
}

func importOrders(ctx context.Context, s *Story) error {
	answer, err := s.importSheet(ctx, "/v1/orders/import", "orders-die-casting.csv")
	if err != nil {
		return err
	}
	if answer.Recorded != 3 || answer.Refused != 0 {
		return fmt.Errorf("recorded %d and refused %d of 3 orders", answer.Recorded, answer.Refused)
	}
	for _, number := range []string{"LF-2026-0301", "LF-2026-0302", "LF-2026-0303"} {
		if err := s.find(ctx, "/v1/orders?number="+url.QueryEscape(number), number); err != nil {
			return err
		}
	}
	return nil
}

// imported is the answer to an import.
type imported struct {
	Rows     int    `json:"rows"`
	Recorded int    `json:"recorded"`
	Refused  int    `json:"refused"`
	Sheet    string `json:"sheet"`
	Items    []struct {
		Row     int    `json:"row"`
		ID      string `json:"id"`
		Code    string `json:"code"`
		Column  string `json:"column"`
		Message string `json:"message"`
	} `json:"items"`
}

func (s *Story) importSheet(ctx context.Context, path, file string) (imported, error) {
	sheet, err := fixtures.FS.ReadFile("sheets/" + file)
	if err != nil {
		return imported{}, fmt.Errorf("fixture: %w", err)
	}
	r, err := s.client.upload(ctx, supplier, path, s.key(), file, sheet)
	s.writes++
	if err != nil {
		return imported{}, err
	}
	if r.Status >= 300 {
		p := r.problem()
		return imported{}, fmt.Errorf("import of %s: %d %s %s", file, r.Status, p.Code, p.Detail)
	}
	var answer imported
	if err := r.into(&answer); err != nil {
		return imported{}, err
	}
	s.say("%s (%s) signed · POST %s (%s) → %d: %d rows, %d recorded, %d refused", supplier.Name, supplier.Role, path, file,
		r.Status, answer.Rows, answer.Recorded, answer.Refused)
	return answer, nil
}

// find remembers the ID of the one record that a list query of the supplier finds.
func (s *Story) find(ctx context.Context, path, fact string) error {
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := s.ask(ctx, supplier, http.MethodGet, path, nil, &list); err != nil {
		return err
	}
	if len(list.Items) != 1 {
		return fmt.Errorf("%s finds %d records, want 1", path, len(list.Items))
	}
	s.outcome.Facts[fact] = list.Items[0].ID
	return nil
}

// batch sends verbs in bulk; all must be accepted.
func (s *Story) batch(ctx context.Context, as actor, collection string, items []fields) error {
	path := "/v1/" + collection + "/batch"
	for _, item := range items {
		verb, id := fmt.Sprint(item["verb"]), fmt.Sprint(item["id"])
		seen, err := s.seen(ctx, as, "/v1/"+collection+"/"+id+"/"+verb)
		if err != nil {
			return err
		}
		if seen != "" {
			item["ifMatch"] = seen
		}
	}
	r, err := s.client.write(ctx, as, path, s.key(), "", fields{"items": items})
	s.writes++
	if err != nil {
		return err
	}
	var answer struct {
		Results []struct {
			Status   string `json:"status"`
			Code     string `json:"code"`
			State    string `json:"state"`
			Position struct {
				Block uint64 `json:"block"`
			} `json:"position"`
		} `json:"results"`
	}
	if err := r.into(&answer); err != nil {
		return err
	}
	if r.Status != http.StatusOK || len(answer.Results) != len(items) {
		return fmt.Errorf("POST %s: %d with %d results for %d items: %.300s", path, r.Status, len(answer.Results), len(items), r.Raw)
	}
	for i, result := range answer.Results {
		if result.Status != "accepted" {
			return fmt.Errorf("POST %s item %d: %s %s", path, i, result.Status, result.Code)
		}
	}
	last := answer.Results[len(items)-1]
	s.say("%s (%s) signed %d commands · POST %s → %d %s, block %d", as.Name, as.Role, len(items), path, r.Status, last.State, last.Position.Block)
	return nil
}

var orderNumbers = []string{"LF-2026-0301", "LF-2026-0302", "LF-2026-0303"}

var orderAmounts = map[string]string{"LF-2026-0301": "1200000.00", "LF-2026-0302": "860000.00", "LF-2026-0303": "475000.00"}

func attestOrders(ctx context.Context, s *Story) error {
	var items []fields
	for _, n := range orderNumbers {
		items = append(items, fields{"verb": "attest", "id": s.outcome.Facts[n], "args": fields{}})
	}
	return s.batch(ctx, leader, "orders", items)
}

func deliverOrders(ctx context.Context, s *Story) error {
	var ship, accept []fields
	for i, n := range orderNumbers {
		ship = append(ship, fields{"verb": "ship", "id": s.outcome.Facts[n],
			"args": fields{"amount": orderAmounts[n], "date": "2026-03-03", "note": fmt.Sprintf("QY-SH-%04d", i+1)}})
		accept = append(accept, fields{"verb": "accept", "id": s.outcome.Facts[n], "args": fields{"amount": orderAmounts[n], "date": "2026-03-05"}})
	}
	if err := s.batch(ctx, supplier, "orders", ship); err != nil {
		return err
	}
	return s.batch(ctx, leader, "orders", accept)
}

func importReceivables(ctx context.Context, s *Story) error {
	answer, err := s.importSheet(ctx, "/v1/receivables/import", "receivables-die-casting.csv")
	if err != nil {
		return err
	}
	if answer.Recorded != 3 || answer.Refused != 6 {
		return fmt.Errorf("recorded %d and refused %d of 9 rows", answer.Recorded, answer.Refused)
	}
	for i, fact := range []string{"receivable confirmed", "receivable unanswered", "receivable free"} {
		number := fmt.Sprintf("2637200000001880000%d", i+1)
		if err := s.find(ctx, "/v1/receivables?number="+number, fact); err != nil {
			return err
		}
	}
	return s.showSheet(ctx, answer.Sheet)
}

// showSheet tells the fault column of the sheet that came back.
func (s *Story) showSheet(ctx context.Context, path string) error {
	r, err := s.client.call(ctx, supplier, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if r.Status == http.StatusNotFound {
		s.say("the sheet that came back was kept until the gateway stopped")
		return nil
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(r.Raw, []byte("\ufeff")))).ReadAll()
	if err != nil {
		return fmt.Errorf("sheet that came back (%d): %w", r.Status, err)
	}
	for i, row := range rows[min(1, len(rows)):] {
		s.say("row %d: %s", i+2, strings.Trim(row[len(row)-1]+" · "+row[len(row)-2], " ·"))
	}
	return nil
}

func duplicateInvoice(ctx context.Context, s *Story) error {
	order, err := s.post(ctx, rival, "/v1/orders", fields{"seller": rival.USCC, "buyer": leader.USCC, "buyerClass": "large", "number": "LF-2026-0410",
		"signed": "2026-02-15", "deliverBy": "2026-04-30", "paymentDays": 60, "goods": "洗衣机内筒塑件 8000件", "amount": "700000.00"})
	if err != nil {
		return err
	}
	path := "/v1/orders/" + order.ID
	for _, next := range []struct {
		as   actor
		verb string
		args fields
	}{
		{leader, "attest", fields{}},
		{rival, "ship", fields{"amount": "700000.00", "date": "2026-03-04", "note": "JW-77"}},
		{leader, "accept", fields{"amount": "700000.00", "date": "2026-03-06"}},
	} {
		if _, err := s.post(ctx, next.as, path+"/"+next.verb, next.args); err != nil {
			return err
		}
	}
	return s.refused(ctx, rival, "/v1/receivables", "DUPLICATE_REGISTERED", fields{"order": order.ID, "invoice": "26372000000018800001",
		"issued": "2026-03-05", "due": "2026-05-04", "amount": "700000.00"})
}

func confirmOne(ctx context.Context, s *Story) error {
	path := "/v1/receivables/" + s.outcome.Facts["receivable confirmed"]
	if _, err := s.post(ctx, supplier, path+"/request-confirmation", fields{}); err != nil {
		return err
	}
	_, err := s.post(ctx, leader, path+"/confirm", fields{"waivesSetOff": true})
	return err
}

func leaveOneUnanswered(ctx context.Context, s *Story) error {
	path := "/v1/receivables/" + s.outcome.Facts["receivable unanswered"]
	if _, err := s.post(ctx, supplier, path+"/request-confirmation", fields{}); err != nil {
		return err
	}
	if err := s.until(ctx, "2026-04-13"); err != nil {
		return err
	}
	_, err := s.post(ctx, supplier, path+"/mark-unanswered", fields{})
	return err
}

package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// cut imports the sheet twice under one key, the first time through a ledger whose answers are lost after some batches,
// and returns what became of it in the end.
func (w *world) cut(s *stalling, path string, sheet string, batches int, between func()) imported {
	w.Helper()
	return w.cutAs(supplier, s, path, sheet, batches, between)
}

func (w *world) cutAs(p ident.USCC, s *stalling, path string, sheet string, batches int, between func()) imported {
	w.Helper()
	s.set(nil, func(context.Context) error {
		if batches--; batches < 0 {
			return ledger.ErrUnknown
		}
		return nil
	})
	key := []string{"Idempotency-Key", "cut"}
	w.refuse(http.StatusGatewayTimeout, "OUTCOME_UNKNOWN", w.upload(p, path, "x.csv", []byte(sheet), key...))
	s.set(nil, nil)
	if between != nil {
		between()
	}
	return into[imported](w, w.upload(p, path, "x.csv", []byte(sheet), key...), http.StatusOK)
}

func (i imported) codes() []string {
	codes := make([]string, len(i.Items))
	for n, item := range i.Items {
		codes[n] = item.Code
	}
	return codes
}

func TestAnImportThatWasCutOffGoesOn(t *testing.T) {
	s := &stalling{}
	w := newWorld(t, withSubmitter(s))
	po := w.numberOf(w.delivered("1000000.00"))
	twice := w.invoice()
	var sheet strings.Builder
	sheet.WriteString(receivableHeader + w.line(po, twice, "101.00") + w.line(po, twice, "101.00"))
	const rows = contract.MaxBatch + 5
	for i := range rows - 2 {
		sheet.WriteString(w.line(po, w.invoice(), fmt.Sprintf("%d.00", 200+i)))
	}
	got := w.cut(s, "/v1/receivables/import", sheet.String(), 1, nil)
	want := make([]string, rows)
	want[1] = "DUPLICATE_REGISTERED"
	if !slices.Equal(got.codes(), want) {
		t.Errorf("%+v", got.codes())
	}
	ids := map[string]bool{}
	for _, item := range got.Items {
		if item.ID != "" {
			ids[item.ID] = true
		}
	}
	if got.Recorded != rows-1 || len(ids) != rows-1 {
		t.Errorf("%d rows are called recorded, in %d records", got.Recorded, len(ids))
	}
	first := into[page](w, w.get(supplier, "/v1/receivables?limit=200"), http.StatusOK)
	rest := into[page](w, w.get(supplier, "/v1/receivables?limit=200&cursor="+first.Next), http.StatusOK)
	if n := len(first.Items) + len(rest.Items); n != rows-1 {
		t.Errorf("%d receivables are there", n)
	}
}

const orderHeader = "买方统一社会信用代码,订单号,签订日期,交货期限,付款期限(天),货物,金额(含税),买方规模\n"

func TestARowIsNotTakenForAnEarlierRecordOfItsNumber(t *testing.T) {
	s := &stalling{}
	w := newWorld(t, withSubmitter(s))
	other, _ := ownKey(w, lifecycle.Leader)
	body := w.orderBody("10.00")
	body["number"] = "PO-1"
	earlier := w.act(supplier, "/v1/orders", body).ID
	line := func(buyer any) string {
		return fmt.Sprintf("%s,PO-1,%s,%s,60,壳体,99.00,大型\n", buyer, w.days(-1), w.days(30))
	}
	got := w.cut(s, "/v1/orders/import", orderHeader+line(leader)+line(other), 0, nil)
	if want := []string{"DUPLICATE_REGISTERED", ""}; !slices.Equal(got.codes(), want) || got.Items[1].ID == earlier {
		t.Fatalf("%+v", got)
	}
	if o := into[record](w, w.get(supplier, "/v1/orders/"+got.Items[1].ID), http.StatusOK); o.Terms["buyer"] != string(other) || o.Terms["amount"] != "99.00" {
		t.Errorf("%+v", o)
	}
}

func TestAnImportThatIsResumedTooLateSaysSoByRow(t *testing.T) {
	s := &stalling{}
	w := newWorld(t, withSubmitter(s))
	po := w.numberOf(w.delivered("1000000.00"))
	var sheet strings.Builder
	sheet.WriteString(receivableHeader)
	const rows = contract.MaxBatch + 1
	for i := range rows {
		sheet.WriteString(w.line(po, w.invoice(), fmt.Sprintf("%d.00", 200+i)))
	}
	s.mu.Lock()
	s.drop = 2 // the second batch never reaches the ledger
	s.mu.Unlock()
	got := w.cut(s, "/v1/receivables/import", sheet.String(), 2, func() { w.later(48 * time.Hour) })
	want := make([]string, rows)
	want[rows-1] = "COMMAND_TOO_OLD"
	if !slices.Equal(got.codes(), want) {
		t.Errorf("%d recorded: %+v", got.Recorded, got.codes())
	}
}

package api_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"decore/chaincode/contract"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// filing is a docket while a clerk fills it in.
type filing struct {
	w    *world
	path string
	rows [][]string // the header first
}

// docket fetches what waits for the party.
func (w *world) docket(p ident.USCC, collection, query string) *filing {
	w.Helper()
	r := w.get(p, "/v1/"+collection+"/decisions?format=csv&"+query)
	if r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") {
		w.Fatalf("%d %s", r.status, r.body)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(r.body, []byte("\ufeff")))).ReadAll()
	w.must(err)
	return &filing{w, "/v1/" + collection + "/decisions", rows}
}

// cell is the place of a header in the row of a record.
func (f *filing) cell(record, header string) *string {
	f.w.Helper()
	column := slices.Index(f.rows[0], header)
	for _, row := range f.rows[1:] {
		if column >= 0 && row[0] == record {
			return &row[column]
		}
	}
	f.w.Fatalf("no cell %q of %s in %q", header, record, f.rows)
	return nil
}

func (f *filing) set(record string, cells ...string) {
	f.w.Helper()
	for i := 0; i < len(cells); i += 2 {
		*f.cell(record, cells[i]) = cells[i+1]
	}
}

func (f *filing) bytes() []byte {
	var out bytes.Buffer
	c := csv.NewWriter(&out)
	f.w.must(c.WriteAll(f.rows))
	return out.Bytes()
}

type decided struct {
	Rows, Recorded, Refused, Undecided int
	DryRun                             bool
	Items                              []struct {
		Row, Version                           int
		ID, State, Code, Column, Cell, Message string
	}
	Sheet string
}

func (f *filing) send(p ident.USCC, headers ...string) decided {
	f.w.Helper()
	return into[decided](f.w, f.w.upload(p, f.path, "待办.csv", f.bytes(), headers...), http.StatusOK)
}

// told lists what became of the rows.
func (d decided) told() []string {
	var all []string
	for _, i := range d.Items {
		all = append(all, strings.TrimSpace(strings.Join([]string{i.State, i.Code, i.Column}, " ")))
	}
	return all
}

func (w *world) state(p ident.USCC, path string) string {
	w.Helper()
	return into[record](w, w.get(p, "/v1/"+path), http.StatusOK).State
}

func TestALeaderDecidesOnManyOrdersInASheet(t *testing.T) {
	w := newWorld(t)
	agreed, refused, left, shipped := w.order("100.00"), w.order("200.00"), w.order("300.00"), w.order("400.00")
	w.act(leader, "/v1/orders/"+shipped+"/attest", nil)
	w.act(supplier, "/v1/orders/"+shipped+"/ship", object{"amount": "250.00", "date": w.days(0), "note": "DN1"})
	w.delivered("500.00") // nothing of it waits

	f := w.docket(leader, "orders", "")
	if len(f.rows) != 5 || *f.cell(agreed, "待办事项") != "核实订单" || *f.cell(shipped, "待办事项") != "验收" || *f.cell(shipped, "本次验收金额") != "250.00" || *f.cell(refused, "订单金额(含税)") != "200.00" {
		t.Fatalf("%q", f.rows)
	}
	f.set(agreed, "决定", "同意")
	f.set(refused, "决定", "拒绝")
	f.set(shipped, "决定", "验收", "本次验收金额", "150.00")
	before := w.left()
	tried := into[decided](w, w.upload(leader, f.path+"?dryRun=true", "x.csv", f.bytes()), http.StatusOK)
	if w.left() != before || !tried.DryRun {
		t.Errorf("a dry run left something, or does not say so: %+v", tried)
	}
	got := f.send(leader, "Accept-Language", "zh")
	if want := []string{"attested", "cancelled", "", "delivering"}; !slices.Equal(got.told(), want) || !slices.Equal(tried.told(), want) || got.Recorded != 3 || got.Undecided != 1 || got.Refused != 0 {
		t.Errorf("%+v, tried %v", got, tried.told())
	}
	for id, want := range map[string]string{agreed: "attested", refused: "cancelled", left: "created", shipped: "delivering"} {
		if s := w.state(leader, "orders/"+id); s != want {
			t.Errorf("%s is %s, want %s", id, s, want)
		}
	}
	answered := string(w.get(leader, got.Sheet).body)
	for _, words := range []string{"已办理：核实订单", "已办理：取消订单", "已办理：验收", "未作决定"} {
		if !strings.Contains(answered, words) {
			t.Errorf("%q is not in\n%s", words, answered)
		}
	}
	if rest := w.docket(leader, "orders", "action=attest"); len(rest.rows) != 2 || rest.rows[1][0] != left {
		t.Errorf("what is left: %q", rest.rows)
	}
	if rest := w.docket(leader, "orders", "action=accept"); len(rest.rows) != 2 || *rest.cell(shipped, "本次验收金额") != "100.00" {
		t.Errorf("what is left: %q", rest.rows)
	}
}

func TestReceivablesAreConfirmedAndDisputedInASheet(t *testing.T) {
	w := newWorld(t)
	order := w.delivered("1000.00")
	recs := []string{w.receivable(order, "100.00"), w.receivable(order, "200.00"), w.receivable(order, "300.00"), w.receivable(order, "50.00")}
	f := w.docket(leader, "receivables", "lang=en")
	f.set(recs[0], "Decision", "agree", "Waives set-off", "yes")
	f.set(recs[1], "Decision", "dispute", "Disputed amount", "50.00", "Reason of the dispute", "短少一箱")
	f.set(recs[2], "Decision", "confirm", "Disputed amount", "100.00") // all of it, or a part?
	f.set(recs[3], "Decision", "refuse")
	got := f.send(leader)
	want := []string{"confirmed", "disputed", "DECISION_NOT_POSSIBLE Disputed amount", "FIELD_REQUIRED Disputed amount"}
	if !slices.Equal(got.told(), want) {
		t.Errorf("%q", got.told())
	}
	terms := into[record](w, w.get(leader, "/v1/receivables/"+recs[0]), http.StatusOK).Terms
	if terms["waivesSetOff"] != true {
		t.Errorf("%v", terms)
	}
}

func TestARowWhoseRecordChangedBindsNobody(t *testing.T) {
	w := newWorld(t)
	changed, granted, same := w.order("100.00"), w.order("200.00"), w.order("300.00")
	f := w.docket(leader, "orders", "")
	w.act(supplier, "/v1/orders/"+changed+"/amend", object{"amount": "999.00", "deliverBy": w.days(30)})
	w.act(supplier, "/v1/orders/"+granted+"/grant", object{"to": bankA, "until": w.days(30)}) // another version of the same terms
	for _, id := range []string{changed, granted, same} {
		f.set(id, "决定", "认可")
	}
	got := f.send(leader)
	if want := []string{"TERMS_CHANGED 签署凭据", "attested", "attested"}; !slices.Equal(got.told(), want) {
		t.Errorf("%q", got.told())
	}
	if s := w.state(leader, "orders/"+changed); s != "created" {
		t.Errorf("the changed order is %s", s)
	}
}

func TestNonsenseRowsDoNotStopGoodOnes(t *testing.T) {
	w := newWorld(t)
	ids := make([]string, 9)
	for i := range ids {
		ids[i] = w.order(fmt.Sprintf("%d.00", 100+i))
	}
	f := w.docket(leader, "orders", "")
	for _, id := range ids {
		f.set(id, "决定", "同意")
	}
	f.set(ids[0], "决定", "也许")
	f.set(ids[1], "订单金额(含税)", "1.00") // what the signer is shown
	f.set(ids[2], "签署凭据", *f.cell(ids[3], "签署凭据"))
	f.set(ids[4], "签署凭据", "attest.x.y")
	f.set(ids[5], "记录编号", "ORD-01KJXVJA80D0KQXR2886T9AFBB")
	f.rows[7][slices.Index(f.rows[0], "本次验收金额")] = "many"
	f.rows = append(f.rows, slices.Clone(f.rows[8])) // the same record once more, with another decision
	f.rows[len(f.rows)-1][slices.Index(f.rows[0], "决定")] = "拒绝"
	f.rows[9][slices.Index(f.rows[0], "所见版本")] = "7"
	got := f.send(leader)
	want := []string{"DECISION_UNKNOWN 决定", "ROW_ALTERED", "ROW_ALTERED", "attested", "ROW_ALTERED", "ROW_ALTERED", "amount-unreadable 本次验收金额", "ROW_REPEATED", "ROW_ALTERED", "ROW_REPEATED"}
	if !slices.Equal(got.told(), want) || got.Recorded != 1 {
		t.Errorf("%q", got.told())
	}
	for i, id := range ids {
		if s := w.state(leader, "orders/"+id); (s == "attested") != (i == 3) {
			t.Errorf("order %d is %s", i, s)
		}
	}
}

func TestADocketIsForWhoItWasGivenTo(t *testing.T) {
	w := newWorld(t)
	u, _ := ownKey(w, lifecycle.Leader)
	id := w.order("100.00")
	f := w.docket(leader, "orders", "")
	f.set(id, "决定", "同意")
	if got := f.send(u); got.told()[0] != "ROW_ALTERED" {
		t.Errorf("another leader's sheet: %q", got.told())
	}
	if rows := w.docket(u, "orders", "").rows; len(rows) != 1 {
		t.Errorf("another leader is shown %q", rows)
	}
	w.refuse(http.StatusForbidden, "ROLE_NOT_PERMITTED", w.upload(supplier, f.path, "x.csv", f.bytes()))
	w.refuse(http.StatusUnprocessableEntity, "PARAMETER_INVALID", w.get(leader, "/v1/orders/decisions?action=ship"))
	w.refuse(http.StatusUnprocessableEntity, "SHEET_REFUSED", w.upload(leader, f.path, "x.csv", []byte("记录编号,决定\n"+id+",同意\n")))
}

func TestADocketAsAWorkbookComesBackWithItsResults(t *testing.T) {
	w := newWorld(t)
	first, second := w.order("100.00"), w.order("200.00")
	r := w.get(leader, "/v1/orders/decisions")
	if r.status != http.StatusOK || !strings.Contains(r.header.Get("Content-Disposition"), "orders-decisions.xlsx") {
		t.Fatalf("%d %s", r.status, r.header)
	}
	book, err := excelize.OpenReader(bytes.NewReader(r.body))
	w.must(err)
	rows, err := book.GetRows("订单待办")
	w.must(err)
	column := slices.Index(rows[0], "决定")
	for n, word := range map[int]string{2: "同意", 3: "不清楚"} {
		name, err := excelize.CoordinatesToCellName(column+1, n)
		w.must(err)
		w.must(book.SetCellStr("订单待办", name, word))
	}
	var filled bytes.Buffer
	w.must(book.Write(&filled))
	media := "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	back := w.upload(leader, "/v1/orders/decisions", "x.xlsx", filled.Bytes(), "Accept", media, "Accept-Language", "zh")
	answered, err := excelize.OpenReader(bytes.NewReader(back.body))
	w.must(err)
	rows, err = answered.GetRows("订单待办")
	w.must(err)
	all := strings.Join(slices.Concat(rows...), "|")
	if !strings.Contains(all, "已办理：核实订单") || !strings.Contains(all, "无法识别的决定") {
		t.Errorf("%q", rows)
	}
	if a, b := w.state(leader, "orders/"+first), w.state(leader, "orders/"+second); a != "attested" || b != "created" {
		t.Errorf("%s %s", a, b)
	}
}

func TestDecisionsThatWereCutOffGoOn(t *testing.T) {
	s := &stalling{}
	w := newWorld(t, withSubmitter(s))
	const rows = contract.MaxBatch + 5
	ids := w.orders(rows)
	f := w.docket(leader, "orders", "")
	for _, id := range ids {
		f.set(id, "决定", "同意")
	}
	got := w.cutAs(leader, s, f.path, string(f.bytes()), 1, nil)
	if got.Recorded != rows {
		t.Errorf("%d recorded: %v", got.Recorded, got.codes())
	}
	list := into[page](w, w.get(leader, "/v1/orders?state=attested&limit=200"), http.StatusOK)
	rest := into[page](w, w.get(leader, "/v1/orders?state=attested&limit=200&cursor="+list.Next), http.StatusOK)
	if n := len(list.Items) + len(rest.Items); n != rows {
		t.Errorf("%d orders are attested", n)
	}
	if refused := into[page](w, w.get(bureau, "/v1/refusals"), http.StatusOK); len(refused.Items) != 0 {
		t.Errorf("the repeat was refused %d times", len(refused.Items))
	}
}

// orders creates many at once.
func (w *world) orders(n int) []string {
	w.Helper()
	items := make([]object, n)
	for i := range items {
		items[i] = object{"verb": "create", "args": w.orderBody("10.00")}
	}
	return w.batch(supplier, "orders", items)
}

func TestManyAreAttestedInOneRequest(t *testing.T) {
	w := newWorld(t)
	const many = 450
	ids := w.orders(many)
	stale := ids[7]
	commitments := map[string]string{}
	for cursor, more := "", true; more; more = cursor != "" {
		list := into[page](w, w.get(leader, "/v1/orders?action=attest&limit=200&cursor="+cursor), http.StatusOK)
		for _, r := range list.Items {
			commitments[r.ID] = r.Commitment
		}
		cursor = list.Next
	}
	if len(commitments) != many {
		t.Fatalf("%d orders wait", len(commitments))
	}
	w.act(supplier, "/v1/orders/"+stale+"/amend", object{"amount": "99.00", "deliverBy": w.days(30)})
	items := make([]object, many)
	for i, id := range ids {
		items[i] = object{"verb": "attest", "id": id, "commitment": commitments[id]}
	}
	items[3]["ifMatch"], items[4]["ifMatch"] = `"1"`, `"2"`
	delete(items[3], "commitment")
	before, err := w.Engine.Head(t.Context())
	w.must(err)
	body := object{"items": items}
	tried := into[batchAnswer](w, w.post(leader, "/v1/orders/batch?dryRun=true", body), http.StatusOK)
	first := w.post(leader, "/v1/orders/batch", body, "Idempotency-Key", "many")
	got := into[batchAnswer](w, first, http.StatusOK)
	for i, r := range got.Results {
		want := map[int]string{4: "VERSION_MISMATCH", 7: "TERMS_CHANGED"}[i]
		if r.Code != want || tried.Results[i].Code != want || (r.Status == "accepted") != (want == "") {
			t.Errorf("item %d: %+v, tried %+v", i, r, tried.Results[i])
		}
	}
	if got.Results[7].Field != "/commitment" {
		t.Errorf("%+v", got.Results[7])
	}
	after, err := w.Engine.Head(t.Context())
	w.must(err)
	if n := after.Number - before.Number; n != 3 {
		t.Errorf("%d items took %d blocks", many, n)
	}
	if again := w.post(leader, "/v1/orders/batch", body, "Idempotency-Key", "many"); string(again.body) != string(first.body) {
		t.Error("a repeat gets another answer")
	}
	w.refuse(http.StatusUnprocessableEntity, "PARAMETER_INVALID", w.get(leader, "/v1/orders?action=create"))
	w.refuse(http.StatusUnprocessableEntity, "PARAMETER_INVALID", w.get(leader, "/v1/orders?action=attest&state=closed"))
}

func TestABatchThatWasCutOffBetweenTransactionsGoesOn(t *testing.T) {
	s := &stalling{}
	w := newWorld(t, withSubmitter(s))
	const many = contract.MaxBatch + 50
	ids := w.orders(many)
	items := make([]object, many)
	for i, id := range ids {
		items[i] = object{"verb": "attest", "id": id, "ifMatch": `"1"`}
	}
	s.mu.Lock()
	s.drop = 2
	s.mu.Unlock()
	send := func() response {
		return w.post(leader, "/v1/orders/batch", object{"items": items}, "Idempotency-Key", "cut")
	}
	w.refuse(http.StatusGatewayTimeout, "OUTCOME_UNKNOWN", send())
	w.later(time.Minute)
	for i, r := range into[batchAnswer](w, send(), http.StatusOK).Results {
		if r.Status != "accepted" || r.Position == nil {
			t.Fatalf("item %d: %+v", i, r)
		}
	}
}

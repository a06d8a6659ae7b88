package receipt_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"decore/chaincode/canon"
	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/money"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/gateway/receipt"
	"decore/gateway/verification"
	"decore/gateway/verification/verificationtest"
)

// world is a ledger with a past: keys were changed, a bank joined later, the policy has a second version,
// a payment came in.
type world struct {
	*verificationtest.World
	order, record string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	past.Do(func() { past.world = play(t) })
	return &world{past.Fork(t), past.order, past.record}
}

// past is played once; every test goes on from there by itself.
var past struct {
	sync.Once
	*world
}

func play(t testing.TB) *world {
	t.Helper()
	w := &world{World: verificationtest.New(t)}
	w.Pass(time.Second)
	w.Rotate(w.Platform)
	late := contracttest.NewActor(19, "BankAMSP", "bank")
	w.Admit(late)
	w.Rotate(w.SME)
	w.order = w.Delivered("1000000.00")
	w.record = w.Receivable(w.order, "600000.00")
	policy := contracttest.Credit()
	policy.Version, policy.ConfirmationDays = 2, 31
	raw, err := canon.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	w.Do(w.Regulator, "policy.publish", contract.CreditPolicy, contract.PublishArgs{Policy: raw})
	w.Rotate(w.Leader)
	w.Do(w.SME, "receivable.request-confirmation", w.record, receivable.RequestArgs{})
	w.Do(w.Leader, "receivable.confirm", w.record, receivable.ConfirmArgs{WaivesSetOff: true})
	w.Do(w.SME, "receivable.pay", w.record, receivable.PayArgs{Amount: money.MustParse("100.00"), Date: w.Today(), Reference: "P1"})
	return w
}

func (w *world) issuer(signed bool) receipt.Issuer {
	i := receipt.Issuer{Source: w, Blocks: w}
	if signed {
		i.Signer = &receipt.Signer{Party: w.Platform.USCC, Key: w.Platform.Key}
	}
	return i
}

func (w *world) issue(t testing.TB, id string, signed bool) []byte {
	t.Helper()
	raw, err := w.issuer(signed).Issue(context.Background(), w.Facts(id, w.BankA))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func read(t testing.TB, raw []byte) receipt.File {
	t.Helper()
	f, err := receipt.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// reseal makes the file of changed content as somebody without the issuer's key could.
func reseal(t testing.TB, c receipt.Content) []byte {
	t.Helper()
	raw, err := receipt.Seal(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func failed(t testing.TB, err error) *receipt.FailedError {
	t.Helper()
	var f *receipt.FailedError
	if !errors.As(err, &f) || len(f.Failures) == 0 {
		t.Fatalf("got %v, want a failed receipt", err)
	}
	return f
}

func TestAReceiptHoldsByItself(t *testing.T) {
	w := newWorld(t)
	anchor := evidence.KeyID(&w.Regulator.Key.PublicKey)
	for _, id := range []string{w.record, w.order} {
		for _, signed := range []bool{true, false} {
			report, err := receipt.Verify(w.issue(t, id, signed), receipt.Anchor(anchor))
			if err != nil {
				t.Fatal(err)
			}
			if report.Record != id || report.Anchor != anchor || !report.Pinned || report.Verification.Verdict != check.Pass ||
				report.IssuedFor != w.BankA.USCC || (report.Issuer == w.Platform.USCC) != signed || report.Ledger != "test" {
				t.Errorf("%s of %s for %s by %s: %s", report.Record, report.Ledger, report.IssuedFor, report.Issuer, report.Verification.Verdict)
			}
		}
	}
}

func TestAReceiptOfAPartOrOfATransferredClaimHoldsByItself(t *testing.T) {
	w := newWorld(t)
	part, rest := contracttest.NewID("REC"), contracttest.NewID("REC")
	w.Do(w.SME, "receivable.split", w.record, receivable.SplitArgs{Children: []receivable.Part{
		{ID: part, Amount: money.MustParse("99900.00")}, {ID: rest, Amount: money.MustParse("500000.00")}}})
	w.Do(w.SME, "receivable.transfer", rest, receivable.TransferArgs{To: w.SME2.USCC})
	w.Do(w.SME2, "receivable.accept-transfer", rest, receivable.AnswerArgs{})
	w.Do(w.SME2, "receivable.grant", rest, contract.GrantArgs{To: w.BankA.USCC, Until: w.Today().AddDays(300)})
	for _, id := range []string{part, rest} {
		report, err := receipt.Verify(w.issue(t, id, true), receipt.Anchor(evidence.KeyID(&w.Regulator.Key.PublicKey)))
		if err != nil {
			t.Fatal(err)
		}
		if report.Record != id || report.Verification.Verdict != check.Pass {
			t.Errorf("%+v", report.Verification)
		}
	}
}

func TestAReceiptShowsWhatBanksMayNotAsWithheld(t *testing.T) {
	w := newWorld(t)
	w.Grant(w.record, w.BankB)
	w.Disburse(w.BankB, w.Reserve(w.BankB, w.record, "100000.00"), "100000.00")
	w.Do(w.BankB, "receivable.pay", w.record, receivable.PayArgs{Amount: money.MustParse("1.00"), Date: w.Today(), Reference: "P2"})
	raw := w.issue(t, w.record, true)
	report, err := receipt.Verify(raw)
	if err != nil {
		t.Fatal(err)
	}
	if report.Verification.Verdict != check.Fail {
		t.Errorf("verdict %s although another bank holds it", report.Verification.Verdict)
	}
	if last := report.Commands[len(report.Commands)-1]; last.Verb != "" || last.Party != "" {
		t.Errorf("%+v", last)
	}
	if bytes.Contains(raw, []byte(w.BankB.USCC)) {
		t.Error("the receipt names another bank")
	}
}

func TestAReceiptOutlivesWhatHappensLater(t *testing.T) {
	w := newWorld(t)
	raw := w.issue(t, w.record, true)
	w.Revoke(w.SME)
	w.Do(w.Regulator, "party.suspend", string(w.Leader.USCC), party.ReasonArgs{})
	w.Pass(2 * 365 * 24 * time.Hour)
	if _, err := receipt.Verify(raw); err != nil {
		t.Error(err)
	}
	if _, err := receipt.Compare(context.Background(), raw, w); err != nil {
		t.Error(err)
	}
	// A new one tells of the changes, and holds too.
	report, err := receipt.Verify(w.issue(t, w.record, true))
	if err != nil {
		t.Fatal(err)
	}
	if report.Verification.Verdict != check.Fail {
		t.Errorf("verdict %s long after it was due", report.Verification.Verdict)
	}
}

func TestOptionsAskForMore(t *testing.T) {
	w := newWorld(t)
	other := evidence.KeyID(&w.Leader.Key.PublicKey)
	if _, err := receipt.Verify(w.issue(t, w.record, true), receipt.Anchor(other)); !failed(t, err).Has(receipt.AnchorMismatch) {
		t.Error(err)
	}
	if _, err := receipt.Verify(w.issue(t, w.record, false), receipt.Signed()); !failed(t, err).Has(receipt.ReceiptUnsigned) {
		t.Error(err)
	}
	if _, err := receipt.Verify(w.issue(t, w.record, true), receipt.Signed()); err != nil {
		t.Error(err)
	}
}

func TestNoReceiptIsIssuedOnFactsThatDoNotHold(t *testing.T) {
	w := newWorld(t)
	for name, forge := range map[string]func(*verification.Facts){
		"another opening":   func(f *verification.Facts) { f.Record.Opening = f.Order.Opening },
		"another position":  func(f *verification.Facts) { c := *f.Commands[0]; c.Position.Index = 7; f.Commands[0] = &c },
		"an earlier moment": func(f *verification.Facts) { f.AsOf.Block = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			f := w.Facts(w.record, w.BankA)
			forge(&f)
			if _, err := w.issuer(true).Issue(context.Background(), f); !errors.Is(err, receipt.ErrSource) {
				t.Error(err)
			}
		})
	}
}

func TestWhatIsNoReceiptIsRefused(t *testing.T) {
	w := newWorld(t)
	raw := w.issue(t, w.record, false)
	for name, b := range map[string][]byte{
		"nothing":          nil,
		"no JSON":          []byte("x"),
		"another document": []byte(`{"content":{}}`),
		"white space":      append(bytes.Clone(raw), ' '),
		"an unknown field": bytes.Replace(raw, []byte(`{"content":`), []byte(`{"another":1,"content":`), 1),
		"another format":   bytes.Replace(raw, []byte(receipt.Format), []byte("decore-receipt/2"), 1),
		"too large":        bytes.Repeat([]byte(" "), receipt.MaxBytes+1),
	} {
		if _, err := receipt.Verify(b); !errors.Is(err, receipt.ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryCodeHasATextInBothLanguages(t *testing.T) {
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`(?m)^\t\w+ +Code = `).FindAll(source, -1)); n == 0 || n != len(receipt.Codes) {
		t.Errorf("%d codes, %d texts", n, len(receipt.Codes))
	}
	for code, text := range receipt.Codes {
		if text.Zh == "" || text.En == "" {
			t.Errorf("%s: %+v", code, text)
		}
	}
}

var update = flag.Bool("update", false, "write the golden receipts that are not there yet")

// TestTheGoldenReceiptsHoldForGood keeps receipts of earlier programs readable and true: a change that breaks one needs a
// new format beside the old one. So none is ever written anew.
func TestTheGoldenReceiptsHoldForGood(t *testing.T) {
	for name, golden := range map[string]struct {
		kind  string
		issue func() []byte
	}{
		"receipt.json":                      {"receivable", func() []byte { w := newWorld(t); return w.issue(t, w.record, true) }},
		"receipt-of-lot.json":               {"lot", func() []byte { w := newGoodsWorld(t); return w.issue(t, w.lot, true) }},
		"receipt-of-warehouse-receipt.json": {"warehouse-receipt", func() []byte { w := newGoodsWorld(t); return w.issue(t, w.merged, true) }},
	} {
		path := filepath.Join("testdata", name)
		if _, err := os.Stat(path); *update && errors.Is(err, os.ErrNotExist) {
			if err := os.WriteFile(path, golden.issue(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		report, err := receipt.Verify(raw, receipt.Signed())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if v := report.Verification; v.Verdict != check.Pass || v.Kind != golden.kind || len(report.Commands) != len(read(t, raw).Content.Commands) {
			t.Errorf("%s: a %s, %s, with %d commands", name, v.Kind, v.Verdict, len(report.Commands))
		}
	}
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	f.Add(w.issue(f, w.record, true))
	f.Add(w.issue(f, w.order, false))
	g := newGoodsWorld(f)
	f.Add(g.issue(f, g.lot, true))
	f.Add(g.issue(f, g.merged, false))
	f.Add([]byte(`{"content":{},"digest":""}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		report, err := receipt.Verify(raw)
		if err == nil && (report.Record == "" || report.Anchor == "") {
			t.Errorf("%+v holds", report)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	raw := w.issue(b, w.record, true)
	b.ReportMetric(float64(len(raw)), "bytes")
	for b.Loop() {
		if _, err := receipt.Verify(raw); err != nil {
			b.Fatal(err)
		}
	}
}

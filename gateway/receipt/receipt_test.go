package receipt_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/adapters/ledger"
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
	late := contracttest.NewActor(9, "BankAMSP", "bank")
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

// TestAnyChangedByteIsFoundOut changes one byte at every so many places, and at places that rapid chooses.
func TestAnyChangedByteIsFoundOut(t *testing.T) {
	w := newWorld(t)
	raw := w.issue(t, w.record, true)
	change := func(i int, to byte) error {
		forged := bytes.Clone(raw)
		forged[i] = to
		_, err := receipt.Verify(forged)
		if err == nil {
			return fmt.Errorf("byte %d, %q to %q in %q, is not found out", i, raw[i], to, raw[max(0, i-30):min(len(raw), i+30)])
		}
		var f *receipt.FailedError
		if !errors.Is(err, receipt.ErrForm) && !errors.As(err, &f) {
			return fmt.Errorf("byte %d: %w", i, err)
		}
		return nil
	}
	for i := 0; i < len(raw); i += 331 {
		if err := change(i, raw[i]^1); err != nil {
			t.Error(err)
		}
	}
	t.Run("anywhere", rapid.MakeCheck(func(t *rapid.T) {
		i := rapid.IntRange(0, len(raw)-1).Draw(t, "place")
		to := rapid.Byte().Filter(func(b byte) bool { return b != raw[i] }).Draw(t, "to")
		if err := change(i, to); err != nil {
			t.Error(err)
		}
	}))
}

// TestADroppedCommandIsFoundOut drops each command in turn and makes the digest fit again.
func TestADroppedCommandIsFoundOut(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{w.record, w.order} {
		raw := w.issue(t, id, false)
		for i := range read(t, raw).Content.Commands {
			c := read(t, raw).Content
			dropped := c.Commands[i]
			c.Commands = append(c.Commands[:i:i], c.Commands[i+1:]...)
			if _, err := receipt.Verify(reseal(t, c)); err == nil {
				t.Errorf("without command %d, %+v, the receipt still holds", i, dropped.Result)
			}
		}
		signed := read(t, w.issue(t, id, true))
		signed.Content.Commands = signed.Content.Commands[1:]
		forged, err := canon.Marshal(signed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := receipt.Verify(forged); !failed(t, err).Has(receipt.ReceiptSignatureInvalid) || !failed(t, err).Has(receipt.DigestMismatch) {
			t.Error(err)
		}
	}
}

func TestForgeriesAreNamed(t *testing.T) {
	w := newWorld(t)
	raw := w.issue(t, w.record, false)
	stranger := contracttest.NewActor(77, "X", "leader")
	for name, c := range map[string]struct {
		forge func(c *receipt.Content)
		code  receipt.Code
	}{
		"openings swapped": {func(c *receipt.Content) { c.Record.Opening, c.Order.Opening = c.Order.Opening, c.Record.Opening }, receipt.OpeningMismatch},
		"terms altered": {func(c *receipt.Content) {
			c.Record.Opening = bytes.Replace(c.Record.Opening, []byte("600000.00"), []byte("900000.00"), 1)
		}, receipt.OpeningMismatch},
		"owner altered":         {func(c *receipt.Content) { c.Record.Header.Owner = w.BankA.USCC }, receipt.HeaderDiffers},
		"creation altered":      {func(c *receipt.Content) { c.Order.Header.Creation = c.Order.Header.Command }, receipt.HeaderDiffers},
		"commands swapped":      {func(c *receipt.Content) { c.Commands[3], c.Commands[4] = c.Commands[4], c.Commands[3] }, receipt.OutOfOrder},
		"command repeated":      {func(c *receipt.Content) { c.Commands = append(c.Commands, c.Commands[len(c.Commands)-1]) }, receipt.CommandRepeated},
		"command unreadable":    {func(c *receipt.Content) { last(c).JWS = "a.b.c" }, receipt.CommandUnreadable},
		"signature of another":  {func(c *receipt.Content) { last(c).JWS = graft(last(c).JWS, c.Commands[len(c.Commands)-2].JWS) }, receipt.SignatureInvalid},
		"command of a stranger": {func(c *receipt.Content) { last(c).JWS = w.forge(t, stranger, "test") }, receipt.SignerUnknown},
		"signed with another's key": {func(c *receipt.Content) {
			last(c).JWS = w.forge(t, &contracttest.Actor{USCC: w.SME.USCC, Key: stranger.Key}, "test")
		}, receipt.KeyUnknown},
		"command of another ledger": {func(c *receipt.Content) { last(c).JWS = w.forge(t, w.SME, "other") }, receipt.WrongLedger},
		"result of another command": {func(c *receipt.Content) { last(c).Result.Command = c.Commands[0].Result.Command }, receipt.ResultMismatch},
		"a refused command":         {func(c *receipt.Content) { last(c).Result.Status = contract.Refused }, receipt.ResultMismatch},
		"recorded a year later": {func(c *receipt.Content) {
			last(c).Position.Time = evidence.InstantOf(last(c).Position.Time.AddDate(1, 0, 0))
		}, receipt.Untimely},
		"policy of another version":  {func(c *receipt.Content) { c.Policy.Version = 1 }, receipt.PolicyDiffers},
		"charter altered":            {func(c *receipt.Content) { c.Charter.Orgs = c.Charter.Orgs[1:] }, receipt.CharterDiffers},
		"a key added to a party":     {func(c *receipt.Content) { c.Parties[0].Keys = append(c.Parties[0].Keys, c.Parties[1].Keys[0]) }, receipt.PartiesDiffer},
		"a party left out":           {func(c *receipt.Content) { c.Parties = c.Parties[1:] }, receipt.PartiesDiffer},
		"a block that does not link": {func(c *receipt.Content) { c.Blocks[1].Previous = "x" }, receipt.BlocksBroken},
		"a block left out":           {func(c *receipt.Content) { c.Blocks = c.Blocks[1:] }, receipt.BlocksBroken},
		"as of an earlier block":     {func(c *receipt.Content) { c.AsOf.Block = 1 }, receipt.BlocksBroken},
		"as of another hash":         {func(c *receipt.Content) { c.AsOf.Hash = "x" }, receipt.BlocksBroken},
		"a better verdict":           {func(c *receipt.Content) { c.Verification.Verdict = check.Unknown }, receipt.FindingsDiffer},
		"a better finding":           {func(c *receipt.Content) { c.Verification.Checks[0].Verdict = check.Warn }, receipt.FindingsDiffer},
		"another caller":             {func(c *receipt.Content) { c.Issuer = w.BankB.USCC }, receipt.ReceiptUnsigned},
		"a withheld command":         {func(c *receipt.Content) { last(c).JWS = "" }, receipt.FindingsDiffer},
		"a second founding":          {func(c *receipt.Content) { again(c) }, receipt.StepInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			content := read(t, raw).Content
			c.forge(&content)
			if _, err := receipt.Verify(reseal(t, content)); !failed(t, err).Has(c.code) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func last(c *receipt.Content) *receipt.Entry { return &c.Commands[len(c.Commands)-1] }

// graft puts another command's signature under a command.
func graft(jws, other string) string {
	return jws[:strings.LastIndexByte(jws, '.')] + other[strings.LastIndexByte(other, '.'):]
}

func again(c *receipt.Content) {
	copied := c.Commands[0]
	copied.Position.Index++
	c.Commands = append([]receipt.Entry{c.Commands[0], copied}, c.Commands[1:]...)
}

// forge signs a payment of the record that the ledger never saw.
func (w *world) forge(t testing.TB, a *contracttest.Actor, ledgerName string) string {
	t.Helper()
	in := w.Intent(a, "receivable.pay", w.record, receivable.PayArgs{Amount: money.MustParse("1.00"), Date: w.Today(), Reference: "P9"})
	in.Ledger = ledgerName
	jws, _ := w.SignIntent(a, in)
	return jws
}

func TestTheIssuersSignatureBinds(t *testing.T) {
	w := newWorld(t)
	content := read(t, w.issue(t, w.record, true)).Content
	sealedBy := func(s receipt.Signer) error {
		raw, err := receipt.Seal(content, &s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = receipt.Verify(raw)
		return err
	}
	if err := sealedBy(receipt.Signer{Party: w.Platform.USCC, Key: w.Platform.Key}); err != nil {
		t.Error(err)
	}
	if err := sealedBy(receipt.Signer{Party: w.Platform.USCC, Key: w.SME.Key}); !failed(t, err).Has(receipt.ReceiptSignatureInvalid) {
		t.Error(err)
	}
	for name, signature := range map[string]string{"no JWS": "x", "a whole JWS": content.Commands[0].JWS, "another type": detached(content.Commands[0].JWS)} {
		f := receipt.File{Content: content, Digest: read(t, w.issue(t, w.record, true)).Digest, Signature: signature}
		raw, err := canon.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := receipt.Verify(raw); !failed(t, err).Has(receipt.ReceiptSignatureInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func detached(jws string) string {
	parts := strings.Split(jws, ".")
	return parts[0] + ".." + parts[2]
}

// other is a member's ledger that says something else at one place.
type other struct {
	*world
	change func(*ledger.Block)
}

func (o other) Block(ctx context.Context, n uint64) (*ledger.Block, error) {
	b, err := o.world.Block(ctx, n)
	if err != nil {
		return nil, err
	}
	copied := *b
	copied.Transactions = append([]ledger.Transaction{}, b.Transactions...)
	o.change(&copied)
	return &copied, nil
}

func TestAReceiptIsComparedWithAnyMembersLedger(t *testing.T) {
	w := newWorld(t)
	raw := w.issue(t, w.record, true)
	if _, err := receipt.Compare(context.Background(), raw, w); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*ledger.Block){
		"another hash":    func(b *ledger.Block) { b.Hash = "x" },
		"another past":    func(b *ledger.Block) { b.Previous = "x" },
		"another result":  func(b *ledger.Block) { b.Transactions[0].Results = []contract.Result{{}} },
		"another command": func(b *ledger.Block) { b.Transactions[0].Commands = []string{"x"} },
		"no transaction":  func(b *ledger.Block) { b.Transactions = nil },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := receipt.Compare(context.Background(), raw, other{w, change}); !failed(t, err).Has(receipt.LedgerDiffers) {
				t.Error(err)
			}
		})
	}
	t.Run("a ledger that has not come so far", func(t *testing.T) {
		young := verificationtest.New(t)
		if _, err := receipt.Compare(context.Background(), raw, young); !failed(t, err).Has(receipt.LedgerDiffers) {
			t.Error(err)
		}
	})
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
	if len(receipt.Codes) != 25 {
		t.Errorf("%d texts", len(receipt.Codes))
	}
	for code, text := range receipt.Codes {
		if text.Zh == "" || text.En == "" {
			t.Errorf("%s: %+v", code, text)
		}
	}
}

var update = flag.Bool("update", false, "write the golden receipt anew")

// TestTheGoldenReceiptHoldsForGood keeps a receipt of an earlier program readable and true: a change that
// breaks it needs a new format beside the old one.
func TestTheGoldenReceiptHoldsForGood(t *testing.T) {
	path := filepath.Join("testdata", "receipt.json")
	if *update {
		w := newWorld(t)
		if err := os.WriteFile(path, w.issue(t, w.record, true), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	report, err := receipt.Verify(raw, receipt.Signed())
	if err != nil {
		t.Fatal(err)
	}
	if report.Verification.Verdict != check.Pass || len(report.Commands) != len(read(t, raw).Content.Commands) {
		t.Errorf("%s with %d commands", report.Verification.Verdict, len(report.Commands))
	}
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	f.Add(w.issue(f, w.record, true))
	f.Add(w.issue(f, w.order, false))
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

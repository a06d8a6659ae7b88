package receipt_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/canon"
	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/money"
	"decore/chaincode/receivable"
	"decore/gateway/receipt"
)

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
	for i := 0; i < len(raw); i += 709 {
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

package receipt_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"decore/chaincode/canon"
	"decore/chaincode/check"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/goods"
	"decore/chaincode/lot"
	"decore/chaincode/money"
	"decore/chaincode/warehouse"
	"decore/gateway/receipt"
	"decore/gateway/verification"
	"decore/gateway/verification/verificationtest"
)

// goodsWorld has a lot that is whole, and one under warehouse receipts of every descent, both for one order. The keeper's
// key was changed in between.
type goodsWorld struct {
	*world
	lot, covered string // 存货
	// Warehouse receipts (仓单): whole passed from the SME to a second one, was split in two, of which the first was
	// merged with other, that passed the same way; merged is of those, and was endorsed twice more. Pledged is apart.
	whole, first, second, other, merged, pledged string
}

var goodsPast struct {
	sync.Once
	*goodsWorld
}

func newGoodsWorld(t testing.TB) *goodsWorld {
	t.Helper()
	goodsPast.Do(func() { goodsPast.goodsWorld = playGoods(t) })
	w := *goodsPast.goodsWorld
	w.world = &world{World: w.Fork(t), order: w.order}
	return &w
}

func playGoods(t testing.TB) *goodsWorld {
	t.Helper()
	w := &goodsWorld{world: &world{World: verificationtest.New(t)}}
	w.Pass(time.Second)
	w.order = w.Order("4000000.00")
	w.Do(w.Leader, "order.attest", w.order, financing.NoArgs{})
	w.lot = w.LotFor(w.order, money.MustParse("1600000.00"), "80 t", "A-1")
	w.covered = w.LotFor(w.order, money.MustParse("2000000.00"), "100 t", "A-2")
	w.Do(w.Keeper, "lot.release", w.lot, lot.ReleaseArgs{Quantity: goods.MustQuantity("5 t"), Date: w.Today(), Note: "CK-1"})
	w.whole, w.other, w.pledged = w.Issue(w.covered, "WR-1", "40 t"), w.Issue(w.covered, "WR-2", "20 t"), w.Issue(w.covered, "WR-3", "10 t")
	w.Rotate(w.Keeper)
	w.Endorse(w.whole, w.SME, w.SME2)
	w.Endorse(w.other, w.SME, w.SME2)
	w.first, w.second = w.SplitReceipt(w.whole, w.SME2, "WR-1", "15 t", "25 t")
	w.merged = w.MergeReceipts(w.first, w.other, w.SME2, "WR-4")
	w.Endorse(w.merged, w.SME2, w.Leader)
	w.Endorse(w.merged, w.Leader, w.SME2)
	fin := contracttest.NewID("FIN")
	w.Do(w.SME, "financing.apply", fin, financing.ApplyArgs{Lender: w.BankA.USCC, Product: financing.ReceiptLoan,
		Amount: money.MustParse("100000.00"), TenorMonths: 3, Purpose: "materials", Collateral: []string{w.pledged}})
	w.Do(w.BankA, "financing.offer", fin, financing.Offer{Amount: money.MustParse("100000.00"), AnnualRate: money.MustRate("0.0385"),
		Maturity: w.Today().AddDays(90), ValidUntil: w.Today().AddDays(7)})
	w.Do(w.SME, "financing.accept", fin, financing.AcceptArgs{})
	w.Do(w.BankA, "financing.reserve", fin, financing.ReserveArgs{Hours: 24})
	w.Do(w.SME, "warehouse-receipt.pledge", w.pledged, warehouse.PledgeArgs{Financing: fin})
	w.Do(w.Keeper, "warehouse-receipt.confirm-pledge", w.pledged, financing.NoArgs{})
	return w
}

func (w *goodsWorld) records() []string {
	return []string{w.lot, w.covered, w.whole, w.first, w.second, w.other, w.merged, w.pledged}
}

func TestAReceiptOfGoodsHoldsByItself(t *testing.T) {
	w := newGoodsWorld(t)
	anchor := evidence.KeyID(&w.Regulator.Key.PublicKey)
	verdicts := map[string]check.Verdict{w.lot: check.Pass, w.covered: check.Warn, w.second: check.Pass, w.merged: check.Pass, w.pledged: check.Pass}
	for _, id := range w.records() {
		for _, signed := range []bool{true, false} {
			raw := w.issue(t, id, signed)
			report, err := receipt.Verify(raw, receipt.Anchor(anchor))
			if err != nil {
				t.Fatal(err)
			}
			online := verification.Judge(w.Facts(id, w.BankA))
			if !reflect.DeepEqual(report.Verification, online) {
				t.Errorf("offline %+v, at the gateway %+v", report.Verification, online)
			}
			if n := len(verification.Checks(online.Kind)); n == 0 || len(report.Verification.Checks) != n {
				t.Errorf("%d checks of a %s, of %d", len(report.Verification.Checks), online.Kind, n)
			}
			want, ok := verdicts[id]
			if !ok {
				want = check.Fail // it is no more
			}
			if report.Record != id || !report.Pinned || online.Verdict != want || (report.Issuer != "") != signed {
				t.Errorf("%s by %q: %s, want %s", report.Record, report.Issuer, online.Verdict, want)
			}
			for _, f := range online.Checks {
				if (f.Check == "history" || f.Check == "signatures") && f.Verdict != check.Pass {
					t.Errorf("%s: %+v", id, f)
				}
			}
		}
	}
}

func TestAReceiptOfAWarehouseReceiptShowsItsDescentAndNothingOfTheLot(t *testing.T) {
	w := newGoodsWorld(t)
	raw := w.issue(t, w.merged, true)
	content := read(t, raw).Content
	about := map[string]int{}
	for _, line := range must(receipt.Verify(raw)).Commands {
		about[line.Subject]++
	}
	for _, id := range []string{w.whole, w.first, w.other, w.merged} {
		if about[id] == 0 {
			t.Errorf("no command about %s", id)
		}
	}
	if about[w.covered] > 0 || content.Lot == nil || content.Lot.Opening != nil || content.Record != nil || content.Order != nil {
		t.Errorf("%d commands about the lot, %+v", about[w.covered], content.Lot)
	}
	if own := read(t, w.issue(t, w.lot, true)).Content; own.Lot.Opening == nil || own.WarehouseReceipt != nil {
		t.Error("a lot by itself is shown without its terms, or with a warehouse receipt")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAReceiptOfGoodsShowsWhatBanksMayNotAsWithheld(t *testing.T) {
	w := newGoodsWorld(t)
	w.Show(w.merged, w.SME2, w.BankB)
	w.Do(w.BankB, "warehouse-receipt.value", w.merged, goods.ValueArgs{Source: "bank", Date: w.Today(), Price: money.MustParse("19000.00")})
	raw := w.issue(t, w.merged, true)
	report, err := receipt.Verify(raw)
	if err != nil {
		t.Fatal(err)
	}
	if last := report.Commands[len(report.Commands)-1]; last.Verb != "" || last.Party != "" {
		t.Errorf("%+v", last)
	}
	if n := len(read(t, raw).Content.WarehouseReceipt.Header.Grants); n != 1 {
		t.Errorf("%d grants are told", n)
	}
}

func TestAReceiptOfGoodsIsComparedWithAnyMembersLedger(t *testing.T) {
	w := newGoodsWorld(t)
	for _, id := range []string{w.lot, w.merged} {
		raw := w.issue(t, id, true)
		w.Do(w.Regulator, "lot.freeze", w.covered, lot.FreezeArgs{Reason: "(2026)鲁02执保1号"})
		if _, err := receipt.Compare(context.Background(), raw, w, receipt.Signed()); err != nil {
			t.Error(err)
		}
		w.Do(w.Regulator, "lot.unfreeze", w.covered, financing.NoArgs{})
	}
	w.Do(w.Regulator, "lot.freeze", w.covered, lot.FreezeArgs{Reason: "(2026)鲁02执保1号"})
	if v := must(receipt.Verify(w.issue(t, w.merged, true))).Verification; v.Verdict != check.Fail {
		t.Errorf("verdict %s although the lot is frozen", v.Verdict)
	}
}

// TestADroppedCommandOfALineageIsFoundOut drops each command in turn and makes the digest fit again. Only what nothing
// else rests on may go: of a lot, which commands about receipts change too, a command that left it in its state; of a
// receipt that was merged by a command about another one, the last.
func TestADroppedCommandOfALineageIsFoundOut(t *testing.T) {
	w := newGoodsWorld(t)
	for _, id := range []string{w.lot, w.merged, w.second} {
		raw := w.issue(t, id, false)
		lines := must(receipt.Verify(raw)).Commands
		for i, dropped := range lines {
			c := read(t, raw).Content
			c.Commands = slices.Delete(c.Commands, i, i+1)
			_, err := receipt.Verify(reseal(t, c))
			last := !slices.ContainsFunc(lines[i+1:], func(l receipt.Line) bool { return l.Subject == dropped.Subject })
			rests := dropped.Subject == w.other && last || dropped.Subject == w.lot && dropped.Verb != "lot.declare" && dropped.Verb != "lot.store"
			if (err == nil) != rests {
				t.Errorf("%s: without command %d, %s about %s: %v", id, i, dropped.Verb, dropped.Subject, err)
			}
		}
	}
}

func TestForgeriesOfGoodsAreNamed(t *testing.T) {
	w := newGoodsWorld(t)
	of := map[string][]byte{"lot": w.issue(t, w.lot, false), "whr": w.issue(t, w.merged, false)}
	trade := read(t, w.issue(t, w.order, false)).Content
	for name, c := range map[string]struct {
		of    string
		forge func(c *receipt.Content)
		code  receipt.Code
	}{
		"terms of the lot altered":            {"lot", func(c *receipt.Content) { swap(&c.Lot.Opening, "75", "95") }, receipt.OpeningMismatch},
		"terms of the receipt altered":        {"whr", func(c *receipt.Content) { swap(&c.WarehouseReceipt.Opening, "3 号库", "4 号库") }, receipt.OpeningMismatch},
		"owner of the lot altered":            {"lot", func(c *receipt.Content) { c.Lot.Header.Owner = w.SME2.USCC }, receipt.HeaderDiffers},
		"issuer altered":                      {"whr", func(c *receipt.Content) { c.WarehouseReceipt.Header.Owner = w.SME2.USCC }, receipt.HeaderDiffers},
		"state of the lot altered":            {"lot", func(c *receipt.Content) { c.Lot.Header.State = lot.Frozen }, receipt.HeaderDiffers},
		"an older version":                    {"whr", func(c *receipt.Content) { c.WarehouseReceipt.Header.Version-- }, receipt.HeaderDiffers},
		"born of another command":             {"whr", func(c *receipt.Content) { h := &c.WarehouseReceipt.Header; h.Creation = h.Command }, receipt.HeaderDiffers},
		"the lot of the receipt is left out":  {"whr", func(c *receipt.Content) { c.Lot = nil }, receipt.HeaderDiffers},
		"the lot of the receipt is another":   {"whr", func(c *receipt.Content) { c.Lot.Header = w.Header(w.lot) }, receipt.HeaderDiffers},
		"the lot of the receipt is disclosed": {"whr", func(c *receipt.Content) { c.Lot.Opening = w.Opening(w.covered) }, receipt.OpeningMismatch},
		"the register of another document":    {"whr", func(c *receipt.Content) { c.Documents[0].Token = w.Header(w.other).Tokens[0] }, receipt.HeaderDiffers},
		"the register was not asked":          {"lot", func(c *receipt.Content) { c.Documents = c.Documents[:0] }, receipt.HeaderDiffers},
		"a lien made up": {"lot", func(c *receipt.Content) {
			c.Verification.Encumbrances = append(c.Verification.Encumbrances, verification.Lien{})
		}, receipt.FindingsDiffer},
		"a lot passed for a receipt":                 {"lot", func(c *receipt.Content) { c.Lot, c.WarehouseReceipt = nil, c.Lot }, receipt.HeaderDiffers},
		"a receipt passed for a lot":                 {"whr", func(c *receipt.Content) { c.Lot, c.WarehouseReceipt = c.WarehouseReceipt, nil }, receipt.HeaderDiffers},
		"a lot that says it is an order":             {"lot", func(c *receipt.Content) { c.Lot.Header.Kind = "order" }, receipt.HeaderDiffers},
		"a receivable's order that says it is a lot": {"order", func(c *receipt.Content) { c.Order.Header.Kind = "lot" }, receipt.HeaderDiffers},
		"a better verdict":                           {"whr", func(c *receipt.Content) { c.Verification.Checks[0].Verdict = check.Warn }, receipt.FindingsDiffer},
		"a check left out":                           {"lot", func(c *receipt.Content) { c.Verification.Checks = c.Verification.Checks[:16] }, receipt.FindingsDiffer},
		"an endorsement signed by a stranger": {"whr", func(c *receipt.Content) {
			stranger := &contracttest.Actor{USCC: w.SME2.USCC, Key: contracttest.NewKey()}
			last(c).JWS, _ = w.SignIntent(stranger, w.Intent(stranger, "warehouse-receipt.endorse", w.merged, warehouse.EndorseArgs{To: w.SME.USCC}))
		}, receipt.KeyUnknown},
		"the last command withheld": {"whr", func(c *receipt.Content) { last(c).JWS = "" }, receipt.FindingsDiffer},
	} {
		t.Run(name, func(t *testing.T) {
			content := trade
			if raw, ok := of[c.of]; ok {
				content = read(t, raw).Content
			}
			c.forge(&content)
			if _, err := receipt.Verify(reseal(t, content)); !failed(t, err).Has(c.code) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	t.Run("goods and a trade in one", func(t *testing.T) {
		content := read(t, of["lot"]).Content
		content.Order = trade.Order
		if _, err := receipt.Verify(reseal(t, content)); !strings.Contains(fmt.Sprint(err), "it must be about") {
			t.Error(err)
		}
	})
}

func swap[T ~[]byte](opening *T, old, by string) {
	*opening = bytes.Replace(*opening, []byte(old), []byte(by), 1)
}

// ledgersWord are the fields, with all that they hold, that follow from no signed command in the receipt: only the
// issuer's signature, or a comparison with a member's ledger, holds them. Every other one is found out even where the
// digest is made to fit again.
var ledgersWord = map[string][]string{
	"lot": append([]string{"lot/header/grants", "documents/*/first", "documents/*/own"}, ledgersOwn...), // of the place alone
	"warehouse receipt": append([]string{"warehouseReceipt/header/grants", "warehouseReceipt/header/parents/*", // the commands about the lot are not shown:
		"lot/header/command", "lot/header/created", "lot/header/creation", "lot/header/grants", "lot/header/owner", "lot/header/terms",
		"lot/header/tokens", "lot/header/updated", "lot/header/version"}, ledgersOwn...),
}

// ledgersOwn are the positions, and what the ledger answered to commands on which nothing else here rests; and who asked when.
var ledgersOwn = []string{"blocks/*/hash", "blocks/*/previous", "blocks/*/time", "commands/*/position/index", "commands/*/position/tx",
	"commands/*/position/txIndex", "commands/*/result/state", "commands/*/result/terms", "issued", "issuedFor"}

// TestEveryChangedFieldOfAReceiptOfGoodsIsFoundOut changes each field in turn, leaves it out in turn, and makes the digest
// fit again, as somebody without the issuer's key could.
func TestEveryChangedFieldOfAReceiptOfGoodsIsFoundOut(t *testing.T) {
	w := newGoodsWorld(t)
	for kind, id := range map[string]string{"lot": w.lot, "warehouse receipt": w.merged} {
		t.Run(kind, func(t *testing.T) {
			content := read(t, w.issue(t, id, false)).Content
			words, found := ledgersWord[kind], map[string]bool{}
			for _, f := range fieldsOf(t, content) {
				for how, forged := range f.forgeries(t, content) {
					if _, err := receipt.Verify(reseal(t, forged)); err != nil {
						continue
					}
					i := slices.IndexFunc(words, func(word string) bool { return f.name() == word || strings.HasPrefix(f.name(), word+"/") })
					if i < 0 {
						t.Errorf("%s %s is not found out", f.name(), how)
						continue
					}
					found[words[i]] = true
				}
			}
			if len(found) != len(words) {
				t.Errorf("of what is called the ledger's word, %v alone is not found out", slices.Sorted(maps.Keys(found)))
			}
		})
	}
}

// TestUnderTheIssuersSignatureNoFieldCanBeChanged makes the digest fit, but no forger can make the signature again.
func TestUnderTheIssuersSignatureNoFieldCanBeChanged(t *testing.T) {
	w := newGoodsWorld(t)
	signed := read(t, w.issue(t, w.lot, true))
	for _, f := range fieldsOf(t, signed.Content) {
		for how, forged := range f.forgeries(t, signed.Content) {
			file, err := receipt.Read(reseal(t, forged))
			if err != nil {
				continue
			}
			file.Signature = signed.Signature
			if _, err := receipt.Verify(must(canon.Marshal(file))); !failed(t, err).Has(receipt.ReceiptSignatureInvalid) {
				t.Errorf("%s %s: %v", f.name(), how, err)
			}
		}
	}
}

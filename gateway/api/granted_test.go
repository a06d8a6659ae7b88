package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/oklog/ulid/v2"

	"decore/chaincode/contract"
	"decore/chaincode/ident"
)

type grantWarning struct {
	Code, Message, Field string
	LimitedBy            []struct{ Code, Title, Detail, Room string }
}

func (g grantWarning) by() string {
	codes := make([]string, len(g.LimitedBy))
	for i, l := range g.LimitedBy {
		codes[i] = l.Code
	}
	return strings.Join(codes, " ")
}

// partly is an answer, or an item of one, that may warn of a grant.
type partly struct {
	ID       string
	Warnings []grantWarning
}

type partlyBatch struct{ Results []partly }

// says checks that an answer has no warning, for "", or one whose message says the words.
func (p partly) says(t *testing.T, code string, words ...string) {
	t.Helper()
	switch {
	case code == "" && len(p.Warnings) == 0:
	case len(p.Warnings) != 1 || p.Warnings[0].Code != code:
		t.Errorf("warnings %+v, want %q", p.Warnings, code)
	default:
		for _, word := range words {
			if !strings.Contains(p.Warnings[0].Message, word) {
				t.Errorf("%q does not say %q", p.Warnings[0].Message, word)
			}
		}
	}
}

func TestAHoldThatIsGrantedInPartSaysSo(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	first, second := w.fixedAsset(bankA, "40000000.00"), w.fixedAsset(bankA, "20000000.00") // 1,216,666.67 and, of 10 million, 304,166.67
	items := []object{{"verb": "hold", "args": w.holdBody(policy, first)}, {"verb": "hold", "args": w.holdBody(policy, second)}}
	const claims = "/v1/subsidy/claims"
	both := []string{"283333.33", "10000000.00", "Only a part of the principal fits", "Only a part of the subsidy fits"}

	t.Run("a dry run of a batch counts each item after those before it", func(t *testing.T) {
		got := into[partlyBatch](w, w.post(bankA, claims+"/batch?dryRun=true", object{"items": items}), http.StatusOK).Results
		got[0].says(t, "")
		got[1].says(t, "GRANTED_IN_PART", both...)
	})
	t.Run("alone, before anything is held, it is granted whole", func(t *testing.T) {
		into[partly](w, w.post(bankA, claims+"?dryRun=true", items[1]["args"]), http.StatusCreated).says(t, "")
	})
	w.act(bankA, claims, items[0]["args"])
	quoted := into[struct{ LimitedBy []struct{ Code string } }](w, w.post(bankA, "/v1/subsidy/quotes", items[1]["args"]), http.StatusOK).LimitedBy

	t.Run("its dry run, in Chinese too", func(t *testing.T) {
		got := into[partly](w, w.post(bankA, claims+"?dryRun=true", items[1]["args"]), http.StatusCreated)
		got.says(t, "GRANTED_IN_PART", both...)
		if g := got.Warnings[0]; g.Field != "/financing" || g.by() != "PRINCIPAL_CAP_REACHED AMOUNT_CAP_REACHED" || len(quoted) != 2 || g.LimitedBy[1].Room != "283333.33" || g.LimitedBy[0].Room != "10000000.00" {
			t.Errorf("%+v, the quote is limited by %v", g, quoted)
		}
		into[partly](w, w.post(bankA, claims+"?dryRun=true", items[1]["args"], "Accept-Language", "zh-CN"), http.StatusCreated).says(t, "GRANTED_IN_PART", "本次核定 283333.33 元", "单户贴息金额上限")
	})
	t.Run("of a command that the bank signed itself, too", func(t *testing.T) {
		key, _, err := w.Keys.Key(bankA)
		w.must(err)
		h := contract.HoldArgs{Policy: policy, Financing: second, SizeClass: "small", Private: true, Sector: items[1]["args"].(object)["sector"].(string)}
		own := object{"commands": []object{w.sign(bankA, key, "subsidy.hold", "SUB-"+ulid.Make().String(), h, nil)}}
		got := into[partlyBatch](w, w.post(bankA, "/v1/commands?dryRun=true", own), http.StatusOK).Results
		got[0].says(t, "GRANTED_IN_PART", both...)
	})
	t.Run("as an item of a batch", func(t *testing.T) {
		got := into[partlyBatch](w, w.post(bankA, claims+"/batch", object{"items": items[1:]}), http.StatusOK).Results
		got[0].says(t, "GRANTED_IN_PART", both...)
		if by := got[0].Warnings[0].by(); by != "PRINCIPAL_CAP_REACHED AMOUNT_CAP_REACHED" {
			t.Errorf("limited by %s", by)
		}
	})
	t.Run("by the answer that its Idempotency-Key keeps", func(t *testing.T) {
		other := w.holdBody(policy, w.fixedAssetOf(rival, bankA, "60000000.00"))
		one := w.post(bankA, claims, other, "Idempotency-Key", "in-part")
		into[partly](w, one, http.StatusCreated).says(t, "GRANTED_IN_PART", "1500000.00", "50000000.00")
		if again := w.post(bankA, claims, other, "Idempotency-Key", "in-part"); string(again.body) != string(one.body) {
			t.Errorf("%s, and again %s", one.body, again.body)
		}
	})
	t.Run("and no other command of a claim warns", func(t *testing.T) {
		claim := w.act(bankA, claims, w.holdBody(policy, w.fixedAssetOf(spare, bankA, "1000000.00"))).ID
		into[partly](w, w.post(bankA, claims+"/"+claim+"/release", nil), http.StatusOK).says(t, "")
	})
}

func TestADryRunTellsNothingOfAGrantAfterARoomThatAnotherCommandFrees(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	held := w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAsset(bankA, "40000000.00"))).ID
	items := object{"items": []object{{"verb": "release", "id": held}, {"verb": "hold", "args": w.holdBody(policy, w.fixedAsset(bankA, "20000000.00"))}}}
	for _, query := range []string{"?dryRun=true", ""} {
		for _, r := range into[partlyBatch](w, w.post(bankA, "/v1/subsidy/claims/batch"+query, items), http.StatusOK).Results {
			r.says(t, "")
		}
	}
}

func TestATopUpThatIsGrantedInPartSaysSo(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	p := into[object](w, w.get(bureau, "/v1/subsidy/policies/"+policy), http.StatusOK)
	p["version"], p["subsidiseExtension"], p["amountCap"] = 2, true, "20000.00"
	w.act(bureau, "/v1/subsidy/policies/"+policy, p)
	topUp := func(borrower ident.USCC, amount string) string {
		fin := w.act(borrower, "/v1/financings", object{"lender": bankA, "product": "fixed-asset-loan", "amount": amount, "tenorMonths": 12, "purpose": "冲压线"}).ID
		w.act(bankA, "/v1/financings/"+fin+"/offer", object{"amount": amount, "annualRate": "0.0385", "maturity": w.days(365), "validUntil": w.days(7)})
		w.act(borrower, "/v1/financings/"+fin+"/accept", nil)
		w.act(bankA, "/v1/financings/"+fin+"/disburse", object{"amount": amount, "date": w.days(0), "reference": "LN" + fin})
		claim := w.act(bankA, "/v1/subsidy/claims", w.holdBody(policy, fin)).ID
		w.act(borrower, "/v1/financings/"+fin+"/request-extension", object{"maturity": w.days(545), "reason": "设备交付推迟"})
		w.act(bankA, "/v1/financings/"+fin+"/extend", nil)
		return "/v1/subsidy/claims/" + claim + "/top-up"
	}
	cut, whole := topUp(supplier, "1000000.00"), topUp(rival, "100000.00") // 15,208.33, and 7,500.00 of which 4,791.67 fit
	for _, query := range []string{"?dryRun=true", ""} {
		got := into[partly](w, w.post(bankA, cut+query, object{}), http.StatusOK)
		got.says(t, "GRANTED_IN_PART", "4791.67 yuan are granted", "Only a part of the subsidy fits")
		if g := got.Warnings; len(g) == 1 && (g[0].by() != "AMOUNT_CAP_REACHED" || g[0].Field != "" || g[0].LimitedBy[0].Room != "4791.67") {
			t.Errorf("%+v", g)
		}
		into[partly](w, w.post(bankA, whole+query, object{}), http.StatusOK).says(t, "")
	}
}

func TestASuccessionThatPassesACapSaysSo(t *testing.T) {
	w := newWorld(t)
	policy := w.subsidyPolicy()
	hold := func(borrower, bank ident.USCC, amount string) string {
		return w.act(bank, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAssetOf(borrower, bank, amount))).ID
	}
	mine, own, small := hold(supplier, bankA, "40000000.00"), hold(rival, bankB, "30000000.00"), hold(spare, bankA, "1000000.00")
	succeed := func(old, heir ident.USCC, claims ...string) object {
		return object{"policy": policy, "old": old, "heir": heir, "on": w.days(0), "document": "合并登记", "claims": claims}
	}
	const path = "/v1/subsidy/successions"
	words := []string{"the cap on the subsidy (1500000.00 yuan) by 629166.67 yuan", "the cap on principal (50000000.00 yuan) by 20000000.00 yuan"}

	into[partly](w, w.post(bureau, path+"?dryRun=true", succeed(spare, supplier, small)), http.StatusCreated).says(t, "")
	chain := object{"items": []object{{"verb": "record", "args": succeed(spare, supplier, small)}, {"verb": "record", "args": succeed(supplier, rival, mine, small)}}}
	got := into[partlyBatch](w, w.post(bureau, path+"/batch?dryRun=true", chain), http.StatusOK).Results
	got[0].says(t, "")
	got[1].says(t, "CAPS_PASSED", "by 659583.34 yuan", "by 21000000.00 yuan")
	into[partly](w, w.post(bureau, path+"?dryRun=true", succeed(supplier, rival, mine), "Accept-Language", "zh-CN"), http.StatusCreated).
		says(t, "CAPS_PASSED", "单户贴息金额上限（1500000.00 元）超出 629166.67 元", "单户贷款规模上限（50000000.00 元）超出 20000000.00 元")
	for _, query := range []string{"?dryRun=true", ""} {
		into[partly](w, w.post(bureau, path+query, succeed(supplier, rival, mine)), http.StatusCreated).says(t, "CAPS_PASSED", words...)
	}
	w.refuse(http.StatusUnprocessableEntity, "PRINCIPAL_CAP_REACHED", w.post(bankB, "/v1/subsidy/claims", w.holdBody(policy, w.fixedAssetOf(rival, bankB, "1000000.00"))))
	if claim := into[struct {
		Terms struct{ Claim struct{ Granted string } }
	}](w, w.get(bankB, "/v1/subsidy/claims/"+own), http.StatusOK); claim.Terms.Claim.Granted != "912500.00" {
		t.Errorf("what was granted is %s", claim.Terms.Claim.Granted)
	}
	into[partly](w, w.post(bureau, path, succeed(rival, spare, mine, own)), http.StatusCreated).says(t, "CAPS_PASSED", "by 659583.34 yuan")
}

func TestTheDocumentSaysWhatASuccessionDoesToTheCaps(t *testing.T) {
	w := newWorld(t)
	doc := into[struct {
		Paths map[string]struct{ Post struct{ Description string } }
	}](w, w.get("", "/openapi.json"), http.StatusOK)
	said := doc.Paths["/v1/subsidy/successions"].Post.Description
	for _, words := range []string{"CAPS_PASSED", "已核定的额度继续有效", "stays granted"} {
		if !strings.Contains(said, words) {
			t.Errorf("%q does not say %q", said, words)
		}
	}
}

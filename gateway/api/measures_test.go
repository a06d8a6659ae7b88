package api_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"decore/fixtures"
)

// notice is the fixtures' central notice under an ID of the test's, for a policy of the test's.
func (w *world) notice(id string, version int) object {
	w.Helper()
	raw, err := fixtures.FS.ReadFile("measures/central-2026-4.json")
	if err != nil {
		w.Fatal(err)
	}
	var m object
	if err := json.Unmarshal(raw, &m); err != nil {
		w.Fatal(err)
	}
	m["id"], m["version"], m["policy"] = id, version, id+"-policy"
	return m
}

// city is a municipal measure that sets one thing of the notice's policy.
func (w *world) city(id, notice string, settings object) object {
	m := w.notice(notice, 1)
	m["id"], m["level"], m["number"], m["provisions"] = id, "municipal", "青办〔2026〕9号", []object{{"clause": "(九)", "settings": settings}}
	return m
}

func (w *world) draftedMeasure(id string) string {
	w.Helper()
	w.act(bureau, "/v1/subsidy/measures/"+id+"/draft", w.notice(id, 1))
	return id
}

// inForce drafts a measure and puts it in force.
func (w *world) inForce(m object) {
	w.Helper()
	path, verb := "/v1/subsidy/measures/"+m["id"].(string), "/publish"
	if m["version"] != 1 {
		verb = "/supersede"
	}
	w.act(bureau, path+"/draft", m)
	w.act(bureau, path+verb, object{"version": m["version"], "digest": w.digest(path)})
}

func (w *world) digest(path string) string {
	w.Helper()
	return into[struct{ Digest string }](w, w.get(bureau, path), http.StatusOK).Digest
}

type policyRecord struct {
	Version   int
	Status    string
	AmountCap string
	Sources   []struct{ Field, Document, Clause string }
}

func TestPolicyDocumentsCombineIntoThePolicy(t *testing.T) {
	w := newWorld(t)
	w.inForce(w.notice("cn", 1))
	policy := "/v1/subsidy/policies/cn-policy"
	if p := into[policyRecord](w, w.get(supplier, policy), http.StatusOK); p.Version != 1 || p.AmountCap != "1500000.00" || len(p.Sources) == 0 || p.Sources[0].Document != "财金〔2026〕4号" {
		t.Errorf("%+v", p)
	}
	w.refuse(http.StatusNotFound, "NOT_FOUND", w.get(supplier, "/v1/subsidy/measures/qd"))
	city := w.city("qd", "cn", object{"amountCap": "1000000.00"})
	w.act(bureau, "/v1/subsidy/measures/qd/draft", city)
	effect := into[struct{ Versions []policyRecord }](w, w.get(bankA, "/v1/subsidy/measures/qd/effect"), http.StatusOK)
	if len(effect.Versions) == 0 || effect.Versions[0].Version != 3 || effect.Versions[0].AmountCap != "1000000.00" {
		t.Errorf("publishing would make %+v", effect)
	}
	w.refuse(http.StatusConflict, "TERMS_CHANGED", w.post(bureau, "/v1/subsidy/measures/qd/publish", object{"version": 1, "digest": w.digest("/v1/subsidy/measures/cn")}))
	w.act(bureau, "/v1/subsidy/measures/qd/publish", object{"version": 1, "digest": w.digest("/v1/subsidy/measures/qd")})
	p := into[policyRecord](w, w.get(supplier, policy), http.StatusOK)
	if p.Version != effect.Versions[0].Version {
		t.Errorf("it made %+v, and not what the preview said", p)
	}
	lists := into[struct {
		Version               int
		Chains, NamedBanks    []string
		SizeTable             []struct{ Industry string }
		Grounds               []struct{ Code, Document, Clause, Setting, Why string }
		Sectors, RefusedUses  []string
		HandlingBanks, Sector []string
	}](w, w.get(supplier, policy+"/lists"), http.StatusOK)
	if lists.Version != p.Version || len(lists.SizeTable) != 16 || len(lists.NamedBanks) != 21 || len(lists.Chains) != 14 || len(lists.Sectors) != 23 {
		t.Errorf("%+v", lists)
	}
	for _, g := range lists.Grounds {
		if g.Document == "" && g.Why == "" {
			t.Errorf("no ground of %s", g.Code)
		}
		if g.Code == "AMOUNT_CAP_REACHED" && g.Document != "青办〔2026〕9号" {
			t.Errorf("the cap is said to be from %s", g.Document)
		}
	}
	if got := into[struct{ Version int }](w, w.get(supplier, policy+"/lists?on=2026-01-21"), http.StatusOK); got.Version == 0 {
		t.Errorf("on another day: %+v", got)
	}
	w.refuse(http.StatusUnprocessableEntity, "DATE_INVALID", w.get(supplier, policy+"/lists?on=yesterday"))
	w.refuse(http.StatusConflict, "POLICY_COMBINED", w.post(bureau, policy, into[object](w, w.get(bureau, policy), http.StatusOK)))
	w.act(bureau, "/v1/subsidy/measures/qd/repeal", object{"from": w.days(0), "by": "青办〔2026〕99号"})
	signed := into[struct {
		Items []struct{ Verb, Party, Status, JWS string }
	}](w, w.get(supplier, "/v1/subsidy/measures/qd/history"), http.StatusOK).Items
	if n := len(signed); n != 4 || signed[0].Verb != "measure.draft" || signed[n-1].Verb != "measure.repeal" || signed[n-1].Party != string(bureau) || signed[n-1].JWS == "" {
		t.Errorf("%+v", signed)
	}
	if got := into[policyRecord](w, w.get(supplier, policy+"?on=2031-01-01"), http.StatusOK); got.Status != "expired" {
		t.Errorf("in 2031 the policy is %+v", got)
	}
	if list := into[struct{ Items []struct{ ID, Status string } }](w, w.get(bankA, "/v1/subsidy/measures?policy=cn-policy"), http.StatusOK); len(list.Items) != 3 || list.Items[2].Status != "expired" {
		t.Errorf("%+v", list)
	}
}

func TestAPolicyDocumentThatCannotStandIsRefusedWithItsField(t *testing.T) {
	w := newWorld(t)
	w.inForce(w.notice("cn", 1))
	m := w.notice("cn", 2)
	m["provisions"].([]any)[0].(map[string]any)["settings"] = object{"amount": "1.00"}
	p := w.refuse(http.StatusUnprocessableEntity, "POLICY_INVALID", w.post(bureau, "/v1/subsidy/measures/cn/draft", m))
	if p.Detail == "" {
		t.Errorf("it does not say why: %+v", p)
	}
	w.refuse(http.StatusConflict, "POLICY_VERSION", w.post(bureau, "/v1/subsidy/measures/cn/draft", w.notice("cn", 1)))
	w.refuse(http.StatusUnprocessableEntity, "POLICY_INVALID", w.post(bureau, "/v1/subsidy/measures/other/draft", w.notice("cn", 2)))
	w.act(bureau, "/v1/subsidy/measures/textiles/draft", w.city("textiles", "cn", object{"sectors": []string{"纺织"}}))
	p = w.refuse(http.StatusUnprocessableEntity, "POLICY_CONTRADICTION", w.post(bureau, "/v1/subsidy/measures/textiles/publish", object{"version": 1, "digest": w.digest("/v1/subsidy/measures/textiles")}))
	if p.Detail == "" {
		t.Errorf("it does not say why: %+v", p)
	}
}

func TestFiguresGiveTheSizeClass(t *testing.T) {
	w := newWorld(t)
	path := "/v1/subsidy/policies/" + w.subsidyPolicy() + "/size-class"
	figures := func(industry string, staff int, revenue string) object {
		return object{"industry": industry, "staff": staff, "revenue": revenue, "assets": "0.00", "asOf": "2025-12-31"}
	}
	type answer struct {
		Class    string
		Eligible bool
		Row      struct{ Medium struct{ Staff int } }
	}
	if got := into[answer](w, w.post(bankA, path, figures("工业", 300, "20000000.00")), http.StatusOK); got.Class != "medium" || !got.Eligible || got.Row.Medium.Staff != 300 {
		t.Errorf("%+v", got)
	}
	if got := into[answer](w, w.post(bankA, path, figures("工业", 1000, "400000000.00")), http.StatusOK); got.Class != "large" || got.Eligible {
		t.Errorf("%+v", got)
	}
	w.refuse(http.StatusUnprocessableEntity, "FIELD_INVALID", w.post(bankA, path, figures("采集狩猎", 1, "1.00")))
	w.refuse(http.StatusNotFound, "NOT_FOUND", w.post(bankA, "/v1/subsidy/policies/none/size-class", figures("工业", 1, "1.00")))
	body := w.holdBody("test-subsidy", w.fixedAsset(bankA, "1000000.00"))
	body["figures"] = figures("工业", 1000, "400000000.00")
	delete(body, "sizeClass")
	q := into[quotation](w, w.post(bankA, "/v1/subsidy/quotes", body), http.StatusOK)
	if q.Eligible || len(q.Reasons) != 1 || q.Reasons[0].Code != "NOT_SME" || q.Reasons[0].Document != "财金〔2026〕4号" {
		t.Errorf("%+v", q)
	}
	w.refuse(http.StatusUnprocessableEntity, "NOT_SME", w.post(bankA, "/v1/subsidy/claims", body))
}

func TestWhatTakesEffectOnADayThatIsOverIsAcceptedWithAWarning(t *testing.T) {
	w := newWorld(t)
	type told struct {
		Warnings []struct{ Code, Message, Field string }
	}
	check := func(what string, got told, field, words string) {
		t.Helper()
		if field == "" && len(got.Warnings) == 0 {
			return
		}
		if field == "" || len(got.Warnings) != 1 || got.Warnings[0].Code != "RETROACTIVE" || got.Warnings[0].Field != field || !strings.Contains(got.Warnings[0].Message, words) {
			t.Errorf("%s: %+v, want one at %q", what, got, field)
		}
	}
	for _, c := range []struct {
		from             int // days from today
		measure, effects string
		repeal, policy   string
	}{
		{-1, "/version", "/versions/0/effectiveFrom", "/from", "/effectiveFrom"},
		{0, "", "", "", ""},
		{1, "", "", "", ""},
	} {
		id := "cn" + strconv.Itoa(c.from+1)
		path, from := "/v1/subsidy/measures/"+id, w.days(c.from)
		m := w.notice(id, 1)
		m["effectiveFrom"] = from
		w.act(bureau, path+"/draft", m)
		check("effect", into[told](w, w.get(bureau, path+"/effect"), http.StatusOK), c.effects, from)
		body := object{"version": 1, "digest": w.digest(path)}
		check("tried", into[told](w, w.post(bureau, path+"/publish?dryRun=true", body), http.StatusOK), c.measure, from)
		key := "warned-" + id
		first := w.post(bureau, path+"/publish", body, "Idempotency-Key", key, "Accept-Language", "zh")
		check("publish", into[told](w, first, http.StatusOK), c.measure, "自 "+from+" 起生效，早于今日")
		if again := w.post(bureau, path+"/publish", body, "Idempotency-Key", key, "Accept-Language", "zh"); string(again.body) != string(first.body) {
			t.Errorf("repeated: %s", again.body)
		}
		check("repeal", into[told](w, w.post(bureau, path+"/repeal", object{"from": from, "by": "x"}), http.StatusOK), c.repeal, from)

		p := into[object](w, w.get(bureau, "/v1/subsidy/policies/"+w.onePiece()), http.StatusOK)
		p["id"], p["version"], p["effectiveFrom"], p["effectiveTo"] = "one-"+id, 1, from, ""
		check("policy", into[told](w, w.post(bureau, "/v1/subsidy/policies/one-"+id, p), http.StatusOK), c.policy, from)
	}
}

// onePiece is a policy of the charter's that was published in one piece.
func (w *world) onePiece() string {
	w.Helper()
	list := into[struct{ Items []struct{ ID string } }](w, w.get(bureau, "/v1/subsidy/policies"), http.StatusOK)
	i := slices.IndexFunc(list.Items, func(p struct{ ID string }) bool { return strings.HasPrefix(p.ID, "subsidy-") })
	return list.Items[i].ID
}

package contract_test

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/subsidy"
	"decore/fixtures"
)

// measuredPolicy is the policy that the measures of these tests make.
const measuredPolicy = "measured"

// notice is a version of the fixtures' central notice under an ID of the test's, with settings changed.
func (w *world) notice(id string, version int, settings ...string) subsidy.Measure {
	w.T.Helper()
	raw, err := fixtures.FS.ReadFile("measures/central-2026-4.json")
	if err != nil {
		w.T.Fatal(err)
	}
	m, err := subsidy.ParseMeasure(raw)
	if err != nil {
		w.T.Fatal(err)
	}
	m.ID, m.Version, m.Policy = id, version, measuredPolicy
	for i := 0; i+1 < len(settings); i += 2 {
		for _, p := range m.Provisions {
			if _, says := p.Settings[settings[i]]; says {
				p.Settings[settings[i]] = jsontext.Value(settings[i+1])
			}
		}
	}
	return m
}

// city is a municipal measure that sets one thing, from a day on.
func (w *world) city(from calendar.Date, setting, value string) subsidy.Measure {
	m := w.notice("city", 1)
	m.Level, m.Number, m.EffectiveFrom, m.EffectiveTo = subsidy.Municipal, "青办〔2026〕9号", from, calendar.Date{}
	m.Provisions = []subsidy.Provision{{Clause: "(九)", Settings: map[string]jsontext.Value{setting: jsontext.Value(value)}}}
	return m
}

func (w *world) measureHead(id string) (head contract.MeasureHead) {
	if w.State.Public[contract.MeasureKey(id)] != nil {
		w.read(contract.MeasureKey(id), &head)
	}
	return head
}

func (w *world) draft(m subsidy.Measure) string {
	w.Do(w.Regulator, "measure.draft", m.ID, contract.DraftArgs{Measure: mustCanonical(w.T, m)})
	return m.ID
}

func (w *world) drafted(id string) string { return w.draft(w.notice(id, 1)) }

func (w *world) published(id string) string { return w.publish(w.notice(id, 1)) }

// publish drafts a measure and puts it in force.
func (w *world) publish(m subsidy.Measure) string {
	w.draft(m)
	verb := "measure.publish"
	if m.Version > 1 {
		verb = "measure.supersede"
	}
	w.Do(w.Regulator, verb, m.ID, samplePutInForce(w, m.ID))
	return m.ID
}

// samplePutInForce names the draft that is there.
func samplePutInForce(w *world, id string) any {
	version := w.measureHead(id).Drafted
	return contract.PutInForceArgs{Version: max(1, version), Digest: evidence.Commit(w.State.Public[contract.MeasureVersionKey(id, version)])}
}

// version reads a version of the policy that the measures make.
func (w *world) version(n int) (p subsidy.Policy) {
	w.T.Helper()
	w.read(contract.PolicyVersionKey(measuredPolicy, n), &p)
	return p
}

func TestMeasuresMakeAPolicyVersionByVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	july := calendar.MustParse("2026-07-01")
	w.drafted("notice")
	if w.State.Public[contract.PolicyKey(measuredPolicy)] != nil {
		t.Fatal("a draft made a policy")
	}
	w.published("notice")
	first := w.version(1)
	if first.Status != subsidy.InForce || first.AmountCap.String() != "1500000.00" || first.EffectiveFrom != calendar.MustParse("2026-01-20") || len(first.Sources) == 0 {
		t.Errorf("version 1 is %+v", first)
	}
	w.publish(w.city(july, "amountCap", `"1000000.00"`))
	if p := w.version(3); p.AmountCap.String() != "1000000.00" || p.EffectiveFrom != july {
		t.Errorf("from July on the cap is %s from %s", p.AmountCap, p.EffectiveFrom)
	}
	before := w.State.Clone()
	w.Do(w.Regulator, "measure.repeal", "city", contract.RepealArgs{From: calendar.MustParse("2026-10-01"), By: "青办〔2026〕99号"})
	if p := w.version(5); p.AmountCap.String() != "1500000.00" || p.EffectiveFrom != calendar.MustParse("2026-10-01") {
		t.Errorf("after the repeal the cap is %s from %s", p.AmountCap, p.EffectiveFrom)
	}
	for _, key := range []string{contract.PolicyVersionKey(measuredPolicy, 1), contract.PolicyVersionKey(measuredPolicy, 3), contract.MeasureVersionKey("city", 1), contract.MeasureVersionKey("notice", 1)} {
		if string(before.Public[key]) != string(w.State.Public[key]) {
			t.Errorf("%s has changed", key)
		}
	}
	var gone subsidy.Measure
	w.read(contract.MeasureVersionKey("city", 2), &gone)
	if gone.Status != subsidy.Expired || gone.Repeal != "青办〔2026〕99号" {
		t.Errorf("the repeal reads %+v", gone)
	}
}

func TestAMeasureThatCannotStandIsRefused(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.published("notice")
	base.draft(base.city(base.today(), "amountCap", `"1000000.00"`))
	draft := func(id string, change func(*subsidy.Measure)) func(*world) contract.Result {
		return func(w *world) contract.Result {
			m := w.notice(id, 1)
			change(&m)
			return w.Try(w.Regulator, "measure.draft", id, contract.DraftArgs{Measure: mustCanonical(w.T, m)})
		}
	}
	inForce := func(verb, id string, change func(*contract.PutInForceArgs)) func(*world) contract.Result {
		return func(w *world) contract.Result {
			args := samplePutInForce(w, id).(contract.PutInForceArgs)
			change(&args)
			return w.Try(w.Regulator, verb, id, args)
		}
	}
	same := func(*contract.PutInForceArgs) {}
	for name, c := range map[string]struct {
		try   func(*world) contract.Result
		code  string
		field string
	}{
		"a published version with other data":     {draft("notice", func(m *subsidy.Measure) { m.Title = "other" }), "POLICY_VERSION", "/measure/version"},
		"a version left out":                      {draft("notice", func(m *subsidy.Measure) { m.Version = 3 }), "POLICY_VERSION", "/measure/version"},
		"a draft that says it is in force":        {draft("new", func(m *subsidy.Measure) { m.Status = subsidy.InForce }), "POLICY_INVALID", "/measure/status"},
		"a draft under another ID":                {draft("new", func(m *subsidy.Measure) { m.ID = "notice" }), "POLICY_INVALID", "/measure/id"},
		"a draft with an ID that names a version": {draft("notice/000001", func(*subsidy.Measure) {}), "POLICY_INVALID", "/measure/id"},
		"a draft of the credit policy":            {draft("new", func(m *subsidy.Measure) { m.Policy = contract.CreditPolicy }), "POLICY_INVALID", "/measure/policy"},
		"a draft without provisions":              {draft("new", func(m *subsidy.Measure) { m.Provisions = nil }), "POLICY_INVALID", "/measure/provisions"},
		"a next version of another policy":        {draft("notice", func(m *subsidy.Measure) { m.Version, m.Policy = 2, "other" }), "POLICY_INVALID", "/measure/policy"},
		"a next version of another level":         {draft("notice", func(m *subsidy.Measure) { m.Version, m.Level = 2, subsidy.Municipal }), "POLICY_INVALID", "/measure/level"},
		"what is no measure": {func(w *world) contract.Result {
			return w.Try(w.Regulator, "measure.draft", "new", contract.DraftArgs{Measure: jsontext.Value(`[]`)})
		}, "POLICY_INVALID", "/measure"},
		"another draft than the signer read": {inForce("measure.publish", "city", func(a *contract.PutInForceArgs) { a.Digest = evidence.Commit([]byte("x")) }), "TERMS_CHANGED", "/digest"},
		"a version that is no draft":         {inForce("measure.publish", "city", func(a *contract.PutInForceArgs) { a.Version = 2 }), "POLICY_VERSION", "/version"},
		"no draft to supersede by":           {inForce("measure.supersede", "notice", same), "POLICY_VERSION", "/version"},
		"publishing twice":                   {inForce("measure.publish", "notice", same), "WRONG_STATE", ""},
		"superseding what is a draft":        {inForce("measure.supersede", "city", same), "WRONG_STATE", ""},
		"a measure that is not there":        {inForce("measure.publish", "nothing", same), "RECORD_NOT_FOUND", "/subject"},
		"a version for a measure": {func(w *world) contract.Result {
			return w.Try(w.Regulator, "measure.publish", "notice/000001", samplePutInForce(w, "notice"))
		}, "RECORD_NOT_FOUND", "/subject"},
		"repealing what is a draft": {func(w *world) contract.Result {
			return w.Try(w.Regulator, "measure.repeal", "city", contract.RepealArgs{From: w.today(), By: "x"})
		}, "WRONG_STATE", ""},
		"a repeal without a day": {func(w *world) contract.Result {
			return w.Try(w.Regulator, "measure.repeal", "notice", contract.RepealArgs{By: "x"})
		}, "FIELD_REQUIRED", "/from"},
		"a repeal without a ground": {func(w *world) contract.Result {
			return w.Try(w.Regulator, "measure.repeal", "notice", contract.RepealArgs{From: w.today()})
		}, "FIELD_INVALID", "/by"},
		"a policy of one piece beside the measures": {func(w *world) contract.Result {
			p := w.version(1)
			p.Version = 3
			return w.Try(w.Regulator, "policy.publish", measuredPolicy, contract.PublishArgs{Policy: mustCanonical(w.T, p)})
		}, "POLICY_COMBINED", ""},
		"what leaves no sector": {func(w *world) contract.Result {
			m := w.city(w.today(), "sectors", `["纺织"]`)
			m.ID = "textiles"
			w.draft(m)
			return w.Try(w.Regulator, "measure.publish", "textiles", samplePutInForce(w, "textiles"))
		}, "POLICY_CONTRADICTION", ""},
		// 青岛征求意见稿: a draft for comments has no number, and never binds.
		"a document without a number": {func(w *world) contract.Result {
			m := w.city(w.today(), "amountCap", `"1.00"`)
			m.ID, m.Number = "comments", ""
			w.draft(m)
			return w.Try(w.Regulator, "measure.publish", "comments", samplePutInForce(w, "comments"))
		}, "FIELD_REQUIRED", "/number"},
		"a document of tomorrow": {func(w *world) contract.Result {
			m := w.city(w.today(), "amountCap", `"1.00"`)
			m.ID, m.Issued = "tomorrow", w.today().AddDays(1)
			w.draft(m)
			return w.Try(w.Regulator, "measure.publish", "tomorrow", samplePutInForce(w, "tomorrow"))
		}, "DATE_IN_FUTURE", "/issued"},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.fork(t)
			if r := c.try(w); r.Code != c.code || r.Field != c.field {
				t.Errorf("got %+v, want %s at %q", r, c.code, c.field)
			}
		})
	}
}

func TestADraftCanBeWrittenAnewUntilItIsPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drafted("notice")
	read := samplePutInForce(w, "notice")
	w.draft(w.notice("notice", 1, "amountCap", `"9000000.00"`))
	w.Refuse("TERMS_CHANGED", w.Regulator, "measure.publish", "notice", read)
	w.draft(w.notice("notice", 1))
	w.Do(w.Regulator, "measure.publish", "notice", read)
	w.Refuse("POLICY_VERSION", w.Regulator, "measure.draft", "notice", contract.DraftArgs{Measure: mustCanonical(t, w.notice("notice", 1))})
}

func TestMeasuresTakeOverAPolicyOfOnePiece(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.publishSubsidy()
	loan := w.fixedAssetLoan(w.BankA, "1000000.00")
	claim := contracttest.NewID("SUB")
	w.Do(w.BankA, "subsidy.hold", claim, w.holdArgs(p, loan))
	m := w.notice("notice", 1, "annualRate", `"0.01"`)
	m.Policy = p.ID
	w.publish(m)
	var now subsidy.Policy
	w.read(contract.PolicyVersionKey(p.ID, 2), &now)
	if now.AnnualRate.String() != "0.01" || len(now.Sources) == 0 {
		t.Errorf("version 2 is %+v", now)
	}
	second := contracttest.NewID("SUB")
	w.Do(w.BankA, "subsidy.hold", second, w.holdArgs(p, w.fixedAssetLoan(w.BankA, "1000000.00")))
	if a, b := w.claim(claim).Claim, w.claim(second).Claim; a.Version != 1 || b.Version != 2 || !b.Granted.Less(a.Granted) {
		t.Errorf("the claims are under %d and %d, with %s and %s", a.Version, b.Version, a.Granted, b.Granted)
	}
	// What was granted stays under what granted it.
	w.Pass(100 * days)
	w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
	if c := w.claim(claim).Claim; c.Version != 1 || !c.Accrued.IsPositive() {
		t.Errorf("accrued %s under version %d", c.Accrued, c.Version)
	}
}

// A loan is judged by the version in force on the day that the policy names.
func TestALoanIsJudgedByTheVersionOfItsDay(t *testing.T) {
	t.Parallel()
	for judged, version := range map[subsidy.JudgedOn]int{subsidy.OnApplication: 2, subsidy.OnSigning: 1, subsidy.OnDisbursementDay: 1} {
		t.Run(string(judged), func(t *testing.T) {
			w := newWorld(t)
			change := []string{"judgedOn", `"` + string(judged) + `"`}
			w.publish(openEnded(w.notice("notice", 1, change...)))
			loan := w.fixedAssetLoan(w.BankA, "1000000.00")
			next := openEnded(w.notice("notice", 2, append(change, "annualRate", `"0.005"`)...))
			next.EffectiveFrom = w.today().AddDays(1)
			w.publish(next)
			// A version of tomorrow does not govern today.
			w.Pass(1 * days)
			claim := contracttest.NewID("SUB")
			w.Do(w.BankA, "subsidy.hold", claim, contract.HoldArgs{Policy: measuredPolicy, Financing: loan, SizeClass: subsidy.Small, Private: true, Sector: "工业机器人"})
			if got := w.claim(claim).Claim.Version; got != version {
				t.Errorf("judged by version %d, want %d", got, version)
			}
		})
	}
	t.Run("a version of tomorrow does not govern today", func(t *testing.T) {
		w := newWorld(t)
		w.publish(openEnded(w.notice("notice", 1)))
		next := openEnded(w.notice("notice", 2, "amountCap", `"1.00"`))
		next.EffectiveFrom = w.today().AddDays(1)
		w.publish(next)
		claim := contracttest.NewID("SUB")
		w.Do(w.BankA, "subsidy.hold", claim, contract.HoldArgs{Policy: measuredPolicy, Financing: w.fixedAssetLoan(w.BankA, "1000000.00"), SizeClass: subsidy.Small, Private: true, Sector: "工业机器人"})
		if c := w.claim(claim).Claim; c.Version != 1 {
			t.Errorf("judged by version %d", c.Version)
		}
	})
	t.Run("after a repeal nothing is granted, and what was granted accrues", func(t *testing.T) {
		w := newWorld(t)
		w.publish(openEnded(w.notice("notice", 1)))
		hold := func() contract.HoldArgs {
			return contract.HoldArgs{Policy: measuredPolicy, Financing: w.fixedAssetLoan(w.BankA, "1000000.00"), SizeClass: subsidy.Small, Private: true, Sector: "工业机器人"}
		}
		claim := contracttest.NewID("SUB")
		w.Do(w.BankA, "subsidy.hold", claim, hold())
		w.Do(w.Regulator, "measure.repeal", "notice", contract.RepealArgs{From: w.today(), By: "废止"})
		w.Refuse("POLICY_NOT_IN_FORCE", w.BankA, "subsidy.hold", contracttest.NewID("SUB"), hold())
		w.Pass(100 * days)
		w.Do(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
	})
}

func openEnded(m subsidy.Measure) subsidy.Measure {
	m.EffectiveTo = calendar.Date{}
	return m
}

func TestTheSizeFollowsFromFiguresOfTheDayOfSigning(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	p := base.publishSubsidy()
	loan := base.fixedAssetLoan(base.BankA, "1000000.00")
	args := base.holdArgs(p, loan)
	args.SizeClass = ""
	args.Figures = &subsidy.Figures{Industry: "工业", Staff: 350, Revenue: yuan("21000000.00"), Assets: yuan("1.00"), AsOf: base.today().AddDays(-30)}
	t.Run("and stands in the claim with its day", func(t *testing.T) {
		w := base.fork(t)
		claim := contracttest.NewID("SUB")
		w.Do(w.BankA, "subsidy.hold", claim, args)
		if l := w.claim(claim).Loan; l.SizeClass != subsidy.Medium || l.Signed.IsZero() || l.Figures.AsOf.After(l.Signed) {
			t.Errorf("class %s of %s by figures of %s", l.SizeClass, l.Signed, l.Figures.AsOf)
		}
	})
	for name, c := range map[string]struct {
		change func(*contract.HoldArgs)
		code   string
		field  string
	}{
		"a large enterprise by its figures":  {func(a *contract.HoldArgs) { a.Figures.Staff, a.Figures.Revenue = 1000, yuan("400000000.00") }, "NOT_SME", "/figures"},
		"another class than the figures say": {func(a *contract.HoldArgs) { a.SizeClass = subsidy.Micro }, "INVALID_FACTS", "/sizeClass"},
		"figures of an unknown industry":     {func(a *contract.HoldArgs) { a.Figures.Industry = "x" }, "INVALID_FACTS", "/figures/industry"},
		"figures of after the signing":       {func(a *contract.HoldArgs) { a.Figures.AsOf = base.today().AddDays(1) }, "INVALID_FACTS", "/figures/asOf"},
		"neither class nor figures":          {func(a *contract.HoldArgs) { a.Figures = nil }, "INVALID_FACTS", "/sizeClass"},
		"a use that the notice refuses":      {func(a *contract.HoldArgs) { a.Use = "投资理财" }, "USE_NOT_PERMITTED", "/use"},
		"a link in no direction":             {func(a *contract.HoldArgs) { a.Link = &subsidy.ChainLink{Chain: "服务器"} }, "INVALID_FACTS", "/link/direction"},
		"a sector that is not listed":        {func(a *contract.HoldArgs) { a.Sector = "模具" }, "SECTOR_NOT_LISTED", "/sector"},
		"a supplier of a listed chain": {func(a *contract.HoldArgs) {
			a.Sector, a.Link = "模具", &subsidy.ChainLink{Chain: "服务器", Direction: subsidy.Upstream}
		}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.fork(t)
			a, figures := args, *args.Figures
			a.Figures = &figures
			c.change(&a)
			r := w.Try(w.BankA, "subsidy.hold", contracttest.NewID("SUB"), a)
			if r.Code != c.code || r.Field != c.field {
				t.Errorf("got %+v, want %s at %q", r, c.code, c.field)
			}
			if c.code != "" && r.Clause == "" {
				t.Errorf("refused without a ground: %+v", r)
			}
		})
	}
}

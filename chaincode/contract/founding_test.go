package contract_test

import (
	"strings"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/credit"
	"decore/chaincode/evidence"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/party"
)

// found tries to found an empty ledger with arguments that a test changed.
func found(t *testing.T, by func(*world) *contracttest.Actor, change func(*world, *contract.FoundArgs, *[]byte)) (*world, contract.Result) {
	t.Helper()
	w := newWorld(t)
	w.State, w.Past = contracttest.NewState(w.State.Caller, w.State.Now), nil
	args, secret := w.Founding()
	change(w, &args, &secret)
	jws, _ := w.Sign(by(w), "ledger.found", "ledger", args)
	return w, w.run(batch([]string{jws}, secret))[0]
}

func byRegulator(w *world) *contracttest.Actor { return w.Regulator }

func TestALedgerIsFoundedOnceByItsRegulator(t *testing.T) {
	t.Parallel()
	asIs := func(*world, *contract.FoundArgs, *[]byte) {}
	t.Run("founded, it has its charter, founders, policy and every organisation the token key", func(t *testing.T) {
		w, r := found(t, byRegulator, asIs)
		var charter contract.Charter
		w.read(contract.CharterKey(), &charter)
		if r.Status != contract.Accepted || r.State != contract.Founded || charter.Ledger != w.Name || charter.Regulator != w.Regulator.USCC {
			t.Fatalf("got %+v, charter %+v", r, charter)
		}
		for _, org := range w.Orgs() {
			if _, err := contract.OpenTokenKey(w.State.Private[org+"/"+contract.TokenSecretKey], charter.TokenKey); err != nil {
				t.Errorf("%s: %v", org, err)
			}
		}
	})
	t.Run("founding it again is refused, whoever asks", func(t *testing.T) {
		w, _ := found(t, byRegulator, asIs)
		args, _ := w.Founding()
		w.Refuse("LEDGER_ALREADY_FOUNDED", w.Regulator, "ledger.found", "ledger", args)
		w.Refuse("NOT_PERMITTED", w.Platform, "ledger.found", "ledger", args)
	})
	t.Run("founding it twice in one batch founds it once", func(t *testing.T) {
		w := newWorld(t)
		w.State, w.Past = contracttest.NewState(w.State.Caller, w.State.Now), nil
		args, secret := w.Founding()
		one, _ := w.Sign(w.Regulator, "ledger.found", "ledger", args)
		two, _ := w.Sign(w.Regulator, "ledger.found", "ledger", args)
		rs := w.run(batch([]string{one, two}, secret))
		if rs[0].Status != contract.Accepted || rs[1].Code != "LEDGER_ALREADY_FOUNDED" {
			t.Errorf("got %+v", rs)
		}
	})
	t.Run("before it is founded nothing else goes", func(t *testing.T) {
		w := newWorld(t)
		w.State, w.Past = contracttest.NewState(w.State.Caller, w.State.Now), nil
		jws, opening := w.Sign(w.SME, "order.create", contracttest.NewID("ORD"), w.orderArgs("1.00"))
		w.untouched("LEDGER_NOT_FOUNDED", jws, opening)
	})
}

func TestFoundingIsRefused(t *testing.T) {
	t.Parallel()
	byPlatform := func(w *world) *contracttest.Actor { return w.Platform }
	for name, c := range map[string]struct {
		by          func(*world) *contracttest.Actor
		change      func(*world, *contract.FoundArgs, *[]byte)
		code, field string
	}{
		"by a foreign key": {byPlatform, func(*world, *contract.FoundArgs, *[]byte) {}, "KEY_UNKNOWN", "/regulator/key"},
		"by another party with the regulator's key": {func(w *world) *contracttest.Actor { a := *w.Platform; a.Key = w.Regulator.Key; return &a },
			func(*world, *contract.FoundArgs, *[]byte) {}, "COMMAND_MALFORMED", ""},
		"under another name than the command's": {byRegulator, func(_ *world, a *contract.FoundArgs, _ *[]byte) { a.Ledger = "other" }, "COMMAND_MALFORMED", ""},
		"with a token key that does not match":  {byRegulator, func(_ *world, a *contract.FoundArgs, _ *[]byte) { a.TokenKey = evidence.Commit(nil) }, "COMMITMENT_MISMATCH", "/tokenKey"},
		"without the token key's opening":       {byRegulator, func(_ *world, _ *contract.FoundArgs, secret *[]byte) { *secret = nil }, "COMMITMENT_MISMATCH", "/tokenKey"},
		"with a token key of 16 bytes": {byRegulator, func(_ *world, a *contract.FoundArgs, secret *[]byte) {
			*secret = sealed(t, contract.TokenSecretKey, `{"key":"AAAAAAAAAAAAAAAAAAAAAA"}`)
			a.TokenKey = evidence.Commit(*secret)
		}, "COMMITMENT_MISMATCH", "/tokenKey"},
		"with an opening about something else": {byRegulator, func(_ *world, a *contract.FoundArgs, secret *[]byte) {
			*secret = []byte(strings.Replace(string(*secret), contract.TokenSecretKey, "other-key", 1))
			a.TokenKey = evidence.Commit(*secret)
		}, "COMMITMENT_MISMATCH", "/tokenKey"},
		"with a name of capitals": {byRegulator, func(w *world, a *contract.FoundArgs, _ *[]byte) { a.Ledger, w.Name = "Test", "Test" }, "FIELD_INVALID", "/ledger"},
		"without organisations":   {byRegulator, func(_ *world, a *contract.FoundArgs, _ *[]byte) { a.Orgs = nil }, "FIELD_INVALID", "/orgs"},
		"with an organisation twice": {byRegulator, func(_ *world, a *contract.FoundArgs, _ *[]byte) {
			a.Orgs = append(a.Orgs[:len(a.Orgs):len(a.Orgs)], a.Orgs[0])
		}, "FIELD_INVALID", "/orgs"},
		"with a platform of an organisation outside": {byRegulator, func(_ *world, a *contract.FoundArgs, _ *[]byte) { a.Platform.Org = "OtherMSP" }, "FIELD_INVALID", "/orgs"},
		"with one party as both founders":            {byRegulator, func(_ *world, a *contract.FoundArgs, _ *[]byte) { a.Platform.USCC = a.Regulator.USCC }, "SAME_PARTY", "/platform/uscc"},
		"without a platform":                         {byRegulator, func(_ *world, a *contract.FoundArgs, _ *[]byte) { a.Platform.USCC = "" }, "ARGUMENTS_INVALID", ""},
		"with a regulator that is a bank":            {byRegulator, func(_ *world, a *contract.FoundArgs, _ *[]byte) { a.Regulator.Roles = []lifecycle.Role{lifecycle.Bank} }, "PARTY_ROLE_MISSING", "/regulator/roles"},
		"with a credit policy of another name":       {byRegulator, func(_ *world, a *contract.FoundArgs, _ *[]byte) { a.Credit.ID = "debit" }, "POLICY_INVALID", "/credit"},
		"with a second version of the credit policy": {byRegulator, func(_ *world, a *contract.FoundArgs, _ *[]byte) { a.Credit.Version = 2 }, "POLICY_INVALID", "/credit"},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := found(t, c.by, c.change)
			if r.Code != c.code || r.Field != c.field {
				t.Errorf("got %+v, want %s at %q", r, c.code, c.field)
			}
			if w.State.Public[contract.CharterKey()] != nil || len(w.State.Private) > 0 {
				t.Error("it left a ledger behind")
			}
		})
	}
}

func TestAPolicyIsPublishedVersionByVersion(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.publishSubsidy()
	publishCredit := func(w *world, change func(*credit.Policy)) contract.Result {
		p := contracttest.Credit()
		p.Version = 2
		change(&p)
		return w.Try(w.Regulator, "policy.publish", contract.CreditPolicy, contract.PublishArgs{Policy: mustCanonical(w.T, p)})
	}
	for name, c := range map[string]struct {
		change func(*credit.Policy)
		code   string
	}{
		"the next version":                 {func(p *credit.Policy) { p.ReservationMaxHours = 1 }, ""},
		"the same version":                 {func(p *credit.Policy) { p.Version = 1 }, "POLICY_VERSION"},
		"a version left out":               {func(p *credit.Policy) { p.Version = 3 }, "POLICY_VERSION"},
		"a draft":                          {func(p *credit.Policy) { p.Status = "draft" }, "POLICY_INVALID"},
		"an expired one":                   {func(p *credit.Policy) { p.Status = "expired" }, "POLICY_INVALID"},
		"one of tomorrow":                  {func(p *credit.Policy) { p.EffectiveFrom = calendar.At(base.State.Now).AddDays(1) }, "POLICY_INVALID"},
		"one of another ID":                {func(p *credit.Policy) { p.ID = "other" }, "POLICY_INVALID"},
		"one whose age overflows":          {func(p *credit.Policy) { p.CommandMaxAgeSeconds = 1 << 50 }, "POLICY_INVALID"},
		"one whose age no command can be":  {func(p *credit.Policy) { p.CommandMaxAgeSeconds = 1 }, "POLICY_INVALID"},
		"one with its terms the wrong way": {func(p *credit.Policy) { p.CertificateWarnMonths = 13 }, "POLICY_INVALID"},
	} {
		t.Run("credit policy: "+name, func(t *testing.T) {
			w := base.fork(t)
			if r := publishCredit(w, c.change); r.Code != c.code {
				t.Errorf("got %+v, want %q", r, c.code)
			}
		})
	}
	t.Run("every version stays readable, the last one rules", func(t *testing.T) {
		w := base.fork(t)
		publishCredit(w, func(p *credit.Policy) { p.AdvanceUnconfirmed = money.MustRate("0.1") })
		var one, two, now credit.Policy
		w.read(contract.PolicyVersionKey("credit", 1), &one)
		w.read(contract.PolicyVersionKey("credit", 2), &two)
		w.read(contract.PolicyKey("credit"), &now)
		if one.Version != 1 || two.Version != 2 || now.Version != 2 {
			t.Errorf("versions %d, %d, now %d", one.Version, two.Version, now.Version)
		}
		fin := w.apply(w.BankA, w.granted(), "500.00")
		w.Refuse("OVER_ADVANCE", w.BankA, "financing.offer", fin, w.offer("500.00"))
	})
	t.Run("a subsidy policy that is no policy", func(t *testing.T) {
		w := base.fork(t)
		for _, raw := range []string{`{}`, `[]`, `null`, `"x"`} {
			w.Refuse("POLICY_INVALID", w.Regulator, "policy.publish", "some-policy", contract.PublishArgs{Policy: []byte(raw)})
		}
		p := w.policy
		p.Version = 2
		w.Refuse("POLICY_INVALID", w.Regulator, "policy.publish", "other-id", contract.PublishArgs{Policy: mustCanonical(t, p)})
		p.ID = "a/b"
		w.Refuse("POLICY_INVALID", w.Regulator, "policy.publish", "a/b", contract.PublishArgs{Policy: mustCanonical(t, p)})
	})
}

func TestTwoEntitiesStandBehindEveryParty(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	id := string(newcomer.USCC)
	t.Run("only the platform registers and only the regulator approves", func(t *testing.T) {
		w := base.fork(t)
		for _, by := range []*contracttest.Actor{w.Regulator, w.SME, w.Leader, w.BankA} {
			w.Refuse("NOT_PERMITTED", by, "party.register", id, registration(newcomer))
		}
		w.Do(w.Platform, "party.register", id, registration(newcomer))
		for _, by := range []*contracttest.Actor{w.Platform, w.SME, w.Leader, w.BankA} {
			w.Refuse("NOT_PERMITTED", by, "party.approve", id, party.ReasonArgs{})
		}
	})
	t.Run("a registration that cannot stand", func(t *testing.T) {
		for field, change := range map[string]func(*party.RegisterArgs){
			"/name":  func(a *party.RegisterArgs) { a.Name = "" },
			"/roles": func(a *party.RegisterArgs) { a.Roles = []lifecycle.Role{"king"} },
			"/org":   func(a *party.RegisterArgs) { a.Org = "Bank/A" },
			"/key":   func(a *party.RegisterArgs) { a.Key.X = a.Key.Y },
		} {
			w := base.fork(t)
			args := registration(newcomer)
			change(&args)
			if r := w.Try(w.Platform, "party.register", id, args); r.Code != "FIELD_INVALID" || r.Field != field {
				t.Errorf("%s: got %+v", field, r)
			}
		}
	})
	t.Run("a subject that is no code in its one form", func(t *testing.T) {
		w := base.fork(t)
		for _, subject := range []string{"x", strings.ToLower(id), id[:17] + "0", " " + id} {
			w.Refuse("SUBJECT_MALFORMED", w.Platform, "party.register", subject, registration(newcomer))
		}
	})
	t.Run("a regulator does not suspend itself", func(t *testing.T) {
		w := base.fork(t)
		w.Refuse("NOT_PERMITTED", w.Regulator, "party.suspend", string(w.Regulator.USCC), party.ReasonArgs{})
	})
	t.Run("each role's party rotates its own key and nobody else's", func(t *testing.T) {
		for i, role := range lifecycle.Roles {
			w := base.fork(t)
			a := contracttest.NewActor(200+i, "PlatformMSP", role)
			w.Admit(a)
			w.Refuse("NOT_PERMITTED", a, "party.rotate-key", string(w.SME.USCC), freshKey(w, ""))
			w.Do(a, "party.rotate-key", string(a.USCC), freshKey(w, ""))
		}
	})
}

func TestAnOrganisationIsAdmittedByTheRegulator(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	newcomer := contracttest.NewActor(77, "BankCMSP", lifecycle.Bank)
	t.Run("its parties can be registered and it holds the token key", func(t *testing.T) {
		w := base.fork(t)
		w.Refuse("FIELD_INVALID", w.Platform, "party.register", string(newcomer.USCC), party.RegisterArgs{Name: "丙行",
			Roles: []lifecycle.Role{lifecycle.Bank}, Org: newcomer.Org, Key: evidence.NewJWK(&newcomer.Key.PublicKey)})
		w.Do(w.Regulator, "ledger.admit", "ledger", contract.AdmitArgs{Org: "BankCMSP"})
		w.Admit(newcomer)
		var charter contract.Charter
		w.read(contract.CharterKey(), &charter)
		if _, err := contract.OpenTokenKey(w.State.Private["BankCMSP/"+contract.TokenSecretKey], charter.TokenKey); err != nil {
			t.Error(err)
		}
		w.Refuse("RECORD_EXISTS", w.Regulator, "ledger.admit", "ledger", contract.AdmitArgs{Org: "BankCMSP"})
	})
	for name, c := range map[string]struct{ subject, org, code string }{
		"under another subject": {"other", "BankCMSP", "SUBJECT_MALFORMED"},
		"without a name":        {"ledger", "", "FIELD_INVALID"},
		"with an endless name":  {"ledger", strings.Repeat("x", 101), "FIELD_INVALID"},
		"twice":                 {"ledger", "BankAMSP", "RECORD_EXISTS"},
	} {
		t.Run("not "+name, func(t *testing.T) {
			base.fork(t).Refuse(c.code, base.Regulator, "ledger.admit", c.subject, contract.AdmitArgs{Org: c.org})
		})
	}
}

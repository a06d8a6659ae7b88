package credit_test

import (
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/credit"
	"decore/fixtures"
)

func fixture(t *testing.T) credit.Policy {
	t.Helper()
	raw, err := fixtures.FS.ReadFile("policies/credit-2026.json")
	if err != nil {
		t.Fatal(err)
	}
	var p credit.Policy
	if err := canon.Strict(raw, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThePublishedPolicyBinds(t *testing.T) {
	p := fixture(t)
	if err := p.Binds(p.EffectiveFrom); err != nil {
		t.Error(err)
	}
	if err := p.Binds(p.EffectiveFrom.AddDays(-1)); err == nil {
		t.Error("it binds before its first day")
	}
}

func TestValidateNamesTheField(t *testing.T) {
	day := 24 * 60 * 60
	for name, c := range map[string]struct {
		change func(*credit.Policy)
		want   string
	}{
		"no ID":             {func(p *credit.Policy) { p.ID = "" }, "/id and /title must be given"},
		"no title":          {func(p *credit.Policy) { p.Title = "" }, "/id and /title must be given"},
		"an unknown status": {func(p *credit.Policy) { p.Status = "good" }, "/status must be draft, in-force or expired"},
		"no first day":      {func(p *credit.Policy) { p.EffectiveFrom = calendar.Date{} }, "/effectiveFrom must be given"},
		"an end of existing loans, which are not taken": {func(p *credit.Policy) { p.ExistingLoansFrom, p.ExistingLoansUntil = calendar.Date{}, p.EffectiveFrom }, "/existingLoansUntil must not be before existingLoansFrom"},
		"version 0":            {func(p *credit.Policy) { p.Version = 0 }, "/version must be 1 to 999999"},
		"an age of a second":   {func(p *credit.Policy) { p.CommandMaxAgeSeconds = 1 }, "/commandMaxAgeSeconds must be 60 to 31622400"},
		"an age past a year":   {func(p *credit.Policy) { p.CommandMaxAgeSeconds = 367 * day }, "/commandMaxAgeSeconds must be 60 to 31622400"},
		"no tolerance":         {func(p *credit.Policy) { p.CommandMaxSkewSeconds = 0 }, "/commandMaxSkewSeconds must be 1 to 86400"},
		"a negative period":    {func(p *credit.Policy) { p.ConfirmationDays = -1 }, "/confirmationDays must be 1 to 3660"},
		"a warning too late":   {func(p *credit.Policy) { p.CertificateWarnMonths = 13 }, "/certificateWarnMonths must be 1 to 12"},
		"a filing upside down": {func(p *credit.Policy) { p.RegistrationMinMonths = 361 }, "/registrationMinMonths must be 1 to 360"},
	} {
		t.Run(name, func(t *testing.T) {
			p := fixture(t)
			c.change(&p)
			if err := p.Validate(); err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if p.Binds(p.EffectiveFrom) == nil {
				t.Error("it binds all the same")
			}
		})
	}
	for _, status := range []string{"draft", "expired"} {
		p := fixture(t)
		p.Status = status
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", status, err)
		}
		if p.Binds(p.EffectiveFrom) == nil {
			t.Errorf("a policy that is %s binds", status)
		}
	}
}

func TestTheDaysOfExistingLoansAreTold(t *testing.T) {
	for want, p := range map[string]credit.Policy{
		"credit v2 existingLoansFrom: none":      {ID: "credit", Version: 2},
		"credit v2 existingLoansFrom 2026-01-01": {ID: "credit", Version: 2, ExistingLoansFrom: calendar.MustParse("2026-01-01")},
		"credit v2 existingLoansFrom 2026-01-01, existingLoansUntil 2026-06-30": {ID: "credit", Version: 2,
			ExistingLoansFrom: calendar.MustParse("2026-01-01"), ExistingLoansUntil: calendar.MustParse("2026-06-30")},
	} {
		if got := p.ExistingDays(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

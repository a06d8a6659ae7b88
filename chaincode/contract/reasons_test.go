package contract_test

import (
	"slices"
	"strings"
	"testing"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

func TestARefusedClaimIsToldEveryReasonWithItsGroundAndField(t *testing.T) {
	t.Parallel()
	const notice = "财金〔2026〕4号"
	who, what, control := notice+" 一、(一)适用对象", notice+" 一、政策内容", notice+" 资金使用与监督管理"
	w := newWorld(t)
	w.publishSubsidy()
	wrong := w.holdArgs(w.policy, w.fixedAssetLoan(w.BankA, "1000000.00"))
	wrong.SizeClass, wrong.Private, wrong.Sector, wrong.Use = subsidy.Large, false, "房地产", "投资理财"
	wrong.OtherCentralSubsidy, wrong.OtherSubsidy = true, money.MustRate("0.9")
	p := w.policy
	p.Version++
	p.HandlingBanks, p.RefusedUses = []ident.USCC{w.BankB.USCC}, []string{"投资理财"}
	w.Do(w.Regulator, "policy.publish", p.ID, contract.PublishArgs{Policy: mustCanonical(t, p)})
	jws, opening := w.Sign(w.BankA, "subsidy.hold", contracttest.NewID("SUB"), wrong)
	got := w.TryJWS(jws, opening)

	t.Run("in the order of the rules, the first as the result's own", func(t *testing.T) {
		want := []fault.Reason{
			{Code: "NOT_SME", Field: "/sizeClass", Clause: who},
			{Code: "NOT_PRIVATE", Field: "/private", Clause: who},
			{Code: "SECTOR_NOT_LISTED", Field: "/sector", Clause: what},
			{Code: "BANK_NOT_HANDLING", Field: "/financing", Fact: "/bank", Clause: what},
			{Code: "DUPLICATE_CENTRAL_SUBSIDY", Field: "/otherCentralSubsidy", Clause: what},
			{Code: "USE_NOT_PERMITTED", Field: "/use", Clause: control},
			{Code: "NET_RATE_FLOOR", Field: "/otherSubsidy", Clause: p.ID + " v2 netRateFloor: 通知未明确,参照财金〔2025〕81号,贴息不超过扣除其他贴息后的实际利率"},
		}
		if got.Status != contract.Refused || !slices.Equal(got.Reasons, want) {
			t.Fatalf("got  %+v\nwant %+v", got.Reasons, want)
		}
		if got.Code != "NOT_SME" || got.Field != "/sizeClass" || got.Clause != who {
			t.Errorf("got %+v", got)
		}
	})

	t.Run("and again when the command is repeated", func(t *testing.T) {
		if again := w.TryJWS(jws, nil); !again.Repeated || !first(again).Equal(got) {
			t.Errorf("got %+v", again)
		}
	})
}

func TestACapThatIsReachedIsToldBesideOtherReasonsAndWithoutAmounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	w.after(contracttest.NewID("SUB"), w.BankA, "subsidy.hold", w.holdArgs(w.policy, w.fixedAssetLoan(w.BankA, "50000000.00")))
	args := w.holdArgs(w.policy, w.fixedAssetLoan(w.BankB, "7654321.00"))
	args.Private = false
	r := w.Try(w.BankB, "subsidy.hold", contracttest.NewID("SUB"), args)
	var got []string
	for _, why := range r.Reasons {
		got = append(got, string(why.Code)+why.Field+why.Fact)
	}
	if want := []string{"NOT_PRIVATE/private", "PRINCIPAL_CAP_REACHED/financing/principal", "AMOUNT_CAP_REACHED/financing/principal"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	raw, err := canon.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"50000000", "7654321", "1500000", string(w.SME.USCC)} {
		if strings.Contains(string(raw), private) {
			t.Errorf("%s is public: %s", private, raw)
		}
	}
}

func TestWhatIsWrongWithSeveralArgumentsOfAClaimIsToldAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	args := w.holdArgs(w.policy, w.fixedAssetLoan(w.BankA, "1000000.00"))
	args.SizeClass, args.Settlement, args.Sector = "vast", &subsidy.Settlement{EveryMonths: 5, Day: 31}, "房地产"
	var got []string
	for _, why := range w.Try(w.BankA, "subsidy.hold", contracttest.NewID("SUB"), args).Reasons {
		got = append(got, string(why.Code)+why.Field)
	}
	want := []string{"INVALID_FACTS/settlement/everyMonths", "INVALID_FACTS/settlement/day", "INVALID_FACTS/sizeClass", "SECTOR_NOT_LISTED/sector"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAFactIsFoundInTheArgumentsOfHoldOrElseInTheLoan(t *testing.T) {
	t.Parallel()
	for fact, want := range map[string]string{"/sector": "/sector", "/figures/asOf": "/figures/asOf", "/link/chain": "/link/chain", "/use": "/use",
		"/maturity": "/financing", "/overdue/3/from": "/financing", "/bank": "/financing", "": ""} {
		if got := contract.HoldField(fact); got != want {
			t.Errorf("%q is at %q, want %q", fact, got, want)
		}
	}
}

func TestALaterEventIsToldTheFactOfTheLoanThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishSubsidy()
	p := w.policy
	p.Version++
	p.SubsidiseExtension, p.RefuseLongTerm = true, true
	w.Do(w.Regulator, "policy.publish", p.ID, contract.PublishArgs{Policy: mustCanonical(t, p)})
	w.policy = p
	claim := w.held()
	loan := w.claim(claim).Loan
	w.Do(w.SME, "financing.request-extension", loan.ID, financing.ExtensionArgs{Maturity: loan.Maturity.AddDays(200), Reason: "late buyer"})
	w.Do(w.BankA, "financing.extend", loan.ID, financing.NoArgs{})
	w.Pass(120 * days)
	r := w.Try(w.BankA, "subsidy.accrue", claim, contract.AccrueArgs{Through: w.today()})
	want := []fault.Reason{{Code: "TERM_OVER_2Y", Fact: "/maturity", Clause: "财金〔2026〕4号 一、政策内容"}}
	if r.Status != contract.Refused || r.Code != "TERM_OVER_2Y" || r.Field != "" || !slices.Equal(r.Reasons, want) {
		t.Errorf("got %+v, want %+v", r, want)
	}
}

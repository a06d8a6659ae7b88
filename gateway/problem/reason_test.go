package problem_test

import (
	"slices"
	"strings"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/fault"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
)

// senseless has wrong, in one loan or the other, all that can be wrong of a loan's facts.
func senseless() []subsidy.Loan {
	day := calendar.MustParse
	l := subsidy.Loan{Sector: strings.Repeat("长", 101), Disbursed: day("2026-03-01"), Maturity: day("2026-02-01"), EntrustedPaid: day("2026-01-01"), FirstMaturity: day("2026-01-01"),
		SizeClass: "vast", Settlement: &subsidy.Settlement{EveryMonths: 5}, Rates: []subsidy.RateChange{{}},
		Repayments: []subsidy.Repayment{{Principal: money.MustParse("0.00")}, {Principal: money.MustParse("9.00")}}, Overdue: []subsidy.Overdue{{}, {}},
		Standing: subsidy.Standing{Signed: day("2026-04-01"), Controller: "nobody", Use: strings.Repeat("长", 101), Link: &subsidy.ChainLink{},
			Figures: &subsidy.Figures{Staff: -1, Revenue: money.Fen(-1), Assets: money.Fen(-1)}}}
	long := subsidy.Loan{Rates: make([]subsidy.RateChange, 121), Overdue: make([]subsidy.Overdue, 121), Repayments: make([]subsidy.Repayment, 402)}
	return []subsidy.Loan{l, long}
}

func TestEveryFactThatMakesNoSenseIsToldWhatItMustBe(t *testing.T) {
	facts := map[string]bool{}
	for _, l := range senseless() {
		for _, r := range (subsidy.Policy{}).Judge(l) {
			if r.Code != subsidy.InvalidFacts {
				continue
			}
			facts[r.Fact] = true
			for _, at := range []fault.Reason{{Code: "INVALID_FACTS", Fact: r.Fact}, {Code: "INVALID_FACTS", Field: r.Fact}} {
				en, zh := problem.NewReason(at).In("en"), problem.NewReason(at).In("zh")
				if en.Detail == "" || zh.Detail == "" || en.Detail == zh.Detail || en.Title == zh.Title {
					t.Errorf("%s: %+v, %+v", r.Fact, en, zh)
				}
			}
		}
	}
	for _, fact := range []string{"/id", "/household", "/bank", "/type", "/sector", "/principal", "/disbursed", "/maturity", "/entrustedPaid", "/firstMaturity", "/signed", "/controller",
		"/use", "/sizeClass", "/link/chain", "/link/direction", "/settlement/everyMonths", "/settlement/day", "/figures", "/figures/industry", "/figures/staff", "/figures/revenue",
		"/figures/assets", "/figures/asOf", "/rates", "/rates/0/from", "/repayments", "/repayments/0/date", "/repayments/0/principal", "/overdue", "/overdue/0/from", "/overdue/0/to"} {
		if !facts[fact] {
			t.Errorf("%s was not found wrong", fact)
		}
	}
}

func TestAProblemTellsAllItsReasons(t *testing.T) {
	p := problem.From(fault.Because([]fault.Reason{
		{Code: "NOT_SME", Field: "/sizeClass", Clause: "财金〔2026〕4号 一、(一)适用对象"},
		{Code: "AMOUNT_CAP_REACHED", Field: "/financing", Fact: "/principal", Clause: "财金〔2026〕4号 一、政策内容"},
	})).Hint("subsidy.hold")
	en, zh := p.Render("en", "", ""), p.Render("zh", "", "")
	if en.Code != "NOT_SME" || en.Field != "/sizeClass" || en.Clause != "财金〔2026〕4号 一、(一)适用对象" || en.Status != 422 {
		t.Errorf("the problem itself is %+v", en)
	}
	if want := "The borrower is no micro, small or medium-sized enterprise; The household's cap on the subsidy is reached (0.00 yuan of the cap are left)"; en.Detail != want {
		t.Errorf("got  %s\nwant %s", en.Detail, want)
	}
	if want := "借款人不属于中小微企业；单户贴息金额已达上限（上限剩余 0.00 元）"; zh.Detail != want {
		t.Errorf("got  %s\nwant %s", zh.Detail, want)
	}
	want := problem.Reason{Code: "AMOUNT_CAP_REACHED", Title: "单户贴息金额已达上限", Detail: "上限剩余 0.00 元", Field: "/financing", Fact: "/principal", Ground: "财金〔2026〕4号 一、政策内容"}
	got := zh.Reasons[1]
	if got.Code != want.Code || got.Title != want.Title || got.Detail != want.Detail || got.Field != want.Field || got.Fact != want.Fact || got.Ground != want.Ground {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if p.Reasons[0].Title != "" {
		t.Error("rendering changed the problem itself")
	}
}

func TestOneReasonIsNotToldTwice(t *testing.T) {
	p := problem.From(fault.Because([]fault.Reason{{Code: "NOT_SME"}})).Render("en", "", "")
	if p.Detail != "" || len(p.Reasons) != 1 || p.Reasons[0].Title != p.Title {
		t.Errorf("got %+v", p)
	}
	p = problem.From(fault.Because([]fault.Reason{{Code: "INVALID_FACTS", Field: "/settlement/day"}})).Render("en", "", "")
	if p.Detail != "must be 1 to 28, a day that every month has" {
		t.Errorf("got %q", p.Detail)
	}
}

func TestALimitIsToldInOtherWordsThanARefusal(t *testing.T) {
	for _, code := range []string{"PRINCIPAL_CAP_REACHED", "AMOUNT_CAP_REACHED", "TERM_OVER_2Y", "NET_RATE_FLOOR"} {
		r := problem.NewReason(fault.Reason{Code: fault.Code(code)})
		all := []string{r.In("en").Title, r.In("zh").Title, r.AsLimit("en").Title, r.AsLimit("zh").Title}
		slices.Sort(all)
		if len(slices.Compact(all)) != 4 || all[0] == "" {
			t.Errorf("%s: %q", code, all)
		}
	}
}

func TestAHintIsOfTheFieldWhereOneIsKnown(t *testing.T) {
	for _, c := range []struct{ verb, code, field, want string }{
		{"financing.record", "DATE_ORDER", "/signed", "not after disbursed, the day on which the loan was paid out"},
		{"financing.record", "DATE_ORDER", "/maturity", "after disbursed, the day on which the loan was paid out"},
		{"financing.record", "DATE_ORDER", "/extensions/0/maturity", "after the last day agreed before, that of the contract or of the extension before"},
		{"financing.record", "DATE_ORDER", "/nothing", ""},
		{"succession.record", "FIELD_INVALID", "/claims/7", "no claim in the account of the household that ended, or named twice"},
		{"lot.release", "ENCUMBERED", "/quantity", "a bank holds the goods: it must order their release first (order-release)"},
	} {
		if got := problem.From(fault.New(fault.Code(c.code), c.field)).Hint(c.verb).Render("en", "", "").Detail; got != c.want {
			t.Errorf("%s %s at %s: %q", c.verb, c.code, c.field, got)
		}
	}
}

func TestHintsAreOfVerbsAndCodesThatThereAre(t *testing.T) {
	verbs := map[string]bool{}
	for _, v := range contract.Verbs() {
		verbs[v.Name] = true
	}
	for verb, all := range problem.HintsOf() {
		if !verbs[verb] {
			t.Errorf("there is no verb %s", verb)
		}
		for key, h := range all {
			if code, _, _ := strings.Cut(key, " "); !problem.Known(code) || h.En == "" || h.Zh == "" {
				t.Errorf("%s: %s %+v", verb, key, h)
			}
		}
	}
}

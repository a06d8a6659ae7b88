package receivable_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"decore/chaincode/calendar"
	"decore/chaincode/check"
	"decore/chaincode/credit"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

var (
	today  = calendar.MustParse("2026-03-02")
	yuan   = money.MustParse
	policy = credit.Policy{ConfirmationDays: 30, LargeBuyerTermDays: 60, CertificateWarnMonths: 6, CertificateMaxMonths: 12,
		AdvanceConfirmed: money.MustRate("0.8"), AdvanceUnconfirmed: money.MustRate("0.6")}
)

func terms(amount string) receivable.Terms {
	return receivable.Terms{Amount: yuan(amount), Outstanding: yuan(amount), Issued: today, Due: today.AddDays(60), Payments: []receivable.Payment{}}
}

func code(err error) fault.Code {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return ""
}

func TestTermsPassWarnOrFailByTheRule(t *testing.T) {
	for name, c := range map[string]struct {
		instrument receivable.Instrument
		class      order.BuyerClass
		due        calendar.Date
		want       [2]check.Verdict // certificate, large buyer
	}{
		"a plain one of sixty days":               {receivable.Plain, order.Large, today.AddDays(60), [2]check.Verdict{check.Pass, check.Pass}},
		"a plain one of a day more":               {receivable.Plain, order.Large, today.AddDays(61), [2]check.Verdict{check.Pass, check.Warn}},
		"the same of a medium buyer":              {receivable.Plain, order.Medium, today.AddDays(61), [2]check.Verdict{check.Pass, check.Pass}},
		"a plain one of two years":                {receivable.Plain, order.Small, today.AddMonths(24), [2]check.Verdict{check.Pass, check.Pass}},
		"a certificate of six months":             {receivable.Certificate, order.Small, today.AddMonths(6), [2]check.Verdict{check.Pass, check.Pass}},
		"a certificate of a day more":             {receivable.Certificate, order.Small, today.AddMonths(6).AddDays(1), [2]check.Verdict{check.Warn, check.Pass}},
		"a certificate of a year":                 {receivable.Certificate, order.Small, today.AddMonths(12), [2]check.Verdict{check.Warn, check.Pass}},
		"a certificate of a day more than a year": {receivable.Certificate, order.Large, today.AddMonths(12).AddDays(1), [2]check.Verdict{check.Fail, check.Warn}},
	} {
		r := terms("1.00")
		r.Instrument, r.BuyerClass, r.Due, r.Delivered = c.instrument, c.class, c.due, today
		fs := receivable.TermFindings(r, policy)
		if len(fs) != 2 || fs[0].Verdict != c.want[0] || fs[1].Verdict != c.want[1] {
			t.Errorf("%s: got %+v", name, fs)
		}
		for _, f := range fs {
			if f.Clause == "" || (f.Verdict == check.Pass) != (f.Reason == "") {
				t.Errorf("%s: a finding without clause or reason: %+v", name, f)
			}
		}
		_, _, err := receivable.Register(receivable.RegisterArgs{Order: "o", Instrument: c.instrument, Invoice: "26372000000000000001", Issued: today, Due: c.due, Amount: yuan("1.00")},
			order.Terms{BuyerClass: c.class, LastAccept: today}, policy, today)
		if failed := c.want[0] == check.Fail; (code(err) == fault.TermTooLong) != failed || !failed && err != nil {
			t.Errorf("%s: registering it: %v", name, err)
		}
	}
}

func TestTheBuyerHasItsDaysToAnswer(t *testing.T) {
	r, _, _ := terms("1.00").Request(today)
	if _, _, err := r.Unanswered(policy, today.AddDays(30)); code(err) != fault.NotOverdue {
		t.Errorf("on the thirtieth day: %v", err)
	}
	if _, state, err := r.Unanswered(policy, today.AddDays(31)); err != nil || state != receivable.Unanswered {
		t.Errorf("on the day after: %s, %v", state, err)
	}
}

func TestWhatAReceivableCarries(t *testing.T) {
	disputed, _, err := terms("100.00").Dispute(receivable.DisputeArgs{Amount: yuan("30.00"), Reason: "short"})
	if err != nil {
		t.Fatal(err)
	}
	paid, _, _ := terms("100.00").Pay(receivable.PayArgs{Amount: yuan("40.00"), Date: today, Reference: "B"}, receivable.Registered, today)
	for name, c := range map[string]struct {
		terms    receivable.Terms
		state    lc.State
		on       calendar.Date
		want     string
		eligible bool
	}{
		"unconfirmed":              {terms("100.00"), receivable.Registered, today, "60.00", true},
		"asked for":                {terms("100.00"), receivable.Requested, today, "60.00", true},
		"never answered":           {terms("100.00"), receivable.Unanswered, today, "60.00", true},
		"confirmed":                {terms("100.00"), receivable.Confirmed, today, "80.00", true},
		"disputed in part":         {disputed, receivable.Disputed, today, "42.00", true},
		"paid in part":             {paid, receivable.Confirmed, today, "48.00", true},
		"rounded half up":          {terms("0.01"), receivable.Registered, today, "0.01", true},
		"on the day when it's due": {terms("100.00"), receivable.Confirmed, today.AddDays(60), "80.00", true},
		"past due":                 {terms("100.00"), receivable.Confirmed, today.AddDays(61), "0.00", false},
		"paid":                     {terms("100.00"), receivable.Paid, today, "0.00", false},
		"closed":                   {terms("100.00"), receivable.Closed, today, "0.00", false},
		"cancelled":                {terms("100.00"), receivable.Cancelled, today, "0.00", false},
	} {
		if got, eligible := receivable.Advance(c.terms, c.state, policy, c.on); eligible != c.eligible || got.Cmp(yuan(c.want)) != 0 {
			t.Errorf("%s: got %s, eligible %t", name, got, eligible)
		}
	}
}

func TestPaymentsReduceWhatIsOutstandingAndDisputed(t *testing.T) {
	r, _, _ := terms("100.00").Dispute(receivable.DisputeArgs{Amount: yuan("80.00"), Reason: "short"})
	pay := func(amount string) lc.State {
		t.Helper()
		next, state, err := r.Pay(receivable.PayArgs{Amount: yuan(amount), Date: today, Reference: strconv.Itoa(len(r.Payments))}, receivable.Disputed, today)
		if err != nil {
			t.Fatal(err)
		}
		r = next
		return state
	}
	if state := pay("50.00"); state != receivable.Disputed || r.Disputed.Cmp(yuan("50.00")) != 0 || !r.Undisputed().IsZero() {
		t.Errorf("%s, disputed %s", state, r.Disputed)
	}
	if state := pay("50.00"); state != receivable.Paid || !r.Outstanding.IsZero() || !r.Disputed.IsZero() || len(r.Payments) != 2 {
		t.Errorf("%s, %+v", state, r)
	}
}

// The terms of the most payments that a receivable can have must still fit an opening.
func TestTheLongestTermsFitAnOpening(t *testing.T) {
	r := terms("9999.00")
	r.Reason = strings.Repeat("\x01", 1500)
	for i := range receivable.MaxPayments {
		next, _, err := r.Pay(receivable.PayArgs{Amount: yuan("0.01"), Date: today, Reference: strings.Repeat("\x01", 60) + fmt.Sprintf("%04d", i)}, receivable.Registered, today)
		if err != nil {
			t.Fatal(err)
		}
		r = next
	}
	if _, _, err := r.Pay(receivable.PayArgs{Amount: yuan("0.01"), Date: today, Reference: "x"}, receivable.Registered, today); code(err) != fault.TooMany {
		t.Errorf("one more: %v", err)
	}
	r, state, err := r.Pay(receivable.PayArgs{Amount: r.Outstanding, Date: today, Reference: strings.Repeat("\x01", 64)}, receivable.Registered, today)
	if err != nil || state != receivable.Paid {
		t.Errorf("all that is open: %s, %v", state, err)
	}
	sealed, err := evidence.Seal("REC-1", make([]byte, 32), r)
	if err == nil {
		_, err = evidence.Open(sealed.Raw)
	}
	if err != nil {
		t.Error(err)
	}
}

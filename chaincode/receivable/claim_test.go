package receivable_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/receivable"
)

const (
	seller = ident.USCC("91370200000000001X")
	second = ident.USCC("91370200000000002X")
	buyer  = ident.USCC("91370200000000003X")
	factor = ident.USCC("91370200000000004X")
)

var (
	now  = evidence.InstantOf(time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC))
	deep = credit.Policy{ReceivableMaxDepth: 3}
)

func claim(amount string) receivable.Terms {
	t := terms(amount)
	t.Seller, t.Creditor, t.Buyer, t.Invoice = seller, seller, buyer, "26372000000000000001"
	return t
}

// refusal checks the code, field and clause of an error.
func refusal(t *testing.T, name string, err error, code fault.Code, field, clause string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	if f := fault.Of(err); f == nil || f.Code != code || f.Field != field || f.Clause != clause {
		t.Errorf("%s: got %v, want %s at %q under %q", name, err, code, field, clause)
	}
}

func parts(amounts ...string) (all []receivable.Part) {
	for i, a := range amounts {
		all = append(all, receivable.Part{ID: fmt.Sprintf("REC-%d", i), Amount: yuan(a)})
	}
	return all
}

func TestPartsSumToWhatIsOutstanding(t *testing.T) {
	many := make([]string, receivable.MaxParts+1)
	for i := range many {
		many[i] = "0.01"
	}
	for name, c := range map[string]struct {
		parts []receivable.Part
		depth int
		code  fault.Code
		field string
		under string
	}{
		"two halves":                    {parts: parts("40.00", "20.00")},
		"as deep as the policy allows":  {parts: parts("40.00", "20.00"), depth: 2},
		"a fen less":                    {parts: parts("40.00", "19.99"), code: fault.SumMismatch, field: "/children"},
		"a fen more":                    {parts: parts("40.00", "20.01"), code: fault.SumMismatch, field: "/children"},
		"what was paid already":         {parts: parts("60.00", "40.00"), code: fault.SumMismatch, field: "/children"},
		"one part":                      {parts: parts("60.00"), code: fault.FieldInvalid, field: "/children"},
		"too many parts":                {parts: parts(many...), code: fault.FieldInvalid, field: "/children"},
		"a part of nothing":             {parts: parts("60.00", "0.00"), code: fault.AmountNotPositive, field: "/children/1/amount"},
		"a part below nothing":          {parts: []receivable.Part{{ID: "REC-0", Amount: yuan("70.00")}, {ID: "REC-1", Amount: money.Fen(-1000)}}, code: fault.AmountNotPositive, field: "/children/1/amount"},
		"one part twice":                {parts: append(parts("30.00"), parts("30.00")...), code: fault.FieldInvalid, field: "/children/1/id"},
		"deeper than the policy allows": {parts: parts("40.00", "20.00"), depth: 3, code: fault.DepthExceeded, under: "银发〔2025〕77号"},
	} {
		whole, _, err := claim("100.00").Pay(receivable.PayArgs{Amount: yuan("40.00"), Date: today, Reference: "P"}, receivable.Confirmed, today)
		if err != nil {
			t.Fatal(err)
		}
		whole.Depth = c.depth
		after, state, err := whole.Split(receivable.SplitArgs{Children: c.parts}, deep)
		refusal(t, name, err, c.code, c.field, c.under)
		if err == nil && (state != receivable.Split || !after.Outstanding.IsZero() || !after.Balanced() || len(after.Payments) != 1) {
			t.Errorf("%s: it came to %s, %+v", name, state, after)
		}
	}
}

func TestAPartIsAsTheWholeWas(t *testing.T) {
	whole := claim("100.00")
	whole.Disputed, whole.WaivesSetOff, whole.ConfirmedOn = money.Zero, true, today
	whole.Late = &receivable.Late{Interest: yuan("1.00")}
	part := whole.Child(receivable.Part{ID: "REC-1", Amount: yuan("30.00")})
	if part.Amount.String() != "30.00" || part.Outstanding.String() != "30.00" || part.Depth != 1 || len(part.Payments) != 0 || part.Late != nil || !part.Balanced() {
		t.Errorf("%+v", part)
	}
	if part.Invoice != whole.Invoice || part.Due != whole.Due || part.Creditor != whole.Creditor || !part.WaivesSetOff || part.ConfirmedOn != today {
		t.Errorf("%+v", part)
	}
}

func TestATransferIsOfferedToSomebodyElseThanTheTwo(t *testing.T) {
	for name, c := range map[string]struct {
		to    ident.USCC
		depth int
		open  bool
		code  fault.Code
		field string
		under string
	}{
		"to another":           {to: second},
		"to nobody":            {code: fault.FieldRequired, field: "/to"},
		"to its creditor":      {to: seller, code: fault.SameParty, field: "/to"},
		"to its debtor":        {to: buyer, code: fault.SameParty, field: "/to", under: "民法典 576"},
		"while another waits":  {to: second, open: true, code: fault.TransferPending},
		"once more than often": {to: second, depth: 3, code: fault.DepthExceeded, under: "银发〔2025〕77号"},
	} {
		r := claim("100.00")
		r.Depth, r.NoAssignmentClause = c.depth, true // which blocks nothing (民法典 545)
		if c.open {
			r.Transfer = &receivable.Transfer{To: second}
		}
		after, err := r.Pass(receivable.TransferArgs{To: c.to}, deep, today)
		refusal(t, name, err, c.code, c.field, c.under)
		if err == nil && after.Creditor != seller {
			t.Errorf("%s: it changed hands before it was accepted", name)
		}
	}
}

func TestWhoAcceptedIsTheCreditorAndTheSellerStaysTheSeller(t *testing.T) {
	offered, err := claim("100.00").Pass(receivable.TransferArgs{To: second}, deep, today)
	if err != nil {
		t.Fatal(err)
	}
	if _, carries := receivable.Advance(offered, receivable.Registered, policy, today); carries {
		t.Error("it carries a loan while it is offered")
	}
	taken, err := offered.Take()
	if err != nil || taken.Creditor != second || taken.Seller != seller || taken.Depth != 1 || taken.Transfer != nil {
		t.Errorf("%+v %v", taken, err)
	}
	if taken.Related(lc.Seller) != second || taken.Related(lc.Issuer) != seller || len(taken.Parties()) != 3 {
		t.Errorf("its parties are %v", taken.Parties())
	}
	kept, err := offered.Keep()
	if err != nil || kept.Creditor != seller || kept.Depth != 0 {
		t.Errorf("%+v %v", kept, err)
	}
	for _, answer := range []func() (receivable.Terms, error){taken.Take, kept.Keep} {
		_, err := answer()
		refusal(t, "an answer to nothing", err, fault.TransferMissing, "", "")
	}
	paid, _, err := offered.Pay(receivable.PayArgs{Amount: yuan("100.00"), Date: today, Reference: "P"}, receivable.Registered, today)
	if err != nil || paid.Transfer != nil {
		t.Errorf("what is paid is still offered: %+v %v", paid.Transfer, err)
	}
}

func TestANoticeOfTheAssigneeShowsWhoItIs(t *testing.T) {
	for name, c := range map[string]struct {
		args  receivable.NotifyArgs
		by    ident.USCC
		code  fault.Code
		field string
		under string
	}{
		"the creditor, with nothing":        {by: seller},
		"the assignee, with all":            {by: factor, args: receivable.NotifyArgs{Evidence: "contract 7", Identity: "licence"}},
		"the assignee without a proof":      {by: factor, args: receivable.NotifyArgs{Identity: "licence"}, code: fault.FieldRequired, field: "/evidence", under: "民法典 764"},
		"the assignee without its identity": {by: factor, args: receivable.NotifyArgs{Evidence: "contract 7"}, code: fault.FieldRequired, field: "/identity", under: "民法典 764"},
	} {
		sent, err := claim("100.00").Notify(c.args, c.by, factor, now)
		refusal(t, name, err, c.code, c.field, c.under)
		if err == nil && (sent.Noticed(factor) || sent.Notice.Payee != factor) {
			t.Errorf("%s: %+v", name, sent.Notice)
		}
	}
}

func TestANoticeBindsOnceItIsReceived(t *testing.T) {
	r := claim("100.00")
	_, err := r.Acknowledge(now)
	refusal(t, "acknowledging nothing", err, fault.NoticeMissing, "", "")
	_, err = r.WithdrawNotice(factor, false)
	refusal(t, "withdrawing nothing", err, fault.NoticeMissing, "", "")
	sent, err := r.Notify(receivable.NotifyArgs{}, seller, factor, now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := sent.Acknowledge(now)
	if err != nil || !got.Noticed(factor) || got.Noticed(second) || sent.Noticed(factor) {
		t.Errorf("%+v %v", got.Notice, err)
	}
	_, err = got.Acknowledge(now)
	refusal(t, "acknowledging twice", err, fault.NoticeMissing, "", "")
	_, err = got.Notify(receivable.NotifyArgs{}, seller, factor, now)
	refusal(t, "giving it again", err, fault.NoticeStands, "", "")
	_, err = got.WithdrawNotice(seller, false)
	refusal(t, "withdrawing it as who gave the claim away", err, fault.NotPermitted, "/party", "民法典 546")
	for _, by := range []struct {
		who   ident.USCC
		ended bool
	}{{factor, false}, {seller, true}} {
		if after, err := got.WithdrawNotice(by.who, by.ended); err != nil || after.Notice != nil {
			t.Errorf("%v: %+v %v", by, after.Notice, err)
		}
	}
}

func TestADebtorSetsOffWhatItMay(t *testing.T) {
	noticed := today.AddDays(-5)
	good := receivable.SetOffArgs{Amount: yuan("10.00"), Claim: "CC1", Arisen: noticed, Due: today}
	later := func(change func(*receivable.SetOffArgs)) receivable.SetOffArgs { a := good; change(&a); return a }
	assigned := receivable.SetOffSituation{Assigned: true, Noticed: noticed}
	same := receivable.SetOffSituation{Assigned: true, Noticed: noticed, SameContract: true}
	after := later(func(a *receivable.SetOffArgs) { a.Arisen = noticed.AddDays(1) })
	for name, c := range map[string]struct {
		args   receivable.SetOffArgs
		s      receivable.SetOffSituation
		waives bool
		due    calendar.Date
		code   fault.Code
		field  string
		under  string
	}{
		"against its seller": {args: good},
		"against its seller, though it gave that up towards assignees":    {args: good, waives: true},
		"against an assignee, had when noticed and due first":             {args: good, s: assigned},
		"against an assignee, before the notice":                          {args: after, s: receivable.SetOffSituation{Assigned: true}},
		"against an assignee, of the day of the notice, due the same day": {args: good, s: assigned, due: today},
		"against an assignee, arisen after the notice":                    {args: after, s: assigned, code: fault.SetOffForbidden, field: "/arisen", under: "民法典 549"},
		"the same, from the same contract":                                {args: after, s: same},
		"against an assignee, due after the receivable":                   {args: good, s: assigned, due: today.AddDays(-1), code: fault.SetOffForbidden, field: "/due", under: "民法典 549"},
		"against an assignee, given up":                                   {args: good, s: assigned, waives: true, code: fault.SetOffForbidden, under: "民法典 549"},
		"from the same contract, given up":                                {args: good, s: same, waives: true, code: fault.SetOffForbidden, under: "民法典 549"},
		"a claim that is not due":                                         {args: later(func(a *receivable.SetOffArgs) { a.Due = today.AddDays(1) }), code: fault.SetOffForbidden, field: "/due", under: "民法典 568"},
		"a claim of tomorrow":                                             {args: later(func(a *receivable.SetOffArgs) { a.Arisen = today.AddDays(1) }), code: fault.DateInFuture, field: "/arisen"},
		"a claim due before it arose":                                     {args: later(func(a *receivable.SetOffArgs) { a.Due = a.Arisen.AddDays(-1) }), code: fault.DateOrder, field: "/due"},
		"no claim":                                                        {args: later(func(a *receivable.SetOffArgs) { a.Claim = "" }), code: fault.FieldRequired, field: "/claim"},
		"nothing":                                                         {args: later(func(a *receivable.SetOffArgs) { a.Amount = money.Zero }), code: fault.AmountNotPositive, field: "/amount"},
		"more than is outstanding":                                        {args: later(func(a *receivable.SetOffArgs) { a.Amount = yuan("100.01") }), code: fault.OverOutstanding, field: "/amount"},
	} {
		r := claim("100.00")
		r.WaivesSetOff = c.waives
		r.Issued = today.AddDays(-30)
		if !c.due.IsZero() {
			r.Due = c.due
		}
		got, state, err := r.SetOff(c.args, c.s, receivable.Confirmed, today)
		refusal(t, name, err, c.code, c.field, c.under)
		switch {
		case err != nil:
		case !got.Balanced():
			t.Errorf("%s: %+v", name, got)
		case c.s.Assigned && (state != receivable.Disputed || got.Outstanding.String() != "100.00" || got.Disputed.String() != "10.00"):
			t.Errorf("%s: it counts before the assignee accepts it: %s %+v", name, state, got)
		case !c.s.Assigned && (state != receivable.Confirmed || got.Outstanding.String() != "90.00"):
			t.Errorf("%s: %s %+v", name, state, got)
		}
	}
	t.Run("the same claim of the same day and amount is one; all of it pays the debt", func(t *testing.T) {
		once, _, err := claim("100.00").SetOff(good, receivable.SetOffSituation{}, receivable.Registered, today)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = once.SetOff(good, receivable.SetOffSituation{}, receivable.Registered, today)
		refusal(t, "again", err, fault.ReferenceUsed, "/claim", "")
		if all, state, err := once.SetOff(later(func(a *receivable.SetOffArgs) { a.Amount = yuan("90.00") }), receivable.SetOffSituation{}, receivable.Registered, today); err != nil || state != receivable.Paid || !all.Balanced() {
			t.Errorf("%s %v", state, err)
		}
	})
}

// The debtor says it, the assignee accepts it or not: until then it is in dispute and stays owed.
func TestASetOffAgainstAnAssigneeWaitsForItsWord(t *testing.T) {
	args := receivable.SetOffArgs{Amount: yuan("40.00"), Claim: "CC1", Arisen: today, Due: today}
	declared, _, err := claim("100.00").SetOff(args, receivable.SetOffSituation{Assigned: true}, receivable.Registered, today)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = declared.SetOff(args, receivable.SetOffSituation{Assigned: true}, receivable.Disputed, today)
	refusal(t, "declared again", err, fault.ReferenceUsed, "/claim", "")
	more := args
	more.Claim, more.Amount = "CC2", yuan("60.01")
	_, _, err = declared.SetOff(more, receivable.SetOffSituation{Assigned: true}, receivable.Disputed, today)
	refusal(t, "more than is not in dispute", err, fault.OverOutstanding, "/amount", "")
	_, _, err = declared.AcceptSetOff(receivable.AcceptSetOffArgs{Claim: "CC1", Amount: yuan("39.99")}, receivable.Disputed)
	refusal(t, "another amount", err, fault.ReductionUnknown, "/claim", "")
	_, _, err = declared.AcceptSetOff(receivable.AcceptSetOffArgs{Amount: yuan("40.00")}, receivable.Disputed)
	refusal(t, "no number", err, fault.FieldRequired, "/claim", "")
	got, state, err := declared.AcceptSetOff(receivable.AcceptSetOffArgs{Claim: "CC1", Amount: yuan("40.00")}, receivable.Disputed)
	if err != nil || state != receivable.Registered || got.Outstanding.String() != "60.00" || !got.Disputed.IsZero() || !got.Balanced() {
		t.Errorf("%s %+v %v", state, got, err)
	}
	_, _, err = got.AcceptSetOff(receivable.AcceptSetOffArgs{Claim: "CC1", Amount: yuan("40.00")}, receivable.Disputed)
	refusal(t, "accepted again", err, fault.ReductionUnknown, "/claim", "")
	paid, _, err := declared.Pay(receivable.PayArgs{Amount: yuan("80.00"), Date: today, Reference: "P"}, receivable.Disputed, today)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = paid.AcceptSetOff(receivable.AcceptSetOffArgs{Claim: "CC1", Amount: yuan("40.00")}, receivable.Disputed)
	refusal(t, "more than is still owed", err, fault.OverOutstanding, "/amount", "")
	if again, _, err := declared.Confirm(receivable.ConfirmArgs{}, today); err != nil || again.Reductions != nil || !again.Disputed.IsZero() {
		t.Errorf("who confirms takes it back: %+v %v", again, err)
	}
}

func TestACreditNoteOrARedLetterInvoiceTakesBack(t *testing.T) {
	red := receivable.DiluteArgs{RedLetter: "26372000000000000002", Amount: yuan("30.00"), Date: today}
	with := func(change func(*receivable.DiluteArgs)) receivable.DiluteArgs { a := red; change(&a); return a }
	for name, c := range map[string]struct {
		args  receivable.DiluteArgs
		code  fault.Code
		field string
	}{
		"a red-letter invoice":        {args: red},
		"a credit note":               {args: with(func(a *receivable.DiluteArgs) { a.RedLetter, a.CreditNote = "", "CN1" })},
		"neither":                     {with(func(a *receivable.DiluteArgs) { a.RedLetter = "" }), fault.FieldRequired, "/redLetter"},
		"both":                        {with(func(a *receivable.DiluteArgs) { a.CreditNote = "CN1" }), fault.FieldInvalid, "/creditNote"},
		"the invoice itself":          {with(func(a *receivable.DiluteArgs) { a.RedLetter = claim("1.00").Invoice }), fault.FieldInvalid, "/redLetter"},
		"of another year":             {with(func(a *receivable.DiluteArgs) { a.RedLetter = "25372000000000000002" }), fault.InvoiceYear, "/redLetter"},
		"of tomorrow":                 {with(func(a *receivable.DiluteArgs) { a.Date = today.AddDays(1) }), fault.DateInFuture, "/date"},
		"from before the invoice":     {with(func(a *receivable.DiluteArgs) { a.Date = today.AddDays(-1) }), fault.DateOrder, "/date"},
		"of no day":                   {with(func(a *receivable.DiluteArgs) { a.Date = calendar.Date{} }), fault.FieldRequired, "/date"},
		"of nothing":                  {with(func(a *receivable.DiluteArgs) { a.Amount = money.Zero }), fault.AmountNotPositive, "/amount"},
		"of more than is outstanding": {with(func(a *receivable.DiluteArgs) { a.Amount = yuan("100.01") }), fault.OverOutstanding, "/amount"},
	} {
		got, state, err := claim("100.00").Dilute(c.args, seller, receivable.Confirmed, today)
		refusal(t, name, err, c.code, c.field, "")
		if err == nil && (state != receivable.Confirmed || got.Outstanding.String() != "70.00" || !got.Balanced()) {
			t.Errorf("%s: %s %+v", name, state, got)
		}
	}
	once, _, err := claim("100.00").Dilute(red, seller, receivable.Confirmed, today)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = once.Dilute(with(func(a *receivable.DiluteArgs) { a.Amount = yuan("1.00") }), seller, receivable.Confirmed, today)
	refusal(t, "one document twice", err, fault.ReferenceUsed, "/redLetter", "")
	if _, state, err := claim("100.00").Dilute(with(func(a *receivable.DiluteArgs) { a.Amount = yuan("100.00") }), seller, receivable.Confirmed, today); err != nil || state != receivable.Voided {
		t.Errorf("an invoice that is red-lettered whole is %s %v", state, err)
	}
}

// 保障中小企业款项支付条例 art. 17: 双方对逾期利息的利率有约定的,约定利率不得低于合同订立时1年期贷款市场报价利率;未作约定的,按照每日利率
// 万分之五支付逾期利息.
func TestLateInterestIsAsAgreedOrFiveTenThousandthsADay(t *testing.T) {
	due := today.AddDays(60)
	pay := func(day int, amount string) func(*receivable.Terms) {
		return func(t *receivable.Terms) {
			t.Payments = append(t.Payments, receivable.Payment{Date: due.AddDays(day), Amount: yuan(amount)})
		}
	}
	credit := func(day int, amount string) func(*receivable.Terms) {
		return func(t *receivable.Terms) {
			t.Reductions = append(t.Reductions, receivable.Reduction{Date: due.AddDays(day), Amount: yuan(amount)})
		}
	}
	for name, c := range map[string]struct {
		rate string
		year int
		days int
		with []func(*receivable.Terms)
		want string
	}{
		"on the due day nothing":              {days: 0, want: "0.00"},
		"before it nothing":                   {days: -3, want: "0.00"},
		"one day":                             {days: 1, want: "5.00"},
		"thirty days":                         {days: 30, want: "150.00"},
		"a year of the agreed rate":           {rate: "0.0365", year: 365, days: 365, want: "365.00"},
		"a day of it, half up":                {rate: "0.0345", year: 360, days: 1, want: "0.96"},
		"paid before the due day in part":     {days: 10, with: []func(*receivable.Terms){pay(-1, "4000.00")}, want: "30.00"},
		"paid on the fifth day in part":       {days: 10, with: []func(*receivable.Terms){pay(5, "4000.00")}, want: "40.00"},
		"paid on the fifth day whole":         {days: 10, with: []func(*receivable.Terms){pay(5, "10000.00")}, want: "25.00"},
		"credited on the fifth day, and paid": {days: 10, with: []func(*receivable.Terms){credit(5, "5000.00"), pay(8, "5000.00")}, want: "32.50"},
	} {
		r := claim("10000.00")
		for _, f := range c.with {
			f(&r)
		}
		var rate money.Rate
		if c.rate != "" {
			rate = money.MustRate(c.rate)
		}
		if got := r.LateInterest(rate, c.year, due.AddDays(c.days)); got.String() != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestOverdueIsMarkedAfterTheDueDayAtARateThatTheLawAllows(t *testing.T) {
	const art17 = "保障中小企业款项支付条例 art. 17"
	rate := money.MustRate
	for name, c := range map[string]struct {
		args  receivable.OverdueArgs
		days  int
		code  fault.Code
		field string
		under string
	}{
		"no rate agreed":           {days: 61},
		"on the due day":           {days: 60, code: fault.NotOverdue},
		"the LPR itself":           {args: receivable.OverdueArgs{AnnualRate: rate("0.03"), LPR: rate("0.03"), YearDays: 360}, days: 61},
		"a rate below the LPR":     {args: receivable.OverdueArgs{AnnualRate: rate("0.0299"), LPR: rate("0.03"), YearDays: 360}, days: 61, code: fault.BelowLPR, field: "/annualRate", under: art17},
		"a rate without the LPR":   {args: receivable.OverdueArgs{AnnualRate: rate("0.05"), YearDays: 360}, days: 61, code: fault.FieldRequired, field: "/lpr", under: art17},
		"a year of strange length": {args: receivable.OverdueArgs{AnnualRate: rate("0.05"), LPR: rate("0.03"), YearDays: 366}, days: 61, code: fault.FieldInvalid, field: "/yearDays"},
	} {
		got, state, err := claim("100.00").MarkOverdue(c.args, receivable.Confirmed, today.AddDays(c.days))
		refusal(t, name, err, c.code, c.field, c.under)
		if err == nil && (state != receivable.Overdue || got.Late == nil || got.Late.Through != today.AddDays(c.days) || got.Outstanding.String() != "100.00") {
			t.Errorf("%s: %s %+v", name, state, got.Late)
		}
	}
	if _, carries := receivable.Advance(claim("100.00"), receivable.Overdue, policy, today); carries {
		t.Error("an overdue receivable carries a loan")
	}
	if _, carries := receivable.Advance(claim("100.00"), receivable.Confirmed, policy, today.AddDays(61)); carries {
		t.Error("one past its due day does, while nobody marked it")
	}
}

// What the buyer disputes is not late by the seller's word, and the dispute goes on for all to see.
func TestADisputeOutlastsTheDueDay(t *testing.T) {
	r := claim("10000.00")
	r.Disputed, r.Reason = yuan("4000.00"), "damaged"
	late := r.Due.AddDays(10)
	got, state, err := r.MarkOverdue(receivable.OverdueArgs{}, receivable.Disputed, late)
	if err != nil || state != receivable.Disputed || got.Disputed.String() != "4000.00" || got.Reason != "damaged" || got.Late.Interest.String() != "30.00" {
		t.Errorf("%s %+v %v", state, got, err)
	}
	r.Disputed = yuan("10000.00")
	_, _, err = r.MarkOverdue(receivable.OverdueArgs{}, receivable.Disputed, late)
	refusal(t, "all disputed", err, fault.NotOverdue, "", "保障中小企业款项支付条例 art. 15")
}

func TestWhatIsWrittenOffIsStillOwed(t *testing.T) {
	r := claim("100.00")
	_, _, err := r.GiveUp(receivable.WriteOffArgs{Reason: "bankrupt"}, today)
	refusal(t, "before it is late", err, fault.NotOverdue, "", "")
	today := r.Due.AddDays(1)
	_, _, err = r.GiveUp(receivable.WriteOffArgs{}, today)
	refusal(t, "for no reason", err, fault.FieldInvalid, "/reason", "")
	off, state, err := r.GiveUp(receivable.WriteOffArgs{Reason: "bankrupt"}, today)
	if err != nil || state != receivable.WrittenOff || off.WrittenOff.Amount.String() != "100.00" || !off.Balanced() {
		t.Fatalf("%s %+v %v", state, off, err)
	}
	if paid, state, err := off.Pay(receivable.PayArgs{Amount: yuan("100.00"), Date: today, Reference: "P"}, receivable.WrittenOff, today); err != nil || state != receivable.Paid || !paid.Balanced() {
		t.Errorf("%s %v", state, err)
	}
}

// Whatever is done to a receivable and to what comes out of it: what is outstanding, paid and taken off comes to the
// amount that was registered.
func TestNoFenIsLostOrMadeOverALifeOfSplitsAndTransfers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type held struct {
			receivable.Terms
			state lc.State
		}
		total := money.Fen(rapid.Int64Range(1, 100_000).Draw(t, "amount"))
		first := claim(total.String())
		all := []held{{first, receivable.Confirmed}}
		for n := range rapid.IntRange(1, 30).Draw(t, "steps") {
			h := &all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
			amount := money.Fen(rapid.Int64Range(-10, 60_000).Draw(t, "fen"))
			before := h.Terms
			next, state, err, made := before, h.state, error(nil), []held(nil)
			row := rapid.SampledFrom([]string{"pay", "dilute", "set-off", "reinstate", "split", "transfer", "accept-transfer", "recall-transfer"}).Draw(t, "verb")
			switch row {
			case "pay":
				next, state, err = before.Pay(receivable.PayArgs{Amount: amount, Date: today, Reference: fmt.Sprint("P", n%5)}, h.state, today)
			case "dilute":
				next, state, err = before.Dilute(receivable.DiluteArgs{CreditNote: ident.DocumentNumber(fmt.Sprint("CN", n%5)), Amount: amount, Date: today}, before.Seller, h.state, today)
			case "set-off":
				next, state, err = before.SetOff(receivable.SetOffArgs{Claim: ident.DocumentNumber(fmt.Sprint("CC", n%5)), Amount: amount, Arisen: today, Due: today},
					receivable.SetOffSituation{}, h.state, today)
			case "reinstate":
				a := receivable.ReinstateArgs{Kind: receivable.CreditNote, Number: fmt.Sprint("CN", n%5), Amount: amount}
				if len(before.Reductions) > 0 {
					r := before.Reductions[n%len(before.Reductions)]
					a = receivable.ReinstateArgs{Kind: r.Kind, Number: r.Number, Amount: r.Amount}
				}
				next, state, err = before.Reinstate(a, h.state, today)
			case "split":
				one := receivable.Part{ID: fmt.Sprint("REC-a", n), Amount: amount}
				other := receivable.Part{ID: fmt.Sprint("REC-b", n), Amount: before.Outstanding.Sub(amount)}
				if next, state, err = before.Split(receivable.SplitArgs{Children: []receivable.Part{other, one}}, deep); err == nil {
					made = []held{{before.Child(one), h.state}, {before.Child(other), h.state}}
				}
			case "transfer":
				next, err = before.Pass(receivable.TransferArgs{To: rapid.SampledFrom([]ident.USCC{seller, second, buyer}).Draw(t, "to")}, deep, today)
			case "accept-transfer":
				next, err = before.Take()
			case "recall-transfer":
				next, err = before.Keep()
			}
			verb, _ := receivable.Table.Row(row)
			if err != nil || !verb.Leaves(h.state) {
				continue // as the contract does: what is refused changes nothing
			}
			if !verb.Reaches(state) {
				t.Fatalf("%s led to %s", row, state)
			}
			h.Terms, h.state = next, state
			all = append(all, made...)

			sum := money.Zero
			for i, x := range all {
				if !x.Balanced() || x.Outstanding.Less(x.Disputed) || x.Depth > deep.ReceivableMaxDepth {
					t.Fatalf("receivable %d after %s: %+v", i, row, x)
				}
				sum = sum.Add(x.Outstanding)
				for _, p := range x.Payments {
					sum = sum.Add(p.Amount)
				}
				for _, r := range x.Reductions {
					if r.Reversed.IsZero() {
						sum = sum.Add(r.Amount)
					}
				}
			}
			if sum.Cmp(total) != 0 {
				t.Fatalf("after %s all comes to %s of %s", row, sum, total)
			}
		}
	})
}

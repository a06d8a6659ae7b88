package risk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
	"decore/gateway/projection"
	"decore/gateway/risk"
)

const (
	seller = ident.USCC("91370200990000009K")
	buyer  = ident.USCC("91370200990000017E")
	third  = ident.USCC("91370200990000105W")
	fourth = ident.USCC("91370200990000113P")
)

var (
	yuan = money.MustParse
	day  = calendar.MustParse("2026-03-31")
)

func settings(t testing.TB) risk.Settings {
	t.Helper()
	s, err := risk.Default()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// facts are of a receivable about which nothing is strange.
func facts() risk.Facts {
	p := risk.Paper{Record: "REC-1", Parents: []string{"ORD-1"}, Seller: seller, Buyer: buyer, Number: "26372000000000000001",
		Day: day, Amount: yuan("100000.00")}
	o := order.Terms{Seller: seller, Buyer: buyer, Number: "PO1", Contract: "C1", Signed: day.AddDays(-400), PaymentDays: 60,
		Amount: yuan("100000.00"), Shipped: yuan("100000.00"), Accepted: yuan("100000.00"), Invoiced: yuan("100000.00")}
	return risk.Facts{Record: p.Record, Kind: "receivable", Today: day, Disclosed: true, Paper: &p,
		Receivable: &receivable.Terms{Issued: day, Delivered: day, Due: day.AddDays(60)},
		Orders:     []risk.Order{{Record: "ORD-1", Terms: o}}, First: o.Signed,
		Shares:    []projection.Share{share(third, "25.00", 2), share(buyer, "25.00", 1), share(fourth, "25.00", 1), share(seller, "25.00", 1)},
		Knowledge: &risk.Knowledge{Affiliates: [][]ident.USCC{{third, fourth}}},
		Prices:    []risk.Price{{Record: "LOT-1", Unit: yuan("10.00"), Reference: yuan("10.00")}},
		Lapses:    []risk.Lapse{lapse(risk.Insurance, 90), lapse(risk.Storage, 90), lapse(risk.Registration, 90)}}
}

func share(debtor ident.USCC, owed string, n int) projection.Share {
	return projection.Share{Debtor: debtor, Owed: yuan(owed), Receivables: n}
}

func lapse(what risk.Protection, in int) risk.Lapse {
	return risk.Lapse{Record: "FIN-1", What: what, Until: day.AddDays(in)}
}

func sale(from, to ident.USCC, record string, in int) projection.Sale {
	return projection.Sale{Seller: from, Buyer: to, Record: record, Traded: day.AddDays(in)}
}

// paper is another document, changed from the record's own.
func paper(id string, change func(*risk.Paper)) risk.Paper {
	p := *facts().Paper
	p.Record, p.Parents, p.Number = id, []string{"ORD-2"}, "26372000000000009999"
	change(&p)
	return p
}

func signalOf(r risk.Report, code risk.Code) (risk.Signal, bool) {
	i := slices.IndexFunc(r.Signals, func(s risk.Signal) bool { return s.Rule == code })
	if i < 0 {
		return risk.Signal{}, false
	}
	return r.Signals[i], true
}

func TestNothingStrangeGivesNoSignal(t *testing.T) {
	r := risk.Assess(facts(), settings(t))
	if len(r.Signals)+len(r.Unexamined)+r.Score != 0 || r.Grade != risk.None {
		t.Errorf("got %+v", r)
	}
}

// same replaces the facts' comparisons by one document.
func similar(change func(*risk.Paper)) func(*risk.Facts) {
	return func(f *risk.Facts) { f.Similar = []risk.Paper{paper("REC-2", change)} }
}

func named(change func(*risk.Paper)) func(*risk.Facts) {
	return func(f *risk.Facts) {
		f.Named = []risk.Paper{paper("REC-2", func(p *risk.Paper) { p.Number = f.Paper.Number; change(p) })}
	}
}

func ordered(change func(*order.Terms)) func(*risk.Facts) {
	return func(f *risk.Facts) { change(&f.Orders[0].Terms) }
}

func second(o order.Terms) func(*risk.Facts) {
	return func(f *risk.Facts) { f.Orders = append(f.Orders, risk.Order{Record: "ORD-2", Terms: o}) }
}

func all(changes ...func(*risk.Facts)) func(*risk.Facts) {
	return func(f *risk.Facts) {
		for _, change := range changes {
			change(f)
		}
	}
}

func sold(sales ...projection.Sale) func(*risk.Facts) { return func(f *risk.Facts) { f.Sales = sales } }

func worth(amount string) func(*risk.Facts) {
	return func(f *risk.Facts) {
		f.Knowledge.Contracts = []risk.Contract{{Seller: seller, Buyer: buyer, Number: "C1", Amount: yuan(amount)}}
	}
}

// of makes the facts those of a record of the kind.
func of(kind string, change func(*risk.Facts)) func(*risk.Facts) {
	return func(f *risk.Facts) { f.Kind = kind; change(f) }
}

func owed(shares ...projection.Share) func(*risk.Facts) {
	return func(f *risk.Facts) { f.Shares = shares }
}

func quarterEnd(first, in int, amount string) func(*risk.Facts) {
	return func(f *risk.Facts) {
		f.Paper.Day = day.AddDays(in)
		f.First, f.Paper.Amount = f.Paper.Day.AddDays(first), yuan(amount)
	}
}

func steps(verbs ...string) func(*risk.Facts) {
	return func(f *risk.Facts) {
		for _, v := range verbs {
			f.Steps = append(f.Steps, risk.Step{Record: "ORD-1", Verb: v})
		}
	}
}

func TestEachRuleFiresAtItsBoundaryAndNotBefore(t *testing.T) {
	for _, c := range []struct {
		name    string
		rule    risk.Code
		change  func(*risk.Facts)
		records []string // nil: it does not fire
	}{
		{"an amount of one per cent more, a week later", risk.NearDuplicate, similar(func(p *risk.Paper) { p.Amount, p.Day = yuan("101010.10"), day.AddDays(7) }), []string{"REC-2"}},
		{"an amount of a fen above one per cent more", risk.NearDuplicate, similar(func(p *risk.Paper) { p.Amount = yuan("101010.11") }), nil},
		{"an amount of one per cent less, a week before", risk.NearDuplicate, similar(func(p *risk.Paper) { p.Amount, p.Day = yuan("99000.00"), day.AddDays(-7) }), []string{"REC-2"}},
		{"an amount of a fen below one per cent less", risk.NearDuplicate, similar(func(p *risk.Paper) { p.Amount = yuan("98999.99") }), nil},
		{"eight days later", risk.NearDuplicate, similar(func(p *risk.Paper) { p.Day = day.AddDays(8) }), nil},
		{"eight days before", risk.NearDuplicate, similar(func(p *risk.Paper) { p.Day = day.AddDays(-8) }), nil},
		{"the record itself", risk.NearDuplicate, similar(func(p *risk.Paper) { p.Record = "REC-1" }), nil},
		{"what it was split from", risk.NearDuplicate, all(func(f *risk.Facts) { f.Paper.Parents = []string{"ORD-1", "REC-2"} }, similar(func(*risk.Paper) {})), nil},
		{"what was split from it", risk.NearDuplicate, similar(func(p *risk.Paper) { p.Parents = []string{"ORD-1", "REC-1"} }), nil},
		{"the other part of a split", risk.NearDuplicate, all(func(f *risk.Facts) { f.Paper.Parents = []string{"ORD-1", "REC-0"} },
			similar(func(p *risk.Paper) { p.Parents = []string{"ORD-1", "REC-0"} })), nil},
		{"another of the same order", risk.NearDuplicate, similar(func(p *risk.Paper) { p.Parents = []string{"ORD-1"} }), []string{"REC-2"}},

		{"a digit replaced", risk.SimilarNumber, similar(func(p *risk.Paper) { p.Number, p.Day = "26372000000000000007", day.AddDays(-366) }), []string{"REC-2"}},
		{"a digit left out", risk.SimilarNumber, similar(func(p *risk.Paper) { p.Number = "2637200000000000001" }), []string{"REC-2"}},
		{"two digits replaced", risk.SimilarNumber, similar(func(p *risk.Paper) { p.Number = "26372000000000000077" }), nil},
		{"a digit replaced, but too long ago", risk.SimilarNumber, similar(func(p *risk.Paper) { p.Number, p.Day = "26372000000000000007", day.AddDays(-367) }), nil},
		{"a digit replaced, but another amount", risk.SimilarNumber, similar(func(p *risk.Paper) { p.Number, p.Amount = "26372000000000000007", yuan("98999.99") }), nil},

		{"the same invoice for a fen less", risk.PaperMismatch, named(func(p *risk.Paper) { p.Amount, p.Seller = yuan("99999.99"), third }), []string{"REC-2"}},
		{"the same invoice for the same amount", risk.PaperMismatch, named(func(*risk.Paper) {}), nil},
		{"the other part of a split invoice", risk.PaperMismatch, all(func(f *risk.Facts) { f.Paper.Parents = []string{"REC-0"} },
			named(func(p *risk.Paper) { p.Amount, p.Parents = yuan("1.00"), []string{"REC-0"} })), nil},

		{"a fen invoiced above the order", risk.OverContract, ordered(func(o *order.Terms) { o.Invoiced = yuan("100000.01") }), []string{"ORD-1"}},
		{"two orders that make up for each other", risk.OverContract, all(ordered(func(o *order.Terms) { o.Invoiced = yuan("100000.01") }),
			second(order.Terms{Amount: yuan("0.01")})), nil},
		{"a fen above the framework contract", risk.OverContract, all(worth("150000.00"), second(order.Terms{Amount: yuan("90000.00"), Invoiced: yuan("50000.01")})), []string{"ORD-1", "ORD-2"}},
		{"just the framework contract", risk.OverContract, all(worth("150000.00"), second(order.Terms{Amount: yuan("90000.00"), Invoiced: yuan("50000.00")})), nil},
		{"another contract's value", risk.OverContract, all(worth("1.00"), ordered(func(o *order.Terms) { o.Contract = "C2" })), nil},

		{"a fen shipped above the order", risk.OverDelivered, ordered(func(o *order.Terms) { o.Shipped = yuan("100000.01") }), []string{"ORD-1"}},
		{"a fen accepted above the order", risk.OverDelivered, ordered(func(o *order.Terms) { o.Accepted = yuan("100000.01") }), []string{"ORD-1"}},
		{"one order above, another below", risk.OverDelivered, second(order.Terms{Amount: yuan("1.00"), Shipped: yuan("1.01")}), []string{"ORD-2"}},
		{"a fen shipped above the framework contract", risk.OverDelivered, all(worth("150000.00"), second(order.Terms{Amount: yuan("90000.00"), Shipped: yuan("50000.01")})), []string{"ORD-1", "ORD-2"}},
		{"just the framework contract shipped", risk.OverDelivered, all(worth("150000.00"), second(order.Terms{Amount: yuan("90000.00"), Shipped: yuan("50000.00")})), nil},

		{"amended after it was attested", risk.AmendedAfterAttest, steps("order.create", "order.attest", "order.amend"), []string{"ORD-1"}},
		{"amended and attested again", risk.AmendedAfterAttest, steps("order.attest", "order.amend", "order.attest"), []string{"ORD-1"}},
		{"amended before it was attested", risk.AmendedAfterAttest, steps("order.create", "order.amend", "order.attest"), nil},

		{"due a day after what was agreed", risk.TermLengthened, func(f *risk.Facts) { f.Receivable.Due = day.AddDays(61) }, []string{"ORD-1"}},
		{"due as agreed", risk.TermLengthened, func(f *risk.Facts) { f.Receivable.Due = day.AddDays(60) }, nil},
		{"due as agreed from the invoice", risk.TermLengthened, func(f *risk.Facts) { f.Receivable.Delivered = calendar.Date{} }, nil},
		{"accepted a day before the invoice", risk.TermLengthened, func(f *risk.Facts) { f.Receivable.Delivered = day.AddDays(-1) }, []string{"ORD-1"}},

		{"the buyer sells back", risk.RoundTrip, sold(sale(buyer, seller, "ORD-9", -180)), []string{"ORD-9"}},
		{"the buyer sold back too long ago", risk.RoundTrip, sold(sale(buyer, seller, "ORD-9", -181)), nil},
		{"back over a third", risk.RoundTrip, all(func(f *risk.Facts) { f.Knowledge = nil }, sold(sale(buyer, third, "ORD-8", 1), sale(third, seller, "ORD-9", 2))), []string{"ORD-8", "ORD-9"}},
		{"back over a third and a fourth", risk.RoundTrip, all(func(f *risk.Facts) { f.Knowledge = nil },
			sold(sale(fourth, seller, "ORD-9", 0), sale(third, fourth, "ORD-8", 0), sale(buyer, third, "ORD-7", 0))), []string{"ORD-7", "ORD-8", "ORD-9"}},
		{"back over three, which is too long", risk.RoundTrip, all(func(f *risk.Facts) { f.Knowledge = nil },
			sold(sale(buyer, third, "ORD-6", 0), sale(third, fourth, "ORD-7", 0), sale(fourth, "X", "ORD-8", 0), sale("X", seller, "ORD-9", 0))), nil},
		{"back to an affiliate of the seller", risk.RoundTrip, all(func(f *risk.Facts) { f.Knowledge.Affiliates = [][]ident.USCC{{third, seller}} }, sold(sale(buyer, third, "ORD-9", 0))), []string{"ORD-9"}},
		{"back from an affiliate of the buyer", risk.RoundTrip, all(func(f *risk.Facts) { f.Knowledge.Affiliates = [][]ident.USCC{{buyer, third}} }, sold(sale(third, seller, "ORD-9", 0))), []string{"ORD-9"}},
		{"the same, to whom that is not known", risk.RoundTrip, all(func(f *risk.Facts) { f.Knowledge = nil }, sold(sale(buyer, third, "ORD-9", 0))), nil},
		{"a dead end", risk.RoundTrip, sold(sale(buyer, third, "ORD-9", 0), sale(third, buyer, "ORD-8", 0)), nil},

		{"seller and buyer in a group", risk.CommonController, func(f *risk.Facts) { f.Knowledge.Affiliates = [][]ident.USCC{{third, buyer, seller}} }, []string{}},
		{"keeper and owner in a group", risk.CommonController, of("lot", func(f *risk.Facts) {
			f.Stored, f.Knowledge.Affiliates = &risk.Stored{Record: f.Record, Owner: seller, Keeper: fourth}, [][]ident.USCC{{third, fourth, seller}}
		}), []string{}},
		{"keeper and owner in two groups", risk.CommonController, of("warehouse-receipt", func(f *risk.Facts) {
			f.Stored, f.Knowledge.Affiliates = &risk.Stored{Record: f.Record, Owner: seller, Keeper: fourth}, [][]ident.USCC{{third, seller}, {buyer, fourth}}
		}), nil},
		{"seller and buyer in two groups", risk.CommonController, func(f *risk.Facts) { f.Knowledge.Affiliates = [][]ident.USCC{{third, buyer}, {fourth, seller}} }, nil},

		{"round, new, on the quarter's last day", risk.NewRoundQuarterEnd, quarterEnd(-90, 0, "120000.00"), []string{}},
		{"on the first of the last seven days", risk.NewRoundQuarterEnd, quarterEnd(0, -6, "120000.00"), []string{}},
		{"on the day before these", risk.NewRoundQuarterEnd, quarterEnd(0, -7, "120000.00"), nil},
		{"on the first of the next quarter", risk.NewRoundQuarterEnd, quarterEnd(0, 1, "120000.00"), nil},
		{"at the end of the year", risk.NewRoundQuarterEnd, quarterEnd(0, -90, "10000.00"), []string{}},
		{"known for a day longer", risk.NewRoundQuarterEnd, quarterEnd(-91, 0, "120000.00"), nil},
		{"a fen from round", risk.NewRoundQuarterEnd, quarterEnd(-90, 0, "120000.01"), nil},

		{"a fen above half from one debtor", risk.Concentration, owed(share(buyer, "50.01", 2), share(third, "24.99", 2), share(fourth, "25.00", 1)), []string{}},
		{"half from one debtor, the index over the limit", risk.Concentration, owed(share(buyer, "50.00", 2), share(third, "50.00", 3)), []string{}},
		{"just the limit of the index", risk.Concentration, owed(share(buyer, "50.00", 2), share(third, "30.00", 2), share("A", "5.00", 1), share("B", "5.00", 1), share("C", "5.00", 1), share("D", "5.00", 1)), nil},
		{"a fen above the limit of the index", risk.Concentration, owed(share(buyer, "50.00", 2), share(third, "30.01", 2), share("A", "4.99", 1), share("B", "5.00", 1), share("C", "5.00", 1), share("D", "5.00", 1)), []string{}},

		{"a fen above the price's tolerance", risk.OverPriced, of("order", func(f *risk.Facts) { f.Prices[0].Unit = yuan("11.01") }), []string{"LOT-1"}},
		{"just the tolerance", risk.OverPriced, of("order", func(f *risk.Facts) { f.Prices[0].Unit = yuan("11.00") }), nil},

		{"insurance of thirty days", risk.InsuranceLapse, of("order", func(f *risk.Facts) { f.Lapses[0].Until = day.AddDays(30) }), []string{"FIN-1"}},
		{"insurance of thirty-one days", risk.InsuranceLapse, of("order", func(f *risk.Facts) { f.Lapses[0].Until = day.AddDays(31) }), nil},
		{"insurance that has ended", risk.InsuranceLapse, of("order", func(f *risk.Facts) { f.Lapses[0].Until = day.AddDays(-500) }), []string{"FIN-1"}},
		{"storage of thirty days", risk.StorageLapse, of("order", func(f *risk.Facts) { f.Lapses[1].Until = day.AddDays(30) }), []string{"FIN-1"}},
		{"registration of thirty days", risk.RegistrationLapse, func(f *risk.Facts) { f.Lapses[2].Until = day.AddDays(30) }, []string{"FIN-1"}},
	} {
		t.Run(string(c.rule)+": "+c.name, func(t *testing.T) {
			f := facts()
			c.change(&f)
			r := risk.Assess(f, settings(t))
			s, fired := signalOf(r, c.rule)
			if fired != (c.records != nil) || fired && !slices.Equal(s.Records, c.records) {
				t.Fatalf("fired %t for %v, want %v", fired, s.Records, c.records)
			}
			if fired && (s.Score < 1 || s.Source == "" || s.Title.En == "" || !han(s.Title.Zh) || !han(s.Text.Zh) || strings.Contains(s.Text.En+s.Text.Zh, "%!")) {
				t.Errorf("the signal lacks a part: %+v", s)
			}
		})
	}
}

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestWhatCannotBeExaminedIsSaidAndIsNoAllClear(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*risk.Facts)
		want   string
	}{
		"terms that are not disclosed": {func(f *risk.Facts) { *f = risk.Facts{Record: f.Record, Kind: f.Kind} },
			"NEAR_DUPLICATE=NOT_DISCLOSED SIMILAR_NUMBER=NOT_DISCLOSED PAPER_MISMATCH=NOT_DISCLOSED OVER_CONTRACT=NOT_DISCLOSED OVER_DELIVERED=NOT_DISCLOSED " +
				"TERM_LENGTHENED=NOT_DISCLOSED ROUND_TRIP=NOT_DISCLOSED COMMON_CONTROLLER=NOT_DISCLOSED NEW_ROUND_QUARTER_END=NOT_DISCLOSED " +
				"CONCENTRATION=NOT_DISCLOSED REGISTRATION_LAPSE=NOT_DISCLOSED"},
		"goods that are not disclosed": {func(f *risk.Facts) { *f = risk.Facts{Record: f.Record, Kind: "lot"} },
			"COMMON_CONTROLLER=NOT_DISCLOSED OVER_PRICED=NOT_DISCLOSED INSURANCE_LAPSE=NOT_DISCLOSED STORAGE_LAPSE=NOT_DISCLOSED REGISTRATION_LAPSE=NOT_DISCLOSED"},
		"goods without any of it": {func(f *risk.Facts) { *f = risk.Facts{Record: f.Record, Kind: "warehouse-receipt", Disclosed: true} },
			"COMMON_CONTROLLER=NOT_DISCLOSED OVER_PRICED=NO_FACTS INSURANCE_LAPSE=NO_FACTS STORAGE_LAPSE=NO_FACTS REGISTRATION_LAPSE=NO_FACTS"},
		"an order that is not disclosed":   {func(f *risk.Facts) { f.Orders = nil }, "OVER_CONTRACT=NOT_DISCLOSED OVER_DELIVERED=NOT_DISCLOSED TERM_LENGTHENED=NOT_DISCLOSED"},
		"affiliates that are not told":     {func(f *risk.Facts) { f.Knowledge = nil }, "COMMON_CONTROLLER=NOT_DISCLOSED"},
		"affiliates that nobody knows":     {func(f *risk.Facts) { f.Knowledge.Affiliates = nil }, "COMMON_CONTROLLER=NO_FACTS"},
		"four receivables":                 {owed(share(buyer, "99.00", 3), share(third, "1.00", 1)), "CONCENTRATION=TOO_FEW"},
		"no prices":                        {of("order", func(f *risk.Facts) { f.Prices = nil }), "OVER_PRICED=NO_FACTS"},
		"an order, which has no term rule": {func(f *risk.Facts) { f.Kind, f.Receivable = "order", nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts()
			c.change(&f)
			var got []string
			for _, u := range risk.Assess(f, settings(t)).Unexamined {
				got = append(got, fmt.Sprintf("%s=%s", u.Rule, u.Reason))
				if text := risk.ReasonTexts[u.Reason]; text.En == "" || !han(text.Zh) {
					t.Errorf("%s has no text", u.Reason)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), c.want)
			}
		})
	}
}

func TestTheScoreAddsUpToAHundredAndIsGraded(t *testing.T) {
	s := settings(t)
	for _, c := range []struct {
		change func(*risk.Facts)
		score  int
		grade  risk.Grade
	}{
		{of("lot", func(f *risk.Facts) { f.Lapses[0].Until = day }), 10, risk.Low},
		{similar(func(p *risk.Paper) { p.Day, p.Number = day.AddDays(60), "26372000000000000002" }), 20, risk.Medium},
		{similar(func(p *risk.Paper) { p.Number = "26372000000000000002" }), 50, risk.High},
		{all(similar(func(p *risk.Paper) { p.Number = "26372000000000000002" }), named(func(p *risk.Paper) { p.Amount = yuan("1.00") }),
			sold(sale(buyer, seller, "ORD-9", 0))), 100, risk.High},
	} {
		f := facts()
		c.change(&f)
		if r := risk.Assess(f, s); r.Score != c.score || r.Grade != c.grade {
			t.Errorf("got %d %s, want %d %s", r.Score, r.Grade, c.score, c.grade)
		}
	}
}

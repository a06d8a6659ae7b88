// Package accrualtest makes a data folder with a bank's book of subsidised loans (贴息贷款), through the signed
// commands by which a bank, its borrowers and the bureau would have made it.
package accrualtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/party"
	"decore/chaincode/subsidy"
	"decore/gateway/desk"
	"decore/gateway/keystore"
	"decore/gateway/server"
	"decore/gateway/submit"
)

// Parties of the example consortium.
const (
	Bank     ident.USCC = "913702009900000334"
	bureau   ident.USCC = "91370200990000308H"
	platform ident.USCC = "91370200990000316C"
)

// Policy is the policy that the loans are under.
const Policy = "subsidy-sme-2026"

// PerHousehold is how many loans a household has; together they are far below its caps.
const PerHousehold = 50

// principal of every loan: three months at 1.5 % are worth about 400 yuan.
var principal = money.MustParse("100000.00")

// The book is made in one morning of March, and the ledger stands in July afterwards: the quarter's periods end on
// 20 June.
var (
	made  = time.Date(2026, 3, 5, 2, 0, 0, 0, time.UTC)
	stood = time.Date(2026, 7, 1, 2, 0, 0, 0, time.UTC)
)

// Through is the day to accrue through, and Each is what every loan is worth until then: 5 to 20 March and 20 March to
// 20 June, each rounded to the fen.
var (
	Through = calendar.MustParse("2026-06-30")
	Each    = money.MustParse("445.83") // 62.50 + 383.33
)

// Book is a data folder in the making.
type Book struct {
	t      testing.TB
	office *server.Office
	now    time.Time
	sector string
	serial int
}

// Make makes a data folder with n claims of the bank.
func Make(t testing.TB, dir string, n int) {
	t.Helper()
	ctx := t.Context()
	b := &Book{t: t, now: made}
	b.found(ctx, dir)
	var err error
	b.office, err = server.OpenOffice(ctx, b.config(dir))
	b.must(err)
	b.readSector(ctx)
	for done := 0; done < n; {
		some := min(n-done, 4*PerHousehold)
		b.lend(ctx, some)
		done += some
	}
	b.now = stood
	b.households(ctx, 1) // puts the ledger's clock there, whatever that of the machine says
	b.must(b.office.Close())
}

// Clock is a clock for who opens the folder after it was made.
func Clock() func() time.Time {
	began := time.Now()
	return func() time.Time { return stood.Add(time.Since(began)) }
}

func (b *Book) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *Book) config(dir string) server.Config {
	return server.Config{Data: dir, Listen: "127.0.0.1:0", Clock: func() time.Time { return b.now }, Log: slog.New(slog.DiscardHandler)}
}

// found lets a gateway found the ledger, as it does at its first start.
func (b *Book) found(ctx context.Context, dir string) {
	srv, err := server.Start(ctx, b.config(dir))
	b.must(err)
	b.must(srv.Close(ctx))
}

func (b *Book) readSector(ctx context.Context) {
	raw, err := b.office.Ledger.Get(ctx, contract.PolicyKey(Policy))
	b.must(err)
	var p subsidy.Policy
	b.must(canon.Strict(raw[0], &p))
	b.sector = p.Sectors[0]
}

// loan is one loan while it is made.
type loan struct {
	household ident.USCC
	id        string
	terms     evidence.Commitment
}

// lend makes loans and their claims, each step for all of them at once.
func (b *Book) lend(ctx context.Context, n int) {
	b.t.Helper()
	day := calendar.At(b.now)
	borrowers := b.households(ctx, (n+PerHousehold-1)/PerHousehold)
	loans := make([]loan, n)
	for i := range loans {
		loans[i].household = borrowers[i/PerHousehold]
	}
	steps := []func(i int, l loan) desk.Order{
		func(_ int, l loan) desk.Order {
			return desk.Order{Party: l.household, Verb: "financing.apply", Args: financing.ApplyArgs{Lender: Bank, Product: financing.Product("fixed-asset-loan"),
				Amount: principal, TenorMonths: 24, Purpose: "冲压线"}}
		},
		func(_ int, l loan) desk.Order {
			return desk.Order{Party: Bank, Verb: "financing.offer", Subject: l.id, On: l.terms, Args: financing.Offer{Amount: principal,
				AnnualRate: money.MustRate("0.0385"), Maturity: day.AddDays(730), ValidUntil: day.AddDays(7)}}
		},
		func(_ int, l loan) desk.Order {
			return desk.Order{Party: l.household, Verb: "financing.accept", Subject: l.id, On: l.terms, Args: financing.AcceptArgs{}}
		},
		func(i int, l loan) desk.Order {
			return desk.Order{Party: Bank, Verb: "financing.disburse", Subject: l.id, On: l.terms, Args: financing.Disbursement{Amount: principal, Date: day,
				Reference: fmt.Sprintf("LN%08d", b.serial+i)}}
		},
	}
	for _, step := range steps {
		orders := make([]desk.Order, n)
		for i, l := range loans {
			orders[i] = step(i, l)
		}
		for i, a := range b.carryOut(ctx, orders) {
			loans[i].id, loans[i].terms = a.Record, a.Terms
		}
	}
	b.serial += n
	b.claim(ctx, loans)
}

// claim makes the claims of the loans.
func (b *Book) claim(ctx context.Context, loans []loan) {
	orders := make([]desk.Order, len(loans))
	for i, l := range loans {
		orders[i] = desk.Order{Party: Bank, Verb: "subsidy.hold", Args: contract.HoldArgs{Policy: Policy, Financing: l.id, SizeClass: subsidy.SizeClass("small"),
			Private: true, Sector: b.sector}}
	}
	b.carryOut(ctx, orders)
}

// households registers new households whose keys the folder holds.
func (b *Book) households(ctx context.Context, n int) []ident.USCC {
	keys, ok := b.office.Desk.Keys.(*keystore.Store)
	if !ok {
		b.t.Fatalf("the office signs by a %T", b.office.Desk.Keys)
	}
	all := make([]ident.USCC, n)
	register, approve := make([]desk.Order, n), make([]desk.Order, n)
	for i := range all {
		b.serial++
		u, err := ident.CompleteUSCC("370200", fmt.Sprintf("88%06d", b.serial))
		b.must(err)
		_, pub, err := keys.Create(u)
		b.must(err)
		all[i] = u
		register[i] = desk.Order{Party: platform, Verb: "party.register", Subject: string(u), Args: party.RegisterArgs{Name: "青岛示例" + string(u),
			Roles: []lifecycle.Role{lifecycle.SME}, Org: "PlatformMSP", Key: evidence.NewJWK(pub)}}
		approve[i] = desk.Order{Party: bureau, Verb: "party.approve", Subject: string(u), Args: party.ReasonArgs{}}
	}
	b.carryOut(ctx, register)
	b.carryOut(ctx, approve)
	return all
}

// carryOut submits orders that all must be accepted.
func (b *Book) carryOut(ctx context.Context, orders []desk.Order) []submit.Answer {
	b.t.Helper()
	var all []submit.Answer
	for from := 0; from < len(orders); from += contract.MaxBatch {
		some := orders[from:min(from+contract.MaxBatch, len(orders))]
		commands := make([]submit.Signed, len(some))
		for i, o := range some {
			signed, _, _, err := b.office.Desk.Sign(o)
			b.must(err)
			commands[i] = signed
		}
		answers, errs, err := b.office.Submit.Submit(ctx, commands...)
		b.must(errors.Join(append(errs, err)...))
		for i, a := range answers {
			if a.Status != contract.Accepted {
				b.t.Fatalf("%s: %+v", some[i].Verb, a.Result)
			}
		}
		all = append(all, answers...)
	}
	return all
}

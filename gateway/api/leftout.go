package api

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"decore/chaincode/contract"
	"decore/chaincode/fault"
	"decore/chaincode/fund"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// maxNamed is how many of the claims that a report leaves out are named.
const maxNamed = 20

// leftOut is what a monthly report does not say of its bank's claims, though it is the one that should (漏报). The ledger opens
// no claim that a report does not name, so it cannot refuse one; what was left out has to be said in the next month.
type leftOut struct {
	named              []string // the first of them
	claims             int
	accrued, takenBack money.Amount
}

// errEnough ends a walk over claims.
var errEnough = errors.New("enough")

// leftOutOf compares the lines of a report with what is to be reported of the claims behind one: up to its last line, or in the
// final report of a month of all.
func (a *API) leftOutOf(ctx context.Context, e *exchange, f fund.Fund, r fund.FileArgs, behind string) (out leftOut, err error) {
	said, last := map[string]bool{}, ""
	for _, l := range r.Lines {
		said[l.Claim], last = true, max(last, l.Claim)
	}
	err = a.each(ctx, e, projection.Filter{Kind: subsidy.Lifecycle.Kind, Owner: f.Bank, After: behind}, func(p projection.Record) error {
		if !r.Final && p.ID > last {
			return errEnough
		}
		if t, known := p.Terms.(contract.ClaimTerms); known && t.Claim.Policy == f.Policy && !said[p.ID] {
			out.add(p.ID, t.Unreported(r.Month))
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, err
}

func (l *leftOut) add(claim string, e fund.Entry) {
	if e.Accrued.IsZero() && e.TakenBack.IsZero() {
		return
	}
	if l.claims++; len(l.named) < maxNamed {
		l.named = append(l.named, claim)
	}
	l.accrued, l.takenBack = l.accrued.Add(e.Accrued), l.takenBack.Add(e.TakenBack)
}

// leftOutItem names a claim that is left out.
func leftOutItem(claim, at string) problem.Item {
	return problem.NewItem(at, string(fault.ReportMismatch), nil, problem.Text{En: "the claim " + claim + " is left out", Zh: "漏报申领 " + claim})
}

// refuseLeftOut refuses a report of the next month that leaves claims out, as a sheet that does is refused. All else that may be
// wrong with it is for the ledger to say.
func (a *API) refuseLeftOut(ctx context.Context, e *exchange, r fund.FileArgs) error {
	if err := a.catchUp(ctx); err != nil { // of the reports before it, the last may just have been filed
		return err
	}
	f, err := a.fund(ctx, e, r.Fund)
	var wrong *problem.Problem
	switch {
	case errors.As(err, &wrong):
		return nil
	case err != nil:
		return err
	case f.Bank != e.caller.Party || f.Fileable(r.Month, a.today()) != nil:
		return nil //nolint:nilerr // the ledger says the same, and records it
	}
	out, err := a.leftOutOf(ctx, e, f, r, f.LastClaim(r.Month))
	if err != nil || out.claims == 0 {
		return err
	}
	var items []problem.Item
	for _, claim := range out.named {
		items = append(items, leftOutItem(claim, "/lines"))
	}
	return problem.New(string(fault.ReportMismatch)).At("/lines").Found(items...).Because(
		fmt.Sprintf("%d claims are left out: %s accrued, %s taken back; the reports of a month are filed one after the other, and their lines in the order of claims", out.claims, out.accrued, out.takenBack),
		fmt.Sprintf("漏报 %d 笔申领：计提 %s 元，冲回 %s 元；当月月报须按申领编号顺序逐份报送", out.claims, out.accrued, out.takenBack))
}

// leftOutWarning is told to whoever may accept a report.
var leftOutWarning = problem.Text{
	En: "it leaves out %d claims of the bank with %s yuan accrued and %s taken back by the month's end, the first of them %s; accepted all the same, they are settled only once the next month's report says them",
	Zh: "漏报该行 %d 笔申领，截至当月末计提 %s 元、冲回 %s 元，首笔 %s；如仍审核通过，须待次月月报补报后方可结算",
}

// notTold is told where not all claims can be read.
var notTold = problem.Text{
	En: "whether it leaves claims out cannot be told here: terms of some of the bank's claims have not come to this gateway",
	Zh: "本网关尚缺该行部分申领的条款，无法核对是否漏报",
}

// reportWarnings are those of a report that its reader should know of before it is accepted, or as it was. There are none of one
// that is filed no more.
func (a *API) reportWarnings(ctx context.Context, e *exchange, id string) ([]Warning, error) {
	rec, s, err := a.record(ctx, e, fund.ReportTable.Kind, id)
	r, known := rec.Terms.(fund.Report)
	if err != nil || s != terms || !known {
		return nil, err
	}
	f, err := a.fund(ctx, e, r.Fund)
	if err != nil {
		return nil, err
	}
	behind, stands := before(f, r.Month, id)
	if !stands {
		return nil, nil
	}
	out, err := a.leftOutOf(ctx, e, f, r.FileArgs, behind)
	var untold *problem.Problem
	switch {
	case errors.As(err, &untold) && untold.Code == problem.TermsNotHere:
		return []Warning{{Code: untold.Code, Field: "/lines", Message: notTold.In(e.lang)}}, nil
	case err != nil || out.claims == 0:
		return nil, err
	}
	return []Warning{{Code: "LINES_LEFT_OUT", Field: "/lines", Message: fmt.Sprintf(leftOutWarning.In(e.lang), out.claims, out.accrued, out.takenBack, out.named[0])}}, nil
}

// before is the claim behind which a report of a month begins, and whether it stands in the fund.
func before(f fund.Fund, m fund.Month, report string) (claim string, stands bool) {
	for _, month := range f.Months {
		if month.Month != m {
			continue
		}
		i := slices.IndexFunc(month.Parts, func(p fund.Part) bool { return p.Report == report })
		if i > 0 {
			claim = month.Parts[i-1].Last
		}
		return claim, i >= 0
	}
	return "", false
}

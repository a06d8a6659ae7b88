package api

import (
	"context"
	"net/http"
	"reflect"

	"decore/chaincode/evidence"
	"decore/chaincode/fund"
	"decore/gateway/problem"
	"decore/gateway/projection"
	"decore/gateway/receipt"
	"decore/gateway/verification"
)

// maxDossierLines bounds the claims of a dossier.
const maxDossierLines = 5000

// DossierQuery asks for the dossier of a month.
type DossierQuery struct {
	RecordPath
	Month string `query:"month" required:"true" maxLength:"7" doc:"Month, YYYY-MM (月份)"`
}

func (a *API) dossierRoute() {
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/funds/{id}/dossier", id: "fund.dossier", tag: tagSubsidy, roles: fundParties,
		en: "For the auditor: the reports of a month, every claim in them, and every signed command about each; checked offline by gateway receipt dossier",
		zh: "审计导出", answer: reflect.TypeFor[receipt.Dossier](), timeout: a.limits.Import},
		func(ctx context.Context, e *exchange, in *DossierQuery) (*reply, error) { return a.dossier(ctx, e, in) })
}

func (a *API) dossier(ctx context.Context, e *exchange, in *DossierQuery) (*reply, error) {
	month, err := fund.ParseMonth(in.Month)
	if err != nil {
		return nil, parameter("query.month", err)
	}
	f, err := a.fund(ctx, e, in.ID)
	if err != nil {
		return nil, err
	}
	d := receipt.Dossier{Month: month, IssuedFor: e.caller.Party, Reports: []receipt.Copy{}, Claims: []receipt.Copy{}}
	if d.Fund, err = a.copyOf(ctx, in.ID); err != nil {
		return nil, err
	}
	if err := a.copyLines(ctx, f, &d); err != nil {
		return nil, err
	}
	source := verification.FromProjection(a.store)
	charter, err := a.store.Charter(ctx)
	if err != nil {
		return nil, err
	}
	// As of a block behind all that was read: a later command about a record is there then, and does no harm.
	if d.AsOf, err = source.Head(ctx); err != nil {
		return nil, err
	}
	d.Ledger, d.Issued = charter.Ledger, evidence.InstantOf(a.ledger.Now())
	raw, err := receipt.Issuer{Source: source, Blocks: a.ledger}.IssueDossier(ctx, d)
	if err != nil {
		return nil, err
	}
	return &reply{Status: http.StatusOK, ContentType: mediaJSON, Disposition: `attachment; filename="dossier-` + in.ID + "-" + string(month) + `.json"`, Body: raw}, nil
}

// copyLines copies the reports of the month, and the claims of their lines.
func (a *API) copyLines(ctx context.Context, f fund.Fund, d *receipt.Dossier) error {
	for _, m := range f.Months {
		if m.Month != d.Month {
			continue
		}
		for _, p := range m.Parts {
			r, err := a.store.Record(ctx, p.Report)
			if err != nil {
				return err
			}
			report, known := r.Terms.(fund.Report)
			if !known {
				return problem.New(problem.TermsNotHere)
			}
			d.Reports = append(d.Reports, copyRecord(r))
			if len(d.Claims)+len(report.Lines) > maxDossierLines {
				return problem.New(problem.BatchSize).Because("a dossier holds at most 5,000 lines", "审计导出最多 5000 笔")
			}
			for _, l := range report.Lines {
				claim, err := a.copyOf(ctx, l.Claim)
				if err != nil {
					return err
				}
				d.Claims = append(d.Claims, claim)
			}
		}
	}
	if len(d.Reports) == 0 {
		return problem.New(problem.NotFound)
	}
	return nil
}

func (a *API) copyOf(ctx context.Context, id string) (receipt.Copy, error) {
	r, err := a.store.Record(ctx, id)
	if err == nil && r.Opening == nil {
		err = problem.New(problem.TermsNotHere)
	}
	return copyRecord(r), err
}

func copyRecord(r projection.Record) receipt.Copy {
	return receipt.Copy{Header: r.Header, Opening: r.Opening}
}

package api

import (
	"bytes"
	"context"

	"decore/adapters/fundsheet"
	"decore/adapters/spreadsheet"
	"decore/chaincode/contract"
	"decore/chaincode/fund"
	"decore/gateway/problem"
)

// dossierSheet lists the month of a dossier for the eyes of an auditor. It is one sheet, whatever the month's length: a month has
// at most 200 reports of 1,000 lines, a sheet five times as many rows, and they are read and written one by one. So nothing
// need be added up over parts, as with the proofs, which no program could check all at once.
func (a *API) dossierSheet(ctx context.Context, f fund.Fund, in *DossierQuery, month fund.Month) (*reply, error) {
	parts := monthParts(f, month)
	if len(parts) == 0 {
		return nil, problem.New(problem.NotFound)
	}
	var failed error
	var out bytes.Buffer
	err := fundsheet.WriteDossier(&out, func(yield func(fundsheet.DossierLine) bool) {
		for _, p := range parts {
			if failed = a.listReport(ctx, p.Report, yield); failed != nil {
				return
			}
		}
	})
	if failed != nil {
		return nil, failed
	}
	return download(mediaOf[spreadsheet.XLSX], "dossier-"+in.ID+"-"+string(month)+".xlsx", out.Bytes()), err
}

// listReport lists the lines of a report, each beside its claim as it is now.
func (a *API) listReport(ctx context.Context, id string, yield func(fundsheet.DossierLine) bool) error {
	name, failed := a.namer(ctx)
	r, err := a.store.Record(ctx, id)
	if err != nil {
		return err
	}
	report, known := r.Terms.(fund.Report)
	if !known {
		return problem.New(problem.TermsNotHere)
	}
	for _, l := range report.Lines {
		c, err := a.store.Record(ctx, l.Claim)
		if err != nil {
			return err
		}
		t, known := c.Terms.(contract.ClaimTerms)
		if !known {
			return problem.New(problem.TermsNotHere)
		}
		if !yield(fundsheet.DossierLine{Line: l, Report: r.ID, State: r.State, Loan: t.Loan.ID, Household: t.Loan.Household, Name: name(t.Loan.Household),
			Version: c.Version, Command: c.Command, Terms: c.Header.Terms}) {
			return nil
		}
	}
	return *failed
}

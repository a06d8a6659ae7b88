package receipt

import (
	"context"
	"fmt"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/party"
	"decore/gateway/verification"
)

// DossierFormat names this form of a dossier.
const DossierFormat = "decore-fund-dossier/1"

// MaxDossier bounds a dossier in bytes.
const MaxDossier = 256 << 20

// Dossier is what an auditor gets of a month of a fund (审计导出): the reports, every claim that they list, the terms of all
// of them, and every signed command about each. Like a receipt it is checked without an account, a network or this ledger,
// and proves and leaves open the same: results and positions are the ledger's word, which any member can compare.
type Dossier struct {
	Format    string            `json:"format"`
	Ledger    string            `json:"ledger"`
	Issued    evidence.Instant  `json:"issued"`
	IssuedFor ident.USCC        `json:"issuedFor"`
	AsOf      verification.AsOf `json:"asOf"`
	Month     fund.Month        `json:"month"`
	Fund      Copy              `json:"fund"`
	Reports   []Copy            `json:"reports"`
	Claims    []Copy            `json:"claims"`
	Commands  []Entry           `json:"commands"` // in ledger order
}

// DossierReport is what a dossier says and whether it holds.
type DossierReport struct {
	Ledger    string       `json:"ledger"`
	Fund      string       `json:"fund"`
	Bank      ident.USCC   `json:"bank"`
	Month     fund.Month   `json:"month"`
	Lines     int          `json:"lines"`
	Accrued   money.Amount `json:"accrued"`
	TakenBack money.Amount `json:"takenBack"`
	Anchor    string       `json:"anchor"` // the regulator's founding key
	Pinned    bool         `json:"pinned"` // the reader knew the anchor before
	Commands  []Line       `json:"commands"`
	Failures  []Failure    `json:"failures"`
}

// IssueDossier completes a dossier with the signed commands about its records and about who signed them. Before it is given
// out it is checked like any other.
func (i Issuer) IssueDossier(ctx context.Context, d Dossier) ([]byte, error) {
	d.Format, d.Commands = DossierFormat, nil
	signers := map[ident.USCC]party.Party{}
	var all []*verification.Command
	for _, c := range d.records() {
		found, err := i.about(ctx, c.Header.ID, d.AsOf.Block)
		if err != nil {
			return nil, err
		}
		for _, cmd := range found {
			signers[cmd.Party] = party.Party{}
		}
		all = append(all, found...)
	}
	registry, err := i.registry(ctx, verification.Facts{Parties: signers, AsOf: d.AsOf}, "")
	if err != nil {
		return nil, err
	}
	c := Content{}
	for _, cmd := range append(registry, all...) {
		c.Commands = append(c.Commands, Entry{cmd.JWS, cmd.Position, cmd.Result})
	}
	c.sort()
	d.Commands = c.Commands
	raw, err := canon.Marshal(d)
	if err != nil {
		return nil, err
	}
	if _, err := VerifyDossier(raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSource, err)
	}
	return raw, nil
}

func (d Dossier) records() []Copy {
	all := []Copy{d.Fund}
	return append(append(all, d.Reports...), d.Claims...)
}

// VerifyDossier checks a dossier offline. The error wraps ErrForm when the bytes are none, and is a *FailedError when they are one
// that does not hold.
func VerifyDossier(raw []byte, options ...Option) (DossierReport, error) {
	var d Dossier
	if len(raw) > MaxDossier {
		return DossierReport{}, fmt.Errorf("%w: %d bytes, at most %d", ErrForm, len(raw), MaxDossier)
	}
	if err := canon.Strict(raw, &d); err != nil {
		return DossierReport{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if d.Format != DossierFormat {
		return DossierReport{}, fmt.Errorf("%w: format %.40q, want %s", ErrForm, d.Format, DossierFormat)
	}
	c := &dossierChecker{checker: &checker{content: &Content{Commands: d.Commands}}, dossier: d}
	for _, o := range options {
		o(c.checker)
	}
	c.order()
	c.replay()
	if c.pinned != "" && c.registry.anchor != c.pinned {
		c.fail(AnchorMismatch, "commands/0", "founded with key %s", c.registry.anchor)
	}
	if c.registry.charter.Ledger != d.Ledger {
		c.fail(CharterDiffers, "ledger", "")
	}
	c.ties()
	report := c.report()
	if len(c.failures) > 0 {
		return report, &FailedError{c.failures}
	}
	return report, nil
}

type dossierChecker struct {
	*checker
	dossier            Dossier
	bank               ident.USCC
	lines              int
	accrued, takenBack money.Amount
}

func (c *dossierChecker) report() DossierReport {
	return DossierReport{Ledger: c.dossier.Ledger, Fund: c.dossier.Fund.Header.ID, Bank: c.bank, Month: c.dossier.Month, Lines: c.lines, Accrued: c.accrued,
		TakenBack: c.takenBack, Anchor: c.registry.anchor, Pinned: c.pinned != "" && c.pinned == c.registry.anchor, Commands: c.checker.lines, Failures: c.failures}
}

// ties checks that the fund names the reports, the reports the claims, and that every amount is what the claims say.
func (c *dossierChecker) ties() {
	own := commandsBySubject(c.dossier.Commands, c.checker.lines)
	f := revealed[fund.Fund](c, own, "fund", c.dossier.Fund)
	c.bank = f.Bank
	claims := map[string]contract.ClaimTerms{}
	for i, copied := range c.dossier.Claims {
		claims[copied.Header.ID] = revealed[contract.ClaimTerms](c, own, fmt.Sprintf("claims/%d", i), copied)
	}
	reports := map[string]fund.Report{}
	for i, copied := range c.dossier.Reports {
		reports[copied.Header.ID] = revealed[fund.Report](c, own, fmt.Sprintf("reports/%d", i), copied)
	}
	for _, m := range f.Months {
		if m.Month != c.dossier.Month {
			continue
		}
		for _, p := range m.Parts {
			c.part(p, reports[p.Report], claims)
		}
	}
	if c.lines != len(c.dossier.Claims) {
		c.fail(LinesDiffer, "claims", "%d claims for %d lines", len(c.dossier.Claims), c.lines)
	}
}

// part compares a report with what the fund says of it and with its claims.
func (c *dossierChecker) part(p fund.Part, r fund.Report, claims map[string]contract.ClaimTerms) {
	accrued, takenBack := money.Zero, money.Zero
	for i, l := range r.Lines {
		claim, known := claims[l.Claim]
		if !known || claim.Claim.Bank != c.bank || l.Matches(claim.Unreported(r.Month), i) != nil {
			c.fail(LinesDiffer, p.Report, "line %d is not what %s booked", i, l.Claim)
		}
		accrued, takenBack = accrued.Add(l.Accrued), takenBack.Add(l.TakenBack)
	}
	if r.Month != c.dossier.Month || p.Lines != len(r.Lines) || p.Accrued.Cmp(accrued) != 0 || p.TakenBack.Cmp(takenBack) != 0 {
		c.fail(LinesDiffer, p.Report, "the fund and the report do not agree")
	}
	c.lines, c.accrued, c.takenBack = c.lines+len(r.Lines), c.accrued.Add(accrued), c.takenBack.Add(takenBack)
}

// revealed opens a record's terms, and checks that they are those to which its header commits and that signed commands made it.
func revealed[T any](c *dossierChecker, own map[string][]Entry, where string, copied Copy) (terms T) {
	h := copied.Header
	opened, err := verification.Disclose[T](nil, h, copied.Opening)
	if err != nil || opened.Opening.About != h.ID || opened.Opening.Commitment() != h.Terms {
		c.fail(OpeningMismatch, where, "the terms are not those that the header commits to")
		return terms
	}
	made := false
	for _, e := range own[h.ID] {
		made = made || e.Result.Command == h.Creation
		if e.Result.Command == h.Command && (e.Result.Terms != h.Terms || e.Result.Version != h.Version || e.Result.State != h.State) {
			c.fail(HeaderDiffers, where, "it is not what its last command made it")
		}
	}
	if !made {
		c.fail(HeaderDiffers, where, "its creation is missing")
	}
	return *opened.Terms
}

// commandsBySubject sorts the entries by the records that their commands are about.
func commandsBySubject(entries []Entry, lines []Line) map[string][]Entry {
	of := map[string]string{}
	for _, l := range lines {
		of[l.ID] = l.Subject
	}
	all := map[string][]Entry{}
	for _, e := range entries {
		all[of[e.Result.Command]] = append(all[of[e.Result.Command]], e)
	}
	return all
}

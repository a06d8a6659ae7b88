package receipt

import (
	"cmp"
	"context"
	"errors"
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
const DossierFormat = "decore-fund-dossier/2"

// MaxDossier bounds a part of a dossier in bytes.
const MaxDossier = 256 << 20

// ErrTooLong is wrapped when a dossier is longer than it may be, so that it must be issued in parts of fewer lines.
var ErrTooLong = errors.New("the dossier is too long")

// Dossier is what an auditor gets of a month of a fund (审计导出): the reports, every claim that they list, the terms of all
// of them, and every signed command about each. Like a receipt it is checked without an account, a network or this ledger,
// and proves and leaves open the same: results and positions are the ledger's word, which any member can compare.
//
// A long month comes in parts. Each has the fund, some of the month's lines with their claims, and the reports that they are
// of, whole: so it holds by itself, and ties to the sums of its reports and of the month. See [DossierCheck] for all together.
type Dossier struct {
	Format    string            `json:"format"`
	Ledger    string            `json:"ledger"`
	Issued    evidence.Instant  `json:"issued"`
	IssuedFor ident.USCC        `json:"issuedFor"`
	AsOf      verification.AsOf `json:"asOf"`
	Month     fund.Month        `json:"month"`
	Lines     Lines             `json:"lines"`
	Next      string            `json:"next,omitzero"` // cursor of the next part; none on the last
	Fund      Copy              `json:"fund"`
	Reports   []Copy            `json:"reports"`
	Claims    []Copy            `json:"claims"`
	Commands  []Entry           `json:"commands"` // in ledger order
}

// Lines are those of a month that a part has, counted from 1 over all its reports in the fund's order.
type Lines struct {
	First int `json:"first"` // one more than Last where the month has none
	Last  int `json:"last"`
	Of    int `json:"of"` // of the whole month
}

// Count is how many they are.
func (l Lines) Count() int { return l.Last - l.First + 1 }

// sensible reports whether they can be lines of a month that has so many.
func (l Lines) sensible(of int) bool {
	return l.Of == of && l.First >= 1 && l.Last <= of && (l.Count() > 0 || of == 0 && l.Last == 0 && l.First == 1)
}

// Need reports whether a part with these lines must have the report whose lines are from first to last of the month: one that
// it has lines of, and the first part those that have none.
func (l Lines) Need(first, last int) bool {
	if last < first {
		return l.First == 1
	}
	return first <= l.Last && last >= l.First
}

// DossierReport is what a dossier says and whether it holds. Of parts together, it is of all.
type DossierReport struct {
	Ledger    string       `json:"ledger"`
	Fund      string       `json:"fund"`
	Bank      ident.USCC   `json:"bank"`
	Month     fund.Month   `json:"month"`
	Lines     Lines        `json:"lines"`
	Accrued   money.Amount `json:"accrued"`   // by these lines
	TakenBack money.Amount `json:"takenBack"` // by these lines
	Whole     Sums         `json:"whole"`     // of the month, as the fund has it
	Anchor    string       `json:"anchor"`    // the regulator's founding key
	Pinned    bool         `json:"pinned"`    // the reader knew the anchor before
	Commands  []Line       `json:"commands"`
	Failures  []Failure    `json:"failures"`

	reports map[string]evidence.Commitment
}

// Sums are what the lines of a month come to.
type Sums struct {
	Accrued   money.Amount `json:"accrued"`
	TakenBack money.Amount `json:"takenBack"`
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
	if most := cmp.Or(i.Most, MaxDossier); int64(len(raw)) > most {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, len(raw), most)
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
	dossier Dossier
	bank    ident.USCC
	before  int  // lines of the month in the reports before
	listed  int  // lines of the part whose claims were compared
	part    Sums // of these lines
	whole   Sums // of the month
}

func (c *dossierChecker) report() DossierReport {
	reports := map[string]evidence.Commitment{}
	for _, r := range c.dossier.Reports {
		reports[r.Header.ID] = r.Header.Terms
	}
	return DossierReport{Ledger: c.dossier.Ledger, Fund: c.dossier.Fund.Header.ID, Bank: c.bank, Month: c.dossier.Month, Lines: c.dossier.Lines,
		Accrued: c.part.Accrued, TakenBack: c.part.TakenBack, Whole: c.whole, Anchor: c.registry.anchor,
		Pinned: c.pinned != "" && c.pinned == c.registry.anchor, Commands: c.lines, Failures: c.failures, reports: reports}
}

// ties checks that the fund names the reports, the reports the claims, and that every amount is what the claims say.
func (c *dossierChecker) ties() {
	own := commandsBySubject(c.dossier.Commands, c.lines)
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
			c.tie(p, reports, claims)
		}
	}
	if !c.dossier.Lines.sensible(c.before) {
		c.fail(LinesDiffer, "lines", "lines %d to %d of %d, and the fund has %d", c.dossier.Lines.First, c.dossier.Lines.Last, c.dossier.Lines.Of, c.before)
	}
	if c.listed != c.dossier.Lines.Count() || c.listed != len(c.dossier.Claims) {
		c.fail(LinesDiffer, "claims", "%d claims for %d lines", len(c.dossier.Claims), c.dossier.Lines.Count())
	}
}

// tie compares a report with what the fund says of it, and those of its lines that are of the part with their claims.
func (c *dossierChecker) tie(p fund.Part, reports map[string]fund.Report, claims map[string]contract.ClaimTerms) {
	first := c.before + 1
	c.before += p.Lines
	c.whole.Accrued, c.whole.TakenBack = c.whole.Accrued.Add(p.Accrued), c.whole.TakenBack.Add(p.TakenBack)
	r, here := reports[p.Report]
	if !here && !c.dossier.Lines.Need(first, c.before) {
		return
	}
	sum := Sums{}
	for i, l := range r.Lines {
		sum.Accrued, sum.TakenBack = sum.Accrued.Add(l.Accrued), sum.TakenBack.Add(l.TakenBack)
		if no := first + i; no < c.dossier.Lines.First || no > c.dossier.Lines.Last {
			continue
		}
		claim, known := claims[l.Claim]
		if !known || claim.Claim.Bank != c.bank || l.Matches(claim.Unreported(r.Month), i) != nil {
			c.fail(LinesDiffer, p.Report, "line %d is not what %s booked", i, l.Claim)
		}
		c.listed++
		c.part.Accrued, c.part.TakenBack = c.part.Accrued.Add(l.Accrued), c.part.TakenBack.Add(l.TakenBack)
	}
	if r.Month != c.dossier.Month || p.Lines != len(r.Lines) || p.Accrued.Cmp(sum.Accrued) != 0 || p.TakenBack.Cmp(sum.TakenBack) != 0 {
		c.fail(LinesDiffer, p.Report, "the fund and the report do not agree")
	}
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

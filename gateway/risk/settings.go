package risk

import (
	"errors"
	"fmt"
	"os"

	"decore/chaincode/canon"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/fixtures"
)

// ErrSettings is wrapped by every error about settings that cannot be used.
var ErrSettings = errors.New("invalid settings of risk signals")

// Settings are the figures that the rules go by, and what their keeper knows beside the ledger. They bind nobody,
// so they are a file of each gateway and not a policy on the ledger. None of the figures is law.
type Settings struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Title   string `json:"title"`

	AmountTolerance   money.Rate `json:"amountTolerance"`   // how far amounts are from each other at most to be nearly the same
	DateToleranceDays int        `json:"dateToleranceDays"` // and how far their days
	NumberWindowDays  int        `json:"numberWindowDays"`  // and the days of documents whose numbers are nearly the same

	CycleDays   int `json:"cycleDays"`   // how far the sales of a round trip are from each other at most
	CycleLength int `json:"cycleLength"` // and how many they are

	NewCounterpartyDays int          `json:"newCounterpartyDays"` // how long after the first order a counterparty is new
	RoundTo             money.Amount `json:"roundTo"`             // what a round amount is a multiple of
	QuarterEndDays      int          `json:"quarterEndDays"`      // the last days of a quarter

	TermGraceDays int `json:"termGraceDays"` // how much later than agreed a receivable may be due

	PortfolioLeast int        `json:"portfolioLeast"` // receivables below which nothing is said of concentration
	DebtorShare    money.Rate `json:"debtorShare"`    // largest share of one debtor (最大单一债务人占比)
	Herfindahl     money.Rate `json:"herfindahl"`     // largest sum of the squares of shares (HHI)

	PriceTolerance money.Rate `json:"priceTolerance"` // how far above its reference a price may be
	LapseDays      int        `json:"lapseDays"`      // how long before its end something is about to lapse

	Medium int `json:"medium"` // score from which the grade is medium
	High   int `json:"high"`   // and high

	Knowledge
}

// Knowledge is what the keeper of the settings, such as a bank, knows by itself. It is shown to banks and
// regulators alone, through the signals that rest on it.
type Knowledge struct {
	Affiliates [][]ident.USCC `json:"affiliates"` // groups of parties under one controller (关联方)
	Contracts  []Contract     `json:"contracts"`  // values of framework contracts (框架合同金额)
}

// Contract is the value of a contract over several orders.
type Contract struct {
	Seller ident.USCC           `json:"seller"`
	Buyer  ident.USCC           `json:"buyer"`
	Number ident.DocumentNumber `json:"number"`
	Amount money.Amount         `json:"amount"`
}

// Default returns the settings that come with the program.
func Default() (Settings, error) {
	raw, err := fixtures.FS.ReadFile("risk/default.json")
	if err != nil {
		return Settings{}, fmt.Errorf("%w: %w", ErrSettings, err)
	}
	return Parse(raw)
}

// ReadFile reads settings from a file.
func ReadFile(path string) (Settings, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the operator's own path
	if err != nil {
		return Settings{}, fmt.Errorf("%w: %w", ErrSettings, err)
	}
	s, err := Parse(raw)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Parse reads settings from JSON. An error names the field.
func Parse(raw []byte) (Settings, error) {
	var s Settings
	err := canon.Strict(raw, &s)
	if err == nil {
		err = s.Validate()
	}
	if err != nil {
		return Settings{}, fmt.Errorf("%w: %w", ErrSettings, err)
	}
	return s, nil
}

// Validate names the first field that cannot be right.
func (s Settings) Validate() error {
	if s.ID == "" || s.Title == "" {
		return errors.New("/id and /title must be given")
	}
	const decade = 3660
	for _, f := range []struct {
		field           string
		value, min, max int
	}{
		{"version", s.Version, 1, 999_999},
		{"dateToleranceDays", s.DateToleranceDays, 0, decade},
		{"numberWindowDays", s.NumberWindowDays, 0, decade},
		{"cycleDays", s.CycleDays, 0, decade},
		{"cycleLength", s.CycleLength, 2, 4},
		{"newCounterpartyDays", s.NewCounterpartyDays, 0, decade},
		{"quarterEndDays", s.QuarterEndDays, 0, 90},
		{"termGraceDays", s.TermGraceDays, 0, decade},
		{"portfolioLeast", s.PortfolioLeast, 1, 1_000_000},
		{"lapseDays", s.LapseDays, 0, decade},
		{"medium", s.Medium, 1, s.High},
		{"high", s.High, 1, topScore},
	} {
		if f.value < f.min || f.value > f.max {
			return fmt.Errorf("/%s must be %d to %d", f.field, f.min, f.max)
		}
	}
	if half := money.MustRate("0.5"); s.AmountTolerance.Cmp(half) > 0 {
		return fmt.Errorf("/amountTolerance must be 0 to %s", half)
	}
	if !s.RoundTo.IsPositive() {
		return errors.New("/roundTo must be above 0.00")
	}
	return s.validate()
}

func (k Knowledge) validate() error {
	in := map[ident.USCC]bool{}
	for i, group := range k.Affiliates {
		if len(group) < 2 {
			return fmt.Errorf("/affiliates/%d must name two parties or more", i)
		}
		for j, u := range group {
			if in[u] {
				return fmt.Errorf("/affiliates/%d/%d stands there already: put all that have one controller into one group", i, j)
			}
			in[u] = true
		}
	}
	for i, c := range k.Contracts {
		if c.Seller == "" || c.Buyer == "" || c.Number == "" || !c.Amount.IsPositive() {
			return fmt.Errorf("/contracts/%d must have seller, buyer, number and an amount above 0.00", i)
		}
	}
	return nil
}

// group lists the parties under the party's controller, itself included.
func (k Knowledge) group(u ident.USCC) []ident.USCC {
	for _, group := range k.Affiliates {
		for _, member := range group {
			if member == u {
				return group
			}
		}
	}
	return []ident.USCC{u}
}

// head is one party that stands for its group.
func (k Knowledge) head(u ident.USCC) ident.USCC { return k.group(u)[0] }

// value returns what a contract is worth.
func (k Knowledge) value(seller, buyer ident.USCC, number ident.DocumentNumber) (money.Amount, bool) {
	for _, c := range k.Contracts {
		if c.Seller == seller && c.Buyer == buyer && c.Number == number {
			return c.Amount, true
		}
	}
	return money.Zero, false
}

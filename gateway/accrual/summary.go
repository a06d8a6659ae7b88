package accrual

import (
	"slices"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// Summary is what a run came to. Claims is the sum of Accrued, Corrected, Idle and the length of Refused.
type Summary struct {
	Bank      ident.USCC    `json:"bank"`
	Through   calendar.Date `json:"through"`
	Claims    int           `json:"claims"`    // that were looked at
	Accrued   int           `json:"accrued"`   // by this run
	Corrected int           `json:"corrected"` // by this run, where no period ended and the loan's record had changed
	Amount    money.Signed  `json:"amount"`    // accrued and corrected by this run, as read back from the ledger
	Idle      int           `json:"idle"`      // nothing to accrue or correct: no period ended since, or the hold is used up
	TopUps    []string      `json:"topUps"`    // of the idle ones: the hold is used up, and a top-up (追加占用) would be granted
	Batches   int           `json:"batches"`   // transactions
	Refused   []Refusal     `json:"refused"`   // in the order of the claims
	// Unread are claims that were accrued or corrected, but whose terms could not be read back, so that Amount lacks them.
	Unread []string `json:"unread"`
}

// Refusal is a claim that could not be accrued, and why.
type Refusal struct {
	Claim  string `json:"claim"`
	Reason string `json:"reason"`
}

// Ties reports whether every claim is accounted for, and every amount read back.
func (s Summary) Ties() bool {
	return s.Claims == s.Accrued+s.Corrected+s.Idle+len(s.Refused) && len(s.Unread) == 0
}

func (s *Summary) refuse(claim, reason string) {
	s.Refused = append(s.Refused, Refusal{claim, reason})
}

func (s *Summary) sort() {
	slices.SortFunc(s.Refused, func(a, b Refusal) int { return strings.Compare(a.Claim, b.Claim) })
	slices.Sort(s.Unread)
	slices.Sort(s.TopUps)
}

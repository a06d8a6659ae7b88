package subsidy

// Ground is why a subsidy is taken back (追回事由).
type Ground string

// The grounds.
const (
	GroundMisuse     Ground = "misuse"            // the money was used for something else (挪用)
	GroundDuplicate  Ground = "duplicate-subsidy" // the loan has another subsidy of the central budget (重复享受中央财政贴息)
	GroundIneligible Ground = "ineligible"        // the loan or its borrower was never entitled (不符合条件)
	GroundError      Ground = "error"             // a mistake of who held or booked it (申报、登记差错)
	GroundOther      Ground = "other"             // 其他
)

// marks say what each ground makes known of the loan itself, if anything.
var marks = map[Ground]func(*Loan){
	GroundMisuse:     func(l *Loan) { l.Misuse = true },
	GroundDuplicate:  func(l *Loan) { l.OtherCentralSubsidy = true },
	GroundIneligible: func(*Loan) {},
	GroundError:      func(*Loan) {},
	GroundOther:      func(*Loan) {},
}

// Void reports whether the claim ended without anything that stays, so that its loan may get another one in its place (作废): it was revoked
// as a mistake, or gave back all that was held and earned nothing. Its record stays for good as it is. A claim that was revoked on
// any other ground is its loan's last.
func (c Claim) Void() bool {
	switch c.State {
	case ClawedBack:
		return c.Entries[len(c.Entries)-1].Ground == GroundError
	case Released, Settled:
		return c.earned().IsZero()
	}
	return false
}

// Marked returns the loan's facts with what the ground makes known of it, and whether there is such a ground: only misuse
// says of a borrower that it misused money.
func (g Ground) Marked(l Loan) (Loan, bool) {
	mark, known := marks[g]
	if known {
		mark(&l)
	}
	return l, known
}

package subsidy

// The errors of a claim's life, beside the reasons for which a loan gets no subsidy.
const (
	PolicyNotInForce Code = "POLICY_NOT_IN_FORCE" // a draft or expired policy grants nothing
	Mismatch         Code = "MISMATCH"            // policy, account, claim and loan are not of each other
	ClaimState       Code = "CLAIM_STATE"         // the claim's state does not allow it
	AlreadyAccrued   Code = "ALREADY_ACCRUED"     // the claim is accrued through that day or a later one
	NothingToAccrue  Code = "NOTHING_TO_ACCRUE"   // no period ended since
	HoldUsedUp       Code = "HOLD_USED_UP"        // all that was granted is accrued
	NothingToCorrect Code = "NOTHING_TO_CORRECT"
	CorrectionDue    Code = "CORRECTION_DUE"    // what is booked is not what the loan's facts give now: correct it first
	EntriesFull      Code = "ENTRIES_FULL"      // the claim has as many bookings of this kind as it can carry; it can still be lowered, paid out and ended
	NothingToTopUp   Code = "NOTHING_TO_TOP_UP" // what is granted is all that the loan is expected to earn
	NothingToReduce  Code = "NOTHING_TO_REDUCE" // what is held is no more than the loan is still expected to earn
	SettleAmount     Code = "SETTLE_AMOUNT"     // not above zero, or above what is accrued
)

// Error is why a claim was not moved. It repeats no amount, because amounts are private.
type Error struct {
	Code    Code
	Reasons []Reason // when the loan is not eligible; Code is the first one's
	Detail  string
}

// Error returns the code and, if there is one, the detail.
func (e *Error) Error() string {
	if e.Detail == "" {
		return "subsidy: " + string(e.Code)
	}
	return "subsidy: " + string(e.Code) + ": " + e.Detail
}

func refuse(c Code, detail string) error { return &Error{Code: c, Detail: detail} }

func refuseFor(reasons []Reason) error { return &Error{Code: reasons[0].Code, Reasons: reasons} }

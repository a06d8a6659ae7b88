package subsidy

import (
	"slices"

	"decore/chaincode/lifecycle"
)

// The states of a claim.
const (
	Held       lifecycle.State = "held"        // room is reserved, nothing accrued (预占)
	Accruing   lifecycle.State = "accruing"    // some periods are accrued (计提)
	Released   lifecycle.State = "released"    // no more will accrue; what is accrued may still be settled (释放)
	Settled    lifecycle.State = "settled"     // all that was accrued is settled and nothing is held (结清)
	ClawedBack lifecycle.State = "clawed-back" // revoked; all was taken back (追回)
)

// The verbs of a claim.
const (
	VerbHold     = "hold"
	VerbAccrue   = "accrue"
	VerbTopUp    = "top-up"
	VerbReduce   = "reduce"
	VerbSettle   = "settle"
	VerbRelease  = "release"
	VerbCorrect  = "correct"
	VerbRestate  = "restate"
	VerbClawBack = "claw-back"
)

var (
	lendingBank   = []lifecycle.Signer{{Role: lifecycle.Bank, As: lifecycle.Lender}}
	financeBureau = []lifecycle.Signer{{Role: lifecycle.Regulator, As: lifecycle.Bureau}}
	eitherOfThem  = slices.Concat(lendingBank, financeBureau)
)

// Lifecycle is the table of a claim (贴息申领): banks hold, top up, reduce, accrue and release; the finance bureau settles and claws back; either corrects.
var Lifecycle = lifecycle.Table{Kind: "subsidy", Prefix: "SUB", Rows: []lifecycle.Row{
	{Verb: VerbHold, From: []lifecycle.State{lifecycle.None}, To: []lifecycle.State{Held}, By: lendingBank,
		En: "reserve the subsidy of a loan", Zh: "预占贴息额度"},
	{Verb: VerbAccrue, From: []lifecycle.State{Held, Accruing}, To: []lifecycle.State{Accruing}, By: lendingBank,
		En: "accrue the periods that have ended", Zh: "计提贴息"},
	{Verb: VerbTopUp, From: []lifecycle.State{Held, Accruing}, To: []lifecycle.State{Held, Accruing}, By: lendingBank,
		En: "hold more for a loan that is now expected to earn more, as when it was extended", Zh: "追加占用（展期等）"},
	{Verb: VerbReduce, From: []lifecycle.State{Held, Accruing}, To: []lifecycle.State{Held, Accruing}, By: lendingBank,
		En: "give back what is held beyond what the loan is still expected to earn, as after a part was repaid early", Zh: "核减占用（部分提前还款等）"},
	{Verb: VerbSettle, From: []lifecycle.State{Accruing, Released}, To: []lifecycle.State{Accruing, Released, Settled}, By: financeBureau,
		En: "settle what is accrued", Zh: "结算贴息"},
	{Verb: VerbRelease, From: []lifecycle.State{Held, Accruing}, To: []lifecycle.State{Released, Settled}, By: lendingBank,
		En: "give back what is held and end the claim", Zh: "释放额度"},
	{Verb: VerbCorrect, From: []lifecycle.State{Accruing, Released, Settled}, To: []lifecycle.State{Accruing, Released, Settled}, By: eitherOfThem,
		En: "adjust what was accrued to the facts as they are now", Zh: "冲正、调整贴息"},
	{Verb: VerbRestate, From: []lifecycle.State{Held, Accruing, Released, Settled}, To: []lifecycle.State{Held, Accruing, Released, Settled}, By: lendingBank,
		En: "put right what was stated with the hold, and adjust what was accrued", Zh: "更正受托支付日、其他补贴并调整贴息"},
	{Verb: VerbClawBack, From: []lifecycle.State{Held, Accruing, Released, Settled}, To: []lifecycle.State{ClawedBack}, By: financeBureau,
		En: "revoke the subsidy and take all of it back", Zh: "追回贴息"},
}}

// allow refuses a verb that the claim's state does not allow.
func allow(verb string, c Claim) error {
	if row, known := Lifecycle.Row(verb); !known || !row.Leaves(c.State) {
		return refuse(ClaimState, verb+" is not allowed in state "+string(c.State))
	}
	return nil
}

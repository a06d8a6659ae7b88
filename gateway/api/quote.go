package api

import (
	"decore/chaincode/contract"
	"decore/chaincode/fault"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
)

// QuoteAnswer is what a hold would grant now.
type QuoteAnswer struct {
	Eligible          bool             `json:"eligible" doc:"A hold would be granted (符合条件)"`
	Reasons           []QuoteReason    `json:"reasons,omitempty" doc:"All that speaks against it (不予贴息的全部原因)"`
	LimitedBy         []QuoteReason    `json:"limitedBy,omitempty" doc:"What makes the amount less than the loan alone would get (限制因素)"`
	EligiblePrincipal money.Amount     `json:"eligiblePrincipal" doc:"Principal that is subsidised, yuan (可贴息本金)"`
	Gross             money.Amount     `json:"gross" doc:"Before the cap on money, yuan (限额前金额)"`
	Amount            money.Amount     `json:"amount" doc:"What a hold would reserve, yuan (可预占金额)"`
	Periods           []subsidy.Period `json:"periods,omitempty" doc:"Periods of the gross (分期)"`
	Room              money.Amount     `json:"room" doc:"What the cap on money leaves before the hold, yuan (剩余贴息额度)"`
	PrincipalRoom     money.Amount     `json:"principalRoom" doc:"What the cap on principal leaves before the hold, yuan (剩余贷款额度)"`
}

// QuoteReason is a reason in words, with its ground and, of a cap, what is left under it.
type QuoteReason struct {
	problem.Reason
	Policy   string        `json:"policy" doc:"Policy (政策)"`
	Version  int           `json:"version" doc:"Its version (版本)"`
	Document string        `json:"document,omitempty" doc:"Number of the document, or its title where it has none (文号)" example:"财金〔2026〕4号"`
	Clause   string        `json:"clause,omitempty" doc:"Clause of the document (条款)" example:"一、(一)适用对象"`
	Setting  string        `json:"setting,omitempty" doc:"Setting of the policy record, when no document is the ground (政策记录设定项)"`
	Why      string        `json:"why,omitempty" doc:"Why the setting is so (设定理由)"`
	Room     *money.Amount `json:"room,omitempty" doc:"Of a cap: what it leaves before the hold, yuan (剩余额度)"`
}

// caps are the rooms of the quotation that reasons are about, in words.
var caps = map[subsidy.Code]struct {
	room     func(subsidy.Quotation) money.Amount
	sentence problem.Text
}{
	subsidy.PrincipalCapReached: {func(q subsidy.Quotation) money.Amount { return q.PrincipalRoom },
		problem.Text{En: "yuan of the cap on principal are left", Zh: "元（单户贷款规模剩余额度）"}},
	subsidy.AmountCapReached: {func(q subsidy.Quotation) money.Amount { return q.Room },
		problem.Text{En: "yuan of the cap on the subsidy are left", Zh: "元（单户贴息剩余额度）"}},
}

// quoteAnswer puts a quotation in words. field points from a fact of the loan to where the request states it.
func quoteAnswer(q subsidy.Quotation, lang string, field func(fact string) string) QuoteAnswer {
	told := func(reasons []subsidy.Reason, in func(problem.Reason, string) problem.Reason) []QuoteReason {
		var all []QuoteReason
		for _, r := range reasons {
			out := quoteReason(q, r, field)
			out.Reason = in(out.Reason, lang)
			all = append(all, out)
		}
		return all
	}
	return QuoteAnswer{Eligible: q.Eligible, Reasons: told(q.Reasons, problem.Reason.In), LimitedBy: told(q.LimitedBy, problem.Reason.AsLimit),
		EligiblePrincipal: q.EligiblePrincipal, Gross: q.Gross, Amount: q.Amount, Periods: q.Periods, Room: q.Room, PrincipalRoom: q.PrincipalRoom}
}

func quoteReason(q subsidy.Quotation, r subsidy.Reason, field func(fact string) string) QuoteReason {
	out := QuoteReason{Reason: problem.NewReason(fault.Reason{Code: fault.Code(r.Code), Field: field(r.Fact), Fact: r.Fact, Clause: r.Ground()}),
		Policy: r.Policy, Version: r.Version, Document: r.Document, Clause: r.Clause, Setting: r.Setting, Why: r.Why}
	if out.Field != inFinancing {
		out.Fact = "" // the field is the fact
	}
	if c, known := caps[r.Code]; known {
		room := c.room(q)
		out.Room = &room
		out.Reason = out.Because(problem.Text{En: room.String() + " " + c.sentence.En, Zh: room.String() + " " + c.sentence.Zh})
	}
	return out
}

// inFinancing is the field of a request that names the loan by its record.
const inFinancing = "/financing"

// fieldOf points from a fact of the loan to where the request states it.
func (q QuoteRequest) fieldOf(fact string) string {
	switch {
	case fact == "" || q.Loan == nil:
		return contract.HoldField(fact)
	case fact == "/household" && q.Household != "":
		return fact
	}
	return "/loan" + fact
}

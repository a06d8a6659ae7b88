package problem

import (
	"strings"

	"decore/chaincode/fault"
)

// Reason is one of all that speak against a request, in the words of the problem of its code.
type Reason struct {
	Code   string `json:"code" doc:"Stable code for programs (代码)" example:"NOT_SME"`
	Title  string `json:"title" doc:"What the code means, in the language of Accept-Language (标题)"`
	Detail string `json:"detail,omitempty" doc:"What is particular to this case (说明)"`
	Field  string `json:"field,omitempty" doc:"JSON pointer (RFC 6901) of the field of the request that fails (字段)" example:"/sizeClass"`
	Fact   string `json:"fact,omitempty" doc:"The fact that fails as a JSON pointer into the loan's facts, where the request does not state it itself (贷款信息项)" example:"/maturity"`
	Ground string `json:"ground,omitempty" doc:"Document and clause, or a setting of the policy record and why it is so (依据)" example:"财金〔2026〕4号 一、(一)适用对象"`

	detail Text
}

// NewReason is a reason of the ledger, or one that the same rules gave here.
func NewReason(r fault.Reason) Reason {
	out := Reason{Code: string(r.Code), Field: r.Field, Fact: r.Fact, Ground: r.Clause}
	out.detail = particular[out.Code+" "+out.Fact]
	if out.Code == invalidFacts {
		out.detail = sense(r)
	}
	return out
}

// particular says what a reason means for a fact, where the code alone does not.
var particular = map[string]Text{
	"NOTHING_TO_TOP_UP /firstMaturity": {"the version of the policy that granted the claim does not subsidise an extension", "核准该申领的政策版本不对展期部分贴息"},
}

// Because adds what is particular to this case.
func (r Reason) Because(t Text) Reason { r.detail = t; return r }

// In returns the reason in a language.
func (r Reason) In(lang string) Reason {
	r.Title, r.Detail = Title(r.Code, lang), r.detail.In(lang)
	return r
}

// AsLimit returns the reason in a language, where it makes a subsidy less and does not refuse it.
func (r Reason) AsLimit(lang string) Reason {
	r = r.In(lang)
	if t, known := limits[r.Code]; known {
		r.Title = t.In(lang)
	}
	return r
}

// For gives the problem all its reasons; the first is its own.
func (p *Problem) For(reasons []fault.Reason) *Problem {
	for _, r := range reasons {
		p.Reasons = append(p.Reasons, NewReason(r))
	}
	return p
}

// told is what a problem's reasons say in one sentence, for who reads no list.
func told(reasons []Reason, lang string) string {
	if len(reasons) == 1 {
		return reasons[0].Detail
	}
	open, end, between := " (", ")", "; "
	if lang == "zh" {
		open, end, between = "（", "）", "；"
	}
	all := make([]string, len(reasons))
	for i, r := range reasons {
		if all[i] = r.Title; r.Detail != "" {
			all[i] += open + r.Detail + end
		}
	}
	return strings.Join(all, between)
}

// limits say what a reason means that makes a subsidy less than the loan alone would get.
var limits = map[string]Text{
	"PRINCIPAL_CAP_REACHED": {"Only a part of the principal fits under the household's cap", "单户贷款规模上限仅能容纳部分本金"},
	"AMOUNT_CAP_REACHED":    {"Only a part of the subsidy fits under the household's cap", "单户贴息金额上限仅能容纳部分贴息"},
	"TERM_OVER_2Y":          {"The loan runs longer than it is subsidised", "贷款期限超过最长贴息期限"},
	"NET_RATE_FLOOR":        {"After other subsidies the borrower pays less than the policy's rate", "扣除其他贴息后的利率低于政策贴息率"},
}

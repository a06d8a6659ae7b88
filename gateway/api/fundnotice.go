package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"decore/adapters/pdf"
	"decore/adapters/registry"
	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

const mediaPDF = "application/pdf"

// noticeReaders may have the notice of a claim whose terms they read.
var noticeReaders = []lifecycle.Role{lifecycle.SME, lifecycle.Leader, lifecycle.Bank, lifecycle.Regulator}

func (a *API) noticeRoute() {
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/claims/{id}/notice", id: "subsidy.notice", tag: tagSubsidy, roles: noticeReaders,
		en: "Notice of what stands on a claim, as PDF in Chinese: the bank's reservation, or the bureau's decision once it has signed one", zh: "贴息通知书", produces: mediaPDF},
		func(ctx context.Context, e *exchange, in *RecordPath) (*reply, error) { return a.notice(ctx, e, in.ID) })
}

// reservedOf is what is said of a claim in each state while the bureau has decided nothing about it: the bank's reservation,
// in the bank's name. That is no decision, and nor is a correction that the bureau signs.
var reservedOf = map[lifecycle.State][2]string{
	subsidy.Held:     {"银行预占", "你单位下列贷款的贴息额度已由经办银行预占。财政部门尚未结算，本通知不是同意贴息的决定。"},
	subsidy.Accruing: {"银行预占", "你单位下列贷款的贴息额度已由经办银行预占并按结息期计提。财政部门尚未结算，本通知不是同意贴息的决定。"},
	subsidy.Released: {"预占终止", "经办银行对下列贷款的贴息预占已终止，未使用的贴息额度已释放。财政部门尚未结算，本通知不是同意贴息的决定。"},
}

// decidedOf is the bureau's decision on a claim in each state, and what it says.
var decidedOf = map[lifecycle.State][2]string{
	subsidy.Held:       {"同意贴息", "经审核，你单位下列贷款符合贴息政策。"},
	subsidy.Accruing:   {"同意贴息", "经审核，你单位下列贷款符合贴息政策，贴息按结息期计提。"},
	subsidy.Released:   {"贴息终止", "下列贷款的贴息期已终止，未使用的贴息额度已释放，已计提部分继续结算。"},
	subsidy.Settled:    {"贴息结清", "下列贷款的贴息已全部结算。"},
	subsidy.ClawedBack: {"追回贴息", "下列贷款不再符合贴息政策，已取消其贴息，已计提和已结算的贴息予以追回。"},
}

// bureauDecided reports whether the bureau settled something with the claim or took it back.
func bureauDecided(t contract.ClaimTerms) bool {
	return slices.ContainsFunc(t.Claim.Entries, func(e subsidy.Entry) bool {
		return e.By == t.Bureau && (e.Verb == subsidy.VerbSettle || e.Verb == subsidy.VerbClawBack)
	})
}

// settledSoFar says of an open claim what became of the settlements that were the bureau's decision.
func settledSoFar(s lifecycle.State, c subsidy.Claim) string {
	switch {
	case s != subsidy.Held && s != subsidy.Accruing:
		return ""
	case c.Settled.IsPositive():
		return "贴息已部分结算。"
	}
	return "此前结算的贴息已全部冲回。"
}

// notice is the decision on a claim as the ledger has it now.
func (a *API) notice(ctx context.Context, e *exchange, id string) (*reply, error) {
	r, s, err := a.record(ctx, e, subsidy.Lifecycle.Kind, id)
	if err != nil {
		return nil, err
	}
	t, known := r.Terms.(contract.ClaimTerms)
	switch {
	case s != terms:
		return nil, problem.New("RECORD_NOT_FOUND")
	case !known:
		return nil, problem.New(problem.TermsNotHere)
	}
	policy, err := a.store.SubsidyPolicy(ctx, t.Claim.Policy, t.Claim.Version)
	if err != nil {
		return nil, err
	}
	name, failed := a.namer(ctx)
	d := noticeText(r, t, policy, name)
	if *failed != nil {
		return nil, *failed
	}
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		return nil, err
	}
	return download(mediaPDF, "notice-"+id+".pdf", out.Bytes()), nil
}

// noticeText is the notice, which says what it rests on and how to check it.
func noticeText(r projection.Record, t contract.ClaimTerms, policy subsidy.Policy, name registry.Namer) pdf.Document {
	c, l := t.Claim, t.Loan
	title, issuer, decision, settled := "贷款贴息决定通知书", name(t.Bureau), decidedOf[r.State], settledSoFar(r.State, c)
	if said, reserved := reservedOf[r.State]; reserved && !bureauDecided(t) {
		title, issuer, decision, settled = "贷款贴息额度预占通知书", name(l.Bank), said, ""
	}
	blocks := []pdf.Block{
		{Text: title, Size: 20, Align: pdf.Centre},
		{Text: "编号：" + r.ID, Align: pdf.Right, Space: 12},
		{Text: fmt.Sprintf("%s（统一社会信用代码 %s）：", name(l.Household), l.Household), Space: 16},
		{Text: "事项：" + decision[0] + "。" + decision[1] + settled, Space: 8},
		{Text: "依据：" + strings.Join(bases(policy), "；") + fmt.Sprintf("（政策记录 %s 第 %d 版）。", policy.ID, c.Version), Space: 8},
	}
	yuan := func(a money.Amount) string { return a.String() + " 元" }
	for _, row := range [][2]string{
		{"经办银行", name(l.Bank)}, {"贷款记录", l.ID}, {"贷款本金", yuan(l.Principal)}, {"合同年利率", l.AnnualRate.Decimal().Shift(2).String() + "%"},
		{"发放日期", l.Disbursed.String()}, {"到期日期", l.Maturity.String()}, {"可贴息本金", yuan(c.EligiblePrincipal)}, {"核定贴息额度", yuan(c.Granted)},
		{"其中：尚未计提", yuan(c.Held)}, {"已计提未结算", yuan(c.Accrued)}, {"已结算", yuan(c.Settled)}, {"已追回", yuan(c.ClawedBack)}, {"已释放", yuan(c.Released)},
	} {
		blocks = append(blocks, pdf.Block{Text: row[0] + "：" + row[1]})
	}
	return pdf.Document{Title: title + " " + r.ID, Author: issuer, Made: r.Updated.Time, Blocks: append(blocks,
		pdf.Block{Text: issuer, Align: pdf.Right, Space: 24},
		pdf.Block{Text: dayInWords(r), Align: pdf.Right},
		pdf.Block{Text: fmt.Sprintf("本通知书由账本记录生成，不加盖印章。记录第 %d 版，条款承诺 %s，依据指令 %s。收件人可凭记录的签名指令核验。", r.Version, r.Header.Terms, r.Command),
			Size: 9, Space: 28})}
}

// bases are the documents in force on which a policy rests.
func bases(p subsidy.Policy) []string {
	var all []string
	for _, d := range p.Documents {
		if d.Status != subsidy.InForce {
			continue
		}
		text := "《" + d.Title + "》" + d.Number
		if d.Clause != "" {
			text += " " + d.Clause
		}
		all = append(all, text)
	}
	return all
}

func dayInWords(r projection.Record) string {
	y, m, d := calendar.At(r.Updated.Time).YMD()
	return fmt.Sprintf("%d 年 %d 月 %d 日", y, m, d)
}

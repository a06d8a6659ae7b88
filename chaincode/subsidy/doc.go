// Package subsidy decides the loan-interest subsidy of small and medium-sized enterprises
// (中小微企业贷款贴息): who is entitled, to how much, and how much of a household's caps is used.
//
// It is pure: no ledger, no clock, no I/O. Every number of the rule is a setting of a versioned
// [Policy], because the notice can be extended, the municipal measures are a draft, and some details
// are not public; [Policy.Assumptions] says which settings are our reading and not the notice's words.
//
// A policy is published in one piece, or made of its documents: each [Measure] says clause by clause what one document says, central,
// provincial or municipal, and [Combine] takes the stricter value of each setting, unless a higher level changed it later; a
// draft binds nothing. [Timeline] and [Successors] make of it the policy's versions over time, [Governing] finds
// the one of a day, and [Judging] the one that judges a loan.
//
// The rules, in the order in which they are applied:
//
//  1. The loan is judged ([Policy.Judge]): an SME (中小微企业), private where the kind of loan asks for it,
//     in a listed sector, a fixed-asset loan (固定资产贷款) or money of a new policy-based financial instrument
//     (新型政策性金融工具), from a handling bank (经办银行), disbursed in the window, without another
//     central subsidy on the same loan, and not for a refused use. All reasons are told at once; each names document and
//     clause, or the record's own setting and why it is so, and the fact that fails. A size that is not declared follows from figures by the [SizeTable]; it is that of the day on
//     which the contract was signed. A firm up- or downstream of a listed chain counts as in it. Loans against receivables, stock, receipts and orders are
//     none of these kinds and get nothing. Source: 财金〔2026〕4号 一(一); Qingdao draft of 2026-02-06, item (九).
//  2. The eligible principal is what still fits under the cap on principal of the household (单户贷款规模上限),
//     counted over all banks. Source: 财金〔2026〕4号, 50 million yuan.
//  3. Interest days run from the start of the clock to the earliest of maturity, the last month of the
//     subsidy (24 months; a month without the day ends on its last day, 民法典 art. 202), the policy's own end and the
//     day on which repayments leave nothing to subsidise. The first day counts, the last does not (算头不算尾); days
//     overdue (逾期) don't count. Maturity is the first one, before any extension (展期不贴息), unless the policy subsidises
//     extensions; a policy may move it off a holiday (民法典 art. 203).
//  4. What is subsidised on a day is the eligible principal less what was repaid of it by that day (部分还款), the day of a
//     repayment included. Where only a part of a loan is eligible, [RepaymentOrder] says which part is repaid
//     first. The default is the eligible one: any other reading takes less from it, so this one never overpays.
//  5. The days are split on the settlement days (结息日) of the loan's contract, and where it names none on the policy's:
//     the 20th of March, June, September and December.
//     A period is worth the sum of its days' subsidised principal (计息积数) × rate ÷ base, rounded half up to the fen once;
//     the last one is the total less the earlier ones. The base is ACT/360 by default, as RMB loans count (银发〔1999〕77号).
//  6. The rate is never above what the borrower still pays after other subsidies (净利率不低于零;
//     by analogy with 财金〔2025〕81号), on each day by the contract's rate of that day. Other subsidies count as they are known, from the
//     loan's first day on; beside a second central one no day is worth anything.
//  7. All that is held, accrued and settled for a household never passes the cap on money (单户最多150万元). The cap binds:
//     under ACT/360 50 million yuan earn 1,520,833.33 in two years.
//
// A household is one legal entity (单户), known by its unified social credit code. Its [Account] under a policy
// spans all banks. A [Claim] is one loan's part of it and lives hold → accrue → settle, with release of what
// was not accrued and claw back on a [Ground], as misuse; see [Lifecycle]. A loan that comes to earn more than was held for it, as
// by an extension, gets more by a [TopUp], as far as the caps leave room; one that comes to earn less gives back by a [Reduce] what it
// holds in vain. Nothing is settled or released before the claim follows
// the loan's facts as they are now.
//
// Every move of a claim is an [Entry], with a signed [Line] for each period; none is ever changed. When the loan's facts
// change for days that were accrued, [Accrue] and [Correct] add lines that adjust those periods (冲正、调整), down or up, and
// the entry names the [Cause]. What is accrued and settled is thus always what the schedule gives on the facts
// as they are known, in whatever order they were reported, and [Claim.Balanced] shows it from the entries.
//
// An adjustment moves between what is accrued or settled and what is held, so that an open claim never counts more than
// was granted to it, and frees no room under the cap on principal before it ends, not even under an outstanding basis: a claim does
// not know what other loans used on the days since, so room freed late could be granted twice. Of an ended claim it moves
// to what was released, and back only as far as the household has room, under an outstanding basis for all of its principal.
//
// When one household succeeds another (承继), [Succeed] joins their accounts, and the caps hold over both.
package subsidy

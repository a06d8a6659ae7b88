// Package fund keeps the books of the subsidy's money between the finance bureau and the banks
// (总对总: 预拨 + 结算 + 清算): budget, need, pre-allocation, monthly report, quarterly settlement, final clearing,
// and what is taken back.
//
// It is pure: no ledger, no clock, no I/O. It moves no money and records that banks and bureau moved it. The order of
// the steps is that of the notices on loan-interest subsidies (财金〔2026〕4号 as reported: banks file their need,
// money is pre-allocated, banks report each month, settled after the year and cleared at the end). The numbers of days
// and the share of a pre-allocation are not public, so no rule here knows any: the bureau decides each amount.
//
// The records:
//
//   - A [Budget] (预算指标) is what the bureau may pay one bank in a year. What is allocated to the bank never passes it. All
//     that the bureau may pay is the sum of its budgets; how it is divided, the bureau decides when it opens and changes them.
//   - A [Fund] (贴息资金户) stands between one bank and the bureau, one for each policy. What the bank holds in advance
//     is [Sums.Advance]: allocated less settled, less what it returned or is returning.
//   - A [Report] (月报) is a bank's statement of what each of its claims accrued and what was taken back by the end of a
//     month, less what it reported before. The ledger compares every line with the claim itself, and when the report is
//     accepted the claim keeps what was said of it.
//
// How the amounts tie:
//
//  1. What a claim took and gave back in a month ([Entry]) is the sum of its bookings of that month. What of it is to be
//     reported is what was booked by the month's end and never reported ([Unreported]): nothing is left behind for good.
//  2. Lines stand in the order of claim IDs, within a report and from one report of a month to the next: so
//     none can stand twice in a month, however many reports it takes.
//  3. A claim is settled through its bank's fund under its policy while that is open, and not otherwise. Every settlement moves the
//     fund by the same amount in the same transaction, and so does every claw-back or correction of what was settled.
//     What the fund settled, less what it recovered, is thus at all times the sum of what its claims settled through it.
//  4. A settlement never passes what is accrued on the claim, what accepted reports say of this very claim ([Covered]), or
//     what the bank holds in advance. So the fund never settles more than its reports come to.
//  5. A quarter is closed when all its months are reported and accepted; closed months take no more reports.
//     The fund is cleared (清算) when all that was reported is settled and the bank holds nothing any more.
package fund

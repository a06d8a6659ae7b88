package problem

import (
	"strings"

	"decore/chaincode/fault"
	"decore/chaincode/subsidy"
)

const invalidFacts = string(subsidy.InvalidFacts)

// facts say of each fact of a loan what it must be to make sense, as chaincode/subsidy checks it. A place in a list is "*".
var facts = map[string]Text{
	"/id":            {"must not be empty", "不得为空"},
	"/household":     {"must not be empty", "不得为空"},
	"/bank":          {"must not be empty", "不得为空"},
	"/type":          {"must be stated", "须填写"},
	"/private":       {"must be stated", "须填写"},
	"/sector":        {"must be stated, in at most 300 bytes", "须填写，不超过 300 字节"},
	"/principal":     {"must be above 0.00", "须大于 0.00"},
	"/disbursed":     {"must be a date", "须为日期"},
	"/maturity":      {"must be after disbursed", "须晚于放款日"},
	"/entrustedPaid": {"must not be before disbursed", "不得早于放款日"},
	"/firstMaturity": {"must be after disbursed and before maturity", "须晚于放款日且早于到期日"},
	"/signed":        {"must not be after disbursed", "不得晚于放款日"},
	"/controller":    {"must be citizens, state, collective, foreign or none", "须为 citizens、state、collective、foreign 或 none"},
	"/use":           {"must be stated where the policy lists uses, in at most 300 bytes", "政策列明用途的须填写，不超过 300 字节"},
	"/sizeClass":     {"must be large, medium, small or micro, and what the figures give where figures are stated", "须为 large、medium、small 或 micro；填写划型指标的，须与指标划型结果一致"},

	"/link/chain":     {"must be a chain's name", "须为产业链名称"},
	"/link/direction": {"must be upstream or downstream", "须为 upstream 或 downstream"},

	"/settlement/everyMonths": {"must be 0 or divide a year of 12 months", "须为 0 或能整除 12 的月数"},
	"/settlement/day":         {"must be 1 to 28, a day that every month has", "须为 1 至 28 日"},

	"/figures":          {"cannot be judged: the policy has no size table", "政策未载明划型标准，无法按指标划型"},
	"/figures/industry": {"must be an industry of the policy's size table", "须为政策划型标准所列行业"},
	"/figures/staff":    {"must not be below 0", "不得小于 0"},
	"/figures/revenue":  {"must not be below 0.00", "不得小于 0.00"},
	"/figures/assets":   {"must not be below 0.00", "不得小于 0.00"},
	"/figures/asOf":     {"must be a date, not after the contract was signed", "须为日期，且不晚于合同签订日"},

	"/rates":        {"must be at most 120 changes in order of time, after disbursed", "至多 120 次调整，按时间先后且晚于放款日"},
	"/rates/*/from": {"must be a date after disbursed and after the entry before", "须为晚于放款日及前一条的日期"},

	"/repayments":             {"must be at most 401, one a day in order of time, not before disbursed, and not sum to more than principal", "至多 401 笔，每日一笔、按时间先后且不早于放款日，合计不得超过本金"},
	"/repayments/*/date":      {"must be a date, not before disbursed, after the entry before", "须为日期，不早于放款日且晚于前一笔"},
	"/repayments/*/principal": {"must be above 0.00", "须大于 0.00"},

	"/overdue":        {"must be at most 120 times in order, only the last of them open", "至多 120 段，按时间先后，仅最后一段可未结束"},
	"/overdue/*/from": {"must be a date, not before disbursed and in order of time", "须为日期，不早于放款日且按时间先后"},
	"/overdue/*/to":   {"must be after from; only the last entry may leave it open", "须晚于起始日；仅最后一段可留空"},
}

// sense says what the fact must be that a reason points to.
func sense(r fault.Reason) Text {
	fact := r.Fact
	if fact == "" {
		fact = r.Field
	}
	return facts[anyPlace(fact)]
}

// anyPlace is the pointer with "*" for each place in a list.
func anyPlace(pointer string) string {
	steps := strings.Split(pointer, "/")
	for i, s := range steps {
		if s != "" && strings.Trim(s, "0123456789") == "" {
			steps[i] = "*"
		}
	}
	return strings.Join(steps, "/")
}

package registry

import (
	"cmp"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
)

func dayOf(t evidence.Instant) calendar.Date { return calendar.At(t.Time) }

// Held is a filing of which the debt is not yet paid.
type Held struct {
	Financing    string                 `json:"financing" doc:"Record ID of the financing (融资记录编号)"`
	Registration financing.Registration `json:"registration" doc:"The filing (登记信息)"`
	Maturity     calendar.Date          `json:"maturity" doc:"When the debt is due (债务到期日)"`
}

// Action is what to do about a filing that runs out.
type Action string

// Actions.
const (
	Renew    Action = "renew"     // 展期: up to and on its last day
	FileAnew Action = "file-anew" // 重新登记: it lapsed, and the rank that it gave is lost
)

// Reminder is a filing that runs out (登记到期提醒).
type Reminder struct {
	Held
	DaysLeft int    `json:"daysLeft" doc:"Days to its last day; negative once it lapsed (剩余天数)"`
	Action   Action `json:"action" doc:"renew or file-anew (应办事项)"`
}

// Due lists the filings whose last day is at most lead days ahead, and those that lapsed, the most urgent first.
func Due(filings []Held, today calendar.Date, lead int) []Reminder {
	due := []Reminder{}
	for _, h := range filings {
		left := today.DaysUntil(h.Registration.Expires)
		if left > lead {
			continue
		}
		action := Renew
		if left < 0 {
			action = FileAnew
		}
		due = append(due, Reminder{h, left, action})
	}
	slices.SortFunc(due, func(a, b Reminder) int {
		return cmp.Or(cmp.Compare(a.DaysLeft, b.DaysLeft), cmp.Compare(a.Financing, b.Financing))
	})
	return due
}

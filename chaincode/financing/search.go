package financing

import (
	"regexp"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
)

// Search is a search at the movables registry that the lender made (中登网查询), kept by the hash of its result: the file
// stays with the lender, and shows later that it is the one.
type Search struct {
	SHA256 string        `json:"sha256"`
	AsOf   calendar.Date `json:"asOf"`   // 查询日期
	Grade  string        `json:"grade"`  // 疑似重复风险等级
	Ahead  int           `json:"ahead"`  // filings that rank before the lender's own
	Logged calendar.Date `json:"logged"` // when it was attached
}

// SearchArgs are the private arguments of attach-search, as the comparison of the result answers them.
type SearchArgs struct {
	SHA256 string        `json:"sha256" doc:"Hash of the result's file, hexadecimal (查询结果文件哈希)" pattern:"^[0-9a-f]{64}$"`
	AsOf   calendar.Date `json:"asOf" doc:"Day of the search (查询日期)"`
	Grade  string        `json:"grade" enum:"high,medium,low" doc:"Risk of a repeat that the comparison came to (风险等级)"`
	Ahead  int           `json:"ahead,omitzero" doc:"Filings that rank before the lender's own (顺位在前)" minimum:"0" maximum:"10000"`
}

var (
	hexHash = regexp.MustCompile(`^[0-9a-f]{64}$`)
	grades  = []string{"high", "medium", "low"}
)

// maxSearches keeps the terms below the size that a batch can carry; the newest are kept, all stay in the blocks.
const maxSearches = 20

// Attach adds a search.
func (t Terms) Attach(a SearchArgs, today calendar.Date) (Terms, error) {
	switch {
	case !hexHash.MatchString(a.SHA256):
		return t, fault.New(fault.FieldInvalid, "/sha256")
	case a.AsOf.IsZero():
		return t, fault.New(fault.FieldRequired, "/asOf")
	case a.AsOf.After(today):
		return t, fault.New(fault.DateInFuture, "/asOf")
	case !slices.Contains(grades, a.Grade):
		return t, fault.New(fault.FieldInvalid, "/grade")
	case a.Ahead < 0 || a.Ahead > 10000:
		return t, fault.New(fault.FieldInvalid, "/ahead")
	case slices.ContainsFunc(t.Searches, func(s Search) bool { return s.SHA256 == a.SHA256 }):
		return t, fault.New(fault.ReferenceUsed, "/sha256")
	}
	all := append(slices.Clone(t.Searches), Search{SHA256: a.SHA256, AsOf: a.AsOf, Grade: a.Grade, Ahead: a.Ahead, Logged: today})
	t.Searches = all[max(0, len(all)-maxSearches):]
	return t, nil
}

package registry

import (
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"decore/chaincode/calendar"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
)

// timeForms are how a time of the registry is written, in Asia/Shanghai where it names no zone.
var timeForms = []string{"2006-01-02 15:04:05", "2006/01/02 15:04:05", "2006年01月02日 15:04:05", time.RFC3339, "2006-01-02T15:04:05.000Z07:00"}

// parseTime reads a time in one of the forms and no other; time.Parse by itself is more tolerant.
func parseTime(s string, forms []string) (evidence.Instant, *Fault) {
	for _, form := range forms {
		t, err := time.ParseInLocation(form, s, calendar.Zone)
		if err != nil || t.Format(form) != s {
			continue
		}
		if _, err := calendar.Parse(calendar.At(t).String()); err != nil {
			break
		}
		return evidence.InstantOf(t), nil
	}
	return evidence.Instant{}, &Fault{Code: CodeTime, En: "must be a time such as 2026-03-05 10:15:30, in Asia/Shanghai", Zh: "应为北京时间，例如 2026-03-05 10:15:30"}
}

func parseDate(s string) (calendar.Date, *Fault) {
	d, err := calendar.Parse(s)
	if err != nil {
		return d, &Fault{Code: CodeDate, En: "must be an existing day such as 2026-03-05", Zh: "应为存在的日期，例如 2026-03-05"}
	}
	return d, nil
}

func parseUSCC(s string) (ident.USCC, *Fault) {
	u, err := ident.ParseUSCC(s)
	if err != nil {
		return u, &Fault{Code: CodeUSCC, En: "is not a unified social credit code", Zh: "统一社会信用代码不正确"}
	}
	return u, nil
}

// maxNumber is the longest filing number; those that were seen have 20 digits.
const maxNumber = 32

// parseNumber reads the number of a filing: digits and letters, the space and dashes between them dropped.
func parseNumber(s string) (string, *Fault) {
	n := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, strings.ToUpper(norm.NFKC.String(s)))
	if n == "" || len(n) > maxNumber || strings.Trim(n, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", &Fault{Code: CodeInvalid, En: "must be a filing number of 1 to 32 digits and letters", Zh: "登记证明编号应为 1 至 32 位数字或字母"}
	}
	return n, nil
}

package registry

import (
	"context"
	"io"

	"decore/adapters/spreadsheet"
	"decore/chaincode/financing"
)

// Certificate is what the registry answered to a filing (登记证明), as the user writes it down: the arguments of
// financing.encumber for one financing.
type Certificate struct {
	Financing    string                 `json:"financing" doc:"Record ID of the financing (融资记录编号)"`
	Registration financing.Registration `json:"registration" doc:"Arguments of encumber (登记信息)"`
}

// certificates is the file in which registrations come back; one row a financing.
var certificates = form[Certificate]{sheet: "登记证明", most: 1000, ignore: []string{"担保人名称", "担保权人名称", "备注"}, columns: []column[Certificate]{
	{spreadsheet.Column{Name: "financing", Zh: "融资记录编号", En: "Financing", Kind: spreadsheet.Text, Required: true, MaxLength: 64, Width: 32,
		Example: "FIN-01JNQ4M3S0V5B6C7D8E9F0G1H2"}, func(c *Certificate, v string) *Fault { c.Financing = v; return nil }},
	{spreadsheet.Column{Name: "number", Zh: "登记证明编号", En: "Filing number", Aliases: []string{"登记编号"}, Kind: spreadsheet.Text, Required: true, MaxLength: 64, Width: 26,
		Example: "01234567890123456789"}, func(c *Certificate, v string) (f *Fault) { c.Registration.Number, f = parseNumber(v); return f }},
	{spreadsheet.Column{Name: "registered", Zh: "登记时间", En: "Registered", Kind: spreadsheet.Text, Required: true, MaxLength: 40, Width: 22, Example: "2026-03-05 10:15:30",
		NoteZh: "北京时间，精确到秒", NoteEn: "In Asia/Shanghai, to the second"}, func(c *Certificate, v string) (f *Fault) {
		c.Registration.Registered, f = parseTime(v, timeForms)
		return f
	}},
	{spreadsheet.Column{Name: "expires", Zh: "登记到期日", En: "Expires", Aliases: []string{"到期日", "登记到期日期"}, Kind: spreadsheet.Date, Required: true, Example: "2029-03-04"},
		func(c *Certificate, v string) (f *Fault) { c.Registration.Expires, f = parseDate(v); return f }},
}}

// ReadCertificates reads a file of registrations (回填登记证明): xlsx, csv or JSON. It is refused as a whole, by an *Error,
// when a row is wrong or two rows are of one financing.
func ReadCertificates(ctx context.Context, r io.ReaderAt, size int64) ([]Certificate, error) {
	rows, err := certificates.read(ctx, r, size)
	if err != nil {
		return nil, err
	}
	all := make([]Certificate, len(rows))
	var wrong faults
	seen := map[string]string{}
	for i, row := range rows {
		all[i] = row.value
		if first, twice := seen[row.value.Financing]; twice {
			wrong.add(Fault{Place: row.place, Code: CodeInvalid, En: "is about the same financing as row " + first, Zh: "与第 " + first + " 行为同一融资"})
		}
		seen[row.value.Financing] = row.place
		if row.value.Registration.Expires.Before(dayOf(row.value.Registration.Registered)) {
			wrong.add(Fault{Place: row.place, Code: CodeDateOrder, En: "expires before it was registered", Zh: "登记到期日早于登记时间", Clause: decree})
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return all, nil
}

// For returns the certificate of a financing; its fault names that there is none.
func For(all []Certificate, id string) (Certificate, error) {
	for _, c := range all {
		if c.Financing == id {
			return c, nil
		}
	}
	return Certificate{}, one("", CodeMissing, "the file has no row of this financing", "文件中没有该融资的登记")
}

// CertificateTemplate writes the workbook to fill in.
func CertificateTemplate(w io.Writer, lang string) error {
	return certificates.layout().Template(w, lang)
}

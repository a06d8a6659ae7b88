package api

import (
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/chaincode/fund"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// schemas makes the JSON schemas of the document, from the domain's own types.
type schemas struct{ registry huma.Registry }

const schemaPrefix = "#/components/schemas/"

func newSchemas() schemas {
	useProblems()
	r := huma.NewMapRegistry(schemaPrefix, schemaName)
	for domain, documented := range scalars {
		r.RegisterTypeAlias(domain, documented)
	}
	return schemas{r}
}

func (s schemas) of(t reflect.Type) *huma.Schema {
	schema := s.registry.Schema(t, true, t.Name())
	schema.PrecomputeMessages()
	return schema
}

// finish completes the schemas when all are made, and before any is used.
func (s schemas) finish() {
	for _, made := range s.registry.Map() {
		needed(made)
		bounded(made)
	}
}

// bounded lets no integer be larger than one that can be signed.
func bounded(object *huma.Schema) {
	for _, p := range object.Properties {
		if p.Type == huma.TypeInteger && p.Maximum == nil {
			most := float64(canon.MaxInteger)
			p.Maximum = &most
			p.PrecomputeMessages()
		}
	}
}

// needed lets no required day or month be empty: an empty text is none.
func needed(object *huma.Schema) {
	for _, name := range object.Required {
		p := object.Properties[name]
		if p == nil {
			continue
		}
		if strict, known := given[p.Pattern]; known {
			p.Pattern = strict
			p.PrecomputeMessages()
		}
	}
}

// optional reports whether the type can be read from {}, so that a body may be left out.
func (s schemas) optional(t reflect.Type) bool {
	return len(s.registry.Schema(t, false, t.Name()).Required) == 0
}

// schemaName puts the package before the type's name, since many packages have Terms.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return hint
	}
	name, parameter, generic := cutParameter(t.Name())
	name = capital(name)
	pkg := capital(t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:])
	if pkg != "Api" && !strings.HasPrefix(name, pkg) {
		name = pkg + name
	}
	if generic {
		name += parameterName(parameter)
	}
	return name
}

// cutParameter cuts "Page[x.T]" into "Page" and "x.T".
func cutParameter(name string) (outer, parameter string, generic bool) {
	outer, parameter, generic = strings.Cut(name, "[")
	return outer, strings.TrimSuffix(parameter, "]"), generic
}

// parameterName makes a name of a parameter, which has its whole path, and of its own parameter in turn.
func parameterName(parameter string) string {
	outer, inner, generic := cutParameter(parameter)
	name := ""
	for _, part := range strings.Split(outer[strings.LastIndexByte(outer, '/')+1:], ".") {
		name += capital(part)
	}
	if generic {
		name += parameterName(inner)
	}
	return name
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// scalars documents the domain's scalar types; all are JSON strings.
var scalars = map[reflect.Type]reflect.Type{
	reflect.TypeFor[money.Amount]():         reflect.TypeFor[amountSchema](),
	reflect.TypeFor[money.Signed]():         reflect.TypeFor[signedSchema](),
	reflect.TypeFor[goods.Quantity]():       reflect.TypeFor[quantitySchema](),
	reflect.TypeFor[money.Rate]():           reflect.TypeFor[rateSchema](),
	reflect.TypeFor[calendar.Date]():        reflect.TypeFor[dateSchema](),
	reflect.TypeFor[evidence.Instant]():     reflect.TypeFor[instantSchema](),
	reflect.TypeFor[time.Time]():            reflect.TypeFor[instantSchema](),
	reflect.TypeFor[ident.USCC]():           reflect.TypeFor[usccSchema](),
	reflect.TypeFor[ident.InvoiceNumber]():  reflect.TypeFor[invoiceSchema](),
	reflect.TypeFor[ident.DocumentNumber](): reflect.TypeFor[documentSchema](),
	reflect.TypeFor[ident.WrittenNumber]():  reflect.TypeFor[writtenSchema](),
	reflect.TypeFor[evidence.Commitment]():  reflect.TypeFor[commitmentSchema](),
	reflect.TypeFor[fund.Month]():           reflect.TypeFor[monthSchema](),
	reflect.TypeFor[jsontext.Value]():       reflect.TypeFor[objectSchema](),
}

// text documents a string. Those with a pattern are written in one form only; of the others the description says
// what the canonical form is, because surrounding space, full width and lower case are accepted and normalised.
func text(format, pattern, what, example string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: format, Pattern: pattern, PatternDescription: what, Description: what, Examples: []any{example}}
}

type (
	amountSchema     struct{}
	signedSchema     struct{}
	rateSchema       struct{}
	quantitySchema   struct{}
	dateSchema       struct{}
	instantSchema    struct{}
	usccSchema       struct{}
	invoiceSchema    struct{}
	documentSchema   struct{}
	writtenSchema    struct{}
	commitmentSchema struct{}
	monthSchema      struct{}
	objectSchema     struct{}
)

func (amountSchema) Schema(huma.Registry) *huma.Schema {
	return text("decimal-yuan", `^(0|[1-9][0-9]{0,14})(\.[0-9]{1,2})?$`, amountText, "1500000.00")
}

func (signedSchema) Schema(huma.Registry) *huma.Schema {
	return text("decimal-yuan", `^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,2})?$`, signedText, "-1500.00")
}

func (quantitySchema) Schema(huma.Registry) *huma.Schema {
	return text("quantity", `^(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})? [a-z0-9]+$`, quantityText, "120.5 t")
}

func (rateSchema) Schema(huma.Registry) *huma.Schema {
	return text("decimal-fraction", `^[01](\.[0-9]{1,8})?$`, rateText, "0.0385")
}

func (dateSchema) Schema(huma.Registry) *huma.Schema {
	return text("", dateOrNone, dateText, "2026-03-05")
}

func (instantSchema) Schema(huma.Registry) *huma.Schema {
	return text("", `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$`, timeText, "2026-01-05T01:02:03.004Z")
}

func (usccSchema) Schema(huma.Registry) *huma.Schema {
	return text("uscc", "", "Unified social credit code, 18 characters with both check characters, normalised (统一社会信用代码)", "91370200990000009K")
}

func (invoiceSchema) Schema(huma.Registry) *huma.Schema {
	return text("invoice-number", "", "20 digits of a fully digital invoice, or CODE-NUMBER of an older one, normalised (发票号码)", "26372000000000000001")
}

func (documentSchema) Schema(huma.Registry) *huma.Schema {
	return text("document-number", "", "Number of a contract, order or delivery note; space and punctuation are dropped (单据编号)", "PO20260301001")
}

func (writtenSchema) Schema(huma.Registry) *huma.Schema {
	return text("written-number", "", "Number as its issuer writes it, kept so; numbers that differ in case, space and punctuation alone are one (单据编号原样)", "CK-2026-001")
}

func (commitmentSchema) Schema(huma.Registry) *huma.Schema {
	return text("", `^[A-Za-z0-9_-]{43}$`, "Base64url SHA-256 of the salted terms (条款承诺)", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")
}

func (monthSchema) Schema(huma.Registry) *huma.Schema {
	return text("", monthOrNone, monthText, "2026-03")
}

func (objectSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// The patterns of what may be left empty, and what is asked of the same where it is required.
const (
	dateOrNone  = `^([0-9]{4}-[0-9]{2}-[0-9]{2})?$`
	monthOrNone = `^([0-9]{4}-[0-9]{2})?$`
)

var given = map[string]string{dateOrNone: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, monthOrNone: `^[0-9]{4}-[0-9]{2}$`}

// The texts by which validation tells apart what a pattern is of.
const (
	signedText   = "Difference in yuan, at most two decimals, with a minus sign if below zero (增减额,单位:元)"
	amountText   = "Amount in yuan, at most two decimals, not negative (金额,单位:元)"
	quantityText = "Number with at most six decimals, a space and a unit such as t, kg, piece (数量及计量单位)"
	rateText     = "Fraction between 0 and 1, at most eight decimals (比率)"
	dateText     = "Day in Asia/Shanghai, YYYY-MM-DD (日期)"
	monthText    = "Month in Asia/Shanghai, YYYY-MM (月份)"
	timeText     = "Time of RFC 3339, with any offset; signed and answered in UTC with milliseconds (时间)"
)

package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/gateway/problem"
)

// Payload reads a JSON body as it was sent. What it says is only looked at by decode, so that nothing in it is
// guessed, dropped or converted on the way.
type Payload struct{ raw []byte }

// Resolve takes the body (huma.Resolver).
func (p *Payload) Resolve(ctx huma.Context) []error {
	e := of(ctx.Context())
	if len(e.body) == 0 && !e.form {
		return nil
	}
	media, params, err := mime.ParseMediaType(ctx.Header("Content-Type"))
	charset := params["charset"]
	if err != nil || media != mediaJSON || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return []error{problem.New(problem.MediaType).Because("send application/json in UTF-8", "请使用 UTF-8 编码的 application/json")}
	}
	p.raw = e.body
	return nil
}

// readBody reads the body whole, unless it is a form, which is too large for that. It must arrive in time.
func (e *exchange) readBody(w http.ResponseWriter, r *http.Request, l Limits) error {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if e.form = media == mediaForm; e.form || r.Body == nil {
		return nil
	}
	_ = e.conn.SetReadDeadline(time.Now().Add(l.BodyTime)) // where it is not supported the server's own timeout stands
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, l.Body))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return problem.New(problem.BodyTooLarge).Because(fmt.Sprintf("at most %d bytes", l.Body), fmt.Sprintf("最多 %d 字节", l.Body))
	case err != nil:
		return problem.New(problem.BodyUnreadable).With(err)
	}
	_ = e.conn.SetReadDeadline(time.Time{}) // a deadline that passes while the request is worked on would end it
	e.body = raw
	return nil
}

// decode reads a body into dst, a pointer: every fault that can be found is named, and nothing is taken that the type
// does not hold. An absent body reads as {} where optional.
func (s schemas) decode(raw []byte, dst any, optional bool) error {
	if len(raw) == 0 {
		if !optional {
			return problem.New(problem.BodyRequired)
		}
		raw = []byte("{}")
	}
	loose, err := parse(raw)
	if err != nil {
		return err
	}
	return s.fit(loose, raw, dst)
}

// anyOffset reads times as people and certificates write them, in China time and to the second. Only what is signed
// afterwards has the one form.
var anyOffset = json.WithUnmarshalers(json.UnmarshalFunc(func(b []byte, i *evidence.Instant) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	t, err := evidence.ParseInstant(s)
	*i = t
	return err
}))

// fit checks a parsed value against the type's schema and reads it strictly.
func (s schemas) fit(loose any, raw []byte, dst any) error {
	items := s.validate(reflect.TypeOf(dst).Elem(), loose)
	if err := canon.Strict(raw, dst, anyOffset); err != nil {
		strict := problem.FromField(err)
		if !slices.ContainsFunc(items, func(i problem.Item) bool { return i.Location == strict.Location }) {
			items = append(items, strict)
		}
	}
	if len(items) > 0 {
		return problem.Invalid(items...)
	}
	return nil
}

// parse reads JSON that is well-formed, in UTF-8, without duplicate names, not too deep and not followed by anything.
func parse(raw []byte) (any, error) {
	var loose any
	err := json.Unmarshal(raw, &loose)
	if err == nil && depth(loose, canon.MaxDepth) {
		return loose, nil
	}
	p := problem.New(problem.JSONMalformed)
	var syntax *jsontext.SyntacticError
	switch {
	case err == nil:
		return nil, p.Because("it is nested too deeply", "嵌套层数过多")
	case errors.As(err, &syntax):
		reason := syntax.Err.Error()
		return nil, p.At(string(syntax.JSONPointer)).Because(reason+" at byte "+strconv.FormatInt(syntax.ByteOffset, 10), "")
	}
	return nil, p.With(err)
}

func depth(v any, most int) bool {
	if most < 0 {
		return false
	}
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			if !depth(member, most-1) {
				return false
			}
		}
	case []any:
		for _, element := range v {
			if !depth(element, most-1) {
				return false
			}
		}
	}
	return true
}

// validate lists what the schema of the type finds wrong.
func (s schemas) validate(t reflect.Type, loose any) []problem.Item {
	var found huma.ValidateResult
	huma.Validate(s.registry, s.of(t), huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, loose, &found)
	return itemsOf(found.Errors)
}

// itemsOf turns huma's errors into ours, in a stable order.
func itemsOf(errs []error) []problem.Item {
	var items []problem.Item
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if !errors.As(err, &detail) {
			detail = &huma.ErrorDetail{Message: err.Error()}
		}
		items = append(items, itemOf(*detail))
	}
	slices.SortStableFunc(items, func(a, b problem.Item) int { return strings.Compare(a.Location, b.Location) })
	return items
}

const missing = "expected required property "

// complaints tells what huma complains of by how its sentence begins; the first that fits counts. The Chinese
// replaces the beginning, where the rest says nothing in words.
var complaints = []struct{ begin, code, zh string }{
	{missing, "FIELD_REQUIRED", ""},
	{"unexpected property", problem.FieldUnknown, ""},
	{"unknown query parameter", problem.ParameterUnknown, ""},
	{"expected string to be " + amountText, problem.AmountInvalid, ""},
	{"expected string to be " + quantityText, problem.QuantityInvalid, ""},
	{"expected string to be " + rateText, problem.RateInvalid, ""},
	{"expected string to be " + dateText, problem.DateInvalid, ""},
	{"expected string to be " + timeText, problem.TimeInvalid, ""},
	{"expected string to be " + monthText, problem.MonthInvalid, ""},
	{"expected value to be one of ", "FIELD_INVALID", "应为下列之一："},
	{"expected number >= ", problem.FieldRange, "不得小于 "},
	{"expected number <= ", problem.FieldRange, "不得大于 "},
	{"expected length >= ", problem.FieldRange, "字符数不得少于 "},
	{"expected length <= ", problem.FieldRange, "字符数不得多于 "},
	{"expected array length >= ", problem.FieldRange, "条目数不得少于 "},
	{"expected array length <= ", problem.FieldRange, "条目数不得多于 "},
	{"expected string to match pattern ", "FIELD_INVALID", "格式应为 "},
	{"expected string", problem.FieldType, "应为文本"},
	{"expected boolean", problem.FieldType, "应为 true 或 false"},
	{"expected integer", problem.FieldType, "应为整数"},
	{"expected number", problem.FieldType, "应为数字"},
	{"expected array", problem.FieldType, "应为列表"},
	{"expected object", problem.FieldType, "应为对象"},
}

func itemOf(d huma.ErrorDetail) problem.Item {
	location, code := pointer(d.Location), problem.ParameterInvalid
	for _, c := range complaints {
		rest, fits := strings.CutPrefix(d.Message, c.begin)
		switch {
		case !fits:
			continue
		case c.begin == missing:
			name, _, _ := strings.Cut(rest, " ")
			return problem.NewItem(location+"/"+name, c.code, nil, problem.Text{})
		case none(d, c.begin):
			return problem.NewItem(location, "FIELD_REQUIRED", nil, problem.Text{})
		case c.zh == "":
			return problem.NewItem(location, c.code, d.Value, problem.Text{})
		}
		rest = inFull(rest)
		return problem.NewItem(location, c.code, d.Value, problem.Text{En: c.begin + rest, Zh: c.zh + rest})
	}
	return problem.NewItem(location, code, d.Value, problem.Text{En: d.Message})
}

// inFull writes a number with all its digits, and any other text as it is.
func inFull(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// none reports whether what huma complains of in the sentence that so begins says nothing: a day or month that is an empty text, a list
// or object that is null. The body itself and an element of a list are there all the same, and of the wrong type.
func none(d huma.ErrorDetail, begin string) bool {
	switch begin {
	case "expected string to be " + dateText, "expected string to be " + monthText:
		return d.Value == ""
	case "expected array", "expected object":
		return d.Value == nil && d.Location != "" && !strings.HasSuffix(d.Location, "]")
	}
	return false
}

// pointer turns huma's path of a body into a JSON pointer; that of a parameter, such as query.limit, stays.
func pointer(path string) string {
	for _, place := range []string{"query.", "path.", "header."} {
		if strings.HasPrefix(path, place) {
			return path
		}
	}
	if path == "" {
		return ""
	}
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(path)
}

// humaProblem is how huma's own errors, about parameters, become ours.
func humaProblem(status int, _ string, errs ...error) huma.StatusError {
	for _, err := range errs {
		var p *problem.Problem
		if errors.As(err, &p) {
			return p
		}
	}
	switch {
	case len(errs) > 0 && status < http.StatusInternalServerError:
		return problem.Invalid(itemsOf(errs)...)
	case status == http.StatusRequestEntityTooLarge:
		return problem.New(problem.BodyTooLarge)
	case status == http.StatusNotAcceptable:
		return problem.New(problem.NotAcceptable)
	}
	return problem.New(problem.Internal).With(errors.Join(errs...))
}

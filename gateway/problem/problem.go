// Package problem says what went wrong in one form (RFC 9457 problem details), with one table from a stable code
// to its HTTP status and its sentence in English and Chinese.
package problem

import (
	"net/http"
	"slices"
	"time"
)

// ContentType is the media type of a problem (RFC 9457 §3).
const ContentType = "application/problem+json"

// typePrefix makes a code a URI, since RFC 9457 identifies problems by URI. It is a name and leads nowhere.
const typePrefix = "urn:decore:problem:"

// Problem is one answered error. The zero value is of no use; begin with New or From.
type Problem struct {
	Type     string    `json:"type" doc:"URI that names the problem (问题类型)" example:"urn:decore:problem:ENCUMBERED"`
	Title    string    `json:"title" doc:"What the code means, in the language of Accept-Language (标题)"`
	Status   int       `json:"status" doc:"HTTP status (状态码)"`
	Detail   string    `json:"detail,omitempty" doc:"What is particular to this occurrence (说明)"`
	Instance string    `json:"instance,omitempty" doc:"Path of the request (请求路径)"`
	Code     string    `json:"code" doc:"Stable code for programs (代码)" example:"ENCUMBERED"`
	TraceID  string    `json:"traceId,omitempty" doc:"Trace of the request, as in the logs (跟踪号)"`
	Field    string    `json:"field,omitempty" doc:"JSON pointer (RFC 6901) of the field at fault (字段)" example:"/amount"`
	Clause   string    `json:"clause,omitempty" doc:"Statute or policy that it rests on (依据)"`
	Reasons  []Reason  `json:"reasons,omitempty" doc:"All that speaks against it, where rules give several reasons at once; code, field and clause are the first's (全部原因)"`
	Errors   []Item    `json:"errors,omitempty" doc:"Every fault that was found in the request (全部错误)"`
	Command  string    `json:"command,omitempty" doc:"ID of the command that the ledger refused (指令编号)"`
	Position *Position `json:"position,omitempty" doc:"Where the refusal stands on the ledger (账本位置)"`
	State    string    `json:"state,omitempty" doc:"Of WRONG_STATE, to who may read the record: the state that it is in (当前状态)"`
	Allowed  []string  `json:"allowedActions,omitempty" doc:"Of WRONG_STATE, to who may read the record: verbs that the caller may use now (可用操作)"`
	DryRun   bool      `json:"dryRun,omitzero" doc:"The request was a dry run; nothing is recorded (试运行)"`

	detail Text
	cause  error
}

// Item is one fault in a request.
type Item struct {
	Location string `json:"location" doc:"JSON pointer into the body, or such as query.limit (位置)" example:"/amount"`
	Code     string `json:"code" doc:"Stable code (代码)"`
	Message  string `json:"message" doc:"What is wrong (说明)"`
	Value    any    `json:"value,omitempty" doc:"What was sent, clipped (原值)"`

	text Text
}

// Position is where a transaction stands on the ledger.
type Position struct {
	Tx    string    `json:"tx" doc:"Transaction ID (交易号)"`
	Block uint64    `json:"block" doc:"Block number (区块号)"`
	Time  time.Time `json:"time" doc:"Time of the transaction, UTC (交易时间)"`
}

// Text is a sentence in both languages.
type Text struct{ En, Zh string }

// In returns the sentence in a language: "zh" or, for any other, English.
func (t Text) In(lang string) string {
	if lang == "zh" && t.Zh != "" {
		return t.Zh
	}
	return t.En
}

// New returns the problem of a code. A code that the table does not have is a mistake of ours and answers as such.
func New(code string) *Problem {
	e, known := table[code]
	if !known {
		e = table[Internal]
	}
	return &Problem{Type: typePrefix + code, Code: code, Status: e.status}
}

// At names the field at fault.
func (p *Problem) At(field string) *Problem { p.Field = field; return p }

// Under names the rule that the problem rests on.
func (p *Problem) Under(clause string) *Problem { p.Clause = clause; return p }

// Because adds what is particular to this occurrence.
func (p *Problem) Because(en, zh string) *Problem { p.detail = Text{en, zh}; return p }

// With keeps the error beneath, for the log alone.
func (p *Problem) With(cause error) *Problem { p.cause = cause; return p }

// Found adds a fault of the request. The first one gives the problem its field.
func (p *Problem) Found(items ...Item) *Problem {
	p.Errors = append(p.Errors, items...)
	if p.Field == "" && len(items) > 0 {
		p.Field = items[0].Location
	}
	return p
}

// NewItem is a fault at a location. Where the texts are empty, the code's own sentence stands.
func NewItem(location, code string, value any, reason Text) Item {
	return Item{Location: location, Code: code, Value: clip(value), text: reason}
}

// Invalid is the problem of a request with those faults; its code is that of the first.
func Invalid(items ...Item) *Problem { return New(items[0].Code).Found(items...) }

// Error returns the code and the detail in English.
func (p *Problem) Error() string {
	s := p.Code
	if p.Field != "" {
		s += " at " + p.Field
	}
	if p.detail.En != "" {
		s += ": " + p.detail.En
	}
	return s
}

// Unwrap returns the error beneath.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes the problem's media type known to huma.
func (*Problem) ContentType(string) string { return ContentType }

// Render returns the problem in a language, for one request.
func (p *Problem) Render(lang, instance, traceID string) *Problem {
	out := *p
	out.Title, out.Detail, out.Instance, out.TraceID = Title(p.Code, lang), p.detail.In(lang), instance, traceID
	out.Errors = slices.Clone(p.Errors)
	for i, item := range out.Errors {
		if out.Errors[i].Message = item.text.In(lang); out.Errors[i].Message == "" {
			out.Errors[i].Message = Title(item.Code, lang)
		}
	}
	out.Reasons = slices.Clone(p.Reasons)
	for i, r := range out.Reasons {
		out.Reasons[i] = r.In(lang)
	}
	if out.Detail == "" && len(out.Reasons) > 0 {
		out.Detail = told(out.Reasons, lang)
	}
	if out.Detail == "" && len(out.Errors) > 0 {
		out.Detail = out.Errors[0].Message
	}
	return &out
}

// Title returns the sentence of a code in a language.
func Title(code, lang string) string {
	e, known := table[code]
	if !known {
		return code
	}
	return e.text.In(lang)
}

// Known reports whether the table has the code.
func Known(code string) bool { _, ok := table[code]; return ok }

// Status returns the HTTP status of a code, that of an internal error when there is none.
func Status(code string) int { return New(code).Status }

// clip shortens a text that was sent, so that a problem never grows with its cause.
func clip(v any) any {
	const most = 60
	s, ok := v.(string)
	if !ok {
		switch v.(type) {
		case nil, bool, int, int64, float64:
			return v
		}
		return nil // an object or a list says nothing at a glance
	}
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// GetHeaders returns the headers that go with the problem: when to come back.
func (p *Problem) GetHeaders() http.Header {
	if p.Status != http.StatusTooManyRequests && p.Status != http.StatusServiceUnavailable {
		return nil
	}
	return http.Header{"Retry-After": {"1"}}
}

package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/language"

	"decore/chaincode/party"
	"decore/gateway/auth"
)

// exchange is what is known of one request while it is answered. It belongs to the request's goroutine.
type exchange struct {
	trace string // W3C trace ID, 32 hexadecimal digits
	lang  string // "en" or "zh"
	chose bool   // the caller said which language
	route string // the operation's path template
	path  string
	dry   bool // the caller only wants to know what would come of it

	conn *http.ResponseController
	body []byte // read before the request had its turn; that of a form is not
	form bool   // the body is a form, which its operation reads

	// What a form may be.
	maxSheet   int64
	uploads    string // folder for sheets
	uploadTime time.Duration
	start      time.Time

	caller auth.Caller
	party  party.Party // the caller's entry in the registry

	atEnd []func() // gives back what the request alone may have while it is worked on
}

// end ends the work on a request.
func (e *exchange) end() {
	for _, f := range e.atEnd {
		f()
	}
	e.atEnd = nil
}

type exchangeKey struct{}

func withExchange(ctx context.Context, e *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, e)
}

// of returns the request's exchange; outside a request, an empty one.
func of(ctx context.Context) *exchange {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return e
	}
	return &exchange{lang: english}
}

func newExchange(r *http.Request) *exchange {
	return &exchange{trace: traceOf(r.Header.Get("Traceparent")), lang: languageOf(r.Header.Get("Accept-Language")), chose: r.Header.Get("Accept-Language") != "",
		path: r.URL.Path, dry: dryOf(r.URL.Query()), start: time.Now()}
}

// traceOf takes the trace ID from a traceparent header (W3C Trace Context §3.2), or makes one.
func traceOf(header string) string {
	parts := strings.Split(header, "-")
	if len(parts) >= 4 && len(parts[0]) == 2 && parts[0] != "ff" && lowerHex(parts[1], 32) && lowerHex(parts[2], 16) {
		return parts[1]
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	return hex.EncodeToString(id[:])
}

func lowerHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == "" && strings.Trim(s, "0") != ""
}

// The languages of answers.
const (
	english = "en"
	chinese = "zh"
)

var (
	languages = []string{english, chinese, chinese}
	matcher   = language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese, language.TraditionalChinese})
)

// languageOf chooses the language of an answer; English where the header asks for neither.
func languageOf(acceptLanguage string) string {
	if acceptLanguage == "" {
		return english
	}
	if len(acceptLanguage) > 200 {
		acceptLanguage = acceptLanguage[:200]
	}
	_, i := language.MatchStrings(matcher, acceptLanguage)
	return languages[i]
}

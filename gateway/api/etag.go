package api

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"decore/gateway/problem"
)

// etag is the entity tag of a version (RFC 9110 §8.8.3).
func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// anyVersion is the If-Match that names any version (RFC 9110 §13.1.1).
const anyVersion = "*"

// headerIfMatch is the header that names the version which was seen, and inIfMatch where a problem of it is.
const (
	headerIfMatch = "If-Match"
	inIfMatch     = "header." + headerIfMatch
)

// uncompared refuses an If-Match that an operation would pass over: who names a version must not believe that it was compared. A GET answers
// whatever version there is, and says which.
func uncompared(ctx huma.Context) *problem.Problem {
	compares := func(p *huma.Param) bool { return p.Name == headerIfMatch }
	if ctx.Method() == http.MethodGet || ctx.Header(headerIfMatch) == "" || slices.ContainsFunc(ctx.Operation().Parameters, compares) {
		return nil
	}
	return problem.New(problem.IfMatchUnused).At(inIfMatch)
}

// matches refuses a request whose If-Match names another version than the current one; "" and * name any.
func matches(ifMatch string, version int) error {
	switch {
	case ifMatch == "" || ifMatch == anyVersion || ifMatch == etag(version):
		return nil
	case len(ifMatch) < 3 || len(ifMatch) > 12 || ifMatch[0] != '"' || ifMatch[len(ifMatch)-1] != '"':
		return problem.New(problem.IfMatchInvalid).At(inIfMatch)
	}
	n, err := strconv.ParseUint(ifMatch[1:len(ifMatch)-1], 10, 31)
	if err != nil || etag(int(n)) != ifMatch {
		return problem.New(problem.IfMatchInvalid).At(inIfMatch)
	}
	return problem.New(problem.VersionMismatch).At(inIfMatch)
}

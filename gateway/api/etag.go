package api

import (
	"strconv"

	"decore/gateway/problem"
)

// etag is the entity tag of a version (RFC 9110 §8.8.3).
func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// anyVersion is the If-Match that names any version (RFC 9110 §13.1.1).
const anyVersion = "*"

// matches refuses a request whose If-Match names another version than the current one; "" and * name any.
func matches(ifMatch string, version int) error {
	switch {
	case ifMatch == "" || ifMatch == anyVersion || ifMatch == etag(version):
		return nil
	case len(ifMatch) < 3 || len(ifMatch) > 12 || ifMatch[0] != '"' || ifMatch[len(ifMatch)-1] != '"':
		return problem.New(problem.IfMatchInvalid).At("header.If-Match")
	}
	n, err := strconv.ParseUint(ifMatch[1:len(ifMatch)-1], 10, 31)
	if err != nil || etag(int(n)) != ifMatch {
		return problem.New(problem.IfMatchInvalid).At("header.If-Match")
	}
	return problem.New(problem.VersionMismatch).At("header.If-Match")
}

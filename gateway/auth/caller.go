// Package auth tells who is calling: it verifies OAuth 2.0 bearer access tokens (RFC 6750) that are signed JWTs
// (RFC 7519, RFC 9068) of the issuers that the operator trusts.
//
// A token names one legal entity (claim party, a USCC 统一社会信用代码) and what it acts as (claim roles).
// What the caller may then do to a record is not decided here.
package auth

import (
	"context"
	"slices"
	"time"

	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

// Caller is who a verified token speaks for.
type Caller struct {
	Party   ident.USCC
	Roles   []lifecycle.Role // at least one, all known
	Subject string           // claim sub: the person or system at the party; may be empty
	TokenID string           // claim jti; may be empty
	Expires time.Time        // claim exp
}

// Has reports whether the caller acts in the role.
func (c Caller) Has(role lifecycle.Role) bool { return slices.Contains(c.Roles, role) }

type callerKey struct{}

// With returns a context that carries the caller.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From returns the caller that With put into the context, if any.
func From(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

package auth

import (
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// Code is a stable word for why a token was refused.
type Code string

// The codes. All but CodeKeys are the caller's to mend (HTTP 401); CodeKeys is an outage (HTTP 503).
const (
	CodeMissing     Code = "TOKEN_MISSING"
	CodeMalformed   Code = "TOKEN_MALFORMED"
	CodeAlgorithm   Code = "TOKEN_ALGORITHM"
	CodeIssuer      Code = "TOKEN_ISSUER"
	CodeSignature   Code = "TOKEN_SIGNATURE"
	CodeExpired     Code = "TOKEN_EXPIRED"
	CodeNotYetValid Code = "TOKEN_NOT_YET_VALID"
	CodeAudience    Code = "TOKEN_AUDIENCE"
	CodeParty       Code = "TOKEN_PARTY"
	CodeRoles       Code = "TOKEN_ROLES"
	CodeKeys        Code = "TOKEN_KEYS_UNAVAILABLE"
)

// Error says why a token was refused. Reason is a fixed sentence, fit for the caller; it repeats nothing of the token.
type Error struct {
	Code   Code
	Reason string
	cause  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Reason) }

// Unwrap returns what lies beneath, for logs; it may be nil.
func (e *Error) Unwrap() error { return e.cause }

func refuse(code Code, reason string) *Error { return &Error{Code: code, Reason: reason} }

// refusals says how the faults that the JWT library finds are answered; the first that matches counts.
var refusals = []struct {
	fault  error
	code   Code
	reason string
}{
	{jwt.ErrTokenMalformed, CodeMalformed, "the token is not a JWT"},
	{jwt.ErrTokenSignatureInvalid, CodeSignature, "the signature does not verify"},
	{jwt.ErrTokenUnverifiable, CodeAlgorithm, "the algorithm is unknown"},
	{jwt.ErrTokenRequiredClaimMissing, CodeMalformed, "the claim exp is missing"},
	{jwt.ErrTokenExpired, CodeExpired, "the token has expired"},
	{jwt.ErrTokenNotValidYet, CodeNotYetValid, "the token is not valid yet"},
	{jwt.ErrTokenUsedBeforeIssued, CodeNotYetValid, "the token was issued in the future"},
}

// refusalOf turns an error of the JWT library, or one of ours that went through it, into an *Error.
func refusalOf(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	for _, r := range refusals {
		if errors.Is(err, r.fault) {
			return &Error{r.code, r.reason, err}
		}
	}
	return &Error{CodeMalformed, "the token cannot be read", err}
}

// Challenge returns the WWW-Authenticate header value (RFC 6750 §3) that answers an error of Authenticate.
func Challenge(err error) string {
	const realm = `Bearer realm="decore"`
	var refused *Error
	if !errors.As(err, &refused) || refused.Code == CodeMissing {
		return realm // a request without a token is told no error code
	}
	return fmt.Sprintf(`%s, error="invalid_token", error_description="%s: %s"`, realm, refused.Code, refused.Reason)
}

package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"

	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
)

const (
	maxToken = 8 << 10 // bytes; what HTTP servers take as a header
	// keyWait is the longest that a call waits for the keys of its issuer.
	keyWait = 3 * time.Second
)

// Verifier verifies bearer tokens. It is safe for concurrent use; Close stops it.
type Verifier struct {
	issuers map[string]*issuer // by claim iss; fixed
	order   []*issuer          // as configured
	leeway  time.Duration
	now     func() time.Time
	parser  *jwt.Parser
	cache   *lru.Cache[[sha256.Size]byte, verified]

	stop    context.CancelFunc
	running sync.WaitGroup
}

// issuer is an Issuer at work.
type issuer struct {
	Issuer
	keys *source
}

// verified is a token that passed. It counts while it has not expired and its issuer still publishes the same keys.
type verified struct {
	caller Caller
	by     *issuer
	keys   *keySet
}

// claims are the parts of a token that are read (RFC 7519 §4.1, RFC 9068 §2.2).
type claims struct {
	Party string           `json:"party"`
	Roles []lifecycle.Role `json:"roles"`
	jwt.RegisteredClaims
}

// NewVerifier starts a verifier that runs until Close or the end of ctx. An issuer that is away does not keep it
// from starting: its keys are fetched in the background, again and again; Ready tells.
func NewVerifier(ctx context.Context, cfg Config) (*Verifier, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("token settings: %w", err)
	}
	cfg = cfg.withDefaults()
	cache, err := lru.New[[sha256.Size]byte, verified](cfg.CacheSize)
	if err != nil {
		return nil, fmt.Errorf("token settings: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	v := &Verifier{issuers: map[string]*issuer{}, leeway: cfg.Leeway, now: cfg.Now, cache: cache, stop: stop}
	v.parser = jwt.NewParser(jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithStrictDecoding(),
		jwt.WithLeeway(cfg.Leeway), jwt.WithTimeFunc(cfg.Now))
	for _, i := range cfg.Issuers {
		fetch, err := fetcher(i.JWKS, cfg.Client)
		if err != nil {
			stop()
			return nil, fmt.Errorf("token settings: %w", err)
		}
		v.accept(ctx, i, newSource(i.URL, cfg, fetch))
	}
	if cfg.Dev != nil {
		v.accept(ctx, cfg.Dev.issuer(), newSource(DevIssuerURL, cfg, cfg.Dev.keySet))
	}
	return v, nil
}

func (v *Verifier) accept(ctx context.Context, i Issuer, keys *source) {
	if len(i.Algorithms) == 0 {
		i.Algorithms = []string{"ES256"}
	}
	at := &issuer{i, keys}
	v.issuers[i.URL] = at
	v.order = append(v.order, at)
	v.running.Go(func() { keys.run(ctx) })
}

// Close stops fetching keys and waits until that has ended.
func (v *Verifier) Close() {
	v.stop()
	v.running.Wait()
}

// Authenticate verifies the value of an Authorization header and returns who calls. Every error is an *Error.
func (v *Verifier) Authenticate(ctx context.Context, authorizationHeader string) (Caller, error) {
	token, err := bearer(authorizationHeader)
	if err != nil {
		return Caller{}, err
	}
	sum := sha256.Sum256([]byte(token))
	hit, ok := v.cache.Get(sum)
	if !ok || !v.stillGood(hit) {
		if hit, err = v.verify(ctx, token); err != nil {
			v.cache.Remove(sum)
			return Caller{}, err
		}
		v.cache.Add(sum, hit)
	}
	caller := hit.caller
	caller.Roles = slices.Clone(caller.Roles) // nobody can write into the cache
	return caller, nil
}

func (v *Verifier) stillGood(t verified) bool {
	return v.now().Before(t.caller.Expires.Add(v.leeway)) && t.by.keys.current() == t.keys
}

// bearer takes the token out of the header (RFC 6750 §2.1).
func bearer(header string) (string, error) {
	scheme, token, _ := strings.Cut(strings.TrimSpace(header), " ")
	token = strings.TrimLeft(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", refuse(CodeMissing, "the request carries no bearer token")
	}
	if len(token) > maxToken {
		return "", refuse(CodeMalformed, "the token is too long")
	}
	return token, nil
}

func (v *Verifier) verify(ctx context.Context, token string) (verified, error) {
	var (
		c   claims
		out verified
	)
	_, err := v.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		var key any
		var err error
		out.by, out.keys, key, err = v.keyFor(ctx, t, c.Issuer)
		return key, err
	})
	if err != nil {
		return verified{}, refusalOf(err)
	}
	out.caller, err = out.by.caller(c)
	return out, err
}

// keyFor decides, before the signature is checked, by which key it must be: one of the issuer that the token
// names, of the kind that its algorithm works with. What the header says beyond alg, kid and typ is never followed.
func (v *Verifier) keyFor(ctx context.Context, t *jwt.Token, iss string) (*issuer, *keySet, any, error) {
	by, ok := v.issuers[iss]
	if !ok {
		return nil, nil, nil, refuse(CodeIssuer, "the issuer is not accepted here")
	}
	alg := t.Method.Alg()
	if !slices.Contains(by.Algorithms, alg) {
		return nil, nil, nil, refuse(CodeAlgorithm, "the algorithm is not allowed to this issuer")
	}
	kid, err := readHeader(t.Header)
	if err != nil {
		return nil, nil, nil, err
	}
	keys, found, err := by.lookup(ctx, kid)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, k := range found {
		if k.serves(alg) {
			return by, keys, k.key, nil
		}
	}
	return nil, nil, nil, refuse(CodeAlgorithm, "the key is not for this algorithm")
}

// readHeader returns the key ID, empty when there is none, and refuses what is no access token (RFC 8725 §3.11,
// RFC 7515 §4.1.11).
func readHeader(header map[string]any) (kid string, err error) {
	if _, critical := header["crit"]; critical {
		return "", refuse(CodeMalformed, "the header demands an extension")
	}
	typ, isText := header["typ"].(string)
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	if _, present := header["typ"]; present && (!isText || typ != "jwt" && typ != "at+jwt") {
		return "", refuse(CodeMalformed, "the token is not an access token")
	}
	kid, isText = header["kid"].(string)
	if _, present := header["kid"]; present && (!isText || kid == "") {
		return "", refuse(CodeMalformed, "the key ID is not a text")
	}
	return kid, nil
}

// lookup returns the issuer's keys of that ID, after asking for newer keys when there are none.
func (i *issuer) lookup(ctx context.Context, kid string) (*keySet, []publicKey, error) {
	keys := i.keys.current()
	if keys == nil || len(keys.find(kid)) == 0 {
		ctx, cancel := context.WithTimeout(ctx, keyWait)
		defer cancel()
		keys = i.keys.newer(ctx)
	}
	if keys == nil {
		return nil, nil, refuse(CodeKeys, "the issuer's keys are not available at present")
	}
	found := keys.find(kid)
	if len(found) == 0 {
		return nil, nil, refuse(CodeSignature, "the issuer publishes no such key")
	}
	return keys, found, nil
}

// caller checks the claims that the JWT library does not.
func (i *issuer) caller(c claims) (Caller, error) {
	if !slices.Contains(c.Audience, i.Audience) {
		return Caller{}, refuse(CodeAudience, "the token is for another audience")
	}
	party, err := ident.ParseUSCC(c.Party)
	if err != nil {
		return Caller{}, &Error{CodeParty, "the claim party is not a valid USCC", err}
	}
	if len(i.Parties) > 0 && !slices.Contains(i.Parties, party) {
		return Caller{}, refuse(CodeParty, "the issuer may not speak for this party")
	}
	if err := checkRoles(c.Roles); err != nil {
		return Caller{}, err
	}
	return Caller{party, c.Roles, c.Subject, c.ID, c.ExpiresAt.Time}, nil
}

func checkRoles(roles []lifecycle.Role) error {
	if len(roles) == 0 {
		return refuse(CodeRoles, "the claim roles is missing or empty")
	}
	for _, r := range roles {
		if !slices.Contains(lifecycle.Roles, r) {
			return refuse(CodeRoles, "the claim roles holds an unknown role")
		}
	}
	return nil
}

// IssuerStatus is how an issuer's keys stand.
type IssuerStatus struct {
	URL    string
	Keys   int       // 0: none yet, so none of its tokens is accepted
	Loaded time.Time // last successful fetch
	Err    error     // of the last fetch; nil when it succeeded
}

// Issuers tells how the keys of every issuer stand.
func (v *Verifier) Issuers() []IssuerStatus {
	var all []IssuerStatus
	for _, i := range v.order {
		set, loaded, err := i.keys.status()
		s := IssuerStatus{URL: i.URL, Loaded: loaded, Err: err}
		if set != nil {
			s.Keys = len(set.keys)
		}
		all = append(all, s)
	}
	return all
}

// Ready returns nil when every issuer's keys are there, and otherwise an error that names those whose are not.
func (v *Verifier) Ready() error {
	var faults []error
	for _, s := range v.Issuers() {
		switch {
		case s.Keys > 0:
		case s.Err != nil:
			faults = append(faults, fmt.Errorf("token issuer %s: %w", s.URL, s.Err))
		default:
			faults = append(faults, fmt.Errorf("token issuer %s: keys are being fetched", s.URL))
		}
	}
	return errors.Join(faults...)
}

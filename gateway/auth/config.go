package auth

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"decore/chaincode/ident"
)

// Issuer is an authority whose tokens are accepted.
type Issuer struct {
	URL        string       // the claim iss, to the letter
	Audience   string       // must be among the claim aud
	JWKS       string       // its keys: an https URL, or a file, of a JWK set (RFC 7517 §5)
	Algorithms []string     // allowed: ES256, RS256, PS256, EdDSA; default ES256 alone
	Parties    []ident.USCC // the only parties it may speak for, as a bank's own issuer for that bank; default all
}

// Config sets up a Verifier.
type Config struct {
	Issuers []Issuer
	Dev     *DevIssuer // accepted too when not nil; for the embedded mode only

	Leeway    time.Duration    // tolerated difference of clocks; default 30 s
	CacheSize int              // verified tokens remembered; default 10,000
	Refresh   time.Duration    // between fetches of an issuer's keys; default 5 min
	Retry     time.Duration    // after a failed fetch, doubling up to Refresh; default 1 s
	Client    *http.Client     // fetches keys; default one with a timeout that follows secure redirects only
	Now       func() time.Time // default time.Now
	Log       *slog.Logger     // default slog.Default()
}

func (c Config) withDefaults() Config {
	setDefault(&c.Leeway, 30*time.Second)
	setDefault(&c.CacheSize, 10_000)
	setDefault(&c.Refresh, 5*time.Minute)
	setDefault(&c.Retry, time.Second)
	if c.Client == nil {
		c.Client = defaultClient()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// Validate says what is wrong with the settings, all at once. It reads no key set.
func (c Config) Validate() error {
	var faults []error
	if c.Leeway < 0 || c.CacheSize < 0 || c.Refresh < 0 || c.Retry < 0 {
		faults = append(faults, errors.New("leeway, cache size, refresh and retry must not be negative"))
	}
	seen := map[string]bool{DevIssuerURL: true}
	for _, i := range c.Issuers {
		if seen[i.URL] {
			faults = append(faults, fmt.Errorf("issuer %q is reserved or named twice", i.URL))
		}
		seen[i.URL] = true
		faults = append(faults, i.validate())
	}
	if len(c.Issuers) == 0 && c.Dev == nil {
		faults = append(faults, errors.New("no token issuer is configured"))
	}
	return errors.Join(faults...)
}

func (i Issuer) validate() error {
	var faults []error
	if i.URL == "" || i.Audience == "" || i.JWKS == "" {
		faults = append(faults, fmt.Errorf("issuer %q needs a URL, an audience and a key set", i.URL))
	}
	if _, err := fetcher(i.JWKS, nil); err != nil {
		faults = append(faults, fmt.Errorf("issuer %q: %w", i.URL, err))
	}
	for _, alg := range i.Algorithms {
		if algorithms[alg] == nil {
			faults = append(faults, fmt.Errorf("issuer %q: algorithm %q is not one of ES256, RS256, PS256, EdDSA", i.URL, alg))
		}
	}
	for _, p := range i.Parties {
		if canonical, err := ident.ParseUSCC(string(p)); err != nil || canonical != p {
			faults = append(faults, fmt.Errorf("issuer %q: party %q is not a USCC in canonical form", i.URL, p))
		}
	}
	return errors.Join(faults...)
}

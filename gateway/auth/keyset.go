package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/MicahParks/jwkset"
)

const minRSABits = 2048 // RFC 7518 §3.3

// algorithms are those that may be allowed to an issuer, each with the keys that it works with: asymmetric ones
// only, so that no public key can ever serve as a shared secret (RFC 8725 §3.1).
var algorithms = map[string]func(crypto.PublicKey) bool{
	"ES256": isP256,
	"RS256": isRSA,
	"PS256": isRSA,
	"EdDSA": isEd25519,
}

func isP256(k crypto.PublicKey) bool {
	key, ok := k.(*ecdsa.PublicKey)
	return ok && key.Curve == elliptic.P256()
}

func isRSA(k crypto.PublicKey) bool {
	key, ok := k.(*rsa.PublicKey)
	return ok && key.N.BitLen() >= minRSABits
}

func isEd25519(k crypto.PublicKey) bool {
	_, ok := k.(ed25519.PublicKey)
	return ok
}

// keySet is what an issuer published at one time. It never changes, so its address stands for its content.
type keySet struct{ keys []publicKey }

type publicKey struct {
	id  string
	alg string // the only algorithm that the issuer uses it with; empty: any that fits
	key crypto.PublicKey
}

func (k publicKey) serves(alg string) bool {
	fits, known := algorithms[alg]
	return known && fits(k.key) && (k.alg == "" || k.alg == alg)
}

// find returns the keys of that ID. A token without a key ID may only mean the issuer's one and only key.
func (s *keySet) find(id string) (found []publicKey) {
	if id == "" && len(s.keys) == 1 {
		return s.keys
	}
	for _, k := range s.keys {
		if id != "" && k.id == id {
			found = append(found, k)
		}
	}
	return found
}

// parseKeySet reads a JWK set (RFC 7517 §5). Keys of other kinds and uses, and unreadable ones, are passed over,
// as the RFC asks; a set without any usable key is an error.
func parseKeySet(data []byte) (*keySet, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("not a JWK set: %w", err)
	}
	var s keySet
	for _, raw := range set.Keys {
		if k, ok := parseKey(raw); ok {
			s.keys = append(s.keys, k)
		}
	}
	if len(s.keys) == 0 {
		return nil, errors.New("the JWK set holds no usable signing key")
	}
	return &s, nil
}

func parseKey(raw json.RawMessage) (publicKey, bool) {
	jwk, err := jwkset.NewJWKFromRawJSON(raw, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return publicKey{}, false
	}
	m := jwk.Marshal()
	k := publicKey{id: m.KID, alg: m.ALG.String(), key: jwk.Key()}
	if m.USE != "" && m.USE != jwkset.UseSig {
		return publicKey{}, false
	}
	for alg := range algorithms {
		if k.serves(alg) {
			return k, true
		}
	}
	return publicKey{}, false
}

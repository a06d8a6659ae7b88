package evidence

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// ErrKey is wrapped by every error about a public key that cannot be used.
var ErrKey = errors.New("invalid key")

// JWK is an ES256 public key (RFC 7517, RFC 7518 §6.2): curve P-256, coordinates in base64url.
type JWK struct {
	Crv string `json:"crv"`
	Kty string `json:"kty"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// NewJWK returns the JWK of a P-256 public key.
func NewJWK(pub *ecdsa.PublicKey) JWK {
	point, err := pub.Bytes() // 0x04, x, y (SEC 1 §2.3.3)
	if err != nil || len(point) != 65 {
		return JWK{} // not a P-256 key; PublicKey refuses it
	}
	return JWK{Crv: "P-256", Kty: "EC", X: base64.RawURLEncoding.EncodeToString(point[1:33]), Y: base64.RawURLEncoding.EncodeToString(point[33:])}
}

// PublicKey returns the key, or an error that wraps ErrKey when it is not a point of P-256.
func (k JWK) PublicKey() (*ecdsa.PublicKey, error) {
	if k.Kty != "EC" || k.Crv != "P-256" {
		return nil, fmt.Errorf("%w: kty %.10q crv %.10q, want EC P-256", ErrKey, k.Kty, k.Crv)
	}
	x, errX := decodeBase64(k.X)
	y, errY := decodeBase64(k.Y)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return nil, fmt.Errorf("%w: x and y must be 32 bytes in base64url", ErrKey)
	}
	uncompressed := append(append([]byte{4}, x...), y...)
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), uncompressed)
	if err != nil {
		return nil, fmt.Errorf("%w: not a point of P-256", ErrKey)
	}
	return pub, nil
}

// ID returns the key's RFC 7638 thumbprint in base64url.
func (k JWK) ID() string {
	canonical := fmt.Sprintf(`{"crv":%q,"kty":%q,"x":%q,"y":%q}`, k.Crv, k.Kty, k.X, k.Y)
	sum := sha256.Sum256([]byte(canonical))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// KeyID returns the RFC 7638 thumbprint of a P-256 public key.
func KeyID(pub *ecdsa.PublicKey) string { return NewJWK(pub).ID() }

package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/durable"
)

const (
	// DevIssuerURL is the claim iss of the development issuer's tokens.
	DevIssuerURL = "urn:decore:development-issuer"
	// DevAudience is the claim aud of the development issuer's tokens.
	DevAudience = "decore"

	devKeyFile = "development-issuer.pem"
)

// DevIssuer issues tokens to whoever may read its key, a file in the data folder: for trying out and for tests,
// never beside real parties.
type DevIssuer struct {
	key *ecdsa.PrivateKey
	now func() time.Time
}

// OpenDevIssuer reads the issuer's ES256 key from the folder, or makes it, mode 0600, on the first use, also when
// two processes do so at once. A nil now is time.Now.
func OpenDevIssuer(dir string, now func() time.Time) (*DevIssuer, error) {
	path := filepath.Join(dir, devKeyFile)
	key, err := readDevKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeDevKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("development issuer: %w", err)
		}
		key, err = readDevKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("development issuer: %w", err)
	}
	if now == nil {
		now = time.Now
	}
	return &DevIssuer{key, now}, nil
}

// Token returns an access token for the party in those roles, valid from now for ttl (whole seconds).
func (d *DevIssuer) Token(party ident.USCC, roles []lifecycle.Role, ttl time.Duration) (string, error) {
	party, err := ident.ParseUSCC(string(party))
	if err != nil {
		return "", fmt.Errorf("development token: %w", err)
	}
	if err := checkRoles(roles); err != nil {
		return "", fmt.Errorf("development token: %w; known roles: %v", err, lifecycle.Roles)
	}
	if ttl < time.Second {
		return "", fmt.Errorf("development token: a lifetime of %s is too short", ttl)
	}
	now := d.now()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims{string(party), roles, jwt.RegisteredClaims{
		Issuer: DevIssuerURL, Audience: jwt.ClaimStrings{DevAudience}, Subject: "development", ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
	}})
	token.Header["typ"] = "at+jwt"
	token.Header["kid"] = evidence.KeyID(&d.key.PublicKey)
	signed, err := token.SignedString(d.key)
	if err != nil {
		return "", fmt.Errorf("development token: %w", err)
	}
	return signed, nil
}

func (d *DevIssuer) issuer() Issuer {
	return Issuer{URL: DevIssuerURL, Audience: DevAudience, Algorithms: []string{"ES256"}}
}

// keySet publishes the issuer's key as other issuers do.
func (d *DevIssuer) keySet(context.Context) ([]byte, error) {
	type key struct {
		evidence.JWK
		ID string `json:"kid"`
	}
	public := evidence.NewJWK(&d.key.PublicKey)
	return json.Marshal(map[string][]key{"keys": {{public, public.ID()}}})
}

func makeDevKey(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("generate key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	return durable.Create(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// readDevKey reads the key; its errors name the file and nothing of its content.
func readDevKey(path string) (*ecdsa.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if durable.OpenTo(info, 0o077) {
		return nil, fmt.Errorf("key file %s is open to other users; close it with chmod 600", path)
	}
	data, err := os.ReadFile(path) //nolint:gosec // inside the data folder
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("key file %s is damaged; remove it to get a new key", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok || !isP256(&key.PublicKey) {
		return nil, fmt.Errorf("key file %s is damaged; remove it to get a new key", path)
	}
	return key, nil
}

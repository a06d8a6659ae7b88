package receipt

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"decore/chaincode/canon"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
)

// Signer is who issues receipts: a registered party whose key this gateway holds.
type Signer struct {
	Party ident.USCC
	Key   *ecdsa.PrivateKey
}

// protected is the JWS header; its type keeps a receipt's signature from passing for a command's.
type protected struct {
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
}

const signatureType = "decore-receipt+jws"

var errSignature = errors.New("not a detached JWS under ES256 of type " + signatureType)

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the decoder would skip them
		return nil, errSignature
	}
	return base64.RawURLEncoding.Strict().DecodeString(s)
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return encode(sum[:])
}

// sign returns the detached JWS over the canonical content.
func sign(content []byte, key *ecdsa.PrivateKey) (string, error) {
	head, err := canon.Marshal(protected{Alg: "ES256", Kid: evidence.KeyID(&key.PublicKey), Typ: signatureType})
	if err != nil {
		return "", err
	}
	sig, err := jwt.SigningMethodES256.Sign(encode(head)+"."+encode(content), key)
	if err != nil {
		return "", fmt.Errorf("sign the receipt: %w", err)
	}
	return encode(head) + ".." + encode(sig), nil
}

// signature is a detached JWS taken apart.
type signature struct {
	kid  string
	head string
	sig  []byte
}

func parseSignature(jws string) (signature, error) {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 || parts[1] != "" {
		return signature{}, errSignature
	}
	head, err := decode(parts[0])
	if err != nil {
		return signature{}, errSignature
	}
	var p protected
	if err := canon.Decode(head, &p); err != nil || p.Alg != "ES256" || p.Typ != signatureType {
		return signature{}, errSignature
	}
	sig, err := decode(parts[2])
	if err != nil {
		return signature{}, errSignature
	}
	return signature{kid: p.Kid, head: parts[0], sig: sig}, nil
}

func (s signature) verify(content []byte, pub *ecdsa.PublicKey) bool {
	return jwt.SigningMethodES256.Verify(s.head+"."+encode(content), s.sig, pub) == nil
}

package fabric

import (
	"crypto/ecdsa"
	"crypto/sha256"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
)

// The SDK's messages are of protobuf's first Go form.

func marshal(m protoadapt.MessageV1) ([]byte, error) { return proto.Marshal(protoadapt.MessageV2Of(m)) }

func unmarshal(raw []byte, m protoadapt.MessageV1) error {
	return proto.Unmarshal(raw, protoadapt.MessageV2Of(m))
}

// verify checks a signature as Fabric makes them: ECDSA over SHA-256, in ASN.1.
func verify(key *ecdsa.PublicKey, message, signature []byte) error {
	sum := sha256.Sum256(message)
	if !ecdsa.VerifyASN1(key, sum[:], signature) {
		return errVerify
	}
	return nil
}

package fabric

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/hyperledger/fabric-protos-go/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go/ledger/rwset/kvrwset"
	mspproto "github.com/hyperledger/fabric-protos-go/msp"
	pb "github.com/hyperledger/fabric-protos-go/peer"

	"decore/adapters/fabric/connection"
)

// Forge is an endorsement that no chaincode made: whoever has the key of a peer can sign with it what it likes. It is
// another one with a value added that is said to be written to a private collection, and that nobody ever gets to see.
func (e Endorsement) Forge(peer connection.Identity, collection, key string, value []byte) (Endorsement, error) {
	var payload pb.ProposalResponsePayload
	var endorser mspproto.SerializedIdentity
	action, err := parseAction(e.Signed())
	if err != nil {
		return e, err
	}
	err = errors.Join(unmarshal(e.Signed(), &payload), unmarshal(e.response.GetEndorsement().GetEndorser(), &endorser))
	if err != nil {
		return e, fmt.Errorf("endorsement: %w", err)
	}
	if action.Results, err = addPrivateWrite(action.GetResults(), action.GetChaincodeId().GetName(), collection, key, value); err != nil {
		return e, err
	}
	if payload.Extension, err = marshal(action); err != nil {
		return e, fmt.Errorf("endorsement: %w", err)
	}
	endorser.IdBytes = []byte(peer.Certificate)
	return e.signedBy(&payload, &endorser, peer.Key)
}

func addPrivateWrite(results []byte, chaincode, collection, key string, value []byte) ([]byte, error) {
	hash := func(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] }
	hashed, err := marshal(&kvrwset.HashedRWSet{HashedWrites: []*kvrwset.KVWriteHash{{KeyHash: hash([]byte(key)), ValueHash: hash(value)}}})
	if err != nil {
		return nil, fmt.Errorf("write set: %w", err)
	}
	var sets rwset.TxReadWriteSet
	if err := unmarshal(results, &sets); err != nil {
		return nil, fmt.Errorf("write set: %w", err)
	}
	for _, ns := range sets.NsRwset {
		if ns.GetNamespace() == chaincode {
			ns.CollectionHashedRwset = append(ns.CollectionHashedRwset, &rwset.CollectionHashedReadWriteSet{
				CollectionName: collection, HashedRwset: hashed, PvtRwsetHash: hash(value),
			})
		}
	}
	return marshal(&sets)
}

func (e Endorsement) signedBy(payload *pb.ProposalResponsePayload, endorser *mspproto.SerializedIdentity, key string) (Endorsement, error) {
	signed, err := marshal(payload)
	if err != nil {
		return e, fmt.Errorf("endorsement: %w", err)
	}
	id, err := marshal(endorser)
	if err != nil {
		return e, fmt.Errorf("endorsement: %w", err)
	}
	signature, err := signAs(key, slices.Concat(signed, id))
	if err != nil {
		return e, err
	}
	forged := *e.response
	forged.ProposalResponse = &pb.ProposalResponse{
		Payload: signed, Response: e.response.GetResponse(), Endorsement: &pb.Endorsement{Endorser: id, Signature: signature},
	}
	return Endorsement{&forged}, nil
}

// signAs signs with a key in PEM as Fabric wants it: of the two forms of a signature, that with the lower S.
func signAs(key string, message []byte) ([]byte, error) {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return nil, errors.New("key: not in PEM")
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("key: not PKCS#8")
	}
	k, ok := private.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("key: not of an elliptic curve")
	}
	sum := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if n := k.Params().N; s.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		s.Sub(n, s)
	}
	return asn1.Marshal(struct{ R, S *big.Int }{r, s})
}

package keystore

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"decore/chaincode/evidence"
	"decore/chaincode/ident"
)

// ring is one party's keys, the latest last. A ring in the store's memory is never changed, only replaced.
type ring struct {
	party   ident.USCC
	current string
	keys    []heldKey
}

type heldKey struct {
	id      string
	created time.Time
	private *ecdsa.PrivateKey
}

// ringJSON is a ring as it is sealed into the party's file.
type ringJSON struct {
	Party   ident.USCC `json:"party"`
	Current string     `json:"current"`
	Keys    []keyJSON  `json:"keys"`
}

type keyJSON struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Private []byte    `json:"private"` // the scalar d, 32 bytes
}

func newKey(now time.Time) (heldKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return heldKey{}, fmt.Errorf("generate signing key: %w", err)
	}
	return heldKey{evidence.KeyID(&private.PublicKey), now.UTC(), private}, nil
}

func (r *ring) find(id string) (heldKey, bool) {
	for _, k := range r.keys {
		if k.id == id {
			return k, true
		}
	}
	return heldKey{}, false
}

func (r *ring) with(k heldKey) *ring {
	keys := append(append([]heldKey(nil), r.keys...), k)
	return &ring{party: r.party, current: r.current, keys: keys}
}

func (r *ring) activated(id string) *ring {
	return &ring{party: r.party, current: id, keys: r.keys}
}

func (r *ring) encode() ([]byte, error) {
	out := ringJSON{Party: r.party, Current: r.current}
	for _, k := range r.keys {
		d, err := k.private.Bytes()
		if err != nil {
			return nil, fmt.Errorf("encode signing key %s: %w", k.id, err)
		}
		out.Keys = append(out.Keys, keyJSON{k.id, k.created, d})
	}
	return json.Marshal(out)
}

// decodeRing checks what authenticated encryption cannot: that the content belongs together. Its errors carry no content.
func decodeRing(data []byte, party ident.USCC) (*ring, error) {
	var in ringJSON
	if json.Unmarshal(data, &in) != nil || in.Party != party {
		return nil, fmt.Errorf("content is not the key ring of %s", party)
	}
	r := &ring{party: party, current: in.Current}
	for _, k := range in.Keys {
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), k.Private)
		if err != nil || evidence.KeyID(&private.PublicKey) != k.ID {
			return nil, fmt.Errorf("key %d is not what its ID says", len(r.keys)+1)
		}
		r.keys = append(r.keys, heldKey{k.ID, k.Created, private})
	}
	if _, ok := r.find(r.current); !ok {
		return nil, fmt.Errorf("the current key is not in the ring of %s", party)
	}
	return r, nil
}

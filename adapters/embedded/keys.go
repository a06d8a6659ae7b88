package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Each kind of entry has keys of its own first byte, so that a range over one kind cannot meet another.
//
//	s key                      public state: version, value
//	p org FF key               private state: version, value
//	v key FF block transaction the key was written there; empty
//	t block transaction        transaction, as encodeTransaction writes it
//	b block                    header, as encodeHeader writes it
//	x transaction ID           where the transaction is: block, transaction
//	m                          meta, as JSON
//
// Keys and organisations are UTF-8, in which the byte FF never occurs: it ends them without escapes.
// Block (8 bytes) and transaction (4 bytes) are big-endian, so that entries sort by age.
const (
	kindState       = 's'
	kindPrivate     = 'p'
	kindVersion     = 'v'
	kindTransaction = 't'
	kindBlock       = 'b'
	kindIndex       = 'x'
	kindMeta        = 'm'

	keyEnd       = 0xFF
	positionSize = 12
)

// ErrKey is wrapped by errors about keys and values that a Fabric peer would not take either.
var ErrKey = errors.New("invalid state key or value")

// checkWrite keeps the engines alike: Fabric refuses an empty key, keys that are not UTF-8 or begin with
// U+0000, and cannot tell an empty value from a deletion.
func checkWrite(key string, value []byte) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: empty key", ErrKey)
	case key[0] == 0:
		return fmt.Errorf("%w: %q begins with U+0000", ErrKey, key)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w: %q is not UTF-8", ErrKey, key)
	case len(value) == 0:
		return fmt.Errorf("%w: empty value for %q", ErrKey, key)
	}
	return nil
}

// position is where a transaction is: its block and its place in that block, from 0.
type position struct {
	block uint64
	index uint32
}

func (p position) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, p.block)
	return binary.BigEndian.AppendUint32(b, p.index)
}

func (p position) before(q position) bool {
	return p.block < q.block || p.block == q.block && p.index < q.index
}

// cutPosition splits the position off the front of b.
func cutPosition(b []byte) (position, []byte, error) {
	if len(b) < positionSize {
		return position{}, nil, fmt.Errorf("%d bytes are too short for a position", len(b))
	}
	p := position{block: binary.BigEndian.Uint64(b), index: binary.BigEndian.Uint32(b[8:])}
	return p, b[positionSize:], nil
}

func stateKey(key string) []byte { return append([]byte{kindState}, key...) }

func privateKey(org, key string) []byte {
	b := make([]byte, 0, len(org)+len(key)+2)
	b = append(b, kindPrivate)
	b = append(b, org...)
	b = append(b, keyEnd)
	return append(b, key...)
}

func versionPrefix(key string) []byte {
	b := make([]byte, 0, len(key)+2+positionSize)
	b = append(b, kindVersion)
	b = append(b, key...)
	return append(b, keyEnd)
}

func versionKey(key string, p position) []byte { return p.append(versionPrefix(key)) }

func transactionKey(p position) []byte { return p.append([]byte{kindTransaction}) }

func blockKey(number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{kindBlock}, number)
}

func indexKey(txID string) []byte { return append([]byte{kindIndex}, txID...) }

func metaKey() []byte { return []byte{kindMeta} }

// prefixEnd is the first key after all those that begin with prefix. Prefixes here never are all FF.
func prefixEnd(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] != 0xFF {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

package embedded

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
)

// Blocks are hashed and stored in a fixed binary form, several times cheaper than JSON: a number is an
// unsigned LEB128 varint, a text or byte string is its length and its bytes, a list is its length and its
// items, a time is its Unix milliseconds.
//
//	transaction: format 1, ID, time, caller, commands, results (canonical JSON),
//	             writes (key, value), private writes (organisation, key, hash), events (name, payload)
//	header:      format 1, number, previous hash, time, SHA-256 of each transaction
//
// A block's hash is the SHA-256 of its header. So a header alone proves its place in the chain, and one
// transaction with a header proves itself.
const formatVersion = 1

var errFormat = errors.New("not of the stored form")

// HashBlock returns the hash that a block of this engine must have: base64url SHA-256 over all but Hash.
func HashBlock(b *ledger.Block) (string, error) {
	h := header{number: b.Number, previous: b.Previous, time: b.Time}
	for i := range b.Transactions {
		raw, err := encodeTransaction(&b.Transactions[i])
		if err != nil {
			return "", err
		}
		h.transactions = append(h.transactions, sha256.Sum256(raw))
	}
	return h.hash(), nil
}

// header is a block without its transactions.
type header struct {
	number       uint64
	previous     string
	time         time.Time
	transactions [][sha256.Size]byte
}

func (h *header) encode() []byte {
	b := make([]byte, 0, 80+len(h.transactions)*sha256.Size)
	b = binary.AppendUvarint(b, formatVersion)
	b = binary.AppendUvarint(b, h.number)
	b = appendBytes(b, h.previous)
	b = binary.AppendUvarint(b, millis(h.time))
	b = binary.AppendUvarint(b, uint64(len(h.transactions)))
	for i := range h.transactions {
		b = append(b, h.transactions[i][:]...)
	}
	return b
}

func (h *header) hash() string { return hashText(h.encode()) }

func hashText(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func decodeHeader(raw []byte) (*header, error) {
	r := reader{rest: raw}
	r.version()
	h := &header{number: r.number(), previous: string(r.bytes()), time: r.time()}
	for range r.count(sha256.Size) {
		h.transactions = append(h.transactions, [sha256.Size]byte(r.take(sha256.Size)))
	}
	return h, r.end()
}

func encodeTransaction(t *ledger.Transaction) ([]byte, error) {
	results, err := canon.Marshal(t.Results)
	if err != nil {
		return nil, fmt.Errorf("encode results: %w", err)
	}
	b := binary.AppendUvarint(make([]byte, 0, transactionSize(t, results)), formatVersion)
	b = appendBytes(b, t.ID)
	b = binary.AppendUvarint(b, millis(t.Time))
	b = appendBytes(b, t.Caller)
	b = binary.AppendUvarint(b, uint64(len(t.Commands)))
	for _, c := range t.Commands {
		b = appendBytes(b, c)
	}
	b = appendBytes(b, results)
	b = binary.AppendUvarint(b, uint64(len(t.Writes)))
	for _, w := range t.Writes {
		b = appendBytes(appendBytes(b, w.Key), w.Value)
	}
	b = binary.AppendUvarint(b, uint64(len(t.Private)))
	for _, w := range t.Private {
		b = appendBytes(appendBytes(appendBytes(b, w.Org), w.Key), w.Hash)
	}
	if t.Event == nil {
		return binary.AppendUvarint(b, 0), nil
	}
	b = binary.AppendUvarint(b, 1)
	return appendBytes(appendBytes(b, t.Event.Name), t.Event.Payload), nil
}

// transactionSize guesses the encoded size, so that encoding seldom has to grow its buffer.
func transactionSize(t *ledger.Transaction, results []byte) int {
	size := 256 + len(results)
	for _, c := range t.Commands {
		size += len(c) + 4
	}
	for _, w := range t.Writes {
		size += len(w.Key) + len(w.Value) + 8
	}
	return size + len(t.Private)*200
}

func decodeTransaction(raw []byte) (*ledger.Transaction, error) {
	r := reader{rest: raw}
	r.version()
	t := &ledger.Transaction{ID: string(r.bytes()), Time: r.time(), Caller: string(r.bytes())}
	for range r.count(1) {
		t.Commands = append(t.Commands, string(r.bytes()))
	}
	results := r.bytes()
	for range r.count(2) {
		t.Writes = append(t.Writes, ledger.Write{Key: string(r.bytes()), Value: r.bytes()})
	}
	for range r.count(3) {
		t.Private = append(t.Private, ledger.PrivateWrite{
			Org: string(r.bytes()), Key: string(r.bytes()), Hash: evidence.Commitment(r.bytes()),
		})
	}
	if r.count(2) > 0 {
		t.Event = &ledger.Event{Name: string(r.bytes()), Payload: r.bytes()}
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(results, &t.Results); err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	return t, nil
}

// transactionID names a transaction after its place and content. Nothing random is needed: a place is
// taken once, and the ledger's name keeps two ledgers apart.
func transactionID(ledgerName string, p position, batch contract.Batch) string {
	h := sha256.New()
	head := appendBytes(binary.AppendUvarint(nil, formatVersion), ledgerName)
	h.Write(p.append(head))
	for _, c := range batch.Commands {
		h.Write(appendBytes(nil, c))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func appendBytes[T string | []byte | evidence.Commitment](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// millis never is negative: the engine stamps no time before 1970.
func millis(t time.Time) uint64 { return uint64(max(t.UnixMilli(), 0)) }

// reader takes an encoded entry apart. After a first fault it yields zero values only, and end tells it.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(reason string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", errFormat, reason)
	}
	r.rest = nil
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || size > 1 && r.rest[size-1] == 0 { // the shortest form is the only one
		r.fail("number expected")
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) version() {
	if v := r.number(); v != formatVersion {
		r.fail(fmt.Sprintf("format %d", v))
	}
}

// count reads a list's length; each item has at least itemSize bytes, which bounds it.
func (r *reader) count(itemSize int) int {
	n := r.number()
	if n > uint64(len(r.rest)/itemSize) {
		r.fail("list longer than the entry")
		return 0
	}
	return int(n)
}

// take returns the next n bytes; of a faulty entry, n zero bytes when n is small and fixed.
func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.fail("entry too short")
		return make([]byte, min(n, sha256.Size))
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) bytes() []byte {
	n := r.count(1)
	if r.err != nil {
		return nil
	}
	return r.take(n)
}

func (r *reader) time() time.Time {
	n := r.number()
	if n > 1<<62 {
		r.fail("time out of range")
		return time.Time{}
	}
	return time.UnixMilli(int64(n)).UTC()
}

func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.fail("bytes left over")
	}
	return r.err
}

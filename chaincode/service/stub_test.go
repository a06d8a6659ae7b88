package service

import (
	"crypto/sha256"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

var now = time.Date(2026, 3, 1, 8, 0, 0, 123e6, time.UTC)

// fakeStub is a peer's ledger in memory, as far as the service uses it: what is written is kept apart.
type fakeStub struct {
	shim.ChaincodeStubInterface
	args      [][]byte
	outer     [][]byte // arguments of the transaction itself, where they are others
	caller    string
	time      *timestamppb.Timestamp
	transient map[string][]byte

	public  map[string]string
	private map[string]map[string]string // by collection
	history map[string][]string

	written []string // keys, with the collection before those that are private
	event   string
	batches int
	fail    error // of every write
}

func newStub(caller, function string, args ...string) *fakeStub {
	s := &fakeStub{caller: caller, time: timestamppb.New(now), transient: map[string][]byte{}, public: map[string]string{}, private: map[string]map[string]string{}}
	for _, arg := range append([]string{function}, args...) {
		s.args = append(s.args, []byte(arg))
	}
	return s
}

func (s *fakeStub) GetArgs() [][]byte { return s.args }
func (s *fakeStub) GetTxID() string   { return "tx1" }

func (s *fakeStub) GetCreator() ([]byte, error) {
	return proto.Marshal(&msp.SerializedIdentity{Mspid: s.caller})
}

func (s *fakeStub) GetTransient() (map[string][]byte, error) { return s.transient, nil }

func (s *fakeStub) GetTxTimestamp() (*timestamppb.Timestamp, error) { return s.time, nil }

func (s *fakeStub) GetSignedProposal() (*peer.SignedProposal, error) {
	args := s.args
	if s.outer != nil {
		args = s.outer
	}
	input, err := proto.Marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{Input: &peer.ChaincodeInput{Args: args}}})
	if err != nil {
		return nil, err
	}
	payload, err := proto.Marshal(&peer.ChaincodeProposalPayload{Input: input})
	if err != nil {
		return nil, err
	}
	raw, err := proto.Marshal(&peer.Proposal{Payload: payload})
	return &peer.SignedProposal{ProposalBytes: raw}, err
}

// checkKey takes offence where a peer does.
func checkKey(key string) error {
	if key == "" || key[0] == 0 {
		return errors.New("the peer does not take the key " + key)
	}
	return nil
}

func lookUp(values map[string]string, keys []string) ([][]byte, error) {
	found := make([][]byte, len(keys))
	for i, key := range keys {
		if err := checkKey(key); err != nil {
			return nil, err
		}
		if v, ok := values[key]; ok {
			found[i] = []byte(v)
		}
	}
	return found, nil
}

func (s *fakeStub) GetMultipleStates(keys ...string) ([][]byte, error) { return lookUp(s.public, keys) }

func (s *fakeStub) GetMultiplePrivateData(collection string, keys ...string) ([][]byte, error) {
	return lookUp(s.private[collection], keys)
}

func (s *fakeStub) GetPrivateDataHash(collection, key string) ([]byte, error) {
	value, ok := s.private[collection][key]
	if !ok {
		return nil, nil
	}
	sum := sha256.Sum256([]byte(value))
	return sum[:], nil
}

func (s *fakeStub) GetStateByRange(from, to string) (shim.StateQueryIteratorInterface, error) {
	if err := checkKey(from); err != nil {
		return nil, err
	}
	var found []string
	for key := range s.public {
		if from <= key && key < to {
			found = append(found, key)
		}
	}
	slices.Sort(found)
	return &fakeRange{stub: s, keys: found}, nil
}

func (s *fakeStub) GetStateByRangeWithPagination(from, to string, _ int32, _ string) (shim.StateQueryIteratorInterface, *peer.QueryResponseMetadata, error) {
	found, err := s.GetStateByRange(from, to)
	return found, nil, err
}

type fakeRange struct {
	stub *fakeStub
	keys []string
}

func (r *fakeRange) HasNext() bool { return len(r.keys) > 0 }
func (r *fakeRange) Close() error  { return nil }

func (r *fakeRange) Next() (*queryresult.KV, error) {
	key := r.keys[0]
	r.keys = r.keys[1:]
	return &queryresult.KV{Key: key, Value: []byte(r.stub.public[key])}, nil
}

func (s *fakeStub) GetHistoryForKey(key string) (shim.HistoryQueryIteratorInterface, error) {
	return &fakeHistory{s.history[key]}, checkKey(key)
}

type fakeHistory struct{ versions []string }

func (h *fakeHistory) HasNext() bool { return len(h.versions) > 0 }
func (h *fakeHistory) Close() error  { return nil }

func (h *fakeHistory) Next() (*queryresult.KeyModification, error) {
	version := h.versions[0]
	h.versions = h.versions[1:]
	return &queryresult.KeyModification{TxId: "tx-" + version, Value: []byte(version)}, nil
}

func (s *fakeStub) StartWriteBatch()        { s.batches++ }
func (s *fakeStub) FinishWriteBatch() error { return s.fail }

func (s *fakeStub) PutState(key string, _ []byte) error {
	s.written = append(s.written, key)
	return nil
}

func (s *fakeStub) PutPrivateData(collection, key string, _ []byte) error {
	s.written = append(s.written, collection+" "+key)
	return nil
}

func (s *fakeStub) SetEvent(name string, payload []byte) error {
	s.event = name + " " + string(payload)
	return nil
}

// service is a chaincode of PlatformMSP that runs a program.
func service(run Program) *chaincode {
	return &chaincode{
		run: run, org: "PlatformMSP", log: slog.New(slog.DiscardHandler),
		clock: clockCheck{now: func() time.Time { return now.Add(time.Second) }, skew: time.Minute},
	}
}

// put is a program that writes a public and a private key and sets an event, and accepts.
func put(s contract.State, b contract.Batch) (contract.Outcome, error) {
	err := errors.Join(
		s.Put("k", []byte(strings.Join(b.Commands, " "))),
		s.PutPrivate("BankAMSP", "p", []byte("v")), s.SetEvent("e", []byte("payload")),
	)
	return contract.Outcome{Results: []contract.Result{{Command: "a", Status: contract.Accepted}}}, err
}

// expect calls the chaincode and compares the status.
func expect(t *testing.T, c *chaincode, stub *fakeStub, status int32) *peer.Response {
	t.Helper()
	r := c.Invoke(stub)
	if r.GetStatus() != status {
		t.Fatalf("got status %d %q, want %d", r.GetStatus(), r.GetMessage(), status)
	}
	if status == protocol.OK {
		return r
	}
	var f protocol.Failure
	if err := json.Unmarshal([]byte(r.GetMessage()), &f); err != nil || f.Reason == "" {
		t.Errorf("the message %q gives no reason: %v", r.GetMessage(), err)
	}
	return r
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

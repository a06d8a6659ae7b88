package fabric

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/hyperledger/fabric-protos-go/common"
	"github.com/hyperledger/fabric-protos-go/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go/ledger/rwset/kvrwset"
	mspproto "github.com/hyperledger/fabric-protos-go/msp"
	pb "github.com/hyperledger/fabric-protos-go/peer"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/timestamppb"

	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

const chaincode = "decore"

var noon = time.Date(2026, 3, 1, 4, 0, 0, 123e6, time.UTC)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func bytesOf(m protoadapt.MessageV1) []byte { return must(marshal(m)) }

// testTx is a transaction to be put into a block.
type testTx struct {
	id        string
	time      time.Time
	caller    string
	kind      common.HeaderType
	called    string // the chaincode that the transaction calls
	function  string
	namespace string // where it writes
	commands  []string
	results   []contract.Result
	writes    map[string]string
	private   map[string]string // value by collection
	metadata  []string          // keys with a policy of their own
	event     *pb.ChaincodeEvent
}

// sent is a transaction as the contract would make it, changed as a test needs it.
func sent(id string, change func(*testTx)) []byte {
	tx := &testTx{
		id: id, time: noon, caller: "PlatformMSP", kind: common.HeaderType_ENDORSER_TRANSACTION, called: chaincode, function: protocol.Submit,
		namespace: chaincode, commands: []string{"command " + id}, results: []contract.Result{{Command: id, Status: contract.Accepted}},
		writes: map[string]string{"k": id},
	}
	if change != nil {
		change(tx)
	}
	return tx.bytes()
}

func (x *testTx) bytes() []byte {
	spec := &pb.ChaincodeInvocationSpec{ChaincodeSpec: &pb.ChaincodeSpec{
		ChaincodeId: &pb.ChaincodeID{Name: x.called},
		Input:       &pb.ChaincodeInput{Args: [][]byte{[]byte(x.function), must(protocol.MarshalCommands(x.commands))}},
	}}
	action := &pb.ChaincodeActionPayload{
		ChaincodeProposalPayload: bytesOf(&pb.ChaincodeProposalPayload{Input: bytesOf(spec)}),
		Action:                   &pb.ChaincodeEndorsedAction{ProposalResponsePayload: x.endorsed()},
	}
	return bytesOf(&common.Envelope{Payload: bytesOf(&common.Payload{
		Header: &common.Header{
			ChannelHeader:   bytesOf(&common.ChannelHeader{Type: int32(x.kind), TxId: x.id, Timestamp: timestamppb.New(x.time)}),
			SignatureHeader: bytesOf(&common.SignatureHeader{Creator: bytesOf(&mspproto.SerializedIdentity{Mspid: x.caller})}),
		},
		Data: bytesOf(&pb.Transaction{Actions: []*pb.TransactionAction{{Payload: bytesOf(action)}}}),
	})})
}

// endorsed is what endorsers sign.
func (x *testTx) endorsed() []byte {
	public := &kvrwset.KVRWSet{}
	for key, value := range x.writes {
		public.Writes = append(public.Writes, &kvrwset.KVWrite{Key: key, Value: []byte(value)})
	}
	for _, key := range x.metadata {
		public.MetadataWrites = append(public.MetadataWrites, &kvrwset.KVMetadataWrite{Key: key,
			Entries: []*kvrwset.KVMetadataEntry{{Name: "VALIDATION_PARAMETER", Value: []byte("policy")}}})
	}
	ns := &rwset.NsReadWriteSet{Namespace: x.namespace, Rwset: bytesOf(public)}
	for collection, value := range x.private {
		sum := sha256.Sum256([]byte(value))
		ns.CollectionHashedRwset = append(ns.CollectionHashedRwset, &rwset.CollectionHashedReadWriteSet{
			CollectionName: collection, HashedRwset: bytesOf(&kvrwset.HashedRWSet{HashedWrites: []*kvrwset.KVWriteHash{{ValueHash: sum[:]}}}),
		})
	}
	action := &pb.ChaincodeAction{
		ChaincodeId: &pb.ChaincodeID{Name: x.called},
		Results:     bytesOf(&rwset.TxReadWriteSet{NsRwset: []*rwset.NsReadWriteSet{{Namespace: "_lifecycle"}, ns}}),
		Response:    &pb.Response{Status: 200, Payload: must(json.Marshal(protocol.NewAnswer(contract.Outcome{Results: x.results})))},
	}
	if x.event != nil {
		action.Events = bytesOf(x.event)
	}
	return bytesOf(&pb.ProposalResponsePayload{Extension: bytesOf(action)})
}

// blockOfData makes a block of transactions that the peers found valid, except as codes say.
func blockOfData(number uint64, previous []byte, data [][]byte, codes ...pb.TxValidationCode) *common.Block {
	sum := sha256.New()
	filter := make([]byte, len(data))
	for i, raw := range data {
		sum.Write(raw)
		if i < len(codes) {
			filter[i] = byte(codes[i])
		}
	}
	return &common.Block{
		Header:   &common.BlockHeader{Number: number, PreviousHash: previous, DataHash: sum.Sum(nil)},
		Data:     &common.BlockData{Data: data},
		Metadata: &common.BlockMetadata{Metadata: [][]byte{nil, nil, filter}},
	}
}

// chainOf makes so many chained blocks of one transaction each, from block 1 on.
func chainOf(t testing.TB, count int) []*common.Block {
	t.Helper()
	blocks := make([]*common.Block, count)
	previous := []byte("genesis")
	for i := range blocks {
		id := string(rune('a' + i))
		blocks[i] = blockOfData(uint64(i+1), previous, [][]byte{sent(id, func(x *testTx) { x.time = noon.Add(time.Duration(i) * time.Second) })})
		previous = rawHash(t, blocks[i])
	}
	return blocks
}

func rawHash(t testing.TB, b *common.Block) []byte {
	t.Helper()
	text, err := headerHash(b.Header)
	if err != nil {
		t.Fatal(err)
	}
	return must(fromBase64(text))
}

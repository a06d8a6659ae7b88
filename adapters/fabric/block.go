package fabric

import (
	"cmp"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/hyperledger/fabric-protos-go/common"
	"github.com/hyperledger/fabric-protos-go/ledger/rwset"
	"github.com/hyperledger/fabric-protos-go/ledger/rwset/kvrwset"
	mspproto "github.com/hyperledger/fabric-protos-go/msp"
	pb "github.com/hyperledger/fabric-protos-go/peer"
	"google.golang.org/protobuf/types/known/timestamppb"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/protocol"
)

// decoded is a block as this package reads it: what the port shows of it, and what became of every transaction.
type decoded struct {
	block ledger.Block
	fates map[string]fate // by transaction ID
	size  int
}

// fate is what the peers made of a transaction.
type fate struct {
	code pb.TxValidationCode
	time time.Time
}

// decode reads a block and checks it against its hashes. It shows the valid transactions that wrote to the
// chaincode, whatever else they are, so that an audit misses none. Nothing in a transaction, which anybody may
// send, makes it fail.
func decode(b *common.Block, chaincode string) (*decoded, error) {
	header := b.GetHeader()
	where := fmt.Sprintf("block %d", header.GetNumber())
	sum := sha256.New()
	d := &decoded{fates: map[string]fate{}}
	for _, raw := range b.GetData().GetData() {
		sum.Write(raw)
		d.size += len(raw)
	}
	if string(sum.Sum(nil)) != string(header.GetDataHash()) {
		return nil, &ledger.DamageError{Where: where, Reason: "data does not match its hash"}
	}
	codes := validation(b)
	if len(codes) != len(b.GetData().GetData()) {
		return nil, &ledger.DamageError{Where: where, Reason: "a transaction is not validated"}
	}
	hash, err := headerHash(header)
	if err != nil {
		return nil, &ledger.DamageError{Where: where, Reason: err.Error()}
	}
	d.block = ledger.Block{Number: header.GetNumber(), Hash: hash}
	if d.block.Number > 1 { // the genesis block is not shown
		d.block.Previous = base64.RawURLEncoding.EncodeToString(header.GetPreviousHash())
	}
	d.readTransactions(b, codes, chaincode)
	return d, nil
}

func validation(b *common.Block) []byte {
	all := b.GetMetadata().GetMetadata()
	if len(all) <= int(common.BlockMetadataIndex_TRANSACTIONS_FILTER) {
		return nil
	}
	return all[common.BlockMetadataIndex_TRANSACTIONS_FILTER]
}

// headerHash is the hash by which the next block names this one.
func headerHash(h *common.BlockHeader) (string, error) {
	raw, err := asn1.Marshal(struct {
		Number       *big.Int
		PreviousHash []byte
		DataHash     []byte
	}{new(big.Int).SetUint64(h.GetNumber()), h.GetPreviousHash(), h.GetDataHash()})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// readTransactions fills in the transactions, and the time: that of the latest one shown, or where none is, of
// whatever is in the block, which proves nothing.
func (d *decoded) readTransactions(b *common.Block, codes []byte, chaincode string) {
	var other time.Time
	for i, raw := range b.GetData().GetData() {
		e, err := readEnvelope(raw)
		if err != nil {
			continue // no transaction; the peers found it invalid
		}
		code := pb.TxValidationCode(codes[i])
		other = latest(other, e.time)
		if _, known := d.fates[e.id]; !known && code != pb.TxValidationCode_DUPLICATE_TXID {
			d.fates[e.id] = fate{code, e.time}
		}
		if code != pb.TxValidationCode_VALID || e.kind != common.HeaderType_ENDORSER_TRANSACTION {
			continue
		}
		if t, ok := e.transaction(chaincode); ok {
			d.block.Transactions = append(d.block.Transactions, *t)
			d.block.Time = latest(d.block.Time, t.Time)
		}
	}
	if len(d.block.Transactions) == 0 {
		d.block.Time = other
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// envelope is a transaction as far as every kind of it is alike.
type envelope struct {
	id     string
	time   time.Time
	kind   common.HeaderType
	caller string
	data   []byte
}

func readEnvelope(raw []byte) (*envelope, error) {
	var e common.Envelope
	var payload common.Payload
	var channel common.ChannelHeader
	var signature common.SignatureHeader
	var creator mspproto.SerializedIdentity
	if err := unmarshal(raw, &e); err != nil {
		return nil, err
	}
	if err := unmarshal(e.Payload, &payload); err != nil {
		return nil, err
	}
	if err := unmarshal(payload.GetHeader().GetChannelHeader(), &channel); err != nil {
		return nil, err
	}
	if err := unmarshal(payload.GetHeader().GetSignatureHeader(), &signature); err != nil {
		return nil, err
	}
	if err := unmarshal(signature.Creator, &creator); err != nil {
		return nil, err
	}
	return &envelope{
		id: channel.TxId, time: timeOf(channel.Timestamp), kind: common.HeaderType(channel.Type),
		caller: creator.Mspid, data: payload.Data,
	}, nil
}

// timeOf is a time as the chaincode reads it; the zero time when it is none.
func timeOf(t *timestamppb.Timestamp) time.Time {
	if t.CheckValid() != nil {
		return time.Time{}
	}
	return t.AsTime().Truncate(time.Millisecond)
}

// transaction reads what an endorsed transaction wrote to the chaincode; ok is false when that is nothing.
func (e *envelope) transaction(chaincode string) (t *ledger.Transaction, ok bool) {
	payload, action, err := readAction(e.data)
	if err != nil {
		return nil, false
	}
	w, err := parseWrites(action.GetResults(), chaincode)
	if err != nil || len(w.public)+len(w.private) == 0 {
		return nil, false
	}
	t = &ledger.Transaction{
		ID: e.id, Time: e.time, Caller: e.caller, Writes: w.public, Private: w.private,
		Commands: readCommands(payload), Event: readEvent(action.GetEvents(), chaincode),
	}
	if action.GetChaincodeId().GetName() == chaincode {
		t.Results = readResults(action.GetResponse().GetPayload())
	}
	return t, true
}

// readAction reads the one action that a transaction has: what was proposed and what endorsers made of it.
func readAction(raw []byte) (*pb.ChaincodeActionPayload, *pb.ChaincodeAction, error) {
	var t pb.Transaction
	var payload pb.ChaincodeActionPayload
	if err := unmarshal(raw, &t); err != nil {
		return nil, nil, err
	}
	if len(t.Actions) != 1 {
		return nil, nil, fmt.Errorf("%d actions", len(t.Actions))
	}
	if err := unmarshal(t.Actions[0].GetPayload(), &payload); err != nil {
		return nil, nil, err
	}
	action, err := parseAction(payload.GetAction().GetProposalResponsePayload())
	return &payload, action, err
}

// parseAction reads what an endorser signed.
func parseAction(raw []byte) (*pb.ChaincodeAction, error) {
	var response pb.ProposalResponsePayload
	var action pb.ChaincodeAction
	if err := unmarshal(raw, &response); err != nil {
		return nil, fmt.Errorf("endorsed payload: %w", err)
	}
	if err := unmarshal(response.Extension, &action); err != nil {
		return nil, fmt.Errorf("endorsed action: %w", err)
	}
	return &action, nil
}

// writes are what a transaction wrote to a chaincode.
type writes struct {
	public  []ledger.Write
	private []ledger.PrivateWrite
}

// parseWrites finds a chaincode's writes in a transaction's read and write sets.
func parseWrites(raw []byte, chaincode string) (w writes, err error) {
	var sets rwset.TxReadWriteSet
	if err := unmarshal(raw, &sets); err != nil {
		return w, fmt.Errorf("write set: %w", err)
	}
	for _, ns := range sets.NsRwset {
		if ns.GetNamespace() != chaincode {
			continue
		}
		var public kvrwset.KVRWSet
		if err := unmarshal(ns.Rwset, &public); err != nil {
			return w, fmt.Errorf("write set: %w", err)
		}
		for _, kv := range public.Writes {
			w.public = append(w.public, ledger.Write{Key: kv.GetKey(), Value: kv.GetValue()})
		}
		for _, kv := range public.MetadataWrites {
			w.addMetadata(kv.GetKey(), kv.GetEntries())
		}
		for _, c := range ns.CollectionHashedRwset {
			if err := w.addPrivate(c); err != nil {
				return w, err
			}
		}
	}
	slices.SortFunc(w.public, func(a, b ledger.Write) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortFunc(w.private, func(a, b ledger.PrivateWrite) int {
		return cmp.Or(cmp.Compare(a.Org, b.Org), cmp.Compare(a.Hash, b.Hash))
	})
	return w, nil
}

// metadataPrefix marks a write of a key's metadata, such as an endorsement policy of its own. The contract makes none,
// so that an audit finds whatever is there.
const metadataPrefix = "metadata/"

func (w *writes) addMetadata(key string, entries []*kvrwset.KVMetadataEntry) {
	var all []byte
	for _, e := range entries {
		all = append(append(append(all, e.GetName()...), '='), e.GetValue()...)
	}
	w.public = append(w.public, ledger.Write{Key: metadataPrefix + key, Value: all})
}

func (w *writes) addPrivate(c *rwset.CollectionHashedReadWriteSet) error {
	org, ok := protocol.CollectionOrg(c.GetCollectionName())
	if !ok {
		org = c.GetCollectionName() // of a definition that decore does not make
	}
	var hashed kvrwset.HashedRWSet
	if err := unmarshal(c.HashedRwset, &hashed); err != nil {
		return fmt.Errorf("write set of %s: %w", c.GetCollectionName(), err)
	}
	for _, kv := range hashed.MetadataWrites {
		w.addMetadata(org+"/"+base64.RawURLEncoding.EncodeToString(kv.GetKeyHash()), kv.GetEntries())
	}
	for _, kv := range hashed.HashedWrites {
		w.private = append(w.private, ledger.PrivateWrite{
			Org: org, Hash: evidence.Commitment(base64.RawURLEncoding.EncodeToString(kv.GetValueHash())),
		})
	}
	return nil
}

// readCommands reads the commands of a submitted batch; none when something else was called. The chaincode holds to
// what the transaction itself says, whoever passes the call on.
func readCommands(payload *pb.ChaincodeActionPayload) []string {
	var proposal pb.ChaincodeProposalPayload
	var spec pb.ChaincodeInvocationSpec
	if unmarshal(payload.ChaincodeProposalPayload, &proposal) != nil || unmarshal(proposal.Input, &spec) != nil {
		return nil
	}
	args := spec.GetChaincodeSpec().GetInput().GetArgs()
	if len(args) < 2 || string(args[0]) != protocol.Submit {
		return nil
	}
	batch, err := protocol.UnmarshalBatch(args[1], nil)
	if err != nil {
		return nil
	}
	return batch.Commands
}

// readResults reads what the contract answered; none when something else answered in its place. As everywhere
// in a block, it is not said which results are repeats.
func readResults(payload []byte) []contract.Result {
	var a protocol.Answer
	if json.Unmarshal(payload, &a) != nil {
		return nil
	}
	return a.Results
}

func readEvent(raw []byte, chaincode string) *ledger.Event {
	var e pb.ChaincodeEvent
	if len(raw) == 0 || unmarshal(raw, &e) != nil || e.ChaincodeId != chaincode {
		return nil
	}
	return &ledger.Event{Name: e.EventName, Payload: e.Payload}
}

package fabric

import (
	"encoding/base64"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go/common"
	pb "github.com/hyperledger/fabric-protos-go/peer"

	"decore/adapters/ledger"
	"decore/chaincode/evidence"
	"decore/chaincode/protocol"
)

func fromBase64(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }

func decodeOne(t *testing.T, data [][]byte, codes ...pb.TxValidationCode) *decoded {
	t.Helper()
	d, err := decode(blockOfData(7, []byte("before"), data, codes...), chaincode)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecode(t *testing.T) {
	t.Run("a transaction with all that it can have", func(t *testing.T) {
		d := decodeOne(t, [][]byte{sent("a", func(x *testTx) {
			x.writes = map[string]string{"k2": "2", "k1": "1"}
			x.private = map[string]string{protocol.Collection("BankAMSP"): "secret", protocol.Collection("AMSP"): "other", "shared": "third"}
			x.event = &pb.ChaincodeEvent{ChaincodeId: chaincode, EventName: "happened", Payload: []byte("it")}
		})})
		tx := d.block.Transactions[0]
		if tx.ID != "a" || tx.Caller != "PlatformMSP" || !tx.Time.Equal(noon) || !slices.Equal(tx.Commands, []string{"command a"}) ||
			len(tx.Results) != 1 || tx.Results[0].Command != "a" || tx.Event == nil || tx.Event.Name != "happened" || string(tx.Event.Payload) != "it" {
			t.Errorf("%+v", tx)
		}
		if len(tx.Writes) != 2 || tx.Writes[0].Key != "k1" || string(tx.Writes[1].Value) != "2" {
			t.Errorf("writes are not in order: %+v", tx.Writes)
		}
		want := []ledger.PrivateWrite{
			{Org: "AMSP", Hash: evidence.Commit([]byte("other"))}, {Org: "BankAMSP", Hash: evidence.Commit([]byte("secret"))},
			{Org: "shared", Hash: evidence.Commit([]byte("third"))},
		}
		if !slices.Equal(tx.Private, want) {
			t.Errorf("private writes %+v", tx.Private)
		}
	})
	t.Run("the block has its place and its hashes", func(t *testing.T) {
		raw := blockOfData(7, []byte("before"), [][]byte{sent("a", nil)})
		d, err := decode(raw, chaincode)
		if err != nil {
			t.Fatal(err)
		}
		if d.block.Number != 7 || d.block.Previous != base64.RawURLEncoding.EncodeToString([]byte("before")) || !d.block.Time.Equal(noon) {
			t.Errorf("%+v", d.block)
		}
		next := *raw.Header
		next.Number++
		if other, err := headerHash(&next); err != nil || other == d.block.Hash {
			t.Errorf("another header has the same hash: %v", err)
		}
	})
	t.Run("the first block names none before it", func(t *testing.T) {
		d, err := decode(blockOfData(1, []byte("genesis"), nil), chaincode)
		if err != nil || d.block.Previous != "" {
			t.Errorf("%q, %v", d.block.Previous, err)
		}
	})
	t.Run("invalid transactions are not shown, but their fate is known", func(t *testing.T) {
		d := decodeOne(t, [][]byte{sent("a", nil), sent("b", nil)}, pb.TxValidationCode_MVCC_READ_CONFLICT)
		if len(d.block.Transactions) != 1 || d.block.Transactions[0].ID != "b" {
			t.Errorf("%+v", d.block.Transactions)
		}
		if d.fates["a"].code != pb.TxValidationCode_MVCC_READ_CONFLICT || d.fates["b"].code != pb.TxValidationCode_VALID {
			t.Errorf("%+v", d.fates)
		}
	})
	t.Run("a second copy of a transaction has no fate of its own", func(t *testing.T) {
		d := decodeOne(t, [][]byte{sent("a", nil), sent("a", nil)}, pb.TxValidationCode_VALID, pb.TxValidationCode_DUPLICATE_TXID)
		if d.fates["a"].code != pb.TxValidationCode_VALID || len(d.block.Transactions) != 1 {
			t.Errorf("%+v", d)
		}
		if d = decodeOne(t, [][]byte{sent("a", nil)}, pb.TxValidationCode_DUPLICATE_TXID); len(d.fates) != 0 {
			t.Errorf("%+v", d.fates)
		}
	})
	t.Run("a time with more than milliseconds is cut as the chaincode cuts it", func(t *testing.T) {
		d := decodeOne(t, [][]byte{sent("a", func(x *testTx) { x.time = noon.Add(999) })})
		if !d.block.Transactions[0].Time.Equal(noon) {
			t.Errorf("got %v", d.block.Transactions[0].Time)
		}
	})
}

// A policy of a key's own would let others write it than the channel's rule does, so that an audit must see it.
func TestDecodeShowsMetadata(t *testing.T) {
	d := decodeOne(t, [][]byte{sent("a", func(x *testTx) { x.writes, x.metadata = nil, []string{"r/1"} })})
	writes := d.block.Transactions[0].Writes
	if len(writes) != 1 || writes[0].Key != "metadata/r/1" || string(writes[0].Value) != "VALIDATION_PARAMETER=policy" {
		t.Errorf("%q", writes)
	}
}

// TestDecodeShowsWhatWrote shows an audit each transaction that wrote to the chaincode, and no other.
func TestDecodeShowsWhatWrote(t *testing.T) {
	for _, c := range []struct {
		name               string
		change             func(*testTx)
		shown              bool
		commands, answered bool
	}{
		{"a submitted batch", nil, true, true, true},
		{"a question that was ordered", func(x *testTx) { x.function, x.writes = protocol.Get, nil }, false, false, false},
		{"another chaincode's transaction", func(x *testTx) { x.called, x.namespace = "other", "other" }, false, false, false},
		{"a batch that another chaincode passed on", func(x *testTx) { x.called = "other" }, true, true, false},
		{"writes of an altered chaincode", func(x *testTx) { x.function = "lie" }, true, false, true},
		{"a private write alone", func(x *testTx) { x.writes, x.private = nil, map[string]string{protocol.Collection("BankAMSP"): "v"} }, true, true, true},
		{"a configuration", func(x *testTx) { x.kind = common.HeaderType_CONFIG }, false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := decodeOne(t, [][]byte{sent("a", c.change)})
			if (len(d.block.Transactions) == 1) != c.shown {
				t.Fatalf("%+v", d.block.Transactions)
			}
			if !c.shown {
				return
			}
			tx := d.block.Transactions[0]
			if (len(tx.Commands) > 0) != c.commands || (len(tx.Results) > 0) != c.answered {
				t.Errorf("%+v", tx)
			}
		})
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	for name, spoil := range map[string]func(*common.Block){
		"a changed transaction":       func(b *common.Block) { b.Data.Data[0] = sent("b", nil) },
		"a transaction left out":      func(b *common.Block) { b.Data.Data = nil },
		"a transaction not validated": func(b *common.Block) { b.Metadata.Metadata[2] = nil },
		"no metadata":                 func(b *common.Block) { b.Metadata = nil },
		"no header":                   func(b *common.Block) { b.Header = nil },
	} {
		t.Run(name, func(t *testing.T) {
			b := blockOfData(7, []byte("before"), [][]byte{sent("a", nil)})
			spoil(b)
			if _, err := decode(b, chaincode); !errors.Is(err, ledger.ErrDamaged) {
				t.Errorf("got %v, want ErrDamaged", err)
			}
		})
	}
}

func TestBlockTime(t *testing.T) {
	later := noon.Add(time.Hour)
	foreign := func(x *testTx) { x.called, x.namespace, x.time = "other", "other", later }
	for name, c := range map[string]struct {
		data [][]byte
		want time.Time
	}{
		"is that of the latest transaction": {[][]byte{sent("a", func(x *testTx) { x.time = later }), sent("b", nil)}, later},
		"is no other member's to choose":    {[][]byte{sent("a", nil), sent("b", foreign)}, noon},
		"is anything's where nothing is":    {[][]byte{sent("b", foreign)}, later},
		"may be missing":                    {nil, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := decodeOne(t, c.data); !d.block.Time.Equal(c.want) {
				t.Errorf("got %v, want %v", d.block.Time, c.want)
			}
		})
	}
}

// FuzzDecode puts anything into a block, as whoever may order a transaction can. It must be read without a
// panic, and its neighbour must still be shown.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(sent("a", nil))
	f.Add(sent("a", func(x *testTx) {
		x.private = map[string]string{protocol.Collection("BankAMSP"): "v"}
		x.event = &pb.ChaincodeEvent{ChaincodeId: chaincode, EventName: "e"}
	}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := decode(blockOfData(7, nil, [][]byte{raw, sent("neighbour", nil)}), chaincode)
		if err != nil {
			t.Fatal(err)
		}
		shown := func(tx ledger.Transaction) bool { return tx.ID == "neighbour" }
		if !slices.ContainsFunc(d.block.Transactions, shown) {
			t.Error("a transaction is hidden by its neighbour")
		}
	})
}

// FuzzReadBlock reads what a peer may answer with.
func FuzzReadBlock(f *testing.F) {
	f.Add(bytesOf(blockOfData(7, nil, [][]byte{sent("a", nil)})))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		var b common.Block
		if unmarshal(raw, &b) == nil {
			_, _ = decode(&b, chaincode)
		}
	})
}

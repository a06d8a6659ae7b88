package service

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/types/known/timestamppb"

	"decore/chaincode/calendar"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/protocol"
	"decore/chaincode/receivable"
)

func stubWithData(caller, function string, args ...string) *fakeStub {
	stub := newStub(caller, function, args...)
	stub.public = map[string]string{"a": "1", "b": "2", "c": "3"}
	stub.private[protocol.Collection("PlatformMSP")] = map[string]string{"p": "secret"}
	stub.private[protocol.Collection("BankAMSP")] = map[string]string{"p": "secret"}
	stub.private[protocol.Collection("BankBMSP")] = map[string]string{"p": "other"}
	stub.history = map[string][]string{"a": {"1", "0"}}
	return stub
}

// secretHash is the SHA-256 of "secret" as JSON has it.
var secretHash = func() string {
	sum := sha256.Sum256([]byte("secret"))
	return base64.StdEncoding.EncodeToString(sum[:])
}()

func TestReads(t *testing.T) {
	for _, c := range []struct {
		name   string
		caller string
		call   []string
		status int32
		want   string
	}{
		{"get answers in order", "BankAMSP", []string{protocol.Get, "b", "none", "", "a"}, protocol.OK, `["Mg==","","","MQ=="]`},
		{"get of nothing", "BankAMSP", []string{protocol.Get}, protocol.OK, `[]`},
		{"a range", "BankAMSP", []string{protocol.Range, "a", "c", "10"}, protocol.OK, `[{"key":"a","value":"MQ=="},{"key":"b","value":"Mg=="}]`},
		{"a range with a limit", "BankAMSP", []string{protocol.Range, "", "z", "1"}, protocol.OK, `[{"key":"a","value":"MQ=="}]`},
		{"a range without a limit", "BankAMSP", []string{protocol.Range, "a", "c", "many"}, protocol.Malformed, ""},
		{"a range of too many", "BankAMSP", []string{protocol.Range, "a", "c", "1001"}, protocol.Malformed, ""},
		{"a range without an end", "BankAMSP", []string{protocol.Range, "a"}, protocol.Malformed, ""},
		{"the own organisation's private data", "PlatformMSP", []string{protocol.Private, "p", "none"}, protocol.OK, `["c2VjcmV0",""]`},
		{"private data asked for by another's client", "BankAMSP", []string{protocol.Private, "p"}, protocol.Forbidden, ""},
		{"private data asked for by nobody's client", "", []string{protocol.Private, "p"}, protocol.Malformed, ""},
		{"hashes of what was written to the caller's collection", "BankAMSP", []string{protocol.Hashes, "p", "none", ""}, protocol.OK, `["` + secretHash + `","",""]`},
		{"a copy of what the caller's collection has too", "BankAMSP", []string{protocol.Copies, "p", "none"}, protocol.OK, `["c2VjcmV0",""]`},
		{"no copy of what it has otherwise", "BankBMSP", []string{protocol.Copies, "p"}, protocol.OK, `[""]`},
		{"no copy of what it does not have", "LeaderMSP", []string{protocol.Copies, "p"}, protocol.OK, `[""]`},
		{"history, newest first", "BankAMSP", []string{protocol.History, "a"}, protocol.OK, `[{"tx":"tx-1","value":"MQ=="},{"tx":"tx-0","value":"MA=="}]`},
		{"history of what cannot be", "BankAMSP", []string{protocol.History, ""}, protocol.OK, `[]`},
		{"history of two keys", "BankAMSP", []string{protocol.History, "a", "b"}, protocol.Malformed, ""},
		{"ping", "BankAMSP", []string{protocol.Ping}, protocol.OK, `{"org":"PlatformMSP"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			stub := stubWithData(c.caller, c.call[0], c.call[1:]...)
			r := expect(t, service(put), stub, c.status)
			if c.status == protocol.OK {
				equal(t, "payload", string(r.GetPayload()), c.want)
			}
			if len(stub.written) > 0 || stub.event != "" {
				t.Errorf("a reading function wrote %v %s", stub.written, stub.event)
			}
		})
	}
	t.Run("too many keys are refused", func(t *testing.T) {
		expect(t, service(put), stubWithData("BankAMSP", protocol.Get, slices.Repeat([]string{"a"}, protocol.MaxItems+1)...), protocol.Malformed)
	})
}

// registered is a ledger on which an SME of this organisation registered a receivable.
func registered(t *testing.T) (chain *contracttest.Chain, record string) {
	c := contracttest.New(t)
	today, amount := calendar.At(c.State.Now), money.MustParse("1000.00")
	id := contracttest.NewID("ORD")
	c.Do(c.SME, "order.create", id, order.CreateArgs{
		Seller: c.SME.USCC, Buyer: c.Leader.USCC, BuyerClass: order.Large, Number: "PO1", Signed: today,
		DeliverBy: today.AddDays(30), PaymentDays: 60, Goods: "compressor housings", Amount: amount,
	})
	c.Do(c.Leader, "order.attest", id, financing.NoArgs{})
	c.Do(c.SME, "order.ship", id, order.ShipArgs{Amount: amount, Date: today, Note: "DN1"})
	c.Do(c.Leader, "order.accept", id, order.AcceptArgs{Amount: amount, Date: today})
	invoice, err := ident.ParseInvoiceNumber("26372000000002150405")
	if err != nil {
		t.Fatal(err)
	}
	record = contracttest.NewID("REC")
	c.Do(c.SME, "receivable.register", record, receivable.RegisterArgs{Order: id, Invoice: invoice, Issued: today, Due: today.AddDays(60), Amount: amount})
	return c, record
}

// TestOwed has the bureau ask for the terms of a receivable that it is about to cancel.
func TestOwed(t *testing.T) {
	chain, record := registered(t)
	command, opening := chain.Sign(chain.Regulator, "receivable.cancel", record, financing.NoArgs{})
	ask := func(t *testing.T, caller string, holds bool) protocol.Owing {
		t.Helper()
		stub := newStub(caller, protocol.Owed, `["`+command+`"]`)
		stub.time = timestamppb.New(chain.State.Now)
		stub.transient[protocol.Openings] = protocol.MarshalOpenings([]jsontext.Value{opening})
		for key, value := range chain.State.Public {
			stub.public[key] = string(value)
		}
		if holds {
			stub.private[protocol.Collection("PlatformMSP")] = map[string]string{record: string(chain.Opening(record))}
		}
		c := service(contract.Submit)
		c.clock.off = true
		r := expect(t, c, stub, protocol.OK)
		if len(stub.written) > 0 {
			t.Errorf("asking wrote %v", stub.written)
		}
		var owing protocol.Owing
		if err := json.Unmarshal(r.GetPayload(), &owing); err != nil {
			t.Fatal(err)
		}
		return owing
	}
	t.Run("the signer's organisation gets what is held", func(t *testing.T) {
		owing := ask(t, "BureauMSP", true)
		if len(owing.Openings) != 1 || owing.Lacking != 0 || string(owing.Openings[0]) != string(chain.Opening(record)) {
			t.Errorf("%d openings, %d lacking", len(owing.Openings), owing.Lacking)
		}
	})
	t.Run("and is told what is not", func(t *testing.T) {
		if owing := ask(t, "BureauMSP", false); len(owing.Openings) != 0 || owing.Lacking != 1 {
			t.Errorf("%d openings, %d lacking", len(owing.Openings), owing.Lacking)
		}
	})
	t.Run("another organisation with the same command gets nothing", func(t *testing.T) {
		if owing := ask(t, "BankAMSP", true); len(owing.Openings) != 0 || owing.Lacking != 0 {
			t.Errorf("%d openings, %d lacking", len(owing.Openings), owing.Lacking)
		}
	})
}

func TestTheHoldersOfARecordAreThoseWhoWereGivenItsTermsAsTheyAre(t *testing.T) {
	chain, record := registered(t)
	stub := newStub("BureauMSP", protocol.Holders, record, "REC-none", "")
	for key, value := range chain.State.Public {
		stub.public[key] = string(value)
	}
	stub.private[protocol.Collection("PlatformMSP")] = map[string]string{record: string(chain.Opening(record))}
	stub.private[protocol.Collection("BankAMSP")] = map[string]string{record: "terms of an earlier version"}
	r := expect(t, service(contract.Submit), stub, protocol.OK)
	equal(t, "payload", string(r.GetPayload()), `[["PlatformMSP"],[],[]]`)
}

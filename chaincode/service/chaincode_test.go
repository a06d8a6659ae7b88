package service

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"google.golang.org/protobuf/types/known/timestamppb"

	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

func TestSubmit(t *testing.T) {
	t.Run("what the contract wrote goes to the peer in one message", func(t *testing.T) {
		stub := newStub("BankAMSP", protocol.Submit, `["one","two"]`)
		r := expect(t, service(put), stub, protocol.OK)
		equal(t, "payload", string(r.GetPayload()), `{"results":[{"command":"a","status":"accepted"}]}`)
		equal(t, "written", strings.Join(stub.written, ", "), "k, org-BankAMSP p")
		equal(t, "event", stub.event, "e payload")
		if stub.batches != 1 {
			t.Errorf("%d batches of writes", stub.batches)
		}
	})
	t.Run("the contract gets commands and openings, and knows its transaction", func(t *testing.T) {
		stub := newStub("BankAMSP", protocol.Submit, `["one"]`)
		stub.transient[protocol.Openings] = []byte(`[{"a":1},{"b":2}]`)
		expect(t, service(func(s contract.State, b contract.Batch) (contract.Outcome, error) {
			equal(t, "commands", strings.Join(b.Commands, " "), "one")
			equal(t, "openings", string(b.Openings[0])+string(b.Openings[1]), `{"a":1}{"b":2}`)
			equal(t, "transaction", s.TxID()+" "+s.CallerOrg()+" "+s.TxTime().String(), "tx1 BankAMSP "+now.String())
			return put(s, b)
		}), stub, protocol.OK)
	})
	t.Run("repeats are told apart", func(t *testing.T) {
		r := expect(t, service(func(s contract.State, b contract.Batch) (contract.Outcome, error) {
			out, err := put(s, b)
			out.Results = append(out.Results, contract.Result{Command: "b", Status: contract.Accepted, Repeated: true})
			return out, err
		}), newStub("BankAMSP", protocol.Submit, `["one","two"]`), protocol.OK)
		var a protocol.Answer
		if err := json.Unmarshal(r.GetPayload(), &a); err != nil || !slices.Equal(a.Repeated, []int{1}) {
			t.Errorf("repeated %v, %v", a.Repeated, err)
		}
	})
	t.Run("what leaves no trace is answered so that no peer endorses it", func(t *testing.T) {
		stub := newStub("BankAMSP", protocol.Submit, `["one"]`)
		r := expect(t, service(func(s contract.State, b contract.Batch) (contract.Outcome, error) {
			out, err := put(s, b)
			out.Results[0].Status = contract.Invalid
			return out, err
		}), stub, protocol.Unrecorded)
		equal(t, "payload", string(r.GetPayload()), `{"results":[{"command":"a","status":"invalid"}]}`)
		equal(t, "written", strings.Join(stub.written, ", "), "")
	})
	t.Run("needed openings are named", func(t *testing.T) {
		stub := newStub("BankAMSP", protocol.Submit, `["one"]`)
		needs := []contract.Need{{Command: 0, Record: "r1", Owed: true}}
		r := expect(t, service(func(s contract.State, b contract.Batch) (contract.Outcome, error) {
			_, err := put(s, b)
			return contract.Outcome{}, errors.Join(err, &contract.OpeningsNeededError{Needs: needs})
		}), stub, protocol.Needed)
		var f protocol.Failure
		if err := json.Unmarshal([]byte(r.GetMessage()), &f); err != nil || !slices.Equal(f.Needs, needs) {
			t.Errorf("needs %v, %v", f.Needs, err)
		}
		equal(t, "written", strings.Join(stub.written, ", "), "")
	})
}

func TestADryRunIsAnsweredAndNotEndorsed(t *testing.T) {
	stub := newStub("BankAMSP", protocol.DryRun, `["one"]`)
	r := expect(t, service(func(s contract.State, b contract.Batch) (contract.Outcome, error) {
		if !b.Trial {
			t.Error("the contract is not told that it is a trial")
		}
		return put(s, b)
	}), stub, protocol.Unrecorded)
	equal(t, "payload", string(r.GetPayload()), `{"results":[{"command":"a","status":"accepted"}]}`)
	equal(t, "written", strings.Join(stub.written, ", "), "")
	for name, spoil := range map[string]func(*fakeStub, *chaincode) int32{
		"dated back": func(s *fakeStub, _ *chaincode) int32 {
			s.time = timestamppb.New(now.Add(-time.Minute))
			return protocol.Clock
		},
		"passed on by another chaincode": func(s *fakeStub, _ *chaincode) int32 {
			s.outer = [][]byte{[]byte("hidden")}
			return protocol.Forbidden
		},
		"before the ledger is founded": func(_ *fakeStub, c *chaincode) int32 {
			c.founding.regulator = "BureauMSP"
			return protocol.Forbidden
		},
	} {
		t.Run(name, func(t *testing.T) {
			stub, c := newStub("BankAMSP", protocol.DryRun, `["one"]`), service(put)
			expect(t, c, stub, spoil(stub, c))
		})
	}
}

func TestSubmitRefuses(t *testing.T) {
	failing := func(contract.State, contract.Batch) (contract.Outcome, error) {
		return contract.Outcome{}, errors.New("broken")
	}
	panicking := func(contract.State, contract.Batch) (contract.Outcome, error) { panic("broken") }
	for _, c := range []struct {
		name   string
		run    Program
		spoil  func(*fakeStub)
		status int32
	}{
		{"a failing contract", failing, nil, protocol.Failed},
		{"a contract that panics", panicking, nil, protocol.Failed},
		{"commands that are no list", put, func(s *fakeStub) { s.args[1] = []byte(`{}`) }, protocol.Malformed},
		{"openings that are no list", put, func(s *fakeStub) { s.transient[protocol.Openings] = []byte(`{}`) }, protocol.Malformed},
		{"no commands", put, func(s *fakeStub) { s.args = s.args[:1] }, protocol.Malformed},
		{"another argument", put, func(s *fakeStub) { s.args = append(s.args, nil) }, protocol.Malformed},
		{"no function", put, func(s *fakeStub) { s.args = nil }, protocol.Malformed},
		{"an unknown function", put, func(s *fakeStub) { s.args[0] = []byte("delete") }, protocol.Malformed},
		{"a caller of no organisation", put, func(s *fakeStub) { s.caller = "" }, protocol.Malformed},
		{"no time", put, func(s *fakeStub) { s.time = nil }, protocol.Malformed},
		{"a time that is none", put, func(s *fakeStub) { s.time = &timestamppb.Timestamp{Seconds: 1 << 60} }, protocol.Malformed},
		{"a transaction dated back", put, func(s *fakeStub) { s.time = timestamppb.New(now.Add(-time.Minute)) }, protocol.Clock},
		{"a transaction dated ahead", put, func(s *fakeStub) { s.time = timestamppb.New(now.Add(2 * time.Minute)) }, protocol.Clock},
		{"a call that another chaincode passes on", put, func(s *fakeStub) { s.outer = [][]byte{[]byte("hidden")} }, protocol.Forbidden},
		{"writes that the peer does not take", put, func(s *fakeStub) { s.fail = errors.New("no such collection") }, protocol.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			stub := newStub("BankAMSP", protocol.Submit, `["one"]`)
			if c.spoil != nil {
				c.spoil(stub)
			}
			expect(t, service(c.run), stub, c.status)
			if stub.fail == nil && len(stub.written) > 0 {
				t.Errorf("written: %v", stub.written)
			}
		})
	}
	t.Run("a demonstration takes any time", func(t *testing.T) {
		c := service(put)
		c.clock.off = true
		stub := newStub("BankAMSP", protocol.Submit, `["one"]`)
		stub.time = timestamppb.New(now.AddDate(2, 0, 0))
		expect(t, c, stub, protocol.OK)
	})
}

func TestWrites(t *testing.T) {
	for name, write := range map[string]func(contract.State) error{
		"an empty key":                 func(s contract.State) error { return s.Put("", []byte("v")) },
		"an empty value":               func(s contract.State) error { return s.Put("k", nil) },
		"a leading U+0000":             func(s contract.State) error { return s.Put("\x00k", []byte("v")) },
		"a key that is not UTF-8":      func(s contract.State) error { return s.Put("k\xff", []byte("v")) },
		"an empty private key":         func(s contract.State) error { return s.PutPrivate("BankAMSP", "", []byte("v")) },
		"an empty private value":       func(s contract.State) error { return s.PutPrivate("BankAMSP", "k", nil) },
		"a collection of nobody's own": func(s contract.State) error { return s.PutPrivate("", "k", []byte("v")) },
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			expect(t, service(func(s contract.State, b contract.Batch) (contract.Outcome, error) {
				if err := write(s); err == nil {
					t.Error("taken")
				} else {
					return contract.Outcome{}, err
				}
				return put(s, b)
			}), newStub("BankAMSP", protocol.Submit, `["one"]`), protocol.Failed)
		})
	}
}

func TestStateReads(t *testing.T) {
	stub := newStub("BankAMSP", protocol.Submit, `["one"]`)
	stub.public = map[string]string{"a": "1", "b": "2", "c": "3"}
	stub.private[protocol.Collection("BankAMSP")] = map[string]string{"p": "secret"}
	expect(t, service(func(s contract.State, b contract.Batch) (contract.Outcome, error) {
		values, err := s.Get("b", "", "\x00", "none", "a", "\xff")
		if err != nil {
			t.Error(err)
		}
		equal(t, "values", string(slices.Concat(values...)), "21")
		for i, absent := range []bool{false, true, true, true, false, true} {
			if (values[i] == nil) != absent {
				t.Errorf("value %d: %q", i, values[i])
			}
		}
		if none, err := s.Get(); err != nil || len(none) != 0 {
			t.Errorf("no key: %v, %v", none, err)
		}
		for _, c := range []struct {
			from, to string
			limit    int
			want     string
		}{{"a", "c", 9, "ab"}, {"", "z", 2, "ab"}, {"b", "b", 9, ""}, {"c", "a", 9, ""}, {"a", "z", 0, ""}, {"\x00", "b", 9, "a"}} {
			entries, err := s.Range(c.from, c.to, c.limit)
			if err != nil {
				t.Error(err)
			}
			got := ""
			for _, e := range entries {
				got += e.Key
			}
			equal(t, "range", got, c.want)
		}
		if _, err := s.Range("\xff", "\xff\xff", 1); err == nil {
			t.Error("a range of what is not UTF-8 was taken")
		}
		hash, err := s.PrivateHash("BankAMSP", "p")
		equal(t, "hash", base64.StdEncoding.EncodeToString(hash), secretHash)
		if none, err := s.PrivateHash("BankAMSP", "none"); none != nil || err != nil {
			t.Errorf("hash of nothing: %q, %v", none, err)
		}
		if err != nil {
			t.Error(err)
		}
		return put(s, b)
	}), stub, protocol.OK)
}

// Package service runs a contract as a Fabric chaincode service (链码服务): a program of one organisation's
// own, which its peers call over mutual TLS. It implements contract.State over the shim, and beside the
// contract answers a few questions that only read.
package service

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

// Program is a contract: it decides a batch over a state.
type Program func(contract.State, contract.Batch) (contract.Outcome, error)

// chaincode answers a peer's calls; it is as many goroutines' as the peer makes calls.
type chaincode struct {
	run      Program
	org      string // whose peers call
	clock    clockCheck
	founding foundingCheck
	log      *slog.Logger
}

// function answers one call with a payload.
type function func(c *chaincode, call *call) ([]byte, error)

var functions = map[string]function{
	protocol.Submit:  (*chaincode).submit,
	protocol.DryRun:  (*chaincode).dryRun,
	protocol.Get:     (*chaincode).get,
	protocol.Range:   (*chaincode).scan,
	protocol.Private: (*chaincode).private,
	protocol.Hashes:  (*chaincode).hashes,
	protocol.Copies:  (*chaincode).copies,
	protocol.Holders: (*chaincode).holders,
	protocol.History: (*chaincode).history,
	protocol.Owed:    (*chaincode).owed,
	protocol.Ping:    (*chaincode).ping,
}

// Init does nothing: the ledger is founded by a command.
func (c *chaincode) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke calls a function by its name.
func (c *chaincode) Invoke(stub shim.ChaincodeStubInterface) (response *peer.Response) {
	started := time.Now()
	call, err := newCall(stub)
	if err != nil {
		return c.refuse("", err)
	}
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("contract panicked", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			response = c.refuse(call.name, errors.New("the contract failed on this call"))
		}
	}()
	do, ok := functions[call.name]
	if !ok {
		return c.refuse(call.name, refusal(protocol.Malformed, fmt.Errorf("no function %q", call.name)))
	}
	payload, err := do(c, call)
	c.log.Debug("call", "function", call.name, "tx", call.tx, "caller", call.caller, "took", time.Since(started), "error", err)
	if err != nil {
		return c.refuse(call.name, err)
	}
	return shim.Success(payload)
}

// refusedError is an error whose status a client should see.
type refusedError struct {
	status  int32
	payload []byte // of Unrecorded
	err     error
}

func (e *refusedError) Error() string { return e.err.Error() }

func (e *refusedError) Unwrap() error { return e.err }

func refusal(status int32, err error) error { return &refusedError{status: status, err: err} }

// refuse answers with an error, in a form that its client can take apart.
func (c *chaincode) refuse(name string, err error) *peer.Response {
	response := &peer.Response{Status: protocol.Failed}
	failure := protocol.Failure{Reason: err.Error()}
	var refused *refusedError
	var needed *contract.OpeningsNeededError
	switch {
	case errors.As(err, &refused):
		response.Status, response.Payload = refused.status, refused.payload
	case errors.As(err, &needed):
		response.Status, failure.Needs = protocol.Needed, needed.Needs
	default:
		c.log.Error("call failed", "function", name, "error", err)
	}
	message, err := json.Marshal(failure)
	if err != nil { // the reason is not UTF-8
		message = []byte(`{"reason":"a failure that cannot be told"}`)
	}
	response.Message = string(message)
	return response
}

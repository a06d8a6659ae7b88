package service

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"

	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

// call is one call of a function. The peer has checked the signature of its creator.
type call struct {
	stub   shim.ChaincodeStubInterface
	name   string
	args   [][]byte
	tx     string
	caller string // MSP ID
	time   time.Time
}

func newCall(stub shim.ChaincodeStubInterface) (*call, error) {
	args := stub.GetArgs()
	if len(args) == 0 {
		return nil, refusal(protocol.Malformed, errors.New("no function is named"))
	}
	caller, err := callerOrg(stub)
	if err != nil {
		return nil, refusal(protocol.Malformed, err)
	}
	at, err := txTime(stub)
	if err != nil {
		return nil, refusal(protocol.Malformed, err)
	}
	return &call{stub: stub, name: string(args[0]), args: args[1:], tx: stub.GetTxID(), caller: caller, time: at}, nil
}

// callerOrg is the organisation (MSP ID) of who signed the call.
func callerOrg(stub shim.ChaincodeStubInterface) (string, error) {
	raw, err := stub.GetCreator()
	if err != nil {
		return "", fmt.Errorf("caller: %w", err)
	}
	var id msp.SerializedIdentity
	if err := proto.Unmarshal(raw, &id); err != nil {
		return "", fmt.Errorf("caller: %w", err)
	}
	if id.GetMspid() == "" {
		return "", errors.New("the caller belongs to no organisation")
	}
	return id.GetMspid(), nil
}

// txTime is the time that the client gave the transaction, cut to the milliseconds that a ledger keeps.
func txTime(stub shim.ChaincodeStubInterface) (time.Time, error) {
	ts, err := stub.GetTxTimestamp()
	if err != nil {
		return time.Time{}, fmt.Errorf("transaction time: %w", err)
	}
	if err := ts.CheckValid(); err != nil {
		return time.Time{}, fmt.Errorf("transaction time: %w", err)
	}
	return ts.AsTime().Truncate(time.Millisecond), nil
}

// direct refuses a call that is not the transaction's own: passed on by another chaincode, it could hide from the
// block what was decided.
func (c *call) direct() error {
	signed, err := c.stub.GetSignedProposal()
	if err != nil {
		return fmt.Errorf("proposal: %w", err)
	}
	var p peer.Proposal
	var payload peer.ChaincodeProposalPayload
	var spec peer.ChaincodeInvocationSpec
	err = errors.Join(proto.Unmarshal(signed.GetProposalBytes(), &p), proto.Unmarshal(p.GetPayload(), &payload), proto.Unmarshal(payload.GetInput(), &spec))
	if err != nil {
		return fmt.Errorf("proposal: %w", err)
	}
	if !slices.EqualFunc(spec.GetChaincodeSpec().GetInput().GetArgs(), c.stub.GetArgs(), bytes.Equal) {
		return refusal(protocol.Forbidden, errors.New("another chaincode may not submit"))
	}
	return nil
}

// batch reads the commands and openings of Submit, DryRun and Owed.
func (c *call) batch() (contract.Batch, error) {
	if err := c.count(1); err != nil {
		return contract.Batch{}, err
	}
	transient, err := c.stub.GetTransient()
	if err != nil {
		return contract.Batch{}, fmt.Errorf("openings: %w", err)
	}
	b, err := protocol.UnmarshalBatch(c.args[0], transient[protocol.Openings])
	if err != nil {
		return b, refusal(protocol.Malformed, err)
	}
	return b, nil
}

// count refuses a call with another number of arguments.
func (c *call) count(want int) error {
	if len(c.args) != want {
		return refusal(protocol.Malformed, fmt.Errorf("%s takes %d arguments, not %d", c.name, want, len(c.args)))
	}
	return nil
}

// keys reads all arguments as keys.
func (c *call) keys() ([]string, error) {
	if len(c.args) > protocol.MaxItems {
		return nil, refusal(protocol.Malformed, fmt.Errorf("%d keys, at most %d", len(c.args), protocol.MaxItems))
	}
	keys := make([]string, len(c.args))
	for i, arg := range c.args {
		keys[i] = string(arg)
	}
	return keys, nil
}

// readable says whether any value can be under the key: see checkWrite. A peer would take offence at others.
func readable(key string) bool {
	return key != "" && key[0] != 0 && utf8.ValidString(key)
}

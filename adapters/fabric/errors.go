package fabric

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	pb "github.com/hyperledger/fabric-protos-go/peer"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/errors/status"

	"decore/adapters/ledger"
	"decore/chaincode/contract"
	"decore/chaincode/protocol"
)

// RefusedError is an answer of the chaincode itself, at one peer: it was asked and would not.
type RefusedError struct {
	Peer   string
	Status int32 // of package protocol
	Reason string

	needs   []contract.Need
	payload []byte
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the chaincode at %s refused: %s (%d)", e.Peer, e.Reason, e.Status)
}

// Unwrap tells what callers of the port know.
func (e *RefusedError) Unwrap() error {
	switch e.Status {
	case protocol.Needed:
		return &contract.OpeningsNeededError{Needs: e.needs}
	case protocol.Clock:
		return ledger.ErrUnavailable
	case protocol.Forbidden:
		return ledger.ErrNotEntitled
	}
	return nil
}

// InvalidError says that a transaction was ordered and found invalid: nothing of it is in force.
type InvalidError struct {
	Tx   string
	Code pb.TxValidationCode
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("transaction %.16s was found invalid: %v", e.Tx, e.Code)
}

// Unwrap tells conflicts apart from what trying again would not mend: a network whose rules this client does not
// meet.
func (e *InvalidError) Unwrap() error {
	switch e.Code {
	case pb.TxValidationCode_MVCC_READ_CONFLICT, pb.TxValidationCode_PHANTOM_READ_CONFLICT:
		return ledger.ErrConflict
	}
	return ledger.ErrUnavailable
}

// MismatchError says that endorsers came to different results, as they do for a moment when one has not yet
// seen the newest block.
type MismatchError struct{ First, Second string }

func (e *MismatchError) Error() string {
	return fmt.Sprintf("peers %s and %s came to different results", e.First, e.Second)
}

// Unwrap makes it a conflict, which is tried again.
func (e *MismatchError) Unwrap() error { return ledger.ErrConflict }

// refusal takes an SDK error apart that carries an answer of the chaincode; ok is false for any other.
func refusal(address string, err error) (refused *RefusedError, ok bool) {
	s, ok := status.FromError(err)
	if !ok || s.Group != status.ChaincodeStatus {
		return nil, false
	}
	var failure protocol.Failure
	if _ = json.Unmarshal([]byte(s.Message), &failure); failure.Reason == "" {
		return nil, false // the peer itself speaks
	}
	refused = &RefusedError{Peer: address, Status: s.Code, Reason: failure.Reason, needs: failure.Needs}
	if len(s.Details) == 2 { // endorsement and payload
		refused.payload, _ = s.Details[1].([]byte)
	}
	return refused, true
}

// fault is the error of a node with its name: one sentence where it could not be connected to.
func (n *node) fault(kind string, err error) error {
	s, ok := status.FromError(err)
	if ok && s.Code == status.ConnectionFailed.ToInt32() && strings.HasPrefix(s.Message, n.address) {
		return fmt.Errorf("%s of %s at %s", kind, n.org, s.Message)
	}
	return fmt.Errorf("%s %s of %s: %w", kind, n.address, n.org, err)
}

// away makes the reason why nothing could be reached an ErrUnavailable.
func away(what string, errs ...error) error {
	if len(errs) == 1 && errors.Is(errs[0], ledger.ErrUnavailable) {
		return fmt.Errorf("%s: %w", what, errs[0])
	}
	return fmt.Errorf("%w: %s: %w", ledger.ErrUnavailable, what, errors.Join(errs...))
}

// Package protocol is what a client and the chaincode say to each other across a peer (链码协议): the names
// of the functions, their arguments and answers. It knows no ledger, so that both ends can import it.
package protocol

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
)

// Functions of the chaincode. All but Submit only read; what they answer is not worth ordering.
const (
	Submit  = "submit"  // commands; openings beside. Answers with an Answer.
	DryRun  = "dryrun"  // the same. Answers as Submit does where nothing is recorded, so that no peer endorses it.
	Get     = "get"     // keys. Answers with their values.
	Range   = "range"   // from, to, limit. Answers with []Entry.
	Private = "private" // keys of the peer's own collection. Answers with their values.
	Hashes  = "hashes"  // keys of the caller's own collection. Answers with the SHA-256 of what was written there.
	Copies  = "copies"  // keys of the caller's own collection. Answers with the values of those that this organisation holds too.
	Holders = "holders" // record IDs. Answers for each with the organisations that were given its terms as they are.
	History = "history" // key. Answers with []Version, newest first.
	Owed    = "owed"    // commands; openings beside. Answers with an Owing.
	Ping    = "ping"    // nothing. Answers with a Pong.
)

// Openings is the name under which a batch's openings travel as transient data: peers pass them on to the
// chaincode and keep them out of the block.
const Openings = "openings"

// MaxItems is the most keys or entries that one call may ask for.
const MaxItems = 1000

// Answer is what a batch came to, with what an Outcome's JSON leaves out. It stands in the block.
type Answer struct {
	contract.Outcome
	Repeated []int `json:"repeated,omitempty"` // indexes of results that are repeats
}

// NewAnswer writes an outcome down.
func NewAnswer(out contract.Outcome) Answer {
	a := Answer{Outcome: out}
	for i := range out.Results {
		if out.Results[i].Repeated {
			a.Repeated = append(a.Repeated, i)
		}
	}
	return a
}

// Restore returns the outcome that was written down.
func (a Answer) Restore() (contract.Outcome, error) {
	for _, i := range a.Repeated {
		if i < 0 || i >= len(a.Results) {
			return contract.Outcome{}, fmt.Errorf("answer: result %d of %d is said to be a repeat", i, len(a.Results))
		}
		a.Results[i].Repeated = true
	}
	return a.Outcome, nil
}

// Entry is a key with its value.
type Entry struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// Version is one value that a key had.
type Version struct {
	Tx    string `json:"tx"`
	Value []byte `json:"value"`
}

// Owing is what an organisation gives of the openings that are owed to the caller's.
type Owing struct {
	Openings []jsontext.Value `json:"openings"`
	Lacking  int              `json:"lacking"` // how many are owed that it does not hold
}

// Pong says who answers.
type Pong struct {
	Org string `json:"org"` // whose peer this is
}

// Status tells a client what became of its call. Peers endorse only answers below 400, so nothing else can
// be ordered.
const (
	OK         = 200
	Malformed  = 400 // the call cannot be read
	Forbidden  = 403 // the caller may not ask this
	Clock      = 408 // the transaction's time is too far from this organisation's clock
	Unrecorded = 409 // nothing was recorded; the payload is the Answer
	Needed     = 428 // openings are needed, see Failure
	Failed     = 500 // the contract could not decide
)

// Failure is the message of an answer that is neither OK nor Unrecorded.
type Failure struct {
	Reason string          `json:"reason"`
	Needs  []contract.Need `json:"needs,omitempty"` // of Needed
}

// MarshalCommands writes the argument of Submit, DryRun and Owed.
func MarshalCommands(commands []string) ([]byte, error) { return json.Marshal(commands) }

// MarshalOpenings writes the transient data of Submit, DryRun and Owed. Openings are JSON already and not read again.
func MarshalOpenings(openings []jsontext.Value) []byte {
	size := 2
	for _, o := range openings {
		size += len(o) + 1
	}
	raw := append(make([]byte, 0, size), '[')
	for i, o := range openings {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, o...)
	}
	return append(raw, ']')
}

// UnmarshalBatch reads the argument and the transient data of Submit, DryRun and Owed.
func UnmarshalBatch(commands, openings []byte) (b contract.Batch, err error) {
	if err := json.Unmarshal(commands, &b.Commands); err != nil {
		return b, fmt.Errorf("commands: %w", err)
	}
	if len(openings) == 0 {
		return b, nil
	}
	if err := json.Unmarshal(openings, &b.Openings); err != nil {
		return b, fmt.Errorf("openings: %w", err)
	}
	return b, nil
}

const collectionPrefix = "org-"

// Collection is the name of an organisation's own private collection. The chaincode's definition declares one for
// each organisation: only its peers keep what is in it, and any transaction that the channel's policy lets pass may
// write it. (The implicit collection that Fabric gives every organisation would need the organisation's own peer to
// endorse each write, and an endorser sees all openings of a batch.)
func Collection(org string) string { return collectionPrefix + org }

// CollectionOrg is the organisation whose own collection has the name.
func CollectionOrg(collection string) (org string, ok bool) {
	org, ok = strings.CutPrefix(collection, collectionPrefix)
	return org, ok && org != ""
}

// Chunks splits keys so that each part may be asked for in one call.
func Chunks(keys []string) [][]string { return slices.Collect(slices.Chunk(keys, MaxItems)) }

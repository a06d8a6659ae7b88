package contract

import (
	"maps"
	"slices"

	"decore/chaincode/evidence"
)

// HandlerNames lists the verbs that have a handler, with or without a row.
func HandlerNames() []string { return slices.Sorted(maps.Keys(handlers)) }

// SubmitUnsigned is Submit that takes every signature for a good one, for tests that make millions of commands.
func SubmitUnsigned(s State, b Batch) (Outcome, error) {
	return submit(s, b, func(t *transaction, commands []*evidence.Signed) {
		t.verified = make([]string, len(commands))
		for i, cmd := range commands {
			if cmd != nil {
				t.verified[i] = cmd.KeyID
			}
		}
	})
}

// Readable is the check of terms before they are written.
func Readable[T Terms](terms []byte) error { return readable[T](terms) }

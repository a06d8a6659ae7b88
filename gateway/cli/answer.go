package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"decore/gateway/api"
)

// answered says how a gateway's answer is printed.
type answered struct {
	JSON bool `name:"json" help:"Print the gateway's answer as it is."`
}

// tell prints an answer in words, or as it is.
func tell[T any](s *streams, how answered, raw []byte, words func(io.Writer, T) error) error {
	if how.JSON {
		_, err := fmt.Fprintln(s.out, strings.TrimSpace(string(raw)))
		return err
	}
	var answer T
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("the gateway's answer: %w", err)
	}
	return words(s.out, answer)
}

// evidenceOf says where a write stands on the ledger, and what to know of it besides.
func evidenceOf(w api.Written) string {
	var parts []string
	if w.Position != nil {
		parts = append(parts, fmt.Sprintf("block %d", w.Position.Block))
	}
	if w.Command != nil {
		parts = append(parts, "command "+w.Command.ID)
	}
	out := strings.Join(parts, ", ")
	for _, warning := range w.Warnings {
		out += "\nwarning: " + warning.Message
	}
	return out
}

package registry

import (
	"errors"
	"fmt"

	"decore/adapters/spreadsheet"
)

// Fault is what is wrong at one place of a file, or of what a filing is made from (问题).
type Fault struct {
	Place  string // a cell such as "C7", or a JSON pointer
	Code   string // stable name
	En, Zh string // what is wrong, to be read after the place
	Clause string // statute or policy that asks for it, or ""
}

// Error is why a file or a filing is refused: every fault that was found, at least one.
type Error struct{ Faults []Fault }

// maxFaults is the most faults that are told of one file.
const maxFaults = 100

func (e *Error) Error() string {
	f := e.Faults[0]
	s := fmt.Sprintf("%s at %s: %s", f.Code, f.Place, f.En)
	if n := len(e.Faults) - 1; n > 0 {
		s += fmt.Sprintf(" (and %d more)", n)
	}
	return s
}

// faults collects what is wrong.
type faults []Fault

func (fs *faults) add(f Fault) {
	if len(*fs) < maxFaults {
		*fs = append(*fs, f)
	}
}

// err is nil when nothing is wrong.
func (fs faults) err() error {
	if len(fs) == 0 {
		return nil
	}
	return &Error{fs}
}

// refused is the error of a sheet that cannot be read as a whole.
func refused(err error) error {
	var s *spreadsheet.SheetError
	if !errors.As(err, &s) {
		return err
	}
	return &Error{[]Fault{{Place: s.Cell, Code: string(s.Code), En: s.Message, Zh: s.MessageZh}}}
}

// Codes of faults beside those of package spreadsheet.
const (
	CodeMissing   = "FIELD_REQUIRED"
	CodeInvalid   = "FIELD_INVALID"
	CodeUnknown   = "FIELD_UNKNOWN"
	CodeType      = "FIELD_TYPE"
	CodeRange     = "FIELD_RANGE"
	CodeDate      = "DATE_INVALID"
	CodeTime      = "TIME_INVALID"
	CodeUSCC      = "USCC_INVALID"
	CodeDateOrder = "DATE_ORDER"
	CodeJSON      = "JSON_MALFORMED"
	CodeTooLarge  = "BODY_TOO_LARGE"
)

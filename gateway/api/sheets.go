package api

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"decore/chaincode/ident"
	"decore/gateway/problem"
)

// keptSheets bounds how many answered sheets can still be fetched.
const keptSheets = 64

// sheets keeps answered sheets for those who sent them, the newest ones. They are a convenience: what was recorded is
// on the ledger.
type sheets struct {
	dir  string
	mu   sync.Mutex
	kept []sheet // oldest first
}

type sheet struct {
	id, path, media, name string
	party                 ident.USCC
}

// newSheets empties the folder of an earlier run, which stands in a folder of the gateway's own. Without one it makes
// a folder whose name nobody knows before, since the system's temporary folder is everybody's.
func newSheets(parent string) (*sheets, error) {
	if parent == "" {
		dir, err := os.MkdirTemp("", "decore-sheets-")
		if err != nil {
			return nil, fmt.Errorf("folder of sheets: %w", err)
		}
		return &sheets{dir: dir}, nil
	}
	dir := filepath.Join(parent, "decore-sheets")
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("folder of sheets: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of sheets: %w", err)
	}
	return &sheets{dir: dir}, nil
}

// add keeps a sheet that write writes.
func (s *sheets) add(party ident.USCC, media, name string, write func(*os.File) error) (string, error) {
	f, err := os.CreateTemp(s.dir, "answer-*")
	if err != nil {
		return "", fmt.Errorf("answered sheet: %w", err)
	}
	err = write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", fmt.Errorf("answered sheet: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one := sheet{id: rand.Text(), path: f.Name(), media: media, name: name, party: party}
	s.kept = append(s.kept, one)
	if len(s.kept) > keptSheets {
		_ = os.Remove(s.kept[0].path)
		s.kept = s.kept[1:]
	}
	return one.id, nil
}

// get reads a sheet of the party's.
func (s *sheets) get(party ident.USCC, id string) (sheet, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.kept {
		if one.id == id && one.party == party {
			content, err := os.ReadFile(one.path)
			return one, content, err
		}
	}
	return sheet{}, nil, problem.New(problem.NotFound)
}

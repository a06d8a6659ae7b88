package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"decore/adapters/ledger"
)

// An anchor remembers the newest block outside the store (锚). A store that lost its end, cut off or
// replaced by an older copy, is consistent in itself; only the anchor tells.
//
// It is two fixed lines, written in turn and in place: block n is on line n mod 2. A line is within one
// disk sector, so that a power cut leaves it old or new; writing in place is a tenth of the cost of
// writing a new file and renaming it. It is not synced: a power cut may leave it some blocks behind,
// which is harmless, and never ahead, because a block is durable before it is anchored.
type anchor struct{ file *os.File }

const anchorLine = 20 + 1 + 43 + 1 + 8 + 1 // number, hash, CRC-32, line feed

func anchorPath(dir string) string { return filepath.Join(dir, "anchor") }

// openAnchor returns the newest block that was anchored: number 0 for a new ledger, whose anchor it makes.
func openAnchor(dir string) (*anchor, ledger.Head, error) {
	raw, err := os.ReadFile(anchorPath(dir))
	if os.IsNotExist(err) {
		return createAnchor(dir)
	}
	if err != nil {
		return nil, ledger.Head{}, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	head, err := parseAnchor(raw)
	if err != nil {
		return nil, head, damage(anchorPath(dir), err)
	}
	file, err := os.OpenFile(anchorPath(dir), os.O_RDWR, 0)
	if err != nil {
		return nil, head, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	return &anchor{file}, head, nil
}

// createAnchor makes the anchor durable before the store exists: from then on a missing file is damage.
func createAnchor(dir string) (*anchor, ledger.Head, error) {
	none := ledger.Head{}
	files, err := os.ReadDir(storeDir(dir))
	if err != nil {
		return nil, none, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	if len(files) > 1 || len(files) == 1 && files[0].Name() != "LOCK" {
		return nil, none, damage(anchorPath(dir), errors.New("missing, though the store has data"))
	}
	file, err := os.OpenFile(anchorPath(dir), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, none, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	a := &anchor{file}
	_, err = file.WriteAt(bytes.Repeat(anchorText(none), 2), 0)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return nil, none, fmt.Errorf("%w: create anchor: %w", ledger.ErrUnavailable, errors.Join(err, file.Close()))
	}
	return a, none, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the folder that the operator chose
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// set anchors the newest block.
func (a *anchor) set(head ledger.Head) error {
	_, err := a.file.WriteAt(anchorText(head), int64(head.Number%2)*anchorLine)
	if err != nil {
		return fmt.Errorf("write anchor: %w", err)
	}
	return nil
}

func (a *anchor) Close() error { return a.file.Close() }

func anchorText(head ledger.Head) []byte {
	body := fmt.Sprintf("%020d %43s ", head.Number, head.Hash)
	return fmt.Appendf(nil, "%s%08x\n", body, crc32.ChecksumIEEE([]byte(body)))
}

// parseAnchor reads both lines. Either one that is unreadable may have held the newest block, so that
// losing it cannot be excluded.
func parseAnchor(raw []byte) (ledger.Head, error) {
	var newest ledger.Head
	if len(raw) != 2*anchorLine {
		return newest, fmt.Errorf("%d bytes instead of %d", len(raw), 2*anchorLine)
	}
	for i := range 2 {
		line := raw[i*anchorLine : (i+1)*anchorLine]
		var head ledger.Head
		if _, err := fmt.Sscanf(string(line), "%020d %s", &head.Number, &head.Hash); err != nil || head.Number == 0 {
			head = ledger.Head{}
		}
		if !bytes.Equal(anchorText(head), line) || head.Number > 0 && head.Number%2 != uint64(i) {
			return newest, fmt.Errorf("line %d does not match its checksum", i+1)
		}
		if head.Number >= newest.Number {
			newest = head
		}
	}
	return newest, nil
}

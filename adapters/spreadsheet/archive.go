package spreadsheet

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// maxEntries is the most files in a workbook's archive. Each worksheet, picture and chart is one.
const maxEntries = 5_000

// ratioGrace is how many unzipped bytes a part may have before its ratio counts: small parts of a
// sparse workbook compress very well.
const ratioGrace = 4 << 20

var errEncryptedPart = errors.New("a part of the workbook is encrypted")

// archive is the zip file of a workbook. Only the parts that are asked for are ever unzipped.
type archive struct {
	parts  map[string]*zip.File
	size   int64
	limits Limits
}

func openArchive(ctx context.Context, r io.ReaderAt, size int64, limits Limits) (*archive, error) {
	// zip.NewReader keeps a record of every entry, and trusts no count in the file; so the headers
	// are counted first.
	n, err := count(ctx, io.NewSectionReader(r, 0, size), []byte("PK\x01\x02"))
	if err != nil {
		return nil, err
	}
	if n > maxEntries {
		return nil, sheetError(CodeZipBomb, fmt.Sprintf("1–%d", n))
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	a := &archive{parts: make(map[string]*zip.File, len(z.File)), size: size, limits: limits}
	for _, f := range z.File {
		name := partName(f.Name)
		if _, twice := a.parts[name]; twice {
			// Two programs may pick different ones: what was checked must be what others see.
			return nil, fmt.Errorf("the archive holds %q twice", name)
		}
		a.parts[name] = f
	}
	return a, nil
}

// partName is the form by which parts are compared (ISO/IEC 29500-2: without regard to case).
func partName(name string) string {
	return strings.ToLower(path.Clean("/" + strings.ReplaceAll(name, "\\", "/")))
}

func (a *archive) has(name string) bool { return a.parts[partName(name)] != nil }

// open unzips one part as it is read, within the limits.
func (a *archive) open(name string) (io.ReadCloser, error) {
	f := a.parts[partName(name)]
	if f == nil {
		return nil, fmt.Errorf("the workbook has no part %q", name)
	}
	if f.Flags&1 != 0 {
		return nil, errEncryptedPart
	}
	m := &meter{name: path.Base(f.Name), most: a.limits.MaxUnzipped, ratio: a.limits.MaxRatio}
	m.zipped = int64(min(f.CompressedSize64, uint64(a.size))) //nolint:gosec // not above a.size
	if f.UncompressedSize64 > uint64(a.limits.MaxUnzipped) {  //nolint:gosec // limits are positive
		return nil, sheetError(CodeZipBomb, m.name)
	}
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	m.ReadCloser = rc
	return m, nil
}

// read has do read a part as XML.
func (a *archive) read(ctx context.Context, name string, do func(*tokens) error) (err error) {
	rc, err := a.open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rc.Close()) }()
	return do(newTokens(ctx, rc))
}

// meter counts what really comes out of the decompressor: the sizes in an archive are what its maker says.
type meter struct {
	io.ReadCloser
	name                      string
	read, zipped, most, ratio int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.read += int64(n)
	if m.read > m.most || m.read > ratioGrace && m.read/m.ratio > m.zipped {
		return 0, sheetError(CodeZipBomb, m.name)
	}
	return n, err
}

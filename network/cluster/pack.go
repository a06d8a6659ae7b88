package cluster

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

var label = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]{0,60}$`)

// pack makes the package of chaincode that runs as a service. It holds nothing of any organisation, and the
// same label makes the same bytes: so all organisations see that they install the same.
func pack(name string) ([]byte, error) {
	if !label.MatchString(name) {
		return nil, fmt.Errorf("%w: %q is no label of a package", ErrOptions, name)
	}
	metadata, err := json.Marshal(map[string]string{"type": "ccaas", "label": name})
	if err != nil {
		return nil, fmt.Errorf("package %s: %w", name, err)
	}
	code, err := archive(file{"service.json", metadata})
	if err != nil {
		return nil, fmt.Errorf("package %s: %w", name, err)
	}
	whole, err := archive(file{"metadata.json", metadata}, file{"code.tar.gz", code})
	if err != nil {
		return nil, fmt.Errorf("package %s: %w", name, err)
	}
	return whole, nil
}

// packageID is what Fabric calls a package.
func packageID(name string, content []byte) string {
	hash := sha256.Sum256(content)
	return name + ":" + hex.EncodeToString(hash[:])
}

type file struct {
	name    string
	content []byte
}

// archive packs files with nothing of time, place or owner in it.
func archive(files ...file) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.content)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return out.Bytes(), nil
}

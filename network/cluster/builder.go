package cluster

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The peer's external builder for chaincode that runs as a service.
//
//go:embed builder/bin
var builderFiles embed.FS

func (n *Network) builderDir() string { return filepath.Join(n.dir, "builder") }

// writeBuilder writes the builder's executables.
func (n *Network) writeBuilder() error {
	files, err := fs.Glob(builderFiles, "builder/bin/*")
	if err != nil {
		return fmt.Errorf("builder: %w", err)
	}
	for _, name := range files {
		content, err := builderFiles.ReadFile(name)
		if err != nil {
			return fmt.Errorf("builder: %w", err)
		}
		if err := writeMode(filepath.Join(n.dir, filepath.FromSlash(name)), content, 0o700); err != nil {
			return err
		}
	}
	return nil
}

// servicesDir is where the builder of an organisation's peer finds how to reach the chaincode services.
func (n *Network) servicesDir(org string) string {
	return filepath.Join(n.nodeDir(n.peerOf(org).Name), "services")
}

// connectTo tells the builder of an organisation's peer how to reach a service: with TLS at both ends.
func (n *Network) connectTo(service Node) error {
	var pems [3]string
	for i, path := range []string{"ca.pem", "cert.pem", "key.pem"} {
		raw, err := os.ReadFile(n.crypto(service.Org, "peer", "tls", path))
		if err != nil {
			return fmt.Errorf("%s: %w", service.Name, err)
		}
		pems[i] = string(raw)
	}
	raw, err := json.Marshal(map[string]any{
		"address": service.Address, "dial_timeout": "10s", "tls_required": true, "client_auth_required": true,
		"root_cert": pems[0], "client_cert": pems[1], "client_key": pems[2],
	})
	if err != nil {
		return fmt.Errorf("%s: %w", service.Name, err)
	}
	return writeFile(filepath.Join(n.servicesDir(service.Org), service.Label+".json"), raw)
}

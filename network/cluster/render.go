package cluster

import (
	"bytes"
	"embed"
	"fmt"
	"net"
	"strconv"
	"strings"
	"text/template"
)

//go:embed templates
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	// A double-quoted string of Go is one of YAML.
	"quote": func(parts ...string) string { return strconv.Quote(strings.Join(parts, "")) },
	"host":  func(address string) (string, error) { h, _, err := net.SplitHostPort(address); return h, err },
	"port":  func(address string) (string, error) { _, p, err := net.SplitHostPort(address); return p, err },
	"join":  func(all []string) string { return strings.Join(all, ", ") },
}).ParseFS(templateFiles, "templates/*.yaml"))

// render fills a template.
func render(name string, data any) ([]byte, error) {
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// nodeConfig is what a node's configuration depends on.
type nodeConfig struct {
	Node
	Crypto, Data, Builder string
	Demonstration         bool
}

// channelConfig is what the channel's founding depends on.
type channelConfig struct {
	BFT          bool
	BatchTimeout string
	OrdererOrg   string
	Orgs         []orgConfig
	Members      []string
	Consenters   []consenter
}

// orgConfig is an organisation as the channel's configuration has it.
type orgConfig struct {
	MSP, Crypto string
	Orderers    []string // the addresses of an organisation of orderers
	Anchor      string   // the peer by which others find the rest
}

// consenter is an orderer as the channel's configuration has it.
type consenter struct {
	ID              int
	Address, Crypto string
}

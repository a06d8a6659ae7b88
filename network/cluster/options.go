// Package cluster runs a Fabric network of several organisations as plain processes of one machine:
// certificates, genesis block, orderers, peers, the channel and the chaincode services. What it runs is
// recorded in a data folder, so that another process can ask, stop and restart it.
package cluster

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Names that everything on the network agrees on.
const (
	Channel     = "decore"
	Contract    = "decore"     // the contract's chaincode and the label of its package
	Regulator   = "BureauMSP"  // the organisation whose endorsement every transaction needs
	ordererOrg  = "OrdererMSP" // the organisation that runs the ordering service
	bftOrderers = 4            // the fewest that survive a dishonest one
	DefaultPort = 17050        // the first port of a network of the command line
	defaultWait = 50 * time.Millisecond
)

// DefaultOrgs are the organisations of a network of which nothing else is said.
var DefaultOrgs = []string{"platform", "leader", "bankA", "bankB", "bureau"}

// Options say what a network shall be. What is left zero takes a default, or on a network that exists
// already stays as it is.
type Options struct {
	Data          string        // the folder of everything that the network keeps
	Orgs          []string      // names such as bankA; the finance bureau ("bureau") must be among them
	Orderers      int           // 1 or 3, by raft
	BFT           bool          // SmartBFT, with four orderers
	Port          int           // the first port; 0 takes free ones
	BatchTimeout  time.Duration // how long an orderer gathers transactions for a block
	Demonstration bool          // let transactions bear any time
	// Chaincode is the executable of the contract's chaincode; empty builds it from source.
	Chaincode string
	// ChaincodeFor has the executable of an organisation (MSP ID) that runs another one than the rest.
	ChaincodeFor map[string]string
	// Progress is told each step; count is above zero while something is counted. It may be nil.
	Progress func(step string, count int)
}

// ErrOptions is the error of options that make no network or not the one that exists.
var ErrOptions = errors.New("options")

// MSPID is the MSP ID of an organisation: bankA is BankAMSP. An MSP ID is its own.
func MSPID(org string) string {
	if org == "" || strings.HasSuffix(org, "MSP") {
		return org
	}
	return strings.ToUpper(org[:1]) + org[1:] + "MSP"
}

// DefaultData is the folder of a network of which no folder is said.
func DefaultData() (string, error) {
	base := os.Getenv("XDG_STATE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("data folder: %w", err)
		}
		base = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(base, "decore", "network"), nil
}

// withDefaults are the options of a new network.
func (o Options) withDefaults() Options {
	if len(o.Orgs) == 0 {
		o.Orgs = DefaultOrgs
	}
	if o.Orderers == 0 {
		o.Orderers = 1
		if o.BFT {
			o.Orderers = bftOrderers
		}
	}
	if o.BatchTimeout == 0 {
		o.BatchTimeout = defaultWait
	}
	return o
}

// validate says what makes no network.
func (o Options) validate() error {
	var seen plan
	for _, org := range o.Orgs {
		if err := validOrg(org); err != nil {
			return err
		}
		if slices.Contains(seen.members(), MSPID(org)) {
			return fmt.Errorf("%w: two organisations would be called %s", ErrOptions, MSPID(org))
		}
		if err := seen.clash(MSPID(org)); err != nil {
			return err
		}
		seen.Orgs = append(seen.Orgs, member{MSP: MSPID(org)})
	}
	switch {
	case !slices.Contains(seen.members(), Regulator) || len(o.Orgs) < 2:
		return fmt.Errorf("%w: a network needs the finance bureau (bureau) and at least one other organisation", ErrOptions)
	case o.BFT && o.Orderers != bftOrderers:
		return fmt.Errorf("%w: SmartBFT runs with %d orderers", ErrOptions, bftOrderers)
	case !o.BFT && !slices.Contains([]int{1, 3}, o.Orderers):
		return fmt.Errorf("%w: raft runs with 1 or 3 orderers, not %d", ErrOptions, o.Orderers)
	case o.BatchTimeout < time.Millisecond:
		return fmt.Errorf("%w: a batch timeout of %s is too short", ErrOptions, o.BatchTimeout)
	case o.Port < 0 || o.Port > 65000:
		return fmt.Errorf("%w: %d is no port", ErrOptions, o.Port)
	}
	return nil
}

var orgName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,30}$`)

// validOrg says why a name cannot be an organisation's: it becomes part of file names and policies.
func validOrg(name string) error {
	if !orgName.MatchString(name) {
		return fmt.Errorf("%w: %q is no name of an organisation: letters and digits, a letter first", ErrOptions, name)
	}
	if strings.EqualFold(MSPID(name), MSPID(ordererOrg)) {
		return fmt.Errorf("%w: %q is the name of the orderers' organisation", ErrOptions, name)
	}
	return nil
}

// check refuses options of which nothing can come, before anything is made.
func (o Options) check() error {
	if !exists(filepath.Join(o.Data, planFile)) {
		if err := o.withDefaults().validate(); err != nil {
			return err
		}
	}
	for _, file := range append(slices.Collect(maps.Values(o.ChaincodeFor)), o.Chaincode) {
		if err := runnable(file); file != "" && err != nil {
			return fmt.Errorf("%w: the chaincode %w", ErrOptions, err)
		}
	}
	return nil
}

// runnable says why a file is no program that Linux runs: one in ELF, or a script.
func runnable(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return fmt.Errorf("%s is not a program that can be run: chmod +x makes a file one", file)
	}
	f, err := os.Open(file) // #nosec G304 -- the user's choice
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(elf.ELFMAG))
	if _, err := io.ReadFull(f, head); err != nil || (string(head) != elf.ELFMAG && string(head[:2]) != "#!") {
		return fmt.Errorf("%s is not a program of this system", file)
	}
	return nil
}

// step tells the progress.
func (o Options) step(format string, a ...any) {
	if o.Progress != nil {
		o.Progress(fmt.Sprintf(format, a...), 0)
	}
}

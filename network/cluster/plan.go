package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// plan is what a network consists of and how far it has come. It is saved before each step that it
// names, so that a step cut short is taken again.
type plan struct {
	Port          int           `json:"port"`
	BFT           bool          `json:"bft,omitzero"`
	BatchTimeout  time.Duration `json:"batchTimeout"`
	Demonstration bool          `json:"demonstration,omitzero"`
	Orgs          []member      `json:"orgs"`
	Nodes         []Node        `json:"nodes"`
	Chaincodes    []deployment  `json:"chaincodes"`
	Prebuilt      bool          `json:"prebuilt,omitzero"` // the contract's executable was given
}

// member is an organisation of the channel.
type member struct {
	MSP     string `json:"msp"`
	Founder bool   `json:"founder"`           // in the genesis block
	Joined  bool   `json:"joined,omitzero"`   // its peer is on the channel
	Member  bool   `json:"admitted,omitzero"` // the channel's configuration has it; a founder's always does
	// Proposed says that the channel was asked to take it, and may have.
	Proposed bool `json:"proposed,omitzero"`
}

// deployment is one package of chaincode, one running service of it at each organisation, and the
// definitions that name it.
type deployment struct {
	Label       string            `json:"label"`
	Orgs        []string          `json:"orgs"` // MSP IDs that run it
	Env         map[string]string `json:"env,omitempty"`
	Installed   []string          `json:"installed,omitempty"` // MSP IDs whose peer has the package
	Definitions []definition      `json:"definitions"`
}

// definition is a chaincode's name on the channel with its policy.
type definition struct {
	Name      string `json:"name"`
	Policy    string `json:"policy"`
	Sequence  int    `json:"sequence"`
	Committed bool   `json:"committed,omitzero"`
}

// Kinds of nodes.
const (
	KindOrderer   = "orderer"
	KindPeer      = "peer"
	KindChaincode = "chaincode"
)

// Node is a process of the network.
type Node struct {
	Name       string `json:"name"` // such as orderer1, peer.BankAMSP, chaincode.BankAMSP
	Kind       string `json:"kind"`
	Org        string `json:"org"` // MSP ID
	Address    string `json:"address"`
	Operations string `json:"operations,omitempty"` // health and metrics of a peer or an orderer
	Admin      string `json:"admin,omitempty"`      // an orderer's channel participation
	Label      string `json:"label,omitempty"`      // the package of a chaincode service
	Binary     string `json:"binary,omitempty"`     // the executable of a chaincode service that is not its package's
}

// addresses are all that the node listens on.
func (n Node) addresses() []string {
	return slices.DeleteFunc([]string{n.Address, n.Operations, n.Admin}, func(a string) bool { return a == "" })
}

// newPlan lays out a network that does not exist yet.
func newPlan(o Options) (*plan, error) {
	p := &plan{Port: o.Port, BFT: o.BFT, BatchTimeout: o.BatchTimeout, Demonstration: o.Demonstration}
	ports := newPorts(p)
	for i := range o.Orderers {
		if err := p.addNode(ports, Node{Name: fmt.Sprintf("orderer%d", i+1), Kind: KindOrderer, Org: ordererOrg}); err != nil {
			return nil, err
		}
	}
	for _, org := range o.Orgs {
		p.Orgs = append(p.Orgs, member{MSP: MSPID(org), Founder: true, Member: true})
		if err := p.addNode(ports, peerNode(MSPID(org))); err != nil {
			return nil, err
		}
	}
	p.Chaincodes = []deployment{{Label: Contract, Orgs: p.members(), Definitions: []definition{{Name: Contract, Policy: endorsement(p.members()), Sequence: 1}}}}
	for _, org := range p.members() {
		if err := p.addNode(ports, serviceNode(Contract, org)); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func peerNode(org string) Node { return Node{Name: "peer." + org, Kind: KindPeer, Org: org} }

// serviceNode is an organisation's service of a package: the contract's is chaincode.BankAMSP, that of a
// package labelled suite is suite.BankAMSP.
func serviceNode(label, org string) Node {
	prefix := label
	if label == Contract {
		prefix = KindChaincode
	}
	return Node{Name: prefix + "." + org, Kind: KindChaincode, Org: org, Label: label}
}

// addNode gives a node its addresses and adds it.
func (p *plan) addNode(ports *ports, n Node) (err error) {
	fields := map[string][]*string{
		KindOrderer: {&n.Address, &n.Admin, &n.Operations}, KindPeer: {&n.Address, &n.Operations}, KindChaincode: {&n.Address},
	}[n.Kind]
	for _, field := range fields {
		if *field, err = ports.next(n.Name); err != nil {
			return err
		}
	}
	p.Nodes = append(p.Nodes, n)
	return nil
}

// endorsement is the policy of the contract: the finance bureau, which supervises, and anyone else, so that
// neither the bureau nor a member alone can write.
func endorsement(orgs []string) string {
	var others []string
	for _, org := range orgs {
		if org != Regulator {
			others = append(others, "'"+org+".peer'")
		}
	}
	return fmt.Sprintf("AND('%s.peer', OR(%s))", Regulator, strings.Join(others, ", "))
}

// members are the MSP IDs of the organisations.
func (p *plan) members() []string {
	all := make([]string, len(p.Orgs))
	for i, m := range p.Orgs {
		all[i] = m.MSP
	}
	return all
}

// nodes lists the nodes of a kind.
func (p *plan) nodes(kind string) []Node {
	var all []Node
	for _, n := range p.Nodes {
		if n.Kind == kind {
			all = append(all, n)
		}
	}
	return all
}

// node finds a node by its name.
func (p *plan) node(name string) (Node, error) {
	for _, n := range p.Nodes {
		if n.Name == name {
			return n, nil
		}
	}
	return Node{}, fmt.Errorf("%w: no node is called %q", ErrNoNode, name)
}

// ErrNoNode is the error of a name that no node has.
var ErrNoNode = errors.New("unknown node")

// ErrNoNetwork is the error of a folder without a network.
var ErrNoNetwork = errors.New("no network")

const planFile = "network.json"

// readPlan reads the plan of the network in a folder.
func readPlan(dir string) (*plan, error) {
	raw, err := os.ReadFile(filepath.Join(dir, planFile)) // #nosec G304 -- the folder is the user's choice
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s", ErrNoNetwork, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	p := new(plan)
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; `network down` still stops the processes, and with --purge removes the network", filepath.Join(dir, planFile), err)
	}
	return p, nil
}

// save writes the plan in one step.
func (p *plan) save(dir string) error {
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return writeFile(filepath.Join(dir, planFile), raw)
}

// agrees says where options ask for another network than the one that exists.
func (p *plan) agrees(o Options) error {
	differs := func(what string, have, want any) error {
		return fmt.Errorf("%w: the network in %s has %s %v, not %v; purge it first, or name another folder", ErrOptions, o.Data, what, have, want)
	}
	var founders, wanted []string
	for _, m := range p.Orgs {
		if m.Founder {
			founders = append(founders, m.MSP)
		}
	}
	for _, org := range o.Orgs {
		wanted = append(wanted, MSPID(org))
	}
	orderers := len(p.nodes(KindOrderer))
	switch {
	case len(wanted) > 0 && !slices.Equal(wanted, founders) && !slices.Equal(wanted, p.members()):
		return differs("the organisations", strings.Join(p.members(), ","), strings.Join(wanted, ","))
	case o.Orderers != 0 && o.Orderers != orderers:
		return differs("a number of orderers of", orderers, o.Orderers)
	case o.BFT && !p.BFT:
		return differs("an ordering service by", "raft", "SmartBFT")
	case o.Port != 0 && o.Port != DefaultPort && o.Port != p.Port:
		return differs("the first port", p.Port, o.Port)
	case o.BatchTimeout != 0 && o.BatchTimeout != p.BatchTimeout:
		return differs("a batch timeout of", p.BatchTimeout, o.BatchTimeout)
	case o.Demonstration && !p.Demonstration:
		return differs("a clock that is", "real", "a demonstration's")
	}
	return nil
}

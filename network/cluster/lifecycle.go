package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"decore/chaincode/protocol"
)

// define approves and commits the definitions that are not on the channel yet.
func (n *Network) define(ctx context.Context, d deployment, id string) error {
	open := slices.DeleteFunc(slices.Clone(d.Definitions), func(d definition) bool { return d.Committed })
	if len(open) == 0 {
		return nil
	}
	committed, err := n.committed(ctx)
	if err != nil {
		return err
	}
	collections, err := n.collectionsFile(d)
	if err != nil {
		return err
	}
	err = each(ctx, open, func(ctx context.Context, def definition) error {
		if committed[def.Name] >= def.Sequence {
			return nil // a step that was cut short before it was recorded
		}
		return n.commit(ctx, d.Orgs, def, id, collections)
	})
	if err != nil {
		return err
	}
	return n.editChaincode(d.Label, func(d *deployment) {
		for i := range d.Definitions {
			d.Definitions[i].Committed = true
		}
	})
}

// commit lets every organisation approve a definition and then commits it.
func (n *Network) commit(ctx context.Context, orgs []string, d definition, id, collections string) error {
	what := []string{
		"--channelID", Channel, "--name", d.Name, "--version", "1", "--sequence", strconv.Itoa(d.Sequence), "--signature-policy", d.Policy,
		"--collections-config", collections,
	}
	orderer := n.toOrderer(ctx)
	err := each(ctx, orgs, func(ctx context.Context, org string) error {
		args := slices.Concat([]string{"lifecycle", "chaincode", "approveformyorg", "--package-id", id}, what, orderer)
		_, err := n.asAdmin(ctx, org, "approve chaincode "+d.Name, args...)
		if err != nil && strings.Contains(err.Error(), "unchanged content") {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	args := slices.Concat([]string{"lifecycle", "chaincode", "commit"}, what, orderer, n.toPeers(orgs...))
	_, err = n.asAdmin(ctx, orgs[0], "commit chaincode "+d.Name, args...)
	return err
}

// collection is a private collection as the peer's command reads it.
type collection struct {
	Name              string `json:"name"`
	Policy            string `json:"policy"`
	RequiredPeerCount int    `json:"requiredPeerCount"`
	MaxPeerCount      int    `json:"maxPeerCount"`
	BlockToLive       int    `json:"blockToLive"`
	MemberOnlyRead    bool   `json:"memberOnlyRead"`
	MemberOnlyWrite   bool   `json:"memberOnlyWrite"`
}

// collectionsFile declares a private collection for each organisation: its peers alone keep it, and the chaincode's
// own policy says who may write it. An endorser passes a value on to the organisation's peers and does not wait for
// them, so that one that is away holds nobody up. Who may read is for the chaincode to say, which also hands
// values over to those whom the ledger entitles to them.
func (n *Network) collectionsFile(d deployment) (string, error) {
	all := make([]collection, len(d.Orgs))
	for i, org := range d.Orgs {
		all[i] = collection{Name: protocol.Collection(org), Policy: fmt.Sprintf("OR('%s.member')", org), MaxPeerCount: 3}
	}
	raw, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return "", fmt.Errorf("collections: %w", err)
	}
	file := filepath.Join(n.dir, "chaincode", "collections-"+d.Label+".json")
	return file, writeFile(file, raw)
}

// committed lists the definitions on the channel with their sequence.
func (n *Network) committed(ctx context.Context) (map[string]int, error) {
	out, err := n.asAdmin(ctx, Regulator, "list the chaincodes", "lifecycle", "chaincode", "querycommitted", "--channelID", Channel, "--output", "json")
	if err != nil {
		return nil, err
	}
	var answer struct {
		Definitions []struct {
			Name     string `json:"name"`
			Sequence int    `json:"sequence"`
		} `json:"chaincode_definitions"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("list the chaincodes: %w", err)
	}
	all := map[string]int{}
	for _, d := range answer.Definitions {
		all[d.Name] = d.Sequence
	}
	return all, nil
}

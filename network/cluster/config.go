package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// admit puts an organisation that came later into the channel's configuration, signed by a majority of those
// that are there.
func (n *Network) admit(ctx context.Context, m member) error {
	if m.Member {
		return nil
	}
	config, err := n.channelConfig(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(applicationOrgs(config), m.MSP) {
		if err := n.editMember(m.MSP, func(m *member) { m.Proposed = true }); err != nil {
			return err
		}
		if err := n.propose(ctx, m.MSP, config); err != nil {
			return fmt.Errorf("admit %s: %w", m.MSP, err)
		}
	}
	return n.editMember(m.MSP, func(m *member) { m.Member, m.Proposed = true, false })
}

func (n *Network) editMember(org string, edit func(*member)) error {
	return n.change(func(p *plan) error {
		edit(&p.Orgs[slices.IndexFunc(p.Orgs, func(o member) bool { return o.MSP == org })])
		return nil
	})
}

// object is a message of Fabric as configtxlator writes it in JSON.
type object = map[string]any

// at goes down a path of an object; a missing step gives an empty one.
func at(o object, path ...string) object {
	for _, key := range path {
		o, _ = o[key].(object)
	}
	return o
}

func applicationOrgs(config object) []string {
	var all []string
	for org := range at(config, "channel_group", "groups", "Application", "groups") {
		all = append(all, org)
	}
	return all
}

// channelConfig fetches the channel's configuration.
func (n *Network) channelConfig(ctx context.Context) (object, error) {
	block := filepath.Join(n.channelDir(), "config.block")
	if err := n.fetchConfig(ctx, block); err != nil {
		return nil, err
	}
	whole, err := n.decode(ctx, "common.Block", block)
	if err != nil {
		return nil, err
	}
	data, _ := at(whole, "data")["data"].([]any)
	if len(data) == 0 {
		return nil, fmt.Errorf("the channel's configuration block is empty")
	}
	envelope, _ := data[0].(object)
	return at(envelope, "payload", "data", "config"), nil
}

// fetchConfig writes the newest configuration block to a file. An orderer that has just started may not serve it yet.
func (n *Network) fetchConfig(ctx context.Context, file string) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	var last error
	err := poll(ctx, "the channel's configuration", func() (bool, error) {
		args := append([]string{"channel", "fetch", "config", file, "-c", Channel}, n.toOrderer(ctx)...)
		_, last = n.asAdmin(ctx, Regulator, "fetch the channel's configuration", args...)
		return last == nil, nil
	})
	if err != nil && last != nil {
		return last // says more than that the time is over
	}
	return err
}

// propose adds an organisation to a configuration and sends the change, with the signatures that it needs.
func (n *Network) propose(ctx context.Context, org string, config object) error {
	before, err := n.encode(ctx, "common.Config", "before.pb", config)
	if err != nil {
		return err
	}
	group, err := n.orgGroup(ctx, org)
	if err != nil {
		return err
	}
	voters := applicationOrgs(config)
	at(config, "channel_group", "groups", "Application", "groups")[org] = group
	after, err := n.encode(ctx, "common.Config", "after.pb", config)
	if err != nil {
		return err
	}
	change, err := n.difference(ctx, before, after)
	if err != nil {
		return err
	}
	envelope, err := n.encode(ctx, "common.Envelope", "update.pb", object{"payload": object{
		"header": object{"channel_header": object{"channel_id": Channel, "type": 2}},
		"data":   object{"config_update": change},
	}})
	if err != nil {
		return err
	}
	return n.submitConfig(ctx, envelope, voters)
}

// orgGroup is an organisation as the channel's configuration has it.
func (n *Network) orgGroup(ctx context.Context, org string) (object, error) {
	dir := filepath.Join(n.channelDir(), org)
	raw, err := render("configtx.yaml", channelConfig{Orgs: []orgConfig{n.orgConfig(org)}, OrdererOrg: org})
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(dir, "configtx.yaml"), raw); err != nil {
		return nil, err
	}
	out, err := n.tool(ctx, "describe "+org, "configtxgen", "-configPath", dir, "-printOrg", org)
	if err != nil {
		return nil, err
	}
	var group object
	if err := json.Unmarshal(out, &group); err != nil {
		return nil, fmt.Errorf("describe %s: %w", org, err)
	}
	return group, nil
}

// difference is the update that makes one configuration of another.
func (n *Network) difference(ctx context.Context, before, after string) (object, error) {
	update := filepath.Join(n.channelDir(), "difference.pb")
	if _, err := n.tool(ctx, "compute the change", "configtxlator", "compute_update",
		"--channel_id", Channel, "--original", before, "--updated", after, "--output", update); err != nil {
		return nil, err
	}
	return n.decode(ctx, "common.ConfigUpdate", update)
}

// submitConfig signs a change as a majority of the organisations and sends it; who sends it signs it too.
func (n *Network) submitConfig(ctx context.Context, envelope string, voters []string) error {
	slices.Sort(voters)
	last := len(voters) / 2
	for _, org := range voters[:last] {
		if _, err := n.asAdmin(ctx, org, "sign the change", "channel", "signconfigtx", "-f", envelope); err != nil {
			return err
		}
	}
	args := append([]string{"channel", "update", "-f", envelope, "-c", Channel}, n.toOrderer(ctx)...)
	_, err := n.asAdmin(ctx, voters[last], "submit the change", args...)
	return err
}

// decode reads a message of Fabric.
func (n *Network) decode(ctx context.Context, kind, file string) (object, error) {
	out, err := n.tool(ctx, "read "+kind, "configtxlator", "proto_decode", "--type", kind, "--input", file)
	if err != nil {
		return nil, err
	}
	var o object
	if err := json.Unmarshal(out, &o); err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	return o, nil
}

// encode writes a message of Fabric into a file of the channel's folder.
func (n *Network) encode(ctx context.Context, kind, name string, o object) (string, error) {
	raw, err := json.Marshal(o)
	if err != nil {
		return "", fmt.Errorf("write %s: %w", kind, err)
	}
	file := filepath.Join(n.channelDir(), name)
	source := file + ".json"
	if err := writeFile(source, raw); err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(source) }()
	_, err = n.tool(ctx, "write "+kind, "configtxlator", "proto_encode", "--type", kind, "--input", source, "--output", file)
	return file, err
}

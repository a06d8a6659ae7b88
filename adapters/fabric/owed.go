package fabric

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/protocol"
)

// Owed asks other organisations for the openings that the batch lacks and that they owe to this client's.
//
// A member asks the regulator alone, whose supervision is why anything is owed to it: it holds the subsidy accounts,
// and it is the only one that may see what the batch brings. The regulator asks those who hold a command's record, and shows
// them the command with its arguments and what they gave themselves: nobody sees another's terms on this way.
func (c *Client) Owed(ctx context.Context, batch contract.Batch) ([]jsontext.Value, error) {
	ctx, leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if c.conn.Org != c.conn.Regulator {
		owing, err := c.askOwed(ctx, c.conn.Regulator, batch)
		return owing.Openings, err
	}
	return c.askHolders(ctx, batch)
}

// askHolders asks the holders of each command's record, in turn until one lacks nothing of it. One that cannot be
// reached counts only where nobody else gave anything.
func (c *Client) askHolders(ctx context.Context, batch contract.Batch) ([]jsontext.Value, error) {
	commands, err := c.commandsByHolder(ctx, batch.Commands)
	if err != nil {
		return nil, err
	}
	var found []jsontext.Value
	var errs []error
	served := map[string]bool{}
	for _, org := range c.members() {
		asked := slices.DeleteFunc(commands[org], func(jws string) bool { return served[jws] })
		if len(asked) == 0 {
			continue
		}
		given, enough, err := c.askHolder(ctx, org, contract.Batch{Commands: asked, Openings: argumentsOf(asked, batch.Openings)})
		if ctx.Err() != nil {
			return nil, why(ctx)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", org, err))
		}
		for _, opening := range given {
			if !slices.ContainsFunc(found, func(o jsontext.Value) bool { return bytes.Equal(o, opening) }) {
				found = append(found, opening)
			}
		}
		for _, jws := range asked {
			served[jws] = enough
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	return nil, errors.Join(errs...)
}

// commandsByHolder lists for each organisation the commands on whose record it was given the terms.
func (c *Client) commandsByHolder(ctx context.Context, commands []string) (map[string][]string, error) {
	var ids, of []string
	for _, jws := range commands {
		if cmd, err := evidence.Parse(jws); err == nil {
			ids, of = append(ids, cmd.Subject), append(of, jws)
		}
	}
	byHolder := map[string][]string{}
	for i, chunk := range protocol.Chunks(ids) {
		var holders [][]string
		if err := c.question(ctx, &holders, protocol.Holders, arguments(chunk)...); err != nil {
			return nil, err
		}
		if len(holders) != len(chunk) {
			return nil, fmt.Errorf("%s: %d answers to %d keys", protocol.Holders, len(holders), len(chunk))
		}
		for j, orgs := range holders {
			for _, org := range orgs {
				byHolder[org] = append(byHolder[org], of[i*protocol.MaxItems+j])
			}
		}
	}
	return byHolder, nil
}

// maxRounds bounds how often one organisation is asked.
const maxRounds = 16

// askHolder asks one organisation until it gives nothing more, since what a command needs next shows only when what it
// needs first is there: the claim, then the claim's loan. It reports whether nothing is lacking then.
func (c *Client) askHolder(ctx context.Context, org string, batch contract.Batch) (given []jsontext.Value, enough bool, err error) {
	for range maxRounds {
		owing, err := c.askOwed(ctx, org, contract.Batch{Commands: batch.Commands, Openings: slices.Concat(batch.Openings, given)})
		if err != nil || len(owing.Openings) == 0 {
			return given, err == nil && owing.Lacking == 0, err
		}
		given = append(given, owing.Openings...)
	}
	return given, false, nil
}

// members are the other organisations, in the order of the connection file.
func (c *Client) members() []string {
	var orgs []string
	for _, n := range c.conn.Peers {
		if n.Org != c.conn.Org && !slices.Contains(orgs, n.Org) {
			orgs = append(orgs, n.Org)
		}
	}
	return orgs
}

// argumentsOf are, among the openings, those of the commands' own arguments, and the token key that every member has.
func argumentsOf(commands []string, openings []jsontext.Value) []jsontext.Value {
	committed := map[evidence.Commitment]bool{}
	for _, jws := range commands {
		if cmd, err := evidence.Parse(jws); err == nil && cmd.Args != "" {
			committed[cmd.Args] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(openings), func(raw jsontext.Value) bool {
		if committed[evidence.Commit(raw)] {
			return false
		}
		sealed, err := evidence.Open(raw)
		return err != nil || sealed.About != contract.TokenSecretKey
	})
}

func (c *Client) askOwed(ctx context.Context, org string, batch contract.Batch) (owing protocol.Owing, err error) {
	commands, err := protocol.MarshalCommands(batch.Commands)
	if err != nil {
		return owing, fmt.Errorf("batch: %w", err)
	}
	transient := map[string][]byte{protocol.Openings: protocol.MarshalOpenings(batch.Openings)}
	raw, err := c.evaluate(ctx, inTurn(c.peers[org]), c.conn.Chaincode, protocol.Owed, transient, commands)
	if err != nil {
		return owing, err
	}
	if err := json.Unmarshal(raw, &owing); err != nil {
		return owing, fmt.Errorf("answer of the chaincode: %w", err)
	}
	return owing, nil
}

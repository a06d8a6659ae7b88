package fabric

import (
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
// and it is the only one that may see what the batch brings. The regulator asks the others in turn until
// nothing is lacking, and sends them only its commands with their arguments.
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
	return c.askMembers(ctx, contract.Batch{Commands: batch.Commands, Openings: argumentsIn(batch)})
}

// askMembers asks every other organisation until nothing is lacking. One that cannot be reached counts only
// while something is.
func (c *Client) askMembers(ctx context.Context, batch contract.Batch) ([]jsontext.Value, error) {
	var found []jsontext.Value
	var errs []error
	for _, org := range c.members() {
		some, enough, err := c.askMember(ctx, org, batch, found)
		if ctx.Err() != nil {
			return nil, why(ctx)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", org, err))
		}
		if found = append(found, some...); enough {
			return found, nil
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	return nil, errors.Join(errs...)
}

// maxRounds bounds how often one organisation is asked.
const maxRounds = 16

// askMember asks one organisation until it gives nothing more, since what a command needs next shows only when what it
// needs first is there: the claim, then the claim's loan. It reports whether nothing is lacking then.
func (c *Client) askMember(ctx context.Context, org string, batch contract.Batch, have []jsontext.Value) (given []jsontext.Value, enough bool, err error) {
	for range maxRounds {
		asked := contract.Batch{Commands: batch.Commands, Openings: slices.Concat(batch.Openings, have, given)}
		owing, err := c.askOwed(ctx, org, asked)
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

// argumentsIn are the openings of the commands' own arguments, and the token key that every member has.
func argumentsIn(batch contract.Batch) []jsontext.Value {
	committed := map[evidence.Commitment]bool{}
	for _, jws := range batch.Commands {
		if cmd, err := evidence.Parse(jws); err == nil && cmd.Args != "" {
			committed[cmd.Args] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(batch.Openings), func(raw jsontext.Value) bool {
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

package fabric

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"decore/chaincode/protocol"
)

// healthTime bounds each part of a look at the network's health.
const healthTime = 2 * time.Second

// Health says why a batch could not be committed at this moment: it asks the peers and chaincodes of the own and
// the regulator's organisation and looks for an orderer, all at the same time.
func (c *Client) Health(ctx context.Context) error {
	inner, leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	inner, cancel := context.WithTimeout(inner, healthTime)
	defer cancel()
	checks := []func(context.Context) error{
		func(context.Context) error { return c.watch.standing() },
		c.orderers.reachable,
	}
	for _, org := range c.firstEndorsers() {
		checks = append(checks, func(ctx context.Context) error { return c.ping(ctx, org) })
	}
	errs := make([]error, len(checks))
	var wait sync.WaitGroup
	for i, check := range checks {
		wait.Go(func() { errs[i] = check(inner) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

// ping asks the chaincode of an organisation whether it is there, and so its peer.
func (c *Client) ping(ctx context.Context, org string) error {
	_, err := c.evaluate(ctx, inTurn(c.peers[org]), c.conn.Chaincode, protocol.Ping, nil)
	if err != nil {
		return away("endorsement by "+org, err)
	}
	return nil
}

// reachable says whether an orderer can be reached, and did not lately refuse what it was sent.
func (o *orderers) reachable(ctx context.Context) error {
	if err := o.lastFault(); err != nil {
		return err
	}
	found := make(chan error, len(o.nodes))
	for _, n := range o.nodes {
		o.spawn(func() { found <- o.dial(ctx, n) })
	}
	var errs []error
	for range o.nodes {
		err := <-found
		if err == nil {
			return nil
		}
		errs = append(errs, fmt.Errorf("orderer: %w", err))
	}
	return away("orderers", errs...)
}

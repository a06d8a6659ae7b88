// Package rawfabric is fabric-sdk-go's own channel client, used as its documentation shows and with none of decore's
// ways (原生 SDK 客户端). It is what the speed of decore is compared with.
package rawfabric

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hyperledger/fabric-sdk-go/pkg/client/channel"
	"github.com/hyperledger/fabric-sdk-go/pkg/client/msp"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/logging"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/core"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"
	identity "github.com/hyperledger/fabric-sdk-go/pkg/common/providers/msp"
	"github.com/hyperledger/fabric-sdk-go/pkg/fabsdk"

	"decore/adapters/fabric/connection"
)

// Client executes transactions on one channel as one identity.
type Client struct {
	sdk     *fabsdk.FabricSDK
	channel *channel.Client
	store   string // the SDK wants a folder for keys, even where it keeps none
}

// Open connects as the connection's identity.
func Open(conn connection.Connection) (c *Client, err error) {
	store, err := os.MkdirTemp("", "decore-sdk-")
	if err != nil {
		return nil, fmt.Errorf("raw client: %w", err)
	}
	c = &Client{store: store}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("raw client: %w", err), c.Close())
		}
	}()
	logging.SetLevel("fabsdk/fab", logging.ERROR) // it warns of settings that it needs
	backend := profile(conn, store)
	if c.sdk, err = fabsdk.New(func() ([]core.ConfigBackend, error) { return []core.ConfigBackend{backend}, nil }); err != nil {
		return c, err
	}
	members, err := msp.New(c.sdk.Context(), msp.WithOrg(orgKey(conn.Org)))
	if err != nil {
		return c, err
	}
	signer, err := members.CreateSigningIdentity(identity.WithCert([]byte(conn.Identity.Certificate)), identity.WithPrivateKey([]byte(conn.Identity.Key)))
	if err != nil {
		return c, err
	}
	c.channel, err = channel.New(c.sdk.ChannelContext(conn.Channel, fabsdk.WithIdentity(signer)))
	return c, err
}

// executeTime is how long a transaction may take until it is committed.
const executeTime = 15 * time.Second

// Execute has a call endorsed by the peers at those addresses, ordered, and waits until it is committed.
func (c *Client) Execute(ctx context.Context, chaincode, function string, args [][]byte, endorsers ...string) error {
	_, err := c.channel.Execute(channel.Request{ChaincodeID: chaincode, Fcn: function, Args: args},
		channel.WithParentContext(ctx), channel.WithTimeout(fab.Execute, executeTime), channel.WithTargetEndpoints(endorsers...))
	if err != nil {
		return fmt.Errorf("raw client: %w", err)
	}
	return nil
}

// Close ends the client.
func (c *Client) Close() error {
	if c.sdk != nil {
		c.sdk.Close()
	}
	return os.RemoveAll(c.store)
}

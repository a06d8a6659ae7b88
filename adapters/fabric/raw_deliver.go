package fabric

import (
	"context"
	"fmt"

	"github.com/hyperledger/fabric-protos-go/common"
	"github.com/hyperledger/fabric-protos-go/orderer"
	pb "github.com/hyperledger/fabric-protos-go/peer"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/events/deliverclient/seek"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/txn"
)

// PrivateBlock is a block as a peer of an organisation delivers it to a client that asks for the private data of its
// transactions too: the bytes of all that the peer gives.
func (r Raw) PrivateBlock(ctx context.Context, org string, number uint64) ([]byte, error) {
	ctx, leave, err := r.c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	request, err := r.seek(number)
	if err != nil {
		return nil, err
	}
	conn, err := r.c.conns.DialContext(ctx, inTurn(r.c.peers[org])[0].address)
	if err != nil {
		return nil, err
	}
	stream, err := pb.NewDeliverClient(conn).DeliverWithPrivateData(ctx)
	if err == nil {
		err = stream.Send(request)
	}
	if err != nil {
		return nil, fmt.Errorf("peer of %s: %w", org, err)
	}
	response, err := stream.Recv()
	if err != nil {
		return nil, fmt.Errorf("peer of %s: %w", org, err)
	}
	if response.GetBlockAndPrivateData() == nil {
		return nil, fmt.Errorf("peer of %s: no block but %v", org, response.GetStatus())
	}
	return marshal(response)
}

// seek is a signed request for blocks from a number on.
func (r Raw) seek(number uint64) (*common.Envelope, error) {
	from := seek.InfoFrom(number)
	from.Behavior = orderer.SeekInfo_FAIL_IF_NOT_READY
	data, err := marshal(from)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	header, err := txn.NewHeader(r.c.sdk, r.c.conn.Channel)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	channel, err := txn.CreateChannelHeader(common.HeaderType_DELIVER_SEEK_INFO, txn.ChannelHeaderOpts{TxnHeader: header})
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	content, err := txn.CreatePayload(header, channel, data)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	payload, err := marshal(content)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	signature, err := r.c.sdk.SigningManager().Sign(payload, r.c.sdk.PrivateKey())
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	return &common.Envelope{Payload: payload, Signature: signature}, nil
}

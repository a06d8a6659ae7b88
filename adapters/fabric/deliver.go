package fabric

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hyperledger/fabric-protos-go/common"
	pb "github.com/hyperledger/fabric-protos-go/peer"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/chconfig"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/events/client/dispatcher"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/events/deliverclient/connection"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/events/deliverclient/seek"
)

// peerBlocks are the blocks of the organisation's own peers.
type peerBlocks struct{ *Client }

func (p *peerBlocks) newest(ctx context.Context) (*decoded, error) {
	info, err := p.chainInfo(ctx, p.own())
	if err != nil || info.GetHeight() < 2 {
		return nil, err
	}
	b, err := p.fetch(ctx, info.GetHeight()-1)
	if err != nil {
		return nil, err
	}
	return b, sameBlock(b, info)
}

func (p *peerBlocks) fetch(ctx context.Context, number uint64) (*decoded, error) {
	return p.Client.fetch(ctx, p.own(), number)
}

func (p *peerBlocks) find(ctx context.Context, id string) (outcome, error) { return p.lookUp(ctx, id) }

func (p *peerBlocks) read(b *common.Block) (*decoded, error) { return decode(b, p.conn.Chaincode) }

// silence is how long a stream of blocks may be silent before its peer is asked whether it still is there.
const silence = 2 * time.Second

// deliver follows one peer. It is told of new blocks by the stream that shows the least of them and asks for each,
// since a peer that streams whole blocks to any member streams the private data of its collections too, when asked;
// the channel's ACL lets nobody have either.
func (p *peerBlocks) deliver(ctx context.Context, from uint64, handle func(*common.Block) error) error {
	n := p.own()[0]
	stream, err := p.openStream(n)
	if err != nil {
		n.note(err)
		return fmt.Errorf("peer %s: %w", n.address, err)
	}
	events := make(chan any)
	go func() {
		defer close(events)
		stream.Receive(events)
	}()
	defer func() {
		stream.Close()
		for range events { // until the stream's goroutine has ended
		}
	}()
	if err := stream.Send(seek.InfoFrom(from)); err != nil {
		return fmt.Errorf("peer %s: %w", n.address, err)
	}
	err = p.receive(ctx, n, events, handle)
	if ctx.Err() == nil {
		n.note(err)
	}
	return err
}

func (p *peerBlocks) openStream(n *node) (*connection.DeliverConnection, error) {
	stream, err := connection.New(p.sdk, chconfig.NewChannelCfg(p.conn.Channel), connection.DeliverFiltered, "grpcs://"+n.address)
	if err == nil && stream.StreamConnection == nil { // the SDK returns neither when the peer goes away right then
		err = errors.New("no stream")
	}
	return stream, err
}

// receive asks for blocks as they are told of, and hands them over.
func (p *peerBlocks) receive(ctx context.Context, n *node, events <-chan any, handle func(*common.Block) error) error {
	quiet := time.NewTicker(silence)
	defer quiet.Stop()
	for {
		select {
		case event, ok := <-events:
			if !ok {
				return fmt.Errorf("peer %s ended the stream of blocks", n.address)
			}
			if err := p.handOver(ctx, n, event, handle); err != nil {
				return fmt.Errorf("peer %s: %w", n.address, err)
			}
			quiet.Reset(silence)
		case <-quiet.C:
			if err := p.probe(ctx, n); err != nil {
				return err
			}
		case <-ctx.Done():
			return why(ctx)
		}
	}
}

// probe asks whether a silent peer still is there.
func (p *peerBlocks) probe(ctx context.Context, n *node) error {
	question, err := p.propose(qscc, "GetChainInfo", nil, []byte(p.conn.Channel))
	if err != nil {
		return err
	}
	_, err = p.ask(ctx, n, question, silence)
	return err
}

func (p *peerBlocks) handOver(ctx context.Context, n *node, event any, handle func(*common.Block) error) error {
	number, err := numberOf(event)
	if err != nil {
		return err
	}
	b, err := p.block(ctx, []*node{n}, number)
	if err != nil {
		return err
	}
	return handle(b)
}

// numberOf takes an event of the SDK's stream apart: the number of a new block.
func numberOf(event any) (uint64, error) {
	switch e := event.(type) {
	case *dispatcher.DisconnectedEvent:
		return 0, fmt.Errorf("the stream of blocks broke: %w", e.Err)
	case *connection.Event:
		response, ok := e.Event.(*pb.DeliverResponse)
		if !ok {
			break
		}
		if b := response.GetFilteredBlock(); b != nil {
			return b.GetNumber(), nil
		}
		return 0, fmt.Errorf("the stream of blocks ended with status %v", response.GetStatus())
	}
	return 0, fmt.Errorf("unexpected event %T", event)
}

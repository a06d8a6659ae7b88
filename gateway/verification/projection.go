package verification

import (
	"context"

	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/gateway/projection"
)

// FromProjection reads facts out of the projection.
func FromProjection(s *projection.Store) Source { return projected{s} }

type projected struct{ *projection.Store }

// Head is the block that the projection has come to.
func (p projected) Head(ctx context.Context) (AsOf, error) {
	h, err := p.Position(ctx)
	at := AsOf{Block: h.Number, Hash: h.Hash, Time: evidence.InstantOf(h.Time)}
	if since := p.CutOff(); !since.IsZero() {
		at.CutOff = evidence.InstantOf(since)
	}
	return at, err
}

// Record returns a header and its opening.
func (p projected) Record(ctx context.Context, id string) (contract.Header, []byte, error) {
	r, err := p.Store.Record(ctx, id)
	return r.Header, r.Opening, err
}

// Commands lists the accepted commands about a subject.
func (p projected) Commands(ctx context.Context, subject string) ([]Decided, error) {
	entries, err := p.History(ctx, subject)
	if err != nil {
		return nil, err
	}
	var all []Decided
	for _, e := range entries {
		if e.Result.Status == contract.Accepted && e.Subject == subject {
			all = append(all, Decided{JWS: e.JWS, Result: e.Result, Position: Position{Block: e.Place.Block, Tx: e.Tx,
				TxIndex: e.Place.Tx, Index: e.Place.Position, Time: e.Recorded}})
		}
	}
	return all, nil
}

// Register returns the register of a document.
func (p projected) Register(ctx context.Context, t duplicate.Token) (duplicate.Register, error) {
	return p.Token(ctx, t)
}

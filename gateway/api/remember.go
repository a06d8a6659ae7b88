package api

import (
	"context"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"decore/chaincode/calendar"
	"decore/gateway/projection"
	"decore/gateway/verification"
)

// A verification is a function of the projection at one block, of who asks, and of the time only where a day ends or a
// reservation lapses. While none of these changes, the answer is the same to the byte, and need not be made again.
type verificationKey struct {
	record string
	viewer verification.Viewer
	lang   string
	block  uint64
	cutOff int64 // since when the ledger is out of reach, milliseconds
}

type verificationEntry struct {
	from, until time.Time // of the ledger's clock
	body        []byte
}

const (
	keptVerifications = 4096 // some 8 KB each
	// keptFor bounds how long an answer stands, for terms that reach this gateway without a block of their own.
	keptFor = 5 * time.Second
)

type verifications = lru.Cache[verificationKey, verificationEntry]

// verified answers with the verification of a record that the caller sees.
func (a *API) verified(ctx context.Context, e *exchange, r projection.Record, s sight) (*reply, error) {
	head, err := a.store.Position(ctx)
	if err != nil {
		return nil, err
	}
	k, now := verificationKey{r.ID, viewer(e, r, s), e.lang, head.Number, a.store.CutOff().UnixMilli()}, a.ledger.Now()
	if kept, ok := a.answers.Get(k); ok && !now.Before(kept.from) && now.Before(kept.until) {
		return &reply{Status: http.StatusOK, ContentType: mediaJSON, Body: kept.body}, nil
	}
	v, err := a.verify(ctx, e, r, s)
	if err != nil {
		return nil, err
	}
	out, err := answer(http.StatusOK, v)
	if err != nil {
		return nil, err
	}
	if v.AsOf.Block == head.Number && v.AsOf.CutOff.UnixMilli() == k.cutOff {
		until, err := a.stands(ctx, r, now)
		if err != nil {
			return nil, err
		}
		a.answers.Add(k, verificationEntry{from: now, until: until, body: out.Body})
	}
	return out, nil
}

// stands returns until when a verification made now stays right by itself.
func (a *API) stands(ctx context.Context, r projection.Record, now time.Time) (time.Time, error) {
	until := now.Add(keptFor)
	if midnight := calendar.At(now).AddDays(1).Start(); midnight.Before(until) {
		until = midnight
	}
	book, err := a.store.Book(ctx, r.Root)
	for _, l := range book.Liens {
		if l.Until != nil && now.Before(l.Until.Time) && l.Until.Before(until) {
			until = l.Until.Time
		}
	}
	return until, err
}

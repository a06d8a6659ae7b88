package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"decore/chaincode/evidence"
	"decore/gateway/keystore"
	"decore/gateway/receipt"
	"decore/gateway/verification"
)

// receiptRoute answers with the portable proof of a verification: a file that the caller keeps, and that anybody can
// check without us. Its bytes are canonical JSON and must be kept as they are. What it is called keeps it apart from a
// warehouse receipt, of which there is one too.
func (a *API) receiptRoute(path, kind string) {
	handle(a, route{method: http.MethodGet, path: "/v1/" + path + "/{id}/receipt", id: kind + ".receipt", tag: tagVerify, en: "The portable proof of a verification",
		zh: "下载核验回执", answer: reflect.TypeFor[receipt.File]()}, func(ctx context.Context, e *exchange, in *RecordPath) (*reply, error) {
		r, s, err := a.record(ctx, e, kind, in.ID)
		if err != nil {
			return nil, err
		}
		facts, err := a.facts.Gather(ctx, r.ID, viewer(e, r, s), evidence.InstantOf(a.ledger.Now()))
		if err != nil {
			return nil, err
		}
		signer, err := a.signer()
		if err != nil {
			return nil, err
		}
		issuer := receipt.Issuer{Source: verification.FromProjection(a.store), Blocks: a.ledger, Signer: signer}
		raw, err := issuer.Issue(ctx, facts)
		if err != nil {
			return nil, err
		}
		return &reply{Status: http.StatusOK, ContentType: mediaJSON, Disposition: `attachment; filename="verification-receipt-` + r.ID + `.json"`, Body: raw}, nil
	})
}

// signer is the platform that signs receipts, nil when none is set or its key is not hosted here.
func (a *API) signer() (*receipt.Signer, error) {
	if a.issuer == "" {
		return nil, nil
	}
	key, _, err := a.keys.Key(a.issuer)
	if errors.Is(err, keystore.ErrNoKey) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &receipt.Signer{Party: a.issuer, Key: key}, nil
}

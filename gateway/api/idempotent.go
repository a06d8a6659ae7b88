package api

import (
	"context"
	"strings"

	"decore/gateway/problem"
)

// exactlyOnce drafts signed commands, submits them and renders the answer.
func (a *API) exactlyOnce(ctx context.Context, e *exchange, in *Write, draft func() ([]step, error), render func([]outcome) (*reply, error)) (*reply, error) {
	if in.Key != "" {
		if err := checkKey(in.Key); err != nil {
			return nil, err
		}
	}
	steps, err := draft()
	if err != nil {
		return nil, err
	}
	outcomes, err := a.carryOut(ctx, steps)
	if err != nil {
		return nil, err
	}
	return render(outcomes)
}

// checkKey refuses a key that could not be told apart from another one in a log.
func checkKey(key string) error {
	if len(key) > 128 || strings.ContainsFunc(key, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
		return problem.New(problem.IdempotencyInvalid).At("header.Idempotency-Key")
	}
	return nil
}

package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"decore/adapters/ledger"
	"decore/gateway/consortium"
	"decore/gateway/desk"
	"decore/gateway/projection"
	"decore/gateway/submit"
)

// Office is what a command needs that works for hosted parties in a data folder which no gateway is serving: ledger,
// projection, keys and submitter, without HTTP.
type Office struct {
	Ledger ledger.Ledger
	Store  *projection.Store
	Submit *submit.Submitter
	Desk   *desk.Desk

	closers []func() error // in the order of opening
}

// OpenOffice opens a data folder that a gateway has served before. The projection is as far as it was left: see
// CatchUp.
func OpenOffice(ctx context.Context, cfg Config) (*Office, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	o := &Office{}
	if err := o.open(ctx, cfg); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

func (o *Office) open(ctx context.Context, cfg Config) error {
	asked, err := HomeOf(cfg.Connection)
	if err != nil {
		return err
	}
	if err := CheckHome(cfg.Data, asked); err != nil {
		return err
	}
	unlock, err := LockData(cfg.Data)
	if err != nil {
		return err
	}
	o.opened(unlock)
	plan, err := Plan(cfg.Data)
	if err != nil {
		return err
	}
	var options submit.Options
	if o.Ledger, options, err = openLedger(ctx, cfg, plan); err != nil {
		return err
	}
	o.opened(o.Ledger.Close)
	charter, founded, err := consortium.Charter(ctx, o.Ledger)
	switch {
	case err != nil:
		return err
	case !founded:
		return errors.New("the ledger was never founded; `gateway serve` does that")
	}
	keys, err := OpenKeys(cfg.Data, cfg.Passphrase)
	if err != nil {
		return err
	}
	o.Desk = &desk.Desk{Ledger: charter.Ledger, Clock: o.Ledger, Keys: keys}
	o.Submit = submit.New(o.Ledger, options)
	o.opened(func() error { o.Submit.Close(); return nil })
	o.Store, err = projection.OpenOrRebuild(ctx, cfg.path("projection.db"), projection.Options{Log: cfg.Log, Clock: o.Ledger.Now})
	if err != nil {
		return err
	}
	o.opened(o.Store.Close)
	return nil
}

func (o *Office) opened(close func() error) { o.closers = append(o.closers, close) }

// CatchUp brings the projection to the ledger's newest block.
func (o *Office) CatchUp(ctx context.Context) error {
	if err := o.Store.CatchUp(ctx, o.Ledger); err != nil {
		return fmt.Errorf("projection: %w", err)
	}
	return nil
}

// Close closes everything in reverse order.
func (o *Office) Close() error {
	var errs []error
	for i := len(o.closers) - 1; i >= 0; i-- {
		errs = append(errs, o.closers[i]())
	}
	return errors.Join(errs...)
}

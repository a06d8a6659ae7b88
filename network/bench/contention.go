package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"decore/chaincode/calendar"
	"decore/chaincode/evidence"
	"decore/chaincode/lifecycle"
	"decore/gateway/consortium"
	"decore/gateway/desk"
	"decore/gateway/server"
)

// loansPerBank are how many loans each bank has given to the one household. Two commands each go to its account.
const loansPerBank = 3

// signer signs commands of parties whose keys are with one organisation.
type signer struct{ desk *desk.Desk }

func (s *stage) signer(org string) (signer, error) {
	keys, err := server.OpenKeys(s.folder(org), "")
	return signer{&desk.Desk{Ledger: s.plan.Ledger, Clock: clock{}, Keys: keys}}, err
}

// intent is a command to be signed.
type intent struct {
	verb    string
	subject string
	on      evidence.Commitment
	args    any
}

// send signs commands of a party and sends them together.
func (s signer) send(ctx context.Context, as client, m consortium.Member, intents []intent) ([]record, error) {
	commands := make([]map[string]any, len(intents))
	for i, in := range intents {
		signed, _, _, err := s.desk.Sign(desk.Order{Party: m.USCC, Verb: in.verb, Subject: in.subject, On: in.on, Args: in.args})
		if err != nil {
			return nil, err
		}
		commands[i] = signedCommand(signed.JWS, signed.Opening)
	}
	answer, err := as.many(ctx, "/v1/commands", map[string]any{"commands": commands})
	if err != nil {
		return nil, err
	}
	made := make([]record, len(intents))
	for i, r := range answer.Results {
		made[i] = record{r.ID, evidence.Commitment(r.Commitment)}
	}
	return made, nil
}

// lender is a bank with its loans to the household.
type lender struct {
	consortium.Member
	loans []string
}

// lend has every bank lend to the household, through the platform's gateway.
func (r *run) lend(ctx context.Context) ([]lender, error) {
	household := partiesOf(r.stage.plan, lifecycle.SME)[0]
	banks := partiesOf(r.stage.plan, lifecycle.Bank)
	borrower, err := r.stage.as(r.platform, r.stage.platformOrg(), household.USCC, lifecycle.SME)
	if err != nil {
		return nil, err
	}
	own, err := r.stage.signer(household.Org)
	if err != nil {
		return nil, err
	}
	lenders := make([]lender, len(banks))
	group, ctx := errgroup.WithContext(ctx)
	for i, bank := range banks {
		lenders[i].Member = bank
		group.Go(func() error { return r.lendFrom(ctx, &lenders[i], borrower, own, household) })
	}
	return lenders, group.Wait()
}

func (r *run) lendFrom(ctx context.Context, l *lender, borrower client, own signer, household consortium.Member) error {
	as, err := r.stage.as(r.platform, r.stage.platformOrg(), l.USCC, lifecycle.Bank)
	if err != nil {
		return err
	}
	bank, err := r.stage.signer(l.Org)
	if err != nil {
		return err
	}
	today := calendar.At(r.started)
	const amount = "200000.00"
	items := make([]map[string]any, loansPerBank)
	for i := range items {
		items[i] = map[string]any{"verb": "apply", "args": map[string]any{"lender": l.USCC, "product": "fixed-asset-loan",
			"amount": amount, "tenorMonths": 24, "purpose": "新建压铸产线"}}
	}
	answer, err := borrower.many(ctx, "/v1/financings/batch", map[string]any{"items": items})
	if err != nil {
		return err
	}
	loans := make([]record, loansPerBank)
	for i, a := range answer.Results {
		loans[i] = record{a.ID, evidence.Commitment(a.Commitment)}
		l.loans = append(l.loans, a.ID)
	}
	offer := map[string]any{"amount": amount, "annualRate": "0.034", "maturity": today.AddMonths(24), "validUntil": today.AddMonths(1)}
	for _, step := range []struct {
		verb string
		by   consortium.Member
		as   client
		with signer
		args func(i int) any
	}{
		{"financing.offer", l.Member, as, bank, func(int) any { return offer }},
		{"financing.accept", household, borrower, own, func(int) any { return map[string]any{} }},
		{"financing.disburse", l.Member, as, bank, func(i int) any {
			return map[string]any{"amount": amount, "date": today, "reference": fmt.Sprintf("%s-%s-%d", r.stage.run, l.USCC, i)}
		}},
	} {
		intents := make([]intent, len(loans))
		for i, loan := range loans {
			intents[i] = intent{step.verb, loan.id, loan.terms, step.args(i)}
		}
		if loans, err = step.with.send(ctx, step.as, step.by, intents); err != nil {
			return fmt.Errorf("%s: %w", step.verb, err)
		}
	}
	return nil
}

// measureContention lets all banks hold and release subsidies of one household at once, each at the gateway of its own
// organisation.
func (r *run) measureContention(ctx context.Context) (err error) {
	lenders, err := r.lend(ctx)
	if err != nil {
		return err
	}
	gateways := map[string]*gateway{r.stage.platformOrg(): r.platform}
	defer func() {
		for org, g := range gateways {
			if org != r.stage.platformOrg() {
				err = errors.Join(err, g.stop())
			}
		}
	}()
	clients := make([]client, len(lenders))
	for i, l := range lenders {
		if gateways[l.Org] == nil {
			if gateways[l.Org], err = r.stage.gatewayOf(ctx, r.network, l.Org); err != nil {
				return err
			}
		}
		if clients[i], err = r.stage.as(gateways[l.Org], l.Org, l.USCC, lifecycle.Bank); err != nil {
			return err
		}
	}
	r.report.Contention, err = r.measure(ctx, func() Rate {
		t := newTally()
		began := time.Now()
		var wait sync.WaitGroup
		for i, l := range lenders {
			wait.Go(func() { l.draw(ctx, clients[i], t) })
		}
		wait.Wait()
		return t.rate("commands on one subsidy account", len(lenders), time.Since(began))
	})
	return err
}

// draw holds and releases the subsidy of each of the bank's loans.
func (l lender) draw(ctx context.Context, as client, t *tally) {
	for _, loan := range l.loans {
		var claim struct {
			ID string `json:"id"`
		}
		began := time.Now()
		err := as.post(ctx, "/v1/subsidy/claims", map[string]any{"policy": "subsidy-sme-2026", "financing": loan,
			"sizeClass": "small", "private": true, "sector": "仪器仪表"}, &claim)
		t.note(began, 1, err)
		if err != nil {
			continue
		}
		began = time.Now()
		t.note(began, 1, as.post(ctx, "/v1/subsidy/claims/"+claim.ID+"/release", map[string]any{}, nil))
	}
}

package bench

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/gateway/desk"
	"decore/gateway/server"
)

// orders are the orders of the hosted suppliers with one chain leader, which attests them with a key of its own.
type orders struct {
	run     string
	buyer   ident.USCC
	sellers []ident.USCC
	as      []client // of the sellers
	leader  client
	sign    *desk.Desk // of the leader
	number  atomic.Int64
	today   calendar.Date
}

// clock is the time of the leader's own system.
type clock struct{}

func (clock) Now() time.Time { return time.Now() }

func newOrders(s *stage, g *gateway, folder string) (*orders, error) {
	leader := partiesOf(s.plan, lifecycle.Leader)[0]
	o := &orders{run: rand.Text()[:8], buyer: leader.USCC, today: calendar.At(time.Now())}
	for _, m := range partiesOf(s.plan, lifecycle.SME) {
		o.sellers = append(o.sellers, m.USCC)
	}
	var err error
	if o.as, err = s.clients(g, folder, lifecycle.SME); err != nil {
		return nil, err
	}
	if o.leader, err = s.as(g, folder, leader.USCC, lifecycle.Leader); err != nil {
		return nil, err
	}
	keys, err := server.OpenKeys(s.folder(leader.Org), "")
	o.sign = &desk.Desk{Ledger: s.plan.Ledger, Clock: clock{}, Keys: keys}
	return o, err
}

// create is a new order of a seller.
func (o *orders) create(seller int) map[string]any {
	return map[string]any{
		"seller": o.sellers[seller], "buyer": o.buyer, "buyerClass": "large", "number": fmt.Sprintf("%s-%08d", o.run, o.number.Add(1)),
		"signed": o.today.String(), "deliverBy": o.today.AddMonths(3).String(), "paymentDays": 60, "goods": "压铸件 ADC12", "amount": "128000.00",
	}
}

// post creates one order.
func (o *orders) post(ctx context.Context, caller int) (int, error) {
	seller := caller % len(o.sellers)
	return 1, o.as[seller].post(ctx, "/v1/orders", o.create(seller), nil)
}

// signedCommand is a finished command as /v1/commands takes it.
func signedCommand(jws string, opening []byte) map[string]any {
	return map[string]any{"jws": jws, "opening": json.RawMessage(opening)}
}

// record is a record as the ledger has it.
type record struct {
	id    string
	terms evidence.Commitment
}

// createMany creates orders in one call.
func (o *orders) createMany(ctx context.Context, caller, n int) ([]record, error) {
	seller := caller % len(o.sellers)
	items := make([]map[string]any, n)
	for i := range items {
		items[i] = map[string]any{"verb": "create", "args": o.create(seller)}
	}
	answer, err := o.as[seller].many(ctx, "/v1/orders/batch", map[string]any{"items": items})
	if err != nil {
		return nil, err
	}
	made := make([]record, n)
	for i, r := range answer.Results {
		made[i] = record{r.ID, evidence.Commitment(r.Commitment)}
	}
	return made, nil
}

// attestMany has the leader attest orders, by commands that it signed itself.
func (o *orders) attestMany(ctx context.Context, made []record) error {
	commands := make([]map[string]any, len(made))
	for i, r := range made {
		signed, _, _, err := o.sign.Sign(desk.Order{Party: o.buyer, Verb: "order.attest", Subject: r.id, On: r.terms, Args: financing.NoArgs{}})
		if err != nil {
			return err
		}
		commands[i] = signedCommand(signed.JWS, signed.Opening)
	}
	_, err := o.leader.many(ctx, "/v1/commands", map[string]any{"commands": commands})
	return err
}

// attestEvery is how many calls create orders for each one in which the leader attests those of a call before.
const attestEvery = 4

// bulk is a caller's mix of calls of n commands each: mostly new orders, and attestations of what it made.
func (o *orders) bulk(callers, n int) call {
	turns, last := make([]int, callers), make([][]record, callers)
	return func(ctx context.Context, caller int) (int, error) {
		turns[caller]++
		if turns[caller]%(attestEvery+1) == 0 && last[caller] != nil {
			made := last[caller]
			last[caller] = nil
			return len(made), o.attestMany(ctx, made)
		}
		made, err := o.createMany(ctx, caller, n)
		last[caller] = made
		return len(made), err
	}
}

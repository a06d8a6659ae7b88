package fabric

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/hyperledger/fabric-protos-go/common"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/errors/status"
	sdk "github.com/hyperledger/fabric-sdk-go/pkg/common/providers/context"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"
	sdkcontext "github.com/hyperledger/fabric-sdk-go/pkg/context"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/orderer"
	"github.com/hyperledger/fabric-sdk-go/pkg/fab/txn"

	"decore/adapters/fabric/connection"
	"decore/adapters/ledger"
)

// broadcastTime is how long one orderer may take to accept a transaction.
const broadcastTime = 3 * time.Second

// OrderError says that an orderer refused a transaction for good: it is not on its way.
type OrderError struct {
	Orderer string
	Status  common.Status
	Info    string
}

func (e *OrderError) Error() string {
	return fmt.Sprintf("orderer %s refused the transaction: %v: %s", e.Orderer, e.Status, e.Info)
}

// Unwrap tells what the network does not take from this client apart from what is only too large, and may be
// submitted in parts.
func (e *OrderError) Unwrap() error {
	if e.Status == common.Status_REQUEST_ENTITY_TOO_LARGE || strings.Contains(e.Info, "exceeds maximum allowed") {
		return nil
	}
	return ledger.ErrUnavailable
}

// final are the statuses with which any orderer would answer alike.
var final = map[common.Status]bool{
	common.Status_BAD_REQUEST: true, common.Status_FORBIDDEN: true, common.Status_REQUEST_ENTITY_TOO_LARGE: true,
}

// orderers hand transactions to the ordering service.
type orderers struct {
	nodes []*node
	all   bool // send to every one at once
	send  func(ctx context.Context, tx *fab.Transaction, n *node) error
	pause func(ctx context.Context, attempt int) error
	dial  func(ctx context.Context, n *node) error
	spawn func(func()) // starts what the client's Close waits for

	mu   sync.Mutex
	last error     // of the newest attempt, nil when it was accepted
	told time.Time // when that was
}

func newOrderers(client sdk.Client, conn connection.Connection, spawn func(func())) (*orderers, error) {
	o := &orderers{all: conn.BFT, pause: pause, spawn: spawn}
	for _, n := range conn.Orderers {
		made, err := orderer.New(client.EndpointConfig(), orderer.WithURL("grpcs://"+n.Address))
		if err != nil {
			return nil, fmt.Errorf("orderer %s: %w", n.Address, err)
		}
		o.nodes = append(o.nodes, &node{org: n.Org, address: n.Address, orderer: made})
	}
	o.send = func(ctx context.Context, tx *fab.Transaction, n *node) error {
		inner, cancel := sdkcontext.NewRequest(client, sdkcontext.WithParent(ctx), sdkcontext.WithTimeout(broadcastTime))
		defer cancel()
		_, err := txn.Send(inner, tx, []fab.Orderer{n.orderer})
		return err
	}
	o.dial = func(ctx context.Context, n *node) error {
		_, err := client.InfraProvider().CommManager().DialContext(ctx, n.address)
		return err
	}
	return o, nil
}

// pause waits a little longer after each attempt, by chance more or less.
func pause(ctx context.Context, attempt int) error {
	longest := min(50*time.Millisecond<<min(attempt, 5), time.Second)
	timer := time.NewTimer(longest/2 + rand.N(longest/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return why(ctx)
	}
}

// broadcast hands a transaction to the ordering service. It tries until an orderer accepts it or ctx ends: for
// a moment after a start or a failure there may be no leader. The same transaction may be sent any number of
// times, since peers take an ID once. The error is an *OrderError when it is refused for good.
func (o *orderers) broadcast(ctx context.Context, tx *fab.Transaction) error {
	once := o.inTurn
	if o.all {
		once = o.atOnce
	}
	for attempt := 0; ; attempt++ {
		err := once(ctx, tx)
		o.tell(err)
		var refused *OrderError
		if err == nil || errors.As(err, &refused) || ctx.Err() != nil || o.pause(ctx, attempt) != nil {
			return err
		}
	}
}

// tell notes how an attempt went, unless nobody waited for its end.
func (o *orderers) tell(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last, o.told = err, time.Now()
}

// inTurn sends to one orderer after the other until one accepts.
func (o *orderers) inTurn(ctx context.Context, tx *fab.Transaction) error {
	var errs []error
	for _, n := range inTurn(o.nodes) {
		err := o.sendTo(ctx, tx, n)
		var refused *OrderError
		if err == nil || errors.As(err, &refused) || ctx.Err() != nil {
			return err
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// atOnce sends to every orderer and returns when the first accepts, or all have not; the rest ends with their
// own time. A SmartBFT orderer that is not the leader keeps the transaction for a while before it passes it on, and
// a dishonest one for ever.
func (o *orderers) atOnce(ctx context.Context, tx *fab.Transaction) error {
	answers := make(chan error, len(o.nodes))
	for _, n := range o.nodes {
		o.spawn(func() { answers <- o.sendTo(ctx, tx, n) })
	}
	var errs []error
	var refused []*OrderError
	for range o.nodes {
		err := <-answers
		if err == nil {
			return nil
		}
		var no *OrderError
		if errors.As(err, &no) {
			refused, err = append(refused, no), errors.New(no.Error()) // one alone may be lying
		}
		errs = append(errs, err)
	}
	if dishonest := (len(o.nodes) - 1) / 3; len(refused) > dishonest {
		return refused[0]
	}
	return errors.Join(errs...)
}

// sendTo sends to one orderer.
func (o *orderers) sendTo(ctx context.Context, tx *fab.Transaction, n *node) error {
	err := o.send(ctx, tx, n)
	if s, ok := status.FromError(err); ok && s.Group == status.OrdererServerStatus && final[common.Status(s.Code)] {
		n.note(nil)
		return &OrderError{n.address, common.Status(s.Code), s.Message}
	}
	if err != nil && ctx.Err() != nil {
		return why(ctx)
	}
	n.note(err)
	if err != nil {
		return n.fault("orderer", err)
	}
	return nil
}

// faultAge is how long an attempt that failed speaks against the ordering service, when none came after it.
const faultAge = 5 * time.Second

// lastFault is why the newest attempt was not accepted, nil when it was or is long ago.
func (o *orderers) lastFault() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var refused *OrderError
	if o.last == nil || time.Since(o.told) > faultAge || errors.As(o.last, &refused) {
		return nil
	}
	return away("orderers", o.last)
}

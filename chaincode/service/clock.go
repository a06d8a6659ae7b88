package service

import (
	"fmt"
	"time"

	"decore/chaincode/protocol"
)

// clockCheck holds the times of transactions near this organisation's clock. A client chooses the time of its
// transaction, so that an endorser's refusal is all that keeps it from dating one back.
type clockCheck struct {
	now  func() time.Time
	skew time.Duration
	off  bool // on a demonstration network, whose times prove nothing
}

func (c clockCheck) check(t time.Time) error {
	if c.off {
		return nil
	}
	if distance := t.Sub(c.now()).Abs(); distance > c.skew {
		return refusal(protocol.Clock, fmt.Errorf("the transaction's time %s is %s from this organisation's clock, at most %s",
			t.UTC().Format(time.RFC3339), distance.Round(time.Second), c.skew))
	}
	return nil
}

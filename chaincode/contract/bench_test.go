package contract_test

import (
	"fmt"
	"testing"

	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
)

// BenchmarkSubmit decides batches of signed commands on a state in memory: ES256 checks, openings,
// rules, commitments and writes, all that a peer does but for its store.
func BenchmarkSubmit(b *testing.B) {
	for _, kind := range []string{"order.create", "receivable.register", "order.attest"} {
		for _, size := range []int{1, 100, 200} {
			b.Run(fmt.Sprintf("%s/batch=%d", kind, size), func(b *testing.B) {
				w := newWorld(b)
				batch := w.batchOf(kind, size)
				for b.Loop() {
					out, err := contract.Submit(w.State, batch)
					if err != nil || out.Results[size-1].Status != contract.Accepted {
						b.Fatalf("%+v %v", out, err)
					}
					w.State.Drop()
				}
				b.ReportMetric(float64(size*b.N)/b.Elapsed().Seconds(), "commands/s")
			})
		}
	}
}

// batchOf signs a batch of commands of one verb with the openings that they need.
func (w *world) batchOf(verb string, size int) contract.Batch {
	w.T.Helper()
	var batch contract.Batch
	add := func(by *contracttest.Actor, subject string, args any, records ...string) {
		jws, opening := w.Sign(by, verb, subject, args)
		batch.Commands = append(batch.Commands, jws)
		batch.Openings = append(batch.Openings, opening)
		for _, id := range records {
			batch.Openings = append(batch.Openings, w.Opening(id))
		}
	}
	for i := range size {
		switch verb {
		case "order.create":
			add(w.SME, contracttest.NewID("ORD"), w.orderArgs("1000.00"))
		case "order.attest":
			id := w.order("1000.00")
			add(w.Leader, id, sample[verb](w, id), id)
		case "receivable.register":
			amount := fmt.Sprintf("%d.00", 1000+i)
			order := w.deliveredOrder(amount)
			add(w.SME, contracttest.NewID("REC"), w.registerArgs(order, amount), order)
		}
	}
	return batch
}

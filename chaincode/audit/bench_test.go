package audit_test

import (
	"testing"

	"decore/chaincode/audit"
)

// BenchmarkAudit replays a history of loans from order to release, in transactions of one command and of many, with
// all transactions in one block as ledgers under load make them.
func BenchmarkAudit(b *testing.B) {
	for _, c := range []struct {
		name string
		size int
	}{{"commands one by one", 1}, {"batches of 50", 50}} {
		b.Run(c.name, func(b *testing.B) {
			p := newPlayer(b)
			p.size = c.size
			for range 25 {
				p.lent(p.BankA, true, p.registered(p.delivered()))
			}
			txs, commands := p.transactions(), 0
			for _, tx := range txs {
				commands += len(tx.Commands)
			}
			for b.Loop() {
				if found := audit.New().Block(txs); len(found) > 0 {
					b.Fatal(found)
				}
			}
			b.ReportMetric(float64(commands)*float64(b.N)/b.Elapsed().Seconds(), "commands/s")
		})
	}
}

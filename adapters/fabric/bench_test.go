package fabric_test

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"decore/adapters/fabric"
	"decore/adapters/ledger/conformance"
	"decore/chaincode/contract"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

// BenchmarkNetwork measures batches of commands that each write four public keys and a private one, and reads.
func BenchmarkNetwork(b *testing.B) {
	n := clustertest.Up(b, cluster.Options{Orgs: []string{"platform", "bankA", "bureau"}, Progress: func(string, int) {}})
	c := open(b, n, "PlatformMSP", deploySuite(b, n, 1)[0])
	var number atomic.Int64
	for _, size := range []int{1, 100} {
		for _, callers := range []int{1, 4} {
			b.Run(fmt.Sprintf("submit/commands=%d/callers=%d", size, callers), func(b *testing.B) { submitting(b, c, &number, size, callers) })
		}
	}
	for _, keys := range []int{1, 100} {
		b.Run(fmt.Sprintf("get/keys=%d", keys), func(b *testing.B) {
			names := make([]string, keys)
			for i := range names {
				names[i] = fmt.Sprintf("%012d/0", i)
			}
			for b.Loop() {
				if _, err := c.Get(b.Context(), names...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func submitting(b *testing.B, c *fabric.Client, number *atomic.Int64, size, callers int) {
	var group errgroup.Group
	group.SetLimit(callers)
	started := time.Now()
	batches := 0
	for b.Loop() {
		batches++
		next := batchOf(number, size)
		group.Go(func() error {
			_, err := c.Submit(b.Context(), next)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(batches*size)/time.Since(started).Seconds(), "commands/s")
}

// batchOf makes commands whose keys are new and in the order of time.
func batchOf(number *atomic.Int64, size int) contract.Batch {
	var batch contract.Batch
	for range size {
		id := fmt.Sprintf("%012d", number.Add(1))
		cmd := conformance.Command{ID: id}
		for i := range 4 {
			cmd.Steps = append(cmd.Steps, conformance.Step{Do: "put", Key: id + "/" + strconv.Itoa(i), Value: value})
		}
		cmd.Steps = append(cmd.Steps, conformance.Step{Do: "put private", Org: "BankAMSP", Key: id, Value: value})
		raw, err := json.Marshal(cmd)
		if err != nil {
			panic(err)
		}
		batch.Commands = append(batch.Commands, string(raw))
	}
	return batch
}

const value = `{"kind":"receivable","owner":"91370200MA3C0LEADX","state":"registered","terms":"aW0tYS1jb21taXRtZW50LW9mLTMyLWJ5dGVzLWxvbmc","version":1}`

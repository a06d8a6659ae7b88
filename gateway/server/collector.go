package server

import (
	"os"
	"runtime/debug"
)

// heapGrowth is by how many percent the heap may grow beyond what is live before it is collected.
const heapGrowth = 400

// TuneCollector has a process that serves or books a data folder collect its garbage less often: what is live is some tens
// of megabytes, the ledger's cache being outside the heap, so that Go's own setting collects many times a second. Who sets
// GOGC is obeyed.
func TuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
}

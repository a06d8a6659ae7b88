// Command chaincode is the program of the conformance suite as a Fabric chaincode service, so that the suite can
// ask a real network how it treats the state. It is for tests alone: who can reach it may write anything.
package main

import (
	"fmt"
	"os"

	"decore/adapters/ledger/conformance"
	"decore/chaincode/service"
)

func main() {
	if err := service.Main(conformance.Program); err != nil {
		fmt.Fprintln(os.Stderr, "chaincode:", err)
		os.Exit(1)
	}
}

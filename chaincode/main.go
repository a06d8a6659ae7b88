// Command chaincode is the contract of decore as a Fabric chaincode service (链码即服务). Its settings come from
// the environment, see package service.
package main

import (
	"fmt"
	"os"

	"decore/chaincode/contract"
	"decore/chaincode/service"
)

func main() {
	if err := service.Main(contract.Submit); err != nil {
		fmt.Fprintln(os.Stderr, "chaincode:", err)
		os.Exit(1)
	}
}

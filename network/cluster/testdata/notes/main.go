// Command notes is a chaincode of a page: it keeps values under keys, and says which organisation it runs for.
package main

import (
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// lie is what the chaincode answers instead of what it keeps, if it was built to: -ldflags "-X main.lie=…".
var lie string

type notes struct{}

func (notes) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

func (notes) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	verb, args := stub.GetFunctionAndParameters()
	switch {
	case verb == "put" && len(args) == 2:
		if err := stub.PutState(args[0], []byte(args[1])); err != nil {
			return shim.Error(err.Error())
		}
		return shim.Success([]byte(args[1]))
	case verb == "get" && len(args) == 1:
		value, err := stub.GetState(args[0])
		if err != nil {
			return shim.Error(err.Error())
		}
		if lie != "" {
			value = []byte(lie)
		}
		return shim.Success(value)
	case verb == "environment" && len(args) == 1:
		return shim.Success([]byte(os.Getenv(args[0])))
	}
	return shim.Error("unknown verb " + verb)
}

func run() error {
	var files [3][]byte
	for i, key := range []string{"CHAINCODE_TLS_KEY", "CHAINCODE_TLS_CERT", "CHAINCODE_CLIENT_CA_CERT"} {
		raw, err := os.ReadFile(os.Getenv(key))
		if err != nil {
			return err
		}
		files[i] = raw
	}
	server := shim.ChaincodeServer{
		CCID: os.Getenv("CHAINCODE_ID"), Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"), CC: notes{},
		TLSProps: shim.TLSProperties{Key: files[0], Cert: files[1], ClientCACerts: files[2]},
	}
	return server.Start()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

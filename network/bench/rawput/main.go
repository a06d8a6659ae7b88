// Command rawput is a chaincode that only writes what it is given: put KEY VALUE …. The bench compares the contract
// with it.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

type rawput struct{}

func (rawput) Init(shim.ChaincodeStubInterface) *peer.Response { return shim.Success(nil) }

// Invoke writes pairs of keys and values in one message to the peer.
func (rawput) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	args := stub.GetArgs()
	if len(args) < 3 || len(args)%2 == 0 || string(args[0]) != "put" {
		return shim.Error("put takes keys and values")
	}
	stub.StartWriteBatch()
	var err error
	for i := 1; i < len(args); i += 2 {
		err = errors.Join(err, stub.PutState(string(args[i]), args[i+1]))
	}
	if err = errors.Join(err, stub.FinishWriteBatch()); err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(nil)
}

func run() error {
	var files [3][]byte
	for i, name := range []string{"CHAINCODE_TLS_KEY", "CHAINCODE_TLS_CERT", "CHAINCODE_CLIENT_CA_CERT"} {
		raw, err := os.ReadFile(os.Getenv(name)) // #nosec G703 -- the setting names the file
		if err != nil {
			return err
		}
		files[i] = raw
	}
	server := shim.ChaincodeServer{
		CCID: os.Getenv("CHAINCODE_ID"), Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"), CC: rawput{},
		TLSProps: shim.TLSProperties{Key: files[0], Cert: files[1], ClientCACerts: files[2]},
	}
	return server.Start()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "rawput:", err)
		os.Exit(1)
	}
}

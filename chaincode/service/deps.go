// Package service x
package service

import (
	_ "github.com/hyperledger/fabric-chaincode-go/v2/shim"
	_ "github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// Package fabric x
package fabric

import (
	_ "github.com/hyperledger/fabric-protos-go/common"
	_ "github.com/hyperledger/fabric-sdk-go/pkg/client/event"
	_ "github.com/hyperledger/fabric-sdk-go/pkg/client/ledger"
	_ "github.com/hyperledger/fabric-sdk-go/pkg/fab/txn"
	_ "github.com/hyperledger/fabric-sdk-go/pkg/fabsdk"
)

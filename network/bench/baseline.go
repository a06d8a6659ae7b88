package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"sync/atomic"

	"decore/adapters/fabric/connection"
	"decore/adapters/fabric/rawfabric"
	"decore/network/cluster"
)

const (
	rawChaincode = "rawput"
	assetBytes   = 1024
	rawAssets    = 50 // in one transaction of the second baseline
)

// deployRaw builds and deploys the chaincode of the baselines.
func (r *run) deployRaw(ctx context.Context) error {
	file := filepath.Join(r.dir, rawChaincode)
	if err := cluster.Build(ctx, r.networkOptions(), "the plain chaincode", "./network/bench/rawput", file); err != nil {
		return err
	}
	return r.network.Deploy(ctx, cluster.Chaincode{Label: rawChaincode, Binary: file})
}

// raw is fabric-sdk-go's own client, whose transactions two organisations endorse.
type raw struct {
	client    *rawfabric.Client
	endorsers []string
	number    atomic.Int64
	value     []byte
}

func (r *run) openRaw() (*raw, error) {
	conn, err := connection.Read(r.network.ConnectionFile(r.stage.platformOrg()))
	if err != nil {
		return nil, err
	}
	b := &raw{value: make([]byte, assetBytes)}
	_, _ = rand.Read(b.value) // never fails (crypto/rand)
	for _, n := range conn.Peers {
		if n.Org == conn.Org || n.Org == conn.Regulator {
			b.endorsers = append(b.endorsers, n.Address)
		}
	}
	b.client, err = rawfabric.Open(conn)
	return b, err
}

// put writes assets in one transaction and waits until it is committed.
func (b *raw) put(assets int) call {
	return func(ctx context.Context, _ int) (int, error) {
		args := make([][]byte, 0, 2*assets)
		for range assets {
			args = append(args, fmt.Appendf(nil, "asset/%012d", b.number.Add(1)), b.value)
		}
		return assets, b.client.Execute(ctx, rawChaincode, "put", args, b.endorsers...)
	}
}

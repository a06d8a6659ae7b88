package bench

import (
	"context"
	"net/http"
	"os"

	"decore/network/cluster"
)

// Groups of processes.
const (
	groupPeers     = "peers"
	groupOrderers  = "orderers"
	groupContract  = "chaincode"
	groupRaw       = "plain chaincode"
	groupGateway   = "gateway"
	groupGenerator = "load generator"
)

// Groups are the groups of processes, in the order of tables.
var Groups = []string{groupPeers, groupOrderers, groupContract, groupRaw, groupGateway, groupGenerator}

func groupOf(n cluster.Node) string {
	switch {
	case n.Kind == cluster.KindPeer:
		return groupPeers
	case n.Kind == cluster.KindOrderer:
		return groupOrderers
	case n.Label == rawChaincode:
		return groupRaw
	}
	return groupContract
}

// groups are the processes that run now.
func (r *run) groups(ctx context.Context) groups {
	g := groups{groupGenerator: {os.Getpid()}, groupGateway: {r.platform.cmd.Process.Pid}}
	for _, n := range r.network.Status(ctx) {
		if n.PID != 0 {
			g[groupOf(n.Node)] = append(g[groupOf(n.Node)], n.PID)
		}
	}
	return g
}

// transactions are how many the platform's peer has found valid, and invalid for what another one had changed.
func (r *run) transactions(ctx context.Context) (valid, conflicts int, err error) {
	for _, n := range r.network.Nodes() {
		if n.Kind != cluster.KindPeer || n.Org != r.stage.platformOrg() {
			continue
		}
		f, err := client{http: http.DefaultClient, base: "http://" + n.Operations}.figures(ctx)
		if err != nil {
			return 0, 0, err
		}
		const name = "ledger_transaction_count"
		of := func(code string) int {
			return int(f.count(name, map[string]string{"channel": cluster.Channel, "validation_code": code}))
		}
		return of("VALID"), of("MVCC_READ_CONFLICT"), nil
	}
	return 0, 0, nil
}

package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxMetrics bounds what a node may answer.
const maxMetrics = 16 << 20

// operations asks a node's operations service.
func operations(ctx context.Context, node Node, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+node.Operations+path, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", node.Name, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s does not answer: %w", node.Name, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxMetrics))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", node.Name, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s is not well: %s", node.Name, response.Status)
	}
	return body, nil
}

// errNoMetric is the error of a figure that a node does not give, such as one of a channel that it has not joined.
var errNoMetric = errors.New("no such metric")

// metric reads a figure of the channel from a node.
func metric(ctx context.Context, node Node, name string) (int, error) {
	body, err := operations(ctx, node, "/metrics")
	if err != nil {
		return 0, err
	}
	return findMetric(body, name)
}

// findMetric finds a figure of the channel in the text format of Prometheus.
func findMetric(body []byte, name string) (int, error) {
	lines := bufio.NewScanner(bytes.NewReader(body))
	for lines.Scan() {
		labels, ok := strings.CutPrefix(lines.Text(), name+"{")
		if !ok || !strings.Contains(labels, `channel="`+Channel+`"`) {
			continue
		}
		value, err := strconv.ParseFloat(labels[strings.LastIndexByte(labels, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		return int(value), nil
	}
	return 0, fmt.Errorf("%w: %s", errNoMetric, name)
}

// height is how many blocks of the channel a peer or an orderer has.
func (n *Network) height(ctx context.Context, node Node) (int, error) {
	if node.Kind == KindOrderer {
		info, err := n.participation(ctx, node)
		return info.Height, err
	}
	return metric(ctx, node, "ledger_blockchain_height")
}

// ErrNoLeader is the error of an ordering service without a leader.
var ErrNoLeader = errors.New("no orderer leads")

// Leader names the orderer that leads.
func (n *Network) Leader(ctx context.Context) (string, error) {
	orderers := n.plan().nodes(KindOrderer)
	if n.plan().BFT {
		return leaderOfView(ctx, orderers)
	}
	for _, o := range orderers {
		if leads, err := metric(ctx, o, "consensus_etcdraft_is_leader"); err == nil && leads == 1 {
			return o.Name, nil
		}
	}
	return "", ErrNoLeader
}

// leaderOfView is the leader that more than two thirds of the orderers of SmartBFT name, if it is there.
func leaderOfView(ctx context.Context, orderers []Node) (string, error) {
	votes := map[int]int{}
	for _, o := range orderers {
		if id, err := metric(ctx, o, "consensus_smartbft_view_leader_id"); err == nil {
			votes[id]++
		}
	}
	for i, o := range orderers {
		if votes[i+1]*3 <= len(orderers)*2 {
			continue
		}
		if _, err := operations(ctx, o, "/healthz"); err == nil {
			return o.Name, nil
		}
	}
	return "", ErrNoLeader
}

// follows says whether an orderer knows a leader, without which it takes no transaction.
func (n *Network) follows(ctx context.Context, o Node) bool {
	name := "consensus_etcdraft_leader_changes"
	if n.plan().BFT {
		name = "consensus_smartbft_view_leader_id"
	}
	known, err := metric(ctx, o, name)
	return err == nil && known > 0
}

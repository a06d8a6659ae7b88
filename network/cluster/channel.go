package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"time"
)

// agreeWait is how long orderers may take to find a leader and peers to find one another.
const agreeWait = 60 * time.Second

// joinAll brings orderers and peers onto the channel, and organisations that came later into its configuration.
func (n *Network) joinAll(ctx context.Context) error {
	if err := each(ctx, n.plan().nodes(KindOrderer), n.joinOrderer); err != nil {
		return err
	}
	if err := n.awaitLeader(ctx); err != nil {
		return err
	}
	for _, m := range n.plan().Orgs {
		if err := n.admit(ctx, m); err != nil {
			return err
		}
	}
	return each(ctx, n.plan().Orgs, n.joinPeer)
}

// channelInfo is what an orderer says of the channel.
type channelInfo struct {
	Height int    `json:"height"`
	Status string `json:"status"`
}

// errNotJoined is the error of an orderer that does not know the channel.
var errNotJoined = errors.New("not on the channel")

// participation asks an orderer about the channel.
func (n *Network) participation(ctx context.Context, o Node) (info channelInfo, err error) {
	body, status, err := n.administer(ctx, o, http.MethodGet, "/"+Channel, "", nil)
	switch {
	case err != nil:
		return info, err
	case status == http.StatusNotFound:
		return info, fmt.Errorf("%s: %w", o.Name, errNotJoined)
	case status != http.StatusOK:
		return info, fmt.Errorf("%s: %s", o.Name, bytes.TrimSpace(body))
	}
	if err := json.Unmarshal(body, &info); err != nil {
		return info, fmt.Errorf("%s: %w", o.Name, err)
	}
	return info, nil
}

// joinOrderer brings an orderer onto the channel.
func (n *Network) joinOrderer(ctx context.Context, o Node) error {
	if _, err := n.participation(ctx, o); !errors.Is(err, errNotJoined) {
		return err
	}
	genesis, err := os.ReadFile(n.genesisFile())
	if err != nil {
		return fmt.Errorf("genesis block: %w", err)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("config-block", "genesis.block")
	if err == nil {
		_, err = part.Write(genesis)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return fmt.Errorf("genesis block: %w", err)
	}
	body, status, err := n.administer(ctx, o, http.MethodPost, "", w.FormDataContentType(), &form)
	if err == nil && status != http.StatusCreated {
		err = fmt.Errorf("%s cannot join: %s", o.Name, bytes.TrimSpace(body))
	}
	return err
}

// administer asks an orderer's channel participation service.
func (n *Network) administer(ctx context.Context, o Node, method, path, kind string, send io.Reader) ([]byte, int, error) {
	config, err := n.tlsConfig(o)
	if err != nil {
		return nil, 0, err
	}
	config.NextProtos = nil
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "https://"+o.Admin+"/participation/v1/channels"+path, send)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", o.Name, err)
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return nil, 0, fmt.Errorf("%s does not answer: %w", o.Name, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxMetrics))
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", o.Name, err)
	}
	return body, response.StatusCode, nil
}

// joinPeer brings the peer of an organisation onto the channel.
func (n *Network) joinPeer(ctx context.Context, m member) error {
	if m.Joined {
		return nil
	}
	_, err := n.asAdmin(ctx, m.MSP, "join the channel", "channel", "join", "-b", n.genesisFile())
	if err != nil && !strings.Contains(err.Error(), "already exists") {
		return err
	}
	return n.editMember(m.MSP, func(m *member) { m.Joined = true })
}

func (n *Network) awaitLeader(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, agreeWait)
	defer cancel()
	return poll(ctx, "a leader of the ordering service", func() (bool, error) {
		_, err := n.Leader(ctx)
		return err == nil, nil
	})
}

// Ready waits until every node serves: orderers know their leader, all nodes have the blocks that there were
// when it was asked, and every peer knows all others, so that whoever asks one finds enough endorsers.
func (n *Network) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, agreeWait)
	defer cancel()
	p, top := n.plan(), 0
	nodes := append(p.nodes(KindOrderer), p.nodes(KindPeer)...)
	for _, node := range nodes {
		if height, err := n.height(ctx, node); err == nil {
			top = max(top, height)
		}
	}
	return poll(ctx, "the nodes to agree", func() (bool, error) {
		for _, node := range nodes {
			height, err := n.height(ctx, node)
			if err != nil || height < top || !n.connected(ctx, node, len(p.Orgs)-1) {
				return false, nil //nolint:nilerr // it may answer later
			}
		}
		return true, nil
	})
}

// connected says whether an orderer knows its leader, or a peer so many others.
func (n *Network) connected(ctx context.Context, node Node, others int) bool {
	if node.Kind == KindOrderer {
		return n.follows(ctx, node)
	}
	known, err := metric(ctx, node, "gossip_membership_total_peers_known")
	return err == nil && known >= others
}

package cluster

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const figures = `# TYPE ledger_blockchain_height gauge
ledger_blockchain_height{channel="other"} 99
ledger_blockchain_height{channel="decore"} 12
ledger_blockchain_height_total{channel="decore"} 13
big{channel="decore",status="x"} 1.5e+06
broken{channel="decore"} many
`

func TestAFigureOfTheChannel(t *testing.T) {
	for name, want := range map[string]int{"ledger_blockchain_height": 12, "big": 1500000} {
		if got, err := findMetric([]byte(figures), name); err != nil || got != want {
			t.Errorf("%s is %d, %v, want %d", name, got, err, want)
		}
	}
	if _, err := findMetric([]byte(figures), "missing"); !errors.Is(err, errNoMetric) {
		t.Errorf("missing: %v", err)
	}
	if _, err := findMetric([]byte(figures), "broken"); err == nil || errors.Is(err, errNoMetric) {
		t.Errorf("broken: %v", err)
	}
}

// orderer stands for an orderer's operations service that names a leader.
func orderer(t *testing.T, name string, leader int) Node {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "consensus_smartbft_view_leader_id{channel=\"decore\"} %d\n", leader)
	}))
	t.Cleanup(s.Close)
	return Node{Name: name, Kind: KindOrderer, Operations: strings.TrimPrefix(s.URL, "http://")}
}

func TestTheLeaderOfSmartBFTIsWhomMostName(t *testing.T) {
	gone := Node{Name: "orderer1", Kind: KindOrderer, Operations: "127.0.0.1:1"}
	for name, test := range map[string]struct {
		orderers []Node
		want     string
	}{
		"all agree":          {[]Node{orderer(t, "orderer1", 2), orderer(t, "orderer2", 2), orderer(t, "orderer3", 2), orderer(t, "orderer4", 2)}, "orderer2"},
		"one lies":           {[]Node{orderer(t, "orderer1", 1), orderer(t, "orderer2", 2), orderer(t, "orderer3", 2), orderer(t, "orderer4", 2)}, "orderer2"},
		"two and two":        {[]Node{orderer(t, "orderer1", 1), orderer(t, "orderer2", 2), orderer(t, "orderer3", 2), orderer(t, "orderer4", 1)}, ""},
		"the leader is gone": {[]Node{gone, orderer(t, "orderer2", 1), orderer(t, "orderer3", 1), orderer(t, "orderer4", 1)}, ""},
		"a follower is gone": {[]Node{gone, orderer(t, "orderer2", 2), orderer(t, "orderer3", 2), orderer(t, "orderer4", 2)}, "orderer2"},
	} {
		got, err := leaderOfView(t.Context(), test.orderers)
		if got != test.want || errors.Is(err, ErrNoLeader) != (test.want == "") {
			t.Errorf("%s: %q, %v, want %q", name, got, err, test.want)
		}
	}
}

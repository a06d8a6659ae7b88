package faults_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"decore/network/cluster"
)

// check holds the ledger against what the callers were told: every order is there under the ID that its caller got,
// and no other. Then every signed command explains the state, every peer has it, and the read model is as the ledger.
func (s *stage) check(t *testing.T, l *load) {
	t.Helper()
	l.end()
	if len(l.odd) > 0 {
		t.Errorf("%d calls were answered oddly, the first: %s", len(l.odd), l.odd[0])
	}
	listed := s.listed(t, l)
	for number, id := range l.orders {
		if got := listed[strings.ReplaceAll(number, "-", "")]; !slices.Equal(got, []string{id}) {
			t.Errorf("order %s was acknowledged as %s, and on the ledger it is %v", number, id, got)
		}
	}
	if len(listed) != len(l.orders) {
		t.Errorf("%d orders were acknowledged, %d are there", len(l.orders), len(listed))
	}
	t.Logf("%d orders, %d calls repeated", len(l.orders), l.repeated.Load())
	s.samePeers(t)
	for _, org := range []string{bureau, platform} {
		s.run(t, "audit", "--ledger", "fabric", "--connection", s.net.ConnectionFile(org))
	}
	s.own.kill(t)
	s.run(t, "doctor", "--ledger", "fabric", "--connection", s.net.ConnectionFile(platform), "--data", s.folder(platform))
}

// listed reads all orders through the gateway: record IDs by number.
func (s *stage) listed(t *testing.T, l *load) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for cursor := ""; ; {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.url+"/v1/orders?limit=200&cursor="+url.QueryEscape(cursor), nil)
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+l.token)
		res, err := client.Do(req)
		must(t, err)
		var page struct {
			Items []struct {
				ID    string
				Terms struct{ Number string }
			}
			Next string
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		_ = res.Body.Close()
		must(t, err)
		for _, o := range page.Items {
			all[o.Terms.Number] = append(all[o.Terms.Number], o.ID)
		}
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// samePeers waits until all peers are at one height.
func (s *stage) samePeers(t *testing.T) {
	t.Helper()
	await(t, "all peers to be at one height", func(ctx context.Context) bool {
		var heights []int
		for _, n := range s.net.Status(ctx) {
			if n.Kind == cluster.KindPeer {
				heights = append(heights, n.Height)
			}
		}
		slices.Sort(heights)
		return heights[0] > 0 && heights[0] == heights[len(heights)-1]
	})
}

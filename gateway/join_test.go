package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/fixtures"
	"decore/gateway/auth"
	"decore/gateway/consortium"
	"decore/gateway/server"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

// house is the gateways of some organisations of a network, in this process.
type house struct {
	t       *testing.T
	network *cluster.Network
	data    string
	servers map[string]*server.Server
}

func (h *house) folder(org string) string { return filepath.Join(h.data, org) }

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) open(org string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	srv, err := server.Start(ctx, server.Config{Data: h.folder(org), Connection: h.network.ConnectionFile(org),
		Consortium: filepath.Join(h.data, "plan.json"), Listen: "127.0.0.1:0"})
	h.must(err)
	h.servers[org] = srv
}

func (h *house) close() {
	h.t.Helper()
	for _, srv := range h.servers {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(h.t.Context()), time.Minute)
		h.must(srv.Close(ctx))
		cancel()
	}
	clear(h.servers)
}

// keys makes the keys of an organisation's parties, in the plan file.
func (h *house) keys(org string) {
	h.t.Helper()
	if out, errOut, code := run(h.t, "keys", "--org", org, "--data", h.folder(org), filepath.Join(h.data, "plan.json")); code != 0 {
		h.t.Fatalf("%s%s", out, errOut)
	}
}

// call makes a request of a party at the gateway of an organisation, again while it is not served there yet.
func (h *house) call(org string, as ident.USCC, role lifecycle.Role, method, path string, body any, want int) map[string]any {
	h.t.Helper()
	dev, err := auth.OpenDevIssuer(h.folder(org), nil)
	h.must(err)
	token, err := dev.Token(as, []lifecycle.Role{role}, time.Hour)
	h.must(err)
	raw, err := json.Marshal(body)
	h.must(err)
	for deadline := time.Now().Add(20 * time.Second); ; {
		req, err := http.NewRequestWithContext(h.t.Context(), method, h.servers[org].URL()+path, bytes.NewReader(raw))
		h.must(err)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		h.must(err)
		answer, err := io.ReadAll(res.Body)
		h.must(err)
		_ = res.Body.Close()
		if res.StatusCode == want {
			var into map[string]any
			h.must(json.Unmarshal(answer, &into))
			return into
		}
		if time.Now().After(deadline) || res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusNotFound {
			h.t.Fatalf("%s %s at %s: %d %s", method, path, org, res.StatusCode, answer)
		}
		time.Sleep(50 * time.Millisecond) // this gateway has not read the block yet
	}
}

const (
	bureau   ident.USCC = "91370200990000308H"
	platform ident.USCC = "91370200990000316C"
	supplier ident.USCC = "91370200990000009K"
	buyer    ident.USCC = "91370200990000017E"
	newBank  ident.USCC = "913702009900003247"
)

// A bank joins a ledger that is in use: the channel, the charter, the registry; then a supplier shows it an order.
func TestABankJoinsALedgerThatIsInUse(t *testing.T) {
	h := &house{t: t, data: t.TempDir(), servers: map[string]*server.Server{},
		network: clustertest.Up(t, cluster.Options{Orgs: []string{"bureau", "platform", "leader"}})}
	plan, err := consortium.Read(fixtures.FS, "consortium/qingdao.json")
	h.must(err)
	members := plan.Parties
	plan.Orgs, plan.Parties = []string{"BureauMSP", "PlatformMSP", "LeaderMSP"}, nil
	for _, m := range members {
		if m.Org != "BankAMSP" && m.Org != "BankBMSP" {
			plan.Parties = append(plan.Parties, m)
		}
	}
	h.writePlan(plan)
	for _, org := range plan.Orgs {
		h.keys(org)
	}
	for _, org := range plan.Orgs {
		h.open(org)
	}
	defer h.close()
	today := time.Now().In(time.FixedZone("", 8*3600)).Format(time.DateOnly)
	later := time.Now().AddDate(0, 2, 0).Format(time.DateOnly)
	order := h.call("PlatformMSP", supplier, lifecycle.SME, http.MethodPost, "/v1/orders", map[string]any{"seller": supplier, "buyer": buyer,
		"buyerClass": "large", "number": "JOIN-0001", "signed": today, "deliverBy": later, "paymentDays": 60, "goods": "壳体", "amount": "1000.00"}, http.StatusCreated)["id"]

	h.must(h.network.AddOrg(t.Context(), "bankB"))
	h.close()
	for _, org := range plan.Orgs { // with the connection files that know the newcomer
		h.open(org)
	}
	h.call("BureauMSP", bureau, lifecycle.Regulator, http.MethodPost, "/v1/ledger/organisations", map[string]any{"org": "BankBMSP"}, http.StatusOK)
	plan.Parties = []consortium.Member{}
	for _, m := range members {
		if m.USCC == newBank || m.USCC == plan.Regulator || m.USCC == plan.Platform {
			plan.Parties = append(plan.Parties, m)
		}
	}
	h.writePlan(plan)
	h.keys("BankBMSP")
	joined, err := consortium.Read(os.DirFS(h.data), "plan.json")
	h.must(err)
	register := map[string]any{"uscc": newBank, "name": "胶东远帆银行股份有限公司", "roles": []string{"bank"}, "org": "BankBMSP"}
	h.call("PlatformMSP", platform, lifecycle.Platform, http.MethodPost, "/v1/parties", register, http.StatusUnprocessableEntity)
	for _, m := range joined.Parties {
		if m.USCC == newBank {
			register["key"] = m.Key
		}
	}
	h.call("PlatformMSP", platform, lifecycle.Platform, http.MethodPost, "/v1/parties", register, http.StatusCreated)
	h.call("BureauMSP", bureau, lifecycle.Regulator, http.MethodPost, fmt.Sprintf("/v1/parties/%s/approve", newBank), map[string]any{}, http.StatusOK)

	h.open("BankBMSP")
	h.call("PlatformMSP", supplier, lifecycle.SME, http.MethodPost, fmt.Sprintf("/v1/orders/%s/grant", order), map[string]any{"to": newBank, "until": later}, http.StatusOK)
	seen := h.call("BankBMSP", newBank, lifecycle.Bank, http.MethodGet, fmt.Sprintf("/v1/orders/%s", order), nil, http.StatusOK)
	if terms, ok := seen["terms"].(map[string]any); !ok || terms["amount"] != "1000.00" {
		t.Errorf("the bank sees %v", seen)
	}
}

func (h *house) writePlan(plan consortium.Plan) {
	h.t.Helper()
	raw, err := json.Marshal(plan)
	h.must(err)
	h.must(os.WriteFile(filepath.Join(h.data, "plan.json"), raw, 0o600))
}

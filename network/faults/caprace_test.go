package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"decore/chaincode/calendar"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/fixtures"
	"decore/gateway/auth"
	"decore/gateway/consortium"
	"decore/network/cluster"
	"decore/network/cluster/clustertest"
)

// As many handling banks as the central notice has (财金〔2026〕4号: 21 家全国性银行), of two organisations, with many callers each.
const (
	raceBanks   = 21
	raceCallers = 64
	raceLoan    = "8000000.00"
	// A loan is worth 243,333.33 in two years (ACT/360, by quarters), so that the cap of 1.5 m is reached within the seventh.
	raceGranted = 7
)

var bankOrgs = []string{"BankAMSP", "BankBMSP"}

// crowd is a network on which many banks lend to one household.
type crowd struct {
	*stage
	gateways map[string]*gateway // by organisation
	banks    []consortium.Member
	bureau   string // token
	supplier string // token
	writes   int    // made one after the other
}

func setUpCrowd(t *testing.T) *crowd {
	t.Helper()
	s := &stage{t: t, net: clustertest.Up(t, cluster.Options{Orgs: []string{"bureau", "platform", "bankA", "bankB"}}), program: clustertest.Build(t, "decore/gateway"), data: t.TempDir()}
	c := &crowd{stage: s, gateways: map[string]*gateway{}}
	for i := range raceBanks {
		u, err := ident.CompleteUSCC("370200", fmt.Sprintf("66%06d", i))
		must(t, err)
		c.banks = append(c.banks, consortium.Member{USCC: u, Name: fmt.Sprintf("示例银行 %d", i), Roles: []lifecycle.Role{lifecycle.Bank}, Org: bankOrgs[i%2]})
	}
	plan, err := consortium.Read(fixtures.FS, "consortium/qingdao.json")
	must(t, err)
	plan.Orgs = append([]string{bureau, platform}, bankOrgs...)
	plan.Parties = slices.DeleteFunc(plan.Parties, func(m consortium.Member) bool { return m.Org != bureau && m.Org != platform })
	regulator := plan.Regulator
	plan.Parties = append(plan.Parties, c.banks...)
	raw, err := json.Marshal(plan)
	must(t, err)
	must(t, os.WriteFile(s.plan(), raw, 0o600))
	for _, org := range plan.Orgs {
		s.run(t, "keys", "--org", org, "--data", s.folder(org), s.plan())
	}
	for _, org := range plan.Orgs {
		c.gateways[org] = s.start(t, org)
	}
	c.bureau, c.supplier = c.tokenAt(t, bureau, regulator, lifecycle.Regulator), c.tokenAt(t, platform, supplier, lifecycle.SME)
	return c
}

func (c *crowd) tokenAt(t *testing.T, org string, party ident.USCC, role lifecycle.Role) string {
	t.Helper()
	dev, err := auth.OpenDevIssuer(c.folder(org), nil)
	must(t, err)
	token, err := dev.Token(party, []lifecycle.Role{role}, time.Hour)
	must(t, err)
	return token
}

// request is a call at the gateway of an organisation.
type request struct {
	org, token, method, path string
	key, match               string // Idempotency-Key and If-Match of a write
	body                     any
}

// call makes a call until it is known what came of it, and returns that.
func (c *crowd) call(ctx context.Context, r request) (int, []byte) {
	for ctx.Err() == nil {
		status, answer, _ := c.try(ctx, r)
		var p struct{ Code string }
		_ = json.Unmarshal(answer, &p) // what is no JSON names no code
		if !passing[status] || status == http.StatusConflict && p.Code != "IDEMPOTENCY_KEY_IN_FLIGHT" {
			return status, answer
		}
		time.Sleep(20 * time.Millisecond) // as Retry-After asks, but faster
	}
	return 0, nil
}

// patientClient waits for as long as a crowd may have to.
var patientClient = &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 2000}}

// try makes a call once; it returns status, body and ETag. No status is no answer.
func (c *crowd) try(ctx context.Context, r request) (int, []byte, string) {
	raw, err := json.Marshal(r.body)
	if err != nil {
		return -1, []byte(err.Error()), ""
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.gateways[r.org].url+r.path, bytes.NewReader(raw))
	if err != nil {
		return -1, []byte(err.Error()), ""
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	if r.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", r.key)
	}
	if r.match != "" {
		req.Header.Set("If-Match", r.match)
	}
	res, err := patientClient.Do(req)
	if err != nil {
		return 0, nil, ""
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, "" // cut off
	}
	return res.StatusCode, answer, res.Header.Get("ETag")
}

// must makes a write and returns the record's ID.
func (c *crowd) must(t *testing.T, org, token, path string, body any) string {
	t.Helper()
	return c.write(t, request{org: org, token: token, method: http.MethodPost, path: path, body: body})
}

// step makes a write on a record as the gateway has it once that has come to be in a state.
func (c *crowd) step(t *testing.T, org, token, record, from, verb string, body any) {
	t.Helper()
	r := request{org: org, token: token, method: http.MethodGet, path: record}
	await(t, record+" to be "+from, func(ctx context.Context) bool {
		status, answer, etag := c.try(ctx, r)
		var seen struct{ State string }
		r.match = etag
		return status == http.StatusOK && json.Unmarshal(answer, &seen) == nil && seen.State == from
	})
	r.method, r.path, r.body = http.MethodPost, record+"/"+verb, body
	c.write(t, r)
}

func (c *crowd) write(t *testing.T, r request) string {
	t.Helper()
	var written struct{ ID string }
	c.writes++
	r.key = fmt.Sprintf("write-%d", c.writes)
	await(t, r.path, func(ctx context.Context) bool {
		status, answer := c.call(ctx, r)
		switch {
		case status == 0:
			return false
		case status >= http.StatusBadRequest || status < 0:
			t.Errorf("%s: %d %.300s", r.path, status, answer)
			return true
		}
		return json.Unmarshal(answer, &written) == nil
	})
	if t.Failed() {
		t.FailNow()
	}
	return written.ID
}

// policy publishes a policy that is in force today, with the cap on money alone to bind.
func (c *crowd) policy(t *testing.T) (id, sector string) {
	t.Helper()
	raw, err := fixtures.FS.ReadFile("policies/subsidy-2026.json")
	must(t, err)
	var p map[string]any
	must(t, json.Unmarshal(raw, &p))
	since := calendar.At(time.Now()).AddDays(-30)
	for _, name := range []string{"effectiveTo", "disbursedTo", "accrualEnd"} {
		delete(p, name)
	}
	maps.Copy(p, map[string]any{"id": "race", "version": 1, "effectiveFrom": since, "disbursedFrom": since, "principalCap": "900000000.00", "handlingBanks": []string{}})
	c.must(t, bureau, c.bureau, "/v1/subsidy/policies/race", p)
	return "race", p["sectors"].([]any)[0].(string)
}

// awaitActive waits until the regulator admitted a party and the supplier's gateway knows it.
func (c *crowd) awaitActive(t *testing.T, party ident.USCC) {
	t.Helper()
	await(t, string(party)+" to be admitted", func(ctx context.Context) bool {
		status, answer := c.call(ctx, request{org: platform, token: c.supplier, method: http.MethodGet, path: "/v1/parties/" + string(party)})
		var p struct{ State string }
		return status == http.StatusOK && json.Unmarshal(answer, &p) == nil && p.State == "active"
	})
}

// lend makes one disbursed fixed-asset loan of the supplier at each bank.
func (c *crowd) lend(t *testing.T) map[ident.USCC]string {
	t.Helper()
	today := calendar.At(time.Now())
	loans := map[ident.USCC]string{}
	for _, b := range c.banks {
		token := c.tokenAt(t, b.Org, b.USCC, lifecycle.Bank)
		c.awaitActive(t, b.USCC)
		id := c.must(t, platform, c.supplier, "/v1/financings", map[string]any{"lender": b.USCC,
			"product": "fixed-asset-loan", "amount": raceLoan, "tenorMonths": 24, "purpose": "冲压线"})
		path := "/v1/financings/" + id
		c.step(t, b.Org, token, path, "applied", "offer", map[string]any{"amount": raceLoan, "annualRate": "0.0385", "maturity": today.AddDays(730), "validUntil": today.AddDays(7)})
		c.step(t, platform, c.supplier, path, "offered", "accept", map[string]any{})
		c.step(t, b.Org, token, path, "accepted", "disburse", map[string]any{"amount": raceLoan, "date": today, "reference": "LN" + string(b.USCC)})
		loans[b.USCC] = id
	}
	return loans
}

func TestTwentyOneBanksOfTwoOrganisationsRaceForOneHouseholdsCap(t *testing.T) {
	c := setUpCrowd(t)
	policy, sector := c.policy(t)
	loans := c.lend(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var wait sync.WaitGroup
	var mu sync.Mutex
	count := map[string]int{}
	start := make(chan struct{})
	for _, b := range c.banks {
		token := c.tokenAt(t, b.Org, b.USCC, lifecycle.Bank)
		body := map[string]any{"policy": policy, "financing": loans[b.USCC], "sizeClass": "small", "private": true, "sector": sector}
		for i := range raceCallers {
			wait.Go(func() {
				<-start
				status, answer := c.call(ctx, request{org: b.Org, token: token, method: http.MethodPost, path: "/v1/subsidy/claims", key: fmt.Sprintf("%s-%d", b.USCC, i), body: body})
				var p struct{ Code string }
				_ = json.Unmarshal(answer, &p) // what is no JSON names no code
				if status == http.StatusCreated {
					p.Code = "accepted"
				}
				mu.Lock()
				count[p.Code]++
				mu.Unlock()
			})
		}
	}
	close(start)
	wait.Wait()
	want := map[string]int{"accepted": raceGranted, "CLAIM_EXISTS": raceGranted * (raceCallers - 1), "AMOUNT_CAP_REACHED": (raceBanks - raceGranted) * raceCallers}
	if !maps.Equal(count, want) {
		t.Errorf("answers are %v, want %v", count, want)
	}
	c.sums(t, policy)
}

// sums compares the account as the bureau sees it with the claims in it.
func (c *crowd) sums(t *testing.T, policy string) {
	t.Helper()
	var account struct {
		Room   money.Amount
		Totals struct{ Held money.Amount }
		Claims []struct {
			Terms struct {
				Claim struct{ Held money.Amount }
			}
		}
	}
	await(t, "the bureau to see every claim", func(ctx context.Context) bool {
		status, answer := c.call(ctx, request{org: bureau, token: c.bureau, method: http.MethodGet, path: "/v1/subsidy/accounts/" + supplier + "?policy=" + policy})
		return status == http.StatusOK && json.Unmarshal(answer, &account) == nil && len(account.Claims) >= raceGranted
	})
	sum := money.Zero
	for _, claim := range account.Claims {
		sum = sum.Add(claim.Terms.Claim.Held)
	}
	if len(account.Claims) != raceGranted || sum.String() != "1500000.00" || account.Totals.Held.String() != "1500000.00" || !account.Room.IsZero() {
		t.Errorf("%d claims hold %s, the account %s, and %s are left", len(account.Claims), sum, account.Totals.Held, account.Room)
	}
}

package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/oklog/ulid/v2"

	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/order"
	"decore/gateway/api"
)

type partyBody struct {
	USCC, State string
	Version     int
	Keys        []struct{ ID string }
}

func newcomer(w *world) ident.USCC {
	u, err := ident.CompleteUSCC("370200", "99100002")
	w.must(err)
	return u
}

func TestAPartyIsRegisteredApprovedAndHosted(t *testing.T) {
	w := newWorld(t)
	u := newcomer(w)
	body := object{"uscc": u, "name": "青岛新来供应有限公司", "roles": []string{"sme"}, "org": "PlatformMSP"}
	r := w.post(platform, "/v1/parties", body)
	p := into[written](w, r, http.StatusCreated)
	if p.State != "pending" || p.Version != 1 || r.header.Get("Location") != "/v1/parties/"+string(u) {
		t.Errorf("%+v", p)
	}
	w.refuse(http.StatusConflict, "RECORD_EXISTS", w.post(platform, "/v1/parties", body))
	if got := w.act(bureau, "/v1/parties/"+string(u)+"/approve", nil); got.State != "active" || got.Version != 2 {
		t.Errorf("%+v", got)
	}
	roleOf := map[ident.USCC]lifecycle.Role{u: lifecycle.SME}
	token, err := w.Dev.Token(u, []lifecycle.Role{roleOf[u]}, time.Hour)
	w.must(err)
	w.tokens.Store(u, token)
	o := w.orderBody("10.00")
	o["seller"] = u
	if r := w.post(u, "/v1/orders", o); r.status != http.StatusCreated {
		t.Errorf("the hosted newcomer cannot sign: %d %s", r.status, r.body)
	}
	body["roles"] = []string{"king"}
	w.refuse(http.StatusUnprocessableEntity, "FIELD_INVALID", w.post(platform, "/v1/parties", body))
}

func TestAHostedKeyIsRotatedAndTheNextCommandSignedWithIt(t *testing.T) {
	w := newWorld(t)
	before := into[partyBody](w, w.get(supplier, "/v1/parties/"+string(supplier)), http.StatusOK)
	w.act(supplier, "/v1/parties/"+string(supplier)+"/rotate-key", nil)
	after := into[partyBody](w, w.get(supplier, "/v1/parties/"+string(supplier)), http.StatusOK)
	if len(after.Keys) != len(before.Keys)+1 {
		t.Fatalf("%+v", after)
	}
	w.order("10.00")
	if _, kid, err := w.Keys.Key(supplier); err != nil || kid != after.Keys[len(after.Keys)-1].ID {
		t.Errorf("the key store's current key is %s: %v", kid, err)
	}
	w.act(bureau, "/v1/parties/"+string(supplier)+"/revoke-key", object{})
	w.order("10.00")
}

// held counts the keys that the gateway has of the party.
func (w *world) held(p ident.USCC) (n int) {
	w.Helper()
	list, err := w.Keys.List()
	w.must(err)
	for _, k := range list {
		if k.Party == p {
			n++
		}
	}
	return n
}

func TestNobodyMakesKeysForAnotherParty(t *testing.T) {
	w := newWorld(t)
	before := w.held(supplier)
	for _, p := range []ident.USCC{rival, bankA, bureau} {
		w.refuse(http.StatusForbidden, "NOT_PERMITTED", w.post(p, "/v1/parties/"+string(supplier)+"/rotate-key", nil))
	}
	if n := w.held(supplier); n != before {
		t.Errorf("the supplier has %d keys, not %d", n, before)
	}
}

func TestAKeyThatTheLedgerNeverTookIsUsedByTheNextAttempt(t *testing.T) {
	s := &stalling{}
	w := newWorld(t, withSubmitter(s))
	before, rotate := w.held(supplier), "/v1/parties/"+string(supplier)+"/rotate-key"
	s.mu.Lock()
	s.drop = 1
	s.mu.Unlock()
	w.refuse(http.StatusGatewayTimeout, "OUTCOME_UNKNOWN", w.post(supplier, rotate, nil))
	w.act(supplier, rotate, nil)
	if n := w.held(supplier); n != before+1 {
		t.Errorf("two attempts made %d keys", n-before)
	}
	w.act(supplier, rotate, nil)
	if n := w.held(supplier); n != before+2 {
		t.Errorf("after a second rotation there are %d keys more", n-before)
	}
	w.order("10.00")
}

// ownKey registers a party that keeps its key.
func ownKey(w *world, role lifecycle.Role) (ident.USCC, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	u := newcomer(w)
	w.act(platform, "/v1/parties", object{"uscc": u, "name": "自持密钥银行", "roles": []string{string(role)}, "org": "PlatformMSP", "key": evidence.NewJWK(&key.PublicKey)})
	w.act(bureau, "/v1/parties/"+string(u)+"/approve", nil)
	token, err := w.Dev.Token(u, []lifecycle.Role{role}, time.Hour)
	w.must(err)
	w.tokens.Store(u, token)
	return u, key
}

func (w *world) sign(u ident.USCC, key *ecdsa.PrivateKey, verb, subject string, args any, change func(*contract.Intent)) object {
	w.Helper()
	in := contract.Intent{ID: ulid.Make().String(), Ledger: w.Name, Verb: verb, Party: u, Subject: subject, Time: w.Engine.Now(), Args: args, Salt: make([]byte, 32)}
	if change != nil {
		change(&in)
	}
	cmd, opening, err := contract.Compose(in)
	w.must(err)
	jws, err := evidence.Sign(cmd, key)
	w.must(err)
	return object{"jws": jws, "opening": jsontext.Value(opening)}
}

func TestAPartyWithItsOwnKeySubmitsSignedCommands(t *testing.T) {
	w := newWorld(t)
	u, key := ownKey(w, lifecycle.Leader)
	w.refuse(http.StatusConflict, "KEY_NOT_HOSTED", w.post(u, "/v1/orders", object{"seller": supplier, "buyer": u, "buyerClass": "large", "number": "P1",
		"signed": w.days(0), "deliverBy": w.days(9), "paymentDays": 30, "goods": "x", "amount": "10.00"}))

	o := w.orderBody("10.00")
	o["buyer"] = u
	id := w.act(supplier, "/v1/orders", o).ID
	seen := into[record](w, w.get(u, "/v1/orders/"+id), http.StatusOK)
	on := func(in *contract.Intent) { in.On = evidence.Commitment(seen.Commitment) }
	good := w.sign(u, key, "order.attest", id, financing.NoArgs{}, on)

	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	altered := object{"jws": alter(good["jws"].(string)), "opening": good["opening"]}
	same := func(in *contract.Intent) { in.ID = "01KJXVJA80D0KQXR2886T9AFBB" }
	swapped := w.sign(u, key, "order.amend", id, order.AmendArgs{DeliverBy: w.today()}, same)
	swapped["opening"] = w.sign(u, key, "order.amend", id, order.AmendArgs{DeliverBy: w.today().AddDays(1)}, same)["opening"]
	commands := []object{
		altered,
		w.sign(u, stranger, "order.attest", id, financing.NoArgs{}, on),
		w.sign(supplier, key, "order.attest", id, financing.NoArgs{}, on),
		w.sign(u, key, "order.attest", id, financing.NoArgs{}, func(in *contract.Intent) { on(in); in.Time = in.Time.Add(-100 * 24 * time.Hour) }),
		swapped,
		good,
		good, // replayed
		{"jws": "a.b.c"},
	}
	head, err := w.Engine.Head(t.Context())
	w.must(err)
	got := into[batchAnswer](w, w.post(u, "/v1/commands", object{"commands": commands[:5]}), http.StatusOK).Results
	for i, want := range []string{"SIGNATURE_INVALID", "KEY_UNKNOWN", "COMMAND_OF_OTHER_PARTY", "COMMAND_TOO_OLD", "COMMITMENT_MISMATCH"} {
		if got[i].Status != "invalid" || got[i].Code != want {
			t.Errorf("command %d: %+v, want %s", i, got[i], want)
		}
	}
	if now, err := w.Engine.Head(t.Context()); err != nil || now.Number != head.Number {
		t.Errorf("invalid commands moved the ledger: %v %v", now, err)
	}
	got = into[batchAnswer](w, w.post(u, "/v1/commands", object{"commands": commands[5:]}), http.StatusOK).Results
	if got[0].Status != "accepted" || got[1].Status != "accepted" || got[2].Code != "COMMAND_MALFORMED" {
		t.Errorf("%+v", got)
	}
	again := into[batchAnswer](w, w.post(u, "/v1/commands", object{"commands": commands[5:6]}), http.StatusOK).Results
	if again[0].Status != "accepted" || again[0].Position == nil || *again[0].Position != *got[0].Position {
		t.Errorf("a replay gets the first result at its first place: %+v %+v", again[0], got[0])
	}
}

// alter changes one byte of what was signed.
func alter(jws string) string {
	b := []byte(jws)
	i := len(b) - 10
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

func TestEveryVerbHasItsRoute(t *testing.T) {
	w := newWorld(t)
	ids := map[string]bool{}
	for _, op := range operations(w.API.OpenAPI()) {
		if ids[op.OperationID] {
			t.Errorf("two operations are called %s", op.OperationID)
		}
		ids[op.OperationID] = true
	}
	for _, v := range contract.Verbs() {
		if v.Name != "ledger.found" && !ids[v.Name] { // a ledger is founded before it is served
			t.Errorf("%s has no route", v.Name)
		}
	}
	if _, err := api.New(api.Deps{}); err == nil {
		t.Error("an interface that stands on nothing was made")
	}
}

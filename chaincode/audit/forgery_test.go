package audit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/audit"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/duplicate"
	"decore/chaincode/encumbrance"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/subsidy"
	"decore/fixtures"
)

// past is an honest history with the names of what is in it, of which forgers change a little.
type past struct {
	*player
	txs                          []audit.Transaction
	order, rec, fin, rival, over string // fin holds rec, over was lent on and released
	open                         string // an order that nobody attested yet
	attested                     string
	loan, claim, account         string
}

func newPast(t testing.TB) *past {
	p := &past{player: newPlayer(t)}
	p.order = p.delivered()
	p.flush()
	p.rec = p.registered(p.order)
	p.open = p.must(p.SME, "order.create", contracttest.NewID("ORD"), p.orderArgs("70.00"))
	p.attested = p.must(p.SME, "order.create", contracttest.NewID("ORD"), p.orderArgs("80.00"))
	p.flush()
	p.must(p.Leader, "order.attest", p.attested, financing.NoArgs{})
	p.flush()
	p.rival = p.accepted(p.BankB, p.rec)
	p.over = p.lent(p.BankA, true, p.registered(p.delivered()))
	p.flush()
	p.fin = p.accepted(p.BankA, p.rec)
	for _, step := range []struct {
		verb string
		args any
	}{{"reserve", financing.ReserveArgs{Hours: 24}}, {"encumber", p.filing()}, {"disburse", p.paidOut("100.00")}} {
		p.flush()
		p.must(p.BankA, "financing."+step.verb, p.fin, step.args)
	}
	p.flush()
	if r := p.do(p.BankB, "financing.reserve", p.rival, financing.ReserveArgs{Hours: 1}); r.Code != string(fault.Encumbered) {
		t.Fatalf("got %+v", r)
	}
	p.loan = p.lent(p.BankA, false)
	p.claim = contracttest.NewID("SUB")
	p.flush()
	p.must(p.BankA, "subsidy.hold", p.claim, p.claimed(p.loan))
	p.flush()
	for key := range p.State.Public {
		if id, ok := strings.CutPrefix(key, contract.RecordKey(contract.AccountPrefix)); ok {
			p.account = contract.AccountPrefix + id
		}
	}
	p.newcomer(1)
	p.txs = p.transactions()
	return p
}

// clone returns the history for a forger to change.
func (p *past) clone(t testing.TB) *past {
	c := *p
	c.player = p.fork(t)
	c.txs = nil
	for _, tx := range p.txs {
		tx.Commands, tx.Results, tx.Writes, tx.Private = slices.Clone(tx.Commands), slices.Clone(tx.Results), slices.Clone(tx.Writes), slices.Clone(tx.Private)
		c.txs = append(c.txs, tx)
	}
	return &c
}

// more signs and decides a command honestly as one more transaction, for the forger to change.
func (p *past) more(by *contracttest.Actor, verb, id string, args any) *audit.Transaction {
	p.T.Helper()
	p.must(by, verb, id, args)
	p.flush()
	p.txs = append(p.txs, seen(p.Past[len(p.Past)-1]))
	return &p.txs[len(p.txs)-1]
}

// wrongly is more for a command that the contract does not accept: the forgers' endorsement says that it did, and
// leaves the writes that the same command of the right signer leaves.
func (p *past) wrongly(by, right *contracttest.Actor, verb, id string, args any) *audit.Transaction {
	p.T.Helper()
	tx := p.more(right, verb, id, args)
	jws, _ := p.SignIntent(by, intent(p, by, tx.Commands[0], args))
	return replace(tx, jws)
}

func intent(p *past, by *contracttest.Actor, jws string, args any) contract.Intent {
	was, err := evidence.Parse(jws)
	if err != nil {
		p.T.Fatal(err)
	}
	return contract.Intent{ID: was.ID, Ledger: was.Ledger, Verb: was.Verb, Party: by.USCC, Subject: was.Subject, Time: was.Time.Time, On: was.On,
		Args: args, Salt: contracttest.Salt()}
}

// replace puts another command of the same ID into the transaction, and makes its record of it fit.
func replace(tx *audit.Transaction, jws string) *audit.Transaction {
	tx.Commands[0] = jws
	cmd, err := evidence.Parse(jws)
	if err != nil {
		panic(err)
	}
	change(tx, contract.CommandKey(cmd.ID), func(d *contract.Decided) { d.Payload = string(evidence.Commit(cmd.Payload)) })
	return tx
}

// last is the newest transaction that wrote a key.
func (p *past) last(key string) *audit.Transaction {
	p.T.Helper()
	for i := len(p.txs) - 1; i >= 0; i-- {
		if at(&p.txs[i], key) >= 0 {
			return &p.txs[i]
		}
	}
	p.T.Fatalf("nothing wrote %s", key)
	return nil
}

func at(tx *audit.Transaction, key string) int {
	return slices.IndexFunc(tx.Writes, func(e contract.Entry) bool { return e.Key == key })
}

// change rewrites a value of a transaction.
func change[T any](tx *audit.Transaction, key string, with func(*T)) {
	var v T
	i := at(tx, key)
	if i < 0 || canon.Strict(tx.Writes[i].Value, &v) != nil {
		panic(fmt.Sprintf("no %s", key))
	}
	with(&v)
	raw, err := canon.Marshal(v)
	if err != nil {
		panic(err)
	}
	tx.Writes[i].Value = raw
}

func header(tx *audit.Transaction, id string, with func(*contract.Header)) {
	change(tx, contract.RecordKey(id), with)
}

// put adds a write.
func put(tx *audit.Transaction, key string, v any) {
	raw, err := canon.Marshal(v)
	if err != nil {
		panic(err)
	}
	tx.Writes = append(tx.Writes, contract.Entry{Key: key, Value: raw})
}

// rewrite adds to a newer transaction a changed value of a key that it did not write.
func rewrite[T any](p *past, key string, with func(*T)) {
	old := p.last(key)
	newest := &p.txs[len(p.txs)-1]
	newest.Writes = append(newest.Writes, old.Writes[at(old, key)])
	change(newest, key, with)
}

// tellEvent makes the event fit the results, as forgers would.
func tellEvent(tx *audit.Transaction) {
	tx.Event.Value, _ = canon.Marshal(contract.Outcome{Results: tx.Results})
}

// accept has a result say accepted.
func accept(tx *audit.Transaction, i int, id string, s lifecycle.State, version int, terms evidence.Commitment) {
	r := contract.Result{Command: tx.Results[i].Command, Status: contract.Accepted, Record: id, State: s, Version: version, Terms: terms}
	tx.Results[i] = r
	change(tx, contract.CommandKey(r.Command), func(d *contract.Decided) { d.Result = r })
	tellEvent(tx)
}

func rec(id string) string { return contract.RecordKey(id) }

func cmdKey(tx *audit.Transaction) string {
	cmd, err := evidence.Parse(tx.Commands[0])
	if err != nil {
		panic(err)
	}
	return contract.CommandKey(cmd.ID)
}

// measureID is the policy document that these tests publish.
const measureID = "notice"

// publishMeasure drafts the fixtures' central notice and puts it in force.
func (p *past) publishMeasure() *audit.Transaction {
	p.T.Helper()
	raw, err := fixtures.FS.ReadFile("measures/central-2026-4.json")
	if err != nil {
		p.T.Fatal(err)
	}
	m, err := subsidy.ParseMeasure(raw)
	if err != nil {
		p.T.Fatal(err)
	}
	m.ID, m.Policy = measureID, "measured"
	body, err := canon.Marshal(m)
	if err != nil {
		p.T.Fatal(err)
	}
	p.more(p.Regulator, "measure.draft", measureID, contract.DraftArgs{Measure: body})
	return p.more(p.Regulator, "measure.publish", measureID, contract.PutInForceArgs{Version: 1, Digest: evidence.Commit(body)})
}

// forgeries each change something small that two colluding endorsers could have got into a block. They return
// the key that the audit must name first.
var forgeries = map[string]func(p *past) string{
	"a party gets a role by no command": func(p *past) string {
		rewrite(p, contract.PartyKey(p.SME2.USCC), func(v *party.Party) { v.Roles = append(v.Roles, lifecycle.Bank) })
		return contract.PartyKey(p.SME2.USCC)
	},
	"a party's key is exchanged where another one registers": func(p *past) string {
		key := contract.PartyKey(p.Leader.USCC)
		change(p.last(key), key, func(v *party.Party) { v.Keys[0].ID = "forged" })
		return key
	},
	"the charter gets an organisation": func(p *past) string {
		rewrite(p, contract.CharterKey(), func(v *contract.Charter) { v.Orgs = append(v.Orgs, "ForgerMSP") })
		return contract.CharterKey()
	},
	"a policy's cap is raised as it is published": func(p *past) string {
		key := contract.PolicyKey(p.policy.ID)
		change(p.last(key), key, func(v *map[string]jsontext.Value) { (*v)["amountCap"] = jsontext.Value(`"9999999.00"`) })
		return key
	},
	"a policy document's title is changed as it is published": func(p *past) string {
		tx := p.publishMeasure()
		key := contract.MeasureVersionKey(measureID, 1)
		change(tx, key, func(v *map[string]jsontext.Value) { (*v)["title"] = jsontext.Value(`"forged"`) })
		return key
	},
	"a policy grants more than the documents that it is made of": func(p *past) string {
		tx := p.publishMeasure()
		key := contract.PolicyVersionKey("measured", 1)
		change(tx, key, func(v *map[string]jsontext.Value) { (*v)["annualRate"] = jsontext.Value(`"0.5"`) })
		return key
	},
	"a key of no known form is written": func(p *past) string {
		put(&p.txs[len(p.txs)-1], "x/backdoor", 1)
		return "x/backdoor"
	},
	"a record appears from nowhere": func(p *past) string {
		id := contracttest.NewID("ORD")
		put(&p.txs[len(p.txs)-1], rec(id), contract.Header{ID: id, Kind: "order", State: order.Attested, Version: 2, Owner: p.SME.USCC, Root: id})
		return rec(id)
	},
	"a record changes its state by no command": func(p *past) string {
		rewrite(p, rec(p.open), func(h *contract.Header) { h.State = order.Attested })
		return rec(p.open)
	},
	"a transaction without commands writes": func(p *past) string {
		tx := audit.Transaction{ID: "forged", Time: p.State.Now, Event: contract.Entry{Key: contract.EventName}}
		tellEvent(&tx)
		p.txs = append(p.txs, tx)
		rewrite(p, rec(p.open), func(h *contract.Header) { h.Version++ })
		return rec(p.open)
	},
	"a command's signature is not its signer's": func(p *past) string {
		tx := p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		other := p.txs[0].Commands[0]
		tx.Commands[0] = tx.Commands[0][:strings.LastIndex(tx.Commands[0], ".")] + other[strings.LastIndex(other, "."):]
		return cmdKey(tx)
	},
	"a command is signed with another's key": func(p *past) string {
		tx := p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		thief := *p.Leader
		thief.Key = p.BankB.Key
		jws, _ := p.SignIntent(&thief, intent(p, &thief, tx.Commands[0], financing.NoArgs{}))
		return cmdKey(replace(tx, jws))
	},
	"an attestation is signed by another chain leader": func(p *past) string {
		other := contracttest.NewActor(60, "LeaderMSP", lifecycle.Leader)
		p.more(p.Platform, "party.register", string(other.USCC), party.RegisterArgs{Name: "丙", Roles: []lifecycle.Role{other.Role}, Org: other.Org, Key: evidence.NewJWK(&other.Key.PublicKey)})
		p.more(p.Regulator, "party.approve", string(other.USCC), party.ReasonArgs{})
		return cmdKey(p.wrongly(other, p.Leader, "order.accept", p.order, order.AcceptArgs{Amount: yuan("1.00"), Date: p.today()}))
	},
	"an offer is signed by another bank": func(p *past) string {
		return cmdKey(p.wrongly(p.BankB, p.BankA, "financing.repay", p.fin, p.repaid("1.00")))
	},
	"a verb is signed by who has none of its roles": func(p *past) string {
		return cmdKey(p.wrongly(p.Platform, p.Leader, "order.attest", p.open, financing.NoArgs{}))
	},
	"a suspended party's command is accepted": func(p *past) string {
		p.more(p.Regulator, "party.suspend", string(p.Leader.USCC), party.ReasonArgs{})
		suspend := p.txs[len(p.txs)-1]
		p.more(p.Regulator, "party.reinstate", string(p.Leader.USCC), party.ReasonArgs{})
		tx := *p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		p.txs = append(p.txs[:len(p.txs)-3], suspend, tx)
		return cmdKey(&tx)
	},
	"a command of another ledger is accepted": func(p *past) string {
		tx := p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		in := intent(p, p.Leader, tx.Commands[0], financing.NoArgs{})
		in.Ledger = "elsewhere"
		jws, _ := p.SignIntent(p.Leader, in)
		return cmdKey(replace(tx, jws))
	},
	"a command is accepted that was signed long ago": func(p *past) string {
		tx := p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		in := intent(p, p.Leader, tx.Commands[0], financing.NoArgs{})
		in.Time = in.Time.Add(-25 * time.Hour)
		jws, _ := p.SignIntent(p.Leader, in)
		return cmdKey(replace(tx, jws))
	},
	"a command is accepted under a key that was revoked": func(p *past) string {
		old := *p.Leader
		key := contracttest.NewKey()
		p.more(p.Regulator, "party.revoke-key", string(p.Leader.USCC), party.KeyArgs{Key: evidence.NewJWK(&key.PublicKey)})
		fresh := *p.Leader
		fresh.Key = key
		return cmdKey(p.wrongly(&old, &fresh, "order.attest", p.open, financing.NoArgs{}))
	},
	"a command is replayed with its effect": func(p *past) string {
		tx := *p.more(p.BankA, "financing.repay", p.fin, p.repaid("1.00"))
		tx.ID = "replay"
		tx.Writes = slices.Clone(tx.Writes)
		header(&tx, p.fin, func(h *contract.Header) { h.Version++ })
		tx.Writes = slices.DeleteFunc(tx.Writes, func(e contract.Entry) bool { return e.Key == cmdKey(&tx) })
		p.txs = append(p.txs, tx)
		return rec(p.fin)
	},
	"an ID is taken over by another command": func(p *past) string {
		tx := *p.more(p.BankA, "financing.repay", p.fin, p.repaid("1.00"))
		in := intent(p, p.BankA, tx.Commands[0], p.repaid("2.00"))
		jws, _ := p.SignIntent(p.BankA, in)
		tx.Commands, tx.Writes = slices.Clone(tx.Commands), slices.Clone(tx.Writes)
		p.txs = append(p.txs, *replace(&tx, jws))
		return cmdKey(&tx)
	},
	"a refused command is told as accepted": func(p *past) string {
		tx := p.last(contract.CommandKey(p.refusedReserve()))
		accept(tx, 0, p.rival, financing.Reserved, 4, p.Header(p.rival).Terms)
		return rec(p.rival)
	},
	"a refused command leaves writes": func(p *past) string {
		tx := p.last(contract.CommandKey(p.refusedReserve()))
		h := p.Header(p.rival)
		h.State, h.Version = financing.Reserved, h.Version+1
		put(tx, rec(p.rival), h)
		return rec(p.rival)
	},
	"a result is written otherwise than it was told": func(p *past) string {
		tx := &p.txs[len(p.txs)-1]
		change(tx, cmdKey(tx), func(d *contract.Decided) { d.Result.State = "suspended" })
		return cmdKey(tx)
	},
	"an old result is written again": func(p *past) string {
		key := contract.CommandKey(p.refusedReserve())
		rewrite(p, key, func(d *contract.Decided) { d.Result.Status = contract.Accepted })
		return key
	},
	"a command is dropped, its effect is not": func(p *past) string {
		tx := p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		key := cmdKey(tx)
		tx.Commands, tx.Results = nil, nil
		tellEvent(tx)
		return key
	},
	"a command is dropped, its result is not": func(p *past) string {
		p.more(p.Leader, "order.attest", p.open, financing.NoArgs{}).Commands = nil
		return ""
	},
	"the event tells other results": func(p *past) string {
		tx := &p.txs[len(p.txs)-1]
		tx.Event.Value, _ = canon.Marshal(contract.Outcome{})
		return ""
	},
	"an accepted command's record is not written": func(p *past) string {
		tx := p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		tx.Writes = slices.Delete(tx.Writes, at(tx, rec(p.open)), at(tx, rec(p.open))+1)
		return rec(p.open)
	},
	"a state that the row does not lead to": func(p *past) string {
		tx := p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		accept(tx, 0, p.open, order.Delivered, 2, tx.Results[0].Terms)
		header(tx, p.open, func(h *contract.Header) { h.State = order.Delivered })
		return rec(p.open)
	},
	"a state from which the row does not start": func(p *past) string {
		tx := p.more(p.SME, "order.ship", p.attested, order.ShipArgs{Amount: yuan("1.00"), Date: p.today(), Note: "DN"})
		p.txs = slices.Delete(p.txs, p.index(p.attested, "order.attest"), p.index(p.attested, "order.attest")+1)
		_ = tx
		return rec(p.attested)
	},
	"a grant changes the state": func(p *past) string {
		tx := p.more(p.SME, "order.grant", p.open, p.granted(p.BankA))
		accept(tx, 0, p.open, order.Attested, 2, tx.Results[0].Terms)
		header(tx, p.open, func(h *contract.Header) { h.State = order.Attested })
		return rec(p.open)
	},
	"a seller's amendment leaves the attestation": func(p *past) string {
		tx := p.more(p.SME, "order.amend", p.attested, order.AmendArgs{Amount: yuan("99.00"), DeliverBy: p.today().AddDays(9)})
		accept(tx, 0, p.attested, order.Attested, 3, tx.Results[0].Terms)
		header(tx, p.attested, func(h *contract.Header) { h.State = order.Attested })
		return rec(p.attested)
	},
	"a countersignature binds to other terms": func(p *past) string {
		tx := p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		in := intent(p, p.Leader, tx.Commands[0], financing.NoArgs{})
		in.On = evidence.Commit([]byte("other"))
		jws, _ := p.SignIntent(p.Leader, in)
		replace(tx, jws)
		return rec(p.open)
	},
	"an attestation exchanges the terms": func(p *past) string {
		tx := p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		other := evidence.Commit([]byte("other"))
		accept(tx, 0, p.open, order.Attested, 2, other)
		header(tx, p.open, func(h *contract.Header) { h.Terms = other })
		return rec(p.open)
	},
	"a version is left out": func(p *past) string {
		tx := p.more(p.Leader, "order.attest", p.open, financing.NoArgs{})
		accept(tx, 0, p.open, order.Attested, 3, tx.Results[0].Terms)
		header(tx, p.open, func(h *contract.Header) { h.Version = 3 })
		return rec(p.open)
	},
	"a loan is recorded for who is no borrower": func(p *past) string {
		id := contracttest.NewID("FIN")
		header(p.more(p.BankA, "financing.record", id, p.existing()), id, func(h *contract.Header) { h.Owner = p.Leader.USCC })
		return rec(id)
	},
	"a loan is recorded for the bank itself": func(p *past) string {
		id := contracttest.NewID("FIN")
		header(p.more(p.BankA, "financing.record", id, p.existing()), id, func(h *contract.Header) { h.Owner = p.BankA.USCC })
		return rec(id)
	},
	"another confirms the loan that was recorded": func(p *past) string {
		id := contracttest.NewID("FIN")
		p.more(p.BankA, "financing.record", id, p.existing())
		return cmdKey(p.wrongly(p.SME2, p.SME, "financing.confirm-record", id, financing.NoArgs{}))
	},
	"a loan that was recorded takes no number": func(p *past) string {
		id := contracttest.NewID("FIN")
		p.more(p.BankA, "financing.record", id, p.existing())
		header(p.more(p.SME, "financing.confirm-record", id, financing.NoArgs{}), id, func(h *contract.Header) { h.Tokens = nil })
		return rec(id)
	},
	"a record changes its owner": func(p *past) string {
		header(p.more(p.Leader, "order.attest", p.open, financing.NoArgs{}), p.open, func(h *contract.Header) { h.Owner = p.SME2.USCC })
		return rec(p.open)
	},
	"a record loses its tokens": func(p *past) string {
		header(p.more(p.Leader, "order.attest", p.open, financing.NoArgs{}), p.open, func(h *contract.Header) { h.Tokens = nil })
		return rec(p.open)
	},
	"a receivable hangs on another order": func(p *past) string {
		id := p.must(p.SME, "receivable.register", contracttest.NewID("REC"), p.registerArgs(p.order, "20.00"))
		p.flush()
		p.txs = append(p.txs, seen(p.Past[len(p.Past)-1]))
		header(&p.txs[len(p.txs)-1], id, func(h *contract.Header) { h.Root = p.open })
		return rec(id)
	},
	"a bank is granted sight by nobody": func(p *past) string {
		header(p.more(p.Leader, "order.attest", p.open, financing.NoArgs{}), p.open, func(h *contract.Header) {
			h.Grants = append(h.Grants, contract.Grant{Party: p.BankB.USCC, From: evidence.InstantOf(p.State.Now), Until: p.today()})
		})
		return rec(p.open)
	},
	"one grant becomes two": func(p *past) string {
		tx := p.more(p.SME, "order.grant", p.open, p.granted(p.BankA))
		header(tx, p.open, func(h *contract.Header) {
			h.Grants = append(h.Grants, contract.Grant{Party: p.BankB.USCC, From: evidence.InstantOf(p.State.Now), Until: p.today()})
		})
		return rec(p.open)
	},
	"a grant is taken away by a command that gives one": func(p *past) string {
		p.more(p.SME, "order.grant", p.open, p.granted(p.BankA))
		tx := p.more(p.SME, "order.grant", p.open, p.granted(p.BankB))
		header(tx, p.open, func(h *contract.Header) { h.Grants = h.Grants[1:] })
		return rec(p.open)
	},
	"a revoked grant stays": func(p *past) string {
		p.more(p.SME, "order.grant", p.open, p.granted(p.BankA))
		grants := p.Header(p.open).Grants
		tx := p.more(p.SME, "order.revoke", p.open, contract.RevokeArgs{To: p.BankA.USCC})
		header(tx, p.open, func(h *contract.Header) { h.Grants = grants })
		return rec(p.open)
	},
	"a second bank holds the same value": func(p *past) string {
		tx := p.last(contract.CommandKey(p.refusedReserve()))
		h := p.Header(p.rival)
		accept(tx, 0, p.rival, financing.Reserved, h.Version+1, h.Terms)
		h.State, h.Version, h.Command, h.Updated = financing.Reserved, h.Version+1, tx.Results[0].Command, evidence.InstantOf(tx.Time)
		put(tx, rec(p.rival), h)
		b := p.book()
		until := evidence.InstantOf(tx.Time.Add(time.Hour))
		put(tx, contract.BookKey(p.order), encumbrance.Book{Liens: append(b.Liens, encumbrance.Lien{Record: p.rec, Ancestors: []string{p.order}, Financing: p.rival,
			Holder: p.BankB.USCC, Kind: encumbrance.Pledge, State: encumbrance.Reserved, Since: h.Updated, Until: &until})})
		return contract.BookKey(p.order)
	},
	"a lien is taken out of the book": func(p *past) string {
		put(&p.txs[len(p.txs)-1], contract.BookKey(p.order), encumbrance.Book{Liens: []encumbrance.Lien{}})
		return contract.BookKey(p.order)
	},
	"a lien goes to another holder as it is established": func(p *past) string {
		tx := &p.txs[p.index(p.fin, "financing.encumber")]
		change(tx, contract.BookKey(p.order), func(b *encumbrance.Book) { b.Liens[0].Holder = p.BankB.USCC })
		return contract.BookKey(p.order)
	},
	"a lien is reserved for a month": func(p *past) string {
		tx := &p.txs[p.index(p.fin, "financing.reserve")]
		change(tx, contract.BookKey(p.order), func(b *encumbrance.Book) {
			until := evidence.InstantOf(tx.Time.AddDate(0, 1, 0))
			b.Liens[0].Until = &until
		})
		return contract.BookKey(p.order)
	},
	"a lien is filed in the future": func(p *past) string {
		tx := &p.txs[p.index(p.fin, "financing.encumber")]
		change(tx, contract.BookKey(p.order), func(b *encumbrance.Book) {
			filed := evidence.InstantOf(tx.Time.Add(time.Hour))
			b.Liens[0].Registered = &filed
		})
		return contract.BookKey(p.order)
	},
	"a released lien stays in the book": func(p *past) string {
		p.more(p.BankA, "financing.repay", p.fin, p.repaid("100.00"))
		b := p.book()
		tx := p.more(p.BankA, "financing.release", p.fin, financing.NoArgs{})
		change(tx, contract.BookKey(p.order), func(v *encumbrance.Book) { *v = b })
		return contract.BookKey(p.order)
	},
	"a document's claim is cancelled by no command": func(p *past) string {
		key := contract.TokenKey(string(p.Header(p.rec).Tokens[0]))
		rewrite(p, key, func(r *duplicate.Register) { r.Claims[0].State = duplicate.Cancelled })
		return key
	},
	"a document has a second live claim": func(p *past) string {
		id := p.must(p.SME, "receivable.register", contracttest.NewID("REC"), p.registerArgs(p.order, "20.00"))
		p.flush()
		p.txs = append(p.txs, seen(p.Past[len(p.Past)-1]))
		tx := &p.txs[len(p.txs)-1]
		taken := p.Header(p.rec).Tokens[0]
		mine := p.Header(id).Tokens[0]
		header(tx, id, func(h *contract.Header) { h.Tokens[0] = taken })
		tx.Writes[at(tx, contract.TokenKey(string(mine)))].Key = contract.TokenKey(string(taken))
		var r duplicate.Register
		if err := canon.Strict(p.State.Public[contract.TokenKey(string(taken))], &r); err != nil {
			p.T.Fatal(err)
		}
		change(tx, contract.TokenKey(string(taken)), func(v *duplicate.Register) { *v = r.Set(id, duplicate.Registered, evidence.InstantOf(tx.Time)) })
		return contract.TokenKey(string(taken))
	},
	"a loan's documents are not marked as financed": func(p *past) string {
		tx := &p.txs[p.index(p.fin, "financing.disburse")]
		key := contract.TokenKey(string(p.Header(p.rec).Tokens[0]))
		tx.Writes = slices.Delete(tx.Writes, at(tx, key), at(tx, key)+1)
		return key
	},
	"a loan has no number of its lender": func(p *past) string {
		header(&p.txs[p.index(p.fin, "financing.disburse")], p.fin, func(h *contract.Header) { h.Tokens = nil })
		return rec(p.fin)
	},
	"a loan is paid out without its lien": func(p *past) string {
		i := p.index(p.fin, "financing.encumber")
		p.txs = slices.Delete(p.txs, i, i+1)
		return rec(p.fin)
	},
	"a claim names another loan": func(p *past) string {
		tx := p.last(contract.ClaimKey(p.loan))
		tx.Writes[at(tx, contract.ClaimKey(p.loan))].Key = contract.ClaimKey(p.rival)
		return contract.ClaimKey(p.rival)
	},
	"a loan is claimed a second time": func(p *past) string {
		other := p.lent(p.BankA, false)
		p.flush()
		p.txs = append(p.txs, seen(p.Past[len(p.Past)-1]))
		tx := p.more(p.BankA, "subsidy.hold", contracttest.NewID("SUB"), p.claimed(other))
		tx.Writes[at(tx, contract.ClaimKey(other))].Key = contract.ClaimKey(p.loan)
		return contract.ClaimKey(p.loan)
	},
	"a loan's claim is named anew by no command": func(p *past) string {
		rewrite(p, contract.ClaimKey(p.loan), func(id *string) { *id = contracttest.NewID("SUB") })
		return contract.ClaimKey(p.loan)
	},
	"a claim moves in whose place another came": func(p *past) string { // the forgers do not see the later one
		p.pass(time.Hour)
		p.more(p.BankA, "subsidy.release", p.claim, financing.NoArgs{})
		named := p.State.Public[contract.ClaimKey(p.loan)]
		p.more(p.BankA, "subsidy.hold", contracttest.NewID("SUB"), p.claimed(p.loan))
		p.State.Public[contract.ClaimKey(p.loan)] = named
		p.ahead = p.Fork(p.T)
		p.more(p.Regulator, "subsidy.claw-back", p.claim, contract.ClawBackArgs{Ground: "error", Reason: "x"})
		return rec(p.claim)
	},
	"an account changes by no command": func(p *past) string {
		rewrite(p, rec(p.account), func(h *contract.Header) { h.Version++; h.Terms = evidence.Commit([]byte("forged")) })
		return rec(p.account)
	},
	"an account changes twice for one command": func(p *past) string {
		header(p.last(rec(p.account)), p.account, func(h *contract.Header) { h.Version++ })
		return rec(p.account)
	},
	"a claim moves without its account": func(p *past) string {
		tx := p.last(rec(p.account))
		tx.Writes = slices.Delete(tx.Writes, at(tx, rec(p.account)), at(tx, rec(p.account))+1)
		return rec(p.claim)
	},
	"a private value is written that no header commits to": func(p *past) string {
		tx := p.last(rec(p.fin))
		tx.Private = append(tx.Private, audit.PrivateWrite{Org: "BankBMSP", Key: p.fin, Hash: evidence.Commit([]byte("anything"))})
		return "BankBMSP:" + p.fin
	},
	"a private value is written about another record": func(p *past) string {
		tx := p.last(rec(p.fin))
		tx.Private = append(tx.Private, audit.PrivateWrite{Org: "BankBMSP", Key: p.open, Hash: p.Header(p.open).Terms})
		return "BankBMSP:" + p.open
	},
	"terms are shown to a bank that has no grant": func(p *past) string {
		tx := p.last(rec(p.fin))
		tx.Private = append(tx.Private, audit.PrivateWrite{Org: "BankBMSP", Key: p.fin, Hash: p.Header(p.fin).Terms})
		return "BankBMSP:" + p.fin
	},
	"new terms are withheld from the owner": func(p *past) string {
		tx := p.last(rec(p.fin))
		tx.Private = slices.DeleteFunc(tx.Private, func(w audit.PrivateWrite) bool { return w.Org == "PlatformMSP" && w.Key == p.fin })
		return rec(p.fin)
	},
	"new terms are withheld from a bank with a grant": func(p *past) string {
		tx := p.more(p.SME, "receivable.request-confirmation", p.rec, financing.NoArgs{})
		tx.Private = slices.DeleteFunc(tx.Private, func(w audit.PrivateWrite) bool { return w.Org == "BankBMSP" })
		return rec(p.rec)
	},
	"the token key is given to nobody at the founding": func(p *past) string {
		p.txs[0].Private = p.txs[0].Private[1:]
		return "BureauMSP:" + contract.TokenSecretKey
	},
	"a hash alone is written that no header commits to": func(p *past) string { // as Fabric shows it
		tx := p.last(rec(p.fin))
		hash := evidence.Commit([]byte("anything"))
		tx.Private = append(tx.Private, audit.PrivateWrite{Org: "BankBMSP", Hash: hash})
		return "BankBMSP:" + string(hash)
	},
}

// index is the transaction of the newest command of a verb on a record.
func (p *past) index(id, verb string) int {
	p.T.Helper()
	for i := len(p.txs) - 1; i >= 0; i-- {
		for _, jws := range p.txs[i].Commands {
			if cmd, err := evidence.Parse(jws); err == nil && cmd.Subject == id && cmd.Verb == verb {
				return i
			}
		}
	}
	p.T.Fatalf("no %s of %s", verb, id)
	return 0
}

// refusedReserve is the ID of the command that the rival's reservation was refused under.
func (p *past) refusedReserve() string {
	cmd, err := evidence.Parse(p.txs[p.index(p.rival, "financing.reserve")].Commands[0])
	if err != nil {
		p.T.Fatal(err)
	}
	return cmd.ID
}

func (p *past) book() (b encumbrance.Book) {
	if err := canon.Strict(p.State.Public[contract.BookKey(p.order)], &b); err != nil {
		p.T.Fatal(err)
	}
	return b
}

func examine(txs []audit.Transaction) []audit.Finding {
	a := audit.New()
	for i := range txs {
		if found := a.Block(txs[i : i+1]); len(found) > 0 {
			return found
		}
	}
	return nil
}

func TestEveryForgeryIsNamedByItsKey(t *testing.T) {
	p := newPast(t)
	if found := examine(p.txs); len(found) > 0 {
		t.Fatalf("the honest history: %+v", found)
	}
	for name, forge := range forgeries {
		t.Run(name, func(t *testing.T) {
			f := p.clone(t)
			key := forge(f)
			mustBeFound(t, f.txs, key)
		})
	}
}

// mustBeFound examines a forged history, in which the first finding must name the key.
func mustBeFound(t *testing.T, txs []audit.Transaction, key string) {
	t.Helper()
	switch found := examine(txs); {
	case len(found) == 0:
		t.Errorf("was not found, at %s", key)
	case found[0].Key != key:
		t.Errorf("found at %s (%s), want %s; of %d findings", found[0].Key, found[0].Reason, key, len(found))
	default:
		t.Log(found[0].Reason)
	}
}

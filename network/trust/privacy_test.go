package trust_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"decore/adapters/fabric"
	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/contract/contracttest"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
	"decore/chaincode/ident"
	"decore/chaincode/money"
	"decore/chaincode/order"
	"decore/chaincode/protocol"
	"decore/chaincode/receivable"
)

// deal is a loan of one bank with what it rests on.
type deal struct{ order, receivable, loan string }

func (w *world) deal(bank *contracttest.Actor, amount, lent string) deal {
	w.T.Helper()
	o, r := w.receivable(amount)
	return deal{o, r, w.loan(bank, r, lent)}
}

func (d deal) records() []string { return []string{d.order, d.receivable, d.loan} }

// salt is the random part of a record's opening: where it is, the opening is.
func (w *world) salt(record string) string {
	w.T.Helper()
	sealed, err := evidence.Open(w.Opening(record))
	must(w.T, err)
	return sealed.Salt
}

// keepTermsPrivate has bank B ask every peer, in every way, for the terms of bank A's deal.
func keepTermsPrivate(t *testing.T, w *world) {
	d := w.deal(w.BankA, "1357911.13", "246810.12")
	var secrets []string
	for _, id := range d.records() {
		secrets = append(secrets, w.salt(id))
	}
	secrets = append(secrets, "1357911.13", "246810.12", "0.0385")
	orgs := slices.Sorted(maps.Keys(w.clients))
	t.Run("by the function that reads private terms", func(t *testing.T) {
		for _, org := range orgs {
			answer, err := w.ask(t, org, fabric.Call{Function: protocol.Private, Args: keys(d.records()...)})
			none(t, answer, secrets)
			if org != bankB && !errors.Is(err, ledger.ErrNotEntitled) {
				t.Errorf("%s answers with %v", org, err)
			}
		}
		values, err := w.clients[bankA].Private(t.Context(), bankA, d.loan)
		must(t, err)
		if !bytes.Contains(values[0], []byte(secrets[2])) {
			t.Error("nor is bank A, so that this test proves nothing")
		}
	})
	t.Run("by what the supervisor is owed", func(t *testing.T) { w.owedToAnother(t, d) })
	t.Run("by any other function", func(t *testing.T) {
		for _, call := range w.questions(t, d) {
			for _, org := range orgs {
				answer, _ := w.ask(t, org, call)
				none(t, answer, secrets)
			}
		}
	})
	t.Run("by the blocks", func(t *testing.T) {
		blocks := w.blocks(t)
		none(t, blocks, secrets)
		sum, err := base64.RawURLEncoding.DecodeString(string(w.Header(d.loan).Terms))
		must(t, err)
		if !bytes.Contains(blocks, sum) {
			t.Error("the blocks do not even have the hash, so that this test proves nothing")
		}
	})
	t.Run("by a stream of blocks with their private data", func(t *testing.T) {
		for _, org := range orgs {
			if block, err := w.clients[bankB].Raw().PrivateBlock(t.Context(), org, 1); err == nil || !strings.Contains(err.Error(), "FORBIDDEN") {
				t.Errorf("the peer of %s gives %d bytes and %v", org, len(block), err)
			}
		}
	})
}

// ask is what a peer answers to bank B's client, with what it signs; the answer to what is refused is the refusal.
func (w *world) ask(t *testing.T, org string, call fabric.Call) ([]byte, error) {
	t.Helper()
	p, err := w.clients[bankB].Raw().Propose(call)
	must(t, err)
	e, err := w.clients[bankB].Raw().Endorse(t.Context(), p, org)
	if err != nil {
		return []byte(err.Error()), err
	}
	return slices.Concat(e.Answer(), e.Signed()), nil
}

// owedToAnother has bank B pass off a command that the regulator signed as its own. The bureau itself is given the
// receivable's terms and, since to cancel it gives the order's amount free, those of the order.
func (w *world) owedToAnother(t *testing.T, d deal) {
	t.Helper()
	in := w.Intent(w.Regulator, "receivable.cancel", d.receivable, financing.NoArgs{})
	jws, opening := w.SignIntent(w.Regulator, in)
	b := w.batch(jws, opening)
	b.Openings = b.Openings[:2] // without the terms that are asked for
	owing, err := w.clients[bureau].Owed(t.Context(), b)
	must(t, err)
	var given []evidence.Commitment
	for _, o := range owing {
		given = append(given, evidence.Commit(o))
	}
	if !slices.Equal(given, []evidence.Commitment{w.Header(d.receivable).Terms, w.Header(d.order).Terms}) {
		t.Errorf("the bureau, which signed it, is given %s", owing)
	}
	call := submission(t, b)
	call.Function = protocol.Owed
	for _, org := range []string{platform, leader, bankA, bureau} {
		answer, err := w.ask(t, org, call)
		must(t, err)
		if !bytes.Contains(answer, []byte(`{"openings":[],"lacking":0}`)) {
			t.Errorf("%s answers bank B with %s", org, answer)
		}
	}
}

// questions are calls of all functions about a deal that could give something away.
func (w *world) questions(t *testing.T, d deal) []fabric.Call {
	calls := []fabric.Call{
		{Function: protocol.Ping}, {Function: "init"}, {Function: "GetPrivateData", Args: keys(protocol.Collection(bankA), d.loan)},
		{Function: protocol.Get, Args: keys(d.records()...)}, {Function: protocol.Hashes, Args: keys(d.records()...)},
		{Function: protocol.Copies, Args: keys(append(d.records(), contract.TokenSecretKey)...)},
		{Function: protocol.Range, Args: keys("", "\U0010ffff", "1000")},
	}
	for _, id := range d.records() {
		calls = append(calls,
			fabric.Call{Function: protocol.Get, Args: keys(contract.RecordKey(id), contract.BookKey(id), protocol.Collection(bankA)+"/"+id)},
			fabric.Call{Function: protocol.History, Args: keys(contract.RecordKey(id))},
			fabric.Call{Function: protocol.History, Args: keys(id)},
		)
		for _, a := range []*contracttest.Actor{w.BankB, w.BankA, w.SME, w.Leader} {
			for _, verb := range []string{"order.cancel", "receivable.cancel", "financing.offer", "financing.accept"} {
				b := w.signed(a, verb, id, financing.NoArgs{})
				b.Openings = b.Openings[:2]
				calls = append(calls, submission(t, b))
			}
		}
	}
	return calls
}

// blocks are all blocks as peers give them to any member.
func (w *world) blocks(t *testing.T) []byte {
	t.Helper()
	head, err := w.clients[bankB].Head(t.Context())
	must(t, err)
	var all []byte
	for number := range head.Number + 1 {
		block, err := w.ask(t, bankA, fabric.Call{Chaincode: "qscc", Function: "GetBlockByNumber", Args: keys("decore", strconv.FormatUint(number, 10))})
		must(t, err)
		all = append(all, block...)
	}
	return all
}

func keys(all ...string) [][]byte {
	raw := make([][]byte, len(all))
	for i, key := range all {
		raw[i] = []byte(key)
	}
	return raw
}

// none fails when one of the secrets is in the bytes.
func none(t *testing.T, raw []byte, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%q was given away", secret)
		}
	}
}

// holdNothingElse looks for the terms of two banks' deals in what each organisation's client can read and in the
// files of its peer. The bureau's peer, which endorses as the supervisor, is not looked at on the disk.
func holdNothingElse(t *testing.T, w *world) {
	a, b := w.deal(w.BankA, "2345678.91", "345678.91"), w.deal(w.BankB, "3456789.12", "456789.12")
	both := w.applyToBoth(a, b)
	for key := range w.State.Public {
		if id, ok := strings.CutPrefix(key, contract.RecordKey("")); ok {
			w.heldByTheEntitled(t, id)
		}
	}
	for _, id := range slices.Concat(a.records(), b.records(), both) { // of others bank B endorsed in other tests
		holders := w.entitled(id)
		for _, org := range []string{platform, leader, bankA, bankB} {
			if found, may := w.onDisk(t, org, w.salt(id)), slices.Contains(holders, org); found != may {
				t.Errorf("the terms of %s are on the disk of %s's peer: %v, may be: %v", id, org, found, may)
			}
		}
	}
}

// applyToBoth applies for one more loan at each bank in one batch, of which each endorser sees everything.
func (w *world) applyToBoth(a, b deal) (loans []string) {
	w.T.Helper()
	var both contract.Batch
	for _, d := range []struct {
		bank *contracttest.Actor
		deal
	}{{w.BankA, a}, {w.BankB, b}} {
		id := contracttest.NewID("FIN")
		jws, opening := w.Sign(w.SME, "financing.apply", id, financing.ApplyArgs{Lender: d.bank.USCC, Product: financing.ReceivableLoan,
			Amount: money.MustParse("1.00"), TenorMonths: 3, Purpose: "materials", Collateral: []string{d.receivable}})
		loans = append(loans, id)
		both.Commands, both.Openings = append(both.Commands, jws), append(both.Openings, opening)
	}
	out, err := w.Run(both)
	must(w.T, err)
	for _, r := range out.Results {
		if r.Status != contract.Accepted {
			w.T.Fatalf("%+v", r)
		}
	}
	return loans
}

// heldByTheEntitled asks each organisation's client for the current terms of a record.
func (w *world) heldByTheEntitled(t *testing.T, id string) {
	t.Helper()
	holders := w.entitled(id)
	for org, c := range w.clients {
		values, err := c.Private(t.Context(), org, id)
		must(t, err)
		holds := values[0] != nil && evidence.Commit(values[0]) == w.Header(id).Terms
		if may := slices.Contains(holders, org); holds != may || values[0] != nil && !may {
			t.Errorf("%s holds the terms of %s: %v, may know them: %v", org, id, values[0] != nil, may)
		}
	}
}

// entitled are the organisations of those whom a record binds and of those to whom its header says it is disclosed.
func (w *world) entitled(id string) []string {
	w.T.Helper()
	h := w.Header(id)
	parties := []ident.USCC{h.Owner}
	for _, g := range h.Grants {
		parties = append(parties, g.Party)
	}
	sealed, err := evidence.Open(w.Opening(id))
	must(w.T, err)
	parties = append(parties, bound[h.Kind](w.T, sealed.Terms)...)
	var orgs []string
	for _, a := range []*contracttest.Actor{w.Regulator, w.Platform, w.SME, w.SME2, w.Leader, w.BankA, w.BankB} {
		if slices.Contains(parties, a.USCC) {
			orgs = append(orgs, a.Org)
		}
	}
	return orgs
}

// bound are those whom the terms of a kind of record bind.
var bound = map[string]func(testing.TB, []byte) []ident.USCC{
	"order": partiesOf[order.Terms], "receivable": partiesOf[receivable.Terms], "financing": partiesOf[financing.Terms],
}

func partiesOf[T contract.Terms](t testing.TB, raw []byte) []ident.USCC {
	t.Helper()
	var terms T
	must(t, canon.Strict(raw, &terms))
	return terms.Parties()
}

// onDisk looks for a text in every file of an organisation's peer.
func (w *world) onDisk(t *testing.T, org, text string) (found bool) {
	t.Helper()
	must(t, filepath.WalkDir(filepath.Join(w.data, "nodes", "peer."+org), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && (d.IsDir() || found) {
			return nil
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the peer has merged it into another file
		}
		found = bytes.Contains(raw, []byte(text))
		return err
	}))
	return found
}

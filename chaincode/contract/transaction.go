package contract

import (
	"crypto/ecdsa"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"decore/chaincode/canon"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/party"
)

// transaction is one batch while it runs.
type transaction struct {
	state    State
	trial    bool
	base     *overlay
	now      evidence.Instant
	brought  map[evidence.Commitment][]byte // openings; by commitment, so that no forged one can stand before the true one
	abouts   map[string]bool                // what they are about, once somebody asked
	needed   []Need                         // openings that must be brought
	verified []string                       // commands whose signature is good, with the key that it is good for
	tokenKey duplicate.Key
	recorded []Result // of a committed batch that is retraced, nil otherwise
}

// Submit decides a batch of signed commands and writes what they change (执行一批指令).
//
// Every command succeeds or fails alone and sees what earlier ones of the batch did. The error is a
// *OpeningsNeededError when the batch must be submitted again with more openings, and otherwise means
// that the batch could not be decided at all; then nothing may be committed. A trial is decided in the same way
// and writes nothing.
func Submit(s State, b Batch) (Outcome, error) {
	if most := b.most(); len(b.Commands) == 0 || len(b.Commands) > most {
		return Outcome{}, fmt.Errorf("a batch has 1 to %d commands, this has %d", most, len(b.Commands))
	}
	t := &transaction{state: s, trial: b.Trial, base: newOverlay(s), now: evidence.InstantOf(s.TxTime()), brought: map[evidence.Commitment][]byte{}}
	for _, raw := range b.Openings {
		t.brought[evidence.Commit(raw)] = raw
	}
	commands, out := parse(b.Commands), Outcome{Results: make([]Result, len(b.Commands))}
	if err := t.prefetch(commands); err != nil {
		return Outcome{}, err
	}
	t.verify(commands)
	for i, cmd := range commands {
		if cmd == nil {
			out.Results[i] = malformed
			continue
		}
		result, err := t.decide(i, cmd)
		if err != nil {
			return Outcome{}, err
		}
		out.Results[i] = result
	}
	if len(t.needed) > 0 {
		return Outcome{}, &OpeningsNeededError{Needs: t.needed}
	}
	if b.Trial || !out.Recorded() {
		return out, nil
	}
	return out, t.finish(out)
}

// malformed is the result of a command that cannot be read.
var malformed = Result{Status: Invalid, Code: string(fault.CommandMalformed)}

// parse reads the commands; one that cannot be read is nil.
func parse(jws []string) []*evidence.Signed {
	commands := make([]*evidence.Signed, len(jws))
	onEveryCore(len(jws), func(i int) {
		if cmd, err := evidence.Parse(jws[i]); err == nil {
			commands[i] = cmd
		}
	})
	return commands
}

// onEveryCore does work 0 to n-1, which must be independent of each other, and waits for it.
func onEveryCore(n int, work func(int)) {
	var wait sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), n) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wait.Wait()
}

// prefetch reads in one call the keys that the commands are sure to touch.
func (t *transaction) prefetch(commands []*evidence.Signed) error {
	keys := []string{CharterKey(), PolicyKey(CreditPolicy)}
	for _, cmd := range commands {
		if cmd != nil {
			keys = append(keys, CommandKey(cmd.ID), PartyKey(cmd.Party), RecordKey(cmd.Subject))
		}
	}
	return t.base.prefetch(keys)
}

// verify checks signatures on every core before the commands are decided in order: a key ID is the
// thumbprint of the key, so a good signature stays good whatever the commands before it do.
func (t *transaction) verify(commands []*evidence.Signed) {
	keys := make([]*ecdsa.PublicKey, len(commands))
	known := map[string]*ecdsa.PublicKey{}
	for i, cmd := range commands {
		if cmd == nil {
			continue
		}
		if known[cmd.KeyID] == nil {
			known[cmd.KeyID] = t.publicKey(cmd)
		}
		keys[i] = known[cmd.KeyID]
	}
	t.verified = make([]string, len(commands))
	onEveryCore(len(commands), func(i int) {
		if keys[i] != nil && commands[i].Verify(keys[i]) == nil {
			t.verified[i] = commands[i].KeyID
		}
	})
}

// publicKey finds the key of the command among its party's as committed; what is missing or cannot be read
// is found out when the command is decided.
func (t *transaction) publicKey(cmd *evidence.Signed) *ecdsa.PublicKey {
	p, _, err := recall[party.Party](t.base, PartyKey(cmd.Party))
	if err != nil {
		return nil
	}
	for _, k := range p.Keys {
		if k.ID != cmd.KeyID {
			continue
		}
		if pub, err := k.JWK.PublicKey(); err == nil {
			return pub
		}
	}
	return nil
}

// broughtAbout reports whether the batch has an opening about an ID, whatever it commits to.
func (t *transaction) broughtAbout(id string) bool {
	if t.abouts == nil {
		t.abouts = map[string]bool{}
		for _, raw := range t.brought {
			if o, err := evidence.Open(raw); err == nil {
				t.abouts[o.About] = true
			}
		}
	}
	return t.abouts[id]
}

// finish writes the layer and the event.
func (t *transaction) finish(out Outcome) error {
	if err := t.base.flush(); err != nil {
		return err
	}
	event, err := canon.Marshal(out)
	if err != nil {
		return err
	}
	return t.state.SetEvent(EventName, event)
}

// EventName is the name of the event that every transaction sets; its payload is the Outcome.
const EventName = "decore.outcome"

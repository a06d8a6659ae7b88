// Command forger is the contract of a dishonest organisation. Told so by an opening, it takes a forger's key for
// everybody's, or writes whatever it is given; to all else it is the honest contract.
package main

import (
	"fmt"
	"os"

	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/party"
	"decore/chaincode/service"
)

func main() {
	if err := service.Main(forge); err != nil {
		fmt.Fprintln(os.Stderr, "forger:", err)
		os.Exit(1)
	}
}

func forge(s contract.State, b contract.Batch) (contract.Outcome, error) {
	for _, raw := range b.Openings {
		sealed, err := evidence.Open(raw)
		if err != nil {
			continue
		}
		switch sealed.About {
		case "key":
			var key evidence.JWK
			if err := canon.Strict(sealed.Terms, &key); err != nil {
				return contract.Outcome{}, err
			}
			return contract.Submit(believer{s, key}, b)
		case "write":
			var w struct{ Key, Value string }
			if err := canon.Strict(sealed.Terms, &w); err != nil {
				return contract.Outcome{}, err
			}
			return contract.Outcome{Results: []contract.Result{{Status: contract.Accepted}}}, s.Put(w.Key, []byte(w.Value))
		}
	}
	return contract.Submit(s, b)
}

// believer is a state in which every party has one key.
type believer struct {
	contract.State
	key evidence.JWK
}

func (b believer) Get(keys ...string) ([][]byte, error) {
	values, err := b.State.Get(keys...)
	for i := range values {
		var p party.Party
		if err != nil || canon.Strict(values[i], &p) != nil || keys[i] != contract.PartyKey(p.USCC) {
			continue
		}
		for k := range p.Keys {
			p.Keys[k].ID, p.Keys[k].JWK = b.key.ID(), b.key
		}
		if values[i], err = canon.Marshal(p); err != nil {
			return nil, err
		}
	}
	return values, err
}

package api

import (
	"crypto/subtle"
	"strings"

	"decore/chaincode/canon"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
)

// ticket says what a row of a docket asks for and on which terms (签署凭据). The sheet goes through many hands before
// it comes back; a seal under the consortium's key vouches that its row still says what was given out to this party,
// so that nobody is made to sign terms other than those that it was shown.
type ticket struct {
	verb string
	on   evidence.Commitment
}

const ticketSeparator = "."

// issue writes the ticket of a row that shows facts.
func (t ticket) issue(key duplicate.Key, u ident.USCC, facts []string) string {
	return strings.Join([]string{t.verb, string(t.on), t.seal(key, u, facts)}, ticketSeparator)
}

func (t ticket) seal(key duplicate.Key, u ident.USCC, facts []string) string {
	raw, err := canon.Marshal(append([]string{t.verb, string(t.on)}, facts...))
	if err != nil {
		return "" // not UTF-8, which no cell is read as
	}
	return key.Pseudonym("docket|"+string(raw), u)
}

// openTicket reads a ticket; ok tells whether it was issued to the party for a row of these facts.
func openTicket(key duplicate.Key, u ident.USCC, s string, facts []string) (t ticket, ok bool) {
	parts := strings.Split(s, ticketSeparator)
	if len(parts) != 3 {
		return ticket{}, false
	}
	t = ticket{parts[0], evidence.Commitment(parts[1])}
	seal := t.seal(key, u, facts)
	return t, seal != "" && subtle.ConstantTimeCompare([]byte(seal), []byte(parts[2])) == 1
}

package verification

import (
	"slices"
	"strings"

	"decore/chaincode/check"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/ident"
	lc "decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/chaincode/warehouse"
)

// signatures verifies again every command that made the record and its order, with the key that the
// registry had for its signer at that time.
func signatures(e *examination) finding {
	worst := passed(e.subject)
	for _, c := range e.Commands {
		if f := e.signature(c); worse(f.verdict, worst.verdict) {
			worst = f
		}
	}
	return worst
}

func (e *examination) signature(c *Command) finding {
	if c.Withheld() {
		return unsure(CommandWithheld, c.Result.Command)
	}
	p, ok := e.Parties[c.Party]
	if !ok {
		return fails(SignerUnknown, c.ID)
	}
	key, f := e.keyOf(p, c)
	if f.verdict == check.Fail {
		return f
	}
	if !c.SignedBy(key.JWK) {
		return fails(SignatureInvalid, c.ID)
	}
	return f
}

// keyOf finds the signer's key. What was recorded before a key ended was signed with a good key, whatever
// the signer's clock said. A key revoked after the command was recorded was good then, but may have been in
// other hands already: that is for the bank to judge.
func (e *examination) keyOf(p party.Party, c *Command) (party.Key, finding) {
	for _, k := range p.Keys {
		if k.ID != c.KeyID {
			continue
		}
		early := c.Time.Add(e.Policy.CommandMaxSkew()).Before(k.From.Time)
		late := k.To != nil && !c.Time.Before(k.To.Time) && c.Position.Time.After(k.To.Time)
		switch {
		case early, late, k.Revoked != nil && c.Position.Time.After(k.Revoked.Time):
			return k, fails(KeyNotValid, c.ID)
		case k.Revoked != nil:
			return k, warns(KeyRevokedLater, c.ID)
		}
		return k, passed(c.ID)
	}
	return party.Key{}, fails(KeyUnknown, c.ID)
}

// commitments checks that the terms shown are those that the ledger committed to.
func commitments(e *examination) finding {
	for _, c := range []struct {
		header contract.Header
		sealed evidence.Sealed
	}{{e.Record.Header, e.Record.Opening}, {e.Order.Header, e.Order.Opening}, {e.Lot.Header, e.Lot.Opening}, {e.Receipt.Header, e.Receipt.Opening}} {
		if c.sealed.Raw != nil && (c.sealed.About != c.header.ID || c.sealed.Commitment() != c.header.Terms) {
			return fails(CommitmentMismatch, c.header.ID)
		}
	}
	return passed(e.subject)
}

// chain is the commands about one record as steps of its lifecycle.
type chain struct {
	table    *lc.Table
	header   contract.Header
	commands []*Command
	related  func(lc.Relation) ident.USCC // nil while the terms are not disclosed
	sole     bool                         // no command about another record changes this one
	elders   []*Command                   // about the records of its kind that it is made of
	creditor ident.USCC                   // of a receivable, as of the command that is looked at
}

func (e *examination) chains() []chain {
	all := make([]chain, 0, 2)
	if h := e.Order.Header; h.ID != "" {
		c := chain{table: order.Table, header: h, commands: e.order}
		if e.Order.Terms != nil {
			c.related = e.Order.Terms.Related
		}
		all = append(all, c)
	}
	if h := e.Record.Header; h.ID != "" {
		c := chain{table: receivable.Table, header: h, commands: e.record, elders: e.elders, sole: true}
		if e.Record.Terms != nil {
			c.related, c.creditor = e.Record.Terms.Related, h.Owner // whose it was before a transfer, the commands say
		}
		all = append(all, c)
	}
	switch e.Subject().Kind {
	case lot.Table.Kind:
		all = append(all, e.lotChain())
	case warehouse.Table.Kind:
		all = append(all, e.receiptChain())
	}
	return all
}

// history checks that the commands, one after the other, lead to the record as it stands.
func history(e *examination) finding {
	for _, c := range e.chains() {
		if source, ok := c.leads(e.Parties); !ok {
			return fails(HistoryBroken, source)
		}
	}
	return passed(e.subject)
}

func (c chain) leads(parties map[ident.USCC]party.Party) (string, bool) {
	state, version, ok := c.beginning()
	if !ok {
		return c.header.ID, false
	}
	for _, cmd := range c.elders {
		c.creditor = c.creditorAfter(cmd)
	}
	for _, cmd := range c.commands {
		r := cmd.Result
		if !cmd.Withheld() && !c.permits(cmd, state, parties[cmd.Party]) {
			return r.Command, false
		}
		c.creditor = c.creditorAfter(cmd)
		if r.Record != c.header.ID || r.Version <= version || c.sole && r.Version != version+1 {
			return r.Command, false
		}
		state, version = r.State, r.Version
	}
	ends := state == c.header.State && version <= c.header.Version && (c.creditor == "" || c.creditor == c.related(lc.Seller))
	if c.sole {
		ends = ends && version == c.header.Version
		if n := len(c.commands); n > 0 {
			last := c.commands[n-1].Result
			ends = ends && last.Terms == c.header.Terms && last.Command == c.header.Command
		}
	}
	return c.header.ID, ends
}

// creditorAfter is who holds a receivable after a command; "" where that is not followed.
func (c chain) creditorAfter(cmd *Command) ident.USCC {
	if c.creditor != "" && !cmd.Withheld() && cmd.Verb == "receivable.accept-transfer" {
		return cmd.Party
	}
	return c.creditor
}

// births are the commands that make further records of a kind, and the state in which these begin: lc.None is the one
// in which the command found the record that it is about.
var births = map[string]lc.State{"warehouse-receipt.confirm-split": warehouse.Issued, "warehouse-receipt.confirm-merge": warehouse.Issued,
	"receivable.split": lc.None}

// beginning is where the first of the commands finds the record: nowhere, or as the command about another record left it
// that made it.
func (c chain) beginning() (state lc.State, version int, ok bool) {
	if len(c.commands) > 0 && c.commands[0].Result.Command == c.header.Creation {
		return lc.None, 0, true
	}
	found := lc.None // the state of the elder that the commands have come to; a part begins in that of its whole
	for _, id := range c.header.Parents {
		for _, cmd := range c.elders {
			if cmd.Subject != id {
				continue
			}
			born, bears := lc.None, false
			if !cmd.Withheld() {
				born, bears = births[cmd.Verb]
			}
			if born == lc.None && bears {
				born = found
			}
			if cmd.Result.Command == c.header.Creation {
				return born, 1, bears
			}
			if bears {
				break // what comes after it is no part's concern
			}
			found = cmd.Result.State
		}
	}
	return "", 0, false
}

// permits checks one step against the lifecycle's table: from the state before, to the state after, by
// a party of the role and, where the terms are disclosed, in the relation. Who held a lien at the time
// is not in the terms; there the role is what can be checked.
func (c chain) permits(cmd *Command, from lc.State, signer party.Party) bool {
	row, ok := rowOf(c.table, cmd)
	return ok && row.Leaves(from) && row.Reaches(cmd.Result.State) &&
		row.Permits(signer.Roles, func(as lc.Relation) bool {
			if as == lc.Seller && c.creditor != "" {
				return c.creditor == cmd.Party
			}
			return c.related == nil || slices.Contains(unstated, as) || c.related(as) == cmd.Party
		})
}

// unstated are the relations of which the terms do not say whose they were at the time.
var unstated = []lc.Relation{lc.Holder, lc.Grantee, lc.Supervisor, lc.Transferee}

func rowOf(t *lc.Table, cmd *Command) (lc.Row, bool) {
	kind, verb, _ := strings.Cut(cmd.Verb, ".")
	if kind != t.Kind {
		return lc.Row{}, false
	}
	return t.Row(verb)
}

// countersignatures checks that each one names the terms as they stood right before it. Where a command
// about another record changed the terms in between (a receivable counts against its order), the
// commitment between is not among these commands; then the ledger's own check has to stand.
func countersignatures(e *examination) finding {
	for _, c := range e.chains() {
		before := contract.Result{}
		for _, cmd := range c.commands {
			if !cmd.Withheld() {
				row, _ := rowOf(c.table, cmd)
				adjacent := cmd.Result.Version == before.Version+1
				switch {
				case row.Binding && cmd.On == "":
					return fails(TermsNotNamed, cmd.ID)
				case cmd.On != "" && adjacent && cmd.On != before.Terms:
					return fails(TermsChanged, cmd.ID)
				}
			}
			before = cmd.Result
		}
	}
	return passed(e.subject)
}

// standing checks that a party is registered, active and of its role; inactive is how bad it is when not.
func (e *examination) standing(u ident.USCC, role lc.Role, inactive check.Verdict) finding {
	p, ok := e.Parties[u]
	switch source := "party/" + string(u); {
	case !ok:
		return fails(PartyUnknown, source)
	case !p.Has(role):
		return fails(PartyRoleMissing, source)
	case p.State != party.Active:
		return finding{inactive, PartyNotActive, source, ""}
	default:
		return passed(source)
	}
}

// sellerStatus: nobody can be lent to who may not act.
func sellerStatus(e *examination) finding {
	if e.Record.Terms != nil {
		return e.standing(e.Record.Terms.Seller, lc.SME, check.Fail)
	}
	return e.standing(e.Order.Terms.Seller, lc.SME, check.Fail)
}

// creditorStatus: who holds the claim after a transfer is who is lent to.
func creditorStatus(e *examination) finding {
	return e.standing(e.Record.Terms.Creditor, lc.SME, check.Fail)
}

// buyerStatus: a suspended buyer still owes what it signed for before.
func buyerStatus(e *examination) finding {
	if e.Record.Terms != nil {
		return e.standing(e.Record.Terms.Buyer, lc.Leader, check.Warn)
	}
	return e.standing(e.Order.Terms.Buyer, lc.Leader, check.Warn)
}

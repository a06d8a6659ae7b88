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
	sole     bool                         // no command about another record changes this one, but by an ending
	ending   ending                       // as a command about another record may make it
	elders   []*Command                   // about the records of its kind that it is made of
	creditor ident.USCC                   // of a receivable, as of the command that is looked at
	holders  []ident.USCC                 // of a warehouse receipt, as of the command that is looked at and after each endorsement from there on
}

// ending is how a command about another record may end one: of several receipts that are merged, the commands are about
// one, and the delivery against a receipt may take the last goods of its lot.
type ending struct{ from, to lc.State }

// ends reports whether the ending leads from one state to the other, so many versions later.
func (c chain) ends(from, to lc.State, versions int) bool {
	return c.ending.to != "" && c.ending == ending{from, to} && (versions == 1 || versions > 1 && !c.sole)
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
	if source, ok := c.lived(parties); !ok {
		return source, false
	}
	state, version, ok := c.beginning()
	if !ok {
		return c.header.ID, false
	}
	for _, cmd := range c.elders {
		c.creditor = c.after(cmd).creditor
	}
	c, state, version, source := c.steps(state, version, parties)
	if source != "" {
		return source, false
	}
	return c.header.ID, c.arrives(state, version)
}

// steps follows the commands from a state on, to where they lead; source is the one that cannot have been the next.
func (c chain) steps(state lc.State, version int, parties map[ident.USCC]party.Party) (_ chain, _ lc.State, _ int, source string) {
	for _, cmd := range c.commands {
		r := cmd.Result
		between := r.Version - version - 1 // changes by commands about other records
		if c.ends(state, r.State, between) {
			state, between = r.State, 0
		}
		if !cmd.Withheld() && !c.permits(cmd, state, parties[cmd.Party]) {
			return c, "", 0, r.Command
		}
		c = c.after(cmd)
		if r.Record != c.header.ID || between < 0 || c.sole && between > 0 {
			return c, "", 0, r.Command
		}
		state, version = r.State, r.Version
	}
	return c, state, version, ""
}

// arrives reports whether the record stands where its commands have led.
func (c chain) arrives(state lc.State, version int) bool {
	h := c.header
	switch later := h.Version - version; {
	case c.creditor != "" && c.creditor != c.related(lc.Seller), c.holders != nil && len(c.holders) != 1:
		return false
	case c.ends(state, h.State, later):
		return true
	case state != h.State, later < 0, c.sole && later > 0:
		return false
	}
	if n := len(c.commands); c.sole && n > 0 {
		last := c.commands[n-1].Result
		return last.Terms == h.Terms && last.Command == h.Command
	}
	return true
}

// after is the chain after a command: with another creditor or holder, where that is followed.
func (c chain) after(cmd *Command) chain {
	switch {
	case cmd.Withheld():
	case c.creditor != "" && cmd.Verb == "receivable.accept-transfer":
		c.creditor = cmd.Party
	case len(c.holders) > 0 && cmd.Verb == endorsed:
		c.holders = c.holders[1:]
	}
	return c
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
	elders := c.header.Wholes()
	for i := range elders {
		if cmd, born := c.bore(elders[:i+1]); cmd != nil && cmd.Result.Command == c.header.Creation {
			return born, 1, true
		}
	}
	return "", 0, false
}

// bore is the command about the last of the elders by which it bore others, nil for none, and the state in which these
// begin. What comes after it is no concern of theirs.
func (c chain) bore(elders []string) (cmd *Command, born lc.State) {
	all := c.about(elders[len(elders)-1])
	i := slices.IndexFunc(all, func(cmd *Command) bool { _, bears := births[cmd.verb()]; return bears })
	if i < 0 {
		return nil, lc.None
	}
	born = births[all[i].Verb]
	switch {
	case born == lc.None && i > 0:
		born = all[i-1].Result.State
	case born == lc.None:
		born, _ = c.beginningOf(elders)
	}
	return all[i], born
}

// beginningOf is where the first command about the last of the elders finds it: nowhere, or as the nearest of the elders
// before it that had borne others by then let them begin.
func (c chain) beginningOf(elders []string) (state lc.State, version int) {
	n := len(elders) - 1
	all := c.about(elders[n])
	if len(all) > 0 && all[0].Result.Version == 1 {
		return lc.None, 0
	}
	for ; n > 0; n-- {
		cmd, born := c.bore(elders[:n])
		if cmd != nil && cmd.Result.Command != c.header.Creation && (len(all) == 0 || cmd.Position.before(all[0].Position)) {
			return born, 1
		}
	}
	return lc.None, 1
}

// about lists the commands about an elder.
func (c chain) about(elder string) []*Command {
	var all []*Command
	for _, cmd := range c.elders {
		if cmd.Subject == elder {
			all = append(all, cmd)
		}
	}
	return all
}

// lives are the chains of the elders. To what they led, no header tells here.
func (c chain) lives() []chain {
	var all []chain
	for _, id := range c.header.Wholes() {
		all = append(all, chain{table: c.table, header: contract.Header{ID: id}, commands: c.about(id), sole: c.sole, ending: c.ending})
	}
	return all
}

// lived checks that the commands about each elder are steps of its life, from its beginning on.
func (c chain) lived(parties map[ident.USCC]party.Party) (string, bool) {
	elders := c.header.Wholes()
	for i, life := range c.lives() {
		state, version := c.beginningOf(elders[:i+1])
		if state == lc.None && version > 0 {
			return life.header.ID, false
		}
		if _, _, _, source := life.steps(state, version, parties); source != "" {
			return source, false
		}
	}
	return "", true
}

// permits checks one step against the lifecycle's table: from the state before, to the state after, by
// a party of the role and, where the terms are disclosed, in the relation. Who held a lien at the time
// is not in the terms; there the role is what can be checked.
func (c chain) permits(cmd *Command, from lc.State, signer party.Party) bool {
	row, ok := rowOf(c.table, cmd)
	return ok && row.Leaves(from) && row.Reaches(cmd.Result.State) &&
		row.Permits(signer.Roles, func(as lc.Relation) bool {
			switch {
			case as == lc.Seller && c.creditor != "":
				return c.creditor == cmd.Party
			case as == lc.Owner && len(c.holders) > 0:
				return c.holders[0] == cmd.Party
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
		for _, life := range append(c.lives(), c) {
			if f := life.countersigned(); f.verdict != check.Pass {
				return f
			}
		}
	}
	return passed(e.subject)
}

func (c chain) countersigned() finding {
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
	return passed("")
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

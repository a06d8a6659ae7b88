package contract

import (
	"slices"

	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/party"
)

func init() {
	register(party.Table, "register", true, func(c *call, a party.RegisterArgs) (lifecycle.State, error) {
		u, err := ident.ParseUSCC(c.cmd.Subject)
		if err != nil || string(u) != c.cmd.Subject {
			return "", fault.New(fault.SubjectMalformed, "/subject")
		}
		if taken, err := c.layer.load(PartyKey(u), &party.Party{}); err != nil || taken {
			return "", errorOr(err, fault.New(fault.RecordExists, "/subject"))
		}
		p, err := party.Register(u, a, c.now)
		if err != nil {
			return "", err
		}
		// Terms are written to the party's organisation from now on, which must therefore exist.
		if charter, _, err := recall[Charter](c.layer, CharterKey()); err != nil || !slices.Contains(charter.Orgs, a.Org) {
			return "", errorOr(err, fault.New(fault.FieldInvalid, "/org"))
		}
		return p.State, c.saveParty(p)
	})
	for verb, next := range map[string]lifecycle.State{"approve": party.Active, "suspend": party.Suspended, "reinstate": party.Active} {
		onParty(verb, func(c *call, p party.Party, _ party.ReasonArgs) (party.Party, error) {
			if next == party.Suspended && p.USCC == c.cmd.Party {
				// The last regulator would leave nobody to reinstate it.
				return p, fault.New(fault.NotPermitted, "/subject")
			}
			p.State = next
			return p, nil
		})
	}
	onParty("rotate-key", func(c *call, p party.Party, a party.KeyArgs) (party.Party, error) { return p.Rotate(a.Key, c.now) })
	onParty("revoke-key", func(c *call, p party.Party, a party.KeyArgs) (party.Party, error) { return p.Revoke(a.Key, c.now) })
}

// aboutParty lets a party stand in for terms where relations are asked.
type aboutParty struct{ uscc ident.USCC }

func (aboutParty) Parties() []ident.USCC { return nil }

func (a aboutParty) Related(as lifecycle.Relation) ident.USCC {
	if as == lifecycle.Self {
		return a.uscc
	}
	return ""
}

// onParty registers a verb that changes a party.
func onParty[A any](verb string, change func(c *call, p party.Party, a A) (party.Party, error)) {
	register(party.Table, verb, true, func(c *call, a A) (lifecycle.State, error) {
		p, err := c.party(ident.USCC(c.cmd.Subject), "/subject")
		if err != nil {
			return "", err
		}
		if err := c.permit(Header{}, aboutParty{p.USCC}); err != nil {
			return "", err
		}
		if !c.row.Leaves(p.State) {
			return "", fault.New(fault.WrongState, "")
		}
		next, err := change(c, p, a)
		if err != nil {
			return "", err
		}
		return next.State, c.saveParty(next)
	})
}

func (c *call) saveParty(p party.Party) error {
	p.Version++
	p.Updated = c.now
	return c.layer.store(PartyKey(p.USCC), p)
}

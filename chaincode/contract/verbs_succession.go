package contract

import (
	"fmt"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/subsidy"
)

// SuccessionTerms are the private terms of a succession (承继): that one household's account went on in another's.
type SuccessionTerms struct {
	SuccessionArgs
	Account string        `json:"account"` // record ID of the heir's account
	Ended   string        `json:"ended"`   // record ID of the old one
	Moved   subsidy.Drawn `json:"moved"`   // what the old one drew on the caps
	Bureau  ident.USCC    `json:"bureau"`
}

// Parties lists who may read the succession.
func (t SuccessionTerms) Parties() []ident.USCC { return []ident.USCC{t.Bureau, t.Old, t.Heir} }

// Related returns the party in a relation to the succession, "" for none.
func (t SuccessionTerms) Related(as lifecycle.Relation) ident.USCC {
	if as == lifecycle.Bureau {
		return t.Bureau
	}
	return ""
}

// SuccessionArgs are the private arguments of record.
type SuccessionArgs struct {
	Policy   string        `json:"policy" doc:"ID of the subsidy policy (贴息政策)"`
	Old      ident.USCC    `json:"old" doc:"The household that ended (被承继方)"`
	Heir     ident.USCC    `json:"heir" doc:"The household that succeeds it (承继方)"`
	On       calendar.Date `json:"on" doc:"Day of the registration (变更登记日)"`
	Document string        `json:"document" doc:"Registration or decision that it rests on (依据文书)" minLength:"1" maxLength:"200"`
	Claims   []string      `json:"claims" doc:"Record IDs of all claims of the household that ended (全部申领编号)" maxItems:"50"`
}

// MaxInherited bounds the claims that one succession moves, since each is written in one transaction.
const MaxInherited = 50

// maxHeirs bounds the chain of heirs that is followed.
const maxHeirs = 16

func init() {
	onNew(&subsidy.Succession, subsidy.VerbSucceed, recordSuccession)
}

func recordSuccession(c *call, a SuccessionArgs) (*Record[SuccessionTerms], error) {
	if err := c.sensibleSuccession(a); err != nil {
		return nil, err
	}
	ended, err := c.account(a.Policy, a.Old)
	if err != nil {
		return nil, err
	}
	heir, err := c.account(a.Policy, a.Heir)
	if err != nil {
		return nil, err
	}
	before := ended.Terms.Account
	ended.Terms.Account, heir.Terms.Account, err = subsidy.Succeed(a.Policy, before, heir.Terms.Account, a.Old, a.Heir)
	if err != nil {
		return nil, subsidyFault(err, noField)
	}
	if err := c.inherit(a, before, ended.ID, heir); err != nil {
		return nil, err
	}
	ended.State = AccountEnded
	for _, bank := range ended.Terms.Banks {
		if !slices.Contains(heir.Terms.Banks, bank) {
			heir.Terms.Banks = append(heir.Terms.Banks, bank)
		}
	}
	if err := save(c, ended); err != nil {
		return nil, err
	}
	if err := save(c, heir); err != nil {
		return nil, err
	}
	return create(c, subsidy.Succession.Kind, SuccessionTerms{SuccessionArgs: a, Account: heir.ID, Ended: ended.ID,
		Moved: before.Drawn, Bureau: heir.Terms.Bureau}), nil
}

func (c *call) sensibleSuccession(a SuccessionArgs) error {
	switch {
	case a.Old == a.Heir:
		return fault.New(fault.SameParty, "/heir")
	case a.On.IsZero():
		return fault.New(fault.FieldRequired, "/on")
	case a.On.After(c.today()):
		return fault.New(fault.DateInFuture, "/on")
	case !reasonForm(a.Document):
		return fault.New(fault.FieldInvalid, "/document")
	case len(a.Claims) > MaxInherited:
		return fault.New(fault.TooMany, "/claims")
	case a.Policy == CreditPolicy || !nameForm.MatchString(a.Policy):
		return fault.New(fault.PolicyUnknown, "/policy")
	}
	if _, err := c.subsidyPolicy(PolicyKey(a.Policy)); err != nil {
		return err
	}
	if _, err := c.party(a.Old, "/old"); err != nil {
		return err
	}
	return c.acts(a.Heir, lifecycle.SME, "/heir")
}

func reasonForm(s string) bool { return s != "" && len(s) <= 600 }

// inherit passes all claims of the ended account on to the heir's. That none is left behind shows by their sum and by the
// count of their bookings.
func (c *call) inherit(a SuccessionArgs, before subsidy.Account, ended string, heir accountRecord) error {
	var claims []subsidy.Claim
	var records []claimRecord
	for i, id := range a.Claims {
		field := fmt.Sprintf("/claims/%d", i)
		r, err := load[ClaimTerms](c, subsidy.Lifecycle.Kind, id, field)
		switch {
		case err != nil:
			return err
		case r.Terms.Account != ended, slices.Contains(a.Claims[:i], id):
			return fault.New(fault.FieldInvalid, field)
		}
		claims, records = append(claims, r.Terms.Claim), append(records, r)
	}
	if !before.Consists(claims) {
		return fault.New(fault.SumMismatch, "/claims")
	}
	stamp := c.stamp(claimMove{})
	passage := subsidy.Passage{From: a.Old, To: a.Heir, Last: before.Entries, First: heir.Terms.Account.Entries - before.Entries,
		On: stamp.On, By: stamp.By, Command: stamp.Command, Document: a.Document}
	for _, r := range records {
		r.Terms.Claim, r.Terms.Loan = r.Terms.Claim.Inherited(r.Terms.Loan, passage)
		r.Terms.Account = heir.ID
		if err := save(c, r); err != nil {
			return err
		}
	}
	return nil
}

// standingAccount opens the household's account, or that of its heir.
func (c *call) standingAccount(policy string, household ident.USCC) (accountRecord, error) {
	for range maxHeirs {
		r, err := c.account(policy, household)
		if err != nil || r.Terms.Account.Successor == "" {
			return r, err
		}
		household = r.Terms.Account.Successor
	}
	return nil, fault.New(fault.TooMany, "/financing")
}

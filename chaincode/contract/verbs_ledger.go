package contract

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/credit"
	"decore/chaincode/duplicate"
	"decore/chaincode/evidence"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/lot"
	"decore/chaincode/order"
	"decore/chaincode/party"
	"decore/chaincode/receivable"
	"decore/chaincode/subsidy"
	"decore/chaincode/warehouse"
)

// CreditPolicy is the ID of the one credit policy; every other policy is a subsidy policy.
const CreditPolicy = "credit"

const verbFound = "ledger.found"

// States of a ledger and of a policy, which have one each.
const (
	Founded   lifecycle.State = "founded"
	Published lifecycle.State = "published"
)

var (
	regulator = []lifecycle.Signer{{Role: lifecycle.Regulator}}
	bureau    = []lifecycle.Signer{{Role: lifecycle.Regulator, As: lifecycle.Bureau}} // which alone makes policy and moves its money
)

var ledgerTable = &lifecycle.Table{Kind: "ledger", Rows: []lifecycle.Row{
	{Verb: "found", From: []lifecycle.State{lifecycle.None}, To: []lifecycle.State{Founded}, By: regulator,
		En: "Found the ledger", Zh: "设立账本"},
	{Verb: "admit", From: []lifecycle.State{Founded}, To: []lifecycle.State{Founded}, By: regulator,
		En: "Admit an organisation", Zh: "接纳成员组织"},
}}

var policyTable = &lifecycle.Table{Kind: "policy", Rows: []lifecycle.Row{
	{Verb: "publish", From: []lifecycle.State{lifecycle.None, Published}, To: []lifecycle.State{Published}, By: bureau,
		En: "Publish a version of a policy", Zh: "发布政策版本"},
}}

// Tables are all lifecycles, in the order in which documents list them.
var Tables = []*lifecycle.Table{ledgerTable, party.Table, policyTable, measureTable, order.Table, lot.Table, warehouse.Table, receivable.Table, financing.Table,
	&subsidy.Lifecycle, &subsidy.Succession, fund.BudgetTable, fund.Table, fund.ReportTable}

// Charter is what a ledger is founded on (章程). It is public.
type Charter struct {
	Ledger    string              `json:"ledger"` // name that every command must carry
	Orgs      []string            `json:"orgs"`   // organisations (MSP IDs), in the order of their admission
	Regulator ident.USCC          `json:"regulator"`
	TokenKey  evidence.Commitment `json:"tokenKey"` // commitment to the consortium's key for duplicate tokens
	Founded   evidence.Instant    `json:"founded"`
}

// FoundArgs are the public arguments of ledger.found. The token key travels as an opening about
// TokenSecretKey.
type FoundArgs struct {
	Ledger    string              `json:"ledger"`
	Orgs      []string            `json:"orgs"`
	TokenKey  evidence.Commitment `json:"tokenKey"`
	Regulator Founder             `json:"regulator"`
	Platform  Founder             `json:"platform"`
	Credit    credit.Policy       `json:"credit"`
}

// AdmitArgs are the public arguments of ledger.admit. The token key travels as an opening.
type AdmitArgs struct {
	Org string `json:"org" doc:"Organisation (MSP ID) that has joined the channel (成员组织)"`
}

// Founder is a party that exists from the first transaction.
type Founder struct {
	USCC ident.USCC `json:"uscc"`
	party.RegisterArgs
}

// TokenKeyTerms are the terms of the opening that carries the token key.
type TokenKeyTerms struct {
	Key string `json:"key"` // base64url, 32 bytes
}

// PublishArgs are the public arguments of policy.publish; the subject is the policy's ID.
type PublishArgs struct {
	Policy jsontext.Value `json:"policy" doc:"The whole policy record, its version one above the one before"`
}

func init() {
	register(ledgerTable, "found", true, found)
	register(ledgerTable, "admit", true, admitOrg)
	register(policyTable, "publish", true, publish)
}

// admitFounder checks the very first command: nobody is registered yet, so it is signed by the
// regulator's key that it brings. Who may found a ledger is decided by who endorses the transaction.
func (c *call) admitFounder() (func(*call) (lifecycle.State, error), error) {
	args, err := decodeAs[FoundArgs](c.cmd.Body)
	if err != nil {
		return nil, fault.New(fault.ArgumentsInvalid, "")
	}
	a := args.(FoundArgs)
	pub, err := a.Regulator.Key.PublicKey()
	switch {
	case err != nil, a.Regulator.Key.ID() != c.cmd.KeyID:
		return nil, fault.New(fault.KeyUnknown, "/regulator/key")
	case c.cmd.Verify(pub) != nil:
		return nil, fault.New(fault.SignatureInvalid, "")
	case a.Regulator.USCC != c.cmd.Party || a.Ledger != c.cmd.Ledger || c.cmd.Subject != "ledger":
		return nil, fault.New(fault.CommandMalformed, "")
	}
	return func(c *call) (lifecycle.State, error) { return found(c, a) }, nil
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)

func found(c *call, a FoundArgs) (lifecycle.State, error) {
	if ok, err := c.layer.load(CharterKey(), &Charter{}); err != nil || ok {
		return "", errorOr(err, fault.New(fault.AlreadyFounded, ""))
	}
	switch {
	case !nameForm.MatchString(a.Ledger):
		return "", fault.New(fault.FieldInvalid, "/ledger")
	case !slices.Contains(a.Orgs, a.Regulator.Org) || !slices.Contains(a.Orgs, a.Platform.Org) || !distinct(a.Orgs):
		return "", fault.New(fault.FieldInvalid, "/orgs")
	case a.Platform.USCC == "":
		return "", fault.New(fault.FieldRequired, "/platform/uscc")
	case a.Platform.USCC == a.Regulator.USCC:
		return "", fault.New(fault.SameParty, "/platform/uscc")
	case a.Credit.ID != CreditPolicy || a.Credit.Version != 1 || a.Credit.Binds(c.today()) != nil ||
		warehouse.CheckElements(a.Credit) != nil:
		return "", fault.New(fault.PolicyInvalid, "/credit")
	}
	raw := c.brought[a.TokenKey]
	if !c.believes(raw, a.TokenKey) {
		return "", fault.New(fault.CommitmentMismatch, "/tokenKey")
	}
	for _, org := range a.Orgs {
		c.layer.storePrivate(org, TokenSecretKey, raw)
	}
	for _, f := range []struct {
		founder Founder
		role    lifecycle.Role
	}{{a.Regulator, lifecycle.Regulator}, {a.Platform, lifecycle.Platform}} {
		p, err := party.Register(f.founder.USCC, f.founder.RegisterArgs, c.now)
		if err != nil {
			return "", err
		}
		if !p.Has(f.role) {
			return "", fault.New(fault.PartyRoleMissing, "/"+string(f.role)+"/roles")
		}
		p.State = party.Active
		if err := c.saveParty(p); err != nil {
			return "", err
		}
	}
	if err := c.storePolicy(CreditPolicy, a.Credit.Version, a.Credit); err != nil {
		return "", err
	}
	return Founded, c.layer.store(CharterKey(), Charter{Ledger: a.Ledger, Orgs: a.Orgs, Regulator: a.Regulator.USCC, TokenKey: a.TokenKey, Founded: c.now})
}

// believes reports whether the opening is the token key's of the commitment. Who retraces a batch has no opening
// and goes by the result that was recorded.
func (c *call) believes(raw []byte, commitment evidence.Commitment) bool {
	if c.retracing() {
		return c.recorded[c.index].Code != string(fault.CommitmentMismatch)
	}
	_, err := openTokenKey(raw, commitment)
	return err == nil
}

// admitOrg makes an organisation that joined the channel a member of the ledger, and gives it the token key.
func admitOrg(c *call, a AdmitArgs) (lifecycle.State, error) {
	var charter Charter
	if _, err := c.layer.load(CharterKey(), &charter); err != nil {
		return "", err
	}
	switch {
	case c.cmd.Subject != "ledger":
		return "", fault.New(fault.SubjectMalformed, "/subject")
	case a.Org == "" || len(a.Org) > maxOrg:
		return "", fault.New(fault.FieldInvalid, "/org")
	case slices.Contains(charter.Orgs, a.Org):
		return "", fault.New(fault.RecordExists, "/org")
	}
	raw, err := c.neededSecret(charter.TokenKey)
	if err != nil {
		return "", err
	}
	c.layer.storePrivate(a.Org, TokenSecretKey, raw)
	charter.Orgs = append(charter.Orgs, a.Org)
	return Founded, c.layer.store(CharterKey(), charter)
}

// maxOrg bounds an MSP ID in bytes.
const maxOrg = 100

// openTokenKey reads the token key and checks it against its public commitment.
func openTokenKey(raw []byte, commitment evidence.Commitment) (duplicate.Key, error) {
	if evidence.Commit(raw) != commitment {
		return nil, fmt.Errorf("the token key does not match the charter's commitment")
	}
	sealed, err := evidence.Open(raw)
	if err != nil || sealed.About != TokenSecretKey {
		return nil, errorOr(err, fmt.Errorf("the opening is not about the token key"))
	}
	var terms TokenKeyTerms
	if err := canon.Strict(sealed.Terms, &terms); err != nil {
		return nil, fmt.Errorf("token key: %w", err)
	}
	key, err := base64.RawURLEncoding.DecodeString(terms.Key)
	if err != nil || len(key) < 32 {
		return nil, fmt.Errorf("the token key must be at least 32 bytes in base64url")
	}
	return key, nil
}

// OpenTokenKey reads the consortium's token key from the opening that organisations hold.
func OpenTokenKey(raw []byte, commitment evidence.Commitment) (duplicate.Key, error) {
	return openTokenKey(raw, commitment)
}

// publish adds a version of a policy; earlier versions stay, since records are judged by theirs.
func publish(c *call, a PublishArgs) (lifecycle.State, error) {
	policy, version, err := parsePolicy(c.cmd.Subject, a.Policy, c.today())
	if err != nil {
		return "", err
	}
	// What is made of measures changes with them alone.
	if _, combined, err := recall[PolicyMeasures](c.layer, PolicyMeasuresKey(c.cmd.Subject)); err != nil || combined {
		return "", errorOr(err, fault.New(fault.PolicyCombined, ""))
	}
	before := 0
	current, err := c.layer.get(PolicyKey(c.cmd.Subject))
	if err != nil {
		return "", err
	}
	if current != nil {
		if _, before, err = parsePolicy(c.cmd.Subject, current, c.today()); err != nil {
			return "", err
		}
	}
	if version != before+1 {
		return "", fault.New(fault.PolicyVersion, "/policy/version")
	}
	return Published, c.storePolicy(c.cmd.Subject, version, policy)
}

func distinct(names []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(names)))) == len(names)
}

func parsePolicy(id string, raw []byte, today calendar.Date) (any, int, error) {
	if id == CreditPolicy {
		var p credit.Policy
		if err := canon.Strict(raw, &p); err != nil || p.Binds(today) != nil || p.ID != id || warehouse.CheckElements(p) != nil {
			return nil, 0, fault.New(fault.PolicyInvalid, "/policy")
		}
		return p, p.Version, nil
	}
	p, err := subsidy.ParsePolicy(raw)
	if err != nil || p.ID != id || !nameForm.MatchString(id) {
		return nil, 0, fault.New(fault.PolicyInvalid, "/policy")
	}
	return p, p.Version, nil
}

func (c *call) storePolicy(id string, version int, policy any) error {
	if err := c.layer.store(PolicyVersionKey(id, version), policy); err != nil {
		return err
	}
	return c.layer.store(PolicyKey(id), policy)
}

func errorOr(err error, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

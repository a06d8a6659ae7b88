package contract

import (
	"fmt"
	"slices"

	"decore/chaincode/calendar"
	"decore/chaincode/duplicate"
	"decore/chaincode/fault"
	"decore/chaincode/financing"
	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

// ClaimTerms are the private terms of a subsidy claim (贴息申领): the claim and the facts of its loan.
type ClaimTerms struct {
	Claim   subsidy.Claim `json:"claim"`
	Loan    subsidy.Loan  `json:"loan"`
	Account string        `json:"account"`         // record ID of the household's account
	Bureau  ident.USCC    `json:"bureau"`          // 财政局
	Funded  money.Amount  `json:"funded,omitzero"` // of what is settled, through the bank's fund

	Reported []fund.Entry `json:"reported,omitzero"` // what accepted monthly reports said of it, by month (已审核申报)
}

// Parties lists who may read the claim.
func (t ClaimTerms) Parties() []ident.USCC {
	return []ident.USCC{t.Loan.Household, t.Loan.Bank, t.Bureau}
}

// Related returns the party in a relation to the claim, "" for none.
func (t ClaimTerms) Related(as lifecycle.Relation) ident.USCC {
	switch as {
	case lifecycle.Lender:
		return t.Loan.Bank
	case lifecycle.Applicant:
		return t.Loan.Household
	case lifecycle.Bureau:
		return t.Bureau
	}
	return ""
}

// AccountTerms are the private terms of a household's account under one policy (单户贴息台账): what all
// banks together drew on its caps, which tells a bank the room that is left and no more of another bank's loans. Totals
// over all banks are the sum of the claims, which the household and the bureau have.
type AccountTerms struct {
	Account subsidy.Account `json:"account"`
	Bureau  ident.USCC      `json:"bureau"`
	Banks   []ident.USCC    `json:"banks"` // with a claim
}

// Parties lists who may read the account.
func (t AccountTerms) Parties() []ident.USCC {
	return append([]ident.USCC{t.Account.Household, t.Bureau}, t.Banks...)
}

// Related returns the party in a relation to the account, "" for none.
func (t AccountTerms) Related(lifecycle.Relation) ident.USCC { return "" }

// AccountKind is the kind of a household's account; its ID is a pseudonym.
const (
	AccountKind   = "account"
	AccountPrefix = "ACC-"
	AccountOpen   = lifecycle.State("open")
	AccountEnded  = lifecycle.State("succeeded") // it went on in the account of the household's heir
)

// HoldArgs are the private arguments of hold: the facts that the bank answers for, beside those that
// its loan record already holds.
type HoldArgs struct {
	Policy        string            `json:"policy" doc:"ID of the subsidy policy (贴息政策)"`
	Financing     string            `json:"financing" doc:"Record ID of the disbursed loan (贷款记录编号)"`
	SizeClass     subsidy.SizeClass `json:"sizeClass,omitzero" enum:"large,medium,small,micro" doc:"Borrower's size when the contract was signed (企业规模)"`
	Private       bool              `json:"private" doc:"The borrower is privately owned (民营企业)"`
	Sector        string            `json:"sector" doc:"Sector by the policy's name (行业领域)"`
	EntrustedPaid calendar.Date     `json:"entrustedPaid,omitzero" doc:"Day of entrusted payment to the supplier (受托支付日)"`
	// Settlement is the contract's own, if it names days of its own.
	Settlement          *subsidy.Settlement `json:"settlement,omitzero" doc:"Days on which the contract settles interest (合同约定结息日)"`
	OtherCentralSubsidy bool                `json:"otherCentralSubsidy,omitzero" doc:"The loan has another subsidy of the central budget (其他中央财政贴息)"`
	OtherSubsidy        money.Rate          `json:"otherSubsidy,omitzero" doc:"Local subsidies on the same loan, a fraction a year (地方贴息率)"`

	Figures    *subsidy.Figures   `json:"figures,omitzero" doc:"Figures that the size follows from, in place of the class or beside it (划型指标)"`
	Controller subsidy.Controller `json:"controller,omitzero" enum:"citizens,state,collective,foreign,none" doc:"Who controls the borrower (实际控制人类型)"`
	Link       *subsidy.ChainLink `json:"link,omitzero" doc:"Link to a listed chain, where the sector itself is not listed (产业链上下游关系)"`
	Use        string             `json:"use,omitzero" doc:"Use of the money by the policy's name (资金用途)" maxLength:"100"`
}

// AccrueArgs are the private arguments of accrue.
type AccrueArgs struct {
	Through calendar.Date `json:"through" doc:"Accrue the whole periods that ended by this day (计提截止日)"`
}

// SettleArgs are the private arguments of settle.
type SettleArgs struct {
	Amount money.Amount `json:"amount" doc:"Amount in yuan (结算金额)"`
}

// ClawBackArgs are the private arguments of claw-back.
type ClawBackArgs struct {
	Ground subsidy.Ground `json:"ground" enum:"misuse,duplicate-subsidy,ineligible,error,other" doc:"Kind of reason (追回事由)"`
	Reason string         `json:"reason" doc:"Why (追回理由)" minLength:"1" maxLength:"200"`
}

type claimRecord = *Record[ClaimTerms]
type accountRecord = *Record[AccountTerms]

func init() {
	onNew(&subsidy.Lifecycle, subsidy.VerbHold, holdSubsidy)
	onClaim(subsidy.VerbAccrue, func(c *call, m *claimMove, a AccrueArgs) (err error) {
		switch {
		case a.Through.IsZero():
			return fault.New(fault.FieldRequired, "/through")
		case a.Through.After(c.today()):
			return fault.New(fault.DateInFuture, "/through")
		}
		if err := m.refreshLoan(c); err != nil {
			return err
		}
		m.account, m.claim, _, err = subsidy.Accrue(m.policy, m.account, m.claim, m.loan, a.Through)
		return err
	})
	onClaim(subsidy.VerbTopUp, func(c *call, m *claimMove, _ financing.NoArgs) (err error) {
		if err := m.refreshLoan(c); err != nil {
			return err
		}
		now, err := c.governing(m.claim.Policy)
		if err != nil {
			return err
		}
		m.account, m.claim, _, err = subsidy.TopUp(m.policy, now, m.account, m.claim, m.loan, c.today())
		return err
	})
	onClaim(subsidy.VerbReduce, func(c *call, m *claimMove, _ financing.NoArgs) (err error) {
		if err := m.refreshLoan(c); err != nil {
			return err
		}
		m.account, m.claim, _, err = subsidy.Reduce(m.policy, m.account, m.claim, m.loan)
		return err
	})
	onClaim(subsidy.VerbSettle, func(c *call, m *claimMove, a SettleArgs) (err error) {
		if err := m.refreshLoan(c); err != nil {
			return err
		}
		m.account, m.claim, err = subsidy.Settle(m.policy, m.account, m.claim, m.loan, a.Amount)
		return err
	})
	onClaim(subsidy.VerbRelease, func(c *call, m *claimMove, _ financing.NoArgs) (err error) {
		if err := m.refreshLoan(c); err != nil {
			return err
		}
		m.account, m.claim, err = subsidy.Release(m.policy, m.account, m.claim, m.loan)
		return err
	})
	onClaim(subsidy.VerbCorrect, func(c *call, m *claimMove, _ financing.NoArgs) (err error) {
		if err := m.refreshLoan(c); err != nil {
			return err
		}
		m.account, m.claim, _, err = subsidy.Correct(m.policy, m.account, m.claim, m.loan)
		return err
	})
	onClaim(subsidy.VerbRestate, restate)
	onClaim(subsidy.VerbClawBack, func(_ *call, m *claimMove, a ClawBackArgs) (err error) {
		loan, known := a.Ground.Marked(m.loan)
		if !known {
			return fault.New(fault.FieldInvalid, "/ground")
		}
		if a.Reason == "" || len(a.Reason) > 600 {
			return fault.New(fault.FieldInvalid, "/reason")
		}
		m.loan, m.ground, m.reason = loan, a.Ground, a.Reason
		m.account, m.claim, err = subsidy.ClawBack(m.account, m.claim)
		return err
	})
}

func holdSubsidy(c *call, a HoldArgs) (claimRecord, error) {
	f, err := c.unclaimed(a.Financing)
	if err != nil {
		return nil, err
	}
	if a.EntrustedPaid.After(c.today()) {
		return nil, fault.New(fault.DateInFuture, "/entrustedPaid") // a payment to come has not started the clock
	}
	if !paidAsRecorded(f.Terms, a.EntrustedPaid) {
		return nil, fault.New(fault.FieldInvalid, "/entrustedPaid")
	}
	loan := LoanFacts(f.ID, f.Terms, a)
	policy, err := c.judging(a.Policy, loan)
	if err != nil {
		return nil, err
	}
	account, err := c.standingAccount(policy.ID, f.Terms.Applicant)
	if err != nil {
		return nil, err
	}
	loan.Household = account.Terms.Account.Household // the borrower, or its heir
	next, claim, err := subsidy.Hold(policy, account.Terms.Account, loan)
	if err != nil {
		return nil, subsidyFault(err, HoldField)
	}
	if loan, err = policy.Classed(loan); err != nil {
		return nil, err
	}
	account.Terms.Account = next
	if !slices.Contains(account.Terms.Banks, loan.Bank) {
		account.Terms.Banks = append(account.Terms.Banks, loan.Bank)
	}
	if err := c.layer.store(ClaimKey(f.ID), c.cmd.Subject); err != nil {
		return nil, err
	}
	if err := save(c, account); err != nil {
		return nil, err
	}
	return create(c, subsidy.Lifecycle.Kind, ClaimTerms{Claim: claim.Stamped(c.stamp(claimMove{})), Loan: loan, Account: account.ID, Bureau: account.Terms.Bureau}), nil
}

// unclaimed opens a disbursed loan of the signer that has no claim, or a void one.
func (c *call) unclaimed(loan string) (financingRecord, error) {
	f, err := load[financing.Terms](c, financing.Table.Kind, loan, "/financing")
	switch {
	case err != nil:
		return nil, err
	case f.Terms.Lender != c.cmd.Party:
		return nil, fault.New(fault.NotPermitted, "/financing")
	case f.Terms.Disbursement == nil:
		return nil, fault.New(fault.WrongState, "/financing")
	}
	return f, c.noClaim(f.ID)
}

// noClaim refuses a loan whose claim is not void. One of the same transaction is not yet: the block, which shows a key's last
// value alone, must show of which loan it was.
func (c *call) noClaim(loan string) error {
	var id string
	if claimed, err := c.layer.load(ClaimKey(loan), &id); err != nil || !claimed {
		return err
	}
	exists := fault.New(fault.ClaimExists, "/financing")
	switch h, _, err := c.header(id); {
	case err != nil:
		return err
	case h.State == subsidy.Held, h.State == subsidy.Accruing, h.Created == c.now:
		return exists
	}
	before, err := load[ClaimTerms](c, subsidy.Lifecycle.Kind, id, "/financing")
	if err == nil && !before.Terms.Claim.Void() {
		err = exists
	}
	return err
}

// notReplaced refuses to move a void claim in whose place its loan has another.
func (c *call) notReplaced(r claimRecord) error {
	if !r.Terms.Claim.Void() {
		return nil
	}
	var id string
	if _, err := c.layer.load(ClaimKey(r.Terms.Loan.ID), &id); err != nil || id == r.ID {
		return err
	}
	return fault.New(fault.ClaimReplaced, "")
}

// judging returns the version of a subsidy policy that judges the loan, if the policy is in force today.
func (c *call) judging(id string, loan subsidy.Loan) (subsidy.Policy, error) {
	if id == CreditPolicy || !nameForm.MatchString(id) {
		// With a slash it would name an earlier version, whose caps no longer hold.
		return subsidy.Policy{}, fault.New(fault.PolicyUnknown, "/policy")
	}
	newest, version, err := c.versions(id)
	if err != nil {
		return newest, err
	}
	policy, err := subsidy.Judging(newest.Version, version, loan, c.today())
	if err != nil {
		err = subsidyFault(err, noField)
	}
	return policy, err
}

// governing returns the version of a subsidy policy that governs today.
func (c *call) governing(id string) (subsidy.Policy, error) {
	newest, version, err := c.versions(id)
	if err != nil {
		return newest, err
	}
	policy, _, err := subsidy.Governing(newest.Version, version, c.today())
	return policy, err
}

// versions returns a subsidy policy's newest version, and what reads any of them.
func (c *call) versions(id string) (newest subsidy.Policy, version func(int) (subsidy.Policy, error), err error) {
	newest, err = c.subsidyPolicy(PolicyKey(id))
	return newest, func(n int) (subsidy.Policy, error) {
		if n == newest.Version {
			return newest, nil // one key less to read
		}
		return c.subsidyPolicy(PolicyVersionKey(id, n))
	}, err
}

// claimMove is what moves together when a claim moves.
type claimMove struct {
	causes  []subsidy.Cause // what changed in the loan since the claim moved last
	ground  subsidy.Ground  // of a claw-back
	reason  string          // in words, where the signer gave one
	policy  subsidy.Policy
	account subsidy.Account
	claim   subsidy.Claim
	loan    subsidy.Loan
}

func (m *claimMove) refreshLoan(c *call) error {
	f, err := load[financing.Terms](c, financing.Table.Kind, m.loan.ID, "")
	if err != nil {
		return err
	}
	before := m.loan
	m.loan = current(m.loan, f.Terms)
	m.causes = subsidy.Causes(before, m.loan)
	return nil
}

// onClaim registers a verb that moves a claim and its household's account by the same difference.
func onClaim[A any](verb string, move func(c *call, m *claimMove, a A) error) {
	on(&subsidy.Lifecycle, verb, func(c *call, r claimRecord, a A) (lifecycle.State, error) {
		if err := c.notReplaced(r); err != nil {
			return "", err
		}
		account, err := load[AccountTerms](c, AccountKind, r.Terms.Account, "")
		if err != nil {
			return "", err
		}
		policy, err := c.subsidyPolicy(PolicyVersionKey(r.Terms.Claim.Policy, r.Terms.Claim.Version))
		if err != nil {
			return "", err
		}
		m := &claimMove{policy: policy, account: account.Terms.Account, claim: r.Terms.Claim, loan: r.Terms.Loan}
		if err := move(c, m, a); err != nil {
			return "", subsidyFault(err, noField)
		}
		claim := m.claim.Stamped(c.stamp(*m))
		if !claim.Balanced() {
			return "", fmt.Errorf("the entries of %s do not explain it", r.ID)
		}
		before := r.Terms.Claim.Totals
		account.Terms.Account, r.Terms.Claim, r.Terms.Loan = m.account, claim, m.loan
		if err := c.moveFund(r, before); err != nil {
			return "", err
		}
		return claim.State, save(c, account)
	})
}

// stamp says that this command makes an entry.
func (c *call) stamp(m claimMove) subsidy.Stamp {
	return subsidy.Stamp{On: c.today(), By: c.cmd.Party, Command: c.cmd.ID, Causes: m.causes, Ground: m.ground, Reason: m.reason}
}

// AccountID is the ID of a household's one account under a policy: a pseudonym under the consortium's key, which every member
// has, so that it hides the household from none that can name it.
func AccountID(key duplicate.Key, policy string, household ident.USCC) string {
	return AccountPrefix + key.Pseudonym("subsidy|"+policy, household)
}

// account opens the household's account, or a new one.
func (c *call) account(policy string, household ident.USCC) (accountRecord, error) {
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	id := AccountID(key, policy, household)
	if _, exists, err := c.header(id); err != nil {
		return nil, err
	} else if exists {
		c.owed = true // a bank whose loan is to draw on the account must know how much is left in it
		return load[AccountTerms](c, AccountKind, id, "")
	}
	bureau, err := c.bureau()
	if err != nil {
		return nil, err
	}
	r := create(c, AccountKind, AccountTerms{Account: subsidy.Account{Policy: policy, Household: household}, Bureau: bureau, Banks: []ident.USCC{}})
	r.ID, r.Root, r.Owner, r.State = id, id, bureau, AccountOpen
	return r, nil
}

func (c *call) subsidyPolicy(key string) (subsidy.Policy, error) {
	p, ok, err := recall[subsidy.Policy](c.layer, key)
	if err == nil && !ok {
		err = fault.New(fault.PolicyUnknown, "/policy")
	}
	return p, err
}

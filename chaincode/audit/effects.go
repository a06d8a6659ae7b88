package audit

import (
	"decore/chaincode/contract"
	"decore/chaincode/duplicate"
	"decore/chaincode/financing"
	"decore/chaincode/lifecycle"
	"decore/chaincode/order"
	"decore/chaincode/receivable"
)

// effect is what a verb with private arguments does, as far as public facts tell it.
type effect struct {
	keepsTerms bool
	stays      bool            // in the state from which it starts
	orReaches  lifecycle.State // or in this one
	then       []func(*story, *step)
}

// effects are by full verb. The contract's tests have a matrix of all verbs; this table's test sees that none
// is left out here.
var effects = map[string]effect{
	"order.create": {then: do(stateTokens(duplicate.Document), claim(duplicate.Registered))},
	"order.attest": {keepsTerms: true},
	"order.amend":  {then: do(beFree, amend)},
	"order.ship":   {},
	"order.accept": {},
	"order.grant":  {keepsTerms: true, stays: true, then: do(grant)},
	"order.revoke": {keepsTerms: true, stays: true, then: do(revoke)},
	"order.cancel": {keepsTerms: true, then: do(beFree, neverFinanced, claim(duplicate.Cancelled))},
	"order.close":  {keepsTerms: true, then: do(beFree)},

	"order.set-collection-account": {stays: true},

	"lot.declare":            {then: do(madeFor)},
	"lot.withdraw":           {then: do(settleLot)},
	"lot.store":              {then: do(stateTokens(duplicate.Place, duplicate.Spot), claim(duplicate.Registered))},
	"lot.reject":             {},
	"lot.add":                {},
	"lot.value":              {},
	"lot.insure":             {stays: true},
	"lot.appoint-supervisor": {},
	"lot.establish-control":  {},
	"lot.set-lines":          {},
	"lot.call-margin":        {stays: true},
	"lot.stock-take":         {stays: true},
	"lot.lose":               {stays: true},
	"lot.mark-commingled":    {stays: true},
	"lot.order-release":      {stays: true, then: do(noteOrder)},
	"lot.release":            {then: do(releasedByOrder, emptied)},
	"lot.settle":             {stays: true, then: do(settleLot)},
	"lot.freeze":             {},
	"lot.unfreeze":           {},
	"lot.grant":              {keepsTerms: true, stays: true, then: do(grant)},
	"lot.revoke":             {keepsTerms: true, stays: true, then: do(revoke)},

	"warehouse-receipt.issue":               {then: do(storedIn, stateTokens(duplicate.Receipt), claim(duplicate.Registered))},
	"warehouse-receipt.endorse":             {then: do(beFree, unfrozen)},
	"warehouse-receipt.confirm-endorsement": {then: do(beFree, unfrozen, passOn)},
	"warehouse-receipt.pledge":              {then: do(beHeld)},
	"warehouse-receipt.confirm-pledge":      {then: do(beHeld)},
	"warehouse-receipt.strike-pledge":       {stays: true},
	"warehouse-receipt.split":               {},
	"warehouse-receipt.confirm-split":       {then: do(split)},
	"warehouse-receipt.merge":               {then: do(beFree)},
	"warehouse-receipt.confirm-merge":       {then: do(beFree, merge)},
	"warehouse-receipt.claim-goods":         {},
	"warehouse-receipt.deliver":             {then: do(deliveredByOrder, outOfLot)},
	"warehouse-receipt.recall":              {},
	"warehouse-receipt.decline":             {},
	"warehouse-receipt.order-delivery":      {stays: true, then: do(noteOrder)},
	"warehouse-receipt.value":               {},
	"warehouse-receipt.insure":              {stays: true},
	"warehouse-receipt.lose":                {stays: true, then: do(outOfLot)},
	"warehouse-receipt.expire":              {keepsTerms: true},
	"warehouse-receipt.extend":              {},
	"warehouse-receipt.freeze":              {},
	"warehouse-receipt.unfreeze":            {},
	"warehouse-receipt.cancel":              {keepsTerms: true, then: do(beFree, outOfLot)},
	"warehouse-receipt.grant":               {keepsTerms: true, stays: true, then: do(grant)},
	"warehouse-receipt.revoke":              {keepsTerms: true, stays: true, then: do(revoke)},

	"receivable.register":             {then: do(descend, stateTokens(duplicate.Invoice, duplicate.Composite), claim(duplicate.Registered))},
	"receivable.request-confirmation": {},
	"receivable.confirm":              {},
	"receivable.dispute":              {then: do(freeIfConfirmed)},
	"receivable.mark-unanswered":      {},
	"receivable.grant":                {keepsTerms: true, stays: true, then: do(grant, grantOrder)},
	"receivable.revoke":               {keepsTerms: true, stays: true, then: do(revoke, revokeOrder)},
	"receivable.pay":                  {stays: true, orReaches: receivable.Paid, then: do(payeeAgrees)},
	"receivable.set-off":              {},
	"receivable.prove-notice":         {stays: true},
	"receivable.accept-set-off":       {then: do(holdersOwn)},
	"receivable.dilute":               {stays: true, orReaches: receivable.Voided, then: do(takeBackBy)},
	"receivable.reinstate":            {stays: true, orReaches: receivable.Registered, then: do(freeReduction)},
	"receivable.reissue":              {stays: true, then: do(holdersOwn, giveBack)},
	"receivable.split":                {then: do(beFree, divide)},
	"receivable.transfer":             {stays: true, then: do(beFree, offer)},
	"receivable.accept-transfer":      {stays: true, then: do(beFree, takeOver)},
	"receivable.decline-transfer":     {stays: true, then: do(endOffer)},
	"receivable.recall-transfer":      {stays: true, then: do(endOffer)},
	"receivable.notify":               {stays: true, then: do(notify)},
	"receivable.acknowledge-notice":   {stays: true, then: do(acknowledge)},
	"receivable.withdraw-notice":      {stays: true, then: do(withdrawNotice)},
	"receivable.mark-overdue":         {then: do(disputeStands)},
	"receivable.write-off":            {then: do(holdersOwn)},
	"receivable.cancel":               {keepsTerms: true, then: do(beFree, wholeUnlessRegulator, neverFinanced, giveBack, claim(duplicate.Cancelled))},
	"receivable.close":                {keepsTerms: true, then: do(beFree)},

	"financing.apply":          {},
	"financing.offer":          {},
	"financing.accept":         {},
	"financing.reject":         {keepsTerms: true},
	"financing.withdraw":       {keepsTerms: true, then: do(releaseLiens)},
	"financing.reserve":        {keepsTerms: true, then: do(reserve)},
	"financing.encumber":       {then: do(encumber)},
	"financing.disburse":       {then: do(disburse)},
	"financing.record":         {then: do(nameBorrower)},
	"financing.confirm-record": {then: do(disburse)},
	"financing.discard-record": {keepsTerms: true},

	"financing.repay":        {stays: true, orReaches: financing.Settled},
	"financing.collect":      {stays: true, orReaches: financing.Settled},
	"financing.buy-back":     {then: do(releaseLiens, releaseDocuments)},
	"financing.mark-overdue": {},
	"financing.cure":         {},

	"financing.reverse-repayment": {},
	"financing.request-extension": {stays: true},
	"financing.extend":            {stays: true},
	"financing.change-rate":       {stays: true},
	"financing.agree-rate":        {stays: true},

	"financing.cancel":        {keepsTerms: true, then: do(releaseLiens, claim(duplicate.Cancelled))},
	"financing.roll-over":     {stays: true, then: do(rollOver)},
	"financing.call-margin":   {stays: true},
	"financing.attach-search": {stays: true},
	"financing.release-part":  {stays: true, then: do(releasePart)},
	"financing.top-up":        {stays: true},
	"financing.accept-top-up": {stays: true, then: do(acceptTopUp)},
	"financing.release":       {keepsTerms: true, then: do(releaseLiens, releaseDocuments)},

	"subsidy.hold":      {then: do(claimLoan, drawOnAccount)},
	"subsidy.accrue":    {then: do(drawOnAccount, mayMoveFund)},
	"subsidy.top-up":    {then: do(drawOnAccount, mayMoveFund)},
	"subsidy.reduce":    {then: do(drawOnAccount)},
	"subsidy.settle":    {then: do(drawOnAccount, mayMoveFund)},
	"subsidy.release":   {then: do(drawOnAccount)},
	"subsidy.restate":   {then: do(drawOnAccount, mayMoveFund)},
	"subsidy.correct":   {then: do(drawOnAccount, mayMoveFund)},
	"subsidy.claw-back": {then: do(drawOnAccount, mayMoveFund)},

	"succession.record": {then: do(joinAccounts)},

	"budget.open":   {},
	"budget.change": {stays: true},
	"budget.close":  {keepsTerms: true},

	"fund.apply":           {then: do(nameFund)},
	"fund.request":         {},
	"fund.decline":         {},
	"fund.allocate":        {then: do(drawBudget)},
	"fund.void-allocation": {stays: true, then: do(refillBudget)},
	"fund.settle":          {stays: true},
	"fund.return":          {stays: true},
	"fund.confirm-return":  {stays: true, then: do(refillBudget)},

	"fund.withdraw-return": {stays: true},
	"fund.reject-return":   {stays: true},

	"fund.clear": {},

	"fund-report.file":      {then: do(fileUnderFund)},
	"fund-report.accept":    {keepsTerms: true, then: do(moveFund, mayMarkClaims)},
	"fund-report.send-back": {then: do(moveFund)},
	"fund-report.withdraw":  {keepsTerms: true, then: do(moveFund)},
}

func do(steps ...func(*story, *step)) []func(*story, *step) { return steps }

// verbs are the contract's, by full name.
var verbs = func() map[string]contract.Verb {
	all := map[string]contract.Verb{}
	for _, v := range contract.Verbs() {
		all[v.Name] = v
	}
	return all
}()

// amend takes an attested order back when its seller amends it, so that no attestation covers terms that its
// signer did not see.
func amend(s *story, c *step) {
	seller := s.learnt.related(lifecycle.Seller, c.record.at) == c.Command.Party
	if seller && c.Result.State != order.Created || !seller && c.from == order.Created && c.Result.State != order.Created {
		s.failRecord(c.record.id, "%s by this party does not lead to state %q", c.Command.Verb, c.Result.State)
	}
}

// descend ties a receivable to the order that its header names.
func descend(s *story, c *step) {
	parents := c.record.after.Parents
	if len(parents) == 0 {
		s.failRecord(c.record.id, "descends from no order")
		return
	}
	o := s.trail(parents[len(parents)-1])
	switch {
	case !o.stands || o.at.Kind != order.Table.Kind:
		s.failRecord(c.record.id, "descends from what is no order")
		return
	case o.at.State != order.Delivering && o.at.State != order.Delivered:
		s.failRecord(o.id, "invoiced in state %q", o.at.State)
	case !s.learnt.agree(lifecycle.Seller, o.at, c.Command.Party):
		s.failRecord(c.record.id, "registered by who is not the seller of its order")
	}
	c.record.at.Root = o.at.Root
	c.record.at.Parents = append(append([]string{}, o.at.Parents...), o.id)
	s.alter(c, o, true)
}

// nameBorrower takes the borrower of a loan that its bank records from the header: it is the one who has to confirm.
func nameBorrower(s *story, c *step) {
	borrower := c.record.after.Owner
	if p, known := s.party(borrower); !known || !p.Has(lifecycle.SME) || borrower == c.Command.Party {
		s.failRecord(c.record.id, "recorded for who is no borrower")
	}
	c.record.at.Owner = borrower
}

// orderOf is the order that a receivable descends from; what descends from none was told before.
func (s *story) orderOf(r *trail) (*trail, bool) {
	if id := r.at.Nearest(order.Table); id != "" {
		o := s.trail(id)
		return o, o.stands
	}
	return nil, false
}

// disputeStands refuses that a creditor hides a dispute by calling the claim overdue.
func disputeStands(s *story, c *step) {
	if (c.from == receivable.Disputed) != (c.Result.State == receivable.Disputed) {
		s.failRecord(c.record.id, "%s from %s to %s", c.Command.Verb, c.from, c.Result.State)
	}
}

// giveBack gives the order the claim of a receivable back that is cancelled, or is to be invoiced anew.
func giveBack(s *story, c *step) {
	if o, ok := s.orderOf(c.record); ok {
		s.alter(c, o, true)
	}
}

package subsidy

// Granted tells in the words of a quotation what a claim's last booking granted, a hold or a top-up, and what made the whole less
// than the loan alone would get. Gross is what it could have granted but for the cap on money; a room is told rightly where its cap
// limits, since then it went to this grant. It is false where the last booking is another one. p is the version that
// granted the claim, l the facts as of that booking.
func (p Policy) Granted(c Claim, l Loan) (q Quotation, ok bool) {
	last := len(c.Entries) - 1
	if last < 0 || !grants[c.Entries[last].Verb] {
		return q, false
	}
	brought := c.Entries[last].brought()
	q = Quotation{Eligible: true, EligiblePrincipal: c.EligiblePrincipal, Periods: p.Schedule(l, c.EligiblePrincipal),
		Amount: brought, Room: brought, PrincipalRoom: c.EligiblePrincipal}
	q.Gross = room(total(q.Periods), c.kept().Sub(brought))
	q.LimitedBy = q.limits(p, l)
	return q, true
}

package api

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"slices"

	"decore/chaincode/fund"
	"decore/chaincode/ident"
	"decore/chaincode/lifecycle"
	"decore/chaincode/money"
	"decore/chaincode/subsidy"
	"decore/gateway/problem"
	"decore/gateway/projection"
)

// UsageQuery asks for the use of a policy.
type UsageQuery struct {
	Policy string `query:"policy" required:"true" maxLength:"64" doc:"ID of the subsidy policy (贴息政策)"`
	By     string `query:"by" enum:"bank,sector,district,size,month" doc:"bank when left out; district is that of the household's code, month that of booking (分组)"`
}

// PolicyOnly names a policy.
type PolicyOnly struct {
	Policy string `query:"policy" required:"true" maxLength:"64" doc:"ID of the subsidy policy (贴息政策)"`
}

// Usage is how much of a policy is used by one group.
type Usage struct {
	Key        string       `json:"key" doc:"USCC, sector, district code, size or month (分组)"`
	Name       string       `json:"name,omitempty" doc:"Name of a bank (名称)"`
	Claims     int          `json:"claims" doc:"How many loans; by month those that were booked in it (笔数)"`
	Households int          `json:"households" doc:"How many households (户数)"`
	Principal  money.Amount `json:"principal" doc:"Eligible principal; by month of the loans that were claimed in it (可贴息本金)"`
	Granted    money.Amount `json:"granted" doc:"Granted; by month to the loans that were claimed in it (核定额度)"`
	Held       money.Signed `json:"held" doc:"Reserved for days to come; by month what it rose or, below 0.00, fell by, as all that follow (预占)"`
	Accrued    money.Signed `json:"accrued" doc:"Accrued and not settled (计提)"`
	Settled    money.Signed `json:"settled" doc:"Settled (结算)"`
	TakenBack  money.Signed `json:"takenBack" doc:"Taken back (追回)"`
	Released   money.Signed `json:"released" doc:"Reserved and given back (释放)"`
}

// Position is the money of a policy (预算执行).
type Position struct {
	Budget    money.Amount `json:"budget" doc:"All budgets (预算)"`
	Used      money.Amount `json:"used" doc:"Settled with claims, less what was taken back (已用)"`
	Held      money.Amount `json:"held" doc:"Held by banks in advance or on its way back (预拨占用)"`
	Left      money.Amount `json:"left" doc:"Not allocated (结余)"`
	Granted   money.Amount `json:"granted" doc:"Reserved, accrued and settled by claims: what the policy will cost as it stands (已核定)"`
	Needed    money.Amount `json:"needed" doc:"What banks applied for in all (需求申报)"`
	Funds     int          `json:"funds" doc:"How many banks have a fund (资金户数)"`
	Reporting int          `json:"reporting" doc:"How many of these owe the report of the month before this (待报送)"`
}

// PublicNotice is a household in the list for publication. Bank, loan and amounts are not in it: they are private.
type PublicNotice struct {
	Household ident.USCC `json:"household" doc:"Unified social credit code (统一社会信用代码)"`
	Name      string     `json:"name" doc:"Name (企业名称)"`
	Policy    string     `json:"policy" doc:"Policy (政策)"`
	Document  string     `json:"document" doc:"Document that it rests on (文号)"`
}

func (a *API) usageRoutes() {
	regulator := []lifecycle.Role{lifecycle.Regulator}
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/usage", id: "subsidy.usage", tag: tagSubsidy, roles: regulator,
		en: "Use of a policy by bank, sector, district, size or month", zh: "贴息使用情况", answer: reflect.TypeFor[Page[Usage]](), timeout: a.limits.Import},
		func(ctx context.Context, e *exchange, in *UsageQuery) (*reply, error) {
			return whenBureau(ctx, a, e, func() (*reply, error) { return a.usage(ctx, e, in) })
		})
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/position", id: "subsidy.position", tag: tagSubsidy, roles: regulator,
		en: "Budget of a policy: used, held and left", zh: "预算执行情况", answer: reflect.TypeFor[Position](), timeout: a.limits.Import},
		func(ctx context.Context, e *exchange, in *PolicyOnly) (*reply, error) {
			return whenBureau(ctx, a, e, func() (*reply, error) { return a.position(ctx, e, in.Policy) })
		})
	handle(a, route{method: http.MethodGet, path: "/v1/subsidy/public-notice", id: "subsidy.public-notice", tag: tagSubsidy, roles: regulator,
		// No other member's node holds every claim, so any other list would leave households out without showing it.
		en: "The list of subsidised households for publication, without private terms; for the bureau alone, which publishes it: no other member's node holds every claim", zh: "公示名单（由财政部门生成并公布）", answer: reflect.TypeFor[Page[PublicNotice]](), timeout: a.limits.Import},
		func(ctx context.Context, e *exchange, in *PolicyOnly) (*reply, error) {
			return whenBureau(ctx, a, e, func() (*reply, error) { return a.publicNotice(ctx, e, in.Policy) })
		})
}

// whenBureau answers the regulator that the charter names, whose node holds every claim, fund and budget. Another one would get
// sums of what it happens to hold.
func whenBureau(ctx context.Context, a *API, e *exchange, answer func() (*reply, error)) (*reply, error) {
	charter, err := a.store.Charter(ctx)
	switch {
	case err != nil:
		return nil, err
	case !isAbout(e, charter.Regulator):
		return nil, problem.New("NOT_PERMITTED")
	}
	return answer()
}

// groupOf tells the group of a claim.
var groupOf = map[string]func(bankClaim) string{
	"bank":     func(c bankClaim) string { return string(c.Claim.Bank) },
	"sector":   func(c bankClaim) string { return c.Loan.Sector },
	"district": func(c bankClaim) string { return district(c.Loan.Household) },
	"size":     func(c bankClaim) string { return string(c.Loan.SizeClass) },
}

// district is the code of the place of registration (GB/T 2260), digits 3 to 8 of a unified social credit code.
func district(u ident.USCC) string {
	const from, to = 2, 8
	if len(u) < to {
		return ""
	}
	return string(u[from:to])
}

func (u *Usage) move(held, accrued, settled, takenBack, released money.Amount) {
	add := func(to *money.Signed, a money.Amount) { to.Amount = to.Add(a) }
	add(&u.Held, held)
	add(&u.Accrued, accrued)
	add(&u.Settled, settled)
	add(&u.TakenBack, takenBack)
	add(&u.Released, released)
}

// tally collects the use of a policy by group.
type tally struct {
	groups     map[string]*Usage
	households map[string]map[ident.USCC]bool
	loans      map[string]map[string]bool
	named      map[string]string // of each loan the claim whose principal is the loan's
}

// newTally names of each loan the claim that stands, or one of its void ones.
func newTally(claims []bankClaim) tally {
	t := tally{map[string]*Usage{}, map[string]map[ident.USCC]bool{}, map[string]map[string]bool{}, map[string]string{}}
	for _, c := range claims {
		if t.named[c.Loan.ID] == "" || !c.Claim.Void() {
			t.named[c.Loan.ID] = c.id
		}
	}
	return t
}

func (t *tally) group(key string, c bankClaim) *Usage {
	g := t.groups[key]
	if g == nil {
		g = &Usage{Key: key}
		t.groups[key], t.households[key], t.loans[key] = g, map[ident.USCC]bool{}, map[string]bool{}
	}
	t.households[key][c.Loan.Household], t.loans[key][c.Loan.ID] = true, true
	g.Claims, g.Households = len(t.loans[key]), len(t.households[key])
	return g
}

// principal is the eligible principal of the claim's loan, which counts once.
func (t *tally) principal(c bankClaim) money.Amount {
	if t.named[c.Loan.ID] != c.id {
		return money.Zero
	}
	return c.Claim.EligiblePrincipal
}

// add counts a claim in its group.
func (t *tally) add(key string, c bankClaim) {
	g := t.group(key, c)
	g.Principal, g.Granted = g.Principal.Add(t.principal(c)), g.Granted.Add(c.Claim.Granted)
	g.move(c.Claim.Held, c.Claim.Accrued, c.Claim.Settled, c.Claim.ClawedBack, c.Claim.Released)
}

// addMonths counts what moved on a claim, each movement in the month of its entry: the months sum to what the claim is now.
func (t *tally) addMonths(c bankClaim) {
	counted := map[string]*Usage{}
	for _, e := range c.Claim.Entries {
		month := string(fund.MonthOf(e.On))
		g := counted[month]
		if g == nil {
			g = t.group(month, c)
			counted[month] = g
		}
		if e.Verb == subsidy.VerbHold {
			g.Principal, g.Granted = g.Principal.Add(t.principal(c)), g.Granted.Add(c.Claim.Granted)
		}
		g.move(e.Held.Amount, e.Accrued.Amount, e.Settled.Amount, e.ClawedBack.Amount, e.Released.Amount)
	}
}

func (a *API) usage(ctx context.Context, e *exchange, in *UsageQuery) (*reply, error) {
	setDefault(&in.By, "bank")
	claims, err := a.claimsUnder(ctx, e, in.Policy)
	if err != nil {
		return nil, err
	}
	t := newTally(claims)
	for _, c := range claims {
		if in.By == "month" {
			t.addMonths(c)
			continue
		}
		t.add(groupOf[in.By](c), c)
	}
	name, failed := a.namer(ctx)
	page := Page[Usage]{Items: []Usage{}}
	for _, g := range t.groups {
		if in.By == "bank" {
			g.Name = name(ident.USCC(g.Key))
		}
		page.Items = append(page.Items, *g)
	}
	slices.SortFunc(page.Items, func(a, b Usage) int { return cmp.Compare(a.Key, b.Key) })
	if *failed != nil {
		return nil, *failed
	}
	return answer(http.StatusOK, page)
}

// claimsUnder lists all claims under a known policy that the caller reads.
func (a *API) claimsUnder(ctx context.Context, e *exchange, policy string) ([]bankClaim, error) {
	if _, err := a.subsidyPolicy(ctx, policy, "query.policy"); err != nil {
		return nil, err
	}
	return a.claimsOf(ctx, e, policy, "")
}

// each calls do with every record of a kind that the caller reads, in the order of IDs.
func (a *API) each(ctx context.Context, e *exchange, f projection.Filter, do func(projection.Record) error) error {
	const page = 500
	f.Reader, f.Day, f.Limit = e.caller.Party, a.today(), page
	for more := true; more; {
		found, err := a.store.Records(ctx, f)
		if err != nil {
			return err
		}
		for _, r := range found {
			f.After = r.ID
			if r.Terms == nil {
				return problem.New(problem.TermsNotHere).Because(r.ID, r.ID)
			}
			if err := do(r); err != nil {
				return err
			}
		}
		more = len(found) == page
	}
	return nil
}

func (a *API) position(ctx context.Context, e *exchange, policy string) (*reply, error) {
	claims, err := a.claimsUnder(ctx, e, policy)
	if err != nil {
		return nil, err
	}
	var p Position
	for _, c := range claims {
		p.Granted = p.Granted.Add(c.Claim.Used())
	}
	err = a.each(ctx, e, projection.Filter{Kind: fund.BudgetTable.Kind}, func(r projection.Record) error {
		if b, known := r.Terms.(fund.Budget); known && b.Policy == policy {
			p.Budget, p.Left = p.Budget.Add(b.Amount), p.Left.Add(b.Left())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	due := fund.MonthOf(a.today()).Add(-1)
	err = a.each(ctx, e, projection.Filter{Kind: fund.Table.Kind}, func(r projection.Record) error {
		f, known := r.Terms.(fund.Fund)
		if !known || f.Policy != policy {
			return nil
		}
		p.Funds++
		p.Used, p.Held = p.Used.Add(f.Paid()), p.Held.Add(f.Advance()).Add(f.Returning)
		for _, n := range f.Needs {
			p.Needed = p.Needed.Add(n.Amount)
		}
		if r.State == fund.Open && f.Next() <= due {
			p.Reporting++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, p)
}

// publicNotice lists the households with a subsidy that stands.
func (a *API) publicNotice(ctx context.Context, e *exchange, id string) (*reply, error) {
	policy, err := a.subsidyPolicy(ctx, id, "query.policy")
	if err != nil {
		return nil, err
	}
	claims, err := a.claimsUnder(ctx, e, id)
	if err != nil {
		return nil, err
	}
	document := ""
	for _, d := range policy.Documents {
		if d.Status == subsidy.InForce && document == "" {
			document = d.Number
		}
	}
	name, failed := a.namer(ctx)
	seen := map[ident.USCC]bool{}
	page := Page[PublicNotice]{Items: []PublicNotice{}}
	for _, c := range claims {
		if u := c.Loan.Household; !seen[u] && c.Claim.Used().IsPositive() {
			seen[u] = true
			page.Items = append(page.Items, PublicNotice{Household: u, Name: name(u), Policy: id, Document: document})
		}
	}
	if *failed != nil {
		return nil, *failed
	}
	slices.SortFunc(page.Items, func(a, b PublicNotice) int { return cmp.Compare(a.Household, b.Household) })
	return answer(http.StatusOK, page)
}

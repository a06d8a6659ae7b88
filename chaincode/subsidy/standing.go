package subsidy

import (
	"slices"

	"decore/chaincode/calendar"
)

// Standing is what else a loan's eligibility goes by, as it was when the loan contract was signed. A policy that does not ask for
// a fact does without it.
type Standing struct {
	Signed     calendar.Date `json:"signed,omitzero" doc:"Day on which the loan contract was signed, by which the size is fixed (合同签订日)"`
	Figures    *Figures      `json:"figures,omitzero" doc:"Figures that the size follows from, in place of or beside the class (划型指标)"`
	Controller Controller    `json:"controller,omitzero" doc:"Who controls the borrower (实际控制人类型): citizens, state, collective, foreign or none" enum:"citizens,state,collective,foreign,none"`
	Link       *ChainLink    `json:"link,omitzero" doc:"Link to a listed chain, for a sector that is not listed itself (产业链上下游关系)"`
	Use        string        `json:"use,omitzero" doc:"Use of the money by the policy's name (资金用途)" maxLength:"100"`
}

// Controller is who holds or controls an enterprise (控股或者实际控制).
type Controller string

// The controllers.
const (
	ByCitizens   Controller = "citizens"   // 中国公民
	ByState      Controller = "state"      // 国有
	ByCollective Controller = "collective" // 集体
	ByForeigners Controller = "foreign"    // 外商及港澳台
	ByNobody     Controller = "none"       // 无实际控制人
)

// PrivateTest says how a private enterprise (民营企业) is told. The notice does not say, so it is a setting.
type PrivateTest string

// The tests of private ownership; none is Declared.
const (
	Declared     PrivateTest = "declared"   // as the bank states it
	ByController PrivateTest = "controller" // controlled by Chinese citizens (民营经济促进法 on what a private organisation is)
)

// ChainLink ties a borrower to a chain that the policy lists.
type ChainLink struct {
	Chain     string    `json:"chain" doc:"Chain by the policy's name (产业链)" maxLength:"100"`
	Direction Direction `json:"direction" doc:"Where the borrower stands (上游或下游)" enum:"upstream,downstream"`
}

// Direction is on which side of a chain an enterprise stands.
type Direction string

// The directions.
const (
	Upstream   Direction = "upstream"   // 上游
	Downstream Direction = "downstream" // 下游
)

// standing are the checks of the standing's facts that need no policy.
func (l Loan) standing() []check {
	s := l.Standing
	cs := []check{
		{"signed", s.Signed.IsZero() || !s.Signed.After(l.Disbursed), "must not be after disbursed"},
		{"controller", known(s.Controller, "", ByCitizens, ByState, ByCollective, ByForeigners, ByNobody), "must be citizens, state, collective, foreign or none"},
		{"use", len(s.Use) <= maxName, "must be at most 300 bytes"},
		{"sizeClass", known(l.SizeClass, Large, Medium, Small, Micro) || l.SizeClass == "" && s.Figures != nil, "must be large, medium, small or micro, or follow from figures"},
	}
	if s.Link != nil {
		cs = append(cs,
			check{"link.chain", s.Link.Chain != "" && len(s.Link.Chain) <= maxName, "must be a chain's name"},
			check{"link.direction", known(s.Link.Direction, Upstream, Downstream), "must be upstream or downstream"})
	}
	if s.Figures != nil {
		cs = append(cs, s.Figures.checks(s.Signed)...)
	}
	return cs
}

// Classed returns the loan with the size class that its figures give by the policy's table, which is how the class is
// fixed on the day of signing. It fails with a *FieldError when the policy has no table or not this industry, or when
// another class is stated beside the figures.
func (p Policy) Classed(l Loan) (Loan, error) {
	if l.Figures == nil {
		return l, nil
	}
	if len(p.SizeTable) == 0 {
		return l, &FieldError{Of: ErrLoan, Field: "figures", Reason: "cannot be judged: the policy has no size table"}
	}
	class, err := p.SizeTable.Classify(*l.Figures)
	if err != nil {
		return l, err
	}
	if l.SizeClass != "" && l.SizeClass != class {
		return l, &FieldError{Of: ErrLoan, Field: "sizeClass", Reason: "differs from what the figures give"}
	}
	l.SizeClass = class
	return l, nil
}

// unsound points to every fact that makes no sense, each once.
func (p Policy) unsound(l Loan) []string {
	_, unclassed := p.Classed(l)
	var all []string
	for _, e := range slices.Concat(fieldErrors(l.Validate()), fieldErrors(unclassed)) {
		if at := e.Pointer(); !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	return all
}

// unstated points to the facts that a policy may ask for, that the loan makes sense without, and that it does not state.
func (l Loan) unstated() []string {
	var all []string
	for _, f := range []struct {
		fact   string
		stated bool
	}{
		{"/sector", l.Sector != "" || l.Link != nil},
		{"/controller", l.Controller != ""},
		{"/use", l.Use != ""},
	} {
		if !f.stated {
			all = append(all, f.fact)
		}
	}
	return all
}

// idleFact points to why there is nothing to subsidise: the clock has not started, or what is lent earns nothing.
func idleFact(p Policy, l Loan) []string {
	if p.start(l).IsZero() {
		return []string{"/entrustedPaid"}
	}
	return []string{"/principal"}
}

// sizeFact points to what the size goes by: the class, or the figures where no class is stated.
func sizeFact(_ Policy, l Loan) []string {
	if l.SizeClass == "" && l.Figures != nil {
		return []string{"/figures"}
	}
	return []string{"/sizeClass"}
}

// privateFact points to what the policy tells a private enterprise by.
func privateFact(p Policy, _ Loan) []string {
	if p.PrivateTest == ByController {
		return []string{"/controller"}
	}
	return []string{"/private"}
}

// sizeOf is the borrower's class; "" when it cannot be told, which is no class of a policy.
func (p Policy) sizeOf(l Loan) SizeClass {
	classed, err := p.Classed(l)
	if err != nil {
		return l.SizeClass
	}
	return classed.SizeClass
}

// private reports whether the borrower is a private enterprise by the policy's test.
func (p Policy) private(l Loan) bool {
	if p.PrivateTest == ByController {
		return l.Controller == ByCitizens
	}
	return l.Private
}

// inSector reports whether the borrower's sector is listed, or linked to a listed chain (产业链及其上下游产业).
func (p Policy) inSector(l Loan) bool {
	return allowed(p.Sectors, l.Sector) || l.Link != nil && slices.Contains(p.Chains, l.Link.Chain) && allowed(p.Sectors, l.Link.Chain)
}

// useAllowed reports whether the money may be used so: among the permitted uses, if there is such a list, and not
// among the refused ones.
func (p Policy) useAllowed(l Loan) bool {
	return allowed(p.PermittedUses, l.Use) && !slices.Contains(p.RefusedUses, l.Use)
}

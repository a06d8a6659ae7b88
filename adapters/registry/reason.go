package registry

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Reason is why a filing may be about the same (理由).
type Reason string

// Reasons, the worst first.
const (
	NumberFound    Reason = "NUMBER_FOUND"
	NumberRanged   Reason = "NUMBER_IN_RANGE"
	AllOfDebtor    Reason = "ALL_CLAIMS_ON_THE_DEBTOR"
	AllOfGrantor   Reason = "ALL_OF_THE_GRANTOR"
	AllOfSome      Reason = "ALL_OF_SOME"
	NumberNear     Reason = "NUMBER_NEAR"
	DebtorNamed    Reason = "DEBTOR_NAMED"
	Attached       Reason = "LIST_ATTACHED"
	GrantorSame    Reason = "GRANTOR_SAME"
	GrantorAlike   Reason = "GRANTOR_ALIKE"
	LenderSame     Reason = "LENDER_SAME"
	NumberOfOthers Reason = "NUMBER_OF_ANOTHER"
)

// Text is a sentence in both languages.
type Text struct{ En, Zh string }

// ReasonTexts says each reason in words.
var ReasonTexts = map[Reason]Text{
	NumberFound:    {"The filing names the number of the collateral.", "登记描述中出现该担保物的编号"},
	NumberRanged:   {"The number of the collateral lies in a range that the filing names.", "担保物编号落在登记描述的号段内"},
	AllOfDebtor:    {"The filing is on all claims, and names this debtor.", "登记为概括描述（全部应收账款等），且列明该债务人"},
	AllOfGrantor:   {"The filing is on all that the grantor has of this kind.", "登记为概括描述，覆盖担保人全部同类财产"},
	AllOfSome:      {"The filing is on all claims on somebody, who may not be this debtor: read it.", "登记为概括描述，但限定了其他债务人，须阅读原文"},
	NumberNear:     {"The filing names a number that is one slip away.", "登记描述中有与该编号仅差一处的编号"},
	DebtorNamed:    {"The filing names this debtor, though none of the numbers.", "登记描述提及该债务人，但未见相同编号"},
	Attached:       {"The filing leaves its list to an attachment or says too little: read it.", "登记描述过简或以附件清单为准，须查阅附件"},
	GrantorSame:    {"The same grantor has a filing of a class that can be about this.", "同一担保人有可能涉及该财产的登记"},
	GrantorAlike:   {"A grantor of a name like this one has a filing of a class that can be about this.", "名称相近的担保人有可能涉及该财产的登记"},
	LenderSame:     {"The filing is the same lender's own, for another debt.", "该登记的担保权人为本行（其他债权）"},
	NumberOfOthers: {"Another grantor's filing names the same number; such numbers are not unique.", "其他担保人的登记出现相同编号（该类编号非全国唯一）"},
}

// sighting is what was seen of the collateral in one filing.
type sighting struct {
	grantor    likeness
	unique     mention // the strongest of numbers that are unique
	plain      mention // of the others
	debtor     bool
	class      bool // a class that can be about the collateral
	blanket    bool // on all of a kind
	limited    bool // on what somebody owes
	attachment bool
	lender     bool
	records    []string
}

func (s sighting) named() bool { return s.grantor != other }

func (s sighting) said(m mention) bool { return s.unique == m || s.plain == m }

// reasonRules weigh what was seen. They are practice, not law: what a bank makes of a grade is its own.
var reasonRules = []struct {
	reason  Reason
	grade   Grade
	whoever bool // weighs the same whoever the grantor is
	holds   func(sighting) bool
}{
	{NumberFound, High, true, func(s sighting) bool { return s.unique == found || s.named() && s.plain == found }},
	{NumberRanged, High, false, func(s sighting) bool { return s.named() && s.said(ranged) }},
	{AllOfDebtor, High, false, func(s sighting) bool { return s.named() && s.class && s.blanket && s.debtor }},
	{AllOfGrantor, High, false, func(s sighting) bool { return s.named() && s.class && s.blanket && !s.limited }},
	{AllOfSome, Medium, false, func(s sighting) bool { return s.named() && s.class && s.blanket && s.limited && !s.debtor }},
	{NumberNear, Medium, false, func(s sighting) bool { return s.named() && s.said(near) }},
	{DebtorNamed, Medium, false, func(s sighting) bool { return s.named() && s.class && s.debtor && !s.blanket }},
	{Attached, Medium, false, func(s sighting) bool { return s.named() && s.class && s.attachment }},
	{GrantorSame, Low, false, func(s sighting) bool { return s.grantor == same && s.class }},
	{GrantorAlike, Low, false, func(s sighting) bool { return s.grantor == alike && s.class }},
	{LenderSame, Low, false, func(s sighting) bool { return s.named() && s.lender }},
	{NumberOfOthers, Low, true, func(s sighting) bool { return !s.named() && s.unique != found && s.plain == found }},
}

// look looks for the collateral in a filing.
func (s Subject) look(r Result) sighting {
	p := newProse(r.Description)
	seen := sighting{grantor: s.grantor(r), lender: compareNames(s.Lender.Name, r.Secured) == same, limited: limits.MatchString(p.text),
		attachment: attaches.MatchString(p.text) || utf8.RuneCountInString(p.closed) < leastSaid}
	class := classOf(r.Class)
	for _, item := range s.Items {
		about := false
		for _, n := range item.Numbers {
			m := p.mentions(n.Value)
			about = about || m >= ranged
			if n.Unique {
				seen.unique = max(seen.unique, m)
			} else {
				seen.plain = max(seen.plain, m)
			}
		}
		seen.class = seen.class || class == "" || slices.Contains(touched[item.Sort], class)
		seen.blanket = seen.blanket || blanket[item.Sort].MatchString(p.text) && !lists.MatchString(p.text)
		if item.Debtor.Name != "" && p.names(item.Debtor) {
			seen.debtor, about = true, true
		}
		if about {
			seen.records = append(seen.records, item.Record)
		}
	}
	return seen
}

// grantor compares the filing's grantor with the one of the collateral. Codes decide where both are known.
func (s Subject) grantor(r Result) likeness {
	switch {
	case r.GrantorUSCC == "" || s.Grantor.USCC == "":
		return compareNames(s.Grantor.Name, r.Grantor)
	case r.GrantorUSCC == s.Grantor.USCC:
		return same
	}
	return other
}

// leastSaid is how few characters of a description tell nothing.
const leastSaid = 8

// The phrases by which descriptions are general (担保制度解释 art. 53), point to a list, or are about one debtor.
var (
	blanket = map[Sort]*regexp.Regexp{
		Claim:    blanketOf("应收账款|应收帐款|债权|收款权|账款"),
		Document: blanketOf("仓单|存货|货物|产品|动产|库存|商品|原材料"),
		Goods:    blanketOf("存货|货物|产品|动产|库存|商品|原材料|半成品|仓单"),
	}
	lists    = regexp.MustCompile(`以下|下列|如下|下述|所列|清单|附件|附表|明细`)
	attaches = regexp.MustCompile(`附件|附表|清单|详见|另附|合同约定`)
	limits   = regexp.MustCompile(`对[^于外账应]|应付|付款人|付款方|债务人|买方|购货方|采购方|购买方`)
)

func blanketOf(things string) *regexp.Regexp {
	return regexp.MustCompile(`(全部|所有|一切|任何|现有(的)?(及|和|以及|或|、)(其)?(未来|将有|将来|今后)|未来).{0,20}(` + things + `)|(` + things + `).{0,6}(全部|一切)`)
}

// classNames are what classes are called in results; the first that a text holds counts.
var classNames = []struct {
	word  string
	class Class
}{
	{"保理", Factoring}, {"账款转让", Factoring}, {"仓单", DocumentPledge}, {"提单", DocumentPledge}, {"存款单", DocumentPledge},
	{"应收账款", ReceivablePledge}, {"租赁", Leasing}, {"所有权保留", TitleRetention}, {"抵押", GoodsMortgage}, {"其他", OtherSecurity},
}

// classOf reads a class as a result names it, "" when it cannot be told.
func classOf(text string) Class {
	for _, c := range classNames {
		if strings.Contains(text, c.word) {
			return c.class
		}
	}
	return ""
}

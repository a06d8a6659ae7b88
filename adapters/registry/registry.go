// Package registry stands between the ledger and the movables registry (动产融资统一登记公示系统, 中登网).
//
// The registry is used by hand: whoever lends files there, answers for what it files, and nobody reviews it
// (《动产和权利担保统一登记办法》, 中国人民银行令〔2021〕第7号). So this package makes what is to be filed, from ledger data, as
// files; takes back what the registry answered; says which filings run out; and compares the result of a search with
// what is to be lent on. It calls no service.
package registry

import (
	"decore/chaincode/encumbrance"
	"decore/chaincode/ident"
)

// Party is one side of a filing.
type Party struct {
	Name string     `json:"name" doc:"Registered name (名称)"`
	USCC ident.USCC `json:"uscc" doc:"Unified social credit code (统一社会信用代码)"`
}

// Class is a class of security that the registry takes (担保类型).
type Class string

// The classes of 《动产和权利担保统一登记办法》.
const (
	GoodsMortgage    Class = "goods-mortgage"    // 生产设备、原材料、半成品、产品抵押
	ReceivablePledge Class = "receivable-pledge" // 应收账款质押
	DocumentPledge   Class = "document-pledge"   // 存款单、仓单、提单质押
	Leasing          Class = "leasing"           // 融资租赁
	Factoring        Class = "factoring"         // 保理
	TitleRetention   Class = "title-retention"   // 所有权保留
	OtherSecurity    Class = "other"             // 其他可以登记的动产和权利担保
)

// Sort is what kind of thing is given as security.
type Sort string

// Sorts. Claims are existing and future ones alike, as the registry's 应收账款 are.
const (
	Claim    Sort = "claim"    // 应收账款
	Document Sort = "document" // 仓单
	Goods    Sort = "goods"    // 存货
)

// classes says how the security that a lien of a form gives in a thing of a sort is filed. A pledge of goods is
// established by control and is none of the named classes. A lien that moved from goods to the receipt for them stays what
// it was.
var classes = map[Sort]map[encumbrance.Kind]Class{
	Claim:    {encumbrance.Pledge: ReceivablePledge, encumbrance.Assignment: Factoring},
	Document: {encumbrance.Pledge: DocumentPledge, encumbrance.Mortgage: GoodsMortgage, encumbrance.Floating: OtherSecurity},
	Goods:    {encumbrance.Mortgage: GoodsMortgage, encumbrance.Pledge: OtherSecurity, encumbrance.Floating: OtherSecurity},
}

// touched says filings of which classes can be about a thing of a sort. A text that names no class may be about anything.
var touched = map[Sort][]Class{
	Claim:    {ReceivablePledge, Factoring, OtherSecurity},
	Document: {DocumentPledge, GoodsMortgage, TitleRetention, OtherSecurity},
	Goods:    {GoodsMortgage, DocumentPledge, Leasing, TitleRetention, OtherSecurity},
}

// words are what a class is called in a filing.
type words struct{ name, grantor, secured, act string }

var classWords = map[Class]words{
	GoodsMortgage:    {"生产设备、原材料、半成品、产品抵押", "抵押人", "抵押权人", "抵押给"},
	ReceivablePledge: {"应收账款质押", "出质人", "质权人", "质押给"},
	DocumentPledge:   {"存款单、仓单、提单质押", "出质人", "质权人", "质押给"},
	Factoring:        {"保理", "应收账款转让人", "保理人", "转让给"},
	OtherSecurity:    {"其他动产和权利担保", "担保人", "担保权人", "提供担保给"},
}

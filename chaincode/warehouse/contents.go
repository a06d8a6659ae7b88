package warehouse

import (
	"fmt"
	"slices"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/credit"
	"decore/chaincode/fault"
	"decore/chaincode/goods"
	"decore/chaincode/ident"
)

// Contents are what the face of a receipt states (仓单记载事项, 民法典 909; layout of GB/T 30332-2024).
type Contents struct {
	Number           ident.WrittenNumber `json:"number" doc:"Number that the keeper gave (仓单编号)"`
	Depositor        ident.USCC          `json:"depositor" doc:"Who stored the goods (存货人)"`
	DepositorName    string              `json:"depositorName" doc:"Its name (存货人名称)" maxLength:"100"`
	DepositorAddress string              `json:"depositorAddress,omitzero" doc:"Its address (存货人住所)" maxLength:"200"`
	Goods            goods.Description   `json:"goods" doc:"The goods (品种、质量、包装、件数、标记)"`
	LossStandard     string              `json:"lossStandard,omitzero" doc:"Loss that is normal, such as 0.3 % (损耗标准)" maxLength:"100"`
	Site             string              `json:"site,omitzero" doc:"Warehouse (储存场所)" maxLength:"100"`
	Position         string              `json:"position,omitzero" doc:"Where in it (货位)" maxLength:"100"`
	StoredFrom       calendar.Date       `json:"storedFrom,omitzero" doc:"First day of storage (储存期起)"`
	StoredUntil      calendar.Date       `json:"storedUntil,omitzero" doc:"Last day of storage (储存期止)"`
	Fee              string              `json:"fee,omitzero" doc:"Fee of storage and how it is counted (仓储费)" maxLength:"100"`
	Insurance        *goods.Insurance    `json:"insurance,omitzero" doc:"Insurance, where the goods are insured (保险)"`
	Issuer           ident.USCC          `json:"issuer" doc:"The keeper (填发人)"`
	IssuePlace       string              `json:"issuePlace,omitzero" doc:"Place of issue (填发地)" maxLength:"100"`
	IssuedOn         calendar.Date       `json:"issuedOn,omitzero" doc:"Day of issue (填发日期)"`
	Remarks          string              `json:"remarks,omitzero" doc:"Remarks (备注)" maxLength:"200"`
}

// elements tell, for each field that a policy may ask for, whether the contents have it.
var elements = []struct {
	field string
	there func(Contents) bool
}{
	{"/number", func(c Contents) bool { return c.Number != "" }},
	{"/depositor", func(c Contents) bool { return c.Depositor != "" }},
	{"/depositorName", func(c Contents) bool { return stated(c.DepositorName) }},
	{"/depositorAddress", func(c Contents) bool { return stated(c.DepositorAddress) }},
	{"/goods/name", func(c Contents) bool { return stated(c.Goods.Name) }},
	{"/goods/quality", func(c Contents) bool { return stated(c.Goods.Quality) }},
	{"/goods/packing", func(c Contents) bool { return stated(c.Goods.Packing) }},
	{"/goods/marks", func(c Contents) bool { return stated(c.Goods.Marks) }},
	{"/goods/batch", func(c Contents) bool { return stated(c.Goods.Batch) }},
	{"/goods/code", func(c Contents) bool { return stated(c.Goods.Code) }},
	{"/lossStandard", func(c Contents) bool { return stated(c.LossStandard) }},
	{"/site", func(c Contents) bool { return stated(c.Site) }},
	{"/position", func(c Contents) bool { return stated(c.Position) }},
	{"/storedFrom", func(c Contents) bool { return !c.StoredFrom.IsZero() }},
	{"/storedUntil", func(c Contents) bool { return !c.StoredUntil.IsZero() }},
	{"/fee", func(c Contents) bool { return stated(c.Fee) }},
	{"/insurance", func(c Contents) bool { return c.Insurance != nil }},
	{"/issuePlace", func(c Contents) bool { return stated(c.IssuePlace) }},
	{"/issuedOn", func(c Contents) bool { return !c.IssuedOn.IsZero() }},
	{"/remarks", func(c Contents) bool { return stated(c.Remarks) }},
}

// stated reports whether a text says anything: blanks fill no box of a receipt.
func stated(s string) bool { return strings.TrimSpace(s) != "" }

// CheckElements names an element of a policy that no receipt can have.
func CheckElements(p credit.Policy) error {
	for i, e := range p.ReceiptElements {
		if !slices.ContainsFunc(elements, func(known struct {
			field string
			there func(Contents) bool
		}) bool {
			return known.field == e.Field
		}) {
			return fmt.Errorf("/receiptElements/%d/field: a receipt has no %q", i, e.Field)
		}
	}
	return nil
}

// Complete names the first essential element that is missing, with the clause that asks for it.
func (c Contents) Complete(p credit.Policy) error {
	for _, asked := range p.ReceiptElements {
		for _, e := range elements {
			if asked.Essential && e.field == asked.Field && !e.there(c) {
				return fault.New(fault.FieldRequired, "/contents"+e.field).Under(asked.Clause)
			}
		}
	}
	return nil
}

// check names the first field that cannot be.
func (c Contents) check(today calendar.Date) error {
	err := goods.Texts{
		{Field: "/contents/depositorName", Value: c.DepositorName, Most: 100}, {Field: "/contents/depositorAddress", Value: c.DepositorAddress, Most: 200},
		{Field: "/contents/lossStandard", Value: c.LossStandard, Most: 100}, {Field: "/contents/site", Value: c.Site, Most: 100},
		{Field: "/contents/position", Value: c.Position, Most: 100}, {Field: "/contents/fee", Value: c.Fee, Most: 100},
		{Field: "/contents/issuePlace", Value: c.IssuePlace, Most: 100}, {Field: "/contents/remarks", Value: c.Remarks, Most: 200},
	}.Check()
	if err != nil {
		return err
	}
	termed := !c.StoredUntil.IsZero() // a policy may let a receipt be that states no term
	switch {
	case c.IssuedOn.After(today):
		return fault.New(fault.DateInFuture, "/contents/issuedOn")
	case termed && c.StoredUntil.Before(c.StoredFrom):
		return fault.New(fault.DateOrder, "/contents/storedUntil")
	case termed && c.StoredUntil.Before(today):
		return fault.New(fault.ReceiptExpired, "/contents/storedUntil")
	case c.Insurance != nil:
		return c.Insurance.Check("/contents/insurance")
	}
	return nil
}

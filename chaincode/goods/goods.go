package goods

import (
	"slices"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/fault"
	"decore/chaincode/ident"
	"decore/chaincode/money"
)

// Description says what the goods are (品种、质量、包装、标记).
type Description struct {
	Name    string `json:"name,omitzero" doc:"Kind of goods; needed (品种)" maxLength:"100"`
	Code    string `json:"code,omitzero" doc:"Item code of the owner, or HS code (货号或 HS 编码)" maxLength:"32"`
	Quality string `json:"quality,omitzero" doc:"Quality, grade, specification; needed (质量、等级、规格)" maxLength:"200"`
	Packing string `json:"packing,omitzero" doc:"Packing and number of packages (包装、件数)" maxLength:"100"`
	Marks   string `json:"marks,omitzero" doc:"Marks (标记)" maxLength:"100"`
	Batch   string `json:"batch,omitzero" doc:"Batch (批号)" maxLength:"64"`
}

// Check names the first field that cannot be; at is where the description stands.
func (d Description) Check(at string) error {
	const law = "民法典 909(2)" // what a receipt over the goods must state of them
	name, quality := Required(at+"/name", d.Name, 100), Required(at+"/quality", d.Quality, 200)
	name.Clause, quality.Clause = law, law
	return Texts{name, Optional(at+"/code", d.Code, 32), quality, Optional(at+"/packing", d.Packing, 100), Optional(at+"/marks", d.Marks, 100), Optional(at+"/batch", d.Batch, 64)}.Check()
}

// Text is a text that somebody wrote, to be held against its bounds.
type Text struct {
	Field    string
	Value    string
	Most     int // characters
	Required bool
	Clause   string // that asks for it, or ""
}

// Required is a text that must be there.
func Required(field, value string, most int) Text {
	return Text{Field: field, Value: value, Most: most, Required: true}
}

// Optional is a text that may be left out.
func Optional(field, value string, most int) Text {
	return Text{Field: field, Value: value, Most: most}
}

// Texts are checked in their order.
type Texts []Text

// Check names the first text that is missing or too long.
func (ts Texts) Check() error {
	for _, t := range ts {
		switch {
		case t.Required && strings.TrimSpace(t.Value) == "":
			return fault.New(fault.FieldRequired, t.Field).Under(t.Clause)
		case len([]rune(t.Value)) > t.Most:
			return fault.New(fault.FieldInvalid, t.Field)
		}
	}
	return nil
}

// Insurance is a policy that covers the goods (保险, 民法典 909(7)).
type Insurance struct {
	Insurer string        `json:"insurer" doc:"Insurer's name (保险人)" maxLength:"100"`
	Policy  string        `json:"policy" doc:"Number of the policy (保单号)" maxLength:"64"`
	Amount  money.Amount  `json:"amount" doc:"Sum insured in yuan (保险金额)"`
	From    calendar.Date `json:"from" doc:"First day (起期)"`
	Until   calendar.Date `json:"until" doc:"Last day (止期)"`
}

// Check names the first field that cannot be.
func (i Insurance) Check(at string) error {
	if err := (Texts{Required(at+"/insurer", i.Insurer, 100), Required(at+"/policy", i.Policy, 64)}).Check(); err != nil {
		return err
	}
	switch {
	case !i.Amount.IsPositive():
		return fault.New(fault.AmountNotPositive, at+"/amount")
	case i.From.IsZero():
		return fault.New(fault.FieldRequired, at+"/from")
	case i.Until.IsZero():
		return fault.New(fault.FieldRequired, at+"/until")
	case i.Until.Before(i.From):
		return fault.New(fault.DateOrder, at+"/until")
	}
	return nil
}

// Same reports whether two are the same insurance, or both none.
func (i *Insurance) Same(o *Insurance) bool {
	if i == nil || o == nil {
		return i == o
	}
	return i.Insurer == o.Insurer && i.Policy == o.Policy && i.Amount.Cmp(o.Amount) == 0 && i.From == o.From && i.Until == o.Until
}

// Covers reports whether the insurance stands on the day.
func (i *Insurance) Covers(day calendar.Date) bool {
	return i != nil && !day.Before(i.From) && !day.After(i.Until)
}

// Suffices reports whether the sum insured comes to a share of what the goods are worth (足额保险): of goods that are
// insured for less the insurer pays the proportion only (保险法 55).
func (i *Insurance) Suffices(value money.Amount, share money.Rate) bool {
	return i != nil && !i.Amount.Less(value.Times(share))
}

// Secures reports whether the insurance stands on the day and its sum suffices for what the goods are worth.
func (i *Insurance) Secures(day calendar.Date, value money.Amount, share money.Rate) bool {
	return i.Covers(day) && i.Suffices(value, share)
}

// Valuation is a price of one unit that somebody stands by (估值).
type Valuation struct {
	By     ident.USCC    `json:"by"`     // who states it
	Source string        `json:"source"` // 价格来源
	Date   calendar.Date `json:"date"`
	Price  money.Amount  `json:"price"` // yuan a unit
}

// ValueArgs are the private arguments by which a party states a price.
type ValueArgs struct {
	Source string        `json:"source" doc:"Where the price is from, such as an exchange or an index (价格来源)" maxLength:"64"`
	Date   calendar.Date `json:"date" doc:"Day of the price (价格日期)"`
	Price  money.Amount  `json:"price" doc:"Price of one unit in yuan (单价)"`
}

// Prices are the valuations of one lot or receipt, at most one a source and party: a newer one replaces it.
type Prices []Valuation

// maxPrices bounds the sources of one record.
const maxPrices = 20

// State adds a valuation.
func (ps Prices) State(a ValueArgs, by ident.USCC, today calendar.Date) (Prices, error) {
	if err := (Texts{Required("/source", a.Source, 64)}).Check(); err != nil {
		return ps, err
	}
	same := func(v Valuation) bool { return v.By == by && v.Source == a.Source }
	i := slices.IndexFunc(ps, same)
	switch {
	case a.Date.IsZero():
		return ps, fault.New(fault.FieldRequired, "/date")
	case a.Date.After(today):
		return ps, fault.New(fault.DateInFuture, "/date")
	case i >= 0 && a.Date.Before(ps[i].Date):
		return ps, fault.New(fault.DateOrder, "/date")
	case !a.Price.IsPositive():
		return ps, fault.New(fault.AmountNotPositive, "/price")
	case i < 0 && len(ps) >= maxPrices:
		return ps, fault.New(fault.TooMany, "")
	}
	kept := slices.DeleteFunc(slices.Clone(ps), same)
	return append(kept, Valuation{By: by, Source: a.Source, Date: a.Date, Price: a.Price}), nil
}

// Join are the prices of goods that were valued apart and are one from now on. Of two prices of one source and party the
// lower stands, for as long as neither is older than maxAge days; else the newer.
func (ps Prices) Join(others Prices, today calendar.Date, maxAge int) (Prices, error) {
	all := slices.Clone(ps)
	for _, o := range others {
		i := slices.IndexFunc(all, func(v Valuation) bool { return v.By == o.By && v.Source == o.Source })
		if i < 0 {
			all = append(all, o)
			continue
		}
		better := o.Date.After(all[i].Date)
		if calendar.Min(all[i].Date, o.Date).DaysUntil(today) <= maxAge {
			better = o.Price.Less(all[i].Price)
		}
		if better {
			all[i] = o
		}
	}
	if len(all) > maxPrices {
		return ps, fault.New(fault.TooMany, "")
	}
	return all, nil
}

// Lowest is the lowest of the prices that are no older than maxAge days, and whether there are sources enough: a
// lender lends on the most careful of several (孰低原则). What the interested say may lower the price, but is no source: nobody
// prices its own collateral.
func (ps Prices) Lowest(today calendar.Date, maxAge, sources int, interested ...ident.USCC) (lowest money.Amount, ok bool) {
	var from []string
	priced := false
	for _, v := range ps {
		if v.Date.DaysUntil(today) > maxAge {
			continue
		}
		if !priced || v.Price.Less(lowest) {
			lowest, priced = v.Price, true
		}
		if !slices.Contains(from, v.Source) && !slices.Contains(interested, v.By) {
			from = append(from, v.Source)
		}
	}
	return lowest, len(from) > 0 && len(from) >= sources
}

// By are the prices that some of the parties stated.
func (ps Prices) By(parties ...ident.USCC) Prices {
	return slices.DeleteFunc(slices.Clone(ps), func(v Valuation) bool { return !slices.Contains(parties, v.By) })
}

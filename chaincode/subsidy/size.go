package subsidy

import (
	"fmt"

	"decore/chaincode/calendar"
	"decore/chaincode/money"
)

// SizeRow holds the lower bounds of one industry by which enterprises are large, medium or small. Whoever is under
// any bound of a class falls into the next one; micro has none.
type SizeRow struct {
	Industry string `json:"industry"` // by the standard's own Chinese name
	Large    Bounds `json:"large"`
	Medium   Bounds `json:"medium"`
	Small    Bounds `json:"small"`
}

// Bounds are the least figures of a class, as the standard prints them; 0 is a figure that the industry does not go by.
type Bounds struct {
	Staff   int `json:"staff,omitzero"`   // 从业人员(人)
	Revenue int `json:"revenue,omitzero"` // 营业收入(万元)
	Assets  int `json:"assets,omitzero"`  // 资产总额(万元)
}

// Figures are an enterprise's, by which its class is found (企业划型指标).
type Figures struct {
	Industry string        `json:"industry" doc:"Industry by the name in the policy's size table (所属行业)" maxLength:"100"`
	Staff    int           `json:"staff" doc:"Persons employed (从业人员)" minimum:"0"`
	Revenue  money.Amount  `json:"revenue" doc:"Revenue of the year in yuan (营业收入)"`
	Assets   money.Amount  `json:"assets" doc:"Total assets in yuan (资产总额)"`
	AsOf     calendar.Date `json:"asOf" doc:"Day of the figures, not after the contract's signing (数据日期)"`
}

// SizeTable is a size standard (企业划型标准) as data: a row an industry.
type SizeTable []SizeRow

// fenPerTenThousand turns the standard's 万元 into fen.
const fenPerTenThousand = 1_000_000

// reached reports whether the figures reach every bound.
func (b Bounds) reached(f Figures) bool {
	return f.Staff >= b.Staff && !f.Revenue.Less(tenThousands(b.Revenue)) && !f.Assets.Less(tenThousands(b.Assets))
}

func tenThousands(n int) money.Amount { return money.Fen(int64(n) * fenPerTenThousand) }

// Classify returns the class of the figures: the first of large, medium and small all of whose bounds they reach,
// else micro (工信部联企业〔2011〕300号 四: 须同时满足所列指标的下限,否则下划一档). It fails with ErrLoan for an
// industry that the table does not have.
func (t SizeTable) Classify(f Figures) (SizeClass, error) {
	for _, row := range t {
		if row.Industry != f.Industry {
			continue
		}
		for _, class := range []struct {
			class  SizeClass
			bounds Bounds
		}{{Large, row.Large}, {Medium, row.Medium}, {Small, row.Small}} {
			if class.bounds.reached(f) {
				return class.class, nil
			}
		}
		return Micro, nil
	}
	return "", &FieldError{Of: ErrLoan, Field: "figures.industry", Reason: "must be an industry of the policy's size table"}
}

// checks are those of the table as a part of a policy.
func (t SizeTable) checks() []check {
	names := make([]string, len(t))
	var cs []check
	for i, row := range t {
		names[i] = row.Industry
		falls := row.Large.above(row.Medium) && row.Medium.above(row.Small)
		cs = append(cs, check{fmt.Sprintf("sizeTable[%d]", i), falls, "must have the same figures in all three classes, each bound above the next class's and above 0"})
	}
	return append(cs,
		check{"sizeTable", len(t) <= maxIndustries, fmt.Sprintf("must have at most %d industries", maxIndustries)},
		check{"sizeTable", distinct(names), "must not list an empty industry or one twice"})
}

// maxIndustries bounds a size table; the standard has 16.
const maxIndustries = 100

// above reports whether the bounds go by the same figures as those of the next class, and each is above it.
func (b Bounds) above(next Bounds) bool {
	figures := 0
	for _, pair := range [][2]int{{b.Staff, next.Staff}, {b.Revenue, next.Revenue}, {b.Assets, next.Assets}} {
		switch {
		case pair == [2]int{}:
		case pair[1] > 0 && pair[0] > pair[1] && pair[0] <= maxBound:
			figures++
		default:
			return false
		}
	}
	return figures > 0
}

// maxBound is far above any standard's, and far below what overflows as fen.
const maxBound = 1_000_000_000

// checks are those of the figures themselves.
func (f Figures) checks(signed calendar.Date) []check {
	return []check{
		{"figures.industry", f.Industry != "" && len(f.Industry) <= maxName, "must be an industry's name"},
		{"figures.staff", f.Staff >= 0, "must not be below 0"},
		{"figures.revenue", !f.Revenue.Less(money.Zero), "must not be below 0.00"},
		{"figures.assets", !f.Assets.Less(money.Zero), "must not be below 0.00"},
		{"figures.asOf", !f.AsOf.IsZero() && (signed.IsZero() || !f.AsOf.After(signed)), "must be a date, not after the contract was signed"},
	}
}

// maxName bounds a name in bytes.
const maxName = 300

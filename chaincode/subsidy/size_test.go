package subsidy_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"decore/chaincode/money"
	"decore/chaincode/subsidy"
)

// tenThousands is an amount in 万元, as the standard prints it, less some fen.
func tenThousands(n, lessFen int64) money.Amount { return money.Fen(n*1_000_000 - lessFen) }

// TestSizeTable holds the fixtures' table against 工信部联企业〔2011〕300号 四, industry by industry: at each class's bounds an
// enterprise is of the class, and with any one figure under its bound it is of a lower one.
func TestSizeTable(t *testing.T) {
	table := policy2026(t).SizeTable
	// staff, revenue and assets (万元) that 四(一) to 四(十六) print as the bounds of large, medium and small; 0 is not asked.
	printed := map[string][3][3]int64{
		"农林牧渔业":      {{0, 20000, 0}, {0, 500, 0}, {0, 50, 0}},
		"工业":         {{1000, 40000, 0}, {300, 2000, 0}, {20, 300, 0}},
		"建筑业":        {{0, 80000, 80000}, {0, 6000, 5000}, {0, 300, 300}},
		"批发业":        {{200, 40000, 0}, {20, 5000, 0}, {5, 1000, 0}},
		"零售业":        {{300, 20000, 0}, {50, 500, 0}, {10, 100, 0}},
		"交通运输业":      {{1000, 30000, 0}, {300, 3000, 0}, {20, 200, 0}},
		"仓储业":        {{200, 30000, 0}, {100, 1000, 0}, {20, 100, 0}},
		"邮政业":        {{1000, 30000, 0}, {300, 2000, 0}, {20, 100, 0}},
		"住宿业":        {{300, 10000, 0}, {100, 2000, 0}, {10, 100, 0}},
		"餐饮业":        {{300, 10000, 0}, {100, 2000, 0}, {10, 100, 0}},
		"信息传输业":      {{2000, 100000, 0}, {100, 1000, 0}, {10, 100, 0}},
		"软件和信息技术服务业": {{300, 10000, 0}, {100, 1000, 0}, {10, 50, 0}},
		"房地产开发经营":    {{0, 200000, 10000}, {0, 1000, 5000}, {0, 100, 2000}},
		"物业管理":       {{1000, 5000, 0}, {300, 1000, 0}, {100, 500, 0}},
		"租赁和商务服务业":   {{300, 0, 120000}, {100, 0, 8000}, {10, 0, 100}},
		"其他未列明行业":    {{300, 0, 0}, {100, 0, 0}, {10, 0, 0}},
	}
	if len(table) != 16 || len(printed) != 16 {
		t.Fatalf("%d industries in the table, %d in the test", len(table), len(printed))
	}
	classes := []subsidy.SizeClass{subsidy.Large, subsidy.Medium, subsidy.Small, subsidy.Micro}
	for industry, bounds := range printed {
		for i, b := range bounds {
			t.Run(industry+" at the bounds of "+string(classes[i]), func(t *testing.T) {
				at := subsidy.Figures{Industry: industry, Staff: int(b[0]), Revenue: tenThousands(b[1], 0), Assets: tenThousands(b[2], 0)}
				if got, err := table.Classify(at); err != nil || got != classes[i] {
					t.Errorf("at the bounds: %s, %v", got, err)
				}
				for name, under := range map[string]func(*subsidy.Figures){
					"staff":   func(f *subsidy.Figures) { f.Staff-- },
					"revenue": func(f *subsidy.Figures) { f.Revenue = tenThousands(b[1], 1) },
					"assets":  func(f *subsidy.Figures) { f.Assets = tenThousands(b[2], 1) },
				} {
					if map[string]int64{"staff": b[0], "revenue": b[1], "assets": b[2]}[name] == 0 {
						continue
					}
					f := at
					under(&f)
					if got, err := table.Classify(f); err != nil || slices.Index(classes, got) <= i {
						t.Errorf("with %s just under its bound: %s, %v", name, got, err)
					}
				}
			})
		}
	}
}

func TestClassify(t *testing.T) {
	table := policy2026(t).SizeTable
	t.Run("many hands and little revenue make no large enterprise", func(t *testing.T) {
		got, err := table.Classify(subsidy.Figures{Industry: "工业", Staff: 5000, Revenue: tenThousands(299, 0)})
		if err != nil || got != subsidy.Micro {
			t.Errorf("got %s, %v", got, err)
		}
	})
	t.Run("an unknown industry is refused by name", func(t *testing.T) {
		_, err := table.Classify(subsidy.Figures{Industry: "采集狩猎"})
		if f := (*subsidy.FieldError)(nil); !errors.As(err, &f) || f.Field != "figures.industry" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("growing never makes an enterprise smaller", func(t *testing.T) {
		order := []subsidy.SizeClass{subsidy.Micro, subsidy.Small, subsidy.Medium, subsidy.Large}
		rapid.Check(t, func(t *rapid.T) {
			f := subsidy.Figures{Industry: rapid.SampledFrom(table).Draw(t, "row").Industry, Staff: rapid.IntRange(0, 3000).Draw(t, "staff"),
				Revenue: money.Fen(rapid.Int64Range(0, 300_000_000_000).Draw(t, "revenue")), Assets: money.Fen(rapid.Int64Range(0, 200_000_000_000).Draw(t, "assets"))}
			g := f
			g.Staff += rapid.IntRange(0, 1000).Draw(t, "more staff")
			g.Revenue = g.Revenue.Add(money.Fen(rapid.Int64Range(0, 100_000_000_000).Draw(t, "more revenue")))
			before, _ := table.Classify(f)
			after, err := table.Classify(g)
			if err != nil || slices.Index(order, after) < slices.Index(order, before) {
				t.Fatalf("%+v is %s, %+v is %s", f, before, g, after)
			}
		})
	})
}

func TestSizeTableValidate(t *testing.T) {
	for name, change := range map[string]func(*subsidy.Policy){
		"a class above the next one":    func(p *subsidy.Policy) { p.SizeTable[1].Small.Staff = 300 },
		"figures that a class leaves":   func(p *subsidy.Policy) { p.SizeTable[1].Medium.Revenue = 0 },
		"no figures":                    func(p *subsidy.Policy) { p.SizeTable[1] = subsidy.SizeRow{Industry: "工业"} },
		"a bound below 0":               func(p *subsidy.Policy) { p.SizeTable[1].Small.Staff = -1 },
		"a bound that overflows as fen": func(p *subsidy.Policy) { p.SizeTable[1].Large.Revenue = 1 << 40 },
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if got := fieldsOf(policy2026(t, change).Validate()); !slices.Equal(got, []string{"sizeTable[1]"}) {
				t.Errorf("got %v", got)
			}
		})
	}
	t.Run("an industry twice is refused", func(t *testing.T) {
		twice := func(p *subsidy.Policy) { p.SizeTable = append(p.SizeTable, p.SizeTable[0]) }
		if got := fieldsOf(policy2026(t, twice).Validate()); !slices.Equal(got, []string{"sizeTable"}) {
			t.Errorf("got %v", got)
		}
	})
}

package projection

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decore/gateway/sqlite"
)

// No list may read a whole table or sort one: it has to be as fast with millions of records.
func TestListsWalkAlongAnIndex(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "p.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for name, c := range map[string]struct {
		f    Filter
		want string // the first step
	}{
		"reader":                       {Filter{Kind: "order", Reader: "a"}, "SEARCH v USING PRIMARY KEY (party=? AND record>? AND record<?)"},
		"reader, behind an ID":         {Filter{Reader: "a", After: "ORD-5", Newest: true}, "SEARCH v USING PRIMARY KEY (party=? AND record<?)"},
		"reader and state":             {Filter{Kind: "order", Reader: "a", State: []string{"x"}}, "SEARCH v USING COVERING INDEX readers_state (party=? AND state=? AND record>? AND record<?)"},
		"reader and several states":    {Filter{Kind: "order", Reader: "a", State: []string{"x", "y"}}, "SEARCH v USING COVERING INDEX readers_state (party=? AND state=? AND record>? AND record<?)"},
		"reader and counterparty":      {Filter{Reader: "a", Counterparty: "b"}, "SEARCH b USING PRIMARY KEY (party=?)"},
		"reader, counterparty, state":  {Filter{Reader: "a", Counterparty: "b", State: []string{"x"}}, "SEARCH b USING COVERING INDEX readers_state (party=? AND state=?)"},
		"link and reader":              {Filter{Link: Parent, Target: "x", Reader: "a"}, "SEARCH l USING PRIMARY KEY (target=? AND rel=?)"},
		"link, reader, behind an ID":   {Filter{Link: Parent, Target: "x", After: "ORD-5"}, "SEARCH l USING PRIMARY KEY (target=? AND rel=? AND record>?)"},
		"kind":                         {Filter{Kind: "order"}, "SEARCH r USING COVERING INDEX sqlite_autoindex_records_1 (id>? AND id<?)"},
		"kind and state":               {Filter{Kind: "order", State: []string{"x"}}, "SEARCH r USING COVERING INDEX records_state (kind=? AND state=? AND id>? AND id<?)"},
		"number":                       {Filter{Number: "x"}, "SEARCH r USING INDEX records_number (number=?)"},
		"number among the readable":    {Filter{Kind: "order", Reader: "a", Number: "x"}, "SEARCH r USING INDEX records_number (number=?)"},
		"reader and due day, in order": {Filter{Kind: "order", Reader: "a", Newest: true, DueFrom: always}, "SEARCH v USING PRIMARY KEY (party=? AND record>? AND record<?)"},
	} {
		t.Run(name, func(t *testing.T) {
			text, args := c.f.query(50)
			steps := plan(t, s, text, args)
			var walks []string
			for _, step := range steps {
				if strings.HasPrefix(step, "SEARCH") {
					walks = append(walks, step)
				}
				if strings.HasPrefix(step, "SCAN ") && !strings.HasPrefix(step, "SCAN (") && step != "SCAN found" {
					t.Errorf("reads a whole table: %s", step)
				}
			}
			if len(walks) == 0 || walks[0] != c.want {
				t.Errorf("begins with %q of\n%s", walks, strings.Join(steps, "\n"))
			}
		})
	}
}

// plan lists the steps by which SQLite answers a query.
func plan(t *testing.T, s *Store, text string, args []any) []string {
	t.Helper()
	rows, err := s.db.Reader.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	steps, err := sqlite.Collect(rows, err, func(scan func(...any) error) (step string, err error) {
		var ignored int
		err = scan(&ignored, &ignored, &ignored, &step)
		return step, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func TestTradesAreFoundByIndexesAndReadersByTheirKey(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "p.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	v := Reader{Party: "a", Why: []Access{Bound, Granted}, Day: always}
	const byKey = "SEARCH v USING PRIMARY KEY (party=? AND record=?)"
	type query struct {
		text string
		args []any
	}
	of := func(text string, args []any) query { return query{text, args} }
	for name, c := range map[string]struct {
		query
		want []string
	}{
		"trades": {of(Trades{Seller: "s", Buyer: "b", Kind: "order"}.query(5)),
			[]string{"SEARCH records USING INDEX records_traded (seller=? AND buyer=? AND kind=? AND traded>? AND traded<?)"}},
		"contract": {query{ofContract, []any{"s", "b", "c", 5}}, []string{"SEARCH records USING INDEX records_contract (seller=? AND buyer=? AND contract=?)"}},
		"sales":    {of(v.sales("s", always, always, 5)), []string{"SEARCH r USING INDEX records_traded (seller=?)", byKey}},
		"first":    {of(v.first("s", "b")), []string{"SEARCH r USING INDEX records_traded (seller=? AND buyer=? AND kind=?)", byKey}},
		"settleable": {of(Settling{Bank: "b", Policy: "p", Reader: "a", Day: always, After: "SUB-5", Limit: 5}.page()),
			[]string{"SEARCH r USING COVERING INDEX records_settleable (owner=? AND policy=? AND id>?)", byKey}},
		"settleable sums": {of(Settling{Bank: "b", Policy: "p", Reader: "a", Day: always}.sums()),
			[]string{"SEARCH r USING COVERING INDEX records_settleable (owner=? AND policy=?)", byKey}},
		"awaited claim": {query{awaitedClaim, []any{"subsidy", "b"}}, []string{"SCAN records USING INDEX records_awaited"}},
		"debtors":       {of(v.debtors("s")), []string{"SEARCH r USING COVERING INDEX records_owed (seller=?)", byKey}},
	} {
		if got := plan(t, s, c.text, c.args); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

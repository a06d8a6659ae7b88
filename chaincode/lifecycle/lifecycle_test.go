package lifecycle_test

import (
	"slices"
	"testing"

	"decore/chaincode/lifecycle"
)

var table = &lifecycle.Table{Kind: "door", Prefix: "DOR", Rows: []lifecycle.Row{
	{Verb: "hang", From: []lifecycle.State{lifecycle.None}, To: []lifecycle.State{"shut"}, By: []lifecycle.Signer{{Role: lifecycle.Keeper}}},
	{Verb: "open", From: []lifecycle.State{"shut"}, To: []lifecycle.State{"open", "broken"}, By: []lifecycle.Signer{{Role: lifecycle.SME, As: lifecycle.Seller}, {Role: lifecycle.Keeper}}},
	{Verb: "close", From: []lifecycle.State{"open"}, To: []lifecycle.State{"shut"}, By: []lifecycle.Signer{{Role: lifecycle.SME, As: lifecycle.Buyer}}},
}}

func as(relations ...lifecycle.Relation) func(lifecycle.Relation) bool {
	return func(r lifecycle.Relation) bool { return slices.Contains(relations, r) }
}

func TestARowPermitsByRoleAndRelationTogether(t *testing.T) {
	open, _ := table.Row("open")
	for name, c := range map[string]struct {
		roles     []lifecycle.Role
		relations []lifecycle.Relation
		permitted bool
	}{
		"the role without the relation":       {[]lifecycle.Role{lifecycle.SME}, nil, false},
		"the relation without the role":       {[]lifecycle.Role{lifecycle.Bank}, []lifecycle.Relation{lifecycle.Seller}, false},
		"role and relation":                   {[]lifecycle.Role{lifecycle.SME}, []lifecycle.Relation{lifecycle.Seller}, true},
		"another relation":                    {[]lifecycle.Role{lifecycle.SME}, []lifecycle.Relation{lifecycle.Buyer}, false},
		"a role that needs no relation":       {[]lifecycle.Role{lifecycle.Keeper}, nil, true},
		"one of several roles":                {[]lifecycle.Role{lifecycle.Bank, lifecycle.Keeper}, nil, true},
		"no role":                             {nil, []lifecycle.Relation{lifecycle.Seller, lifecycle.Buyer}, false},
		"a relation that the row asks not of": {[]lifecycle.Role{lifecycle.SME}, []lifecycle.Relation{lifecycle.Holder}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := open.Permits(c.roles, as(c.relations...)); got != c.permitted {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestATableAnswersForItsRows(t *testing.T) {
	if got := table.States(); !slices.Equal(got, []lifecycle.State{"shut", "open", "broken"}) {
		t.Errorf("states %q", got)
	}
	hang, ok := table.Row("hang")
	if !ok || !hang.Creates() || !hang.Reaches("shut") || hang.Leaves("shut") || !hang.Leaves(lifecycle.None) {
		t.Errorf("row %+v, found %t", hang, ok)
	}
	if _, ok := table.Row("paint"); ok {
		t.Error("it has a row that it has not")
	}
	keeper := []lifecycle.Role{lifecycle.Keeper}
	for state, want := range map[lifecycle.State][]string{lifecycle.None: {}, "shut": {"open"}, "open": {}, "broken": {}} {
		if got := table.Allowed(state, keeper, as()); !slices.Equal(got, want) || got == nil {
			t.Errorf("a keeper in %q may %q", state, got)
		}
	}
}

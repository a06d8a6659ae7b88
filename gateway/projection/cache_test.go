package projection

import "testing"

func TestWhatWasReadBeforeAChangeIsNotKept(t *testing.T) {
	c := newCaches(10)
	read := func(value string, meanwhile func()) string {
		got, err := cached(c, c.facts, "key", func() (any, error) {
			meanwhile()
			return value, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got.(string)
	}
	nothing := func() {}
	for name, change := range map[string]func(){
		"drop": func() { c.drop(nil, []string{"key"}) }, "purge": c.purge, "another drop": func() { c.drop([]string{"other"}, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			c.purge()
			if got := read("old", change); got != "old" {
				t.Errorf("the reading itself got %s", got)
			}
			if got := read("new", nothing); got != "new" {
				t.Errorf("the next got %s", got)
			}
			if got := read("newer", nothing); got != "new" {
				t.Errorf("what was read without a change was not kept: %s", got)
			}
		})
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	c := newCaches(3)
	for i := range 100 {
		_, _ = cached(c, c.facts, string(rune('a'+i)), func() (any, error) { return i, nil })
	}
	if n := c.facts.Len(); n != 3 {
		t.Errorf("%d facts are kept", n)
	}
}

func TestWhatStaysTrueIsKeptUnlessTheRowsWereEmptied(t *testing.T) {
	c := newCaches(10)
	began := c.begin()
	c.drop(nil, []string{"key"})
	c.keep("key", began)
	if !c.known("key") {
		t.Error("a block made it forgotten")
	}
	began = c.begin()
	c.purge()
	c.keep("key", began)
	if c.known("key") {
		t.Error("it was kept though the rows were emptied while it was read")
	}
}

package projection

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// caches keep what was read last, in the form in which readers want it.
//
// They never hold what the newest block changed: its keys are dropped after its rows are committed and
// before its number is made known. A reader that was under way meanwhile may hold a value from before, so
// a value is only kept when nothing was dropped since its reading began.
type caches struct {
	mu      sync.Mutex
	drops   uint64
	purges  uint64
	records *simplelru.LRU[string, Record]
	facts   *simplelru.LRU[string, any] // by ledger key; nil means that the ledger has none
}

func newCaches(size int) *caches {
	// NewLRU fails for sizes below 1 only.
	records, _ := simplelru.NewLRU[string, Record](max(size, 1), nil)
	facts, _ := simplelru.NewLRU[string, any](max(size, 1), nil)
	return &caches{records: records, facts: facts}
}

// cached returns what lru holds under key, or reads it and keeps it.
func cached[V any](c *caches, lru *simplelru.LRU[string, V], key string, read func() (V, error)) (V, error) {
	c.mu.Lock()
	v, ok := lru.Get(key)
	began := c.drops
	c.mu.Unlock()
	if ok {
		return v, nil
	}
	v, err := read()
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	if c.drops == began {
		lru.Add(key, v)
	}
	c.mu.Unlock()
	return v, nil
}

// begin is to be called before what keep is to keep is read.
func (c *caches) begin() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.purges
}

// keep remembers something that stays true whatever the blocks to come hold, unless the rows were emptied since.
func (c *caches) keep(key string, began uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.purges == began {
		c.facts.Add(key, true)
	}
}

func (c *caches) known(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.facts.Get(key)
	return ok
}

// drop forgets the records and facts that a block changed.
func (c *caches) drop(records, facts []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	for _, id := range records {
		c.records.Remove(id)
	}
	for _, key := range facts {
		c.facts.Remove(key)
	}
}

func (c *caches) purge() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	c.purges++
	c.records.Purge()
	c.facts.Purge()
}

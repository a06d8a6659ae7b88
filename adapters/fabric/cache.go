package fabric

import (
	"sync"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
)

// blockCache keeps blocks that were read lately, up to so many bytes.
type blockCache struct {
	mu    sync.Mutex
	lru   *lru.LRU[uint64, *decoded]
	bytes int
}

const (
	maxCachedBlocks = 1024
	maxCachedBytes  = 64 << 20
)

func newBlockCache() *blockCache {
	c := &blockCache{}
	// It fails only for a size below 1.
	c.lru, _ = lru.NewLRU(maxCachedBlocks, func(_ uint64, b *decoded) { c.bytes -= b.size })
	return c
}

func (c *blockCache) add(b *decoded) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lru.Contains(b.block.Number) {
		return
	}
	c.bytes += b.size
	c.lru.Add(b.block.Number, b)
	for c.bytes > maxCachedBytes && c.lru.Len() > 1 {
		c.lru.RemoveOldest()
	}
}

func (c *blockCache) get(number uint64) (*decoded, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lru.Get(number)
}

package audit

import (
	"context"
	"fmt"
)

const (
	page = 1000
	// mostSuspects bounds what is looked at again; a state of which more differs is not worth a list.
	mostSuspects = 10_000
	// firstKey and lastKey are around every key that there can be, of whatever form.
	firstKey, lastKey = "\x01", "\U0010FFFF"
)

// compare holds every public value of the state against what the blocks wrote, and back. The ledger may go on
// meanwhile, so what differs is looked at again.
func (r *run) compare(ctx context.Context) error {
	var suspects []string
	known := 0
	err := r.scan(ctx, func(key string, value []byte) {
		if r.auditor.Judge(key, nil) != "" {
			known++
		}
		if r.auditor.Judge(key, value) != "" && len(suspects) < mostSuspects {
			suspects = append(suspects, key)
		}
	})
	if err != nil {
		return err
	}
	if known < r.auditor.Keys() {
		missing, err := r.missing(ctx)
		if err != nil {
			return err
		}
		suspects = append(suspects, missing...)
	}
	for len(suspects) > 0 && !r.over() {
		n := min(len(suspects), page)
		if err := r.confirm(ctx, suspects[:n]); err != nil {
			return err
		}
		suspects = suspects[n:]
	}
	return nil
}

// scan reads the whole state a page at a time.
func (r *run) scan(ctx context.Context, each func(key string, value []byte)) error {
	for from := firstKey; ; {
		entries, err := r.ledger.Range(ctx, from, lastKey, page)
		if err != nil {
			return fmt.Errorf("read state: %w", err)
		}
		for _, e := range entries {
			each(e.Key, e.Value)
		}
		if len(entries) < page {
			return nil
		}
		from = entries[len(entries)-1].Key + "\x00" // the next key that there can be
	}
}

// missing lists keys that the blocks wrote and the state does not have.
func (r *run) missing(ctx context.Context) ([]string, error) {
	present := map[string]bool{}
	if err := r.scan(ctx, func(key string, _ []byte) { present[key] = true }); err != nil {
		return nil, err
	}
	return r.auditor.Missing(func(key string) bool { return present[key] }, mostSuspects), nil
}

// confirm reads keys again. What was read is as it should be if it is what the key was at any time between a block
// known before and a block known after.
func (r *run) confirm(ctx context.Context, keys []string) error {
	before, err := r.ledger.Head(ctx)
	if err != nil {
		return err
	}
	if err := r.feed(ctx, before.Number, func() {}); err != nil {
		return err
	}
	values, err := r.ledger.Get(ctx, keys...)
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	differs := map[int]string{}
	for i, key := range keys {
		if reason := r.auditor.Judge(key, values[i]); reason != "" {
			differs[i] = reason
		}
	}
	after, err := r.ledger.Head(ctx)
	if err != nil {
		return err
	}
	if err := r.feed(ctx, after.Number, func() {
		for i := range differs {
			if r.auditor.Judge(keys[i], values[i]) == "" {
				delete(differs, i)
			}
		}
	}); err != nil {
		return err
	}
	for i, key := range keys {
		if reason := differs[i]; reason != "" {
			r.tell(Unexplained{Key: key, Reason: reason})
		}
	}
	return nil
}

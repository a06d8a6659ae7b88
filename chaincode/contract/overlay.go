package contract

import (
	"fmt"
	"maps"

	"decore/chaincode/canon"
	"decore/chaincode/evidence"
)

// overlay is a layer of writes over what is below it: the committed state, or the layer of the whole
// batch. A command writes into a layer of its own, which is merged when the command succeeds and
// dropped when it does not.
type overlay struct {
	below   *overlay
	state   State             // of the lowest layer
	read    map[string][]byte // of the lowest layer: committed values, read once
	memos   map[string]memo   // of the lowest layer
	put     map[string][]byte
	order   []string // of put, first write first
	private map[privateKey][]byte
	porder  []privateKey
	opened  map[string]evidence.Sealed // openings of records as changed in this layer
}

type privateKey struct{ org, key string }

func newOverlay(s State) *overlay {
	o := layer()
	o.state, o.read, o.memos = s, map[string][]byte{}, map[string]memo{}
	return o
}

func layer() *overlay {
	return &overlay{put: map[string][]byte{}, private: map[privateKey][]byte{}, opened: map[string]evidence.Sealed{}}
}

func (o *overlay) child() *overlay {
	c := layer()
	c.below = o
	return c
}

// prefetch reads committed values in one call, so that a remote state costs one round trip.
func (o *overlay) prefetch(keys []string) error {
	var missing []string
	asked := map[string]bool{}
	for _, k := range keys {
		if _, ok := o.read[k]; !ok && !asked[k] {
			missing, asked[k] = append(missing, k), true
		}
	}
	if len(missing) == 0 {
		return nil
	}
	values, err := o.state.Get(missing...)
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	for i, k := range missing {
		o.read[k] = values[i]
	}
	return nil
}

func (o *overlay) get(key string) ([]byte, error) {
	for l := o; ; l = l.below {
		if v, ok := l.put[key]; ok {
			return v, nil
		}
		if l.below != nil {
			continue
		}
		if err := l.prefetch([]string{key}); err != nil {
			return nil, err
		}
		return l.read[key], nil
	}
}

// load reads a key into v and reports whether it exists.
func (o *overlay) load(key string, v any) (bool, error) {
	b, err := o.get(key)
	if err != nil || b == nil {
		return false, err
	}
	if err := canon.Strict(b, v); err != nil {
		return false, fmt.Errorf("state %s: %w", key, err)
	}
	return true, nil
}

// memo keeps what was decoded from a key's bytes, for what every command of a batch reads again: the
// charter, policies and parties. It is good for as long as the key has those very bytes, and its values are
// never changed in place.
type memo struct {
	raw   []byte
	value any
}

// recall reads a key like load, decoding its bytes once.
func recall[T any](o *overlay, key string) (v T, ok bool, err error) {
	raw, err := o.get(key)
	if err != nil || len(raw) == 0 {
		return v, false, err
	}
	bottom := o
	for bottom.below != nil {
		bottom = bottom.below
	}
	if m, known := bottom.memos[key]; known && len(m.raw) == len(raw) && &m.raw[0] == &raw[0] {
		return m.value.(T), true, nil
	}
	if _, err := o.load(key, &v); err != nil {
		return v, false, err
	}
	bottom.memos[key] = memo{raw, v}
	return v, true, nil
}

// store writes v to a key as canonical JSON.
func (o *overlay) store(key string, v any) error {
	b, err := canon.Marshal(v)
	if err != nil {
		return fmt.Errorf("state %s: %w", key, err)
	}
	if _, ok := o.put[key]; !ok {
		o.order = append(o.order, key)
	}
	o.put[key] = b
	return nil
}

func (o *overlay) storePrivate(org, key string, value []byte) {
	k := privateKey{org, key}
	if _, ok := o.private[k]; !ok {
		o.porder = append(o.porder, k)
	}
	o.private[k] = value
}

// opening returns the record's opening as changed in this or a lower layer.
func (o *overlay) opening(id string) (evidence.Sealed, bool) {
	for l := o; l != nil; l = l.below {
		if sealed, ok := l.opened[id]; ok {
			return sealed, true
		}
	}
	return evidence.Sealed{}, false
}

// merge adds this layer's writes to the layer below.
func (o *overlay) merge() {
	for _, k := range o.order {
		if _, ok := o.below.put[k]; !ok {
			o.below.order = append(o.below.order, k)
		}
		o.below.put[k] = o.put[k]
	}
	for _, k := range o.porder {
		o.below.storePrivate(k.org, k.key, o.private[k])
	}
	maps.Copy(o.below.opened, o.opened)
}

// flush writes everything to the state, in the order in which keys were first written.
func (o *overlay) flush() error {
	for _, k := range o.order {
		if err := o.state.Put(k, o.put[k]); err != nil {
			return fmt.Errorf("write %s: %w", k, err)
		}
	}
	for _, k := range o.porder {
		if err := o.state.PutPrivate(k.org, k.key, o.private[k]); err != nil {
			return fmt.Errorf("write private %s: %w", k.key, err)
		}
	}
	return nil
}

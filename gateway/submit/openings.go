package submit

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"

	"decore/adapters/ledger"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/financing"
)

// openings finds the current terms of records in the private collections that this gateway may read.
type openings struct {
	ledger ledger.Ledger
	homes  *lru.Cache[string, string]   // record → organisation whose copy was current last
	touch  *lru.Cache[string, []string] // record → what commands on it were seen to need
	secret atomic.Pointer[[]byte]       // opening of the consortium's token key, once read
}

func newOpenings(l ledger.Ledger) *openings {
	homes, _ := lru.New[string, string](1 << 16) // only a size below 1 is an error
	touch, _ := lru.New[string, []string](1 << 16)
	return &openings{ledger: l, homes: homes, touch: touch}
}

var (
	recordID = regexp.MustCompile(`"[A-Z]{3}-[0-9A-Za-z_-]{26,43}"`)
	subject  = regexp.MustCompile(`"subject":"([^"]*)"`)
)

// maxNamed bounds the records that arguments can have fetched: the collateral of a financing and its order.
const maxNamed = financing.MaxCollateral + 2

// subjectOf reads the subject out of a command. It is only a hint of what to fetch, so it is not worth
// the full reading of the command, which the contract does.
func subjectOf(c Signed) string {
	_, rest, _ := strings.Cut(c.JWS, ".")
	payload, _, _ := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return ""
	}
	if m := subject.FindSubmatch(raw); m != nil {
		return string(m[1])
	}
	return ""
}

// touched lists the records whose terms the command will be decided on, as far as can be told: its
// subject, what its arguments name, and what commands on those were seen to need before.
func (o *openings) touched(c Signed) []string {
	ids := append([]string{subjectOf(c)}, c.Touches...)
	for _, m := range recordID.FindAll(c.Opening, maxNamed) {
		ids = append(ids, string(m[1:len(m)-1]))
	}
	for _, id := range slices.Clone(ids) {
		if more, ok := o.touch.Get(id); ok {
			ids = append(ids, more...)
		}
	}
	return ids
}

// learn notes that a command on its subject needed the record.
func (o *openings) learn(c Signed, record string) {
	id := subjectOf(c)
	known, _ := o.touch.Get(id)
	if id != record && !slices.Contains(known, record) {
		o.touch.Add(id, append(slices.Clone(known), record))
	}
}

// tokenKey returns the opening of the consortium's token key, nil while the ledger is not founded or no collection of
// this gateway holds it.
func (o *openings) tokenKey(ctx context.Context) ([]byte, error) {
	if known := o.secret.Load(); known != nil {
		return *known, nil
	}
	values, err := o.ledger.Get(ctx, contract.CharterKey())
	if err != nil || values[0] == nil {
		return nil, err
	}
	var charter contract.Charter
	if err := canon.Strict(values[0], &charter); err != nil {
		return nil, fmt.Errorf("charter: %w", err)
	}
	found := map[string][]byte{}
	if err := o.collect(ctx, map[string]evidence.Commitment{contract.TokenSecretKey: charter.TokenKey}, found); err != nil {
		return nil, err
	}
	if raw, ok := found[contract.TokenSecretKey]; ok {
		o.secret.Store(&raw)
		return raw, nil
	}
	return nil, nil
}

// Terms returns the current openings of those records that exist and that this gateway may open, by record.
func (s *Submitter) Terms(ctx context.Context, ids ...string) (map[string][]byte, error) {
	return s.openings.fetch(ctx, slices.Clone(ids))
}

// fetch returns the current openings of those records that exist and that this gateway may open.
func (o *openings) fetch(ctx context.Context, ids []string) (map[string][]byte, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = contract.RecordKey(id)
	}
	headers, err := o.ledger.Get(ctx, keys...)
	if err != nil {
		return nil, fmt.Errorf("read headers: %w", err)
	}
	wanted := map[string]evidence.Commitment{}
	for i, raw := range headers {
		var h contract.Header
		if raw == nil {
			continue
		}
		if err := canon.Strict(raw, &h); err != nil {
			return nil, fmt.Errorf("header of %s: %w", ids[i], err)
		}
		wanted[ids[i]] = h.Terms
	}
	found := map[string][]byte{}
	return found, o.collect(ctx, wanted, found)
}

func (o *openings) collect(ctx context.Context, wanted map[string]evidence.Commitment, found map[string][]byte) error {
	byHome := map[string][]string{}
	for id := range wanted {
		if home, ok := o.homes.Get(id); ok {
			byHome[home] = append(byHome[home], id)
		}
	}
	for _, org := range o.ledger.Orgs() {
		if err := o.read(ctx, org, byHome[org], wanted, found); err != nil {
			return err
		}
	}
	for _, org := range o.ledger.Orgs() {
		if err := o.read(ctx, org, slices.Collect(maps.Keys(lacking(wanted, found))), wanted, found); err != nil {
			return err
		}
	}
	return o.copy(ctx, lacking(wanted, found), found)
}

// lacking is what is wanted and not found.
func lacking(wanted map[string]evidence.Commitment, found map[string][]byte) map[string]evidence.Commitment {
	rest := map[string]evidence.Commitment{}
	for id, c := range wanted {
		if _, ok := found[id]; !ok {
			rest[id] = c
		}
	}
	return rest
}

// copy gets what should have come to this gateway's collections and did not.
func (o *openings) copy(ctx context.Context, wanted map[string]evidence.Commitment, found map[string][]byte) error {
	if len(wanted) == 0 {
		return nil
	}
	copies, err := o.ledger.Copies(ctx, wanted)
	if err != nil {
		return fmt.Errorf("ask for copies of terms: %w", err)
	}
	for id, raw := range copies {
		if evidence.Commit(raw) == wanted[id] {
			found[id] = raw
		}
	}
	return nil
}

// read adds those copies of one collection that match the public commitments.
func (o *openings) read(ctx context.Context, org string, ids []string, wanted map[string]evidence.Commitment, found map[string][]byte) error {
	if len(ids) == 0 {
		return nil
	}
	values, err := o.ledger.Private(ctx, org, ids...)
	if err != nil {
		return fmt.Errorf("read terms: %w", err)
	}
	for i, raw := range values {
		if raw != nil && evidence.Commit(raw) == wanted[ids[i]] {
			found[ids[i]] = raw
			o.homes.Add(ids[i], org)
		}
	}
	return nil
}

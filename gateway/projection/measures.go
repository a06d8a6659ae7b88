package projection

import (
	"context"
	"fmt"
	"strings"

	"decore/chaincode/calendar"
	"decore/chaincode/canon"
	"decore/chaincode/contract"
	"decore/chaincode/evidence"
	"decore/chaincode/subsidy"
)

// SubsidyPolicyOn returns the version of a subsidy policy that governs on a day, or the first one, with false, for a day before
// them all. ErrNotFound when there is none.
func (s *Store) SubsidyPolicyOn(ctx context.Context, id string, day calendar.Date) (subsidy.Policy, bool, error) {
	newest, err := s.SubsidyPolicy(ctx, id, 0)
	if err != nil {
		return newest, false, err
	}
	return subsidy.Governing(newest.Version, s.versions(ctx, id), day)
}

// JudgingPolicy returns the version that judges a loan applied for on a day; see subsidy.Judging.
func (s *Store) JudgingPolicy(ctx context.Context, id string, l subsidy.Loan, application calendar.Date) (subsidy.Policy, error) {
	newest, err := s.SubsidyPolicy(ctx, id, 0)
	if err != nil {
		return newest, err
	}
	return subsidy.Judging(newest.Version, s.versions(ctx, id), l, application)
}

func (s *Store) versions(ctx context.Context, id string) func(int) (subsidy.Policy, error) {
	return func(version int) (subsidy.Policy, error) { return s.SubsidyPolicy(ctx, id, version) }
}

// MeasureVersion is one version of a measure, with the digest by which its signer names it.
type MeasureVersion struct {
	Measure subsidy.Measure
	Digest  evidence.Commitment
}

// Measure returns a version of a measure; version 0 is its draft, or else its last published one. ErrNotFound when there is none.
func (s *Store) Measure(ctx context.Context, id string, version int) (MeasureVersion, error) {
	if version == 0 && !strings.Contains(id, "/") {
		head, err := fact[contract.MeasureHead](ctx, s, contract.MeasureKey(id))
		if err != nil {
			return MeasureVersion{}, err
		}
		version = max(orZero(head).Drafted, orZero(head).Published)
	}
	m, err := fact[subsidy.Measure](ctx, s, contract.MeasureVersionKey(id, version))
	if _, err := must(m, err, fmt.Sprintf("measure %s version %d", id, version)); err != nil {
		return MeasureVersion{}, err
	}
	return measureVersion(*m)
}

func measureVersion(m subsidy.Measure) (MeasureVersion, error) {
	raw, err := canon.Marshal(m)
	return MeasureVersion{Measure: m, Digest: evidence.Commit(raw)}, err
}

// Measures lists every version of every measure, the versions of one in order.
func (s *Store) Measures(ctx context.Context) ([]MeasureVersion, error) {
	all := []MeasureVersion{}
	err := s.scanFacts(ctx, contract.MeasureKey(""), "", func(key string, raw []byte) (bool, error) {
		if !strings.Contains(key, "/") {
			return true, nil // where a measure stands
		}
		m, err := decoded[subsidy.Measure](key, raw)
		if err != nil {
			return false, err
		}
		v, err := measureVersion(*m)
		all = append(all, v)
		return true, err
	})
	return all, err
}

package bench

import (
	"bytes"
	"context"
	"fmt"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// figures are what a program's /metrics tells.
type figures map[string]*dto.MetricFamily

func (c client) figures(ctx context.Context) (figures, error) {
	var text []byte
	if err := c.get(ctx, "/metrics", &text); err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("metrics of %s: %w", c.base, err)
	}
	return families, nil
}

// count sums up a counter over those of its series that have the labels.
func (f figures) count(name string, labels map[string]string) float64 {
	var sum float64
	for _, m := range f[name].GetMetric() {
		if has(m, labels) {
			sum += m.GetCounter().GetValue()
		}
	}
	return sum
}

func has(m *dto.Metric, labels map[string]string) bool {
	found := 0
	for _, l := range m.GetLabel() {
		if want, asked := labels[l.GetName()]; asked && want == l.GetValue() {
			found++
		}
	}
	return found == len(labels)
}

// since is the quantile of a histogram over what was added to it after an earlier look, in milliseconds. It lies
// somewhere in a bucket, and is taken as if the bucket were filled evenly.
func (f figures) since(before figures, name string, q float64) float64 {
	now, then := buckets(f, name), buckets(before, name)
	if len(now) == 0 {
		return 0
	}
	was := func(i int) float64 {
		if len(then) == len(now) {
			return float64(then[i].GetCumulativeCount())
		}
		return 0
	}
	last := len(now) - 1
	rank := q * (float64(now[last].GetCumulativeCount()) - was(last))
	var from, below float64
	for i, b := range now {
		count := float64(b.GetCumulativeCount()) - was(i)
		if count >= rank && count > below {
			return 1000 * (from + (b.GetUpperBound()-from)*(rank-below)/(count-below))
		}
		from, below = b.GetUpperBound(), count
	}
	return 1000 * from
}

func buckets(f figures, name string) []*dto.Bucket {
	metrics := f[name].GetMetric()
	if len(metrics) == 0 {
		return nil
	}
	return metrics[0].GetHistogram().GetBucket()
}

package api

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what /metrics tells. Nothing in them names a party or a record.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	batch    prometheus.Histogram
	commit   prometheus.Histogram
	delay    prometheus.Histogram
}

// delays are finer where the read model should be.
var delays = []float64{.001, .0025, .005, .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2}

var latencies = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15}

func newMetrics(registry *prometheus.Registry, a *API) *metrics {
	m := &metrics{
		registry: registry,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "decore_http_requests_total", Help: "Requests answered."}, []string{"method", "route", "status"}),
		seconds:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "decore_http_request_seconds", Help: "Time to answer a request.", Buckets: latencies}, []string{"route"}),
		batch:    prometheus.NewHistogram(prometheus.HistogramOpts{Name: "decore_submission_commands", Help: "Commands of one submission.", Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200}}),
		commit:   prometheus.NewHistogram(prometheus.HistogramOpts{Name: "decore_commit_seconds", Help: "Time from submission to a durable answer.", Buckets: latencies}),
		delay:    prometheus.NewHistogram(prometheus.HistogramOpts{Name: "decore_projection_delay_seconds", Help: "Time from the answer of the ledger until the read model has the commit.", Buckets: delays}),
	}
	registry.MustRegister(m.requests, m.seconds, m.batch, m.commit, m.delay,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "decore_http_in_flight", Help: "Requests being worked on."}, func() float64 { return float64(len(a.gate.turns)) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "decore_http_waiting", Help: "Requests waiting for their turn."}, func() float64 { return float64(a.gate.waiting.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "decore_projection_lag_blocks", Help: "Blocks that the read model is behind the ledger; -1 when it cannot be told."}, a.lagBlocks))
	return m
}

func (a *API) lagBlocks() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	blocks, _, err := a.store.Lag(ctx, a.ledger)
	if err != nil {
		return -1
	}
	return float64(blocks)
}

func (m *metrics) request(e *exchange, method string, status int) {
	route := e.route
	if route == "" {
		route = "none" // never the path as sent, which anyone can make endless
	}
	m.requests.WithLabelValues(known(method), route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(time.Since(e.start).Seconds())
}

// known keeps invented methods from making labels.
func known(method string) string {
	switch method {
	case "GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE":
		return method
	}
	return "other"
}

func (m *metrics) committed(commands int, took time.Duration) {
	m.batch.Observe(float64(commands))
	m.commit.Observe(took.Seconds())
}

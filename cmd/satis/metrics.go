// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
)

// metrics are numbers for those who run the server. No label names an organisation or a
// person: routes are patterns, pools are database roles.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

func newMetrics(db *postgres.DB, plugins *pluginhost.Host) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "satis_http_request_duration_seconds", Help: "Time to answer a request.",
		Buckets: []float64{.002, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"method", "route", "status"})}
	m.registry.MustRegister(m.requests, poolNumbers{db}, pluginNumbers{plugins},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// handler answers /metrics, and nothing else.
func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// observe measures a request. The pattern of its route is known once it was answered.
func (m *metrics) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			route := chi.RouteContext(r.Context()).RoutePattern()
			if route == "" {
				route = "unmatched"
			}
			m.requests.WithLabelValues(method(r.Method), route, strconv.Itoa(max(seen.Status(), http.StatusOK))).Observe(time.Since(start).Seconds())
		}()
		next.ServeHTTP(seen, r)
	})
}

// method keeps invented methods from making a series each.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return m
	}
	return "OTHER"
}

var (
	poolOpen  = prometheus.NewDesc("satis_db_connections", "Database connections by pool and state.", []string{"pool", "state"}, nil)
	poolWaits = prometheus.NewDesc("satis_db_waits_total", "Requests that waited for a connection.", []string{"pool"}, nil)
	poolTime  = prometheus.NewDesc("satis_db_wait_seconds_total", "Time spent waiting for a connection.", []string{"pool"}, nil)
)

// poolNumbers reads the pools when asked.
type poolNumbers struct{ db *postgres.DB }

func (p poolNumbers) Describe(out chan<- *prometheus.Desc) {
	out <- poolOpen
	out <- poolWaits
	out <- poolTime
}

func (p poolNumbers) Collect(out chan<- prometheus.Metric) {
	for pool, s := range p.db.Stats() {
		out <- prometheus.MustNewConstMetric(poolOpen, prometheus.GaugeValue, float64(s.InUse), pool, "in_use")
		out <- prometheus.MustNewConstMetric(poolOpen, prometheus.GaugeValue, float64(s.Idle), pool, "idle")
		out <- prometheus.MustNewConstMetric(poolWaits, prometheus.CounterValue, float64(s.WaitCount), pool)
		out <- prometheus.MustNewConstMetric(poolTime, prometheus.CounterValue, s.WaitDuration.Seconds(), pool)
	}
}

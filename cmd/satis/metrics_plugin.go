// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/satis-toscana/satis/core/pluginhost"
)

// The numbers of plugins are those of all organisations together: no label tells one. Two
// packs of one id and version are told apart by their hash.
func pluginDesc(name, help string, more ...string) *prometheus.Desc {
	return prometheus.NewDesc("satis_plugin_"+name, help, append([]string{"plugin", "version", "version_sha256"}, more...), nil)
}

var (
	pluginUp       = pluginDesc("state", "1 for the state a plugin is in.", "state")
	pluginLive     = pluginDesc("processes", "Processes that run.")
	pluginInFlight = pluginDesc("calls_in_flight", "Calls under way.")
	pluginStarts   = pluginDesc("starts_total", "Processes that were started.")
	pluginAnswers  = pluginDesc("answers_total", "Calls that were answered.")
	pluginBusy     = pluginDesc("answer_seconds_total", "Time of the calls that were answered.")
	pluginEvicted  = pluginDesc("evictions_total", "Processes ended to make place for another.")
	pluginIdle     = pluginDesc("idle_stops_total", "Processes ended for lack of use.")
	pluginFailures = pluginDesc("failures_total", "Failures by class.", "class")
)

// pluginNumbers reads the plugins' states and counters when asked.
type pluginNumbers struct{ host *pluginhost.Host }

func (p pluginNumbers) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{pluginUp, pluginLive, pluginInFlight, pluginStarts, pluginAnswers, pluginBusy, pluginEvicted, pluginIdle, pluginFailures} {
		out <- d
	}
}

func (p pluginNumbers) Collect(out chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, r pluginhost.Ref, more ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, v, append([]string{r.ID, r.Version, r.SHA256}, more...)...)
	}
	// Two files of the folder that cannot be read may bear one name: a series is told once.
	told := map[pluginhost.Ref]bool{}
	for _, i := range p.host.Plugins() {
		if told[i.Ref] {
			continue
		}
		told[i.Ref] = true
		tell(pluginUp, prometheus.GaugeValue, 1, i.Ref, string(i.State))
	}
	for _, s := range p.host.Stats() {
		if !told[s.Ref] {
			continue
		}
		delete(told, s.Ref)
		tell(pluginLive, prometheus.GaugeValue, float64(s.Processes), s.Ref)
		tell(pluginInFlight, prometheus.GaugeValue, float64(s.InFlight), s.Ref)
		tell(pluginStarts, prometheus.CounterValue, float64(s.Starts), s.Ref)
		tell(pluginAnswers, prometheus.CounterValue, float64(s.Answers), s.Ref)
		tell(pluginBusy, prometheus.CounterValue, s.Busy.Seconds(), s.Ref)
		tell(pluginEvicted, prometheus.CounterValue, float64(s.Evictions), s.Ref)
		tell(pluginIdle, prometheus.CounterValue, float64(s.IdleStops), s.Ref)
		for class, n := range s.Failures {
			tell(pluginFailures, prometheus.CounterValue, float64(n), s.Ref, class)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"maps"
	"sync"
	"time"
)

// Stats are the numbers of one plugin since the host began. No tenant is named.
type Stats struct {
	Ref
	// Processes that run, and calls under way, at this moment.
	Processes, InFlight int
	// Starts that went well, processes ended to make place, for lack of use, and calls that were answered.
	Starts, Evictions, IdleStops, Answers int64
	// Failures by class, see Info.LastError.
	Failures map[string]int64
	// Busy is the sum of the durations of answered calls.
	Busy time.Duration
}

// counters count what happens to a plugin.
type counters struct {
	mu sync.Mutex
	s  Stats
}

func (c *counters) change(f func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.s)
}

func (c *counters) started() { c.change(func(s *Stats) { s.Starts++ }) }

func (c *counters) answered(took time.Duration) {
	c.change(func(s *Stats) {
		s.Answers++
		s.Busy += took
	})
}

func (c *counters) failed(class string) {
	c.change(func(s *Stats) {
		if s.Failures == nil {
			s.Failures = map[string]int64{}
		}
		s.Failures[class]++
	})
}

// Stats lists the numbers of every plugin, for metrics.
func (h *Host) Stats() []Stats {
	var out []Stats
	for _, e := range h.all() {
		e.counters.mu.Lock()
		s := e.counters.s
		s.Failures = maps.Clone(s.Failures)
		e.counters.mu.Unlock()
		s.Ref = e.ref()
		for _, slot := range e.allSlots() {
			l := slot.look()
			s.InFlight += l.calls
			if l.pid != 0 {
				s.Processes++
			}
		}
		out = append(out, s)
	}
	return out
}

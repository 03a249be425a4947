// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import "time"

// watch is what the last sweep saw of a process: how much processor time it had used, when.
type watch struct {
	at   time.Time
	used time.Duration
	last time.Time // lastUsed then: unchanged means that nobody called in between
}

// idleShare is how much of the processor a process may use while nobody asks it anything:
// more than this and it does something that nobody asked for.
const idleShare = 0.5

// sweep looks after processes that nobody is calling, until the host closes.
func (h *Host) sweep() {
	tick := time.NewTicker(h.cfg.SweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		for _, e := range h.all() {
			for _, s := range e.allSlots() {
				h.tend(e, s)
			}
		}
	}
}

func (h *Host) tend(e *entry, s *slot) {
	since, idle := s.idleSince()
	switch {
	case !idle:
		if l := s.look(); l.pid == 0 && time.Since(since) > h.cfg.IdleTimeout && !l.open {
			e.forget(s)
		}
	case s.spinning():
		s.endSpinning()
	case time.Since(since) > h.cfg.IdleTimeout:
		if s.retire() {
			e.counters.change(func(s *Stats) { s.IdleStops++ })
			h.cfg.Logger.Info("plugin stopped: nobody needs it", "plugin", e.id())
		}
	}
}

// spinning compares the processor time with that of the last sweep.
func (s *slot) spinning() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.calls > 0 {
		s.watch = watch{}
		return false
	}
	used, ok := processorTime(s.current.runner.pid())
	now, before := time.Now(), s.watch
	s.watch = watch{at: now, used: used, last: s.lastUsed}
	if !ok || before.at.IsZero() || !before.last.Equal(s.lastUsed) {
		return false
	}
	return float64(used-before.used) > idleShare*float64(now.Sub(before.at))
}

func (s *slot) endSpinning() {
	s.mu.Lock()
	p := s.current
	s.mu.Unlock()
	if p != nil {
		s.failed(p, faultSpin)
		s.discard(p)
	}
}

// evictIdle ends the process that has not been used for longest, and reports whether there
// was one to end.
func (h *Host) evictIdle() bool {
	var oldest *slot
	var since time.Time
	for _, e := range h.all() {
		for _, s := range e.allSlots() {
			if t, idle := s.idleSince(); idle && (oldest == nil || t.Before(since)) {
				oldest, since = s, t
			}
		}
	}
	if oldest == nil || !oldest.retire() {
		return false
	}
	oldest.entry.counters.change(func(s *Stats) { s.Evictions++ })
	return true
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"sync"
	"time"
)

// slot supervises the process of one plugin: at most one, started when a call needs it.
type slot struct {
	host    *Host
	bundle  *bundle
	breaker *breaker
	tail    *tail

	mu          sync.Mutex
	current     *process
	starting    *start
	quarantined bool
	lastError   string
}

// start is a start under way, awaited by every call that came meanwhile.
type start struct {
	done chan struct{}
	p    *process
	err  error
}

func newSlot(h *Host, b *bundle) *slot {
	return &slot{host: h, bundle: b, tail: &tail{}, breaker: &breaker{
		limit: h.cfg.FailureLimit, window: h.cfg.FailureWindow, cooldown: h.cfg.Cooldown, now: h.cfg.Now,
	}}
}

// acquire gives the running process, and starts one where there is none. The start goes on
// when ctx ends: the next call finds it done.
func (s *slot) acquire(ctx context.Context) (*process, error) {
	s.mu.Lock()
	if p := s.current; p != nil {
		if p.alive() {
			s.mu.Unlock()
			return p, nil
		}
		s.current = nil
		s.bury(p)
	}
	st := s.starting
	if st == nil {
		if s.host.ctx.Err() != nil {
			s.mu.Unlock()
			return nil, errHostClosed
		}
		st = &start{done: make(chan struct{})}
		s.starting = st
		s.host.wg.Go(func() { s.run(st) })
	}
	s.mu.Unlock()
	select {
	case <-st.done:
		return st.p, st.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run starts a process, after a pause that grows with the failures of late.
func (s *slot) run(st *start) {
	st.p, st.err = s.startAfterPause()
	s.mu.Lock()
	s.starting = nil
	switch {
	case st.err == nil && s.host.ctx.Err() != nil:
		s.bury(st.p)
		st.p, st.err = nil, errHostClosed
	case st.err == nil:
		s.current = st.p
	case errors.Is(st.err, errDescribe):
		s.quarantined, s.lastError = true, faultDescribe
	case errors.Is(st.err, errHashChanged):
		s.quarantined, s.lastError = true, faultHash
	}
	s.mu.Unlock()
	close(st.done)
}

func (s *slot) startAfterPause() (*process, error) {
	select {
	case <-time.After(s.breaker.pause()):
	case <-s.host.ctx.Done():
		return nil, errHostClosed
	}
	ctx, cancel := context.WithTimeout(s.host.ctx, s.host.cfg.StartTimeout)
	defer cancel()
	began := time.Now()
	p, err := s.host.startProcess(ctx, s.bundle, s.tail)
	if err != nil {
		if s.host.ctx.Err() == nil {
			s.failed(nil, faultStart)
		}
		return nil, err
	}
	s.host.cfg.Logger.Info("plugin started", "plugin", s.id(), "pid", p.runner.pid(), "took", sinceIn(began))
	return p, nil
}

// discard ends a process that is of no use any more. Of several callers the first does it.
func (s *slot) discard(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == p {
		s.current = nil
		s.bury(p)
	}
}

// bury ends a process without keeping anybody waiting but Close.
func (s *slot) bury(p *process) { s.host.wg.Go(p.end) }

// failed counts a failure of a process, once, or of a start (p nil).
func (s *slot) failed(p *process, class string) {
	if p != nil && !p.blamed.CompareAndSwap(false, true) {
		return
	}
	s.note(class)
	log := s.host.cfg.Logger.With("plugin", s.id(), "class", class)
	if s.breaker.fail() {
		log.Warn("plugin circuit opened", "cooldown", s.host.cfg.Cooldown)
		return
	}
	log.Warn("plugin failed")
}

func (s *slot) note(class string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastError = class
}

func (s *slot) quarantine(class string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quarantined, s.lastError = true, class
	s.host.cfg.Logger.Error("plugin quarantined", "plugin", s.id(), "class", class)
}

func (s *slot) isQuarantined() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quarantined
}

func (s *slot) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.current; p != nil {
		s.current = nil
		s.bury(p)
	}
}

func (s *slot) id() string { return s.bundle.manifest.ID }

func (s *slot) info() Info {
	open := s.breaker.open()
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.bundle.manifest
	out := Info{
		ID: m.ID, Version: m.Version, Agency: m.Agency, Kinds: m.Kinds,
		SHA256: s.bundle.image.sha256, State: Stopped, LastError: s.lastError,
	}
	switch {
	case s.quarantined:
		out.State = Quarantined
	case open:
		out.State = CircuitOpen
	case s.current != nil && s.current.alive():
		out.State, out.PID = Ready, s.current.runner.pid()
	case s.starting != nil:
		out.State = Starting
	}
	return out
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/satis-toscana/satis/core/tenant"
)

// slot supervises the process of one plugin for one tenant, or for all where the plugin is
// told nothing personal: at most one, started when a call needs it. Its circuit is its own:
// what one tenant's facts do to a plugin is not felt by another.
type slot struct {
	entry   *entry
	tenant  tenant.ID // "" is all
	breaker *breaker
	places  chan struct{} // one for each call under way

	mu       sync.Mutex
	current  *process
	starting *start
	calls    int // that hold or await the process
	lastUsed time.Time
	watch    watch
}

// start is a start under way, awaited by every call that came meanwhile.
type start struct {
	done   chan struct{}
	ctx    context.Context // ends with the host, and with close
	cancel context.CancelFunc
	p      *process
	err    error
}

// errStopped ends a start that nobody may wait for any more.
var errStopped = errors.New("the start was stopped")

func newSlot(e *entry, t tenant.ID) *slot {
	cfg := e.host.cfg
	return &slot{entry: e, tenant: t, places: make(chan struct{}, cfg.MaxConcurrent), lastUsed: time.Now(), breaker: &breaker{
		limit: cfg.FailureLimit, window: cfg.FailureWindow, cooldown: cfg.Cooldown, now: cfg.Now,
	}}
}

// enter waits for one of the places of calls under way. The caller leaves with leave.
func (s *slot) enter(ctx context.Context) error {
	select {
	case s.places <- struct{}{}: // mostly there is one, and a timer costs more than the rest
	default:
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	return nil
}

// wait is patient for as long as a call may take.
func (s *slot) wait(ctx context.Context) error {
	timer := time.NewTimer(s.entry.callTimeout())
	defer timer.Stop()
	select {
	case s.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errBusy
	}
}

func (s *slot) leave() {
	<-s.places
	s.mu.Lock()
	s.calls--
	s.lastUsed = time.Now()
	idle := s.calls == 0
	s.mu.Unlock()
	if idle {
		s.entry.host.room.nudge()
	}
}

// acquire gives the running process, and starts one where there is none. The start goes on
// when ctx ends: the next call finds it done.
func (s *slot) acquire(ctx context.Context) (*process, error) {
	for {
		// A start may be stopped because of another tenant: those who remain begin anew.
		if p, err := s.acquireOnce(ctx); !errors.Is(err, errStopped) {
			return p, err
		}
	}
}

func (s *slot) acquireOnce(ctx context.Context) (*process, error) {
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
		if err := s.usable(); err != nil {
			s.mu.Unlock()
			return nil, err
		}
		st = &start{done: make(chan struct{})}
		st.ctx, st.cancel = context.WithCancel(s.entry.host.ctx)
		s.starting = st
		s.entry.spawn(func() { s.run(st) })
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
	defer close(st.done)
	defer st.cancel()
	st.p, st.err = s.startAfterPause(st.ctx)
	switch {
	case errors.Is(st.err, errDescribe):
		s.entry.quarantine(faultDescribe)
	case errors.Is(st.err, errHashChanged):
		s.entry.quarantine(faultHash)
	}
	s.mu.Lock()
	s.starting = nil
	if st.err = s.verdict(st); st.err == nil {
		s.current, s.lastUsed, s.watch = st.p, time.Now(), watch{}
	}
	s.mu.Unlock()
	if st.err != nil && st.p != nil { // too late: nobody may use it
		<-s.bury(st.p)
		st.p = nil
	}
}

// verdict is what those who awaited a start are told: nil where its process may be used.
func (s *slot) verdict(st *start) error {
	if err := s.usable(); err != nil {
		return err
	}
	if st.ctx.Err() != nil {
		return errStopped
	}
	return st.err
}

// usable reports why no process may be started for this tenant, or nil.
func (s *slot) usable() error {
	if err := s.entry.usable(); err != nil {
		return err
	}
	if s.entry.gate.shutFor(s.tenant) {
		return errSuspended
	}
	return nil
}

func (s *slot) startAfterPause(parent context.Context) (*process, error) {
	h := s.entry.host
	select {
	case <-time.After(s.breaker.pause()):
	case <-parent.Done():
		return nil, errHostClosed
	}
	ctx, cancel := context.WithTimeout(parent, h.cfg.StartTimeout)
	defer cancel()
	if err := h.room.take(ctx, h.evictIdle); err != nil {
		if parent.Err() == nil {
			s.entry.note(faultBusy)
		}
		return nil, err
	}
	// The time of a start begins anew: waiting for a place was no fault of the plugin.
	ctx, cancel = context.WithTimeout(parent, h.cfg.StartTimeout)
	defer cancel()
	began := time.Now()
	p, err := h.startProcess(ctx, s.entry)
	if err != nil {
		h.room.leave(false)
		if parent.Err() == nil {
			s.failed(nil, startFault(err))
		}
		return nil, err
	}
	s.entry.counters.started()
	h.cfg.Logger.Info("plugin started", "plugin", s.entry.id(), "pid", p.runner.pid(), "jailed", s.entry.jailed, "took", sinceIn(began))
	return p, nil
}

func startFault(err error) string {
	if errors.Is(err, errJail) {
		return faultJail
	}
	return faultStart
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

// bury ends a process without keeping anybody waiting but Close, Suspend and Remove.
func (s *slot) bury(p *process) (done <-chan struct{}) {
	h := s.entry.host
	h.room.expect()
	over := make(chan struct{})
	s.entry.spawn(func() {
		defer close(over)
		p.end()
		h.room.leave(true)
	})
	return over
}

// retire ends the process if nobody uses it, and reports whether it did.
func (s *slot) retire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.calls > 0 {
		return false
	}
	p := s.current
	s.current = nil
	s.bury(p)
	return true
}

// idleSince tells since when a process is there for nothing; ok is false where there is
// none or where it is used.
func (s *slot) idleSince() (t time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastUsed, s.current != nil && s.calls == 0
}

// failed counts a failure of a process, once, or of a start (p nil).
func (s *slot) failed(p *process, class string) {
	if p != nil && !p.blamed.CompareAndSwap(false, true) {
		return
	}
	s.entry.note(class)
	log := s.entry.host.cfg.Logger.With("plugin", s.entry.id(), "class", class)
	if s.breaker.fail() {
		log.Warn("plugin circuit opened", "cooldown", s.entry.host.cfg.Cooldown)
		return
	}
	log.Warn("plugin failed")
}

// close ends the process whoever uses it, or the start of one, and tells when each is over.
func (s *slot) close() (ending []<-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.starting; st != nil {
		st.cancel()
		ending = append(ending, st.done)
	}
	if p := s.current; p != nil {
		s.current = nil
		p.dismissed.Store(true)
		ending = append(ending, s.bury(p))
	}
	return ending
}

// look is the state of a slot at one moment.
type look struct {
	pid, calls     int
	open, starting bool
}

func (s *slot) look() look {
	out := look{open: s.breaker.open()}
	s.mu.Lock()
	defer s.mu.Unlock()
	out.calls, out.starting = s.calls, s.starting != nil
	if s.current != nil && s.current.alive() {
		out.pid = s.current.runner.pid()
	}
	return out
}

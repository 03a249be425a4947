// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/satis-toscana/satis/core/tenant"
)

// entry is one version of one plugin, with a slot for each tenant that uses it.
type entry struct {
	host   *Host
	bundle *bundle
	// jailed tells whether its processes run in the jail.
	jailed   bool
	tail     *tail
	counters *counters
	gate     gate
	// leaving: Remove has begun, nobody finds it any more. removed: nobody may start it any more.
	leaving, removed atomic.Bool
	wg               sync.WaitGroup // starts and endings under way

	mu          sync.Mutex
	slots       map[tenant.ID]*slot
	quarantined bool
	lastError   string
}

var (
	errRemoved     = errors.New("the plugin was removed")
	errQuarantined = errors.New("the plugin is in quarantine")
)

func newEntry(h *Host, b *bundle) *entry {
	e := &entry{host: h, bundle: b, tail: &tail{}, counters: &counters{}, slots: map[tenant.ID]*slot{}}
	if b.fault == "" {
		e.jailed, b.fault = h.confine(b)
	}
	if b.fault != "" {
		e.quarantine(b.fault)
	}
	return e
}

// slotOf chooses the process. A plugin that is told personal facts has one for each tenant,
// so that nothing of one is in the memory of the process that serves another.
func (e *entry) slotOf(t tenant.ID) *slot {
	if !e.bundle.manifest.Personal() {
		t = ""
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.slots[t]
	if s == nil {
		s = newSlot(e, t)
		e.slots[t] = s
	}
	return s
}

func (e *entry) allSlots() []*slot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Values(e.slots))
}

// forget drops the slot of a tenant that has not used the plugin for long.
func (e *entry) forget(s *slot) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil && s.starting == nil && s.calls == 0 && e.slots[s.tenant] == s {
		delete(e.slots, s.tenant)
	}
}

// spawn runs f in the background; Close and Remove wait for it.
func (e *entry) spawn(f func()) {
	e.wg.Add(1)
	e.host.wg.Go(func() {
		defer e.wg.Done()
		f()
	})
}

// usable reports why no process may be started, or nil.
func (e *entry) usable() error {
	switch {
	case e.host.ctx.Err() != nil:
		return errHostClosed
	case e.removed.Load():
		return errRemoved
	case e.isQuarantined():
		return errQuarantined
	}
	return nil
}

func (e *entry) note(class string) {
	e.counters.failed(class)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lastError = class
}

func (e *entry) quarantine(class string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.quarantined, e.lastError = true, class
	e.host.cfg.Logger.Error("plugin quarantined", "plugin", e.id(), "class", class)
}

func (e *entry) isQuarantined() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.quarantined
}

func (e *entry) id() string { return e.bundle.manifest.ID }

func (e *entry) ref() Ref {
	return Ref{ID: e.id(), Version: e.bundle.manifest.Version, SHA256: e.bundle.sha256}
}

// callTimeout is the host's limit, or the plugin's own where that is stricter.
func (e *entry) callTimeout() time.Duration {
	limit := e.host.cfg.CallTimeout
	if ms := e.bundle.manifest.Limits.CallTimeoutMS; ms > 0 {
		limit = min(limit, time.Duration(ms)*time.Millisecond)
	}
	return limit
}

// info sums up the slots: of all tenants, or of one.
func (e *entry) info(slots []*slot) Info {
	m := e.bundle.manifest
	out := Info{
		Ref: e.ref(), ID: m.ID, Version: m.Version, Agency: m.Agency, Kinds: m.Kinds, SHA256: e.bundle.image.sha256,
		State: Stopped, Jailed: e.jailed, Publisher: e.bundle.publisher,
	}
	e.mu.Lock()
	out.LastError = e.lastError
	quarantined := e.quarantined
	e.mu.Unlock()
	var open, starting bool
	shut := e.gate.shutFor("")
	for _, s := range slots {
		l := s.look()
		if l.pid != 0 {
			out.Processes++
			out.PID = l.pid
		}
		open, starting = open || l.open, starting || l.starting
	}
	switch {
	case quarantined:
		out.State = Quarantined
	case shut:
		out.State = Suspended
	case open:
		out.State = CircuitOpen
	case out.PID != 0:
		out.State = Ready
	case starting:
		out.State = Starting
	}
	return out
}

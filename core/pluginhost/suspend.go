// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/satis-toscana/satis/core/tenant"
)

// errSuspended ends calls of tenants for whom a version was suspended.
var errSuspended = errors.New("the version of the plugin was suspended")

// gate knows for whom a version is suspended, and the calls under way.
type gate struct {
	mu      sync.Mutex
	shutAll bool
	shut    map[tenant.ID]bool
	inside  map[*visit]struct{}
	came    bool // a call came since busy was asked
}

// visit is a call under way for a tenant.
type visit struct {
	tenant tenant.ID
	stop   context.CancelCauseFunc
}

// enter lets a call of a tenant in, or says errSuspended. Its context ends with a suspension
// too, whose cause is errSuspended then; the caller leaves in the end.
func (g *gate) enter(ctx context.Context, t tenant.ID) (inside context.Context, leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.isShut(t) {
		return nil, nil, errSuspended
	}
	inside, stop := context.WithCancelCause(ctx)
	v := &visit{t, stop}
	if g.inside == nil {
		g.inside = map[*visit]struct{}{}
	}
	g.inside[v] = struct{}{}
	g.came = true
	return inside, func() {
		g.mu.Lock()
		delete(g.inside, v)
		g.mu.Unlock()
		stop(nil)
	}, nil
}

func (g *gate) isShut(t tenant.ID) bool { return g.shutAll || g.shut[t] }

// shutFor reports whether the version is suspended for a tenant; "" asks about all.
func (g *gate) shutFor(t tenant.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.isShut(t)
}

// busy reports whether a call is under way, or was since it was asked last.
func (g *gate) busy() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	came := g.came
	g.came = false
	return came || len(g.inside) > 0
}

// close suspends, for tenants or for all where none is named, and ends their calls.
func (g *gate) close(tenants []tenant.ID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut == nil {
		g.shut = map[tenant.ID]bool{}
	}
	g.shutAll = g.shutAll || len(tenants) == 0
	for _, t := range tenants {
		g.shut[t] = true
	}
	for v := range g.inside {
		if g.isShut(v.tenant) {
			v.stop(errSuspended)
		}
	}
}

// open takes a suspension back: of tenants, or every one.
func (g *gate) open(tenants []tenant.ID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(tenants) == 0 {
		g.shutAll, g.shut = false, nil
	}
	for _, t := range tenants {
		delete(g.shut, t)
	}
}

// Suspend stops a version at once for some tenants, or for all where none is named. Their
// calls under way, and those that come until Resume, fail with fault.Unavailable
// "plugin_suspended"; the processes are gone when it returns, well within a second. A
// process that others share is ended too: their calls are asked again of a new one.
//
// The host forgets it with Remove and Close: who calls keeps what is suspended. The only
// error is ErrNoSuchPlugin.
func (h *Host) Suspend(r Ref, tenants ...tenant.ID) error {
	p, ok := h.Plugin(r)
	if !ok {
		return ErrNoSuchPlugin
	}
	p.entry.suspend(tenants)
	return nil
}

// Resume takes back what Suspend did, for some tenants or, where none is named, wholly. A
// version that is suspended for all is not resumed for some. The only error is ErrNoSuchPlugin.
func (h *Host) Resume(r Ref, tenants ...tenant.ID) error {
	p, ok := h.Plugin(r)
	if !ok {
		return ErrNoSuchPlugin
	}
	p.entry.gate.open(tenants)
	return nil
}

// EndProcesses ends the processes of a version, of some tenants or of all, without suspending
// it: what they remember is gone when it returns. Calls under way are asked again of new ones.
func (p *Plugin) EndProcesses(tenants ...tenant.ID) { p.entry.endProcesses(tenants) }

// suspend shuts the gate and waits until the processes behind it are gone.
func (e *entry) suspend(tenants []tenant.ID) {
	e.gate.close(tenants)
	e.endProcesses(tenants)
}

func (e *entry) endProcesses(tenants []tenant.ID) {
	var ending []<-chan struct{}
	for _, s := range e.allSlots() {
		if s.tenant == "" || len(tenants) == 0 || slices.Contains(tenants, s.tenant) {
			ending = append(ending, s.close()...)
		}
	}
	for _, done := range ending {
		<-done
	}
}

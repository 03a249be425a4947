// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
)

// Plugin is one version of one plugin, to be asked whichever the folder has active.
type Plugin struct {
	host  *Host
	entry *entry
}

// Plugin finds a version of a plugin; ok is false where it is not there or was removed.
func (h *Host) Plugin(r Ref) (*Plugin, bool) {
	for _, e := range h.all() {
		if e.ref() == r && !e.removed.Load() {
			return &Plugin{h, e}, true
		}
	}
	return nil, false
}

// Info is what is to be known about this version.
func (p *Plugin) Info() Info { return p.entry.info(p.entry.allSlots()) }

var (
	// ErrInstalled says that this version of the plugin is there already.
	ErrInstalled = errors.New("pluginhost: this version is installed already")
	// ErrNoSuchPlugin says that there is no such version.
	ErrNoSuchPlugin = errors.New("pluginhost: no such plugin")
)

// Install takes a verified pack in, beside whatever is there. It can be asked by Plugin at
// once and by nobody otherwise. What is wrong with it shows in the Info: a version in
// quarantine is installed too, to be looked at. ErrInstalled is the only error.
func (h *Host) Install(v *pack.Verified) (Info, error) {
	b := bundleOf(v)
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.ContainsFunc(h.entries, func(e *entry) bool { return e.ref() == Ref{b.manifest.ID, b.manifest.Version} }) {
		b.image.close()
		return Info{}, ErrInstalled
	}
	e := newEntry(h, b)
	h.entries = append(h.entries, e)
	return e.info(nil), nil
}

// Remove takes a version out. Calls under way may end as long as ctx does; then, or at
// once where it has ended, the processes are killed. When it returns they are gone.
// ErrNoSuchPlugin is the only error.
func (h *Host) Remove(ctx context.Context, r Ref) error {
	p, ok := h.Plugin(r)
	if !ok {
		return ErrNoSuchPlugin
	}
	e := p.entry
	e.await(ctx)
	if e.removed.Swap(true) {
		return ErrNoSuchPlugin
	}
	for _, s := range e.allSlots() {
		s.close() // after this no call can start another one: see usable
	}
	e.wg.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries = slices.DeleteFunc(h.entries, func(o *entry) bool { return o == e })
	e.bundle.image.close()
	return nil
}

// await waits until no call is under way, or ctx ends.
func (e *entry) await(ctx context.Context) {
	for {
		busy := slices.ContainsFunc(e.allSlots(), func(s *slot) bool { return s.look().calls > 0 })
		if !busy {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/sdk"
)

// Plugin is one version of one plugin, to be asked whichever the folder has active.
type Plugin struct {
	host  *Host
	entry *entry
}

// Plugin finds a version of a plugin; ok is false where it is not there or was removed.
func (h *Host) Plugin(r Ref) (*Plugin, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if e := h.find(r); e != nil {
		return &Plugin{h, e}, true
	}
	return nil, false
}

// find is nil for what is not there or is about to go.
func (h *Host) find(r Ref) *entry {
	for _, e := range h.entries {
		if e.bundle.sha256 == r.SHA256 && e.ref() == r && !e.leaving.Load() {
			return e
		}
	}
	return nil
}

// Bundle is a usable plugin of the folder.
type Bundle struct {
	Ref      Ref
	Manifest sdk.Manifest
	// Publisher is the id of the key that signed it; "" came with the installation.
	Publisher string
}

// Bundled lists the usable plugins of the folder, by id and version.
func (h *Host) Bundled() []Bundle {
	var out []Bundle
	for _, e := range h.all() {
		if e.bundle.bundled && !e.isQuarantined() {
			out = append(out, Bundle{e.ref(), e.bundle.manifest, e.bundle.publisher})
		}
	}
	slices.SortFunc(out, func(a, b Bundle) int {
		return cmp.Or(strings.Compare(a.Ref.ID, b.Ref.ID), strings.Compare(a.Ref.Version, b.Ref.Version))
	})
	return out
}

// Ref names this version.
func (p *Plugin) Ref() Ref { return p.entry.ref() }

// Manifest is what this version declares.
func (p *Plugin) Manifest() sdk.Manifest { return p.entry.bundle.manifest }

// StderrTail gives the last lines that its processes wrote to their standard error, for the
// operator's own eyes: they are a stranger's text. What identifies by its shape is blotted out.
func (p *Plugin) StderrTail() string { return p.entry.tail.String() }

// Info is what is to be known about this version.
func (p *Plugin) Info() Info { return p.entry.info(p.entry.allSlots()) }

// ErrNoSuchPlugin says that there is no such version.
var ErrNoSuchPlugin = errors.New("pluginhost: no such plugin")

// Install takes a verified pack in, beside whatever is there. It can be asked by Plugin at
// once and by nobody otherwise. What is wrong with it shows in the Info: a version in
// quarantine is installed too, to be looked at. The same content twice is there once and no
// error; who removes it removes it for all.
//
// An error says that the pack cannot be hashed, or that the host is closed.
func (h *Host) Install(v *pack.Verified) (Info, error) {
	if v.SHA256 == "" { // it never was a file
		p, sum := *v.Pack, sha256.New()
		if err := p.Write(sum); err != nil {
			return Info{}, fmt.Errorf("pluginhost: %w", err)
		}
		p.SHA256 = hex.EncodeToString(sum.Sum(nil))
		v = &pack.Verified{Pack: &p, Publisher: v.Publisher}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		return Info{}, fmt.Errorf("pluginhost: %w", errHostClosed)
	}
	if e := h.find(Ref{v.Manifest.ID, v.Manifest.Version, v.SHA256}); e != nil {
		return e.info(e.allSlots()), nil
	}
	e := newEntry(h, bundleOf(v, h.cfg.contracts))
	h.entries = append(h.entries, e)
	return e.info(nil), nil
}

// Remove takes a version out. From then on nobody finds it by Plugin, while calls under way,
// and those of whoever found it a moment before, may end as long as ctx does; then, or at
// once where ctx has ended, it is as with Suspend. When it returns the processes are gone.
// ErrNoSuchPlugin is the only error.
func (h *Host) Remove(ctx context.Context, r Ref) error {
	p, ok := h.Plugin(r)
	if !ok || p.entry.leaving.Swap(true) {
		return ErrNoSuchPlugin
	}
	e := p.entry
	e.await(ctx)
	e.removed.Store(true) // after this no call can start a process: see usable
	e.suspend(nil)
	e.wg.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries = slices.DeleteFunc(h.entries, func(o *entry) bool { return o == e })
	e.bundle.image.close()
	return nil
}

// quiet is for how long nobody may have called before a version counts as left.
const quiet = 100 * time.Millisecond

// await waits until nobody has called for a while, or ctx ends.
func (e *entry) await(ctx context.Context) {
	for since := time.Now(); time.Since(since) < quiet; {
		if e.gate.busy() {
			since = time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

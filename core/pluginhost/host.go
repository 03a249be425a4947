// SPDX-License-Identifier: AGPL-3.0-or-later

// Package pluginhost runs the plugins of partner agencies out of process, and trusts none.
//
// It starts a plugin on demand from a sealed copy of its binary, without the environment
// of the host, sends it the facts that its manifest declares and nothing else, bounds
// every call in time and size, checks every answer, and starts a process that died anew.
// A plugin that fails too often is left alone for a while; the rest of the product goes on.
//
// It is the only package of the core that imports go-plugin. It keeps nothing: who calls
// stores the Decision.
package pluginhost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
)

// Config says where plugins lie and how patient the host is. Zero values take the defaults.
type Config struct {
	// Dir holds <name> (the binary) and <name>.yaml (its manifest) for each plugin; "" is no plugin.
	Dir    string
	Logger *slog.Logger
	// StartTimeout bounds a start up to the first healthy answer; default 5 s.
	StartTimeout time.Duration
	// CallTimeout bounds one call; default 3 s. A manifest can ask for less.
	CallTimeout time.Duration
	// MaxMessage bounds a request and an answer in bytes; default and most 4 MiB.
	MaxMessage int
	// FailureLimit failures (default 3) within FailureWindow (default 10 min) open the
	// circuit; after Cooldown (default 30 s) one call is let through to try.
	FailureLimit  int
	FailureWindow time.Duration
	Cooldown      time.Duration
	// Now is the clock of the circuit; default time.Now.
	Now func() time.Time
	// MaxProcesses bounds the processes that live at once, of all plugins and tenants;
	// default 32. The one not used for longest makes place for the next.
	MaxProcesses int
	// MaxConcurrent bounds the calls under way to one process; default 16. More wait.
	MaxConcurrent int
	// IdleTimeout is after how long without a call a process is ended; default 5 min.
	IdleTimeout time.Duration
	// SweepEvery is how often idle processes are looked after; default 5 s.
	SweepEvery time.Duration
	// Publishers are those whose packed plugins in Dir are believed.
	Publishers []pack.Publisher
	// AllowUnjailed runs strangers' plugins where the machine has no jail. It is the
	// operator's own risk; Info.Jailed shows it.
	AllowUnjailed bool
	// NoJail runs everything outside the jail, for measuring what it costs; strangers'
	// plugins need AllowUnjailed then.
	NoJail bool

	contracts map[int]contract // those of contracts(); tests have more
}

func (c Config) withDefaults() Config {
	c.StartTimeout = orElse(c.StartTimeout, 5*time.Second)
	c.CallTimeout = orElse(c.CallTimeout, 3*time.Second)
	c.FailureLimit = orElse(c.FailureLimit, 3)
	c.FailureWindow = orElse(c.FailureWindow, 10*time.Minute)
	c.Cooldown = orElse(c.Cooldown, 30*time.Second)
	c.MaxProcesses = orElse(c.MaxProcesses, 32)
	c.MaxConcurrent = orElse(c.MaxConcurrent, 16)
	c.IdleTimeout = orElse(c.IdleTimeout, 5*time.Minute)
	c.SweepEvery = orElse(c.SweepEvery, 5*time.Second)
	c.MaxMessage = min(orElse(c.MaxMessage, sdk.MaxMessage), sdk.MaxMessage)
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if c.contracts == nil {
		c.contracts = contracts()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func orElse[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// State is how a plugin is at the moment.
type State string

// The states of a plugin.
const (
	Ready       State = "ready"        // a process runs
	Starting    State = "starting"     // a process is being started
	Stopped     State = "stopped"      // no process; the next call starts one
	CircuitOpen State = "circuit_open" // failed too often; left alone for a while
	Quarantined State = "quarantined"  // not to be used: see LastError
	Suspended   State = "suspended"    // see Host.Suspend
)

// Info is what is to be known about a plugin.
type Info struct {
	Ref                 Ref
	ID, Version, Agency string
	Kinds               []sdk.Kind
	// SHA256 is that of the binary, in hex.
	SHA256 string
	State  State
	// LastError is the class of the last failure, a word of this package: never a plugin's own text.
	LastError string
	// PID is a process of it, 0 where none runs.
	PID int
	// Processes are how many run: one for each tenant where facts are personal.
	Processes int
	// Jailed tells whether its processes run in the jail.
	Jailed bool
	// Publisher is the id of the key that signed it, see pack.Publisher; "" came with the installation.
	Publisher string
}

// Ref names one version of one plugin by its content: two packs may bear the same id and
// version and are two plugins all the same.
type Ref struct {
	ID, Version string
	// SHA256 is that of the pack's file, or of the binary where there is no pack; in hex.
	SHA256 string
}

// Host runs the plugins of one folder, and those that were installed since.
type Host struct {
	cfg     Config
	tmp     string   // the folder of sockets
	lock    *os.File // held: see removeOrphans
	spawner *spawner
	room    *room

	mu      sync.RWMutex
	entries []*entry

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // everything in the background

	closing sync.Once
}

// folderPattern names the folders of hosts.
const folderPattern = "satis-*"

// New reads the folder and copies the binaries; it starts nothing. A plugin that cannot be
// used is quarantined and listed; only a folder that cannot be read is an error. Close ends it.
func New(cfg Config) (*Host, error) {
	cfg = cfg.withDefaults()
	bundles, err := load(cfg)
	if err != nil {
		return nil, fmt.Errorf("pluginhost: %w", err)
	}
	if n := removeOrphans(os.TempDir()); n > 0 {
		cfg.Logger.Info("folders of servers that were killed are removed", "folders", n)
	}
	// A short path: a unix socket's may not exceed 107 bytes. Only this user can enter.
	tmp, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		return nil, fmt.Errorf("pluginhost: %w", err)
	}
	lock, err := lockFolder(tmp)
	if err != nil {
		_ = os.RemoveAll(tmp)
		return nil, fmt.Errorf("pluginhost: %w", err)
	}
	h := &Host{
		cfg: cfg, tmp: tmp, lock: lock, spawner: newSpawner(), room: newRoom(cfg.MaxProcesses),
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	for _, b := range bundles {
		h.entries = append(h.entries, newEntry(h, b))
	}
	h.wg.Go(h.sweep)
	return h, nil
}

func (h *Host) all() []*entry {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Clone(h.entries)
}

// Close ends every process and waits until they are gone. Twice is once.
func (h *Host) Close() { h.closing.Do(h.close) }

func (h *Host) close() {
	h.cancel()
	for _, e := range h.all() {
		for _, s := range e.allSlots() {
			s.close()
		}
	}
	h.wg.Wait()
	h.spawner.close()
	for _, e := range h.all() {
		e.bundle.image.close()
	}
	_ = os.RemoveAll(h.tmp)
	_ = h.lock.Close()
}

// Plugins lists the plugins by id and version.
func (h *Host) Plugins() []Info {
	return h.list(func(e *entry) Info { return e.info(e.allSlots()) })
}

// PluginsFor lists the plugins as they are for one tenant: its own processes and circuits.
func (h *Host) PluginsFor(t tenant.ID) []Info {
	return h.list(func(e *entry) Info {
		i := e.info([]*slot{e.slotOf(t)})
		if i.State != Quarantined && e.gate.shutFor(t) {
			i.State = Suspended
		}
		return i
	})
}

func (h *Host) list(info func(*entry) Info) []Info {
	out := []Info{}
	for _, e := range h.all() {
		if !e.leaving.Load() {
			out = append(out, info(e))
		}
	}
	slices.SortFunc(out, func(a, b Info) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Version, b.Version))
	})
	return out
}

// errHostClosed ends what is under way when the host closes.
var errHostClosed = errors.New("host closed")

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

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
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
}

func (c Config) withDefaults() Config {
	c.StartTimeout = orElse(c.StartTimeout, 5*time.Second)
	c.CallTimeout = orElse(c.CallTimeout, 3*time.Second)
	c.FailureLimit = orElse(c.FailureLimit, 3)
	c.FailureWindow = orElse(c.FailureWindow, 10*time.Minute)
	c.Cooldown = orElse(c.Cooldown, 30*time.Second)
	c.MaxMessage = min(orElse(c.MaxMessage, sdk.MaxMessage), sdk.MaxMessage)
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
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
)

// Info is what is to be known about a plugin.
type Info struct {
	ID, Version, Agency string
	Kinds               []sdk.Kind
	// SHA256 is that of the binary, in hex.
	SHA256 string
	State  State
	// LastError is the class of the last failure, a word of this package: never a plugin's own text.
	LastError string
	// PID is the process, 0 where none runs.
	PID int
}

// Subsidy is a subsidy that some plugin decides.
type Subsidy struct {
	Code  string
	Title sdk.Text
	// Facts is the form to render. Evaluate takes its values.
	Facts form.Form
	// Purposes tells why each fact is asked for.
	Purposes                map[string]sdk.Text
	PluginID, PluginVersion string
}

// Host runs the plugins of one folder.
type Host struct {
	cfg     Config
	tmp     string
	slots   []*slot
	byCode  map[string]*slot
	spawner *spawner

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // starts and endings under way
}

// New reads the folder and copies the binaries; it starts nothing. A plugin that cannot be
// used is quarantined and listed; only a folder that cannot be read is an error. Close ends it.
func New(cfg Config) (*Host, error) {
	cfg = cfg.withDefaults()
	bundles, err := load(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("pluginhost: %w", err)
	}
	// A short path: a unix socket's may not exceed 107 bytes. Only this user can enter.
	tmp, err := os.MkdirTemp("", "satis-")
	if err != nil {
		return nil, fmt.Errorf("pluginhost: %w", err)
	}
	h := &Host{cfg: cfg, tmp: tmp, byCode: map[string]*slot{}, spawner: newSpawner()}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	for _, b := range bundles {
		h.add(b)
	}
	return h, nil
}

// add takes a bundle in. The first plugin that declares a subsidy has it.
func (h *Host) add(b *bundle) {
	s := newSlot(h, b)
	for _, sub := range b.manifest.Subsidies {
		if h.byCode[sub.Code] != nil && b.fault == "" {
			b.fault = faultSubsidyTaken
		}
	}
	h.slots = append(h.slots, s)
	if b.fault != "" {
		s.quarantine(b.fault)
		return
	}
	for _, sub := range b.manifest.Subsidies {
		h.byCode[sub.Code] = s
	}
}

// Close ends every process and waits until they are gone.
func (h *Host) Close() {
	h.cancel()
	for _, s := range h.slots {
		s.close()
	}
	h.wg.Wait()
	h.spawner.close()
	for _, s := range h.slots {
		s.bundle.image.close()
	}
	_ = os.RemoveAll(h.tmp)
}

// Plugins lists the plugins by id.
func (h *Host) Plugins() []Info {
	out := make([]Info, 0, len(h.slots))
	for _, s := range h.slots {
		out = append(out, s.info())
	}
	slices.SortFunc(out, func(a, b Info) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Subsidies lists by code what can be asked. It needs no process: the manifests say it.
func (h *Host) Subsidies() []Subsidy {
	var out []Subsidy
	for code := range h.byCode {
		if s, ok := h.Subsidy(code); ok {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Subsidy) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// Subsidy finds a subsidy; ok is false where no usable plugin declares it.
func (h *Host) Subsidy(code string) (Subsidy, bool) {
	s := h.byCode[code]
	if s == nil || s.isQuarantined() {
		return Subsidy{}, false
	}
	m := s.bundle.manifest
	d, ok := m.SubsidyOf(code)
	return Subsidy{
		Code: d.Code, Title: d.Title, Facts: d.Facts, Purposes: d.Purposes, PluginID: m.ID, PluginVersion: m.Version,
	}, ok
}

// StderrTail gives the last lines that the plugin's newest process wrote to its standard
// error, for the operator's own eyes: they are a stranger's text and may hold facts.
// ok is false for an unknown plugin.
func (h *Host) StderrTail(id string) (text string, ok bool) {
	for _, s := range h.slots {
		if s.bundle.manifest.ID == id {
			return s.tail.String(), true
		}
	}
	return "", false
}

// errHostClosed ends what is under way when the host closes.
var errHostClosed = errors.New("host closed")

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/core/web"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// devBench builds the plugin of a folder and keeps the newest build running.
type devBench struct {
	dir, tmp string
	errs     io.Writer

	mu      sync.Mutex
	run     *devRun
	changed chan struct{} // closed when run is another one
	ending  sync.WaitGroup
}

// devRun is one build. Its host lives as long as somebody asks it.
type devRun struct {
	state web.BenchState
	users sync.WaitGroup
}

func newDevBench(dir, tmp string, errs io.Writer) *devBench {
	first := &devRun{state: web.BenchState{Number: time.Now().UnixMilli(), Folder: filepath.Base(dir), Building: true}}
	return &devBench{dir: dir, tmp: tmp, errs: errs, run: first, changed: make(chan struct{})}
}

// Now gives the newest build.
func (b *devBench) Now() (web.BenchState, func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.run.users.Add(1)
	return b.run.state, b.run.users.Done
}

// Newer waits until the newest build is not the one of that number.
func (b *devBench) Newer(ctx context.Context, than int64) int64 {
	for {
		b.mu.Lock()
		number, changed := b.run.state.Number, b.changed
		b.mu.Unlock()
		if number != than {
			return number
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return than
		}
	}
}

// put makes a build the newest. The one before ends when nobody asks it any more.
func (b *devBench) put(state web.BenchState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.run
	// Numbers grow over restarts too: a page of yesterday is renewed.
	state.Number = max(old.state.Number+1, time.Now().UnixMilli())
	b.run = &devRun{state: state}
	close(b.changed)
	b.changed = make(chan struct{})
	if old.state.Host != nil {
		b.ending.Go(func() {
			old.users.Wait()
			old.state.Host.Close()
		})
	}
}

// close ends every process. Nobody may ask any more.
func (b *devBench) close() {
	b.put(web.BenchState{Folder: filepath.Base(b.dir), Building: true})
	b.ending.Wait()
}

// follow builds whenever a file was saved, until ctx ends.
func (b *devBench) follow(ctx context.Context) {
	var built string
	for {
		if now := settled(ctx, b.dir); now != built && ctx.Err() == nil {
			state := b.build(ctx)
			if ctx.Err() != nil {
				if state.Host != nil {
					state.Host.Close()
				}
				return
			}
			built = now
			b.put(state)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(devPoll):
		}
	}
}

// build makes a state of the folder as it is. What is wrong with it is part of the state.
func (b *devBench) build(ctx context.Context) web.BenchState {
	began := time.Now()
	state := web.BenchState{Folder: filepath.Base(b.dir)}
	s, err := openSource(b.dir)
	if err != nil {
		state.Problem = manifestProblem(b.dir, err)
		b.say(ctx, "%v", err)
		return state
	}
	state.Manifest = s.manifest
	var said bytes.Buffer
	if state.Host, err = b.start(ctx, s, &said); err != nil {
		state.Problem = buildProblem(b.dir, cmp.Or(strings.TrimSpace(said.String()), err.Error()))
		b.say(ctx, "%s%v", &said, err)
		return state
	}
	state.Cases, err = sdktest.ReadGolden(os.DirFS(filepath.Join(b.dir, "testdata", "golden")))
	if err != nil {
		state.CasesProblem = err.Error()
	}
	host, cases := state.Host, state.Cases
	state.Conform = func(ctx context.Context) ([]sdktest.Finding, error) { return conformance(ctx, host, cases) }
	state.BuiltAt, state.Took = time.Now(), time.Since(began)
	b.say(ctx, "built %s %s in %v", s.manifest.ID, s.manifest.Version, state.Took.Round(10*time.Millisecond))
	return state
}

func (b *devBench) say(ctx context.Context, format string, args ...any) {
	if ctx.Err() == nil {
		fmt.Fprintf(b.errs, format+"\n", args...)
	}
}

// devFailures keeps the circuit closed: an author wants to see each failure of his own.
const devFailures = 1_000_000

// start builds into a folder of its own and takes the binary in; said is what the compiler said.
func (b *devBench) start(ctx context.Context, s source, said io.Writer) (*pluginhost.Host, error) {
	dir := filepath.Join(b.tmp, strconv.FormatInt(time.Now().UnixNano(), 36))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) // the host holds a sealed copy
	if err := s.build(ctx, streams{err: said}, pack.ThisPlatform(), filepath.Join(dir, s.manifest.ID)); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, s.manifest.ID+".yaml"), s.text, 0o600); err != nil {
		return nil, err
	}
	h, err := pluginhost.New(pluginhost.Config{Dir: dir, Logger: slog.New(slog.DiscardHandler), StartTimeout: 20 * time.Second, FailureLimit: devFailures})
	if err != nil {
		return nil, err
	}
	for _, info := range h.Plugins() {
		if info.State == pluginhost.Quarantined {
			h.Close()
			return nil, fmt.Errorf("SATIS does not take the plugin in: %s", info.LastError)
		}
	}
	return h, nil
}

// conformance runs the kit on the one plugin of a host.
func conformance(ctx context.Context, h *pluginhost.Host, cases []sdktest.Case) ([]sdktest.Finding, error) {
	for _, info := range h.Plugins() {
		if p, ok := h.Plugin(info.Ref); ok {
			return p.Conform(ctx, cases)
		}
	}
	return nil, errors.New("the plugin was not taken in")
}

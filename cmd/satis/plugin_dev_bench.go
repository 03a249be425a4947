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
	// folder holds the binary; "" where there is none.
	folder string
	users  sync.WaitGroup
}

// end waits until nobody asks any more, and ends the processes.
func (r *devRun) end() {
	r.users.Wait()
	if r.state.Host != nil {
		r.state.Host.Close()
	}
	if r.folder != "" {
		os.RemoveAll(r.folder)
	}
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
func (b *devBench) put(run *devRun) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.run
	// Numbers grow over restarts too: a page of yesterday is renewed.
	run.state.Number = max(old.state.Number+1, time.Now().UnixMilli())
	b.run = run
	close(b.changed)
	b.changed = make(chan struct{})
	b.ending.Go(old.end)
}

// close ends every process. Nobody may ask any more.
func (b *devBench) close() {
	b.put(&devRun{state: web.BenchState{Folder: filepath.Base(b.dir), Building: true}})
	b.ending.Wait()
}

// follow builds whenever a file was saved, until ctx ends.
func (b *devBench) follow(ctx context.Context) {
	var built string
	for {
		if now := settled(ctx, b.dir); now != built && ctx.Err() == nil {
			run := b.build(ctx)
			if ctx.Err() != nil {
				run.end()
				return
			}
			built = now
			b.put(run)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(devPoll):
		}
	}
}

// build makes a run of the folder as it is. What is wrong with it is part of its state.
func (b *devBench) build(ctx context.Context) *devRun {
	began := time.Now()
	run := &devRun{state: web.BenchState{Folder: filepath.Base(b.dir)}}
	state := &run.state
	s, err := openSource(b.dir)
	if err != nil {
		state.Problem = manifestProblem(b.dir, err)
		b.say(ctx, "%v", err)
		return run
	}
	state.Manifest = s.manifest
	var said bytes.Buffer
	if err := b.start(ctx, s, run, &said); err != nil {
		state.Problem = buildProblem(b.dir, cmp.Or(strings.TrimSpace(said.String()), err.Error()))
		b.say(ctx, "%s%v", &said, err)
		return run
	}
	state.Cases, err = sdktest.ReadGolden(os.DirFS(filepath.Join(b.dir, "testdata", "golden")))
	if err != nil {
		state.CasesProblem = err.Error()
	}
	host, cases := state.Host, state.Cases
	state.Conform = func(ctx context.Context) ([]sdktest.Finding, error) { return conformance(ctx, host, cases) }
	state.BuiltAt, state.Took = time.Now(), time.Since(began)
	b.say(ctx, "built %s %s in %v", s.manifest.ID, s.manifest.Version, state.Took.Round(10*time.Millisecond))
	return run
}

func (b *devBench) say(ctx context.Context, format string, args ...any) {
	if ctx.Err() == nil {
		fmt.Fprintf(b.errs, format+"\n", args...)
	}
}

// devFailures keeps the circuit closed: an author wants to see each failure of his own.
const devFailures = 1_000_000

// start builds, and takes the binary in from a folder of the run's own; said is what the compiler
// said. It is built in one place, where the compiler finds that there is nothing to do when
// only a golden case was saved, and without what a debugger would need.
func (b *devBench) start(ctx context.Context, s source, run *devRun, said io.Writer) error {
	built := filepath.Join(b.tmp, "built", s.manifest.ID)
	if err := s.build(ctx, streams{out: said, err: said}, pack.ThisPlatform(), built, "-ldflags=-w"); err != nil {
		return err
	}
	binary, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	if run.folder, err = os.MkdirTemp(b.tmp, "run-"); err != nil {
		return err
	}
	place := filepath.Join(run.folder, s.manifest.ID)
	if err := errors.Join(os.WriteFile(place, binary, 0o700), os.WriteFile(place+".yaml", s.text, 0o600)); err != nil {
		return err
	}
	h, err := pluginhost.New(pluginhost.Config{Dir: run.folder, Logger: slog.New(slog.DiscardHandler), StartTimeout: 20 * time.Second, FailureLimit: devFailures})
	if err != nil {
		return err
	}
	run.state.Host = h
	for _, info := range h.Plugins() {
		if info.State == pluginhost.Quarantined {
			return fmt.Errorf("SATIS does not take the plugin in: %s", info.LastError)
		}
	}
	return nil
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

// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
)

// The processes of a version that is suspended end within a second, on the server that did it
// and on every other, and a call under way says why it got no answer.
func TestSuspensionEndsProcesses(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	x.activate(t, "1.0.0", service.Activation{Everywhere: true})
	host2 := newHost(t)
	second := service.New(service.Config{DB: x.DB, Master: x.Master, Plugins: host2})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go second.FollowPolicies(ctx)
	var pids []int
	for _, s := range []*service.Service{x.s, second} {
		if got, err := ask(s, x.As(x.Entity, "operator"), 0); err != nil || got != 5000 {
			t.Fatalf("%d, %v", got, err)
		}
	}
	for _, h := range []*pluginhost.Host{x.host, host2} {
		for _, p := range h.Plugins() {
			pids = append(pids, p.PID)
		}
	}
	if len(pids) != 2 || slices.Contains(pids, 0) {
		t.Fatalf("processes %v, want one on each server", pids)
	}
	under := make(chan error, 1)
	go func() { _, err := ask(second, x.As(x.Entity, "operator"), 600); under <- err }()
	time.Sleep(200 * time.Millisecond)
	if _, err := x.s.SuspendPlugin(x.admin, "aid", "1.0.0", "un allarme"); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Second); ; time.Sleep(5 * time.Millisecond) {
		alive := slices.ContainsFunc(pids, func(pid int) bool {
			_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
			return err == nil
		})
		if !alive {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a process lives on a second after the suspension")
		}
	}
	if err := <-under; codeAt(err) != "plugin_suspended" {
		t.Errorf("the call under way: %v, want plugin_suspended", err)
	}
	if _, err := ask(second, x.As(x.Entity, "operator"), 0); codeAt(err) != "plugin_suspended" {
		t.Errorf("after the suspension: %v", err)
	}
}

// A version that is suspended and taken back in turn is in the end what the last step made
// it, however the requests that load what is in force overtake each other.
func TestSuspendedAndTakenBack(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	x.activate(t, "1.0.0", service.Activation{Everywhere: true})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = ask(x.s, x.As(x.OtherEntity, "operator"), 0)
				}
			}
		})
	}
	defer wg.Wait()
	defer close(stop)
	for n := range 6 {
		if _, err := x.s.SuspendPlugin(x.admin, "aid", "1.0.0", "un allarme"); err != nil {
			t.Fatal(err)
		}
		if _, err := ask(x.s, x.As(x.Entity, "operator"), 0); codeAt(err) != "plugin_suspended" {
			t.Fatalf("round %d: suspended, and yet %v", n, err)
		}
		if _, err := x.s.ResumePlugin(x.admin, "aid", "1.0.0", "falso allarme"); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if _, err := ask(x.s, x.As(x.Entity, "operator"), 0); err != nil {
				t.Fatalf("round %d: taken back, and yet %v", n, err)
			}
		}
	}
}

// Versions are exchanged back and forth while organisations ask: nobody is refused, and nobody
// gets the answer of a version that was replaced before he asked.
func TestUpgradeUnderLoad(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	x.admit(t, "2.0.0", 70)
	x.activate(t, "1.0.0", service.Activation{Everywhere: true})
	second := service.New(service.Config{DB: x.DB, Master: x.Master, Plugins: newHost(t)}) // follows nobody
	want := []int64{5000, 7000}
	// before and after bound which exchange a request can have seen: it began after `done`
	// exchanges had come to their end, and ended before more than `begun` were begun.
	var begun, done atomic.Int64
	var answered atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i, s := range []*service.Service{x.s, second, x.s, second} {
		ctx := x.As([]postgres.Tenant{x.Entity, x.OtherEntity}[i/2], "operator")
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				least := done.Load()
				got, err := ask(s, ctx, 2)
				most := begun.Load()
				if err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
				possible := []int64{want[least%2]}
				if most > least {
					possible = want
				}
				if !slices.Contains(possible, got) {
					t.Errorf("%d after %d exchanges, want one of %v", got, least, possible)
					return
				}
				answered.Add(1)
			}
		})
	}
	for i := range 12 {
		time.Sleep(60 * time.Millisecond)
		begun.Add(1)
		x.activate(t, []string{"2.0.0", "1.0.0"}[i%2], service.Activation{Everywhere: true})
		done.Add(1)
	}
	close(stop)
	wg.Wait()
	t.Logf("%d answers over %d exchanges", answered.Load(), done.Load())
	if answered.Load() < 50 {
		t.Errorf("only %d answers: nothing was shown", answered.Load())
	}
}

// A shadow run tells what a version would have decided, and replaying gives the same bytes
// even when the version is not active any more and the server is another.
func TestShadowAndReplay(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	x.activate(t, "1.0.0", service.Activation{Everywhere: true})
	p := x.Project(t, x.Entity, 1)
	op := x.As(x.Entity, "operator")
	var d casework.Decision
	for _, cost := range []int64{3000, 10000} { // it rests on the last
		var err error
		d, err = x.s.DecideSubsidy(op, service.SubsidyRequest{Subsidy: "aid", Project: p.ID, Facts: map[string]any{"cost": cost}})
		if err != nil || d.PluginVersion != "1.0.0" {
			t.Fatalf("%+v, %v", d, err)
		}
	}
	x.admit(t, "2.0.0", 70)
	got, err := x.s.ShadowPlugin(x.admin, "aid", "2.0.0")
	if err != nil || got.Shadow == nil || got.Shadow.Asked != 0 {
		t.Fatalf("nothing was submitted: %+v, %v", got.Shadow, err)
	}
	// What a submitted project rests on is the lead agency's to see.
	x.Walk(t, p.ID, x.Entity, casework.Submitted)
	if list, err := x.s.Decisions(x.As(x.Lead, "evaluator"), p.ID); err != nil || len(list) != 1 || list[0].ID != d.ID {
		t.Errorf("the evaluator reads %d decisions, %v", len(list), err)
	}
	got, err = x.s.ShadowPlugin(x.admin, "aid", "2.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if sh := got.Shadow; sh.Asked != 1 || sh.Changed != 1 || sh.OldCents != 5000 || sh.NewCents != 7000 || len(sh.Differences) != 1 {
		t.Errorf("shadow: %+v", sh)
	}
	x.activate(t, "2.0.0", service.Activation{Everywhere: true})
	if _, err := x.s.RevokePlugin(x.admin, "aid", "1.0.0", "superata"); err != nil {
		t.Fatal(err)
	}
	later := service.New(service.Config{DB: x.DB, Master: x.Master, Plugins: newHost(t)})
	r, err := later.ReplayDecision(op, d.ID)
	if err != nil || !r.Same || r.Version != "1.0.0" || len(r.Again) == 0 {
		t.Errorf("replay: %+v, %v", r, err)
	}
	if _, err := later.ReplayDecision(x.As(x.OtherEntity, "operator"), d.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's decision was replayed: %v", err)
	}
}

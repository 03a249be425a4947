// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
)

// A version that is suspended for some tenants ends their calls and their processes within a
// second, and nobody else's; resumed, it answers again.
func TestSuspendForSome(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile"), CallTimeout: time.Minute})
	ref := h.Plugins()[0].Ref
	for _, who := range []tenant.ID{someTenant, otherTenant} {
		if _, err := h.Evaluate(t.Context(), who, odd("good")); err != nil {
			t.Fatal(err)
		}
	}
	pid, other := h.PluginsFor(someTenant)[0].PID, h.PluginsFor(otherTenant)[0].PID
	ended := make(chan error, 1)
	go func() {
		_, err := h.Evaluate(context.Background(), someTenant, odd("hang"))
		ended <- err
	}()
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	if err := h.Suspend(ref, someTenant); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; codeOf(err) != "plugin_suspended" {
		t.Errorf("the call under way: %v", err)
	}
	if alive(pid) || time.Since(began) > time.Second {
		t.Errorf("process alive: %t, after %v", alive(pid), time.Since(began))
	}
	t.Logf("suspended in %v", time.Since(began).Round(100*time.Microsecond))
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); codeOf(err) != "plugin_suspended" {
		t.Errorf("the next call: %v", err)
	}
	if _, err := h.Evaluate(t.Context(), otherTenant, odd("good")); err != nil || h.PluginsFor(otherTenant)[0].PID != other {
		t.Errorf("the other tenant: %v", err)
	}
	if a, b := h.PluginsFor(someTenant)[0].State, h.PluginsFor(otherTenant)[0].State; a != Suspended || b != Ready {
		t.Errorf("states %s and %s", a, b)
	}
	if err := h.Resume(ref, someTenant); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Errorf("resumed: %v", err)
	}
	if n := h.Stats()[0].Failures; len(n) != 0 {
		t.Errorf("a suspension counts as a failure: %v", n)
	}
}

// Suspended for all, nothing runs: neither what was asked, nor a start under way, nor the kit.
func TestSuspendForAll(t *testing.T) {
	for _, name := range []string{"hostile", "silent"} {
		h := newHost(t, Config{Dir: folder(t, name), CallTimeout: time.Minute, StartTimeout: time.Minute})
		i := h.Plugins()[0]
		p, _ := h.Plugin(i.Ref)
		ended := make(chan error, 2)
		go func() {
			_, err := p.Evaluate(context.Background(), someTenant, odd("hang"))
			ended <- err
		}()
		go func() {
			ended <- p.withProcess(context.Background(), func(ctx context.Context, _ *process) { <-ctx.Done() })
		}()
		time.Sleep(400 * time.Millisecond)
		began := time.Now()
		if err := h.Suspend(i.Ref); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := <-ended; err != nil && codeOf(err) != "plugin_suspended" && !errors.Is(err, errSuspended) {
				t.Errorf("%s: %v", i.ID, err)
			}
		}
		p.entry.wg.Wait()
		if d := time.Since(began); d > time.Second || children(t) != 0 {
			t.Errorf("%s: %d processes after %v", i.ID, children(t), d)
		}
		if s := p.Info().State; s != Suspended {
			t.Errorf("%s: state %s", i.ID, s)
		}
		if _, err := p.Replay(t.Context(), nil); err == nil {
			t.Errorf("%s: a replay runs", i.ID)
		}
		if err := h.Resume(i.Ref); err != nil || p.Info().State != Stopped {
			t.Errorf("%s: resumed: %v", i.ID, err)
		}
	}
	h := newHost(t, Config{})
	if h.Suspend(Ref{"none", "1.0.0", ""}) != ErrNoSuchPlugin || h.Resume(Ref{"none", "1.0.0", ""}) != ErrNoSuchPlugin {
		t.Error("a plugin that is not there was suspended")
	}
}

// A process that all share is ended for one tenant, and those who stay notice nothing.
func TestSuspendWhereAllShare(t *testing.T) {
	h := otherKinds(t)
	q := sdk.CourseQuery{Catalog: "tuscany"}
	stop := make(chan error)
	go func() {
		var first error
		for {
			if _, err := h.SearchCourses(context.Background(), otherTenant, q); err != nil && first == nil {
				first = err
			}
			select {
			case stop <- first:
				return
			default:
			}
		}
	}()
	ref := h.Plugins()[0].Ref
	for range 5 {
		time.Sleep(100 * time.Millisecond)
		if err := h.Suspend(ref, someTenant); err != nil {
			t.Fatal(err)
		}
		if _, err := h.SearchCourses(t.Context(), someTenant, q); codeOf(err) != "plugin_suspended" {
			t.Errorf("got %v", err)
		}
		if err := h.Resume(ref, someTenant); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-stop; err != nil {
		t.Errorf("the other tenant: %v", err)
	}
}

// What a process remembers ends with it; nothing is suspended, and a call under way is asked again.
func TestEndProcesses(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	p, _ := h.Plugin(h.Plugins()[0].Ref)
	_ = outcome(t, h, someTenant, "remember", "canary")
	pid := pidOf(t, h)
	ended := make(chan error, 1)
	go func() {
		_, err := p.Evaluate(context.Background(), someTenant, odd("slow"))
		ended <- err
	}()
	time.Sleep(100 * time.Millisecond)
	p.EndProcesses(otherTenant)
	if !alive(pid) {
		t.Error("the process of another tenant was ended")
	}
	p.EndProcesses(someTenant)
	if alive(pid) {
		t.Error("it is still there")
	}
	if err := <-ended; err != nil {
		t.Errorf("the call under way: %v", err)
	}
	if got := outcome(t, h, someTenant, "remember", "other"); strings.Contains(got, "canary") {
		t.Errorf("it remembers %q", got)
	}
}

// alive: the process is there and not merely unreaped.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

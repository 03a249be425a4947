// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"strings"
	"testing"
	"time"
)

func TestBreaker(t *testing.T) {
	now := time.Now()
	b := &breaker{limit: 3, window: 10 * time.Minute, cooldown: 30 * time.Second, now: func() time.Time { return now }}
	refused := func() bool { _, ok := b.enter(); return !ok }

	b.fail()
	b.fail()
	now = now.Add(11 * time.Minute)
	if b.fail() || b.open() {
		t.Fatal("failures of long ago count")
	}
	b.fail()
	if !b.fail() || !refused() {
		t.Fatal("three failures in the window must open it")
	}
	now = now.Add(31 * time.Second)
	trial, ok := b.enter()
	if !trial || !ok {
		t.Fatal("after the cooldown one call may try")
	}
	if !refused() {
		t.Fatal("but only one")
	}
	b.leave(trial, false)
	if trial, ok = b.enter(); !trial || !ok {
		t.Fatal("a trial without a verdict leaves the place to the next")
	}
	b.fail()
	b.leave(trial, false)
	if !refused() {
		t.Fatal("a failed trial starts the cooldown anew")
	}
	now = now.Add(31 * time.Second)
	trial, _ = b.enter()
	b.leave(trial, true)
	if b.open() || refused() || b.pause() != 0 {
		t.Fatal("a trial that goes well closes it and forgets")
	}
}

func TestPauseGrowsAndStops(t *testing.T) {
	b := &breaker{limit: 100, window: time.Hour, now: time.Now}
	last := b.pause()
	for range 5 {
		b.fail()
		if p := b.pause(); p <= last {
			t.Fatalf("pause %v after %v", p, last)
		} else {
			last = p
		}
	}
	for range 50 {
		b.fail()
	}
	if b.pause() != last || last > 2*time.Second {
		t.Errorf("pause %v", b.pause())
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var w tail
	for range 3 {
		_, _ = w.Write([]byte(strings.Repeat("a", tailSize/2)))
	}
	_, _ = w.Write([]byte("end"))
	if got := w.String(); len(got) != tailSize || !strings.HasSuffix(got, "aend") {
		t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-4:])
	}
	_, _ = w.Write([]byte(strings.Repeat("b", 3*tailSize)))
	if got := w.String(); got != strings.Repeat("b", tailSize) {
		t.Errorf("%d bytes", len(got))
	}
}

func TestAddressMustLieInTheFolder(t *testing.T) {
	r := &runner{socketDir: t.TempDir()}
	for _, a := range [][2]string{
		{"tcp", "127.0.0.1:5432"}, {"unix", "/run/postgresql/.s.PGSQL.5432"}, {"unix", r.socketDir + "/../x"}, {"unix", r.socketDir + "/none"}, {"unix", "@abstract"},
	} {
		if _, _, err := r.PluginToHost(a[0], a[1]); err == nil {
			t.Errorf("%v was believed", a)
		}
	}
}

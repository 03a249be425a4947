// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

const otherTenant = tenant.ID("7d3a2b90-94b1-4c37-a7f6-5c0f4dcb1a02")

// bystander asks the rent plugin for another tenant without pause, until told to stop. It
// tells how many answers came, and how long the slowest took. Each must come.
func bystander(t *testing.T, h *Host) (stop func() (answers int64, slowest time.Duration)) {
	t.Helper()
	if _, err := h.Evaluate(t.Context(), otherTenant, rent()); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var done atomic.Bool
	var n int64
	var slowest time.Duration
	wg.Go(func() {
		for !done.Load() {
			began := time.Now()
			if _, err := h.Evaluate(t.Context(), otherTenant, rent()); err != nil {
				t.Errorf("the other tenant: %v", err)
				return
			}
			n, slowest = n+1, max(slowest, time.Since(began))
			time.Sleep(2 * time.Millisecond)
		}
	})
	return func() (int64, time.Duration) {
		done.Store(true)
		wg.Wait()
		return n, slowest
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// outcome asks the hostile plugin and gives what it has to tell.
func outcome(t *testing.T, h *Host, who tenant.ID, way, note string) string {
	t.Helper()
	req := odd(way)
	if note != "" {
		req.Facts["note"] = note
	}
	d, err := h.Evaluate(t.Context(), who, req)
	if err != nil {
		t.Fatal(err)
	}
	return d.Answer.Explanation[0].Outcome.IT
}

// In the jail there are no files, no network, no processes, and nobody to signal.
func TestJailHolds(t *testing.T) {
	t.Setenv("SATIS_MASTER_KEY", "swordfish")
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	removeEscape()
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	if !h.Plugins()[0].Jailed {
		t.Fatalf("not jailed: %v", h.JailProblem())
	}
	for _, tried := range []string{outcome(t, h, someTenant, "files", ""), outcome(t, h, someTenant, "network", socket), outcome(t, h, someTenant, "calls", "")} {
		if strings.Contains(tried, "DONE") || strings.Contains(tried, "swordfish") || strings.Contains(tried, "root:") {
			t.Errorf("it got through:\n%s", tried)
		}
		t.Log("\n" + tried)
	}
	if _, err := os.Stat("/tmp/satis-escape"); err == nil {
		t.Error("it wrote a file")
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("child")); codeOf(err) != "plugin_unavailable" {
		t.Errorf("a child: %v", err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pidOf(t, h)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000"} {
		if !strings.Contains(string(status), want) {
			t.Errorf("%s is missing in\n%s", want, status)
		}
	}
}

// removeEscape removes what the plugin writes where it can.
func removeEscape() {
	for _, path := range []string{"/tmp/satis-escape", "/dev/shm/satis-escape", "/satis-escape"} {
		_ = os.Remove(path)
	}
}

// The same plugin outside shows that the test would notice.
func TestOutsideTheJail(t *testing.T) {
	t.Cleanup(removeEscape)
	h := newHost(t, Config{Dir: folder(t, "hostile"), NoJail: true})
	if h.Plugins()[0].Jailed || !strings.Contains(outcome(t, h, someTenant, "files", ""), "DONE") {
		t.Error("outside the jail files can be read")
	}
}

// What one tenant told a plugin is not in the process that another one asks.
func TestTenantsShareNoProcess(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	if got := outcome(t, h, someTenant, "remember", "canary"); !strings.Contains(got, "canary") {
		t.Fatal(got)
	}
	if got := outcome(t, h, otherTenant, "remember", "other"); strings.Contains(got, "canary") {
		t.Errorf("the other tenant is told %q", got)
	}
	if n := h.Plugins()[0].Processes; n != 2 {
		t.Errorf("%d processes, want one for each tenant", n)
	}
	if n := h.PluginsFor(otherTenant)[0].Processes; n != 1 {
		t.Errorf("%d processes of the other tenant", n)
	}
}

// A circuit that one tenant's facts opened is closed for the others.
func TestCircuitOfOneTenant(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile"), CallTimeout: 200 * time.Millisecond})
	for range 3 {
		_, _ = h.Evaluate(t.Context(), someTenant, odd("hang"))
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); codeOf(err) != "plugin_circuit_open" {
		t.Errorf("got %v", err)
	}
	if _, err := h.Evaluate(t.Context(), otherTenant, odd("good")); err != nil {
		t.Errorf("the other tenant: %v", err)
	}
	if a, b := h.PluginsFor(someTenant)[0].State, h.PluginsFor(otherTenant)[0].State; a != CircuitOpen || b != Ready {
		t.Errorf("states %s and %s", a, b)
	}
}

// A process that keeps a core busy while nobody asks it anything is ended.
func TestSpinningWhileIdle(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile"), SweepEvery: 300 * time.Millisecond})
	if _, err := h.Evaluate(t.Context(), someTenant, odd("spin later")); err != nil {
		t.Fatal(err)
	}
	pid := pidOf(t, h)
	began := time.Now()
	gone(t, pid)
	if got := h.Plugins()[0].LastError; got != faultSpin {
		t.Errorf("last error %q", got)
	}
	t.Logf("ended after %v", time.Since(began).Round(time.Millisecond))
}

func TestStderrIsBoundedAndRedacted(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	if _, err := h.Evaluate(t.Context(), someTenant, odd("stderr")); err != nil {
		t.Fatal(err)
	}
	text, _ := h.StderrTail("hostile")
	if len(text) > tailSize || !strings.Contains(text, blot) {
		t.Errorf("%d bytes: %.100q", len(text), text)
	}
	for _, secret := range []string{"RSSMRA80A01H501U", "mario@", "\x1b"} {
		if strings.Contains(text, secret) {
			t.Errorf("the tail holds %q", secret)
		}
	}
}

// A plugin that throws dice is no matter for the host, which stores what was answered; the
// kit, run before a plugin is admitted, finds it, in the jail and over the host's own connection.
func TestKitFindsDiceInTheJail(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	e := h.bySubsidy("odd").entry
	p, err := e.slotOf(someTenant).acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	findings := sdktest.CheckConn(p.conn, e.bundle.manifestJSON, []sdktest.Case{{Name: "dice", Request: odd("dice")}})
	var rules []string
	for _, f := range findings {
		rules = append(rules, f.Rule)
	}
	if !strings.Contains(strings.Join(rules, " "), "determinism") {
		t.Errorf("found %v", findings)
	}
}

// Fifty tenants with two plugins each, in eight places, while processes are killed and exit
// at random: every answer is right or a refusal, and nothing is left.
func TestManyTenantsFewPlaces(t *testing.T) {
	lasts := 3 * time.Second
	if s := os.Getenv("SATIS_SOAK_SECONDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		lasts = time.Duration(n) * time.Second
	}
	goroutines, descriptors := runtime.NumGoroutine(), openFiles(t)
	const places = 8
	h, err := New(Config{Dir: folder(t, "hostile", "rent-subsidy"), MaxProcesses: places, StartTimeout: 20 * time.Second, FailureLimit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	var right, refused, wrong atomic.Int64
	var most atomic.Int64
	until := time.Now().Add(lasts)
	var wg sync.WaitGroup
	for n := range 50 {
		who := tenant.ID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
		wg.Go(func() {
			canary := fmt.Sprintf("canary-%d ", n)
			for i := 0; time.Now().Before(until); i++ {
				way, note := "remember", strings.TrimSpace(canary)
				if i%7 == 6 {
					way = "exit"
				}
				req := odd(way)
				req.Facts["note"] = note
				if d, err := h.Evaluate(t.Context(), who, req); err != nil {
					refused.Add(1)
				} else if strings.Contains(strings.ReplaceAll(d.Answer.Explanation[0].Outcome.IT, note, ""), "canary") {
					wrong.Add(1)
				} else {
					right.Add(1)
				}
				if d, err := h.Evaluate(t.Context(), who, rent()); err != nil {
					refused.Add(1)
				} else if d.Answer.Months != 9 {
					wrong.Add(1)
				} else {
					right.Add(1)
				}
				live := 0
				for _, p := range h.Plugins() {
					live += p.Processes
				}
				most.Store(max(most.Load(), int64(live)))
			}
		})
	}
	wg.Wait()
	h.Close()
	if wrong.Load() > 0 || right.Load() == 0 || most.Load() > places {
		t.Errorf("%d right, %d wrong, %d refused, %d processes at most", right.Load(), wrong.Load(), refused.Load(), most.Load())
	}
	for range 100 { // what ends, ends soon
		if runtime.NumGoroutine() <= goroutines && openFiles(t) <= descriptors {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if n := children(t); n != 0 {
		t.Errorf("%d processes are left", n)
	}
	if n := openFiles(t); n > descriptors {
		t.Errorf("%d descriptors are open, %d were", n, descriptors)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d were", n, goroutines)
	}
	t.Logf("%d right, %d refused, at most %d processes, heap grew by %d KiB", right.Load(), refused.Load(), most.Load(), (heap()-before)>>10)
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// children counts the processes whose parent is this one.
func children(t *testing.T) (n int) {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			continue
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(f) > 1 && f[1] == strconv.Itoa(os.Getpid()) && f[0] != "Z" {
			n++
		}
	}
	return n
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
)

const someTenant = tenant.ID("0b6c1f8e-2f4a-4f0e-9a0c-6a4f6b1d2c3e")

// built is the folder with the two binaries that the tests start.
var built string

// TestMain builds the real rent plugin and the hostile one, and at the end demands that no
// goroutine of the host is left.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PLUGINHOST_TEST_ORPHAN"); dir != "" {
		orphanHost(dir)
		return
	}
	dir, err := os.MkdirTemp("", "plugins-")
	if err != nil {
		panic(err)
	}
	built = dir
	for name, pkg := range map[string]string{"rent-subsidy": "../../plugins/rent-subsidy", "hostile": "./testdata/hostile"} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, name), pkg).CombinedOutput(); err != nil {
			panic(fmt.Sprintf("build %s: %s", pkg, out))
		}
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// folder lays the hostile plugin out under some names, or the real one under its own.
func folder(t testing.TB, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		binary, manifest := "hostile", "testdata/hostile/plugin.yaml"
		if name == "rent-subsidy" {
			binary, manifest = name, "../../plugins/rent-subsidy/plugin.yaml"
		}
		text, err := os.ReadFile(manifest)
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.Replace(text, []byte("id: hostile"), []byte("id: "+name), 1)
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(filepath.Join(built, binary), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// newHost starts a host and closes it with the test.
func newHost(t testing.TB, cfg Config) *Host {
	t.Helper()
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// logTo gives a logger that writes into a buffer.
func logTo(b *syncBuffer) *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// odd asks the hostile plugin to behave in a way.
func odd(way string) sdk.SubsidyRequest {
	return sdk.SubsidyRequest{Subsidy: "odd", AsOf: "2026-11-01", Locale: "it", Facts: map[string]any{"way": way}}
}

// rent is an ordinary request to the real plugin.
func rent() sdk.SubsidyRequest {
	return sdk.SubsidyRequest{Subsidy: "rent", AsOf: "2026-11-01", Locale: "it", Facts: map[string]any{
		"monthly_rent": 480_00, "household_size": 2.0, "minors": 1, "monthly_income": 650_00, "months_already_supported": 3, "months_requested": 12,
	}}
}

func pidOf(t testing.TB, h *Host) int {
	t.Helper()
	for _, p := range h.Plugins() {
		if p.PID != 0 {
			return p.PID
		}
	}
	t.Fatal("no process")
	return 0
}

// gone waits until a process is over; one that nobody reaped counts as over.
func gone(t testing.TB, pid int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for time.Now().Before(deadline) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || bytes.Contains(stat, []byte(") Z ")) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d is still there", pid)
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

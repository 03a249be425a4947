// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/privatepg"
)

// program is the binary the process tests start, with its plugins beside it.
var program string

// TestMain builds the program and the bundled plugin as `make build` lays them out.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "satis-bin-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "satis")
	plugins := filepath.Join(dir, "plugins")
	for out, pkg := range map[string]string{program: ".", filepath.Join(plugins, "rent-subsidy"): "../../plugins/rent-subsidy"} {
		if text, err := exec.Command("go", "build", "-o", out, pkg).CombinedOutput(); err != nil {
			panic(fmt.Sprintf("build %s: %s", pkg, text))
		}
	}
	manifest, err := os.ReadFile("../../plugins/rent-subsidy/plugin.yaml")
	if err == nil {
		err = os.WriteFile(filepath.Join(plugins, "rent-subsidy.yaml"), manifest, 0o644)
	}
	if err != nil {
		panic(err)
	}
	dbtest.Main(m, func() { os.RemoveAll(dir) })
}

// demoFolder is a folder that PostgreSQL's own user can enter, as a private cluster needs
// where the tests run as root.
func demoFolder(t *testing.T) string {
	t.Helper()
	root, err := os.MkdirTemp("", "satis-demo-")
	if err == nil {
		err = os.Chmod(root, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "demo")
	t.Cleanup(func() {
		if err := privatepg.Remove(filepath.Join(dir, "pg")); err != nil {
			t.Error(err)
		}
		os.RemoveAll(root)
	})
	return dir
}

// demoProcess is a running `satis demo`.
type demoProcess struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    *bytes.Buffer
	errs   *bytes.Buffer
	ended  chan struct{}
	dir    string
	file   demoFile
	client *http.Client
}

// startDemo starts a demo on a free port and waits until it is ready.
func startDemo(t *testing.T, dir string, args ...string) *demoProcess {
	t.Helper()
	d := &demoProcess{t: t, out: &bytes.Buffer{}, errs: &bytes.Buffer{}, ended: make(chan struct{}), dir: dir,
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}
	d.cmd = exec.Command(program, append([]string{"demo", "--listen", "127.0.0.1:0", "--data", dir}, args...)...)
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.errs
	// A process that is killed leaves its temporary files: here they go with the folder.
	tmp := filepath.Join(filepath.Dir(dir), "t")
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	d.cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	was, _ := os.Stat(filepath.Join(dir, "demo.json"))
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.cmd.Wait(); close(d.ended) }()
	t.Cleanup(d.kill)
	until(t, 60*time.Second, "the demo to be ready", func() bool {
		select {
		case <-d.ended:
			t.Fatalf("the demo ended: %s", d.errs)
		default:
		}
		now, err := os.Stat(filepath.Join(dir, "demo.json"))
		if err != nil || (was != nil && os.SameFile(was, now)) {
			return false
		}
		d.read()
		return d.status("/readyz") == http.StatusOK
	})
	return d
}

func (d *demoProcess) read() {
	text, err := os.ReadFile(filepath.Join(d.dir, "demo.json"))
	if err != nil {
		d.t.Fatal(err)
	}
	d.file = demoFile{}
	if err := json.Unmarshal(text, &d.file); err != nil {
		d.t.Fatal(err)
	}
}

func (d *demoProcess) status(path string) int {
	r, err := d.client.Get(d.file.URL + path)
	if err != nil {
		return 0
	}
	r.Body.Close()
	return r.StatusCode
}

// terminate ends the demo as an operator would, and tells its exit code.
func (d *demoProcess) terminate() int {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	d.await()
	return d.cmd.ProcessState.ExitCode()
}

func (d *demoProcess) await() {
	d.t.Helper()
	select {
	case <-d.ended:
	case <-time.After(30 * time.Second):
		d.t.Fatal("the demo does not end")
	}
}

// kill ends the process at once, where it still runs.
func (d *demoProcess) kill() {
	select {
	case <-d.ended:
	default:
		d.cmd.Process.Kill()
		<-d.ended
	}
	d.client.CloseIdleConnections()
}

// account finds the nth account with a role.
func (d *demoProcess) account(role string, n int) account {
	d.t.Helper()
	for _, a := range d.file.Accounts {
		if string(a.Roles[0]) == role {
			if n == 0 {
				return a
			}
			n--
		}
	}
	d.t.Fatalf("no account %s", role)
	return account{}
}

// family lists the living processes that a process started, and theirs.
func family(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		id, parent, state := readStat(path)
		if id != 0 && state != "Z" {
			children[parent] = append(children[parent], id)
		}
	}
	var out []int
	for queue := []int{pid}; len(queue) > 0; queue = queue[1:] {
		out = append(out, children[queue[0]]...)
		queue = append(queue, children[queue[0]]...)
	}
	return out
}

// readStat reads a process's id, parent and state; zeros where it is gone.
func readStat(path string) (id, parent int, state string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, ""
	}
	id, _ = strconv.Atoi(filepath.Base(filepath.Dir(path)))
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if len(f) < 2 {
		return 0, 0, ""
	}
	parent, _ = strconv.Atoi(f[1])
	return id, parent, f[0]
}

func alive(pid int) bool {
	id, _, state := readStat(fmt.Sprintf("/proc/%d/stat", pid))
	return id != 0 && state != "Z"
}

// mustEnd waits until all the processes are gone.
func mustEnd(t *testing.T, pids []int) {
	t.Helper()
	until(t, 15*time.Second, "every process to end", func() bool {
		for _, pid := range pids {
			if alive(pid) {
				return false
			}
		}
		return true
	})
}

func until(t *testing.T, patience time.Duration, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(30 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/fault"
)

func TestKilledWhileIdle(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "rent-subsidy")})
	for range 5 { // more than the limit of failures: nobody was harmed, so none is counted
		if _, err := h.Evaluate(t.Context(), someTenant, rent()); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pidOf(t, h), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Evaluate(t.Context(), someTenant, rent()); err != nil {
		t.Errorf("after a kill: %v", err)
	}
}

// A call lost with its process is asked again of a new one.
func TestKilledInMidFlight(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Fatal(err)
	}
	pid := pidOf(t, h)
	time.AfterFunc(100*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	if _, err := h.Evaluate(t.Context(), someTenant, odd("slow")); err != nil {
		t.Errorf("the call that was lost: %v", err)
	}
	if now := pidOf(t, h); now == pid {
		t.Error("still the old process")
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

func TestRuleThatExits(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	if _, err := h.Evaluate(t.Context(), someTenant, odd("exit")); codeOf(err) != "plugin_unavailable" {
		t.Errorf("got %v", err)
	}
	if got := h.Plugins()[0].LastError; got != faultExit {
		t.Errorf("last error %q", got)
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

func TestRuleThatNeverAnswers(t *testing.T) {
	now := time.Now()
	var clock atomic.Int64
	var log syncBuffer
	h := newHost(t, Config{
		Dir: folder(t, "hostile"), CallTimeout: 200 * time.Millisecond, Logger: logTo(&log),
		Now: func() time.Time { return now.Add(time.Duration(clock.Load())) },
	})
	for range 3 {
		began := time.Now()
		_, err := h.Evaluate(t.Context(), someTenant, odd("hang"))
		if codeOf(err) != "plugin_timeout" || time.Since(began) > 4*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); codeOf(err) != "plugin_circuit_open" {
		t.Errorf("got %v, want the circuit open", err)
	}
	if s := h.Plugins()[0].State; s != CircuitOpen {
		t.Errorf("state %s", s)
	}
	if !strings.Contains(log.String(), "circuit opened") {
		t.Error("the log does not say so")
	}
	clock.Store(int64(31 * time.Second))
	if _, err := h.Evaluate(t.Context(), someTenant, odd("hang")); codeOf(err) != "plugin_timeout" {
		t.Errorf("the trial: %v", err)
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); codeOf(err) != "plugin_circuit_open" {
		t.Errorf("after a failed trial: %v", err)
	}
	clock.Store(int64(62 * time.Second))
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Errorf("a trial that goes well: %v", err)
	}
	if s := h.Plugins()[0].State; s != Ready {
		t.Errorf("state %s", s)
	}
}

// stop stops a process and waits until each of its threads stands still.
func stop(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(threads, func(path string) bool {
			b, err := os.ReadFile(path)
			return err == nil && !strings.Contains(string(b), ") T ")
		}) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it does not stop")
}

func TestStoppedProcessIsReplaced(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile"), CallTimeout: 300 * time.Millisecond})
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Fatal(err)
	}
	pid := pidOf(t, h)
	stop(t, pid)
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); codeOf(err) != "plugin_timeout" {
		t.Errorf("got %v", err)
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Errorf("the next call: %v", err)
	}
	gone(t, pid)
}

func TestCallerWhoGoesAway(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Fatal(err)
	}
	pid := pidOf(t, h)
	for _, give := range []func() (context.Context, context.CancelFunc){
		func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 50*time.Millisecond)
		},
		func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel
		},
	} {
		ctx, cancel := give()
		if _, err := h.Evaluate(ctx, someTenant, odd("hang")); codeOf(err) != "plugin_timeout" {
			t.Errorf("got %v", err)
		}
		cancel()
	}
	if got := pidOf(t, h); got != pid {
		t.Error("a process that is well was ended because a caller went away")
	}
}

// What does not become a plugin within the time of a start is ended, and the caller told.
func TestStartsThatFail(t *testing.T) {
	for _, name := range []string{"silent", "early", "babble", "elsewhere", "deaf", "garbage"} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, Config{Dir: folder(t, name), StartTimeout: 500 * time.Millisecond})
			began := time.Now()
			_, err := h.Evaluate(t.Context(), someTenant, odd("good"))
			if !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "Rossi") {
				t.Errorf("got %v", err)
			}
			if d := time.Since(began); d > 3*time.Second {
				t.Errorf("took %v", d)
			}
			if info := h.Plugins()[0]; info.LastError != faultStart || info.PID != 0 {
				t.Errorf("info %+v", info)
			}
		})
	}
}

func TestQuarantine(t *testing.T) {
	dir := folder(t, "hostile")
	path := filepath.Join(dir, "hostile.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), "Nobody to be trusted", "Comune di Viareggio", 1))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	h := newHost(t, Config{Dir: dir})
	for range 2 {
		if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); codeOf(err) != "plugin_unavailable" {
			t.Errorf("got %v", err)
		}
	}
	if info := h.Plugins()[0]; info.State != Quarantined || info.LastError != faultDescribe || info.PID != 0 {
		t.Errorf("info %+v", info)
	}
	if len(h.Subsidies()) != 0 {
		t.Error("its subsidy is still offered")
	}
}

func TestBadFolders(t *testing.T) {
	if _, err := New(Config{Dir: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a folder that is not there must be an error")
	}
	dir := folder(t, "hostile", "deaf") // both declare the subsidy "odd"
	for name, text := range map[string]string{"broken": "id: [", "renamed": "id: other", "future": "id: future"} {
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "hostile")); err != nil {
		t.Fatal(err)
	}
	h := newHost(t, Config{Dir: dir})
	got := map[string]string{}
	for _, p := range h.Plugins() {
		got[p.ID] = p.LastError
	}
	want := map[string]string{"broken": faultManifest, "renamed": faultManifest, "future": faultManifest, "hostile": faultBinary, "deaf": ""}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The bytes that were hashed are the bytes that run, whatever happens to the file.
func TestBinaryReplacedAfterLoading(t *testing.T) {
	dir := folder(t, "hostile")
	text, err := os.ReadFile(filepath.Join(dir, "hostile"))
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, Config{Dir: dir})
	sum := sha256.Sum256(text)
	if got := h.Plugins()[0].SHA256; got != hex.EncodeToString(sum[:]) {
		t.Errorf("hash %s is not that of the file", got)
	}
	if err := os.Remove(filepath.Join(dir, "hostile")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hostile"), []byte("#!/bin/false\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestManyCallersWhileItIsKilled(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "rent-subsidy"), FailureLimit: 1000})
	stop := make(chan struct{})
	var killer, callers sync.WaitGroup
	killer.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(150 * time.Millisecond):
			}
			for _, p := range h.Plugins() {
				if p.PID != 0 {
					_ = syscall.Kill(p.PID, syscall.SIGKILL)
				}
			}
		}
	})
	var answered, refused atomic.Int64
	until := time.Now().Add(1500 * time.Millisecond)
	for range 8 {
		callers.Go(func() {
			for time.Now().Before(until) {
				switch _, err := h.Evaluate(t.Context(), someTenant, rent()); {
				case err == nil:
					answered.Add(1)
				case fault.Is(err, fault.Unavailable):
					refused.Add(1)
				default:
					t.Errorf("got %v", err)
				}
			}
		})
	}
	callers.Wait()
	close(stop)
	killer.Wait()
	if answered.Load() == 0 {
		t.Error("nobody was answered")
	}
	t.Logf("%d answered, %d told to try again", answered.Load(), refused.Load())
	if _, err := h.Evaluate(t.Context(), someTenant, rent()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	h, err := New(Config{Dir: folder(t, "hostile"), NoJail: true}) // in the jail it has no children
	if err != nil {
		t.Fatal(err)
	}
	d, err := h.Evaluate(t.Context(), someTenant, odd("child"))
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(d.Answer.Explanation[0].Outcome.IT)
	if err != nil {
		t.Fatal(err)
	}
	pid := pidOf(t, h)
	h.Close()
	gone(t, pid)
	gone(t, child)
	if _, err := os.Stat(h.tmp); !os.IsNotExist(err) {
		t.Errorf("the folder of sockets is left: %v", err)
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("after Close: %v", err)
	}
}

func TestCloseDuringAStart(t *testing.T) {
	h, err := New(Config{Dir: folder(t, "silent"), StartTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := h.Evaluate(context.Background(), someTenant, odd("good"))
		ended <- err
	}()
	time.Sleep(200 * time.Millisecond)
	began := time.Now()
	h.Close()
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("Close took %v", d)
	}
	if err := <-ended; !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}

// orphanHost is another process that hosts a plugin and tells its pid.
func orphanHost(dir string) {
	h, err := New(Config{Dir: dir})
	if err == nil {
		_, err = h.Evaluate(context.Background(), someTenant, odd("good"))
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(h.Plugins()[0].PID)
	time.Sleep(time.Minute)
}

// The plugin goes with its host even where the host had no time to end it.
func TestNoOrphanAfterKillOfTheHost(t *testing.T) {
	temporary := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "PLUGINHOST_TEST_ORPHAN="+folder(t, "hostile"), "TMPDIR="+temporary)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the host said %q", line)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("no plugin to begin with: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	gone(t, pid)
	removesOrphans(t, temporary)
}

// removesOrphans: the next host removes what the killed one left, and nothing else.
func removesOrphans(t *testing.T, temporary string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(temporary, folderPattern))
	if err != nil || len(left) != 1 {
		t.Fatalf("a killed host leaves %v, %v", left, err)
	}
	t.Setenv("TMPDIR", temporary)
	living := newHost(t, Config{})
	for _, dir := range []string{"satis-pack-1", "satis-open"} {
		if err := os.Mkdir(filepath.Join(temporary, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	open := filepath.Join(temporary, "satis-open") // anybody could have made this one
	if err := errors.Join(os.WriteFile(filepath.Join(open, lockName), nil, 0o600), os.Chmod(open, 0o755)); err != nil {
		t.Fatal(err)
	}
	newHost(t, Config{})
	now, err := filepath.Glob(filepath.Join(temporary, folderPattern))
	if err != nil || len(now) != 4 || slices.Contains(now, left[0]) || !slices.Contains(now, living.tmp) {
		t.Errorf("left were %v, now %v, %v", left, now, err)
	}
}

// The end of a process that nobody asked to end is in the log: which plugin, and how.
func TestDeathIsLogged(t *testing.T) {
	var log syncBuffer
	h := newHost(t, Config{Dir: folder(t, "hostile"), Logger: logTo(&log)})
	_, _ = h.Evaluate(t.Context(), someTenant, odd("exit"))
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Fatal(err)
	}
	h.Close()
	for _, want := range []string{"plugin process died", "plugin=hostile", "version=0.0.1", "class=" + faultExit, `how="exit status 9"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in\n%s", want, log.String())
		}
	}
	if n := strings.Count(log.String(), "died"); n != 2 {
		t.Errorf("%d deaths are told: two processes exited, the third was ended", n)
	}
}

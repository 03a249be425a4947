// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// logLimit is the size in bytes from which a start begins the log anew.
const logLimit = 8 << 20

// postmaster is the running server process.
type postmaster struct {
	pid  int
	done chan struct{} // closed when the process has ended
}

// startPostmaster starts PostgreSQL and waits until it answers. Between choosing a free port
// and using it somebody else may take it: then another one is tried.
func startPostmaster(ctx context.Context, c Config, p *place, bin string, who account) (*postmaster, int, error) {
	var last error
	for range 3 {
		port := c.Port
		if port == 0 {
			var err error
			if port, err = freePort(); err != nil {
				return nil, 0, err
			}
		}
		m, err := launch(c, p, bin, who, port)
		if err != nil {
			return nil, 0, err
		}
		if last = m.awaitReady(ctx, p); last == nil {
			return m, port, nil
		}
		m.stop(10 * time.Second)
		if c.Port != 0 || ctx.Err() != nil || !strings.Contains(last.Error(), "could not create any TCP/IP sockets") {
			break
		}
	}
	return nil, 0, last
}

// freePort asks the kernel for a port that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("privatepg: find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// launch starts the process.
func launch(c Config, p *place, bin string, who account, port int) (*postmaster, error) {
	logFile, err := openLog(p.logPath())
	if err != nil {
		return nil, err
	}
	defer logFile.Close()
	args := []string{"-D", p.dataDir()}
	set := settings(c, port)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		args = append(args, "-c", name+"="+set[name])
	}
	cmd := who.command(context.Background(), p.base, filepath.Join(bin, "postgres"), args...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	// Its own process group: Ctrl-C in the terminal is ours to answer, in our order.
	cmd.SysProcAttr.Setpgid = true
	return run(cmd)
}

func openLog(path string) (*os.File, error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if fi, err := os.Stat(path); err == nil && fi.Size() > logLimit {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("privatepg: log: %w", err)
	}
	return f, nil
}

// run starts cmd such that it ends when this process does. The kernel ties that to the
// thread, not to the process: the thread is kept until the child has ended.
func run(cmd *exec.Cmd) (*postmaster, error) {
	m := &postmaster{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		dieWithParent(cmd.SysProcAttr)
		if err := cmd.Start(); err != nil {
			started <- fmt.Errorf("privatepg: start PostgreSQL: %w", err)
			return
		}
		m.pid = cmd.Process.Pid
		started <- nil
		cmd.Wait() // how it ended is in its log
		close(m.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return m, nil
}

// awaitReady waits until the server has written that it takes connections.
func (m *postmaster) awaitReady(ctx context.Context, p *place) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if st, err := readPidFile(p.dataDir()); err == nil && st.pid == m.pid && st.ready {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("privatepg: PostgreSQL did not start in time (see %s): %w", p.logPath(), ctx.Err())
		case <-m.done:
			out, _ := os.ReadFile(p.logPath())
			return fmt.Errorf("privatepg: PostgreSQL did not start: %s (see %s)", lastFatal(out), p.logPath())
		case <-tick.C:
		}
	}
}

// stop asks for the fast shutdown, then insists.
func (m *postmaster) stop(patience time.Duration) error {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		select {
		case <-m.done: // its pid may be another's by now
			return nil
		default:
		}
		if err := syscall.Kill(m.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("privatepg: stop PostgreSQL: %w", err)
		}
		select {
		case <-m.done:
			return nil
		case <-time.After(patience):
		}
	}
	return errors.New("privatepg: PostgreSQL does not end")
}

// pidFile is what the server notes about itself in its data folder.
type pidFile struct {
	pid   int
	ready bool
}

// readPidFile reads postmaster.pid: the process id stands in its first line, the state in its eighth.
func readPidFile(dataDir string) (pidFile, error) {
	b, err := os.ReadFile(filepath.Join(dataDir, "postmaster.pid"))
	if err != nil {
		return pidFile{}, err
	}
	lines := strings.Split(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return pidFile{}, err
	}
	return pidFile{pid: pid, ready: len(lines) >= 8 && strings.TrimSpace(lines[7]) == "ready"}, nil
}

func lastLine(out []byte) string {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return string(bytes.TrimSpace(lines[len(lines)-1]))
}

// lastFatal finds why the server gave up; the lines after it are of no use.
func lastFatal(log []byte) string {
	for _, line := range slices.Backward(bytes.Split(bytes.TrimSpace(log), []byte("\n"))) {
		if _, why, ok := bytes.Cut(line, []byte("FATAL:")); ok {
			return string(bytes.TrimSpace(why))
		}
	}
	return lastLine(log)
}

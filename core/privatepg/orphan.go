// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endOrphan deals with what a killed process left behind: a server that is still ending is
// waited for and at last stopped; a note about a server that is gone is removed, lest its
// process id, by now another program's, keep PostgreSQL from starting. We hold the lock, so
// that no living owner exists.
func (p *place) endOrphan(ctx context.Context, log *slog.Logger) error {
	st, err := readPidFile(p.dataDir())
	if err != nil {
		return nil // no server, or a note that PostgreSQL itself will judge
	}
	if !p.isServer(st.pid) {
		return p.forget()
	}
	log.Info("waiting for the PostgreSQL of an earlier run to end", "dir", p.dir)
	// On Linux it has been told to end already; elsewhere nobody told it.
	for _, sig := range []syscall.Signal{0, syscall.SIGINT, syscall.SIGQUIT} {
		if err := syscall.Kill(st.pid, sig); errors.Is(err, syscall.ESRCH) {
			return p.forget()
		}
		if p.awaitEnd(ctx, st.pid, 5*time.Second) {
			return p.forget()
		}
	}
	return fmt.Errorf("privatepg: a PostgreSQL of an earlier run does not end (process %d)", st.pid)
}

func (p *place) forget() error {
	err := os.Remove(filepath.Join(p.dataDir(), "postmaster.pid"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("privatepg: %w", err)
	}
	return nil
}

func (p *place) awaitEnd(ctx context.Context, pid int, patience time.Duration) bool {
	deadline := time.Now().Add(patience)
	for p.isServer(pid) {
		if ctx.Err() != nil || time.Now().After(deadline) {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}

// isServer reports whether the process is a PostgreSQL on this very data folder. Process ids
// are used again: a signal must never hit a stranger.
func (p *place) isServer(pid int) bool {
	return strings.Contains(commandLine(pid), "-D "+p.dataDir()+" ")
}

// commandLine tells how a process was called, or "" where it is not there.
func commandLine(pid int) string {
	id := strconv.Itoa(pid)
	if b, err := os.ReadFile("/proc/" + id + "/cmdline"); err == nil {
		return string(bytes.ReplaceAll(b, []byte{0}, []byte{' '}))
	}
	if _, err := os.Stat("/proc/self"); err == nil {
		return ""
	}
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", id).Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// processAttributes puts the process in a group of its own, so that Ctrl-C in the host's
// terminal is not for it, and has the kernel kill it when the host is gone.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limitProcess bounds what the process may take. A limit that cannot be set is no reason
// not to run: it guards against mistakes, the jail against malice.
func limitProcess(pid, memoryMB int) {
	data := uint64(memoryMB) << 20
	for resource, limit := range map[int]uint64{unix.RLIMIT_CORE: 0, unix.RLIMIT_DATA: data, unix.RLIMIT_NOFILE: 256} {
		_ = unix.Prlimit(pid, resource, &unix.Rlimit{Cur: limit, Max: limit}, nil)
	}
}

// killGroupWhenOver waits until the process is over but not yet reaped, so that its number
// still stands for its group, and kills what is left of the group.
func killGroupWhenOver(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	_ = unix.Kill(-pid, unix.SIGKILL)
}

// processorTime is how much of the processor a process has used in its life.
func processorTime(pid int) (time.Duration, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// After the name, which may hold anything, the 12th and 13th are user and system ticks.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	const perTick = 10 * time.Millisecond // the kernel shows a hundred a second everywhere
	return time.Duration(user+system) * perTick, err1 == nil && err2 == nil
}

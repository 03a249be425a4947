// SPDX-License-Identifier: AGPL-3.0-or-later

package jail

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// enter closes the jail around this process and, where run is set, becomes the plugin. Each
// step must succeed: the last thing that can be done is to fail.
func enter(s Spec, run bool) error {
	// What follows is partly per thread, and it is this thread that becomes the plugin.
	runtime.LockOSThread()
	image := fmt.Sprintf("/proc/self/fd/%d", imageFD)
	if run {
		if _, err := unix.FcntlInt(imageFD, unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
			return fmt.Errorf("binary: %w", err)
		}
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"parent", func() error { return dieWithParent(s.Host) }},
		{"priority", lowerPriority},
		{"capabilities", dropCapabilities},
		{"files", func() error { return closeFiles(s) }},
		{"limits", func() error { return setLimits(s.MemoryMB) }},
		{"system calls", filterCalls},
		{"check", func() error { return tryTheDoors(s.Folder) }},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	if !run {
		return nil
	}
	return fmt.Errorf("start: %w", syscall.Exec(image, []string{s.Name}, os.Environ()))
}

// dieWithParent asks the kernel to end this process with the host's, which may be gone already.
func dieWithParent(host int) error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return err
	}
	if os.Getppid() != host {
		return errors.New("the host is gone")
	}
	return nil
}

// lowerPriority lets the product go first, for the processor and where memory runs out.
func lowerPriority() error {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	return unix.Setpriority(unix.PRIO_PROCESS, 0, 5)
}

// dropCapabilities takes care of a host that runs as root: its plugins are root by number only.
func dropCapabilities() error {
	for c := uintptr(0); c <= 63; c++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) { // beyond the last one that the kernel knows
			break
		}
		if err != nil && !errors.Is(err, unix.EPERM) { // EPERM: there are none to drop
			return err
		}
	}
	return nil
}

const (
	socketRights = ll.AccessFSMakeReg | ll.AccessFSMakeSock | ll.AccessFSRemoveFile | ll.AccessFSReadFile | ll.AccessFSWriteFile | ll.AccessFSReadDir
	readRights   = ll.AccessFSReadFile | ll.AccessFSReadDir
)

// closeFiles leaves the one folder, and for a dynamic binary the system's libraries. It sets
// no_new_privs too.
func closeFiles(s Spec) error {
	if v, err := ll.LandlockGetABIVersion(); err != nil || v < 1 {
		return errors.New("the kernel has no Landlock")
	}
	if !filepath.IsAbs(s.Folder) {
		return errors.New("the folder is not absolute")
	}
	rules := []landlock.Rule{landlock.PathAccess(socketRights, s.Folder)}
	if s.Interpreter != "" {
		rules = append(rules,
			landlock.ROFiles(s.Interpreter), landlock.PathAccess(ll.AccessFSReadFile, "/etc/ld.so.cache").IgnoreIfMissing(),
			landlock.PathAccess(readRights, "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib").IgnoreIfMissing())
	}
	return landlock.V11.BestEffort().Restrict(rules...)
}

// setLimits bounds what the kernel counts. RLIMIT_AS is of no use: Go reserves far more
// addresses than it uses.
func setLimits(memoryMB int) error {
	if memoryMB <= 0 {
		return errors.New("no limit of memory was given")
	}
	for _, l := range []struct {
		resource int
		limit    uint64
	}{
		{unix.RLIMIT_CORE, 0}, {unix.RLIMIT_FSIZE, 0}, {unix.RLIMIT_MEMLOCK, 0}, {unix.RLIMIT_MSGQUEUE, 0},
		{unix.RLIMIT_NOFILE, 256}, {unix.RLIMIT_DATA, uint64(memoryMB) << 20},
	} {
		if err := syscall.Setrlimit(l.resource, &syscall.Rlimit{Cur: l.limit, Max: l.limit}); err != nil {
			return fmt.Errorf("resource %s: %w", strconv.Itoa(l.resource), err)
		}
	}
	return nil
}

// tryTheDoors believes nothing: what must be closed is tried from inside.
func tryTheDoors(folder string) error {
	if f, err := os.Open("/"); err == nil {
		_ = f.Close()
		return errors.New("files can still be read")
	}
	if fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0); err == nil {
		_ = unix.Close(fd)
		return errors.New("the network can still be reached")
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("own socket: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: filepath.Join(folder, "none")}); !errors.Is(err, unix.EPERM) {
		return errors.New("other sockets can still be reached")
	}
	return nil
}

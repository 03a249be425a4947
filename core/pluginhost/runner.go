// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	goplugin "github.com/hashicorp/go-plugin/runner"

	"github.com/satis-toscana/satis/core/pluginhost/jail"
)

// pipeGrace is how long output is still read after the process ended. Something it
// started may hold the pipes open; nobody waits for that.
const pipeGrace = 200 * time.Millisecond

// runner is one process, in the shape that go-plugin wants. Unlike go-plugin's own it is
// started from the spawner's thread, waited for whoever reads its pipes, and believed
// only where it says its socket lies in the folder that it was given.
type runner struct {
	cmd            *exec.Cmd
	stdout, stderr *os.File
	spawner        *spawner
	socketDir      string
	memoryMB       int
	name           string
	jailed         bool
	log            *slog.Logger
	exitCode       atomic.Int32
	exited         chan struct{}
	process        atomic.Pointer[os.Process] // nil until started
	doomed         atomic.Bool                // kill was called, perhaps before there was a process
}

var _ goplugin.Runner = (*runner)(nil)

// newRunner takes from spec, which go-plugin filled in, the environment and no more. The
// process starts in the jail where the plugin belongs there.
func newRunner(e *entry, spec *exec.Cmd, socketDir string) (*runner, error) {
	img := e.bundle.image
	cmd := &exec.Cmd{Path: img.path, Args: []string{img.name}, Env: spec.Env, Dir: "/", SysProcAttr: processAttributes()}
	r := &runner{cmd: cmd, spawner: e.host.spawner, socketDir: socketDir, memoryMB: memoryMB(e.bundle), name: img.name, exited: make(chan struct{}),
		log: e.host.cfg.Logger.With("plugin", e.id(), "version", e.bundle.manifest.Version)}
	if !e.jailed {
		return r, nil
	}
	var err error
	cmd.ExtraFiles = []*os.File{img.sealed}
	cmd.Path, cmd.Args, err = jail.Command(jail.Spec{
		Name: img.name, Folder: socketDir, MemoryMB: r.memoryMB, Interpreter: img.interpreter, Host: os.Getpid(),
	})
	r.jailed = true
	return r, err
}

// Start starts the process with nothing on its standard input.
func (r *runner) Start(context.Context) (err error) {
	var outW, errW *os.File
	if r.stdout, outW, err = os.Pipe(); err != nil {
		return err
	}
	if r.stderr, errW, err = os.Pipe(); err != nil {
		_, _ = r.stdout.Close(), outW.Close()
		return err
	}
	r.cmd.Stdout, r.cmd.Stderr = outW, errW
	err = r.spawner.do(r.cmd.Start)
	_, _ = outW.Close(), errW.Close()
	if err != nil {
		_, _ = r.stdout.Close(), r.stderr.Close()
		return err
	}
	r.process.Store(r.cmd.Process)
	if !r.jailed { // the jail's launcher limits itself
		limitProcess(r.pid(), r.memoryMB)
	}
	go r.reap()
	if r.doomed.Load() {
		r.kill()
	}
	return nil
}

// reap waits for the end, takes along what the process started, and lets go of the pipes.
func (r *runner) reap() {
	killGroupWhenOver(r.pid())
	_ = r.cmd.Wait()
	r.exitCode.Store(int32(r.cmd.ProcessState.ExitCode()))
	// That the host ends what is left of a dying process does not count: it did not die of it.
	if status, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !r.doomed.Load() || status.Signal() != syscall.SIGKILL {
		r.log.Warn("plugin process died", "class", faultExit, "pid", r.pid(), "how", r.cmd.ProcessState.String())
	}
	close(r.exited)
	time.AfterFunc(pipeGrace, func() { _, _ = r.stdout.Close(), r.stderr.Close() })
}

// alive reports whether the process has not ended yet.
func (r *runner) alive() bool {
	select {
	case <-r.exited:
		return false
	default:
		return true
	}
}

// kill sends the one signal that nothing can hold off. It does not wait.
func (r *runner) kill() {
	r.doomed.Store(true)
	if p := r.process.Load(); p != nil {
		_ = p.Kill()
	}
}

// Wait waits until the process has ended.
func (r *runner) Wait(context.Context) error {
	<-r.exited
	return nil
}

// Kill kills the process.
func (r *runner) Kill(context.Context) error {
	r.kill()
	return nil
}

// ID is the pid.
func (r *runner) ID() string { return strconv.Itoa(r.pid()) }

func (r *runner) pid() int {
	if p := r.process.Load(); p != nil {
		return p.Pid
	}
	return 0
}

// Stdout carries the handshake.
func (r *runner) Stdout() io.ReadCloser { return r.stdout }

// Stderr carries what the plugin complains about.
func (r *runner) Stderr() io.ReadCloser { return r.stderr }

// Name is the plugin's.
func (r *runner) Name() string { return r.name }

// Diagnose has nothing to add: a plugin's text is not repeated in errors.
func (r *runner) Diagnose(context.Context) string { return "" }

var errAddress = errors.New("the plugin listens somewhere else than it was told")

// PluginToHost refuses every address but a socket in the plugin's own folder: the host
// must not be sent knocking on other doors.
func (r *runner) PluginToHost(network, addr string) (string, string, error) {
	if network != "unix" || filepath.Dir(filepath.Clean(addr)) != filepath.Clean(r.socketDir) {
		return "", "", errAddress
	}
	if st, err := os.Lstat(addr); err != nil || st.Mode().Type() != os.ModeSocket {
		return "", "", errAddress
	}
	return network, addr, nil
}

// HostToPlugin is never needed: the host offers nothing to plugins.
func (r *runner) HostToPlugin(string, string) (string, string, error) { return "", "", errAddress }

// SPDX-License-Identifier: AGPL-3.0-or-later

// Package jail starts a program so that it can compute and answer, and nothing else.
//
// The program of the host executes itself anew as a launcher. The launcher gives up what it
// can for good (memory beyond a limit, every file but those of one folder, every system call
// that is not on a list, its capabilities) and then becomes the plugin. None of it needs
// privileges, a container or a daemon; all of it holds for whatever the plugin does later.
//
// Importing the package is all that a host's program has to do: an init function notices
// that the program was started as a launcher. It stands here, and not in main, so that the
// binaries of tests are launchers as well.
package jail

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// The names under which the program runs as a launcher, and what it is told to do.
const (
	launcherName = "satis-plugin-jail"
	probeName    = "satis-plugin-jail-probe"
)

// ExitFailed is the exit code of a launcher that could not close the jail. Nothing of the
// plugin has run then.
const ExitFailed = 121

// imageFD is the descriptor under which the launcher finds the plugin's binary.
const imageFD = 3

// Spec is what a launcher is told.
type Spec struct {
	// Name is what the plugin sees as its own name.
	Name string `json:"name"`
	// Folder is the only one in which it can make a file, for its socket.
	Folder string `json:"folder"`
	// MemoryMB bounds the data it can allocate, in MiB.
	MemoryMB int `json:"memory_mb"`
	// Interpreter is the dynamic loader that the binary needs, "" for a static one. With it
	// comes the right to read the system's libraries: for trusted plugins only.
	Interpreter string `json:"interpreter,omitempty"`
	// Host is the process that has to be the parent.
	Host int `json:"host"`
}

// Command gives the path and arguments that start a launcher. The caller passes the binary
// as the first extra file.
func Command(s Spec) (path string, args []string, err error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", nil, fmt.Errorf("jail: %w", err)
	}
	return "/proc/self/exe", []string{launcherName, string(text)}, nil
}

// Available tries the jail in a process of its own, once for all callers. The error says
// what the machine lacks.
var Available = sync.OnceValue(available)

const probePatience = 5 * time.Second

func available() error {
	dir, err := os.MkdirTemp("", "satis-probe-")
	if err != nil {
		return fmt.Errorf("jail: %w", err)
	}
	defer os.RemoveAll(dir)
	_, args, err := Command(Spec{Name: "probe", Folder: dir, MemoryMB: 256, Host: os.Getpid()})
	if err != nil {
		return err
	}
	args[0] = probeName
	cmd := exec.Cmd{Path: "/proc/self/exe", Args: args, Env: []string{}, Dir: "/"}
	timer := time.AfterFunc(probePatience, func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill()
		}
	})
	defer timer.Stop()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("jail: not to be had here: %w: %.200s", err, out)
	}
	return nil
}

func init() {
	switch os.Args[0] {
	case launcherName:
		fail(launch(true))
	case probeName:
		fail(launch(false))
		os.Exit(0)
	}
}

// fail ends the launcher where the jail does not close: a plugin never runs outside by accident.
func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "jail:", err)
		os.Exit(ExitFailed)
	}
}

func launch(run bool) error {
	var s Spec
	if len(os.Args) != 2 {
		return fmt.Errorf("a launcher is told one thing")
	}
	if err := json.Unmarshal([]byte(os.Args[1]), &s); err != nil {
		return err
	}
	return enter(s, run)
}

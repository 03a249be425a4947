// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !linux

package pluginhost

import (
	"syscall"
	"time"
)

// Elsewhere the plugin notices by itself that its parent is gone.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func limitProcess(int, int) {}

func killGroupWhenOver(int) {}

func processorTime(int) (time.Duration, bool) { return 0, false }

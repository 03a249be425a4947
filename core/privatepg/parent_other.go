// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build unix && !linux

package privatepg

import "syscall"

// dieWithParent does nothing: this system has no such signal. A server whose parent was
// killed lives on until the next start of its folder ends it.
func dieWithParent(*syscall.SysProcAttr) {}

// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import "syscall"

// dieWithParent has the kernel send the fast shutdown when the starting thread is gone.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

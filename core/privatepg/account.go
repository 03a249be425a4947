// SPDX-License-Identifier: AGPL-3.0-or-later

package privatepg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is who the PostgreSQL programs run as. The zero value is the present user.
type account struct {
	other    bool
	uid, gid int
	name     string
}

// accountFor chooses the account for a process of this user id: itself, or, for root,
// an account without rights.
func accountFor(euid int) (account, error) {
	if euid != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if a, err := lookupAccount(name); err == nil && a.uid != 0 {
			return a, nil
		}
	}
	return account{}, errors.New("privatepg: PostgreSQL cannot run as root, and there is no user postgres or nobody: run as another user")
}

func lookupAccount(name string) (account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return account{}, err
	}
	return account{other: true, uid: uid, gid: gid, name: name}, nil
}

// own gives a file or folder of ours to the account.
func (a account) own(path string) error {
	if !a.other {
		return nil
	}
	if err := os.Lchown(path, a.uid, a.gid); err != nil {
		return fmt.Errorf("privatepg: give folder to %s: %w", a.name, err)
	}
	return nil
}

// command builds a program run by the account. Its environment is small on purpose: PGPORT,
// PGDATA and their like must not steer a private server.
func (a account) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if a.other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return cmd
}

// reaches reports whether the account can work in the folder. A program is started there,
// because mode bits alone do not tell (parents, access lists, mount options).
func (a account) reaches(dir string) bool {
	if !a.other {
		return true
	}
	return a.command(context.Background(), dir, "/bin/sh", "-c", ":").Run() == nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lockName is the file in a host's folder that the host keeps locked as long as it lives.
const lockName = "host.lock"

// lockFolder locks the folder of this host. The file gets its name when it is locked already,
// so that nobody ever sees it free.
func lockFolder(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// removeOrphans removes the folders of hosts that were killed and could not: of this user,
// with a lock that nobody holds. It tells how many there were.
func removeOrphans(parent string) (removed int) {
	dirs, _ := filepath.Glob(filepath.Join(parent, folderPattern))
	for _, dir := range dirs {
		var st unix.Stat_t
		if unix.Lstat(dir, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Geteuid() || st.Mode&0o077 != 0 {
			continue
		}
		if free(filepath.Join(dir, lockName)) && os.RemoveAll(dir) == nil {
			removed++
		}
	}
	return removed
}

// free reports whether a lock is there and nobody holds it.
func free(path string) bool {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
)

// newImage copies the binary into memory, seals the copy and hashes that. What was hashed
// is then what is executed, whoever changes the file in between; processes share its pages.
func newImage(path, name string) (*image, error) {
	src, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if st, err := src.Stat(); err != nil || !st.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	img, err := sealedImage(src, name)
	if errors.Is(err, errNoMemfd) {
		return newImageAt(path, name)
	}
	return img, err
}

var errNoMemfd = errors.New("no sealed memory here")

// sealedImage does it for any source. errNoMemfd says that the kernel has no such thing.
func sealedImage(src io.Reader, name string) (*image, error) {
	fd, err := memfd(name)
	if err != nil {
		return nil, errNoMemfd
	}
	f := os.NewFile(uintptr(fd), name)
	sum, err := fill(f, src)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	// In the child this names the child's own descriptor: the same number, the same file.
	return &image{name: name, sha256: sum, path: fmt.Sprintf("/proc/self/fd/%d", fd), sealed: f, interpreter: pack.Interpreter(f)}, nil
}

func memfd(name string) (int, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_EXEC)
	if errors.Is(err, unix.EINVAL) { // a kernel before 6.3 does not know MFD_EXEC
		fd, err = unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	return fd, err
}

func fill(f *os.File, src io.Reader) (string, error) {
	if _, err := io.Copy(f, src); err != nil {
		return "", err
	}
	const seals = unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return "", err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return hash(f)
}

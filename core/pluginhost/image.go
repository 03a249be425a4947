// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// image is the binary that is started: hashed once, and the same bytes at every start.
type image struct {
	name   string
	sha256 string
	// path is what to execute.
	path string
	// sealed holds the copy that nobody can change any more; nil where the system has no
	// such thing, and then the hash is taken again before each start.
	sealed *os.File
	// interpreter is the dynamic loader that the binary asks for, "" where it needs none.
	interpreter string
}

// verify reports errHashChanged where the bytes could have changed and did.
func (i *image) verify() error {
	if i.sealed != nil {
		return nil
	}
	f, err := os.Open(i.path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum, err := hash(f)
	if err != nil {
		return err
	}
	if sum != i.sha256 {
		return errHashChanged
	}
	return nil
}

func (i *image) close() {
	if i.sealed != nil {
		_ = i.sealed.Close()
	}
}

func hash(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// newImageAt takes the file as it lies there.
func newImageAt(path, name string) (*image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum, err := hash(f)
	return &image{name: name, sha256: sum, path: path}, err
}

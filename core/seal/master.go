// SPDX-License-Identifier: AGPL-3.0-or-later

package seal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrMasterExists is returned by CreateMaster where a file already is: overwriting a master
// key destroys every name in the database.
var ErrMasterExists = errors.New("seal: there is already a master key")

// ErrMasterReadable is returned by LoadMaster for a file that others may read or write.
var ErrMasterReadable = errors.New("seal: the master key's file must be readable by its owner only (chmod 600)")

// Master wraps the tenants' keys. It may be used by several goroutines.
type Master struct{ wrap tink.AEAD }

// CreateMaster makes a master key and writes it to a new file of mode 0600. Losing the file
// loses what it sealed: it belongs into a backup of its own, apart from the database's.
func CreateMaster(path string) (*Master, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: make master key: %w", err)
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&text)); err != nil {
		return nil, fmt.Errorf("seal: make master key: %w", err)
	}
	if err := writeNew(path, append(text.Bytes(), '\n')); err != nil {
		return nil, err
	}
	return newMaster(h)
}

// LoadMaster reads a master key. It returns ErrMasterReadable for a file that is open to
// others, and an error that wraps fs.ErrNotExist where there is none.
func LoadMaster(path string) (*Master, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("seal: master key: %w", err)
	}
	defer f.Close()
	// Asked of the open file, so that it cannot be exchanged in between.
	fi, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("seal: master key: %w", err)
	}
	if !fi.Mode().IsRegular() || fi.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s", ErrMasterReadable, path)
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(f))
	if err != nil {
		return nil, fmt.Errorf("seal: %s holds no master key", path) // the cause could quote the file
	}
	return newMaster(h)
}

func newMaster(h *keyset.Handle) (*Master, error) {
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("seal: master key: %w", err)
	}
	return &Master{wrap: a}, nil
}

// writeNew writes a file that was not there before, and is sure that it is on the disk:
// what is sealed in the next second depends on it.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%w: %s", ErrMasterExists, path)
	}
	if err != nil {
		return fmt.Errorf("seal: master key: %w", err)
	}
	_, werr := f.Write(text)
	if err := errors.Join(werr, f.Sync(), f.Close(), syncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("seal: master key: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}

// syncDir makes the name of a new file durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"

	"github.com/satis-toscana/satis/core/tenant"
)

// ErrBundle is returned for a bundle that this master key did not wrap for this tenant, or
// that was changed since.
var ErrBundle = errors.New("seal: the tenant's keys cannot be unwrapped")

// bundle is a tenant's keys as they lie in the database, both wrapped by the master key.
type bundle struct {
	Version int    `json:"v"`
	Fields  []byte `json:"fields"` // AEAD keyset
	Index   []byte `json:"index"`  // PRF keyset of one key
}

// NewKeys makes a tenant's keys and gives them wrapped, to be stored with the tenant.
func (m *Master) NewKeys(t tenant.ID) (wrapped []byte, err error) {
	if t == "" {
		return nil, errors.New("seal: keys for no tenant")
	}
	fields, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: make keys: %w", err)
	}
	index, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: make keys: %w", err)
	}
	return m.wrapBundle(t, fields, index)
}

// Open unwraps a tenant's keys. It returns ErrBundle where they are not that tenant's.
func (m *Master) Open(t tenant.ID, wrapped []byte) (*Keys, error) {
	fields, index, err := m.unwrapBundle(t, wrapped)
	if err != nil {
		return nil, err
	}
	return newKeys(t, fields, index)
}

// Rotate gives the bundle with a new key for sealing in front. What the old keys sealed
// still opens. The blind index keeps its key for ever: with another one nothing that was
// indexed would be found again.
func (m *Master) Rotate(t tenant.ID, wrapped []byte) ([]byte, error) {
	fields, index, err := m.unwrapBundle(t, wrapped)
	if err != nil {
		return nil, err
	}
	manager := keyset.NewManagerFromHandle(fields)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: rotate keys: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("seal: rotate keys: %w", err)
	}
	if fields, err = manager.Handle(); err != nil {
		return nil, fmt.Errorf("seal: rotate keys: %w", err)
	}
	return m.wrapBundle(t, fields, index)
}

func (m *Master) wrapBundle(t tenant.ID, fields, index *keyset.Handle) ([]byte, error) {
	b := bundle{Version: 1}
	var err error
	if b.Fields, err = m.wrapKeyset(fields, t, "fields"); err != nil {
		return nil, err
	}
	if b.Index, err = m.wrapKeyset(index, t, "index"); err != nil {
		return nil, err
	}
	return json.Marshal(b)
}

func (m *Master) unwrapBundle(t tenant.ID, wrapped []byte) (fields, index *keyset.Handle, err error) {
	var b bundle
	if err := json.Unmarshal(wrapped, &b); err != nil || b.Version != 1 || t == "" {
		return nil, nil, ErrBundle
	}
	if fields, err = m.unwrapKeyset(b.Fields, t, "fields"); err != nil {
		return nil, nil, err
	}
	if index, err = m.unwrapKeyset(b.Index, t, "index"); err != nil {
		return nil, nil, err
	}
	return fields, index, nil
}

// keysetPlace binds a wrapped keyset to its tenant and to its part in the bundle.
func keysetPlace(t tenant.ID, part string) []byte {
	return encode("satis keyset", string(t), part)
}

func (m *Master) wrapKeyset(h *keyset.Handle, t tenant.ID, part string) ([]byte, error) {
	var out bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&out), m.wrap, keysetPlace(t, part)); err != nil {
		return nil, fmt.Errorf("seal: wrap keys: %w", err)
	}
	return out.Bytes(), nil
}

func (m *Master) unwrapKeyset(wrapped []byte, t tenant.ID, part string) (*keyset.Handle, error) {
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), m.wrap, keysetPlace(t, part))
	if err != nil {
		return nil, ErrBundle
	}
	return h, nil
}

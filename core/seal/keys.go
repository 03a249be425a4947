// SPDX-License-Identifier: AGPL-3.0-or-later

package seal

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/satis-toscana/satis/core/tenant"
)

// BlindSize is the length in bytes of a blind index value.
const BlindSize = 32

var (
	// ErrSealed is returned by Keys.Open for what does not open: another tenant's, another
	// place's, changed, or no sealed value at all. Which one is not told.
	ErrSealed = errors.New("seal: the value does not open here")
	// ErrPlace is returned for a place with an empty part: it would bind to too much.
	ErrPlace = errors.New("seal: table, column and row must all be named")
)

// Place is where a sealed value lives. It is not stored with the value: whoever opens it
// must know it.
type Place struct{ Table, Column, Row string }

// Keys are one tenant's, unwrapped. They may be used by several goroutines.
type Keys struct {
	tenant tenant.ID
	fields tink.AEAD
	index  *prf.Set
}

func newKeys(t tenant.ID, fields, index *keyset.Handle) (*Keys, error) {
	a, err := aead.New(fields)
	if err != nil {
		return nil, fmt.Errorf("seal: keys for fields: %w", err)
	}
	set, err := prf.NewPRFSet(index)
	if err != nil {
		return nil, fmt.Errorf("seal: key for the blind index: %w", err)
	}
	// Tried once here, so that Blind needs no error.
	if _, err := set.ComputePrimaryPRF(nil, BlindSize); err != nil {
		return nil, fmt.Errorf("seal: key for the blind index: %w", err)
	}
	return &Keys{tenant: t, fields: a, index: set}, nil
}

// Seal encrypts a value for its place. The same value never seals to the same bytes twice.
func (k *Keys) Seal(p Place, plain []byte) ([]byte, error) {
	ad, err := k.bind(p)
	if err != nil {
		return nil, err
	}
	sealed, err := k.fields.Encrypt(plain, ad)
	if err != nil {
		return nil, errors.New("seal: the value cannot be sealed") // the cause is near the plain value
	}
	return sealed, nil
}

// Open decrypts a value at its place, or returns ErrSealed.
func (k *Keys) Open(p Place, sealed []byte) ([]byte, error) {
	ad, err := k.bind(p)
	if err != nil {
		return nil, err
	}
	plain, err := k.fields.Decrypt(sealed, ad)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Blind gives the index value of a normalised text, BlindSize bytes. Values of different
// kinds ("family_name", "document") never meet. Only equality can be asked of them.
func (k *Keys) Blind(kind, normal string) []byte {
	sum, err := k.index.ComputePrimaryPRF(encode("satis blind index", kind, normal), BlindSize)
	if err != nil {
		// Cannot be after newKeys; an empty index value would make all persons equal.
		panic("seal: blind index: " + err.Error())
	}
	return sum
}

// bind makes the associated data of a place: a value moved elsewhere does not open.
func (k *Keys) bind(p Place) ([]byte, error) {
	if p.Table == "" || p.Column == "" || p.Row == "" {
		return nil, ErrPlace
	}
	return encode("satis field", string(k.tenant), p.Table, p.Column, p.Row), nil
}

// encode joins parts such that no two lists of parts give the same bytes: each is preceded
// by its length.
func encode(parts ...string) []byte {
	n := 0
	for _, s := range parts {
		n += 4 + len(s)
	}
	out := make([]byte, 0, n)
	for _, s := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(s)))
		out = append(out, s...)
	}
	return out
}

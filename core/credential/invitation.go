// SPDX-License-Identifier: AGPL-3.0-or-later

package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// placeBytes is the length of the id of the organisation that an invitation leads to.
const placeBytes = 16

// NewInvitation makes the token of an invitation: the text for the link and the hash to
// store. The text begins with the id of the organisation, under which the hash is found.
func NewInvitation(place [placeBytes]byte) (plain string, hash []byte) {
	b := make([]byte, placeBytes+tokenBytes)
	copy(b, place[:])
	rand.Read(b[placeBytes:]) // never fails: it ends the program instead
	plain = base64.RawURLEncoding.EncodeToString(b)
	return plain, hashInvitation(plain)
}

// ParseInvitation tells where an invitation leads and what it is stored as; ok is false for
// what has not the shape of one.
func ParseInvitation(plain string) (place [placeBytes]byte, hash []byte, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(plain)
	if err != nil || len(b) != placeBytes+tokenBytes {
		return place, nil, false
	}
	return [placeBytes]byte(b[:placeBytes]), hashInvitation(plain), true
}

// hashInvitation never gives what a session or an API token hashes to.
func hashInvitation(plain string) []byte {
	sum := sha256.Sum256([]byte("satis invitation\x00" + plain))
	return sum[:]
}

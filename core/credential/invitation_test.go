// SPDX-License-Identifier: AGPL-3.0-or-later

package credential

import (
	"bytes"
	"testing"
)

func TestInvitation(t *testing.T) {
	place := [16]byte{1, 2, 3}
	plain, hash := NewInvitation(place)
	again, _ := NewInvitation(place)
	if plain == again {
		t.Error("two invitations are alike")
	}
	where, found, ok := ParseInvitation(plain)
	if !ok || where != place || !bytes.Equal(found, hash) || len(hash) != 32 {
		t.Errorf("%v %x %v", where, found, ok)
	}
	if bytes.Equal(hash, HashToken(plain)) || bytes.Equal(hash, HashSession(plain)) {
		t.Error("it hashes like a token of another sort")
	}
	for _, bad := range []string{"", "x", plain[1:], plain + "A", plain[:len(plain)-1] + "=", "satis_" + plain} {
		if _, _, ok := ParseInvitation(bad); ok {
			t.Errorf("%q passes", bad)
		}
	}
}

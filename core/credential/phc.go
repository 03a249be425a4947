// SPDX-License-Identifier: AGPL-3.0-or-later

package credential

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// ErrHash is returned for a stored password hash that cannot be read.
var ErrHash = errors.New("credential: stored password hash cannot be read")

// cost is what one argon2id computation takes.
type cost struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// sane bounds what a stored hash may make us spend: a row changed by somebody else must not
// be able to halt the server.
func (c cost) sane() bool {
	return c.memory >= 8*uint32(c.threads) && c.memory <= 256*1024 && c.time >= 1 && c.time <= 16 && c.threads >= 1 && c.threads <= 16
}

// phc is a password hash in the parts of its text form,
// $argon2id$v=19$m=19456,t=2,p=1$salt$key.
type phc struct {
	cost
	salt, key []byte
}

// String is the text form.
func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.memory, h.time, h.threads, b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

// parsePHC reads the text form strictly: what it accepts prints as the same text again.
func parsePHC(text string) (phc, error) {
	var h phc
	parts := strings.Split(text, "$")
	if len(parts) != 6 {
		return phc{}, ErrHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil {
		return phc{}, ErrHash
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.key, err2 = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || !h.sane() || !between(len(h.salt), 8, 64) || !between(len(h.key), 16, 64) {
		return phc{}, ErrHash
	}
	if h.String() != text {
		return phc{}, ErrHash
	}
	return h, nil
}

func between(n, low, high int) bool { return n >= low && n <= high }

// SPDX-License-Identifier: AGPL-3.0-or-later

package credential

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"runtime"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// MaxLength is the longest password in bytes. It bounds the work of normalising one.
const MaxLength = 1024

// ErrTooLong is returned by Hash for a password of more than MaxLength bytes.
var ErrTooLong = errors.New("credential: password too long")

// current is what new passwords are hashed with: OWASP's recommendation for argon2id.
var current = cost{memory: 19 * 1024, time: 2, threads: 1}

const (
	saltSize = 16
	keySize  = 32
)

// slots bounds how many passwords are hashed at once: each takes 19 MiB, and a flood of
// sign-ins must wait its turn instead of taking the machine's memory.
var slots = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))

// Hash turns a password into what is stored: a PHC string with its own salt and costs.
func Hash(password string) (string, error) {
	if len(password) > MaxLength {
		return "", ErrTooLong
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails: it ends the program instead
	return phc{cost: current, salt: salt, key: derive(password, current, salt, keySize)}.String(), nil
}

// Verify tells whether the password is the one that was hashed. needsRehash is true where it
// is, but was hashed with other costs than today's: then store Hash(password) instead.
// The error is ErrHash for a stored text that is none of ours; it does not mean "wrong".
func Verify(hash, password string) (ok, needsRehash bool, err error) {
	h, err := parsePHC(hash)
	if err != nil {
		return false, false, err
	}
	if len(password) > MaxLength {
		return false, false, nil
	}
	key := derive(password, h.cost, h.salt, uint32(len(h.key)))
	ok = subtle.ConstantTimeCompare(key, h.key) == 1
	stale := h.cost != current || len(h.key) != keySize || len(h.salt) != saltSize
	return ok, ok && stale, nil
}

// VerifyNothing takes as long as Verify. Call it where the user is not known, so that the
// time of the answer does not tell who has an account.
func VerifyNothing(password string) {
	if len(password) > MaxLength {
		return
	}
	derive(password, current, make([]byte, saltSize), keySize)
}

// derive computes argon2id. An accent typed on one keyboard is the same letter on another:
// the password is brought into one form first.
func derive(password string, c cost, salt []byte, size uint32) []byte {
	slots <- struct{}{}
	defer func() { <-slots }()
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.time, c.memory, c.threads, size)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// TokenPrefix begins every API token, so that scanners for leaked secrets find them.
const TokenPrefix = "satis_"

// tokenBytes is the length of a token's random part: nobody guesses it, so that one fast
// hash is enough, unlike for passwords.
const tokenBytes = 32

// NewToken makes an API token: the text for its owner, shown once, and the hash to store.
func NewToken() (plain string, hash []byte) {
	plain = TokenPrefix + random()
	return plain, HashToken(plain)
}

// HashToken is what an API token is stored and looked up by, 32 bytes.
func HashToken(plain string) []byte {
	sum := sha256.Sum256([]byte(plain))
	return sum[:]
}

// IsToken reports whether a text has the shape of an API token; what has not is not worth a look-up.
func IsToken(s string) bool {
	rest, ok := strings.CutPrefix(s, TokenPrefix)
	if !ok || len(rest) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return false
	}
	_, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	return err == nil
}

// NewSession makes a session token: the text for the cookie and the hash to store.
func NewSession() (plain string, hash []byte) {
	plain = random()
	return plain, HashSession(plain)
}

// HashSession is what a session is stored and looked up by, 32 bytes: whoever reads the
// table cannot take a session over. An API token never hashes to the same.
func HashSession(plain string) []byte {
	sum := sha256.Sum256([]byte("satis session\x00" + plain))
	return sum[:]
}

func random() string {
	b := make([]byte, tokenBytes)
	rand.Read(b) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

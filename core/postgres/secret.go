// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// Secret is what the passwords of the database roles are derived from. It is read from a
// file and never leaves the process.
type Secret []byte

// LoadSecret reads the secret from a file that only its owner can read.
func LoadSecret(path string) (Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("postgres: read database secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("postgres: %s can be read by others: chmod 600 it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("postgres: read database secret: %w", err)
	}
	s := strings.TrimSpace(string(text))
	if len(s) < 32 {
		return nil, fmt.Errorf("postgres: %s must hold at least 32 characters", path)
	}
	return Secret(s), nil
}

// NewSecret makes a random secret.
func NewSecret() Secret {
	var b [32]byte
	rand.Read(b[:])
	return Secret(hex.EncodeToString(b[:]))
}

// Password is that of one role.
func (s Secret) Password(role string) string {
	m := hmac.New(sha256.New, s)
	m.Write([]byte("satis database role " + role))
	return hex.EncodeToString(m.Sum(nil))
}

// verifier is the SCRAM-SHA-256 verifier of a password: what PostgreSQL stores, so that
// the password itself never travels in a statement that a log might keep.
func verifier(password string) (string, error) {
	const rounds = 4096
	salt := make([]byte, 16)
	rand.Read(salt)
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("postgres: derive verifier: %w", err)
	}
	stored := sha256.Sum256(mac(salted, "Client Key"))
	enc := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", rounds, enc(salt), enc(stored[:]), enc(mac(salted, "Server Key"))), nil
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

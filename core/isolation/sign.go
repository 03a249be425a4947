// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/gowebpki/jcs"
)

// format begins what is signed: a signature of something else is never one of a report.
const format = "satis-isolation/1"

// Signed is a report with who vouches for it.
type Signed struct {
	Format string `json:"format"`
	Report Report `json:"report"`
	// Key is the public key, Signature the ed25519 signature over the RFC 8785 form of the
	// document without this member.
	Key       ed25519.PublicKey `json:"key"`
	Signature []byte            `json:"signature,omitempty"`
}

// ErrSignature says that a report was changed after it was signed, or signed by another key.
var ErrSignature = errors.New("isolation: the signature does not fit: the report was changed, or another key signed it")

// NewKey makes a key, as PEM: the private one (PKCS #8) and the public one, for those who check.
func NewKey() (private, public []byte, err error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("isolation: make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("isolation: make a key: %w", err)
	}
	open, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, nil, fmt.Errorf("isolation: make a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: open}), nil
}

// ParseKey reads a private key. The error never holds any of it.
func ParseKey(text []byte) (ed25519.PrivateKey, error) {
	if block, _ := pem.Decode(text); block != nil {
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if ed, ok := key.(ed25519.PrivateKey); ok {
				return ed, nil
			}
		}
	}
	return nil, errors.New("isolation: no ed25519 private key in PEM")
}

// ParsePublicKey reads a public key.
func ParsePublicKey(text []byte) (ed25519.PublicKey, error) {
	if block, _ := pem.Decode(text); block != nil {
		if key, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
			if ed, ok := key.(ed25519.PublicKey); ok {
				return ed, nil
			}
		}
	}
	return nil, errors.New("isolation: no ed25519 public key in PEM")
}

// Sign writes the report as a signed document.
func (r Report) Sign(key ed25519.PrivateKey) ([]byte, error) {
	s := Signed{Format: format, Report: r, Key: key.Public().(ed25519.PublicKey)}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("isolation: write the report: %w", err)
	}
	statement, err := jcs.Transform(text)
	if err != nil {
		return nil, fmt.Errorf("isolation: write the report: %w", err)
	}
	s.Signature = ed25519.Sign(key, statement)
	return json.MarshalIndent(s, "", "  ")
}

// Check reads a signed report. With a nil key it believes the one in the document, which
// shows that nothing was changed since, and not who signed. Whatever the document holds
// besides a report is refused.
func Check(text []byte, key ed25519.PublicKey) (Signed, error) {
	var s Signed
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil || s.Format != format || len(s.Key) != ed25519.PublicKeySize {
		return s, errors.New("isolation: this is no signed report")
	}
	// The statement is taken from the text as it stands, not from what was understood of it.
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return s, errors.New("isolation: this is no signed report")
	}
	delete(members, "signature")
	bare, err := json.Marshal(members)
	if err != nil {
		return s, fmt.Errorf("isolation: read the report: %w", err)
	}
	statement, err := jcs.Transform(bare)
	if err != nil {
		return s, fmt.Errorf("isolation: read the report: %w", err)
	}
	if (key != nil && !key.Equal(s.Key)) || !ed25519.Verify(s.Key, statement, s.Signature) {
		return s, ErrSignature
	}
	return s, nil
}

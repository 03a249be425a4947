// SPDX-License-Identifier: AGPL-3.0-or-later

package pack

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gowebpki/jcs"
)

// format begins what is signed: a signature of something else is never one of a plugin.
const format = "satis-plugin/1"

// Signature is who vouches for a pack.
type Signature struct {
	Format string `json:"format"`
	// Key names the publisher's key: see Publisher.ID.
	Key string `json:"key"`
	// Signature is the ed25519 signature of the statement.
	Signature []byte `json:"signature"`
}

// Publisher is somebody whose plugins may be believed.
type Publisher struct {
	Name string
	Key  ed25519.PublicKey
}

// ID names the key in few characters: the first 16 hex digits of its hash.
func (p Publisher) ID() string {
	sum := sha256.Sum256(p.Key)
	return hex.EncodeToString(sum[:8])
}

// Verified is a pack whose signature was found to be a publisher's.
type Verified struct {
	*Pack
	Publisher Publisher
}

// Errors of Verify.
var (
	ErrUnsigned  = errors.New("pack: not signed")
	ErrPublisher = errors.New("pack: signed by a key that is not trusted here")
	ErrSignature = errors.New("pack: the signature does not fit: manifest or binary were changed")
)

// Platforms lists the platforms that the pack has binaries for.
func (p *Pack) Platforms() []string { return slices.Sorted(maps.Keys(p.Binaries)) }

// Statement is what is signed: the manifest, and the hash of the binary of each platform and
// of each case.
func (p *Pack) Statement() ([]byte, error) {
	manifest, err := p.Manifest.JSON()
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	text, err := json.Marshal(map[string]any{"format": format, "manifest": json.RawMessage(manifest), "binaries": sumsOf(p.Binaries), "cases": sumsOf(p.Cases)})
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return jcs.Transform(text)
}

func sumsOf(files map[string][]byte) map[string]string {
	out := map[string]string{}
	for name, text := range files {
		sum := sha256.Sum256(text)
		out[name] = hex.EncodeToString(sum[:])
	}
	return out
}

// Sign signs the pack, in place of whoever signed it before.
func (p *Pack) Sign(key ed25519.PrivateKey) error {
	statement, err := p.Statement()
	if err != nil {
		return err
	}
	who := Publisher{Key: key.Public().(ed25519.PublicKey)}
	p.Signature = &Signature{Format: format, Key: who.ID(), Signature: ed25519.Sign(key, statement)}
	return nil
}

// Verify finds the publisher. The error is ErrUnsigned, ErrPublisher or ErrSignature.
func (p *Pack) Verify(trusted []Publisher) (*Verified, error) {
	if p.Signature == nil || p.Signature.Format != format {
		return nil, ErrUnsigned
	}
	i := slices.IndexFunc(trusted, func(t Publisher) bool { return t.ID() == p.Signature.Key })
	if i < 0 {
		return nil, ErrPublisher
	}
	statement, err := p.Statement()
	if err != nil || !ed25519.Verify(trusted[i].Key, statement, p.Signature.Signature) {
		return nil, ErrSignature
	}
	return &Verified{Pack: p, Publisher: trusted[i]}, nil
}

func parseSignature(text []byte) (*Signature, error) {
	var s Signature
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil || len(s.Signature) != ed25519.SignatureSize {
		return nil, bad("the signature cannot be read")
	}
	return &s, nil
}

func (s *Signature) text() ([]byte, error) { return json.MarshalIndent(s, "", "  ") }

// NewKey makes a publisher's key, as PEM (PKCS #8) and as the line for those who trust it.
func NewKey(name string) (private []byte, public string, err error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", fmt.Errorf("pack: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, "", fmt.Errorf("pack: %w", err)
	}
	line, err := Publisher{Name: name, Key: pub}.line()
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), line, err
}

// ParseKey reads a private key. The error never holds any of it.
func ParseKey(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("pack: no private key in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	ed, ok := key.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, errors.New("pack: no ed25519 key")
	}
	return ed, nil
}

// keyword begins the line of a publisher: "satis-publisher <key in base64> <name>".
const keyword = "satis-publisher"

func (p Publisher) line() (string, error) {
	name := strings.Join(strings.Fields(p.Name), " ")
	if name == "" || len(name) > 200 {
		return "", errors.New("pack: a publisher needs a name")
	}
	return keyword + " " + base64.StdEncoding.EncodeToString(p.Key) + " " + name, nil
}

// ParsePublishers reads a list of publishers, a line each; lines that are empty or begin
// with # are left out.
func ParsePublishers(text string) ([]Publisher, error) {
	var out []Publisher
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.SplitN(line, " ", 3)
		var key []byte
		if len(f) == 3 && f[0] == keyword {
			key, _ = base64.StdEncoding.DecodeString(f[1])
		}
		if len(key) != ed25519.PublicKeySize || strings.TrimSpace(f[2]) == "" {
			return nil, fmt.Errorf("pack: line %d is no publisher: %s <key> <name> is one", n+1, keyword)
		}
		out = append(out, Publisher{Name: strings.TrimSpace(f[2]), Key: key})
	}
	return out, nil
}

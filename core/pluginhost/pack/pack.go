// SPDX-License-Identifier: AGPL-3.0-or-later

// Package pack reads and writes plugins as one signed file, and believes nothing in it.
//
// A pack is a zip archive with exactly these members: plugin.yaml, a binary for each platform
// as bin/<os>-<architecture>, the golden cases as cases/<name>, and signature.json. What is
// signed is the manifest in its canonical spelling (RFC 8785) together with the hash of each
// binary and each case, so that none can be changed or taken from another pack.
package pack

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/satis-toscana/satis/sdk"
)

// Extension ends the name of a packed plugin.
const Extension = ".satisplugin"

// Bounds of a pack, in bytes of what comes out of it. A size that the archive claims counts
// for nothing.
const (
	MaxPack      = 128 << 20
	maxBinary    = 96 << 20
	maxBinaries  = 8
	maxManifest  = 256 << 10
	maxSignature = 16 << 10
	maxCase      = 512 << 10
	maxCases     = 200
)

// The members of a pack.
const (
	manifestName  = "plugin.yaml"
	signatureName = "signature.json"
	binaryFolder  = "bin/"
	caseFolder    = "cases/"
)

var (
	platformPattern = regexp.MustCompile(`^[a-z0-9]{2,16}-[a-z0-9]{2,16}$`)
	casePattern     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
)

// ThisPlatform names the platform of the running program: "linux-amd64".
func ThisPlatform() string { return runtime.GOOS + "-" + runtime.GOARCH }

// Pack is a plugin out of a file. Nothing of it is believed before Verify.
type Pack struct {
	// ManifestText is plugin.yaml as it was written; Manifest is what it says.
	ManifestText []byte
	Manifest     sdk.Manifest
	// Binaries by platform: "linux-amd64".
	Binaries map[string][]byte
	// Cases are the files of testdata/golden by name: who admits the plugin runs them again.
	Cases     map[string][]byte
	Signature *Signature // nil where it is not signed
	// SHA256 is that of the file, in hex; "" where it was not read from one.
	SHA256 string
}

// ErrFormat says that a file is no pack, or one that nobody should open. The text says why.
var ErrFormat = errors.New("pack: not a plugin")

// ErrManifest says that plugin.yaml in a pack has faults; the text names them. It is an ErrFormat.
var ErrManifest = fmt.Errorf("%w: plugin.yaml", ErrFormat)

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

// ReadFile reads a pack from a file; see Read.
func ReadFile(name string) (*Pack, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxPack+1))
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return Read(text)
}

// Read takes a pack apart. ErrFormat comes back for what is too large, for members that are
// missing, twice there or not known, and for a manifest with faults; a member that is too large
// is a TooLargeError.
func Read(text []byte) (*Pack, error) {
	if len(text) > MaxPack {
		return nil, bad("larger than %d bytes", MaxPack)
	}
	if !bytes.HasPrefix(text, []byte("PK\x03\x04")) {
		return nil, bad("no archive")
	}
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, bad("archive: %w", err)
	}
	if len(z.File) > maxBinaries+maxCases+2 {
		return nil, bad("too many members")
	}
	sum := sha256.Sum256(text)
	p := &Pack{Binaries: map[string][]byte{}, SHA256: hex.EncodeToString(sum[:])}
	seen := map[string]bool{}
	for _, f := range z.File {
		if seen[f.Name] {
			return nil, bad("a member is there twice")
		}
		seen[f.Name] = true
		if err := p.take(f); err != nil {
			return nil, err
		}
	}
	if p.ManifestText == nil || len(p.Binaries) == 0 {
		return nil, bad("manifest or binary missing")
	}
	if p.Manifest, err = sdk.ParseManifest(p.ManifestText); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return p, nil
}

// take reads one member. Names are compared whole and never become paths.
func (p *Pack) take(f *zip.File) (err error) {
	if !f.Mode().IsRegular() {
		return bad("a member is no regular file")
	}
	platform, isBinary := strings.CutPrefix(f.Name, binaryFolder)
	name, isCase := strings.CutPrefix(f.Name, caseFolder)
	switch {
	case f.Name == manifestName:
		p.ManifestText, err = content(f, maxManifest)
	case f.Name == signatureName:
		var text []byte
		if text, err = content(f, maxSignature); err == nil {
			p.Signature, err = parseSignature(text)
		}
	case isBinary && platformPattern.MatchString(platform):
		if len(p.Binaries) == maxBinaries {
			return bad("too many binaries")
		}
		p.Binaries[platform], err = content(f, maxBinary)
	case isCase && casePattern.MatchString(name):
		if len(p.Cases) == maxCases {
			return bad("too many cases")
		}
		if p.Cases == nil {
			p.Cases = map[string][]byte{}
		}
		p.Cases[name], err = content(f, maxCase)
	default:
		return bad("a member has an unknown name")
	}
	return err
}

func content(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, bad("%s: %w", path.Base(f.Name), err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, bad("member: %w", err)
	}
	if int64(len(text)) > limit {
		return nil, &TooLargeError{Member: f.Name, Limit: limit}
	}
	return text, nil
}

// CaseFS is the folder of the golden cases, as sdktest.ReadGolden takes it.
func (p *Pack) CaseFS() fs.FS {
	out := fstest.MapFS{}
	for name, text := range p.Cases {
		out[name] = &fstest.MapFile{Data: text, Mode: 0o444}
	}
	return out
}

// AddCases takes the files of a folder of golden cases in; a name or a size that no pack can
// hold is an ErrFormat.
func (p *Pack) AddCases(dir fs.FS) error {
	list, err := fs.ReadDir(dir, ".")
	if err != nil {
		return fmt.Errorf("pack: cases: %w", err)
	}
	p.Cases = map[string][]byte{}
	for _, e := range list {
		if !e.Type().IsRegular() {
			continue
		}
		text, err := fs.ReadFile(dir, e.Name())
		if err != nil {
			return fmt.Errorf("pack: cases: %w", err)
		}
		switch {
		case !casePattern.MatchString(e.Name()):
			return bad("the case %q has a strange name: letters, digits, dots, dashes and underscores are those it can have", e.Name())
		case len(text) > maxCase:
			return &TooLargeError{Member: caseFolder + e.Name(), Size: int64(len(text)), Limit: maxCase}
		case len(p.Cases) == maxCases:
			return bad("there are more than %d cases", maxCases)
		}
		p.Cases[e.Name()] = text
	}
	return nil
}

// Write writes the pack. Equal packs give equal bytes.
func (p *Pack) Write(w io.Writer) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	if err := member(z, manifestName, p.ManifestText); err != nil {
		return err
	}
	for _, platform := range p.Platforms() {
		if err := member(z, binaryFolder+platform, p.Binaries[platform]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Cases)) {
		if err := member(z, caseFolder+name, p.Cases[name]); err != nil {
			return err
		}
	}
	if p.Signature != nil {
		text, err := p.Signature.text()
		if err != nil {
			return err
		}
		if err := member(z, signatureName, text); err != nil {
			return err
		}
	}
	return z.Close()
}

func member(z *zip.Writer, name string, text []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err == nil {
		_, err = w.Write(text)
	}
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return nil
}

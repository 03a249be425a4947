// SPDX-License-Identifier: AGPL-3.0-or-later

package pack

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/sdk"
)

const manifest = `
id: sample
agency: Somebody
version: 1.0.0
contract: {min: 1, max: 1}
kinds: [courses]
catalogs: [{code: walks, title: {it: Passeggiate, en: Walks}, formats: [csv]}]
`

func sample(t *testing.T) *Pack {
	t.Helper()
	m, err := sdk.ParseManifest([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	return &Pack{ManifestText: []byte(manifest), Manifest: m, Binaries: map[string][]byte{"linux-amd64": []byte("one"), "linux-arm64": []byte("two")},
		Cases: map[string][]byte{"walk.json": []byte("{}"), "feed.csv": []byte("a,b")}}
}

func key(t *testing.T, name string) (ed25519.PrivateKey, []Publisher) {
	t.Helper()
	private, public, err := NewKey(name)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseKey(private)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParsePublishers("# trusted\n\n" + public + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return k, list
}

func written(t *testing.T, p *Pack) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSignedPackSurvives(t *testing.T) {
	k, trusted := key(t, "Agenzia  Prova")
	p := sample(t)
	if err := p.Sign(k); err != nil {
		t.Fatal(err)
	}
	text := written(t, p)
	if !bytes.Equal(text, written(t, p)) {
		t.Error("the same pack gives other bytes")
	}
	path := filepath.Join(t.TempDir(), "sample"+Extension)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := got.Verify(trusted)
	if err != nil {
		t.Fatal(err)
	}
	if v.Publisher.Name != "Agenzia Prova" || len(got.SHA256) != 64 {
		t.Errorf("%+v", v.Publisher)
	}
	got.SHA256 = ""
	if diff := cmp.Diff(p, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever is changed after signing, the signature does not fit any more.
func TestVerifyRefuses(t *testing.T) {
	k, trusted := key(t, "A")
	_, others := key(t, "B")
	for name, tt := range map[string]struct {
		spoil   func(*Pack)
		trusted []Publisher
		want    error
	}{
		"fits":           {func(*Pack) {}, append(others, trusted...), nil},
		"nobody trusted": {func(*Pack) {}, nil, ErrPublisher},
		"another's key":  {func(*Pack) {}, others, ErrPublisher},
		"unsigned":       {func(p *Pack) { p.Signature = nil }, trusted, ErrUnsigned},
		"other format":   {func(p *Pack) { p.Signature.Format = "x" }, trusted, ErrUnsigned},
		"binary":         {func(p *Pack) { p.Binaries["linux-amd64"][0]++ }, trusted, ErrSignature},
		"platform":       {func(p *Pack) { p.Binaries["linux-riscv64"] = p.Binaries["linux-amd64"] }, trusted, ErrSignature},
		"swapped":        {func(p *Pack) { p.Binaries["linux-amd64"] = p.Binaries["linux-arm64"] }, trusted, ErrSignature},
		"case":           {func(p *Pack) { p.Cases["walk.json"] = []byte("[]") }, trusted, ErrSignature},
		"case left out":  {func(p *Pack) { delete(p.Cases, "feed.csv") }, trusted, ErrSignature},
		"manifest":       {func(p *Pack) { p.Manifest.Version = "1.0.1" }, trusted, ErrSignature},
		"signature":      {func(p *Pack) { p.Signature.Signature[3]++ }, trusted, ErrSignature},
		"key's name":     {func(p *Pack) { p.Signature.Key = others[0].ID() }, append(others, trusted...), ErrSignature},
	} {
		p := sample(t)
		if err := p.Sign(k); err != nil {
			t.Fatal(err)
		}
		tt.spoil(p)
		if _, err := p.Verify(tt.trusted); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

// A folder of golden cases goes into the pack and comes out as a folder again; what no pack
// can hold is refused.
func TestCases(t *testing.T) {
	p := &Pack{}
	dir := fstest.MapFS{"one.json": {Data: []byte("1")}, "sub/two.json": {Data: []byte("2")}}
	if err := p.AddCases(dir); err != nil {
		t.Fatal(err)
	}
	if text, err := fs.ReadFile(p.CaseFS(), "one.json"); err != nil || string(text) != "1" || len(p.Cases) != 1 {
		t.Errorf("%q of %d, %v", text, len(p.Cases), err)
	}
	many := fstest.MapFS{}
	for i := range maxCases + 1 {
		many[fmt.Sprintf("%d.json", i)] = &fstest.MapFile{}
	}
	for name, dir := range map[string]fstest.MapFS{"many": many, "a strange name": {"è.json": {}}, "large": {"a.json": {Data: make([]byte, maxCase+1)}}} {
		if err := p.AddCases(dir); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// archive makes a zip by hand, with anything in it.
func archive(t *testing.T, members map[string]string, more ...func(*zip.Writer)) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range members {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range more {
		f(z)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadRefuses(t *testing.T) {
	good := map[string]string{"plugin.yaml": manifest, "bin/linux-amd64": "x"}
	with := func(name, text string) map[string]string {
		out := map[string]string{name: text}
		for k, v := range good {
			if k != name {
				out[k] = v
			}
		}
		return out
	}
	twice := func(z *zip.Writer) {
		if _, err := z.Create("plugin.yaml"); err != nil {
			t.Fatal(err)
		}
	}
	link := func(z *zip.Writer) {
		h := &zip.FileHeader{Name: "bin/linux-arm64"}
		h.SetMode(fs.ModeSymlink | 0o777)
		if _, err := z.CreateHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Read(archive(t, good)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"nothing": nil, "noise": []byte("PK\x03\x04 and noise"), "not at the start": append([]byte("#!/bin/sh\n"), archive(t, good)...),
		"path up": archive(t, with("../plugin.yaml", "x")), "absolute": archive(t, with("/etc/cron.d/x", "x")), "folder": archive(t, with("bin/", "")),
		"deeper": archive(t, with("bin/linux-amd64/x", "x")), "backslash": archive(t, with(`bin\linux-amd64`, "x")), "capital": archive(t, with("Plugin.yaml", "x")),
		"unknown": archive(t, with("README", "x")), "twice": archive(t, good, twice), "link": archive(t, good, link),
		"no binary": archive(t, map[string]string{"plugin.yaml": manifest}), "no manifest": archive(t, map[string]string{"bin/linux-amd64": "x"}),
		"bad manifest": archive(t, with("plugin.yaml", "id: [")), "bad signature": archive(t, with("signature.json", "{}")),
		"huge manifest": archive(t, with("plugin.yaml", strings.Repeat(" ", maxManifest+1))), "bomb": archive(t, with("signature.json", strings.Repeat(" ", 50<<20))),
	} {
		if _, err := Read(text); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Who reads a pack with a part that is too large learns which and how much it may be.
func TestReadTellsWhatIsTooLarge(t *testing.T) {
	text := archive(t, map[string]string{"cases/a.json": strings.Repeat(" ", maxCase+1)})
	_, err := Read(text)
	var large *TooLargeError
	if !errors.As(err, &large) || large.Member != "cases/a.json" || large.LimitText() != "512 KiB" || !errors.Is(err, ErrFormat) {
		t.Errorf("got %v", err)
	}
}

// Fit finds all that Read would refuse, at once.
func TestFit(t *testing.T) {
	if err := sample(t).Fit(); err != nil {
		t.Error(err)
	}
	p := sample(t)
	p.Binaries["Linux"] = []byte("x")
	p.Cases["walk.json"] = make([]byte, maxCase+1)
	p.ManifestText = make([]byte, maxManifest+1)
	err := p.Fit()
	for _, want := range []string{`"Linux" is no platform`, "cases/walk.json is too large: 524289 bytes, and the most is 512 KiB", "plugin.yaml is too large"} {
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, ErrFormat) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := (&Pack{}).Fit(); !errors.Is(err, ErrFormat) {
		t.Errorf("a pack without a binary: %v", err)
	}
	many := sample(t)
	for i := range maxBinaries {
		many.Binaries[fmt.Sprintf("linux-arch%d", i)] = nil
	}
	for i := range maxCases {
		many.Cases[fmt.Sprintf("%d.json", i)] = nil
	}
	if err := many.Fit(); err == nil || !strings.Contains(err.Error(), "between 1 and 8 binaries") || !strings.Contains(err.Error(), "202 cases") {
		t.Errorf("too many: %v", err)
	}
}

func TestKeysAndPublishersThatAreNone(t *testing.T) {
	for _, text := range []string{"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := ParseKey([]byte(text)); err == nil {
			t.Errorf("%q is a key", text)
		}
	}
	for _, text := range []string{"x", "satis-publisher AAAA name", "satis-publisher " + strings.Repeat("A", 43) + "="} {
		if _, err := ParsePublishers(text); err == nil {
			t.Errorf("%q is a publisher", text)
		}
	}
	if _, _, err := NewKey(" "); err == nil {
		t.Error("a publisher without a name")
	}
}

// FuzzRead: whatever is uploaded, reading it must not fall over nor take much.
func FuzzRead(f *testing.F) {
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := Read(b); err == nil {
			if _, err := p.Verify(nil); err == nil {
				t.Error("verified for nobody")
			}
		}
	})
}

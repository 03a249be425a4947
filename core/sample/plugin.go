// SPDX-License-Identifier: AGPL-3.0-or-later

package sample

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/sdk"
)

// Agency is a partner agency that publishes plugins: testdata/aid in any version.
type Agency struct {
	// Line is what the lead agency adds to believe it.
	Line string
	key  []byte
}

// NewAgency makes an agency with a key of its own.
func NewAgency(tb testing.TB) Agency { return NamedAgency(tb, "Agenzia di prova") }

// NamedAgency is NewAgency where several are to be told apart.
func NamedAgency(tb testing.TB, name string) Agency {
	tb.Helper()
	key, line, err := pack.NewKey(name)
	if err != nil {
		tb.Fatal(err)
	}
	return Agency{line, key}
}

// Pack builds, packs and signs a version of the plugin that pays a share of the cost, in
// hundredths. Its codes are aid, aid_visit and aid_courses.
func (a Agency) Pack(tb testing.TB, version string, share int) []byte {
	tb.Helper()
	return a.pack(tb, aid{version: version, share: share})
}

// PackAsking is Pack for a version whose visits ask one question more: "place", a text.
func (a Agency) PackAsking(tb testing.TB, version string, share int) []byte {
	tb.Helper()
	return a.pack(tb, aid{version, share, true})
}

// aid is one build of the plugin.
type aid struct {
	version string
	share   int
	where   bool
}

func (a Agency) pack(tb testing.TB, of aid) []byte {
	tb.Helper()
	p, err := of.pack()
	if err != nil {
		tb.Fatalf("sample: build plugin: %v", err)
	}
	key, err := pack.ParseKey(a.key)
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.Sign(key); err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

var aidBuilds sync.Map // aid → func() ([]byte, error)

// pack builds a version once per test process.
func (of aid) pack() (*pack.Pack, error) {
	build, _ := aidBuilds.LoadOrStore(of, sync.OnceValues(of.build))
	binary, err := build.(func() ([]byte, error))()
	if err != nil {
		return nil, err
	}
	source, err := os.ReadFile(filepath.Join(aidFolder(), "main.go"))
	if err != nil {
		return nil, err
	}
	_, text, _ := strings.Cut(string(source), "const manifest = `")
	text, _, _ = strings.Cut(text, "`")
	text = strings.Replace(text, "VERSION", of.version, 1)
	if of.where {
		text = strings.ReplaceAll(text, "#+", "")
	}
	m, err := sdk.ParseManifest([]byte(text))
	if err != nil {
		return nil, err
	}
	p := &pack.Pack{ManifestText: []byte(text), Manifest: m, Binaries: map[string][]byte{pack.ThisPlatform(): binary}}
	return p, p.AddCases(os.DirFS(filepath.Join(aidFolder(), "golden")))
}

func aidFolder() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "testdata", "aid")
}

func (of aid) build() ([]byte, error) {
	dir, err := os.MkdirTemp("", "sample-aid-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "aid")
	flags := fmt.Sprintf("-s -w -X main.version=%s -X main.share=%d", of.version, of.share)
	if of.where {
		flags += " -X main.where=yes"
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags", flags, "-o", out, ".")
	build.Dir, build.Env = aidFolder(), append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	return os.ReadFile(out)
}

// Unpack lays the binary and the manifest of a pack into a folder of plugins.
func Unpack(file []byte, dir string) error {
	p, err := pack.Read(file)
	if err != nil {
		return err
	}
	name := filepath.Join(dir, p.Manifest.ID)
	if err := os.WriteFile(name+".yaml", p.ManifestText, 0o600); err != nil {
		return err
	}
	return os.WriteFile(name, p.Binaries[pack.ThisPlatform()], 0o700)
}

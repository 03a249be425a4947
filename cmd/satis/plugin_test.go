// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// order runs one command in a folder and gives what it printed, with the exit code.
func order(t *testing.T, dir string, args ...string) (string, int) {
	t.Helper()
	t.Chdir(dir)
	var out bytes.Buffer
	code := run(t.Context(), args, streams{strings.NewReader(""), &out, &out})
	return out.String(), code
}

func mustOrder(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, code := order(t, dir, args...)
	if code != exitDone {
		t.Fatalf("satis %s: exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

func sourceRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// The path of an author who has the README and nothing else: a new plugin outside the source
// tree builds and passes, offline; a change is found and taken in; the file is signed and
// verified. The bound is the five minutes that are promised.
func TestAuthorsPath(t *testing.T) {
	root := sourceRoot(t)
	for _, kind := range []string{"rule", "intervention", "courses"} {
		t.Run(kind, func(t *testing.T) {
			t.Setenv("GOPROXY", "off")
			t.Setenv("GOFLAGS", "-mod=readonly")
			began := time.Now()
			work := t.TempDir()
			mustOrder(t, work, "plugin", "new", "bonus-trasporti", "--kind", kind, "--sdk", root)
			dir := filepath.Join(work, "bonus-trasporti")
			test := func(args ...string) ([]byte, error) {
				cmd := exec.Command("go", append([]string{"test"}, args...)...)
				cmd.Dir = dir
				return cmd.CombinedOutput()
			}
			if out, err := test("."); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if out := mustOrder(t, dir, "plugin", "test", "."); !strings.Contains(out, "conforms") {
				t.Error(out)
			}
			if out, err := test(".", "-update"); err != nil { // now the golden cases hold answers
				t.Fatalf("%v\n%s", err, out)
			}
			change(t, filepath.Join(dir, "main.go"))
			out, code := order(t, dir, "plugin", "test", ".")
			if code != exitFailed || !strings.Contains(out, "golden: the answer is not the one in the file") {
				t.Errorf("a change is not seen: exit %d\n%s", code, out)
			}
			if out, err := test(".", "-update"); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			mustOrder(t, dir, "plugin", "test", ".")
			took := time.Since(began)
			if took > 5*time.Minute {
				t.Errorf("took %v", took)
			}
			t.Logf("from new to a changed plugin that conforms: %v", took.Round(100*time.Millisecond))
		})
	}
}

// change alters what the plugin answers, whichever kind it is.
func change(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer("100_00", "50_00", `"Costo mensile", EN: "Monthly cost"`, `"Costo", EN: "Cost"`, `Code: "left_out"`, `Code: "unreadable"`).Replace(string(text))
	if changed == string(text) {
		t.Fatal("nothing to change")
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPackSignVerify(t *testing.T) {
	root, work := sourceRoot(t), t.TempDir()
	hello := filepath.Join(root, "plugins", "rent-subsidy")
	mustOrder(t, work, "plugin", "keygen", "--name", "Agenzia Prova", "key")
	if st, err := os.Stat(filepath.Join(work, "key")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("key: %v, %v", st, err)
	}
	if _, code := order(t, work, "plugin", "keygen", "--name", "Again", "key"); code != exitUsage {
		t.Errorf("a key is overwritten: exit %d", code)
	}
	mustOrder(t, work, "plugin", "pack", hello, "--out", "rent.satisplugin")
	if out, code := order(t, work, "plugin", "verify", "rent.satisplugin", "--publishers", "key.pub"); code != exitFailed || !strings.Contains(out, "not signed") {
		t.Errorf("unsigned: exit %d, %s", code, out)
	}
	mustOrder(t, work, "plugin", "sign", "rent.satisplugin", "--key", "key")
	if out := mustOrder(t, work, "plugin", "verify", "rent.satisplugin", "--publishers", "key.pub"); !strings.Contains(out, "Agenzia Prova") || !strings.Contains(out, "monthly_rent (case)") {
		t.Error(out)
	}
	mustOrder(t, work, "plugin", "keygen", "--name", "Somebody else", "other")
	if _, code := order(t, work, "plugin", "verify", "rent.satisplugin", "--publishers", "other.pub"); code != exitFailed {
		t.Errorf("another's key: exit %d", code)
	}
}

func TestPluginMistakes(t *testing.T) {
	work := t.TempDir()
	if err := os.WriteFile(filepath.Join(work, "file"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"name":      {"plugin", "new", "Bonus Trasporti", "--kind", "rule"},
		"path":      {"plugin", "new", "../x", "--kind", "rule"},
		"kind":      {"plugin", "new", "x", "--kind", "magic"},
		"there":     {"plugin", "new", "file", "--kind", "rule"},
		"no source": {"plugin", "new", "x", "--kind", "rule", "--sdk", work},
		"no plugin": {"plugin", "test", "."},
		"no pack":   {"plugin", "verify", "file", "--publishers", "file"},
		"no key":    {"plugin", "sign", "file", "--key", "file"},
	} {
		if out, code := order(t, work, args...); code != exitUsage {
			t.Errorf("%s: exit %d\n%s", name, code, out)
		}
	}
	if list, err := os.ReadDir(work); err != nil || len(list) != 1 {
		t.Errorf("something was made: %v %v", list, err)
	}
}

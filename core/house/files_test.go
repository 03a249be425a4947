// SPDX-License-Identifier: AGPL-3.0-or-later

package house_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// generated reports whether a tool wrote the file.
func generated(text string) bool {
	head, _, _ := strings.Cut(text, "\npackage ")
	return strings.Contains(head, "Code generated")
}

// A name says what a room is for. These say nothing, and fill up.
func TestNoLumberRooms(t *testing.T) {
	lumber := []string{"util", "utils", "common", "models", "types", "helpers", "helper", "misc", "shared", "base", "lib", "interfaces"}
	for _, p := range all() {
		if slices.Contains(lumber, filepath.Base(p.path())) || slices.Contains(lumber, p.Name) {
			t.Errorf("%s: what is in it?", p.path())
		}
		if p.path() == "core" {
			t.Error("core is a folder, not a package")
		}
	}
}

// Whoever opens a package reads first what it is for.
func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range all() {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment", p.path())
		}
	}
}

// The licence stands in every file, so that it stays with a file that is copied out; and a
// file that nobody can take in at one sitting is two files.
func TestEveryFile(t *testing.T) {
	skip := regexp.MustCompile(`\bt\.Skip|\bb\.Skip|\btb\.Skip|\bTODO\b|\bFIXME\b|\bXXX\b`)
	for _, p := range all() {
		for _, f := range p.files() {
			text := read(t, f)
			if generated(text) {
				continue
			}
			name := strings.TrimPrefix(f, root()+"/")
			licence := "// SPDX-License-Identifier: AGPL-3.0-or-later\n"
			if p.within("sdk") {
				licence = "// SPDX-License-Identifier: BSD-3-Clause\n"
			}
			if head := text[:min(len(text), 400)]; !strings.Contains(head, licence) {
				t.Errorf("%s lacks its line %s", name, strings.TrimSpace(licence))
			}
			if n := strings.Count(text, "\n"); n > 800 {
				t.Errorf("%s has %d lines: split it", name, n)
			}
			if p.within("core/house") {
				continue
			}
			if found := skip.FindString(text); found != "" {
				t.Errorf("%s says %s: a test that does not run proves nothing, a promise belongs into an issue", name, found)
			}
		}
	}
}

// The same for what is no Go: SQL, scripts, styles and programs of the browser.
func TestEveryOtherSource(t *testing.T) {
	sources := []string{".sql", ".sh", ".css", ".js", ".mjs", ".proto", ".csv", ".conf"}
	for _, name := range walk(t) {
		if !slices.Contains(sources, filepath.Ext(name)) || strings.HasSuffix(name, "golden.csv") {
			continue
		}
		if strings.HasPrefix(name, "plugins/") && filepath.Ext(name) == ".csv" {
			continue // a catalog, whose format has no comments
		}
		text, err := os.ReadFile(filepath.Join(root(), name))
		if err != nil {
			continue // deleted and not yet recorded
		}
		if !strings.Contains(string(text[:min(len(text), 400)]), "SPDX-License-Identifier: ") {
			t.Errorf("%s lacks its SPDX line", name)
		}
		if n := strings.Count(string(text), "\n"); n > 800 {
			t.Errorf("%s has %d lines: split it", name, n)
		}
	}
}

// walk lists the files of the tree that people write, as paths from its root.
func walk(t *testing.T) (out []string) {
	t.Helper()
	err := filepath.WalkDir(root(), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "node_modules", "dist", "testdata", "bin"}, d.Name()) {
			return fs.SkipDir
		}
		if !d.IsDir() {
			out = append(out, strings.TrimPrefix(path, root()+"/"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Nothing stands at the top but the product and what tools look for there.
func TestTopLevel(t *testing.T) {
	known := []string{"core", "plugins", "sdk", "cmd", "policies", "migrations", "docs", "go.mod", "go.sum", "README.md", "Makefile", "LICENSE",
		"CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "publiccode.yml", ".golangci.yml", ".gitignore", ".gitattributes", ".ci", ".github", ".editorconfig", "SECURITY.md"}
	made := []string{".git", "bin", "dist", "data", ".screens", ".satis", ".idea", ".vscode"} // by tools, and not kept
	list, err := os.ReadDir(root())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range list {
		name := entry.Name()
		if !slices.Contains(known, name) && !slices.Contains(made, name) {
			t.Errorf("%s does not belong at the top", name)
		}
	}
}

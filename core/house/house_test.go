// SPDX-License-Identifier: AGPL-3.0-or-later

package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/satis-toscana/satis"

// pack is a package as the go tool lists it.
type pack struct {
	ImportPath, Name, Dir, Doc         string
	Imports, TestImports, XTestImports []string
	GoFiles, TestGoFiles, XTestGoFiles []string
	IgnoredGoFiles                     []string
	Standard                           bool
}

// path is the place in the module: "core/service".
func (p pack) path() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

// within reports whether the package is a folder or lies in it.
func (p pack) within(folder string) bool { return inFolder(p.path(), folder) }

func inFolder(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

func (p pack) files() []string {
	all := slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles, p.IgnoredGoFiles)
	for i, f := range all {
		all[i] = filepath.Join(p.Dir, f)
	}
	return all
}

var root = sync.OnceValue(func() string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(out))
})

// all lists the packages of the module.
var all = sync.OnceValue(func() []pack {
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Dir,Doc,Imports,TestImports,XTestImports,GoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles", "./...")
	cmd.Dir = root()
	raw, err := cmd.Output()
	if err != nil {
		panic(err)
	}
	var out []pack
	for d := json.NewDecoder(bytes.NewReader(raw)); ; {
		var p pack
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			panic(err)
		}
		if !strings.Contains(p.ImportPath, "node_modules") && !p.within("core/house") {
			out = append(out, p)
		}
	}
})

// tests are the packages that only tests import.
var tests = []string{"core/dbtest", "core/sample", "core/house"}

func (p pack) forTests() bool { return slices.ContainsFunc(tests, p.within) }

func TestTheHouseIsFound(t *testing.T) {
	if len(all()) < 15 {
		t.Fatalf("only %d packages are listed", len(all()))
	}
}

// Each of these libraries has one room. Whoever needs what it does asks that room.
func TestOneImporter(t *testing.T) {
	for _, law := range []struct {
		library string
		rooms   []string
		why     string
	}{
		{"github.com/jmoiron/sqlx", []string{"core/postgres"}, "a query outside it is a query outside InTenant"},
		{"github.com/lib/pq", []string{"core/postgres", "core/dbtest"}, "a query outside it is a query outside InTenant"},
		{"database/sql", []string{"core/postgres", "core/dbtest"}, "a query outside it is a query outside InTenant"},
		{"github.com/pressly/goose", []string{"core/postgres"}, "the schema is changed in one place"},
		{"github.com/casbin", []string{"core/policy"}, "its caches and defaults have let revoked rights through"},
		{"github.com/hashicorp/go-plugin", []string{"core/pluginhost", "sdk"}, "a plugin is started, jailed and stopped in one place"},
		{"github.com/tink-crypto", []string{"core/seal"}, "keys are handled in one place"},
		{"golang.org/x/crypto/argon2", []string{"core/credential"}, "passwords are hashed in one way"},
		{"html/template", []string{"core/web", "core/httpkit", "core/web/ui", "core/isolation"}, "pages are made in one place; a report is a page that needs no server"},
		{"text/template", []string{"cmd/satis"}, "it does not escape: only the source of a new plugin is written with it, never a page"},
		{"unsafe", []string{"sdk/pluginpb"}, "nothing written by hand needs it"},
	} {
		for _, p := range all() {
			for _, imp := range p.Imports {
				if (imp == law.library || strings.HasPrefix(imp, law.library+"/")) && !slices.ContainsFunc(law.rooms, p.within) {
					t.Errorf("%s imports %s: %s", p.path(), imp, law.why)
				}
			}
		}
	}
}

// floors say how high a room stands. A package imports only what stands lower; within a
// floor nobody imports a neighbour, but for the pairs in besides.
var floors = map[string]int{
	"core/casework": 0, "core/tenant": 0, "core/fault": 0,
	"core/postgres": 1, "core/policy": 1, "core/pluginhost": 1, "core/audit": 1, "core/seal": 1, "core/credential": 1, "core/privatepg": 1,
	"core/service": 2, "core/report": 2,
	"core/web": 3, "core/api": 3, "core/httpkit": 3, "core/jobs": 3,
	"core/isolation": 3, // it proves what is served: it works through the service and looks at the database beside it
	"cmd/satis":      4,
}

var besides = map[string]string{
	"core/casework > core/tenant": "who and what are spoken of together", "core/casework > core/fault": "rules complain in the one vocabulary",
	"core/postgres > core/audit": "entries are stored through the caller's transaction",
	"core/web > core/httpkit":    "what pages and API share lies below both", "core/api > core/httpkit": "what pages and API share lies below both",
}

func roomOf(path string) (string, int, bool) {
	for room, floor := range floors {
		if inFolder(path, room) {
			return room, floor, true
		}
	}
	return "", 0, false
}

// Imports only go down: a change upstairs never breaks what lies below.
func TestFloors(t *testing.T) {
	for _, p := range all() {
		from, floor, ok := roomOf(p.path())
		if !ok {
			if inFolder(p.path(), "core") && !p.forTests() {
				t.Errorf("%s stands on no floor: say which in floors", p.path())
			}
			continue
		}
		for _, imp := range p.Imports {
			to, below, ok := roomOf(strings.TrimPrefix(imp, module+"/"))
			if !ok || to == from || below < floor || besides[from+" > "+to] != "" {
				continue
			}
			t.Errorf("%s (floor %d) imports %s (floor %d)", p.path(), floor, to, below)
		}
	}
}

// casework knows the standard library, the form description and two words for who and what
// went wrong: rules can be read and tested without anything else.
func TestCaseworkIsPure(t *testing.T) {
	allowed := []string{module + "/sdk/form", module + "/core/tenant", module + "/core/fault"}
	for _, p := range all() {
		if !p.within("core/casework") && !p.within("core/tenant") && !p.within("core/fault") && !p.within("sdk/form") {
			continue
		}
		for _, imp := range p.Imports {
			if strings.Contains(strings.Split(imp, "/")[0], ".") && !slices.Contains(allowed, imp) {
				t.Errorf("%s imports %s", p.path(), imp)
			}
		}
	}
}

// A plugin knows the sdk and nothing of the core; the sdk knows nothing of either: an author
// needs one import, and the core can change without a plugin noticing.
func TestPluginsAreOutside(t *testing.T) {
	for _, p := range all() {
		for _, imp := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			inside, ours := strings.CutPrefix(imp, module+"/")
			if !ours {
				continue
			}
			if p.within("plugins") && !inFolder(inside, "sdk") && inside != p.path() {
				t.Errorf("%s imports %s", p.path(), imp)
			}
			if p.within("sdk") && !inFolder(inside, "sdk") {
				t.Errorf("%s imports %s", p.path(), imp)
			}
		}
	}
}

// Pages and API hold no connection to the database: what they show came through the one door.
func TestNoPoolsUpstairs(t *testing.T) {
	for _, p := range all() {
		if !p.within("core/web") && !p.within("core/api") && !p.within("core/httpkit") {
			continue
		}
		for _, word := range []string{"postgres.Open(", "postgres.DB", ".InTenant(", ".AsSystem(", "postgres.Tx"} {
			for _, f := range p.GoFiles {
				if strings.Contains(read(t, filepath.Join(p.Dir, f)), word) {
					t.Errorf("%s/%s uses %s", p.path(), f, word)
				}
			}
		}
	}
}

// What ships does not carry what tests need.
func TestProductionIsNoTest(t *testing.T) {
	for _, p := range all() {
		if p.forTests() {
			continue
		}
		for _, imp := range p.Imports {
			inside := strings.TrimPrefix(imp, module+"/")
			if imp == "testing" || slices.Contains(tests, inside) || strings.HasPrefix(imp, "pgregory.net/rapid") || strings.HasPrefix(imp, "github.com/google/go-cmp") {
				t.Errorf("%s imports %s", p.path(), imp)
			}
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/sdk/form"
)

func TestBothLanguagesAgree(t *testing.T) {
	it, en := texts()["it"], texts()["en"]
	if diff := cmp.Diff(slices.Sorted(maps.Keys(it)), slices.Sorted(maps.Keys(en))); diff != "" {
		t.Errorf("keys differ (-it +en):\n%s", diff)
	}
	hole := regexp.MustCompile(`\{\w+\}`)
	for key := range it {
		// What a plugin says it says in both languages: each text has its own.
		a, b := hole.FindAllString(strings.ReplaceAll(it[key], "{it}", "{own}"), -1), hole.FindAllString(strings.ReplaceAll(en[key], "{en}", "{own}"), -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: it has %v, en has %v", key, a, b)
		}
	}
}

// codeAt tells which argument is the code, by the name of the function.
var codeAt = map[string]int{"New": 1, "Wrap": 2, "At": 1, "add": 1}

var codeShape = regexp.MustCompile(`^"[a-z][a-z_]+"$`)

// codesIn finds the codes of errors that a Go file names: in calls of package fault and of
// casework's complaints, and in fields called Code or code.
func codesIn(t *testing.T, path string) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil // somebody is in the middle of writing it; the compiler will say so
	}
	keep := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && codeShape.MatchString(lit.Value) {
			codes = append(codes, strings.Trim(lit.Value, `"`))
		}
	}
	inCases := strings.Contains(path, "casework")
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			fun, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, _ := fun.X.(*ast.Ident)
			at, known := codeAt[fun.Sel.Name]
			if known && pkg != nil && at < len(n.Args) && (pkg.Name == "fault" || (inCases && fun.Sel.Name == "add")) {
				keep(n.Args[at])
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				if k, ok := kv.Key.(*ast.Ident); ok && (k.Name == "code" || k.Name == "Code") && codeful(n.Type) {
					keep(kv.Value)
				}
			}
		}
		return true
	})
	return codes
}

// codeful tells the types whose Code is that of an error.
func codeful(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name == "Error" || e.Sel.Name == "Field"
	case *ast.Ident:
		return e.Name == "Finding" || e.Name == "refusal" || e.Name == "Complaint"
	}
	return false
}

func TestEveryCodeHasWords(t *testing.T) {
	want := map[string]string{}
	for _, c := range form.Codes() {
		want[c] = "sdk/form"
	}
	for _, r := range rephrased {
		want[r.code] = "humaerror.go"
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{"node_modules", "dist", "testdata", "web"}, d.Name()) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			for _, c := range codesIn(t, path) {
				want[c] = path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(want) < 40 {
		t.Errorf("only %d codes found: the search is broken", len(want))
	}
	for code, path := range want {
		if texts()["it"]["fault."+code] == "" {
			t.Errorf("%s: no words for %q", path, code)
		}
	}
}

func TestEveryKindHasWords(t *testing.T) {
	for status := 400; status < 600; status++ {
		kind := kindOfStatus(status)
		if texts()["it"]["title."+kind] == "" || texts()["it"]["fault."+kind] == "" {
			t.Errorf("%d: no words for %q", status, kind)
		}
	}
}

// The API fills {name}; what is written for the pages' templates would be printed as it is.
func TestTextsAreNoTemplates(t *testing.T) {
	for lang, words := range texts() {
		for key, text := range words {
			if strings.Contains(text, "{{") {
				t.Errorf("%s: %s has a template's braces", lang, key)
			}
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package fault_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk/form"
)

// catalogue reads one language as it stands in its file.
func catalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("texts/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

var hole = regexp.MustCompile(`\{\w+\}`)

func holes(words string) []string {
	out := hole.FindAllString(words, -1)
	slices.Sort(out)
	return slices.Compact(out)
}

// A language that lacks a code, or a hole, hides a fact from one half of the readers.
func TestBothLanguagesAgree(t *testing.T) {
	it, en := catalogue(t, "it"), catalogue(t, "en")
	if diff := cmp.Diff(slices.Sorted(maps.Keys(it)), slices.Sorted(maps.Keys(en))); diff != "" {
		t.Errorf("codes differ (-it +en):\n%s", diff)
	}
	for code := range it {
		if code == "plugin_remark" {
			continue // a plugin says it in both languages itself: each takes its own
		}
		if a, b := holes(it[code]), holes(en[code]); !slices.Equal(a, b) {
			t.Errorf("%s: it has %v, en has %v", code, a, b)
		}
		for lang, words := range map[string]string{"it": it[code], "en": en[code]} {
			if words == "" || strings.Contains(words, "{{") {
				t.Errorf("%s in %s: %q", code, lang, words)
			}
		}
	}
}

// said is where a code is given to an error; params are the names given along, nil where
// they are not all written there.
type said struct {
	code, where string
	params      []string
}

// sources are the Go files of the product's own code, without tests.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	out := map[string]*ast.File{}
	for _, root := range []string{"../../core", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && slices.Contains([]string{"node_modules", "dist", "testdata"}, d.Name()) {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			out[path] = file
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// room is what a package says of codes, or a file: at, the functions that take one, by the
// place of their parameter "code"; named, its constants.
type room struct {
	at    map[string]int
	named map[string]string
}

// otherCodes are functions that call something else a code.
var otherCodes = []string{"limitText", "change"}

// roomsOf reads what the packages declare, by their folders, and what files declare inside
// functions, by their paths.
func roomsOf(files map[string]*ast.File) map[string]room {
	out := map[string]room{}
	for path, file := range files {
		r, ok := out[folder(path)]
		if !ok {
			r = room{map[string]int{}, map[string]string{}}
			out[folder(path)] = r
		}
		inside := room{at: map[string]int{}}
		out[path] = inside
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				r.takes(n.Name, n.Type)
			case *ast.AssignStmt:
				if fun, ok := n.Rhs[0].(*ast.FuncLit); ok {
					inside.takes(n.Lhs[0], fun.Type)
				}
			case *ast.ValueSpec:
				for i, v := range n.Values {
					if lit, ok := literal(v); ok {
						r.named[n.Names[i].Name] = lit
					}
				}
			}
			return true
		})
	}
	return out
}

func folder(path string) string { return filepath.Base(filepath.Dir(path)) }

func (r room) takes(name ast.Expr, fun *ast.FuncType) {
	at := 0
	for _, field := range fun.Params.List {
		for _, param := range field.Names {
			if param.Name == "code" && !slices.Contains(otherCodes, nameOf(name)) {
				r.at[nameOf(name)] = at
			}
			at++
		}
	}
}

// hasCode are the types whose Code, or code, is one of ours.
var hasCode = []string{"Error", "Field", "Finding", "refusal", "Complaint", "Invariant", "Must"}

var codeShape = regexp.MustCompile(`^"[a-z][a-z_]+"$`)

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || !codeShape.MatchString(lit.Value) {
		return "", false
	}
	return strings.Trim(lit.Value, `"`), true
}

// nameOf is the last name of an expression: "Error" of fault.Error, "At" of fault.At.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// codesIn finds the codes that a file gives away.
func codesIn(path string, file *ast.File, rooms map[string]room) (out []said) {
	roomOf := func(e ast.Expr) room { // of the package that is named, else of the file's own
		if sel, ok := e.(*ast.SelectorExpr); ok {
			if r, ok := rooms[nameOf(sel.X)]; ok {
				return r
			}
		} else if _, ok := rooms[path].at[nameOf(e)]; ok {
			return rooms[path]
		}
		return rooms[folder(path)]
	}
	keep := func(e ast.Expr, params []string) {
		code, ok := literal(e)
		if !ok {
			code, ok = roomOf(e).named[nameOf(e)]
		}
		if ok {
			out = append(out, said{code, path, params})
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			at, known := roomOf(n.Fun).at[nameOf(n.Fun)]
			if known && at < len(n.Args) {
				keep(n.Args[at], params(n, at+1))
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if ok && strings.EqualFold(nameOf(kv.Key), "code") && slices.Contains(hasCode, nameOf(n.Type)) {
					keep(kv.Value, nil)
				}
			}
		case *ast.AssignStmt:
			if strings.EqualFold(nameOf(n.Lhs[0]), "code") {
				keep(n.Rhs[0], nil)
			}
		}
		return true
	})
	return out
}

// params are the names given along in a call of package fault from the argument at; nil where
// one of them is no literal, or something else follows the code.
func params(call *ast.CallExpr, at int) []string {
	if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || nameOf(sel.X) != "fault" {
		return nil
	}
	out := []string{}
	for ; at < len(call.Args); at += 2 {
		name, ok := literal(call.Args[at])
		if !ok {
			return nil
		}
		out = append(out, "{"+name+"}")
	}
	return out
}

// allCodes are the literals of the code, and the families that their packages list.
func allCodes(t *testing.T) (out []said) {
	t.Helper()
	files := sources(t)
	rooms := roomsOf(files)
	for path, file := range files {
		out = append(out, codesIn(path, file, rooms)...)
	}
	if len(out) < 200 {
		t.Fatalf("only %d codes found: the search is broken", len(out))
	}
	for k := fault.Internal; k <= fault.Limited; k++ {
		out = append(out, said{code: k.String(), where: "a kind"})
	}
	for _, c := range form.Codes() {
		out = append(out, said{code: c, where: "sdk/form"})
	}
	for _, c := range []string{service.TrialRuleAllows, service.TrialRuleDenies, service.TrialNoRule, service.TrialNoRole, service.TrialNotTheirs} {
		out = append(out, said{code: c, where: "service.Trial"})
	}
	for _, state := range []string{postgres.PluginSuspended, postgres.PluginRevoked} {
		out = append(out, said{code: "plugin_" + state, where: "the state of a plugin that is called"})
	}
	for _, inv := range policy.Invariants() {
		out = append(out, said{code: inv.Code, where: "policy.Invariants"})
	}
	for _, m := range policy.Musts() {
		out = append(out, said{code: m.Code, where: "policy.Musts"})
	}
	return out
}

// A code without words reads "try again in a moment": never the truth.
func TestEveryCodeHasWords(t *testing.T) {
	have := catalogue(t, "it")
	for _, s := range allCodes(t) {
		words, ok := have[s.code]
		if !ok {
			t.Errorf("%s: no words for %q", s.where, s.code)
			continue
		}
		if s.params == nil {
			continue
		}
		for _, h := range holes(words) {
			if !slices.Contains(s.params, h) {
				t.Errorf("%s: %q leaves %s open", s.where, s.code, h)
			}
		}
	}
}

// Words that nothing says are read by translators only. A code that travels in a variable
// stands as a literal somewhere too.
func TestNoWordsAreUnused(t *testing.T) {
	used := map[string]bool{}
	for _, s := range allCodes(t) {
		used[s.code] = true
	}
	for _, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && codeShape.MatchString(lit.Value) {
				used[strings.Trim(lit.Value, `"`)] = true
			}
			return true
		})
	}
	for code := range catalogue(t, "it") {
		if !used[code] {
			t.Errorf("nothing says %q", code)
		}
	}
}

func TestWords(t *testing.T) {
	it, _ := fault.Words("it", "no_role")
	if words, ok := fault.Words("de", "no_role"); !ok || words != it {
		t.Errorf("an unknown language reads %q", words)
	}
	if words, ok := fault.Words("it", "some_code_nobody_wrote"); ok || words != "" {
		t.Errorf("an unknown code reads %q", words)
	}
}

// What fills one hole may look like another: it is text, not a text to fill.
func TestFill(t *testing.T) {
	for range 20 { // a map has no order
		got := fault.Fill("{a} and {b}, {c}", map[string]string{"a": "{b}", "b": "{a}"})
		if got != "{b} and {a}, {c}" {
			t.Fatalf("%q", got)
		}
	}
	if got := fault.Fill("{a}", nil); got != "{a}" {
		t.Errorf("%q", got)
	}
}

// SPDX-License-Identifier: BSD-3-Clause

package sdk_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

func page(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// flat takes the indentation away, which a list in a page adds.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// What the README shows compiles and conforms: it stands in the examples, word for word.
func TestReadmeShowsTheExamples(t *testing.T) {
	code := flat(page(t, "example_test.go") + page(t, "example_kinds_test.go"))
	blocks := strings.Split(page(t, "README.md"), "```go\n")[1:]
	if len(blocks) != 3 {
		t.Errorf("%d examples, want one of each kind", len(blocks))
	}
	for _, b := range blocks {
		b, _, _ = strings.Cut(b, "```")
		for part := range strings.SplitSeq(b, "\n\n") {
			if !strings.Contains(code, flat(part)) {
				t.Errorf("no example has\n%s", part)
			}
		}
	}
}

// Every key of plugin.yaml and every word that one can take is on the page of the manifest.
func TestManifestPageIsWhole(t *testing.T) {
	text := page(t, "MANIFEST.md")
	want := func(word string) {
		if !strings.Contains(text, "`"+word+"`") {
			t.Errorf("%s is not on the page", word)
		}
	}
	seen := map[reflect.Type]bool{}
	var keys func(reflect.Type)
	keys = func(at reflect.Type) {
		switch at.Kind() {
		case reflect.Slice, reflect.Pointer, reflect.Map:
			keys(at.Elem())
		case reflect.Struct:
			if seen[at] {
				return
			}
			seen[at] = true
			for i := range at.NumField() {
				name, _, _ := strings.Cut(at.Field(i).Tag.Get("json"), ",")
				want(name)
				keys(at.Field(i).Type)
			}
		}
	}
	keys(reflect.TypeFor[sdk.Manifest]())
	for _, k := range sdk.Kinds() {
		want(string(k))
	}
	for _, k := range form.Kinds() {
		want(string(k))
	}
	for _, code := range sdk.ReservedTypes() {
		want(code)
	}
	wrong := form.Form{Fields: []form.Field{{Name: "a", Kind: form.KindInteger, Label: words, Unit: "?", Class: "?"}}}.Check().Error()
	for line := range strings.Lines(wrong) {
		if _, list, ok := strings.Cut(strings.TrimSpace(line), " are "); ok {
			for word := range strings.SplitSeq(list, ", ") {
				want(word)
			}
		}
	}
}

// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Generated code is committed, so that building needs no generator; it must be what the
// generator gives today.
func TestCommittedCodeIsUpToDate(t *testing.T) {
	files, err := Generate("..")
	if err != nil {
		t.Fatal(err)
	}
	const dir = "../../pluginpb"
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is out of date, run go generate ./sdk/...\n%s", name, diff)
		}
	}
	committed, err := filepath.Glob(filepath.Join(dir, "*.pb.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range committed {
		if _, ok := files[filepath.Base(p)]; !ok {
			t.Errorf("%s comes from no .proto file; the generator gives %v", p, slices.Sorted(maps.Keys(files)))
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/sdk"
)

var update = flag.Bool("update", false, "write the answers of the golden cases anew")

// golden is one file of testdata/golden: facts, and the answer to them.
type golden struct {
	About  string             `json:"about"`
	AsOf   string             `json:"as_of"`
	Facts  map[string]any     `json:"facts"`
	Answer *sdk.SubsidyAnswer `json:"answer,omitempty"`
}

func (g golden) request() sdk.SubsidyRequest {
	return sdk.SubsidyRequest{Subsidy: "rent", AsOf: g.AsOf, Locale: "it", Facts: g.Facts}
}

func readGolden(t *testing.T) map[string]golden {
	t.Helper()
	paths, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	out := map[string]golden{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		var g golden
		if err := json.Unmarshal(b, &g); err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		out[strings.TrimSuffix(filepath.Base(p), ".json")] = g
	}
	return out
}

// A change of the rules shows in these files, where a person can read it.
func TestGolden(t *testing.T) {
	facts := declared(t)
	for name, g := range readGolden(t) {
		t.Run(name, func(t *testing.T) {
			req := g.request()
			req.Facts = facts.Canonical(req.Facts)
			got := evaluate(t, req.Facts)
			if *update {
				g.Answer = &got
				b, err := json.MarshalIndent(g, "", "  ")
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join("testdata/golden", name+".json"), append(b, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(g.Answer, &got); diff != "" {
				t.Errorf("(-want +got); if it is meant: go test ./plugins/rent-subsidy -update\n%s", diff)
			}
		})
	}
}

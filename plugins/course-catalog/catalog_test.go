// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

var update = flag.Bool("update", false, "write the answers of the golden cases anew")

func TestPlugin(t *testing.T) {
	if *update {
		if err := sdktest.Update(plugin(), "testdata/golden"); err != nil {
			t.Fatal(err)
		}
	}
	sdktest.Run(t, plugin(), sdktest.Golden(t, "testdata/golden"))
}

func read(t *testing.T, format string, content []byte) sdk.Import {
	t.Helper()
	got, err := catalog{}.Import(context.Background(), sdk.Feed{Catalog: "tuscany", Format: format, AsOf: "2026-11-01", Content: content})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The sample is whole: 200 editions, no remark, several provinces, every area and prerequisite used.
func TestSample(t *testing.T) {
	got := read(t, "csv", sample)
	if len(got.Editions) != 200 || len(got.Diagnostics) != 0 {
		t.Fatalf("%d editions, %v", len(got.Editions), got.Diagnostics)
	}
	provinces, areas := map[string]bool{}, map[sdk.Area]bool{}
	for _, e := range got.Editions {
		if err := e.Check(); err != nil {
			t.Errorf("%s: %v", e.ID, err)
		}
		if e.EnrolBy > e.Starts {
			t.Errorf("%s: one can enrol after the start", e.ID)
		}
		starts, _ := time.Parse(time.DateOnly, e.Starts)
		ends, _ := time.Parse(time.DateOnly, e.Ends)
		if starts.Weekday() == time.Saturday || starts.Weekday() == time.Sunday || ends.Weekday() == time.Sunday {
			t.Errorf("%s: starts or ends where nobody holds a course", e.ID)
		}
		provinces[e.ISTATCode[:3]], areas[e.Area] = true, true
	}
	if len(provinces) != 10 || len(areas) != len(sdk.Areas()) {
		t.Errorf("%d provinces of 10, %d areas", len(provinces), len(areas))
	}
}

// The same list as JSON gives the same editions.
func TestJSONIsTheSame(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(string(sample)), "\n")
	names := strings.Split(lines[0], ";")
	if !slices.Equal(names, columns) {
		t.Fatalf("columns %v", names)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, v := range strings.Split(line, ";") {
			row[names[i]] = v
		}
		rows = append(rows, row)
	}
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(read(t, "csv", sample), read(t, "json", text)); diff != "" {
		t.Error(diff)
	}
}

func TestCents(t *testing.T) {
	for in, want := range map[string]int64{"": 0, "0": 0, "120": 120_00, "120,5": 120_50, "120.05": 120_05, "0,99": 99} {
		if got, ok := cents(in); !ok || got != want {
			t.Errorf("%q is %d, %t", in, got, ok)
		}
	}
	for _, in := range []string{"-1", "1.234,50", "12,345", "abc", ",5", "99999999999"} {
		if got, ok := cents(in); ok {
			t.Errorf("%q is %d", in, got)
		}
	}
}

// FuzzImport: whatever is uploaded, what comes out makes sense.
func FuzzImport(f *testing.F) {
	small, err := os.ReadFile("testdata/golden/faults.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("csv", small)
	f.Add("json", []byte(`[{"id": 1, "hours": true, "prerequisites": ["a"]}]`))
	f.Fuzz(func(t *testing.T, format string, content []byte) {
		got, err := catalog{}.Import(context.Background(), sdk.Feed{Format: format, Content: content})
		if err == nil && got.Check() != nil {
			t.Error(got.Check())
		}
	})
}

// A line that no CSV reader understands is left out, with a remark, wherever in it the fault is.
func TestBrokenQuotes(t *testing.T) {
	sample, err := os.ReadFile("editions.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitN(string(sample), "\n", 4)
	for name, broken := range map[string]string{"first field": `ab"c,x`, "later field": `x,ab"c`, "nothing but quotes": `"""`} {
		got, err := catalog{}.Import(t.Context(), sdk.Feed{Catalog: "tuscany", Format: "csv", AsOf: "2026-11-01",
			Content: []byte(lines[0] + "\n" + broken + "\n" + lines[1] + "\n")})
		if err != nil || len(got.Diagnostics) == 0 || got.Diagnostics[0].Path != "2" {
			t.Errorf("%s: %+v, %v", name, got.Diagnostics, err)
		}
	}
}

// SPDX-License-Identifier: BSD-3-Clause

package sdktest

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"
)

// A golden file with a slip in a key would pass whatever is answered: it is refused instead.
func TestGoldenFilesAreStrict(t *testing.T) {
	feed := &fstest.MapFile{Data: []byte("a;b")}
	for text, want := range map[string]string{
		`{"about": "x", "facts": {}, "answer": {}}`:            "",
		`{"catalog": "c", "as_of": "2026-01-01", "query": {}}`: "",
		`{"catalog": "c", "feed": "f.csv"}`:                    "",
		`{"anwser": {}}`:                                       `one.json: the key "anwser" is not known`,
		`{"abuot": "x"}`:                                       `the key "abuot" is not known`,
		`{"catalog": "c", "query": {"istat": "046033"}}`:       `the key "istat" is not known`,
		`{"subsidy": "s", "intervention": "i"}`:                "one subsidy, intervention or catalog",
		`{"subsidy": "s", "query": {}}`:                        `"query" is of a catalog's case`,
		`{"feed": "f.csv"}`:                                    `"feed" is of a catalog's case`,
		`{"catalog": "c", "query": {}, "facts": {}}`:           `"facts" is of no catalog's case`,
		`{"catalog": "c", "query": {}, "feed": "f.csv"}`:       "either feed or query",
		`{"catalog": "c"}`:                                     "either feed or query",
		"{\n\"about\": 3}":                                     `line 2: the key "about" cannot be a number`,
		"{\n\"about\": \"x\",\n}":                              "line 3: ",
		`{"about": "x"} {"about": "y"}`:                        "something comes after",
	} {
		_, err := ReadGolden(fstest.MapFS{"one.json": {Data: []byte(text)}, "f.csv": feed})
		if got := errText(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	_, err := ReadGolden(fstest.MapFS{"a.json": {Data: []byte(`{"x": 1}`)}, "b.json": {Data: []byte(`{"y": 1}`)}})
	if got := errText(err); !strings.Contains(got, "a.json") || !strings.Contains(got, "b.json") {
		t.Errorf("not both files are told: %q", got)
	}
}

// The golden files that the README shows are read, one of each kind.
func TestGoldenFilesOfTheReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(text), "## Golden files")
	_, part, _ = strings.Cut(part, "```json\n")
	part, _, _ = strings.Cut(part, "```")
	dir := fstest.MapFS{"autumn.csv": {}}
	for i, line := range strings.Split(strings.TrimSpace(part), "\n") {
		dir[strconv.Itoa(i)+".json"] = &fstest.MapFile{Data: []byte(line)}
	}
	c, err := ReadGolden(dir)
	if err != nil || len(c) != 4 || c[0].Request.Subsidy == "" || c[1].Intervention == nil || c[2].Feed == nil || c[3].Query == nil {
		t.Errorf("%+v, %v", c, err)
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestDifference(t *testing.T) {
	for _, tt := range []struct{ want, got, says string }{
		{`{"a": 1, "b": [1, null]}`, `{"b": [1, null], "a": 1.0}`, ""},
		{`{"explanation": [{"amount_cents": 2310}]}`, `{"explanation": [{"amount_cents": 2400}]}`, "explanation/0/amount_cents: the file says 2310, the answer 2400"},
		{`{"a": [1]}`, `{"a": [1, {"it": "è"}]}`, `a/1: the file says nothing, the answer {"it":"è"}`},
		{`{"a": 1, "eligible": true}`, `{"a": 1}`, "eligible: the file says true, the answer nothing"},
		{`{"a": {}}`, `{"a": []}`, "a: the file says {}, the answer []"},
		{`{"a": null}`, `{"a": {}}`, "a: the file says null, the answer {}"},
		{`3`, `{}`, "answer: the file says 3, the answer {}"},
		{`{"a": "<&>"}`, `{}`, `a: the file says "<&>", the answer nothing`},
	} {
		if got := difference([]byte(tt.want), []byte(tt.got)); got != tt.says {
			t.Errorf("%s and %s: %q, want %q", tt.want, tt.got, got, tt.says)
		}
	}
	long := strings.Repeat("è", 5000)
	got := difference([]byte(`{"a": "`+long+`6 mesi"}`), []byte(`{"a": "`+long+`7 mesi"}`))
	if !strings.Contains(got, `è6 mesi", the answer "…è`) || !strings.HasSuffix(got, `è7 mesi"`) {
		t.Errorf("two long texts: %q", got)
	}
	got = difference([]byte(`{"`+long+`\u0000": "`+long+`"}`), []byte(`{"`+long+`\u0000": "x`+long+`"}`))
	if n := utf8.RuneCountInString(got); n > 200 || strings.ContainsRune(got, 0) {
		t.Errorf("%d characters: %q", n, got)
	}
}

// SPDX-License-Identifier: BSD-3-Clause

package sdktest

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/satis-toscana/satis/sdk"
)

// file is a golden case: a question, and the answer that a person has read. A key that is not
// among these is refused; sdk/README.md tells what each is for.
type file struct {
	About        string          `json:"about"`
	Subsidy      string          `json:"subsidy,omitempty"`
	Intervention string          `json:"intervention,omitempty"`
	Catalog      string          `json:"catalog,omitempty"`
	AsOf         string          `json:"as_of,omitempty"`
	Facts        map[string]any  `json:"facts,omitempty"`
	Feed         string          `json:"feed,omitempty"` // a file beside this one: "autumn.csv"
	Query        *query          `json:"query,omitempty"`
	Answer       json.RawMessage `json:"answer,omitempty"`
}

type query struct {
	Text      string   `json:"text,omitempty"`
	ISTATCode string   `json:"istat_code,omitempty"`
	From      string   `json:"from,omitempty"`
	To        string   `json:"to,omitempty"`
	Area      sdk.Area `json:"area,omitempty"`
	Limit     int32    `json:"limit,omitempty"`
	Offset    int32    `json:"offset,omitempty"`
}

// Fataler is the part of testing.TB that Golden needs.
type Fataler interface {
	Helper()
	Fatal(args ...any)
}

// Golden reads the golden cases of a folder.
func Golden(t Fataler, dir string) []Case {
	t.Helper()
	cases, err := ReadGolden(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// ReadGolden reads every *.json at the top of a folder. A file names a subsidy, an
// intervention or a catalog, what is asked, and best the answer; where it names nothing,
// it is of the only subsidy. A key that is not known, or that is of another sort of case, is an
// error; the errors of all files come back joined, each a CaseError.
func ReadGolden(dir fs.FS) ([]Case, error) {
	names, err := fs.Glob(dir, "*.json")
	if err != nil {
		return nil, err
	}
	var out []Case
	var faults []error
	for _, name := range names {
		c, err := readCase(dir, name)
		if err != nil {
			faults = append(faults, &CaseError{File: name, Err: err})
			continue
		}
		out = append(out, c)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return out, nil
}

func readCase(dir fs.FS, name string) (Case, error) {
	text, err := fs.ReadFile(dir, name)
	if err != nil {
		return Case{}, err
	}
	f, err := parseCase(text)
	if err != nil {
		return Case{}, err
	}
	c := Case{Name: strings.TrimSuffix(name, ".json"), Want: f.Answer}
	switch {
	case f.Intervention != "":
		c.Intervention = &sdk.InterventionRequest{Type: f.Intervention, AsOf: f.AsOf, Locale: "it", Details: f.Facts}
	case f.Feed != "":
		content, err := fs.ReadFile(dir, f.Feed)
		if err != nil {
			return Case{}, err
		}
		c.Feed = &sdk.Feed{Catalog: f.Catalog, Format: strings.TrimPrefix(path.Ext(f.Feed), "."), AsOf: f.AsOf, Content: content}
	case f.Query != nil:
		q := f.Query
		c.Query = &sdk.CourseQuery{Catalog: f.Catalog, Text: q.Text, ISTATCode: q.ISTATCode, From: q.From, To: q.To, Area: q.Area, Limit: q.Limit, Offset: q.Offset}
	default:
		c.Request = sdk.SubsidyRequest{Subsidy: f.Subsidy, AsOf: f.AsOf, Locale: "it", Facts: f.Facts}
	}
	return c, nil
}

// Update writes the answers of the golden cases anew, for a person to read what changed.
func Update(p sdk.Plugin, dir string) error {
	m, err := sdk.ParseManifest(p.Manifest)
	if err != nil {
		return err
	}
	conn, stop, err := serve(p)
	if err != nil {
		return err
	}
	defer stop()
	cases, err := ReadGolden(os.DirFS(dir))
	if err != nil {
		return err
	}
	for _, c := range named(m, cases) {
		k := newKit(m, conn)
		answer := k.ask(c)
		if len(k.findings) > 0 {
			return errors.New(k.findings[0].String())
		}
		if err := rewrite(filepath.Join(dir, c.Name+".json"), answer); err != nil {
			return err
		}
	}
	return nil
}

// ask gives the answer of a case in the shape of a golden file.
func (k *kit) ask(c Case) any {
	switch {
	case c.Intervention != nil:
		i, _ := k.manifest.InterventionOf(c.Intervention.Type)
		p, _ := k.proposal(i, c.Name, *c.Intervention)
		return p
	case c.Feed != nil:
		return k.imported(c)
	case c.Query != nil:
		p, _ := k.page(c.Name, *c.Query)
		return p
	}
	s, _ := k.manifest.SubsidyOf(c.Request.Subsidy)
	a, _ := k.answer(s, c.Name, c.Request)
	return a
}

func rewrite(path string, answer any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	f, err := parseCase(text)
	if err != nil {
		return err
	}
	if f.Answer, err = json.Marshal(answer); err != nil {
		return err
	}
	text, err = json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

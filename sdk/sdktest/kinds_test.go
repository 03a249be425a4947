// SPDX-License-Identifier: BSD-3-Clause

package sdktest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

const both = `
id: sample
agency: Somebody
version: 1.0.0
contract: {min: 1, max: 1}
kinds: [interventions, courses]
interventions:
  - code: walk
    title: {it: Passeggiata, en: Walk}
    form:
      fields:
        - {name: months, kind: integer, class: case, min: 1, max: 24, required: true, label: {it: Mesi, en: Months}}
        - {name: dog, kind: yes_no, class: case, label: {it: Cane, en: Dog}}
    purposes:
      months: {it: Prova, en: Test}
      dog: {it: Prova, en: Test}
catalogs:
  - {code: walks, title: {it: Passeggiate, en: Walks}, formats: [csv]}
`

type walk struct {
	spoil func(*sdk.Contribution, sdk.InterventionRequest)
}

func (walk) Type() string { return "walk" }

func (walk) Validate(context.Context, sdk.InterventionRequest) ([]sdk.Diagnostic, error) {
	return nil, nil
}

func (w walk) Plan(ctx context.Context, r sdk.InterventionRequest) (sdk.Contribution, error) {
	x := sdk.Text{IT: "uno", EN: "one"}
	n := r.Details.WholeOr("months", 1)
	c := sdk.Contribution{
		Budget: []sdk.BudgetLine{{Code: "shoes", Label: x, AmountCents: 50_00, Months: int32(n), TotalCents: 50_00 * n, Reason: x, FactsUsed: []string{"months"}}},
		Dates:  []sdk.PlannedDate{{Code: "start", Label: x, Date: r.AsOf}},
		Tasks:  []sdk.PlannedTask{{Code: "call", Label: x}},
	}
	if w.spoil != nil {
		w.spoil(&c, r)
	}
	return c, ctx.Err()
}

// walks reads lines of "id;title;seats".
type walks struct {
	spoil func(*sdk.CoursePage)
}

func (walks) Catalog() string { return "walks" }

func edition(id, title string) sdk.Edition {
	return sdk.Edition{
		ID: id, Course: "walk", Title: sdk.Text{IT: title, EN: title}, Area: sdk.AreaOther, Provider: "Scuola", ISTATCode: "046033",
		Municipality: "Viareggio", Starts: "2027-01-10", Ends: "2027-02-10", Hours: 20, Seats: 10,
	}
}

func (walks) Import(ctx context.Context, f sdk.Feed) (sdk.Import, error) {
	var out sdk.Import
	for i, line := range strings.Split(string(f.Content), "\n") {
		e := edition("", "")
		e.ID, e.Title.IT, _ = strings.Cut(line, ";")
		e.Title.EN = e.Title.IT
		if e.Check() == nil && len(out.Editions) < 100 {
			out.Editions = append(out.Editions, e)
		} else if len(out.Diagnostics) < 5 {
			out.Diagnostics = append(out.Diagnostics, sdk.Diagnostic{Path: fmt.Sprint(i + 1), Code: "unreadable", Text: sdk.Text{IT: "Riga saltata", EN: "Line left out"}})
		}
	}
	return out, ctx.Err()
}

func (w walks) Search(ctx context.Context, q sdk.CourseQuery) (sdk.CoursePage, error) {
	p := sdk.FindEditions(q, []sdk.Edition{edition("w1", "Sentiero"), edition("w2", "Città alta")})
	if w.spoil != nil {
		w.spoil(&p)
	}
	return p, ctx.Err()
}

var bothCases = fstest.MapFS{
	"walk.json":   {Data: []byte(`{"about": "a walk", "intervention": "walk", "as_of": "2026-01-01", "facts": {"months": 3}}`)},
	"feed.json":   {Data: []byte(`{"about": "a feed", "catalog": "walks", "as_of": "2026-01-01", "feed": "feed.csv"}`)},
	"feed.csv":    {Data: []byte("a1;Bosco\na2;Mare\n;")},
	"search.json": {Data: []byte(`{"about": "a search", "catalog": "walks", "query": {"text": "citta"}}`)},
}

func checkBoth(t *testing.T, w walk, c walks) []string {
	t.Helper()
	cases, err := sdktest.ReadGolden(bothCases)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range sdktest.Check(sdk.Plugin{Manifest: []byte(both), Interventions: []sdk.InterventionType{w}, Catalogs: []sdk.CourseCatalog{c}}, cases) {
		out = append(out, f.Rule)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestKitOfInterventionsAndCourses(t *testing.T) {
	tests := map[string]struct {
		walk  func(*sdk.Contribution, sdk.InterventionRequest)
		walks func(*sdk.CoursePage)
		want  []string
	}{
		"conforms":         {nil, nil, nil},
		"sum":              {func(c *sdk.Contribution, _ sdk.InterventionRequest) { c.Budget[0].TotalCents++ }, nil, []string{"answer"}},
		"negative":         {func(c *sdk.Contribution, _ sdk.InterventionRequest) { c.Budget[0].AmountCents = -1 }, nil, []string{"answer"}},
		"one language":     {func(c *sdk.Contribution, _ sdk.InterventionRequest) { c.Tasks[0].Label.EN = "" }, nil, []string{"answer"}},
		"no such day":      {func(c *sdk.Contribution, _ sdk.InterventionRequest) { c.Dates[0].Date = "2026-02-30" }, nil, []string{"answer"}},
		"reader's tongue":  {func(c *sdk.Contribution, r sdk.InterventionRequest) { c.Tasks[0].Label.EN = r.Locale }, nil, []string{"determinism"}},
		"panics":           {func(*sdk.Contribution, sdk.InterventionRequest) { panic("no") }, nil, []string{"answer"}},
		"same page":        {nil, func(p *sdk.CoursePage) { p.Editions, p.Total = []sdk.Edition{edition("w1", "x")}, 9 }, []string{"answer"}},
		"nonsense edition": {nil, func(p *sdk.CoursePage) { p.Editions, p.Total = []sdk.Edition{{}}, 1 }, []string{"answer"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := checkBoth(t, walk{tt.walk}, walks{tt.walks}); !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}

func TestGoldenFilesAreWrittenAndHeld(t *testing.T) {
	dir := t.TempDir()
	for name, f := range bothCases {
		if err := os.WriteFile(filepath.Join(dir, name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := sdk.Plugin{Manifest: []byte(both), Interventions: []sdk.InterventionType{walk{}}, Catalogs: []sdk.CourseCatalog{walks{}}}
	if err := sdktest.Update(p, dir); err != nil {
		t.Fatal(err)
	}
	if f := sdktest.Check(p, sdktest.Golden(t, dir)); len(f) != 0 {
		t.Errorf("found %v", f)
	}
	p.Interventions = []sdk.InterventionType{walk{func(c *sdk.Contribution, _ sdk.InterventionRequest) { c.Tasks = nil }}}
	if f := sdktest.Check(p, sdktest.Golden(t, dir)); len(f) != 1 || f[0].Rule != "golden" || !strings.HasPrefix(f[0].Detail, "contribution/tasks: the file says [{") {
		t.Errorf("found %v", f)
	}
}

// A rule that asks for the history must keep to twelve months.
func TestKitCountsMonths(t *testing.T) {
	text := strings.ReplaceAll(strings.ReplaceAll(manifest, "people", "months_already_supported"), "person_count", "integer")
	for limit, want := range map[int64]string{12: "", 13: "twelve months"} {
		g := gift(func(_ context.Context, r sdk.SubsidyRequest, a *sdk.SubsidyAnswer) error { return nil })
		p := sdk.Plugin{Manifest: []byte(text), Rules: []sdk.SubsidyRule{months{g, limit}}}
		got := ""
		for _, f := range sdktest.Check(p, []sdktest.Case{{Name: "x", Request: sdk.SubsidyRequest{AsOf: "2026-01-01", Locale: "it", Facts: sdk.Facts{"months_already_supported": 2}}}}) {
			got = f.Rule
		}
		if got != want {
			t.Errorf("limit %d: found %q, want %q", limit, got, want)
		}
	}
}

type months struct {
	gift
	limit int64
}

func (m months) Evaluate(ctx context.Context, req sdk.SubsidyRequest) (sdk.SubsidyAnswer, error) {
	x := sdk.Text{IT: "uno", EN: "one"}
	a := sdk.SubsidyAnswer{Explanation: []sdk.Step{{RuleID: "r", LegalBasis: x, Title: x, Outcome: x, AmountCents: new(int64(100))}}}
	had, ok := req.Facts.Whole("months_already_supported")
	if !ok {
		return a, errors.New("not known")
	}
	if left := m.limit - max(0, had); left > 0 {
		a.Eligible, a.MonthlyCents, a.Months, a.TotalCents = true, 100, int32(left), 100*left
	}
	return a, ctx.Err()
}

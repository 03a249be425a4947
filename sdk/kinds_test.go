// SPDX-License-Identifier: BSD-3-Clause

package sdk_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

var words = sdk.Text{IT: "uno", EN: "one"}

func sampleEdition() sdk.Edition {
	return sdk.Edition{
		ID: "it-a2-1", Course: "it-a2", Title: sdk.Text{IT: "Italiano A2 — Perché no", EN: "Italian A2"}, Area: sdk.AreaLanguage, Provider: "CPIA 1 Lucca",
		ISTATCode: "046033", Municipality: "Viareggio", Starts: "2027-01-11", Ends: "2027-04-30", EnrolBy: "2027-01-05", Hours: 80, Seats: 18,
		Level: "A2", Qualification: words, Prerequisites: []sdk.Prerequisite{{Code: "level_a1", Text: words}}, CostCents: 20_00, Childcare: true,
	}
}

func TestMessagesOfTheOtherKindsSurviveTheWire(t *testing.T) {
	e := sampleEdition()
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
	c := sdk.Contribution{
		Budget: []sdk.BudgetLine{{Code: "a", Label: words, AmountCents: 5, Months: 3, TotalCents: 15, From: "2027-01-01", To: "2027-03-31", Reason: words, FactsUsed: []string{"f_text"}}},
		Dates:  []sdk.PlannedDate{{Code: "d", Label: words, Date: "2027-01-01"}},
		Tasks:  []sdk.PlannedTask{{Code: "t", Label: words, Due: "2027-01-01"}}, Diagnostics: []sdk.Diagnostic{{Path: "f_text", Code: "x", Text: words}},
	}
	if err := c.Check(allKinds()); err != nil {
		t.Fatal(err)
	}
	imp := sdk.Import{Editions: []sdk.Edition{e}, Diagnostics: []sdk.Diagnostic{{Path: "3/seats", Code: "x", Text: words}}}
	if err := imp.Check(); err != nil {
		t.Fatal(err)
	}
	q := sdk.CourseQuery{Catalog: "c", Text: "x", ISTATCode: "046033", From: "2027-01-01", To: "2027-02-01", Area: sdk.AreaLanguage, Limit: 3, Offset: 1, Editions: imp.Editions}
	page := sdk.CoursePage{Editions: imp.Editions, Total: 4}
	feed := sdk.Feed{Catalog: "c", Format: "csv", AsOf: "2027-01-01", Content: []byte("x")}
	for name, pair := range map[string][2]any{
		"contribution": {c, sdk.DecodeContribution(sdk.EncodeContribution(c))},
		"import":       {imp, sdk.DecodeImport(sdk.EncodeImport(imp))},
		"query":        {q, sdk.DecodeQuery(sdk.EncodeQuery(q))},
		"page":         {page, sdk.DecodePage(sdk.EncodePage(page))},
		"feed":         {feed, sdk.DecodeFeed(sdk.EncodeFeed(feed))},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNonsenseEditionsAreFound(t *testing.T) {
	for name, spoil := range map[string]func(*sdk.Edition){
		"id": func(e *sdk.Edition) { e.ID = "a b" }, "course": func(e *sdk.Edition) { e.Course = "" }, "title": func(e *sdk.Edition) { e.Title.EN = "" },
		"area": func(e *sdk.Edition) { e.Area = "magic" }, "provider": func(e *sdk.Edition) { e.Provider = " " }, "istat": func(e *sdk.Edition) { e.ISTATCode = "46033" },
		"day": func(e *sdk.Edition) { e.Starts = "2027-02-30" }, "order": func(e *sdk.Edition) { e.Ends = "2026-01-01" }, "enrol": func(e *sdk.Edition) { e.EnrolBy = "2028-01-01" },
		"hours": func(e *sdk.Edition) { e.Hours = 0 }, "seats": func(e *sdk.Edition) { e.Seats = -1 }, "cost": func(e *sdk.Edition) { e.CostCents = -1 },
		"level": func(e *sdk.Edition) { e.Level = "Z9" }, "need": func(e *sdk.Edition) { e.Prerequisites[0].Code = "A" },
		"qualification": func(e *sdk.Edition) { e.Qualification.IT = "" }, "zero byte": func(e *sdk.Edition) { e.Municipality = "a\x00" },
	} {
		e := sampleEdition()
		spoil(&e)
		if e.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
	e := sampleEdition()
	if (sdk.Import{Editions: []sdk.Edition{e, e}}).Check() == nil {
		t.Error("an id used twice passes")
	}
	if (sdk.CoursePage{Editions: []sdk.Edition{e}, Total: 1}).Check(sdk.CourseQuery{ISTATCode: "048017"}) == nil {
		t.Error("an edition of elsewhere passes")
	}
}

func TestFindEditions(t *testing.T) {
	e := sampleEdition()
	tests := map[string]struct {
		q    sdk.CourseQuery
		want int32
	}{
		"all": {sdk.CourseQuery{}, 1}, "accents": {sdk.CourseQuery{Text: "PERCHE viareg"}, 1}, "English": {sdk.CourseQuery{Text: "italian"}, 1},
		"one word missing": {sdk.CourseQuery{Text: "italiano lucca saldatura"}, 0}, "inside a word": {sdk.CourseQuery{Text: "areggio"}, 0},
		"place": {sdk.CourseQuery{ISTATCode: "048017"}, 0}, "later": {sdk.CourseQuery{From: "2027-01-12"}, 0}, "sooner": {sdk.CourseQuery{To: "2027-01-10"}, 0},
		"day": {sdk.CourseQuery{From: "2027-01-11", To: "2027-01-11"}, 1}, "area": {sdk.CourseQuery{Area: sdk.AreaLicence}, 0},
		"beyond the end": {sdk.CourseQuery{Offset: 10}, 1}, "signs only": {sdk.CourseQuery{Text: "%%"}, 1},
	}
	for name, tt := range tests {
		p := sdk.FindEditions(tt.q, []sdk.Edition{e})
		if p.Total != tt.want || p.Check(tt.q) != nil {
			t.Errorf("%s: %d found, want %d (%v)", name, p.Total, tt.want, p.Check(tt.q))
		}
	}
}

// Whatever is asked, pages are sane and their sum is the total.
func TestPagesAddUp(t *testing.T) {
	var all []sdk.Edition
	for i := range 40 {
		e := sampleEdition()
		e.ID += string(rune('a' + i%26))
		e.Seats = int32(i + 1)
		all = append(all, e)
	}
	rapid.Check(t, func(t *rapid.T) {
		q := sdk.CourseQuery{Limit: rapid.Int32Range(1, 50).Draw(t, "limit"), Offset: rapid.Int32Range(-5, 60).Draw(t, "offset")}
		p := sdk.FindEditions(q, all)
		want := min(q.Limit, max(0, 40-max(0, q.Offset)))
		if p.Total != 40 || int32(len(p.Editions)) != want {
			t.Fatalf("%d of %d, want %d", len(p.Editions), p.Total, want)
		}
	})
}

func TestManifestOfTheOtherKinds(t *testing.T) {
	const other = `
id: sample
agency: Somebody
version: 1.0.0
contract: {min: 1, max: 1}
kinds: [interventions, courses]
interventions:
  - code: walk
    title: {it: Passeggiata, en: Walk}
    form: {fields: [{name: dog, kind: yes_no, class: network, label: {it: Cane, en: Dog}}]}
    purposes: {dog: {it: Prova, en: Test}}
catalogs: [{code: walks, title: {it: Passeggiate, en: Walks}, formats: [csv, json]}]
`
	m, err := sdk.ParseManifest([]byte(other))
	if err != nil {
		t.Fatal(err)
	}
	if m.Personal() {
		t.Error("facts of the network are not personal")
	}
	m.Interventions[0].Form.Fields[0].Class = "case"
	if !m.Personal() {
		t.Error("facts of a case are personal")
	}
	m.Interventions[0].Form.Fields[0].Class = "identity"
	if m.Check() == nil {
		t.Error("identity passes")
	}
	m.Interventions[0].Form.Fields[0].Class = "case"
	m.Catalogs[0].Formats = []string{"exe"}
	if m.Check() == nil {
		t.Error("an unknown format passes")
	}
}

// FuzzDecodeOtherKinds reads any bytes as what a plugin sends.
func FuzzDecodeOtherKinds(f *testing.F) {
	b, err := proto.Marshal(sdk.EncodePage(sdk.CoursePage{Editions: []sdk.Edition{sampleEdition()}, Total: 1}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) {
		var p pluginpb.SearchResponse
		if proto.Unmarshal(b, &p) == nil {
			_ = sdk.DecodePage(&p).Check(sdk.CourseQuery{})
		}
		var c pluginpb.PlanResponse
		if proto.Unmarshal(b, &c) == nil {
			_ = sdk.DecodeContribution(&c).Check(allKinds())
		}
		var i pluginpb.ImportResponse
		if proto.Unmarshal(b, &i) == nil {
			_ = sdk.DecodeImport(&i).Check()
		}
	})
}

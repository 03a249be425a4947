// SPDX-License-Identifier: BSD-3-Clause

package sdk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// visits is the type of intervention of the README.
type visits struct{}

func (visits) Type() string { return "acme_visits" }

func (visits) Validate(ctx context.Context, req sdk.InterventionRequest) ([]sdk.Diagnostic, error) {
	var out []sdk.Diagnostic
	if req.Details.Text("first") < req.AsOf {
		out = append(out, sdk.Diagnostic{Path: "first", Code: "in_the_past",
			Text: sdk.Text{IT: "La prima visita è nel passato.", EN: "The first visit is in the past."}})
	}
	if req.Details.WholeOr("visits", 0) > 10 {
		out = append(out, sdk.Diagnostic{Path: "visits", Code: "many", Advice: true,
			Text: sdk.Text{IT: "Sono molte visite.", EN: "These are many visits."}})
	}
	return out, ctx.Err()
}

func (visits) Plan(ctx context.Context, req sdk.InterventionRequest) (sdk.Contribution, error) {
	cost := 30_00 * req.Details.WholeOr("visits", 0) // cents
	return sdk.Contribution{
		Budget: []sdk.BudgetLine{{
			Code: "visits", Label: sdk.Text{IT: "Visite", EN: "Visits"}, AmountCents: cost, TotalCents: cost,
			Reason:    sdk.Text{IT: "30 € per visita.", EN: "€30 a visit."},
			FactsUsed: []string{"visits"},
		}},
		Tasks: []sdk.PlannedTask{{Code: "book", Label: sdk.Text{IT: "Prenotare", EN: "Book"}, Due: req.Details.Text("first")}},
	}, ctx.Err()
}

// courses is the catalog of the README.
type courses struct{}

func (courses) Catalog() string { return "acme" }

func (courses) Import(ctx context.Context, feed sdk.Feed) (sdk.Import, error) {
	var list []sdk.Edition // here the feed has the names of sdk.Edition; yours may have others
	if json.Unmarshal(feed.Content, &list) != nil {
		return sdk.Import{Diagnostics: []sdk.Diagnostic{leftOut(1)}}, ctx.Err()
	}
	var out sdk.Import
	seen := map[string]bool{}
	for i, e := range list {
		switch {
		case e.Check() == nil && !seen[e.ID]:
			seen[e.ID] = true
			out.Editions = append(out.Editions, e)
		case len(out.Diagnostics) < 200: // the most there may be
			out.Diagnostics = append(out.Diagnostics, leftOut(i+1))
		}
	}
	return out, ctx.Err()
}

func leftOut(line int) sdk.Diagnostic {
	return sdk.Diagnostic{Path: strconv.Itoa(line), Code: "left_out",
		Text: sdk.Text{IT: "Voce non leggibile.", EN: "The entry cannot be read."}}
}

func (courses) Search(ctx context.Context, query sdk.CourseQuery) (sdk.CoursePage, error) {
	return sdk.FindEditions(query, nil), ctx.Err() // nil: none of its own
}

const bothManifest = `
id: acme
agency: ACME
version: 1.0.0
contract: {min: 1, max: 1}
kinds: [interventions, courses]
interventions:
  - code: acme_visits
    title: {it: Visite, en: Visits}
    form:
      fields:
        - {name: first, kind: date, class: case, required: true, label: {it: Prima visita, en: First visit}}
        - {name: visits, kind: integer, class: case, required: true, min: 1, max: 50, label: {it: Visite, en: Visits}}
    purposes:
      first: {it: Per il calendario., en: For the calendar.}
      visits: {it: Per il costo., en: For the cost.}
catalogs:
  - {code: acme, title: {it: Corsi ACME, en: ACME courses}, formats: [json]}
`

// The other two kinds of the README conform as they stand there.
func Example_otherKinds() {
	p := sdk.Plugin{Manifest: []byte(bothManifest), Interventions: []sdk.InterventionType{visits{}}, Catalogs: []sdk.CourseCatalog{courses{}}}
	one, err := json.Marshal(sampleEdition())
	if err != nil {
		fmt.Println(err)
	}
	feed := sdk.Feed{Catalog: "acme", Format: "json", AsOf: "2026-11-01", Content: fmt.Appendf(nil, `[%s, {"id": "?"}, %s]`, one, one)}
	read, _ := courses{}.Import(context.Background(), feed)
	fmt.Println(len(read.Editions), "edition,", len(read.Diagnostics), "entries left out")
	for _, f := range sdktest.Check(p, []sdktest.Case{
		{Name: "visits", Intervention: &sdk.InterventionRequest{Type: "acme_visits", AsOf: "2026-11-01", Locale: "it",
			Details: sdk.Facts{"first": "2027-01-07", "visits": 12}}},
		{Name: "feed", Feed: &feed},
		{Name: "search", Query: &sdk.CourseQuery{Catalog: "acme", Text: "italiano"}},
	}) {
		fmt.Println(f)
	}
	// Output:
	// 1 edition, 2 entries left out
}

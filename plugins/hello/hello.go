// SPDX-License-Identifier: AGPL-3.0-or-later

// Command hello is the plugin to copy: a subsidy, an intervention and a catalog, each as
// small as it gets. It is no part of an installation, which is why it has no main.go: the
// plugins that are installed are the folders with one.
package main

import (
	"context"
	_ "embed"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/sdk"
)

//go:embed plugin.yaml
var manifest []byte

func main() { sdk.Serve(hello()) }

func hello() sdk.Plugin {
	return sdk.Plugin{
		Manifest: manifest, Rules: []sdk.SubsidyRule{rule{}},
		Interventions: []sdk.InterventionType{kind{}}, Catalogs: []sdk.CourseCatalog{catalog{}},
	}
}

type rule struct{}

// Subsidy is the code in the manifest.
func (rule) Subsidy() string { return "hello" }

// Evaluate grants what it costs, once.
func (rule) Evaluate(ctx context.Context, req sdk.SubsidyRequest) (sdk.SubsidyAnswer, error) {
	cost := req.Facts.WholeOr("cost", 0)
	return sdk.SubsidyAnswer{
		Eligible: cost > 0, TotalCents: cost,
		Explanation: []sdk.Step{{
			RuleID: "hello.cost", FactsUsed: []string{"cost"}, AmountCents: &cost,
			LegalBasis: sdk.Text{IT: "Nessuna: è un esempio.", EN: "None: it is an example."},
			Title:      sdk.Text{IT: "Costo", EN: "Cost"},
			Outcome:    sdk.Text{IT: "Il contributo è il costo.", EN: "The subsidy is the cost."},
		}},
	}, ctx.Err()
}

type kind struct{}

// Type is the code in the manifest.
func (kind) Type() string { return "hello" }

// Validate has nothing to add to the form.
func (kind) Validate(ctx context.Context, _ sdk.InterventionRequest) ([]sdk.Diagnostic, error) {
	return nil, ctx.Err()
}

// Plan puts the day into the calendar.
func (kind) Plan(ctx context.Context, req sdk.InterventionRequest) (sdk.Contribution, error) {
	return sdk.Contribution{Dates: []sdk.PlannedDate{{
		Code: "day", Label: sdk.Text{IT: "Giorno", EN: "Day"}, Date: req.Details.Text("day"),
	}}}, ctx.Err()
}

type catalog struct{}

// Catalog is the code in the manifest.
func (catalog) Catalog() string { return "hello" }

// Import reads lines of "id,title,day": a course of one hour in Viareggio.
func (catalog) Import(ctx context.Context, feed sdk.Feed) (sdk.Import, error) {
	var out sdk.Import
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(string(feed.Content)), "\n") {
		f := append(strings.Split(line, ","), "", "")
		e := sdk.Edition{
			ID: f[0], Course: f[0], Title: sdk.Text{IT: f[1], EN: f[1]}, Area: sdk.AreaOther, Provider: "Hello",
			ISTATCode: "046033", Municipality: "Viareggio", Starts: f[2], Ends: f[2], Hours: 1, Seats: 10,
		}
		if e.Check() == nil && !seen[e.ID] {
			seen[e.ID] = true
			out.Editions = append(out.Editions, e)
		} else if len(out.Diagnostics) < 100 {
			out.Diagnostics = append(out.Diagnostics, sdk.Diagnostic{
				Path: strconv.Itoa(i + 1), Code: "left_out", Text: sdk.Text{IT: "Riga non leggibile.", EN: "The line cannot be read."},
			})
		}
	}
	return out, ctx.Err()
}

// Search finds among the editions of the query.
func (catalog) Search(ctx context.Context, query sdk.CourseQuery) (sdk.CoursePage, error) {
	return sdk.FindEditions(query, nil), ctx.Err()
}

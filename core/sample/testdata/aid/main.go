// SPDX-License-Identifier: AGPL-3.0-or-later

// Command aid is the plugin of an agency that tests admit, upgrade and throw out: of every
// kind, with a version and a share that are set when it is built.
package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/sdk"
)

// Set by the linker: the version, how many hundredths of the cost are paid, and whether
// visits ask where, too.
var (
	version = "1.0.0"
	share   = "50"
	where   = ""
)

const manifest = `
id: aid
agency: Agenzia di prova
version: VERSION
contract: {min: 1, max: 1}
kinds: [subsidy_rules, interventions, courses]
limits: {call_timeout_ms: 1500, memory_mb: 256}
subsidies:
  - code: aid
    title: {it: Aiuto di prova, en: Test aid}
    facts:
      fields:
        - {name: cost, kind: money, unit: cents, class: case, required: true, max: 100000, label: {it: Costo, en: Cost}}
        - {name: wait, kind: integer, class: case, min: 0, max: 600, label: {it: Attesa, en: Wait}}
    purposes:
      cost: {it: Se ne paga una parte., en: A share of it is paid.}
      wait: {it: Per provare la lentezza., en: To try slowness.}
interventions:
  - code: aid_visit
    title: {it: Visita di prova, en: Test visit}
    form:
      fields:
        - {name: day, kind: date, class: case, required: true, label: {it: Giorno, en: Day}}
        - {name: visits, kind: integer, class: case, required: true, min: 1, max: 20, label: {it: Visite, en: Visits}}
        #+- {name: place, kind: text, class: case, max_length: 80, label: {it: Luogo, en: Place}}
    purposes:
      #+place: {it: Si sa dove andare., en: One knows where to go.}
      day: {it: Va nel calendario., en: It goes into the calendar.}
      visits: {it: Ognuna ha un costo., en: Each has a cost.}
catalogs:
  - {code: aid_courses, title: {it: Corsi di prova, en: Test courses}, formats: [csv]}
`

func main() {
	text := strings.Replace(manifest, "VERSION", version, 1)
	if where != "" {
		text = strings.ReplaceAll(text, "#+", "")
	}
	sdk.Serve(sdk.Plugin{
		Manifest: []byte(text), Rules: []sdk.SubsidyRule{rule{}},
		Interventions: []sdk.InterventionType{visit{}}, Catalogs: []sdk.CourseCatalog{courses{}},
	})
}

func tx(s string) sdk.Text { return sdk.Text{IT: s, EN: s} }

type rule struct{}

// Subsidy is the code in the manifest.
func (rule) Subsidy() string { return "aid" }

// Evaluate pays a share of the cost, after a while where it is asked to wait (milliseconds).
func (rule) Evaluate(ctx context.Context, req sdk.SubsidyRequest) (sdk.SubsidyAnswer, error) {
	select {
	case <-time.After(time.Duration(req.Facts.WholeOr("wait", 0)) * time.Millisecond):
	case <-ctx.Done():
	}
	part, err := strconv.ParseInt(share, 10, 64)
	if err != nil {
		return sdk.SubsidyAnswer{}, err
	}
	paid := req.Facts.WholeOr("cost", 0) * part / 100
	return sdk.SubsidyAnswer{
		Eligible: paid > 0, TotalCents: paid,
		Explanation: []sdk.Step{{RuleID: "aid.share", FactsUsed: []string{"cost"}, AmountCents: &paid, LegalBasis: tx("Prova"), Title: tx("Parte"), Outcome: tx(share)}},
	}, ctx.Err()
}

type visit struct{}

// Type is the code in the manifest.
func (visit) Type() string { return "aid_visit" }

// Validate knows a day on which nobody visits.
func (visit) Validate(ctx context.Context, req sdk.InterventionRequest) ([]sdk.Diagnostic, error) {
	if strings.HasSuffix(req.Details.Text("day"), "-12-25") {
		return []sdk.Diagnostic{{Path: "day", Code: "holiday", Text: sdk.Text{IT: "A Natale non si fanno visite.", EN: "There are no visits at Christmas."}}}, ctx.Err()
	}
	if req.Details.WholeOr("visits", 0) > 10 {
		return []sdk.Diagnostic{{Path: "visits", Code: "many", Advice: true, Text: sdk.Text{IT: "Sono molte visite.", EN: "These are many visits."}}}, ctx.Err()
	}
	return nil, ctx.Err()
}

// Plan proposes ten euro for each visit.
func (visit) Plan(ctx context.Context, req sdk.InterventionRequest) (sdk.Contribution, error) {
	n := req.Details.WholeOr("visits", 0)
	return sdk.Contribution{
		Budget: []sdk.BudgetLine{{Code: "visits", Label: tx("Visite"), AmountCents: 1000 * n, TotalCents: 1000 * n, Reason: tx("10 euro"), FactsUsed: []string{"visits"}}},
		Dates:  []sdk.PlannedDate{{Code: "day", Label: tx("Giorno"), Date: req.Details.Text("day")}},
	}, ctx.Err()
}

type courses struct{}

// Catalog is the code in the manifest.
func (courses) Catalog() string { return "aid_courses" }

// Import reads lines of "id,title,first day,seats": courses in Viareggio that ask for a document.
func (courses) Import(ctx context.Context, feed sdk.Feed) (sdk.Import, error) {
	var out sdk.Import
	for i, line := range strings.Split(strings.TrimSpace(string(feed.Content)), "\n") {
		f := append(strings.Split(line, ","), "", "", "")
		seats, _ := strconv.Atoi(f[3])
		e := sdk.Edition{
			ID: f[0], Course: f[0], Title: tx(f[1]), Area: sdk.AreaOther, Provider: "Agenzia", ISTATCode: "046033", Municipality: "Viareggio",
			Starts: f[2], Ends: f[2], Hours: 1, Seats: int32(seats), Prerequisites: []sdk.Prerequisite{{Code: "document", Text: tx("Documento")}},
		}
		if e.Check() == nil {
			out.Editions = append(out.Editions, e)
			continue
		}
		out.Diagnostics = append(out.Diagnostics, sdk.Diagnostic{Path: strconv.Itoa(i + 1), Code: "left_out", Text: tx("Riga non leggibile.")})
	}
	return out, ctx.Err()
}

// Search finds among the editions of the query.
func (courses) Search(ctx context.Context, q sdk.CourseQuery) (sdk.CoursePage, error) {
	return sdk.FindEditions(q, nil), ctx.Err()
}

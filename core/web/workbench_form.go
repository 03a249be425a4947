// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"maps"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// benchFormPage is the form of a subsidy or of an intervention, with the plugin's answer.
type benchFormPage struct {
	benchFrame
	Action string
	Cases  []optionView
	Fields []fieldView
	// Again is the action that shows the same page when it is sent anew.
	Again        string
	Decision     *decisionView
	Contribution *sdk.Contribution
	Remarks      []complaintView
	Down         *benchDown
	// Request and Golden are the question, and the question with its answer, as JSON.
	Request, Golden string
	Purposes        []summaryRow
}

func (*benchFormPage) template() string { return "workbench-form" }

// benchQuestion is one form of the plugin, whichever its kind.
type benchQuestion struct {
	title    sdk.Text
	form     form.Form
	purposes map[string]sdk.Text
	belongs  func(sdktest.Case) bool
	// facts and day are what a case asks.
	facts func(sdktest.Case) (sdk.Facts, string)
	// ask asks the plugin and puts the answer on the page.
	ask func(p *benchFormPage, values map[string]any, asOf string) error
}

func (b *workbench) showRule(v benchVisit) error {
	sub, ok := v.state.Manifest.SubsidyOf(chi.URLParam(v.r, "code"))
	if !ok {
		return fault.Missing()
	}
	only := len(v.state.Manifest.Subsidies) == 1
	return b.showQuestion(v, benchQuestion{title: sub.Title, form: sub.Facts, purposes: sub.Purposes,
		belongs: func(c sdktest.Case) bool {
			return c.Intervention == nil && c.Feed == nil && c.Query == nil && (c.Request.Subsidy == sub.Code || (only && c.Request.Subsidy == ""))
		},
		facts: func(c sdktest.Case) (sdk.Facts, string) { return c.Request.Facts, c.Request.AsOf },
		ask: func(p *benchFormPage, values map[string]any, asOf string) error {
			p.Request = inJSON(goldenCase{Subsidy: sub.Code, AsOf: asOf, Facts: values})
			d, err := v.state.plugin().Evaluate(v.r.Context(), benchTenant, sdk.SubsidyRequest{Subsidy: sub.Code, AsOf: asOf, Locale: p.Lang, Facts: values})
			if err != nil {
				return err
			}
			shown := service.DecisionOf(service.SubsidyRequest{Subsidy: sub.Code, Facts: values, WhatIf: true}, casework.Date(asOf), d)
			shown.At = b.now()
			view := decisionViewOf(&p.frame, shown)
			p.Decision, p.Golden = &view, inJSON(goldenCase{Subsidy: sub.Code, AsOf: asOf, Facts: values, Answer: d.Answer})
			return nil
		}})
}

func (b *workbench) showIntervention(v benchVisit) error {
	kind, ok := v.state.Manifest.InterventionOf(chi.URLParam(v.r, "code"))
	if !ok {
		return fault.Missing()
	}
	return b.showQuestion(v, benchQuestion{title: kind.Title, form: kind.Form, purposes: kind.Purposes,
		belongs: func(c sdktest.Case) bool { return c.Intervention != nil && c.Intervention.Type == kind.Code },
		facts:   func(c sdktest.Case) (sdk.Facts, string) { return c.Intervention.Details, c.Intervention.AsOf },
		ask: func(p *benchFormPage, values map[string]any, asOf string) error {
			p.Request = inJSON(goldenCase{Intervention: kind.Code, AsOf: asOf, Facts: values})
			req := sdk.InterventionRequest{Type: kind.Code, AsOf: asOf, Locale: p.Lang, Details: values}
			remarks, err := v.state.plugin().ValidateIntervention(v.r.Context(), benchTenant, req)
			if err != nil {
				return err
			}
			p.Remarks = remarkViews(p.Lang, remarks, p.Fields)
			plan, err := v.state.plugin().PlanIntervention(v.r.Context(), benchTenant, req)
			if err != nil {
				return err
			}
			p.Contribution = &plan.Contribution
			p.Golden = inJSON(goldenCase{Intervention: kind.Code, AsOf: asOf, Facts: values, Answer: sdktest.Proposal{Diagnostics: remarks, Contribution: plan.Contribution}})
			return nil
		}})
}

// showQuestion shows a form, empty or with a case in it, or asks the plugin what was typed.
func (b *workbench) showQuestion(v benchVisit, q benchQuestion) error {
	p := &benchFormPage{benchFrame: b.frame(v, q.title.In(languageOf(v.r))), Action: v.r.URL.Path, Again: benchKeep}
	for _, field := range q.form.Fields {
		p.Purposes = append(p.Purposes, summaryRow{Label: field.Label.In(p.Lang), Values: []string{q.purposes[field.Name].In(p.Lang)}})
	}
	list, chosen := caseOptions(v, q.belongs)
	p.Cases = list
	status, err := http.StatusOK, error(nil)
	switch {
	case v.typed != nil:
		status, err = b.askQuestion(v, q, p)
	case chosen != nil:
		facts, day := q.facts(*chosen)
		t := typed{benchAsOf: {typedDate(day)}}
		maps.Copy(t, encode(q.form, "", facts))
		p.Fields, _ = questions(p.frame, b.with(q.form), t, nil, p.Action)
	default:
		p.Fields, _ = questions(p.frame, b.with(q.form), typed{benchAsOf: {b.today()}}, nil, p.Action)
	}
	if err != nil {
		return err
	}
	b.status(&p.benchFrame, v.state)
	return b.render(v.w, status, p)
}

func (b *workbench) askQuestion(v benchVisit, q benchQuestion, p *benchFormPage) (status int, err error) {
	all := b.with(q.form)
	_, pressed := v.typed.reshape()
	if pressed || v.typed.get(benchAction) != benchAsk {
		p.Fields, p.Errors = questions(p.frame, all, v.typed, nil, p.Action)
		return http.StatusOK, nil
	}
	p.Again = benchAsk
	values, complaints := answersTo(all, v.typed)
	if len(complaints) > 0 {
		p.Fields, p.Errors = questions(p.frame, all, v.typed, complaints, p.Action)
		return http.StatusUnprocessableEntity, nil
	}
	p.Fields, _ = questions(p.frame, all, v.typed, nil, p.Action)
	asOf := textOf(values[benchAsOf])
	delete(values, benchAsOf)
	err = b.call(v.state.Number, func() error { return q.ask(p, values, asOf) })
	if err != nil {
		p.Down = b.down(&p.benchFrame, v.state, err)
		return http.StatusServiceUnavailable, nil
	}
	return http.StatusOK, nil
}

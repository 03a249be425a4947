// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"strings"

	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// benchHomePage lists what the plugin declares.
type benchHomePage struct {
	benchFrame
	Subsidies, Interventions, Catalogs []benchLink
	Limits                             []string
}

func (*benchHomePage) template() string { return "workbench" }

// benchLink leads to one thing that the plugin declares.
type benchLink struct{ Href, Title, Code, Hint string }

func (b *workbench) showHome(v benchVisit) error {
	m := v.state.Manifest
	p := &benchHomePage{benchFrame: b.frame(v, m.ID)}
	for _, s := range m.Subsidies {
		p.Subsidies = append(p.Subsidies, benchLink{"/contributi/" + s.Code, s.Title.In(p.Lang), s.Code, b.labels(p.Lang, s.Facts)})
	}
	for _, i := range m.Interventions {
		p.Interventions = append(p.Interventions, benchLink{"/interventi/" + i.Code, i.Title.In(p.Lang), i.Code, b.labels(p.Lang, i.Form)})
	}
	for _, c := range m.Catalogs {
		p.Catalogs = append(p.Catalogs, benchLink{"/cataloghi/" + c.Code, c.Title.In(p.Lang), c.Code, strings.ToUpper(strings.Join(c.Formats, ", "))})
	}
	b.status(&p.benchFrame, v.state)
	return b.render(v.w, http.StatusOK, p)
}

// labels are the questions of a form in one line.
func (b *workbench) labels(lang string, f form.Form) string {
	out := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		out[i] = field.Label.In(lang)
	}
	return strings.Join(out, ", ")
}

// benchKitPage is what the conformance kit found.
type benchKitPage struct {
	benchFrame
	Ran    bool
	Groups []kitGroup
	Down   *benchDown
}

func (*benchKitPage) template() string { return "workbench-kit" }

// kitGroup is all that the conformance kit found against one rule, which Want says in words.
type kitGroup struct {
	Want     string
	Findings []sdktest.Finding
}

// kitRules say in words what each rule of the conformance kit wants.
var kitRules = map[string]string{
	"answer": "kit.answer", "batch": "kit.batch", "cancellation": "kit.cancellation", "cases": "kit.cases", "contract": "kit.contract", "determinism": "kit.determinism",
	"explanation": "kit.explanation", "fit": "kit.fit", "golden": "kit.golden", "malformed": "kit.malformed", "manifest": "kit.manifest", "twelve months": "kit.twelve_months",
}

// kitGroups puts findings into words, in the order they came.
func kitGroups(f *frame, list []sdktest.Finding) []kitGroup {
	var out []kitGroup
	at := map[string]int{}
	for _, found := range list {
		i, ok := at[found.Rule]
		if !ok {
			want := found.Rule
			if key := kitRules[found.Rule]; key != "" {
				want = f.t(key)
			}
			i, at[found.Rule] = len(out), len(out)
			out = append(out, kitGroup{Want: want})
		}
		out[i].Findings = append(out[i].Findings, found)
	}
	return out
}

func (b *workbench) showKit(v benchVisit) error {
	p := &benchKitPage{benchFrame: b.frame(v, b.say(v.r, "workbench.kit"))}
	if v.typed != nil && v.typed.get(benchAction) == benchAsk {
		findings, err := v.state.Conform(v.r.Context())
		p.Ran, p.Groups = true, kitGroups(&p.frame, findings)
		if err != nil {
			p.Down = b.down(&p.benchFrame, v.state, err)
		}
	}
	b.status(&p.benchFrame, v.state)
	return b.render(v.w, http.StatusOK, p)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// benchCatalogPage reads a feed with a catalog and searches what was read.
type benchCatalogPage struct {
	benchFrame
	Action       string
	Cases        []optionView
	Feed, Search []fieldView
	Accept       string
	Again        string
	Asked        bool
	// Read tells how many editions were read, and Remarks what was left out; Imported is
	// false where the search was among the plugin's own.
	Imported      bool
	Read          int
	Remarks       []summaryRow
	Page          *sdk.CoursePage
	Down          *benchDown
	Import, Found string
}

func (*benchCatalogPage) template() string { return "workbench-catalog" }

// benchPlaces is how many editions are looked at to offer their municipalities.
const benchPlaces = 200

// feedForm asks for a feed, searchForm for what to look for in it.
func (b *workbench) feedForm(c sdk.CatalogManifest) form.Form {
	f := asOfForm(b.texts)
	if len(c.Formats) == 0 {
		return f
	}
	format := b.field("format", form.KindChoice, "workbench.format")
	for _, name := range c.Formats {
		format.Options = append(format.Options, form.Option{Value: name, Label: tx(strings.ToUpper(name), strings.ToUpper(name))})
	}
	f.Fields = append(f.Fields, format, b.field("feed", form.KindLongText, "workbench.feed"))
	return f
}

func (b *workbench) searchForm(places []form.Option) form.Form {
	place, area := b.field("istat_code", form.KindChoice, "workbench.place"), b.field("area", form.KindChoice, "workbench.area")
	place.Options = places
	for _, a := range sdk.Areas() {
		area.Options = append(area.Options, form.Option{Value: string(a), Label: form.Text{IT: b.texts.T("it", areaKeys[a]), EN: b.texts.T("en", areaKeys[a])}})
	}
	return form.Form{Fields: []form.Field{b.field("text", form.KindText, "workbench.words"), place,
		b.field("from", form.KindDate, "workbench.from"), b.field("to", form.KindDate, "workbench.to"), area}}
}

func (b *workbench) field(name string, kind form.Kind, key string) form.Field {
	return form.Field{Name: name, Kind: kind, Class: form.ClassPublic, Label: form.Text{IT: b.texts.T("it", key), EN: b.texts.T("en", key)}}
}

func (b *workbench) showCatalog(v benchVisit) error {
	c, ok := v.state.Manifest.CatalogOf(chi.URLParam(v.r, "code"))
	if !ok {
		return fault.Missing()
	}
	p := &benchCatalogPage{benchFrame: b.frame(v, c.Title.In(languageOf(v.r))), Action: v.r.URL.Path, Again: benchKeep}
	for i, name := range c.Formats {
		p.Accept += strings.Repeat(",", min(i, 1)) + "." + name
	}
	list, chosen := caseOptions(v, func(k sdktest.Case) bool {
		return (k.Feed != nil && k.Feed.Catalog == c.Code) || (k.Query != nil && k.Query.Catalog == c.Code)
	})
	p.Cases = list
	t, status := b.catalogTyped(v, c, chosen), http.StatusOK
	var places []form.Option
	var complaints []fault.Field
	if t.get(benchAction) == benchAsk {
		p.Again = benchAsk
		places, complaints = b.askCatalog(v, c, p, t)
		switch {
		case len(complaints) > 0:
			status = http.StatusUnprocessableEntity
		case p.Down != nil:
			status = http.StatusServiceUnavailable
		}
	}
	var first, second []complaintView
	p.Feed, first = questions(p.frame, b.feedForm(c), t, complaintsIn(complaints, b.feedForm(c)), p.Action)
	p.Search, second = questions(p.frame, b.searchForm(places), t, complaintsIn(complaints, b.searchForm(places)), p.Action)
	p.Errors = append(first, second...)
	asLists(p.Search)
	b.status(&p.benchFrame, v.state)
	return b.render(v.w, status, p)
}

// asLists makes lists of the choices: unlike a button, a list can say "any".
func asLists(views []fieldView) {
	for i := range views {
		if views[i].Shape == "radios" {
			views[i].Shape = "select"
		}
	}
}

// complaintsIn keeps the complaints about the questions of a form.
func complaintsIn(list []fault.Field, f form.Form) []fault.Field {
	return slices.DeleteFunc(slices.Clone(list), func(c fault.Field) bool {
		_, ok := f.Field(c.Path)
		return !ok
	})
}

// catalogTyped is what was posted, or what a case asks.
func (b *workbench) catalogTyped(v benchVisit, c sdk.CatalogManifest, chosen *sdktest.Case) typed {
	if v.typed != nil {
		return v.typed
	}
	t := typed{benchAsOf: {b.today()}}
	if len(c.Formats) > 0 {
		t["format"] = []string{c.Formats[0]}
	}
	switch {
	case chosen == nil:
	case chosen.Feed != nil:
		t[benchAsOf], t["format"], t["feed"] = []string{typedDate(chosen.Feed.AsOf)}, []string{chosen.Feed.Format}, []string{string(chosen.Feed.Content)}
	default:
		q := chosen.Query
		maps.Copy(t, typed{"text": {q.Text}, "istat_code": {q.ISTATCode}, "from": {typedDate(q.From)}, "to": {typedDate(q.To)}, "area": {string(q.Area)}})
	}
	return t
}

// askCatalog has the catalog read the feed, where there is one, and search; it tells the
// municipalities that can be chosen.
func (b *workbench) askCatalog(v benchVisit, c sdk.CatalogManifest, p *benchCatalogPage, t typed) ([]form.Option, []fault.Field) {
	values, complaints := answersTo(b.feedForm(c), t)
	wanted, more := answersTo(b.searchForm([]form.Option{{Value: t.get("istat_code")}}), t)
	if complaints = append(complaints, more...); len(complaints) > 0 {
		return nil, complaints
	}
	var places []form.Option
	err := b.call(v.state.Number, func() error {
		editions, err := b.readFeed(v, c, p, values, t)
		if err != nil {
			return err
		}
		if places, err = b.places(v, c, editions); err != nil {
			return err
		}
		if p.Imported && len(editions) == 0 {
			p.Page = &sdk.CoursePage{} // without editions the plugin would search its own
			return nil
		}
		q := sdk.CourseQuery{Catalog: c.Code, Text: textOf(wanted["text"]), ISTATCode: textOf(wanted["istat_code"]), From: textOf(wanted["from"]), To: textOf(wanted["to"]),
			Area: sdk.Area(textOf(wanted["area"])), Editions: editions}
		page, err := v.state.plugin().SearchCourses(v.r.Context(), benchTenant, q)
		p.Page, p.Found = &page, inJSON(page)
		return err
	})
	if err != nil {
		p.Page, p.Down = nil, b.down(&p.benchFrame, v.state, err)
	}
	return places, nil
}

// readFeed imports what was typed or uploaded; without a feed the plugin's own editions are searched.
func (b *workbench) readFeed(v benchVisit, c sdk.CatalogManifest, p *benchCatalogPage, values map[string]any, t typed) ([]sdk.Edition, error) {
	content := strings.ReplaceAll(t.get("feed"), "\r\n", "\n") // browsers send what was typed with both
	if strings.TrimSpace(content) == "" || len(c.Formats) == 0 {
		return nil, nil
	}
	feed := sdk.Feed{Catalog: c.Code, Format: cmp.Or(textOf(values["format"]), c.Formats[0]), AsOf: textOf(values[benchAsOf]), Content: []byte(content)}
	out, err := v.state.plugin().ImportCourses(v.r.Context(), benchTenant, feed)
	if err != nil {
		return nil, err
	}
	p.Imported, p.Read, p.Import = true, len(out.Editions), inJSON(out)
	var lines []string
	if feed.Format == "csv" { // elsewhere nobody knows what counts as a line
		lines = strings.Split(content, "\n")
	}
	p.Remarks = lineRemarks(&p.frame, out.Diagnostics, lines)
	return out.Editions, nil
}

// lineRemarks says what was remarked on each line, with the line itself where it is known.
func lineRemarks(f *frame, list []sdk.Diagnostic, lines []string) []summaryRow {
	const most = 200 // characters of a line
	var out []summaryRow
	for _, d := range list {
		line, column, _ := strings.Cut(d.Path, "/")
		row := summaryRow{Label: f.t("workbench.line", "Line", line), Values: []string{d.Text.In(f.Lang)}}
		if column != "" {
			row.Label += ", " + column
		}
		if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(lines) && lines[n-1] != "" {
			text := []rune(lines[n-1])
			row.Values = append(row.Values, "«"+string(text[:min(len(text), most)])+"»")
		}
		out = append(out, row)
	}
	return out
}

// places are the municipalities of the editions there are.
func (b *workbench) places(v benchVisit, c sdk.CatalogManifest, editions []sdk.Edition) ([]form.Option, error) {
	if editions == nil {
		page, err := v.state.plugin().SearchCourses(v.r.Context(), benchTenant, sdk.CourseQuery{Catalog: c.Code, Limit: benchPlaces})
		if err != nil {
			return nil, err
		}
		editions = page.Editions
	}
	names := map[string]string{}
	for _, e := range editions {
		names[e.ISTATCode] = e.Municipality
	}
	var out []form.Option
	for code, name := range names {
		out = append(out, form.Option{Value: code, Label: tx(name, name)})
	}
	slices.SortFunc(out, func(a, b form.Option) int {
		return cmp.Or(strings.Compare(a.Label.IT, b.Label.IT), strings.Compare(a.Value, b.Value))
	})
	return out, nil
}

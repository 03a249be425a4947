// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"html/template"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// assetPath is where built files are served. Their names carry a hash, so browsers may
// keep them for ever.
const assetPath = "/assets/"

// funcs are what templates may call, in one language.
func (s *Renderer) funcs(lang string) template.FuncMap {
	return template.FuncMap{
		"t":         func(key string, pairs ...any) string { return s.texts.T(lang, key, pairs...) },
		"lang":      func() string { return lang },
		"in":        func(t form.Text) string { return t.In(lang) },
		"money":     func(cents int64) string { return formatMoney(lang, cents) },
		"number":    func(n int64) string { return formatNumber(lang, n) },
		"date":      func(d casework.Date) string { return formatDate(lang, d) },
		"datetime":  func(t time.Time) string { return formatTime(lang, t) },
		"iso":       func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"shortHash": shortHash,
		"state":     func(st casework.State) tagView { return s.stateTag(lang, st) },
		"icon":      s.icon,
		"asset":     s.asset,
		// For what the SDK's types hold, whose days and counts have no type of the core.
		"day":         func(day string) string { return formatDate(lang, casework.Date(day)) },
		"int":         func(n int32) int { return int(n) },
		"area":        func(a sdk.Area) string { return s.texts.T(lang, areaKeys[a]) },
		"budgetTotal": budgetTotal,
	}
}

// areaKeys are the names of the areas of courses.
var areaKeys = map[sdk.Area]string{sdk.AreaLanguage: "course_area.language", sdk.AreaVocational: "course_area.vocational",
	sdk.AreaLicence: "course_area.licence", sdk.AreaOther: "course_area.other"}

// budgetTotal is what a contribution would add to the costs of a plan, in euro cents.
func budgetTotal(c sdk.Contribution) (cents int64) {
	for _, l := range c.Budget {
		cents += l.TotalCents
	}
	return cents
}

// stateTag is the label of a project's state.
func (s *Renderer) stateTag(lang string, st casework.State) tagView {
	return tagView{Text: s.texts.T(lang, "state."+string(st)), Tone: stateTones[st]}
}

// asset is the address of a built file, or "" where the binary has none.
func (s *Renderer) asset(name string) string {
	if hashed := s.assets.Name(name); hashed != "" {
		return assetPath + hashed
	}
	return ""
}

// icon draws one symbol of the sprite. It is decoration: a text always stands beside it.
func (s *Renderer) icon(name string) template.HTML {
	sprite := s.asset("icons.svg")
	if sprite == "" {
		return ""
	}
	// Name and sprite are ours: templates give the one, the build the other.
	return template.HTML(`<svg class="icon" aria-hidden="true" focusable="false"><use href="` + sprite + `#` + template.HTMLEscapeString(name) + `"></use></svg>`)
}

var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", "woff2": "font/woff2",
}

// showAsset serves a built file.
func (s *Renderer) showAsset(w http.ResponseWriter, r *http.Request) error {
	name := chi.URLParam(r, "name")
	data, ok := s.assets.Open(name)
	if !ok {
		return fault.Missing()
	}
	for ending, kind := range assetTypes {
		if len(name) > len(ending) && name[len(name)-len(ending):] == ending {
			w.Header().Set("Content-Type", kind)
		}
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, err := w.Write(data)
	return err
}

// errorText is what is said about an error as a whole.
func (s *Renderer) errorText(lang string, err error) string {
	if fe, ok := isFault(err); ok {
		if fe.Code == "fields" && len(fe.Fields) > 0 {
			return s.texts.Fault(lang, fe.Fields[0].Code, fe.Fields[0].Params)
		}
		return s.texts.Fault(lang, fe.Code, fe.Params)
	}
	return s.texts.Fault(lang, fault.KindOf(err).String(), nil)
}

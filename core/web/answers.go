// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"encoding/json"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/sdk/form"
)

// answers are the questions of a form with their answers in words, for pages that are read
// and not filled in. Questions that were not asked are left out.
func answers(lang string, texts *Texts, f form.Form, values map[string]any) []summaryRow {
	var out []summaryRow
	for _, field := range f.Fields {
		if !f.Visible(field.Name, values) {
			continue
		}
		row := summaryRow{Label: field.Label.In(lang)}
		if field.Kind == form.KindTable {
			for _, item := range listOf(values[field.Name]) {
				cells, _ := item.(map[string]any)
				row.Rows = append(row.Rows, answers(lang, texts, form.Form{Fields: field.Columns}, cells))
			}
		} else {
			row.Values = inWords(lang, texts, field, values[field.Name])
		}
		out = append(out, row)
	}
	return out
}

// inWords writes one value as people read it; nothing where there is none.
func inWords(lang string, texts *Texts, field form.Field, v any) []string {
	switch field.Kind {
	case form.KindMoney:
		if n, ok := wholeOf(v); ok {
			return []string{formatMoney(lang, n)}
		}
	case form.KindInteger, form.KindPersonCount:
		if n, ok := wholeOf(v); ok {
			return []string{strings.TrimSpace(formatNumber(lang, n) + " " + unitText(lang, texts, field.Unit))}
		}
	case form.KindDate:
		return nonEmpty(formatDate(lang, casework.Date(textOf(v))))
	case form.KindDateRange:
		obj, _ := v.(map[string]any)
		from, to := formatDate(lang, casework.Date(textOf(obj["from"]))), formatDate(lang, casework.Date(textOf(obj["to"])))
		return nonEmpty(strings.Trim(from+" – "+to, " –"))
	case form.KindChoice:
		return nonEmpty(optionLabel(lang, field, textOf(v)))
	case form.KindMultiChoice:
		var out []string
		for _, item := range listOf(v) {
			out = append(out, optionLabel(lang, field, textOf(item)))
		}
		return out
	case form.KindYesNo:
		if b, ok := v.(bool); ok && b {
			return []string{texts.T(lang, "form.yes")}
		} else if ok {
			return []string{texts.T(lang, "form.no")}
		}
	case form.KindCourse:
		obj, _ := v.(map[string]any)
		return nonEmpty(textOf(obj["title"]))
	default:
		return nonEmpty(textOf(v))
	}
	return nil
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// optionLabel is the label of a chosen option; a value that is no option any more is shown as it is.
func optionLabel(lang string, field form.Field, value string) string {
	for _, o := range field.Options {
		if o.Value == value {
			return o.Label.In(lang)
		}
	}
	return value
}

func unitText(lang string, texts *Texts, unit string) string {
	if key := "unit." + unit; unit != "" && texts.Has(key) {
		return texts.T(lang, key)
	}
	return ""
}

// asValues turns a struct into the values of a form by its JSON names.
func asValues(v any) map[string]any {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var out map[string]any
	_ = json.Unmarshal(raw, &out) // what Marshal wrote, Unmarshal reads
	return out
}

// fromValues fills a struct from the values of a form by its JSON names.
func fromValues(values map[string]any, into any) error {
	raw, err := json.Marshal(values)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

var (
	regionNames   = map[string]display.Namer{"it": display.Regions(language.Italian), "en": display.Regions(language.English)}
	languageNames = map[string]display.Namer{"it": display.Languages(language.Italian), "en": display.Languages(language.English)}
)

// countryName is the name of a citizenship's country. Statelessness has a name of its own.
func countryName(lang, code string) string {
	if code == casework.Stateless {
		return map[string]string{"it": "Apolide", "en": "Stateless"}[lang]
	}
	r, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if n, ok := regionNames[lang]; ok && n.Name(r) != "" {
		return n.Name(r)
	}
	return code
}

// languageName is the name of a language by its ISO 639 code.
func languageName(lang, code string) string {
	t, err := language.Parse(code)
	if err != nil {
		return code
	}
	if n, ok := languageNames[lang]; ok && n.Name(t) != "" {
		return n.Name(t)
	}
	return code
}

// SPDX-License-Identifier: AGPL-3.0-or-later

// Package web is the pages of SATIS: server-rendered, in Italian and English, usable with
// the keyboard, on a phone, and with JavaScript off.
//
// A handler asks the service layer and fills a typed page struct; it holds no rule and
// never decides who may. One file per noun, its template of the same name beside.
package web

import (
	"embed"
	"encoding/json"
	"fmt"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/satis-toscana/satis/core/fault"
)

//go:embed texts/*.json
var textFiles embed.FS

// Languages are the languages of the pages, the default first.
var Languages = fault.Languages

// Texts finds the words of the pages by their keys.
type Texts struct {
	by map[string]*i18n.Localizer
	// keys tells which keys exist, to choose between a particular text and a general one.
	keys map[string]bool
}

// LoadTexts reads the catalogue that is compiled in.
func LoadTexts() (*Texts, error) {
	bundle := i18n.NewBundle(language.Italian)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	t := &Texts{by: map[string]*i18n.Localizer{}, keys: map[string]bool{}}
	for _, lang := range Languages {
		file, err := bundle.LoadMessageFileFS(textFiles, "texts/"+lang+".json")
		if err != nil {
			return nil, fmt.Errorf("reading the texts in %q: %w", lang, err)
		}
		for _, m := range file.Messages {
			t.keys[m.ID] = true
		}
		t.by[lang] = i18n.NewLocalizer(bundle, lang)
	}
	return t, nil
}

// Has reports whether a key exists.
func (t *Texts) Has(key string) bool { return t.keys[key] }

// T gives the text of a key in a language, filled with pairs of name and value. A pair named
// "Count" with an int also chooses between singular and plural. A key that does not exist
// comes back as it is: a page with an odd word is better than no page.
func (t *Texts) T(lang, key string, pairs ...any) string {
	l, ok := t.by[lang]
	if !ok {
		l = t.by[Languages[0]]
	}
	c := &i18n.LocalizeConfig{MessageID: key}
	if len(pairs) > 1 {
		data := make(map[string]any, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			data[fmt.Sprint(pairs[i])] = pairs[i+1]
		}
		c.TemplateData = data
		if n, ok := data["Count"].(int); ok {
			c.PluralCount = n
		}
	}
	s, err := l.Localize(c)
	if err != nil || s == "" {
		return key
	}
	return s
}

// Fault gives the words for a fault's code. Codes without words of their own share the
// words of "internal"; a code is never shown to a person.
func (t *Texts) Fault(lang, code string, params map[string]string) string {
	words, ok := fault.Words(lang, code)
	if !ok {
		words, _ = fault.Words(lang, fault.Internal.String())
	}
	readable := make(map[string]string, len(params))
	for name, value := range params {
		readable[name] = t.param(lang, name, value)
	}
	return fault.Fill(words, readable)
}

// param makes a parameter readable: a state or an event by its label, not by its code.
func (t *Texts) param(lang, name, value string) string {
	if key := name + "." + value; t.Has(key) {
		return t.T(lang, key)
	}
	return value
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"embed"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
)

//go:embed texts/*.json
var textFiles embed.FS

// texts are the words of problems by language and key: "title.<kind>", "fault.<code>".
var texts = sync.OnceValue(func() map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, lang := range []string{"it", "en"} {
		raw, err := textFiles.ReadFile("texts/" + lang + ".json")
		words := map[string]string{}
		if err == nil {
			err = json.Unmarshal(raw, &words)
		}
		if err != nil {
			panic("api: texts in " + lang + ": " + err.Error()) // they are compiled in
		}
		out[lang] = words
	}
	return out
})

// English puts an error of the service into words for a terminal, with its code for whoever
// looks it up: "Not found. (not_found)". An error of another kind reads as it is.
func English(err error) string {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err.Error()
	}
	const lang = "en"
	words := say(lang, e.Code, kindOfStatus(httpkit.StatusOf(e)), e.Params) + " (" + e.Code + ")"
	if len(e.Fields) > 0 {
		words = ""
	}
	for i, f := range e.Fields {
		if i > 0 {
			words += "; "
		}
		words += f.Path + ": " + say(lang, f.Code, "wrong_kind", f.Params) + " (" + f.Code + ")"
	}
	if cause := e.Unwrap(); cause != nil {
		words += ": " + English(cause)
	}
	return strings.Replace(err.Error(), e.Error(), words, 1)
}

// say gives the words for a code, filled in with params: limits and names of options. A
// code without words of its own shares those of fallback.
func say(lang, code, fallback string, params map[string]string) string {
	words := texts()[lang]
	text, ok := words["fault."+code]
	if !ok {
		text = words["fault."+fallback]
	}
	for name, value := range params {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

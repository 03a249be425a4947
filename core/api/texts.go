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

// texts are what only the API says, by language and key: "title.<kind>", and "fault.<code>"
// for the codes of own.
var texts = sync.OnceValue(func() map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, lang := range fault.Languages {
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

// own are the codes for which the API's words differ from the common ones, and why they must.
var own = map[string]string{
	"bad_country":        "a program sends a code; a person chooses from a list",
	"bad_date":           "the API's dates are written otherwise than those of the pages",
	"bad_language":       "a program sends a code; a person chooses from a list",
	"bad_money":          "the API's amounts are written otherwise than those of the pages",
	"body_too_large":     "the API knows the limit of the route",
	"internal":           "the request's number is in a header, not on the page",
	"limited":            "how long to wait is in a header",
	"not_an_option":      "a program sends values; a person gives answers",
	"possible_duplicate": "a page shows who it may be; a program is told how to ask",
	"required":           "a program sends values; a person gives answers",
	"sign_in":            "a program has no page to sign in at",
	"unauthenticated":    "a program has no page to sign in at",
}

// say gives the words for a code, filled in with params: limits and names of options. A
// code without words of its own shares those of fallback.
func say(lang, code, fallback string, params map[string]string) string {
	if _, ok := fault.Words(lang, code); !ok {
		code = fallback
	}
	words, ok := texts()[lang]["fault."+code]
	if !ok {
		words, _ = fault.Words(lang, code)
	}
	return fault.Fill(words, params)
}

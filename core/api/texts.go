// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"embed"
	"encoding/json"
	"strings"
	"sync"
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

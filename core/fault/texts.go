// SPDX-License-Identifier: AGPL-3.0-or-later

package fault

import (
	"embed"
	"encoding/json"
	"strings"
	"sync"
)

//go:embed texts/*.json
var textFiles embed.FS

// Languages are the languages a fault has words in, the default first.
var Languages = []string{"it", "en"}

// catalogue is what is said to people, by language and code. Pages and JSON API serve from it.
var catalogue = sync.OnceValue(func() map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, lang := range Languages {
		raw, err := textFiles.ReadFile("texts/" + lang + ".json")
		words := map[string]string{}
		if err == nil {
			err = json.Unmarshal(raw, &words)
		}
		if err != nil {
			panic("fault: texts in " + lang + ": " + err.Error()) // they are compiled in
		}
		out[lang] = words
	}
	return out
})

// Words gives what is said to people for a code, with its holes {name} still open: see Fill.
// A language nobody wrote in reads the default; ok is false where a code has no words.
func Words(lang, code string) (words string, ok bool) {
	in, known := catalogue()[lang]
	if !known {
		in = catalogue()[Languages[0]]
	}
	words, ok = in[code]
	return words, ok
}

// Fill puts params into the holes of a text: "{limit}" takes the param "limit". A param is
// never searched for holes itself.
func Fill(words string, params map[string]string) string {
	if len(params) == 0 {
		return words
	}
	pairs := make([]string, 0, 2*len(params))
	for name, value := range params {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(words)
}

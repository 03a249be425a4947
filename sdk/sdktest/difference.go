// SPDX-License-Identifier: BSD-3-Clause

package sdktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is told of a difference, in characters: it is read in a list of findings.
const (
	maxValueShown = 60
	maxPathShown  = 50
)

// difference tells the place where two texts of JSON first differ and what each has there, as
// "explanation/0/amount_cents: the file says 2310, the answer 2400"; "" where they are the same.
// Members are gone through by name, whatever their order; all of it is at most 200 characters.
func difference(want, got []byte) string {
	var w, g any
	if json.Unmarshal(want, &w) != nil || json.Unmarshal(got, &g) != nil {
		return "the answer in the file is no JSON"
	}
	at, w, g, differ := differs("", w, g)
	if !differ {
		return ""
	}
	if at == "" {
		at = "answer"
	}
	w, g = fromWhere(w, g)
	return fmt.Sprintf("%s: the file says %s, the answer %s", shortened(at, maxPathShown), shown(w), shown(g))
}

// absent stands for a member or an element that one side does not have.
type absent struct{}

func differs(at string, want, got any) (place string, w, g any, differ bool) {
	switch want := want.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			return differentMember(at, want, got)
		}
	case []any:
		if got, ok := got.([]any); ok {
			return differentElement(at, want, got)
		}
	default:
		return at, want, got, !sameScalar(want, got)
	}
	return at, want, got, true
}

func differentMember(at string, want, got map[string]any) (string, any, any, bool) {
	names := maps.Clone(want)
	maps.Copy(names, got)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if place, w, g, differ := differs(inside(at, name), member(want, name), member(got, name)); differ {
			return place, w, g, true
		}
	}
	return at, nil, nil, false
}

func member(of map[string]any, name string) any {
	if v, there := of[name]; there {
		return v
	}
	return absent{}
}

func differentElement(at string, want, got []any) (string, any, any, bool) {
	for i := range max(len(want), len(got)) {
		var w, g any = absent{}, absent{}
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if place, w, g, differ := differs(inside(at, strconv.Itoa(i)), w, g); differ {
			return place, w, g, true
		}
	}
	return at, nil, nil, false
}

// sameScalar compares what holds nothing; a list or an object is never the same as that.
func sameScalar(want, got any) bool {
	switch got.(type) {
	case map[string]any, []any:
		return false
	}
	return want == got
}

func inside(at, name string) string {
	if at == "" {
		return name
	}
	return at + "/" + name
}

// fromWhere leaves out what two long texts begin with alike, but for a few characters before
// the one that differs: cut at their ends they would look the same.
func fromWhere(want, got any) (any, any) {
	w, ok1 := want.(string)
	g, ok2 := got.(string)
	if !ok1 || !ok2 {
		return want, got
	}
	a, b := []rune(w), []rune(g)
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	if same < maxValueShown/2 {
		return want, got
	}
	from := same - maxValueShown/4
	return "…" + string(a[from:]), "…" + string(b[from:])
}

// shown writes a value as JSON does, or "nothing".
func shown(v any) string {
	if v == (any)(absent{}) {
		return "nothing"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return "?"
	}
	return shortened(strings.TrimSpace(b.String()), maxValueShown)
}

// shortened cuts a text, and takes out what cannot be shown.
func shortened(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

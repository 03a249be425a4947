// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/fault"
)

func TestBothLanguagesAgree(t *testing.T) {
	it, en := texts()["it"], texts()["en"]
	if diff := cmp.Diff(slices.Sorted(maps.Keys(it)), slices.Sorted(maps.Keys(en))); diff != "" {
		t.Errorf("keys differ (-it +en):\n%s", diff)
	}
}

// What the API says otherwise it says in both languages, with a reason, and with no hole
// that the common words do not know.
func TestOwnWords(t *testing.T) {
	hole := regexp.MustCompile(`\{\w+\}`)
	for lang, words := range texts() {
		for key, text := range words {
			code, ok := strings.CutPrefix(key, "fault.")
			if !ok {
				continue
			}
			common, known := fault.Words(lang, code)
			if own[code] == "" || !known || common == text {
				t.Errorf("%s in %s has no reason to differ", code, lang)
			}
			en, it := hole.FindAllString(texts()["en"][key], -1), hole.FindAllString(texts()["it"][key], -1)
			if !slices.Equal(en, it) {
				t.Errorf("%s: it has %v, en has %v", code, it, en)
			}
		}
	}
	for code := range own {
		if texts()["it"]["fault."+code] == "" {
			t.Errorf("no words of our own for %s", code)
		}
	}
}

// What huma found is said in our words.
func TestHumaHasWords(t *testing.T) {
	for status := 400; status < 600; status++ {
		p := fromHuma(t.Context(), status, 1, nil)
		if _, ok := fault.Words("it", p.Code); !ok {
			t.Errorf("%d: no words for %q", status, p.Code)
		}
	}
	for _, r := range rephrased {
		if _, ok := fault.Words("it", r.code); !ok {
			t.Errorf("no words for %q", r.code)
		}
	}
}

func TestEveryKindHasWords(t *testing.T) {
	for status := 400; status < 600; status++ {
		kind := kindOfStatus(status)
		if _, ok := fault.Words("it", kind); !ok || texts()["it"]["title."+kind] == "" {
			t.Errorf("%d: no words for %q", status, kind)
		}
	}
}

// The API fills {name}; what is written for the pages' templates would be printed as it is.
func TestTextsAreNoTemplates(t *testing.T) {
	for lang, words := range texts() {
		for key, text := range words {
			if strings.Contains(text, "{{") {
				t.Errorf("%s: %s has a template's braces", lang, key)
			}
		}
	}
}

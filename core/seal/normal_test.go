// SPDX-License-Identifier: AGPL-3.0-or-later

package seal

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNormalize(t *testing.T) {
	for in, want := range map[string]string{
		"Nicolò":              "nicolo",
		"NICOLO'":             "nicolo",
		"D’Angelo":            "dangelo",
		"  De   La Cruz ":     "de la cruz",
		"Ngozi-Okafor":        "ngozi okafor",
		"Ngozi‑Okafor":        "ngozi okafor", // a hyphen that does not break
		"Ẹ̀bùn Ọlá":           "ebun ola",
		"Straße":              "strasse",
		"Łukasz Sørensen":     "lukasz sorensen",
		"İpek Yılmaz":         "ipek yilmaz",
		"Đặng Thị Hương":      "dang thi huong",
		"Ｗｉｄｅ":                "wide",
		"مُحَمَّد":            "محمد",
		"Ольга Йовович":       "ольга иовович",
		"किरण":                "किरण",
		"zero\u200bwidth":     "zerowidth",
		"":                    "",
		"- ' -":               "",
		"bad\xffbyte":         "badbyte",
		"Maria Grazia, Pérez": "maria grazia perez",
	} {
		if got := Normalize(in); got != want {
			t.Errorf("Normalize(%q) = %q, want %q", in, got, want)
		}
	}
}

// Names that only a vowel sign tells apart stay apart.
func TestNormalize_keepsVowelSigns(t *testing.T) {
	if Normalize("मीना") == Normalize("मान") {
		t.Error("two names became one")
	}
}

func TestNormalize_idempotent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.String().Draw(rt, "s")
		once := Normalize(s)
		if twice := Normalize(once); twice != once {
			rt.Fatalf("%q, then %q", once, twice)
		}
		if Normalize(strings.ToUpper(once)) != Normalize(strings.ToLower(strings.ToUpper(once))) {
			rt.Fatalf("capitals count in %q", once)
		}
		if diff := cmp.Diff(strings.Fields(once), Words(s), cmp.Comparer(func(a, b []string) bool { return strings.Join(a, "|") == strings.Join(b, "|") })); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestNormalize_idempotentForEveryRune(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if once := Normalize("a" + string(r) + "b"); Normalize(once) != once {
			t.Errorf("%U: %q, then %q", r, once, Normalize(once))
		}
	}
}

func FuzzNormalize(f *testing.F) {
	f.Add("D’Angelo-Ñúñez")
	f.Fuzz(func(t *testing.T, s string) {
		if once := Normalize(s); Normalize(once) != once {
			t.Errorf("%q: %q, then %q", s, once, Normalize(once))
		}
	})
}

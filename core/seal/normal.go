// SPDX-License-Identifier: AGPL-3.0-or-later

package seal

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// plainLetters are letters that Unicode does not take apart, but that people type plain.
var plainLetters = strings.NewReplacer(
	"ł", "l", "ø", "o", "đ", "d", "ð", "d", "ħ", "h", "ı", "i", "ŋ", "n", "æ", "ae", "œ", "oe", "þ", "th",
	"ß", "ss", "ς", "σ", "ɓ", "b", "ɗ", "d", "ƙ", "k", "ɛ", "e", "ɔ", "o",
)

// Normalize makes spellings of one name equal: capitals, accents, apostrophes, hyphens and
// spaces do not count. It is what blind indexes are made of: to change it is to index anew.
// Normalize(Normalize(s)) is Normalize(s).
func Normalize(s string) string { return strings.Join(Words(s), " ") }

// Words splits a name into its normalised words, in their order. Words of a name are indexed
// one by one, so that a family name is found without its particles.
func Words(s string) []string {
	s = decompose(strings.ToValidUTF8(s, ""))
	// A small letter can decompose where its capital did not.
	s = decompose(strings.ToLower(s))
	return strings.FieldsFunc(plainLetters.Replace(s), isGap)
}

// decompose takes letters apart and drops what is not told apart in a name.
func decompose(s string) string {
	return strings.Map(func(r rune) rune {
		if isApostrophe(r) || isAccent(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
}

// isAccent: a mark that a name is often written without. The vowel signs of Indian scripts
// are marks too, but letters to their readers: without them many names would be one.
func isAccent(r rune) bool {
	return unicode.Is(unicode.M, r) &&
		unicode.In(r, unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew)
}

// isApostrophe: dropped, not a gap, because in Italy an accent is often typed as one
// ("Nicolo'"), and "D'Angelo" as "Dangelo".
func isApostrophe(r rune) bool {
	switch r {
	case '\'', '`', '´', '‘', '’', '‛', 'ʼ', 'ʻ', 'ʹ', 'ʾ', 'ʿ', '′', 'ˈ', '＇':
		return true
	}
	return false
}

// isGap: hyphens, spaces and all other signs part words.
func isGap(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
}

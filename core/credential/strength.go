// SPDX-License-Identifier: AGPL-3.0-or-later

package credential

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MinLength is the shortest password in characters.
const MinLength = 12

// The codes of CheckStrength, each with its text in the catalogue.
const (
	TooShort  = "password_too_short"
	TooLong   = "password_too_long"
	TooCommon = "password_too_common"
	TooKnown  = "password_too_known"
)

//go:embed common.txt
var commonText string

// common holds the words that many passwords are made of, without digits and signs.
var common = commonWords(commonText)

// CheckStrength tells what is wrong with a new password, as the code of a text, or "" where
// nothing is. Length counts, and not being the first thing one would try; rules about kinds
// of characters make passwords worse and are not here. known are the user's own address and
// name, which everybody around knows.
func CheckStrength(password string, known ...string) string {
	if len(password) > MaxLength {
		return TooLong
	}
	p := strings.ToLower(norm.NFKC.String(password))
	switch {
	case utf8.RuneCountInString(p) < MinLength:
		return TooShort
	case isKnown(p, known):
		return TooKnown
	case distinct(p) < 5 || isRun(p) || common[lettersOf(p)]:
		return TooCommon
	}
	return ""
}

// isKnown: the password is an address or a name, or one of them with digits and signs around.
func isKnown(p string, known []string) bool {
	for _, k := range known {
		k = strings.ToLower(norm.NFKC.String(k))
		local, _, _ := strings.Cut(k, "@")
		for _, form := range []string{k, local} {
			if letters := lettersOf(form); form == p && p != "" || letters != "" && lettersOf(p) == letters {
				return true
			}
		}
	}
	return false
}

// lettersOf drops digits, signs and spaces: "Password-2026!" is "password".
func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

// distinct counts the different characters.
func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// isRun: each character follows or precedes the one before: "abcdefghijkl", "123456789012".
func isRun(s string) bool {
	runes := []rune(s)
	up, down := 0, 0
	for i := 1; i < len(runes); i++ {
		switch d := runes[i] - runes[i-1]; d {
		case 1, '0' - '9':
			up++
		case -1, '9' - '0':
			down++
		}
	}
	return max(up, down) == len(runes)-1
}

func commonWords(text string) map[string]bool {
	words := map[string]bool{"": true} // digits and signs only
	for line := range strings.Lines(text) {
		if word := strings.TrimSpace(line); word != "" && !strings.HasPrefix(word, "#") {
			words[word] = true
		}
	}
	return words
}

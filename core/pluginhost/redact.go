// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"regexp"
	"strings"
	"unicode"
)

// What a plugin complains about may hold facts. Names cannot be told from other words, but
// what identifies somebody by its shape is blotted out before anybody reads it.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`(?i)[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]`), // codice fiscale
	regexp.MustCompile(`(?i)\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b`),                // IBAN
	regexp.MustCompile(`[^\s@<>"']+@[^\s@<>"']*`),
	regexp.MustCompile(`\+?[0-9](?:[ ./-]?[0-9]){5,}`), // telephones, documents, days of birth
}

// escape is a colour or a move of a terminal's cursor.
var escape = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`)

const blot = "[…]"

// redact blots out what identifies, and everything that a terminal would act on.
func redact(s string) string {
	s = escape.ReplaceAllString(s, " ")
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for _, shape := range shapes {
		s = shape.ReplaceAllString(s, blot)
	}
	return s
}

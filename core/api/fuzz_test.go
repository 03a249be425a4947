// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"strings"
	"testing"
)

// Only a tag exactly as it was given out names a revision.
func FuzzBaseOf(f *testing.F) {
	for _, seed := range []string{"", "*", `"1"`, `W/"1"`, `"1", "2"`, `1"`, `"9223372036854775808"`, ` "7" `, "\"\x00\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		n, err := baseOf(header)
		tag := strings.TrimSpace(header)
		switch {
		case err != nil && (n != 0 || (tag != "" && tag != "*")):
			t.Errorf("%q: %d, %v", header, n, err)
		case err == nil && n != -1 && etagOf(n) != tag:
			t.Errorf("%q names revision %d", header, n)
		}
	})
}

// A place holds nothing but names and numbers, whatever a client calls its fields.
func FuzzSafePlace(f *testing.F) {
	for _, seed := range []string{"body.needs[0].area", "body", "", "body.Amina Okoro", "query.x/../y", "body.\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, location string) {
		got := safePlace(slashed(location))
		if strings.Contains(got, "/") && strings.ContainsFunc(got, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/_-", r)
		}) {
			t.Errorf("%q gives %q", location, got)
		}
	})
}

func FuzzLangOf(f *testing.F) {
	for _, seed := range []string{"", "it", "en-GB;q=0.5, it", "*", "x-klingon", ";q=", "de,fr"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if lang, asked := langOf(header); (lang != "it" && lang != "en") || (!asked && lang != "it") {
			t.Errorf("%q: %q, %v", header, lang, asked)
		}
	})
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"strconv"
	"strings"
	"time"
)

// parseMoney reads an amount as Italians type it, into cents: "1.234,50", "1234,5", "€ 20",
// "1234.50". A single dot counts as decimal only where at most two digits follow.
// ok is false for anything that is not clearly an amount.
func parseMoney(s string) (cents int64, ok bool) {
	s = strings.TrimSpace(strings.Trim(squeeze(s), "€"))
	s, negative := strings.CutPrefix(s, "-")
	whole, part := splitDecimals(s)
	if whole, ok = ungroup(whole); !ok || len(part) > 2 || !allDigits(part) || len(whole) > 12 {
		return 0, false
	}
	euro, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, false
	}
	rest, _ := strconv.ParseInt((part + "00")[:2], 10, 64)
	cents = euro*100 + rest
	if negative {
		cents = -cents
	}
	return cents, true
}

// parseWhole reads a whole number, with or without dots between its thousands.
func parseWhole(s string) (int64, bool) {
	s, negative := strings.CutPrefix(squeeze(s), "-")
	digits, ok := ungroup(s)
	if !ok || len(digits) > 15 {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if negative {
		n = -n
	}
	return n, err == nil
}

// parseDate reads a date as people type it, gg/mm/aaaa, also with dots, dashes or spaces
// and single digits, into "2006-01-02". The year has four digits: two would be a guess.
func parseDate(s string) (string, bool) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/.- ", r) })
	if len(parts) != 3 {
		return "", false
	}
	if len(parts[0]) == 4 { // the ISO order, as browsers and spreadsheets give it
		parts[0], parts[2] = parts[2], parts[0]
	}
	if len(parts[0]) > 2 || len(parts[1]) > 2 || len(parts[2]) != 4 {
		return "", false
	}
	t, err := time.Parse("2/1/2006", trimZero(parts[0])+"/"+trimZero(parts[1])+"/"+parts[2])
	if err != nil {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

// typedDate writes "2006-01-02" as it is typed, "02/01/2006"; anything else unchanged.
func typedDate(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return t.Format("02/01/2006")
}

// typedMoney writes cents as they are typed: "1.234,50".
func typedMoney(cents int64) string {
	return strings.TrimSuffix(strings.Replace(formatMoney("it", cents), "−", "-", 1), "\u00a0€")
}

// squeeze takes away the spaces people put into numbers.
func squeeze(s string) string {
	return strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "\t", "").Replace(s)
}

// splitDecimals cuts at the comma, or at a single dot that can only be a decimal one.
func splitDecimals(s string) (whole, part string) {
	if i := strings.LastIndexByte(s, ','); i >= 0 {
		return s[:i], s[i+1:]
	}
	if i := strings.IndexByte(s, '.'); i >= 0 && i == strings.LastIndexByte(s, '.') && len(s)-i-1 <= 2 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// ungroup takes the dots out of "1.234.567"; ok is false where they stand anywhere else.
func ungroup(s string) (string, bool) {
	groups := strings.Split(s, ".")
	for i, g := range groups {
		if !allDigits(g) || g == "" || (len(groups) > 1 && (i > 0 && len(g) != 3 || i == 0 && len(g) > 3)) {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func allDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

func trimZero(s string) string {
	if len(s) == 2 && s[0] == '0' {
		return s[1:]
	}
	return s
}

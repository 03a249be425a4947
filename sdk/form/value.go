// SPDX-License-Identifier: BSD-3-Clause

package form

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// asWhole reads a whole number. ok is false for anything else; a whole number beyond
// what JSON keeps exact comes back as one just beyond it.
func asWhole(v any) (n int64, ok bool) {
	switch x := v.(type) {
	case int:
		return clamp(int64(x)), true
	case int64:
		return clamp(x), true
	case int32:
		return int64(x), true
	case float64:
		return fromFloat(x)
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return clamp(n), true
		}
		// An exponent or a number too long: a float tells whole from broken well enough.
		if x, err := x.Float64(); err == nil {
			return fromFloat(x)
		}
	}
	return 0, false
}

func fromFloat(x float64) (int64, bool) {
	switch {
	case math.IsNaN(x), math.IsInf(x, 0), x != math.Trunc(x):
		return 0, false
	case x > float64(maxWhole):
		return maxWhole + 1, true
	case x < -float64(maxWhole):
		return -maxWhole - 1, true
	}
	return int64(x), true
}

func clamp(n int64) int64 { return max(-maxWhole-1, min(n, maxWhole+1)) }

// asList reads a list: of JSON, or of the two types that are handy in Go.
func asList(v any) ([]any, bool) {
	switch x := v.(type) {
	case []any:
		return x, true
	case []string:
		out := make([]any, len(x))
		for i, s := range x {
			out[i] = s
		}
		return out, true
	case []map[string]any:
		out := make([]any, len(x))
		for i, m := range x {
			out[i] = m
		}
		return out, true
	}
	return nil, false
}

// parseDate reads YYYY-MM-DD in the years a date can sensibly have.
func parseDate(s string) (time.Time, bool) {
	if len(s) != len(time.DateOnly) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < earliest || t.Year() > latest {
		return time.Time{}, false
	}
	return t, true
}

// blankSet is spelled out, and not left to unicode, so that the pattern of the JSON Schema says the same.
const blankSet = " \t\n\f\r"

func isBlank(s string) bool { return strings.Trim(s, blankSet) == "" }

// cleanText refuses what no database column and no page can show.
func cleanText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// isReference reports whether s can be an id: letters, digits, dot, dash, underscore.
func isReference(s string) bool {
	if s == "" || len(s) > maxReference {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

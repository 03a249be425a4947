// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"encoding/json"
	"math"
)

// Values of a form come from a form that was posted, from JSON, or from Go code: these
// read the few shapes that can have. What has another shape reads as empty.

func textOf(v any) string { s, _ := v.(string); return s }

func wholeOf(v any) (int64, bool) {
	switch x := v.(type) {
	case int:
		return int64(x), true
	case int64:
		return x, true
	case float64:
		return int64(x), x == math.Trunc(x) && math.Abs(x) < 1<<53
	case json.Number:
		n, err := x.Int64()
		return n, err == nil
	}
	return 0, false
}

func listOf(v any) []any {
	switch x := v.(type) {
	case []any:
		return x
	case []string:
		return anyList(x)
	case []map[string]any:
		out := make([]any, len(x))
		for i, m := range x {
			out[i] = m
		}
		return out
	}
	return nil
}

func anyList(in []string) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = s
	}
	return out
}

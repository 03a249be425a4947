// SPDX-License-Identifier: BSD-3-Clause

package form_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/sdk/form"
)

func TestCanonical(t *testing.T) {
	in := decode(t, `{"title":"a","notes":" ","months":3.0,"level":"A1","other":"hidden","areas":["y","x"],"shared":false,
		"span":{"from":"2026-01-01","to":"2026-02-01"},"course":{"title":"t","catalog":""},"children":[{"age":4}],"stray":1}`, true)
	want := map[string]any{
		"title": "a", "months": int64(3), "level": "A1", "areas": []string{"y", "x"}, "shared": false,
		"span": map[string]any{"from": "2026-01-01", "to": "2026-02-01"}, "course": map[string]any{"title": "t"},
		"children": []map[string]any{{"age": int64(4)}},
	}
	got := sample().Canonical(in)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(got, sample().Canonical(got)); diff != "" {
		t.Errorf("the canonical form of a canonical form differs\n%s", diff)
	}
	if problems := sample().Validate(got, form.Complete); problems != nil {
		t.Errorf("canonical values are refused: %v", problems)
	}
}

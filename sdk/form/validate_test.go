// SPDX-License-Identifier: BSD-3-Clause

package form_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/sdk/form"
)

func label(s string) form.Text { return form.Text{IT: s, EN: s} }

func options(values ...string) []form.Option {
	var out []form.Option
	for _, v := range values {
		out = append(out, form.Option{Value: v, Label: label(v)})
	}
	return out
}

func bound(n int64) *int64 { return &n }

// sample has a field of every kind.
func sample() form.Form {
	return form.Form{Fields: []form.Field{
		{Name: "title", Kind: form.KindText, Label: label("t"), Required: true, MaxLength: 5},
		{Name: "notes", Kind: form.KindLongText, Label: label("n")},
		{Name: "months", Kind: form.KindInteger, Label: label("m"), Min: bound(1), Max: bound(12), Unit: "months"},
		{Name: "rent", Kind: form.KindMoney, Label: label("r"), Unit: "cents"},
		{Name: "on", Kind: form.KindDate, Label: label("d")},
		{Name: "span", Kind: form.KindDateRange, Label: label("s")},
		{Name: "level", Kind: form.KindChoice, Label: label("l"), Options: options("A1", "A2", "other")},
		{Name: "other", Kind: form.KindText, Label: label("o"), VisibleWhen: &form.Condition{Field: "level", In: []string{"other"}}, Required: true},
		{Name: "areas", Kind: form.KindMultiChoice, Label: label("a"), Options: options("x", "y", "z"), Min: bound(2)},
		{Name: "shared", Kind: form.KindYesNo, Label: label("y")},
		{Name: "people", Kind: form.KindPersonCount, Label: label("p"), RequiredWhen: &form.Condition{Field: "shared", In: []string{"true"}}},
		{Name: "scan", Kind: form.KindFile, Label: label("f")},
		{Name: "course", Kind: form.KindCourse, Label: label("c")},
		{Name: "children", Kind: form.KindTable, Label: label("c"), Max: bound(2), Columns: []form.Field{
			{Name: "age", Kind: form.KindPersonCount, Label: label("a"), Required: true},
			{Name: "note", Kind: form.KindText, Label: label("n")},
		}},
	}}
}

func TestSampleIsWellFormed(t *testing.T) {
	if err := sample().Check(); err != nil {
		t.Fatal(err)
	}
}

func TestValidate(t *testing.T) {
	limit := func(n string) map[string]string { return map[string]string{"limit": n} }
	tests := []struct {
		name, values string
		mode         form.Mode
		want         []form.Problem
	}{
		{"a draft may be empty", `{}`, form.Draft, nil},
		{"a complete one has what is required", `{}`, form.Complete, []form.Problem{{Path: "title", Code: "required"}}},
		{"blank is no answer", `{"title":" \n"}`, form.Complete, []form.Problem{{Path: "title", Code: "required"}}},
		{"length counts characters", `{"title":"perché"}`, form.Draft, []form.Problem{{Path: "title", Code: "too_long", Params: limit("5")}}},
		{"NUL cannot be stored", `{"title":"a\u0000"}`, form.Draft, []form.Problem{{Path: "title", Code: "bad_text"}}},
		{"null is no answer of any kind", `{"title":null}`, form.Draft, []form.Problem{{Path: "title", Code: "wrong_kind"}}},
		{"whole numbers only", `{"months":1.5}`, form.Draft, []form.Problem{{Path: "months", Code: "wrong_kind"}}},
		{"1.0 and 1e1 are whole", `{"months":1.0,"rent":1e1}`, form.Draft, nil},
		{"too small", `{"months":0}`, form.Draft, []form.Problem{{Path: "months", Code: "too_small", Params: limit("1")}}},
		{"too large", `{"months":13}`, form.Draft, []form.Problem{{Path: "months", Code: "too_large", Params: limit("12")}}},
		{"money is not negative unless a form says so", `{"rent":-1}`, form.Draft, []form.Problem{{Path: "rent", Code: "too_small", Params: limit("0")}}},
		{"a number beyond what JSON keeps exact", `{"rent":9007199254740992}`, form.Draft, []form.Problem{{Path: "rent", Code: "too_large", Params: limit("9007199254740991")}}},
		{"no 30 February", `{"on":"2026-02-30"}`, form.Draft, []form.Problem{{Path: "on", Code: "bad_date"}}},
		{"a year slipped", `{"on":"0206-02-03"}`, form.Draft, []form.Problem{{Path: "on", Code: "bad_date"}}},
		{"range reversed", `{"span":{"from":"2026-02-02","to":"2026-02-01"}}`, form.Draft, []form.Problem{{Path: "span", Code: "from_after_to"}}},
		{"half a range in a draft", `{"span":{"from":"2026-02-02"}}`, form.Draft, nil},
		{"half a range when complete", `{"title":"a","span":{"from":"2026-02-02"}}`, form.Complete, []form.Problem{{Path: "span/to", Code: "required"}}},
		{"not an option", `{"level":"C9"}`, form.Draft, []form.Problem{{Path: "level", Code: "not_an_option"}}},
		{"visible and required", `{"title":"a","level":"other"}`, form.Complete, []form.Problem{{Path: "other", Code: "required"}}},
		{"hidden is never required", `{"title":"a","level":"A1"}`, form.Complete, nil},
		{"hidden is still checked for kind", `{"title":"a","level":"A1","other":3}`, form.Complete, []form.Problem{{Path: "other", Code: "wrong_kind"}}},
		{"required when", `{"title":"a","shared":true}`, form.Complete, []form.Problem{{Path: "people", Code: "required"}}},
		{"not required when not", `{"title":"a","shared":false}`, form.Complete, nil},
		{"same option twice", `{"areas":["x","x"]}`, form.Draft, []form.Problem{{Path: "areas/1", Code: "duplicate"}}},
		{"too few only when complete", `{"title":"a","areas":["x"]}`, form.Complete, []form.Problem{{Path: "areas", Code: "too_few", Params: limit("2")}}},
		{"file ids only", `{"scan":"../etc"}`, form.Draft, []form.Problem{{Path: "scan", Code: "wrong_kind"}}},
		{"an edition needs its catalog", `{"title":"a","course":{"title":"x","edition":"e1"}}`, form.Complete, []form.Problem{{Path: "course/catalog", Code: "required"}}},
		{"rows", `{"title":"a","children":[{"age":3},{"note":"x"}]}`, form.Complete, []form.Problem{{Path: "children/1/age", Code: "required"}}},
		{"too many rows", `{"children":[{},{},{}]}`, form.Draft, []form.Problem{{Path: "children", Code: "too_many", Params: limit("2")}}},
		{"unknown field", `{"nope":1}`, form.Draft, []form.Problem{{Path: "nope", Code: "unknown_field"}}},
		{"an odd key is not repeated", `{"Mario Rossi":1}`, form.Draft, []form.Problem{{Path: "?", Code: "unknown_field"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, values := range map[string]map[string]any{"float64": decode(t, tt.values, false), "json.Number": decode(t, tt.values, true)} {
				if diff := cmp.Diff(tt.want, sample().Validate(values, tt.mode)); diff != "" {
					t.Errorf("%s: (-want +got)\n%s", name, diff)
				}
			}
		})
	}
}

func decode(t *testing.T, s string, numbers bool) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(s))
	if numbers {
		d.UseNumber()
	}
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestGoValues(t *testing.T) {
	values := map[string]any{
		"title": "a", "months": 3, "rent": int64(10), "areas": []string{"x", "y"}, "children": []map[string]any{{"age": 1}},
	}
	if got := sample().Validate(values, form.Complete); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestVisibleFollowsTheChain(t *testing.T) {
	f := form.Form{Fields: []form.Field{
		{Name: "a", Kind: form.KindYesNo, Label: label("a")},
		{Name: "b", Kind: form.KindYesNo, Label: label("b"), VisibleWhen: &form.Condition{Field: "a", In: []string{"true"}}},
		{Name: "c", Kind: form.KindText, Label: label("c"), VisibleWhen: &form.Condition{Field: "b", In: []string{"true"}}},
	}}
	if !f.Visible("c", map[string]any{"a": true, "b": true}) {
		t.Error("c must show")
	}
	if f.Visible("c", map[string]any{"a": false, "b": true}) {
		t.Error("c shows although b is hidden")
	}
	if f.Visible("nope", nil) {
		t.Error("an unknown field shows")
	}
}

func TestVisibleEndsOnACircle(t *testing.T) {
	f := form.Form{Fields: []form.Field{
		{Name: "a", Kind: form.KindYesNo, VisibleWhen: &form.Condition{Field: "b", In: []string{"true"}}},
		{Name: "b", Kind: form.KindYesNo, VisibleWhen: &form.Condition{Field: "a", In: []string{"true"}}},
	}}
	values := map[string]any{"a": true, "b": true}
	if f.Visible("a", values) {
		t.Error("a circle of conditions never holds")
	}
	f.Validate(values, form.Complete)
	f.Schema("it")
}

// FuzzValidate feeds any JSON object to the sample form: it must not panic, and must not
// repeat what was typed.
func FuzzValidate(f *testing.F) {
	f.Add(`{"title":"a","children":[{"age":3}],"span":{"from":"2026-01-01"}}`)
	f.Add(`{"areas":[1,null,{}],"course":[],"rent":1e999}`)
	f.Fuzz(func(t *testing.T, s string) {
		var values map[string]any
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		if d.Decode(&values) != nil {
			return
		}
		for _, mode := range []form.Mode{form.Draft, form.Complete} {
			for _, p := range sample().Validate(values, mode) {
				if strings.Trim(p.Path, "abcdefghijklmnopqrstuvwxyz0123456789_/?") != "" {
					t.Errorf("path %q repeats what was typed", p.Path)
				}
			}
		}
	})
}

// SPDX-License-Identifier: BSD-3-Clause

package form_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/sdk/form"
)

func TestCheckFindsFaults(t *testing.T) {
	yes := form.Field{Name: "yes", Kind: form.KindYesNo, Label: label("y")}
	tests := []struct {
		name, want string
		fields     []form.Field
	}{
		{"name", "name must match", []form.Field{{Name: "Bad Name", Kind: form.KindText, Label: label("x")}}},
		{"twice", "used twice", []form.Field{yes, yes}},
		{"kind", `kind "html" is not known; the kinds are text, long_text, integer, money, date, date_range, choice, multi_choice, yes_no, person_count, file, course, table`, []form.Field{{Name: "a", Kind: "html", Label: label("x")}}},
		{"one language", "both languages", []form.Field{{Name: "a", Kind: form.KindText, Label: form.Text{IT: "solo"}}}},
		{"half a hint", "hint", []form.Field{{Name: "a", Kind: form.KindText, Label: label("x"), Hint: form.Text{EN: "x"}}}},
		{"class", `class "secret" is not known; the classes are public, network, case, private, identity`, []form.Field{{Name: "a", Kind: form.KindText, Label: label("x"), Class: "secret"}}},
		{"no such unit", `unit "years" is not known; the units are cents, months, hours, days, weeks`, []form.Field{{Name: "a", Kind: form.KindInteger, Label: label("x"), Unit: "years"}}},
		{"unit", "unit on a field", []form.Field{{Name: "a", Kind: form.KindText, Label: label("x"), Unit: "months"}}},
		{"no options", "needs between", []form.Field{{Name: "a", Kind: form.KindChoice, Label: label("x")}}},
		{"needless options", "options on a kind", []form.Field{{Name: "a", Kind: form.KindText, Label: label("x"), Options: options("b")}}},
		{"same option", "value used twice", []form.Field{{Name: "a", Kind: form.KindChoice, Label: label("x"), Options: options("b", "b")}}},
		{"option text", "option 0", []form.Field{{Name: "a", Kind: form.KindChoice, Label: label("x"), Options: []form.Option{{Value: "b"}}}}},
		{"min over max", "sensible range", []form.Field{{Name: "a", Kind: form.KindInteger, Label: label("x"), Min: bound(2), Max: bound(1)}}},
		{"min on a text", "min or max", []form.Field{{Name: "a", Kind: form.KindText, Label: label("x"), Min: bound(2)}}},
		{"length of a number", "max_length", []form.Field{{Name: "a", Kind: form.KindInteger, Label: label("x"), MaxLength: 2}}},
		{"table without columns", "needs columns", []form.Field{{Name: "a", Kind: form.KindTable, Label: label("x")}}},
		{"table in a table", "cannot be a table", []form.Field{{Name: "a", Kind: form.KindTable, Label: label("x"), Columns: []form.Field{{Name: "b", Kind: form.KindTable}}}}},
		{"bad column", `"a/B"`, []form.Field{{Name: "a", Kind: form.KindTable, Label: label("x"), Columns: []form.Field{{Name: "B", Kind: form.KindText, Label: label("b")}}}}},
		{"later field", "earlier field", []form.Field{{Name: "a", Kind: form.KindText, Label: label("x"), VisibleWhen: &form.Condition{Field: "yes", In: []string{"true"}}}, yes}},
		{"condition on itself", "earlier field", []form.Field{{Name: "a", Kind: form.KindYesNo, Label: label("x"), VisibleWhen: &form.Condition{Field: "a", In: []string{"true"}}}}},
		{"impossible value", "cannot have", []form.Field{yes, {Name: "a", Kind: form.KindText, Label: label("x"), VisibleWhen: &form.Condition{Field: "yes", In: []string{"maybe"}}}}},
		{"empty condition", "lists no value", []form.Field{yes, {Name: "a", Kind: form.KindText, Label: label("x"), RequiredWhen: &form.Condition{Field: "yes"}}}},
		{"required twice", "both required", []form.Field{yes, {Name: "a", Kind: form.KindText, Label: label("x"), Required: true, RequiredWhen: &form.Condition{Field: "yes", In: []string{"true"}}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := form.Form{Fields: tt.fields}.Check()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to say %q", err, tt.want)
			}
		})
	}
}

func TestClass(t *testing.T) {
	tests := []struct {
		class, limit form.Class
		want         bool
	}{
		{form.ClassCase, form.ClassCase, true},
		{form.ClassPublic, form.ClassCase, true},
		{form.ClassPrivate, form.ClassCase, false},
		{"", form.ClassPrivate, false},
		{"typo", form.ClassIdentity, true},
		{form.ClassNetwork, "typo", false},
		{form.ClassPublic, "", true},
	}
	for _, tt := range tests {
		if got := tt.class.AtMost(tt.limit); got != tt.want {
			t.Errorf("%q at most %q: got %v", tt.class, tt.limit, got)
		}
	}
}

// A description survives its JSON form, which is how it travels in a manifest.
func TestJSONRoundTrip(t *testing.T) {
	b, err := json.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	var back form.Form
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), back); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(string(b), `"hint"`) {
		t.Error("an empty hint is written out")
	}
}

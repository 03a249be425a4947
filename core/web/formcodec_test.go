// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk/form"
)

func TestEveryKindReadsBack(t *testing.T) {
	f := everyKind()
	typed := encode(f, "details/", everyValue())
	typed["details/course/_was"] = []string{"Saldatura"} // as the page has it
	got, complaints := decode(f, "details/", typed)
	if diff := cmp.Diff(everyValue(), got); diff != "" || len(complaints) > 0 {
		t.Errorf("(-want +got)\n%s%v", diff, complaints)
	}
	if problems := f.Validate(got, form.Complete); len(problems) > 0 {
		t.Errorf("what was read is not valid: %v", problems)
	}
}

func TestWhatCannotBeReadStays(t *testing.T) {
	f := everyKind()
	typed := typed{
		"money": {"dodici"}, "integer": {"1,5"}, "date": {"domani"}, "date_range/from": {"ieri"}, "yes_no": {"forse"},
		"table/_rows": {"2"}, "table/0/amount": {""}, "table/1/amount": {"tanto"},
	}
	before := maps.Clone(typed)
	values, complaints := decode(f, "", typed)
	want := []fault.Field{
		fault.At("integer", "bad_number"), fault.At("money", "bad_money"), fault.At("date", "bad_date"),
		fault.At("date_range/from", "bad_date"), fault.At("yes_no", "wrong_kind"), fault.At("table/0/amount", "bad_money"),
	}
	if diff := cmp.Diff(want, complaints); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"table": []any{map[string]any{}}}, values); diff != "" {
		t.Error(diff)
	}
	if typed.get("money") != before.get("money") || typed.get("table/0/amount") != "tanto" || typed.rowCount("table") != 1 {
		t.Errorf("what was typed changed: %v", typed)
	}
}

func TestHiddenQuestionsAreLeftOut(t *testing.T) {
	f := form.Form{Fields: []form.Field{
		{Name: "kind", Kind: form.KindChoice, Options: []form.Option{{Value: "a"}, {Value: "b"}}},
		{Name: "more", Kind: form.KindMoney, VisibleWhen: &form.Condition{Field: "kind", In: []string{"a"}}},
	}}
	values, complaints := decode(f, "", typed{"kind": {"b"}, "more": {"non un numero"}})
	if diff := cmp.Diff(map[string]any{"kind": "b"}, values); diff != "" || len(complaints) > 0 {
		t.Errorf("%s%v", diff, complaints)
	}
	if _, complaints = decode(f, "", typed{"kind": {"a"}, "more": {"non un numero"}}); len(complaints) != 1 {
		t.Errorf("a visible question is not checked: %v", complaints)
	}
}

func TestCourseTypedAnewLosesItsReference(t *testing.T) {
	f := form.Form{Fields: []form.Field{{Name: "course", Kind: form.KindCourse}}}
	values, _ := decode(f, "", typed{"course/title": {"Cucito"}, "course/_was": {"Saldatura"}, "course/catalog": {"c1"}})
	if diff := cmp.Diff(map[string]any{"course": map[string]any{"title": "Cucito"}}, values); diff != "" {
		t.Error(diff)
	}
}

func TestReshape(t *testing.T) {
	rows := func() typed {
		return typed{"items/_rows": {"3"}, "items/0/a": {"x"}, "items/1/a": {"y"}, "items/1/b": {"only"}, "items/2/a": {"z"}, "other": {"o"}}
	}
	for _, c := range []struct {
		name    string
		press   map[string]string
		want    typed
		focus   string
		pressed bool
	}{
		{"nothing", nil, rows(), "", false},
		{"add", map[string]string{addRow: "items"}, typed{"items/_rows": {"4"}, "items/0/a": {"x"}, "items/1/a": {"y"}, "items/1/b": {"only"}, "items/2/a": {"z"}, "other": {"o"}}, "items/3", true},
		{"remove", map[string]string{removeRow: "items/1"}, typed{"items/_rows": {"2"}, "items/0/a": {"x"}, "items/1/a": {"z"}, "other": {"o"}}, "items", true},
		{"remove what is not there", map[string]string{removeRow: "items/9"}, rows(), "items", true},
		{"remove nonsense", map[string]string{removeRow: "x"}, rows(), "", false},
	} {
		got := rows()
		for k, v := range c.press {
			got[k] = []string{v}
		}
		focus, pressed := got.reshape()
		delete(got, addRow)
		delete(got, removeRow)
		if diff := cmp.Diff(c.want, got); diff != "" || focus != c.focus || pressed != c.pressed {
			t.Errorf("%s: %q %v\n%s", c.name, focus, pressed, diff)
		}
	}
}

// Removing a row of a list is the same as never having typed it.
func TestRemovingARow(t *testing.T) {
	f := form.Form{Fields: []form.Field{{Name: "items", Kind: form.KindTable, Columns: []form.Field{{Name: "a", Kind: form.KindText}}}}}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "rows")
		gone := rapid.IntRange(0, n-1).Draw(t, "gone")
		var all, rest []any
		for i := range n {
			row := map[string]any{"a": fmt.Sprint("r", i)}
			all = append(all, row)
			if i != gone {
				rest = append(rest, row)
			}
		}
		typed := encode(f, "", map[string]any{"items": all})
		typed[removeRow] = []string{fmt.Sprint("items/", gone)}
		typed.reshape()
		got, _ := decode(f, "", typed)
		if diff := cmp.Diff(rest, listOf(got["items"])); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Whatever is posted, reading it ends, and what is read can be checked.
func FuzzDecode(f *testing.F) {
	f.Add("table/_rows", "999999", "table/0/amount", "1,5")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string) {
		form0 := everyKind()
		values, _ := decode(form0, "", typed{k1: {v1}, k2: {v2}})
		form0.Validate(values, form.Draft)
	})
}

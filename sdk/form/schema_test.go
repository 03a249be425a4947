// SPDX-License-Identifier: BSD-3-Clause

package form_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/sdk/form"
)

// TestSchemaAgreesWithValidate builds random forms and random values, many of them wrong,
// and asks both judges. JSON Schema cannot compare the ends of a range; that one complaint is left out.
func TestSchemaAgreesWithValidate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawForm(t)
		if err := f.Check(); err != nil {
			t.Fatalf("drew a form that is not well formed: %v", err)
		}
		schema := compile(t, f)
		for range 5 {
			values := drawObject(t, f, 0)
			problems := slices.DeleteFunc(f.Validate(roundTrip(t, values), form.Complete), func(p form.Problem) bool {
				return p.Code == form.CodeFromAfterTo
			})
			err := schema.Validate(any(roundTrip(t, values)))
			if (err == nil) != (len(problems) == 0) {
				t.Fatalf("values %v\nproblems %v\nschema says %v", values, problems, err)
			}
		}
	})
}

func compile(t *rapid.T, f form.Form) *jsonschema.Schema {
	b, err := json.Marshal(f.Schema("en"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:form", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("mem:form")
}

func roundTrip(t *rapid.T, values map[string]any) map[string]any {
	b, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

var names = []string{"a", "b", "c", "d", "e"}

func drawForm(t *rapid.T) form.Form {
	var f form.Form
	for i := range rapid.IntRange(1, len(names)).Draw(t, "fields") {
		f.Fields = append(f.Fields, drawField(t, names[i], f, form.Kinds()))
	}
	return f
}

func drawField(t *rapid.T, name string, earlier form.Form, kinds []form.Kind) form.Field {
	f := form.Field{Name: name, Label: label(name), Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	switch f.Kind {
	case form.KindChoice, form.KindMultiChoice:
		f.Options = options("x", "y", "z")
	case form.KindText:
		f.MaxLength = rapid.IntRange(0, 3).Draw(t, "length")
	case form.KindTable:
		noTables := slices.DeleteFunc(form.Kinds(), func(k form.Kind) bool { return k == form.KindTable })
		for _, n := range []string{"p", "q"} {
			f.Columns = append(f.Columns, drawField(t, n, form.Form{Fields: f.Columns}, noTables))
		}
	}
	if slices.Contains([]form.Kind{form.KindInteger, form.KindMoney, form.KindTable, form.KindMultiChoice}, f.Kind) && rapid.Bool().Draw(t, "bounded") {
		f.Min, f.Max = bound(rapid.Int64Range(0, 2).Draw(t, "min")), bound(rapid.Int64Range(2, 4).Draw(t, "max"))
	}
	f.VisibleWhen = drawCondition(t, earlier)
	if f.Required = rapid.Bool().Draw(t, "required"); !f.Required {
		f.RequiredWhen = drawCondition(t, earlier)
	}
	return f
}

func drawCondition(t *rapid.T, earlier form.Form) *form.Condition {
	var fit []form.Field
	for _, f := range earlier.Fields {
		if f.Kind == form.KindYesNo || len(f.Options) > 0 {
			fit = append(fit, f)
		}
	}
	if len(fit) == 0 || rapid.Bool().Draw(t, "unconditional") {
		return nil
	}
	on := rapid.SampledFrom(fit).Draw(t, "on")
	known := []string{"true", "false"}
	if len(on.Options) > 0 {
		known = []string{"x", "y", "z"}
	}
	return &form.Condition{Field: on.Name, In: rapid.SliceOfNDistinct(rapid.SampledFrom(known), 1, 2, rapid.ID).Draw(t, "in")}
}

func drawObject(t *rapid.T, f form.Form, depth int) map[string]any {
	out := map[string]any{}
	for _, field := range f.Fields {
		if rapid.IntRange(0, 3).Draw(t, "there") > 0 {
			out[field.Name] = drawValue(t, field, depth)
		}
	}
	if rapid.IntRange(0, 19).Draw(t, "stray") == 0 {
		out["stray"] = 1
	}
	return out
}

var garbage = []any{nil, "", "x", 1.5, 3, true, []any{}, []any{1}, map[string]any{}, map[string]any{"from": 1}, "2026-02-30", -1}

func drawValue(t *rapid.T, f form.Field, depth int) any {
	if rapid.IntRange(0, 9).Draw(t, "garbage") == 0 {
		return rapid.SampledFrom(garbage).Draw(t, "value")
	}
	date := rapid.SampledFrom([]any{"2026-01-31", "2026-02-28", "2026-02-29", "2199-12-31", "2200-01-01", "1899-12-31"})
	switch f.Kind {
	case form.KindText, form.KindLongText:
		return rapid.SampledFrom([]any{"", " ", "\u00a0", "a", "ab\nc", "perché", "a\x00"}).Draw(t, "text")
	case form.KindInteger, form.KindMoney, form.KindPersonCount:
		return rapid.SampledFrom([]any{0, 1, 2, 3, 5, -1, 1e3, int64(1) << 53, 1e300}).Draw(t, "number")
	case form.KindDate:
		return date.Draw(t, "date")
	case form.KindDateRange:
		return drawMembers(t, map[string]*rapid.Generator[any]{"from": date, "to": date})
	case form.KindChoice:
		return rapid.SampledFrom([]any{"x", "y", "z", "w"}).Draw(t, "choice")
	case form.KindMultiChoice:
		return rapid.SliceOfN(rapid.SampledFrom([]any{"x", "y", "z"}), 0, 4).Draw(t, "choices")
	case form.KindYesNo:
		return rapid.Bool().Draw(t, "yes")
	case form.KindFile:
		return rapid.SampledFrom([]any{"0b1c", "a/b", ""}).Draw(t, "file")
	case form.KindCourse:
		text := rapid.SampledFrom([]any{"", "a", "b c"})
		return drawMembers(t, map[string]*rapid.Generator[any]{"title": text, "catalog": text, "edition": text})
	}
	rows := []any{}
	for range rapid.IntRange(0, 3).Draw(t, "rows") {
		rows = append(rows, drawObject(t, form.Form{Fields: f.Columns}, depth+1))
	}
	return rows
}

func drawMembers(t *rapid.T, of map[string]*rapid.Generator[any]) map[string]any {
	out := map[string]any{}
	for _, name := range []string{"from", "to", "title", "catalog", "edition"} {
		if g, ok := of[name]; ok && rapid.IntRange(0, 4).Draw(t, "member") > 0 {
			out[name] = g.Draw(t, name)
		}
	}
	return out
}

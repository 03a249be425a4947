// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// Who approves a version reads what it asks otherwise, not only that something is.
func TestFactChangesAreTold(t *testing.T) {
	six, twelve := int64(6), int64(12)
	option := func(values ...string) (out []form.Option) {
		for _, v := range values {
			out = append(out, form.Option{Value: v})
		}
		return out
	}
	when := &form.Condition{Field: "home", In: []string{"rent", "guest"}}
	for name, c := range map[string]struct {
		was, is form.Field
		want    []FactChange
	}{
		"the same":    {form.Field{Kind: form.KindInteger, Max: &twelve}, form.Field{Kind: form.KindInteger, Max: new(int64(12))}, nil},
		"a bound":     {form.Field{Kind: form.KindInteger, Max: &twelve}, form.Field{Kind: form.KindInteger, Max: &six}, []FactChange{{What: "max", Old: "12", New: "6"}}},
		"of money":    {form.Field{Kind: form.KindMoney}, form.Field{Kind: form.KindMoney, Min: &six}, []FactChange{{What: "min", New: "6", Unit: "cents"}}},
		"the kind":    {form.Field{Kind: form.KindInteger}, form.Field{Kind: form.KindMoney}, []FactChange{{What: "kind", Old: "integer", New: "money"}}},
		"required":    {form.Field{}, form.Field{Required: true}, []FactChange{{What: "required", Old: "no", New: "yes"}}},
		"a condition": {form.Field{}, form.Field{VisibleWhen: when}, []FactChange{{What: "visible_when", New: "home = rent, guest"}}},
		"demanded":    {form.Field{RequiredWhen: when}, form.Field{}, []FactChange{{What: "required_when", Old: "home = rent, guest"}}},
		"a length":    {form.Field{MaxLength: 80}, form.Field{}, []FactChange{{What: "max_length", Old: "80"}}},
		"answers":     {form.Field{Options: option("a", "b")}, form.Field{Options: option("b", "c")}, []FactChange{{What: "option_removed", Old: "a"}, {What: "option_added", New: "c"}}},
		"their order": {form.Field{Options: option("a", "b")}, form.Field{Options: option("b", "a")}, []FactChange{{What: "options"}}},
		"columns":     {form.Field{}, form.Field{Columns: []form.Field{{Name: "x"}}}, []FactChange{{What: "columns"}}},
		"words":       {form.Field{}, form.Field{Label: form.Text{IT: "Mesi"}, Hint: form.Text{IT: "Interi"}, Unit: "months"}, []FactChange{{What: "unit", New: "months"}, {What: "label"}, {What: "hint"}}},
		"the class":   {form.Field{}, form.Field{Class: form.ClassIdentity}, nil},
	} {
		got := factChanges(declaredFact{field: c.was}, declaredFact{field: c.is})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, x := range got {
			if !slices.Contains(FactChanges, x.What) {
				t.Errorf("%s: %q is not among FactChanges", name, x.What)
			}
		}
	}
	if got := factChanges(declaredFact{}, declaredFact{purpose: form.Text{EN: "Otherwise"}}); !cmp.Equal(got, []FactChange{{What: "purpose"}}) {
		t.Errorf("the purpose: %+v", got)
	}
}

// The change is found where two versions are compared, beside a change of class too.
func TestFactChangesOfAVersion(t *testing.T) {
	version := func(most int64, class form.Class) PluginVersion {
		return PluginVersion{Manifest: sdk.Manifest{Subsidies: []sdk.SubsidyManifest{{Code: "mensa", Facts: form.Form{Fields: []form.Field{{Name: "months", Kind: form.KindInteger, Max: &most, Class: class}}}}}}}
	}
	before := version(12, form.ClassCase)
	if got := pluginChanges(&before, version(12, form.ClassCase)); len(got) != 0 {
		t.Errorf("the same: %+v", got)
	}
	got := pluginChanges(&before, version(6, form.ClassPrivate))
	want := []PluginChange{{Kind: "changed", What: "fact", Code: "mensa/months", Class: "private", Old: "case", New: "private", Details: []FactChange{{What: "max", Old: "12", New: "6"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

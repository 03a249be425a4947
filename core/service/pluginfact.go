// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/sdk/form"
)

// FactChange is one thing that a version asks otherwise about a fact.
type FactChange struct {
	// What is one of FactChanges.
	What string
	// Old and New are what it was and is, "" for none. Both are "" where words or columns
	// changed: they are read on the version's own page.
	Old, New string
	// Unit is "cents" where Old and New are amounts of money.
	Unit string
}

// FactChanges are the things that can be asked otherwise: bounds, demands, answers to choose,
// conditions, words.
var FactChanges = []string{"kind", "min", "max", "max_length", "required", "required_when", "visible_when", "option_added", "option_removed", "options", "columns", "unit", "label", "hint", "purpose", "other"}

// factChanges tells what is otherwise between two declarations of a fact, but for its class.
func factChanges(was, is declaredFact) []FactChange {
	o, n := was.field, is.field
	var out []FactChange
	value := func(what, x, y string) {
		if x != y {
			out = append(out, FactChange{What: what, Old: x, New: y})
		}
	}
	named := func(what string, differ bool) {
		if differ {
			out = append(out, FactChange{What: what})
		}
	}
	value("kind", string(o.Kind), string(n.Kind))
	value("min", bound(o.Min), bound(n.Min))
	value("max", bound(o.Max), bound(n.Max))
	if o.Kind == form.KindMoney && n.Kind == form.KindMoney {
		for i := range out {
			out[i].Unit = "cents" // only bounds so far
		}
	}
	value("max_length", length(o.MaxLength), length(n.MaxLength))
	value("required", yesNo(o.Required), yesNo(n.Required))
	value("required_when", condition(o.RequiredWhen), condition(n.RequiredWhen))
	value("visible_when", condition(o.VisibleWhen), condition(n.VisibleWhen))
	out = append(out, optionChanges(o.Options, n.Options)...)
	named("columns", !reflect.DeepEqual(o.Columns, n.Columns))
	value("unit", o.Unit, n.Unit)
	named("label", o.Label != n.Label)
	named("hint", o.Hint != n.Hint)
	named("purpose", was.purpose != is.purpose)
	o.Class, n.Class = "", "" // said apart
	named("other", len(out) == 0 && !reflect.DeepEqual(o, n))
	return out
}

// optionChanges tells which answers came and went; of the others only that their words or order changed.
func optionChanges(was, is []form.Option) (out []FactChange) {
	missing := func(in []form.Option, o form.Option) bool {
		return !slices.ContainsFunc(in, func(x form.Option) bool { return x.Value == o.Value })
	}
	var stayed, stay []form.Option
	for _, o := range was {
		if missing(is, o) {
			out = append(out, FactChange{What: "option_removed", Old: o.Value})
		} else {
			stayed = append(stayed, o)
		}
	}
	for _, o := range is {
		if missing(was, o) {
			out = append(out, FactChange{What: "option_added", New: o.Value})
		} else {
			stay = append(stay, o)
		}
	}
	if !slices.Equal(stayed, stay) {
		out = append(out, FactChange{What: "options"})
	}
	return out
}

func bound(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func length(n int) string {
	if n == 0 {
		return "" // the kind's own
	}
	return itoa(n)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// condition spells when a question is asked: "housing = rent, guest".
func condition(c *form.Condition) string {
	if c == nil {
		return ""
	}
	return c.Field + " = " + strings.Join(c.In, ", ")
}

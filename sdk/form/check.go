// SPDX-License-Identifier: BSD-3-Clause

package form

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	namePattern   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	optionPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]*$`)
	units         = []string{"", "cents", "months", "hours", "days", "weeks"}
)

func nameOK(s string) bool { return len(s) <= maxNameLength && namePattern.MatchString(s) }

// listed writes words one after the other, for who has to choose one.
func listed[S ~string](words []S) string {
	var out strings.Builder
	for i, w := range words {
		if i > 0 {
			out.WriteString(", ")
		}
		out.WriteString(string(w))
	}
	return out.String()
}

// Check reports every fault of the description itself, joined, or nil.
func (f Form) Check() error { return f.checkFields("") }

func (f Form) checkFields(prefix string) error {
	if len(f.Fields) > maxFields {
		return fmt.Errorf("form: %d fields, more than %d", len(f.Fields), maxFields)
	}
	var errs []error
	earlier := Form{}
	for i, field := range f.Fields {
		at := fmt.Sprintf("form: field %d %q", i, prefix+field.Name)
		for _, err := range field.faults(earlier, prefix) {
			errs = append(errs, fmt.Errorf("%s: %w", at, err))
		}
		earlier.Fields = f.Fields[:i+1]
	}
	return errors.Join(errs...)
}

// faults lists what is wrong with one field, given those before it.
func (f Field) faults(earlier Form, prefix string) []error {
	var errs []error
	fail := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	_, twice := earlier.Field(f.Name)
	fail(!nameOK(f.Name), "name must match %s and have at most %d characters", namePattern, maxNameLength)
	fail(twice, "name used twice")
	fail(!slices.Contains(Kinds(), f.Kind), "kind %q is not known; the kinds are %s", f.Kind, listed(Kinds()))
	fail(!f.Label.whole(), "label must be there in both languages")
	fail(f.Hint != Text{} && !f.Hint.whole(), "hint must be there in both languages, or in none")
	fail(f.Class != "" && f.Class.Effective() != f.Class, "class %q is not known; the classes are %s", f.Class, listed(classOrder))
	fail(!slices.Contains(units, f.Unit), "unit %q is not known; the units are %s", f.Unit, listed(units[1:]))
	fail(f.Unit != "" && !f.numeric(), "unit on a field that is no number")
	fail(f.Required && f.RequiredWhen != nil, "both required and required_when")
	errs = append(errs, f.limitFaults()...)
	errs = append(errs, f.optionFaults()...)
	errs = append(errs, f.columnFaults(prefix)...)
	for _, c := range []*Condition{f.RequiredWhen, f.VisibleWhen} {
		if c != nil {
			errs = append(errs, c.faults(earlier)...)
		}
	}
	return errs
}

// whole reports whether a text is there in both languages and of a sensible length.
func (t Text) whole() bool {
	for _, s := range []string{t.IT, t.EN} {
		if isBlank(s) || !cleanText(s) || utf8.RuneCountInString(s) > maxDescription {
			return false
		}
	}
	return true
}

func (f Field) numeric() bool {
	return f.Kind == KindInteger || f.Kind == KindMoney || f.Kind == KindPersonCount
}

func (f Field) limitFaults() []error {
	var errs []error
	counted := f.Kind == KindTable || f.Kind == KindMultiChoice
	if (f.Min != nil || f.Max != nil) && !f.numeric() && !counted {
		errs = append(errs, errors.New("min or max on a kind that has none"))
	}
	low, high := f.bounds()
	if low > high || low < -maxWhole || high > maxWhole || (counted && low < 0) {
		errs = append(errs, errors.New("min and max do not leave a sensible range"))
	}
	if f.MaxLength != 0 && f.Kind != KindText && f.Kind != KindLongText {
		errs = append(errs, errors.New("max_length on a kind that is no text"))
	}
	if f.MaxLength < 0 || f.MaxLength > maxTextLength {
		errs = append(errs, fmt.Errorf("max_length must lie between 0 and %d", maxTextLength))
	}
	return errs
}

func (f Field) optionFaults() []error {
	takes := f.Kind == KindChoice || f.Kind == KindMultiChoice
	switch {
	case takes && (len(f.Options) == 0 || len(f.Options) > maxOptions):
		return []error{fmt.Errorf("needs between 1 and %d options", maxOptions)}
	case !takes && len(f.Options) > 0:
		return []error{errors.New("options on a kind that has none")}
	}
	var errs []error
	seen := map[string]bool{}
	for i, o := range f.Options {
		if len(o.Value) > maxNameLength || !optionPattern.MatchString(o.Value) {
			errs = append(errs, fmt.Errorf("option %d: value must match %s", i, optionPattern))
		}
		if seen[o.Value] {
			errs = append(errs, fmt.Errorf("option %d: value used twice", i))
		}
		if !o.Label.whole() {
			errs = append(errs, fmt.Errorf("option %d: label must be there in both languages", i))
		}
		seen[o.Value] = true
	}
	return errs
}

func (f Field) columnFaults(prefix string) []error {
	if f.Kind != KindTable {
		if len(f.Columns) > 0 {
			return []error{errors.New("columns on a kind that has none")}
		}
		return nil
	}
	if len(f.Columns) == 0 {
		return []error{errors.New("a table needs columns")}
	}
	for _, col := range f.Columns {
		if col.Kind == KindTable {
			return []error{errors.New("a column cannot be a table")}
		}
	}
	if err := (Form{Fields: f.Columns}).checkFields(prefix + f.Name + "/"); err != nil {
		return []error{err}
	}
	return nil
}

func (c Condition) faults(earlier Form) []error {
	on, ok := earlier.Field(c.Field)
	switch {
	case !ok:
		return []error{errors.New("condition does not refer to an earlier field")}
	case len(c.In) == 0:
		return []error{errors.New("condition lists no value")}
	}
	var known []string
	switch on.Kind {
	case KindYesNo:
		known = []string{"true", "false"}
	case KindChoice, KindMultiChoice:
		for _, o := range on.Options {
			known = append(known, o.Value)
		}
	default:
		return []error{errors.New("condition refers to a field that is no choice and no yes_no")}
	}
	for _, v := range c.In {
		if !slices.Contains(known, v) {
			return []error{errors.New("condition lists a value that its field cannot have")}
		}
	}
	return nil
}

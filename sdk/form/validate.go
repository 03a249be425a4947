// SPDX-License-Identifier: BSD-3-Clause

package form

import (
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Problem is one complaint about a value. It never holds what was typed.
type Problem struct {
	// Path is the place of the value, slash separated: "children/0/age". A key that is no
	// well-formed name shows as "?".
	Path string `json:"path"`
	// Code says what is wrong; see the constants.
	Code string `json:"code"`
	// Params fill in the text for the code: limits only.
	Params map[string]string `json:"params,omitempty"`
}

// The codes of problems.
const (
	CodeUnknownField = "unknown_field" // no such field
	CodeWrongKind    = "wrong_kind"    // not the sort of value the field takes
	CodeRequired     = "required"      // an answer is missing
	CodeTooSmall     = "too_small"     // less than {limit}
	CodeTooLarge     = "too_large"     // more than {limit}
	CodeTooLong      = "too_long"      // more than {limit} characters
	CodeTooFew       = "too_few"       // fewer than {limit} rows or options
	CodeTooMany      = "too_many"      // more than {limit} rows or options
	CodeNotAnOption  = "not_an_option" // none of the options
	CodeDuplicate    = "duplicate"     // the same option twice
	CodeBadDate      = "bad_date"      // no date of the calendar, or out of 1900–2199
	CodeFromAfterTo  = "from_after_to" // a range that ends before it begins
	CodeBadText      = "bad_text"      // characters that cannot be stored
)

// Codes lists every code that Validate can give.
func Codes() []string {
	return []string{
		CodeUnknownField, CodeWrongKind, CodeRequired, CodeTooSmall, CodeTooLarge, CodeTooLong, CodeTooFew,
		CodeTooMany, CodeNotAnOption, CodeDuplicate, CodeBadDate, CodeFromAfterTo, CodeBadText,
	}
}

// Mode says how much a value must hold.
type Mode int

const (
	// Draft: what is there must be right, nothing is demanded.
	Draft Mode = iota
	// Complete: every required field of those that are visible is demanded too.
	Complete
)

// Validate checks values against the form and lists what is wrong, in the order of the
// fields, then unknown keys by name. A blank text and an empty list count as no answer.
// null is no answer of any kind. A hidden field is checked as in a draft.
func (f Form) Validate(values map[string]any, mode Mode) []Problem {
	return f.validate("", values, mode, nil)
}

func (f Form) validate(prefix string, values map[string]any, mode Mode, out []Problem) []Problem {
	known := 0
	for i := range f.Fields {
		field, mode := &f.Fields[i], mode
		if mode == Complete && !f.visible(field, values, len(f.Fields)) {
			mode = Draft
		}
		c := check{field: field, path: prefix + field.Name, mode: mode, out: out}
		v, there := values[field.Name]
		if there {
			known++
			c.value(v)
		}
		if mode == Complete && (!there || unanswered(field.Kind, v)) && f.required(field, values) {
			c.add(CodeRequired)
		}
		out = c.out
	}
	if known == len(values) {
		return out
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if f.find(key) == nil {
			out = append(out, Problem{Path: prefix + safeKey(key), Code: CodeUnknownField})
		}
	}
	return out
}

// safeKey keeps what somebody typed as a key out of problems unless it looks like a name.
func safeKey(key string) string {
	if nameOK(key) {
		return key
	}
	return "?"
}

// unanswered reports whether a value of the right kind says nothing.
func unanswered(k Kind, v any) bool {
	switch k {
	case KindText, KindLongText:
		s, ok := v.(string)
		return ok && isBlank(s)
	case KindMultiChoice, KindTable:
		list, ok := asList(v)
		return ok && len(list) == 0
	}
	return false
}

// check looks at the value of one field and collects what is wrong.
type check struct {
	field *Field
	path  string
	mode  Mode
	out   []Problem
}

func (c *check) add(code string) { c.out = append(c.out, Problem{Path: c.path, Code: code}) }

func (c *check) addAt(sub, code string) {
	c.out = append(c.out, Problem{Path: c.path + "/" + sub, Code: code})
}

func (c *check) addLimit(code string, limit int64) {
	c.out = append(c.out, Problem{Path: c.path, Code: code, Params: map[string]string{"limit": strconv.FormatInt(limit, 10)}})
}

func (c *check) value(v any) {
	switch c.field.Kind {
	case KindText, KindLongText:
		c.text(v)
	case KindInteger, KindMoney, KindPersonCount:
		c.number(v)
	case KindDate:
		c.date(v)
	case KindDateRange:
		c.dateRange(v)
	case KindChoice:
		c.choice(v)
	case KindMultiChoice:
		c.multiChoice(v)
	case KindYesNo:
		if _, ok := v.(bool); !ok {
			c.add(CodeWrongKind)
		}
	case KindFile:
		if s, ok := v.(string); !ok || !isReference(s) {
			c.add(CodeWrongKind)
		}
	case KindCourse:
		c.course(v)
	case KindTable:
		c.table(v)
	default:
		c.add(CodeWrongKind)
	}
}

func (c *check) text(v any) {
	s, ok := v.(string)
	switch {
	case !ok:
		c.add(CodeWrongKind)
	case !cleanText(s):
		c.add(CodeBadText)
	case utf8.RuneCountInString(s) > c.field.maxLength():
		c.addLimit(CodeTooLong, int64(c.field.maxLength()))
	}
}

func (c *check) number(v any) {
	n, ok := asWhole(v)
	low, high := c.field.bounds()
	switch {
	case !ok:
		c.add(CodeWrongKind)
	case n < low:
		c.addLimit(CodeTooSmall, low)
	case n > high:
		c.addLimit(CodeTooLarge, high)
	}
}

func (c *check) date(v any) {
	s, ok := v.(string)
	if !ok {
		c.add(CodeWrongKind)
	} else if _, ok := parseDate(s); !ok {
		c.add(CodeBadDate)
	}
}

func (c *check) choice(v any) {
	s, ok := v.(string)
	if !ok {
		c.add(CodeWrongKind)
	} else if !c.hasOption(s) {
		c.add(CodeNotAnOption)
	}
}

func (c *check) hasOption(s string) bool {
	return slices.ContainsFunc(c.field.Options, func(o Option) bool { return o.Value == s })
}

// count checks how many rows or options there are. Too few is no fault of a draft.
func (c *check) count(n int) {
	low, high := c.field.bounds()
	if c.mode == Complete && n > 0 && int64(n) < low {
		c.addLimit(CodeTooFew, low)
	}
	if int64(n) > high {
		c.addLimit(CodeTooMany, high)
	}
}

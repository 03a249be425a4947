// SPDX-License-Identifier: BSD-3-Clause

// Package form describes forms out of a closed set of field kinds.
//
// A description holds no HTML, no script and no free JSON Schema: whoever renders it
// decides how it looks. The same description checks what was typed (Validate), says which
// questions are asked (Visible) and gives a JSON Schema for programs (Schema).
//
// The package uses the standard library only.
package form

// Text is a short text in the two languages of the product.
type Text struct {
	IT string `json:"it"`
	EN string `json:"en"`
}

// In gives the text in a language: "en" is English, anything else Italian.
func (t Text) In(lang string) string {
	if lang == "en" {
		return t.EN
	}
	return t.IT
}

// Kind is what sort of value a field takes.
type Kind string

// The kinds, with the JSON value each takes.
const (
	KindText        Kind = "text"         // a string on one line
	KindLongText    Kind = "long_text"    // a string of several lines
	KindInteger     Kind = "integer"      // a whole number
	KindMoney       Kind = "money"        // a whole number of euro cents
	KindDate        Kind = "date"         // "YYYY-MM-DD"
	KindDateRange   Kind = "date_range"   // {"from": date, "to": date}
	KindChoice      Kind = "choice"       // the value of one option
	KindMultiChoice Kind = "multi_choice" // a list of values of options
	KindYesNo       Kind = "yes_no"       // true or false
	KindPersonCount Kind = "person_count" // a whole number of people
	KindFile        Kind = "file"         // the id of a file kept elsewhere
	KindCourse      Kind = "course"       // {"title", "catalog"?, "edition"?}; a title alone is free text
	KindTable       Kind = "table"        // a list of objects, one a row
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{
		KindText, KindLongText, KindInteger, KindMoney, KindDate, KindDateRange, KindChoice,
		KindMultiChoice, KindYesNo, KindPersonCount, KindFile, KindCourse, KindTable,
	}
}

// Option is one answer to choose.
type Option struct {
	Value string `json:"value,omitempty"`
	Label Text   `json:"label,omitzero"`
}

// Field is one question.
type Field struct {
	// Name is the key of the value: [a-z][a-z0-9_]*.
	Name  string `json:"name,omitempty"`
	Kind  Kind   `json:"kind,omitempty"`
	Label Text   `json:"label,omitzero"`
	Hint  Text   `json:"hint,omitzero"`
	// Class says how far the value may travel; see Class.Effective.
	Class    Class `json:"class,omitempty"`
	Required bool  `json:"required,omitempty"`
	// RequiredWhen makes the field required while the condition holds.
	RequiredWhen *Condition `json:"required_when,omitempty"`
	// VisibleWhen hides the field unless the condition holds. A hidden field is never required.
	VisibleWhen *Condition `json:"visible_when,omitempty"`
	// Options are the answers of a choice or a multi_choice.
	Options []Option `json:"options,omitempty"`
	// Min and Max bound a number, or the count of rows or of chosen options.
	Min *int64 `json:"min,omitempty"`
	Max *int64 `json:"max,omitempty"`
	// MaxLength bounds a text, in characters; 0 is the kind's default.
	MaxLength int `json:"max_length,omitempty"`
	// Columns are the questions of one row of a table; a column is never a table.
	Columns []Field `json:"columns,omitempty"`
	// Unit names what a number counts, for display: "cents", "months", "hours", "days", "weeks".
	Unit string `json:"unit,omitempty"`
}

// Form is a list of questions in the order they are asked.
type Form struct {
	Fields []Field `json:"fields,omitempty"`
}

// Field finds a question by its name.
func (f Form) Field(name string) (Field, bool) {
	if field := f.find(name); field != nil {
		return *field, true
	}
	return Field{}, false
}

// find is Field without a copy; nil is none.
func (f Form) find(name string) *Field {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// Limits that hold where a description states none. Whole numbers stay in the range that
// every JSON reader keeps exact.
const (
	maxWhole         int64 = 1<<53 - 1
	defaultText            = 500
	defaultLongText        = 10_000
	maxReference           = 300
	defaultRows            = 100
	maxFields              = 200
	maxOptions             = 500
	maxNameLength          = 64
	maxTextLength          = 100_000
	maxDescription         = 2_000
	earliest, latest       = 1900, 2199 // years of a date: outside them it is a slip of the finger
)

func (f Field) maxLength() int {
	switch {
	case f.MaxLength > 0:
		return f.MaxLength
	case f.Kind == KindLongText:
		return defaultLongText
	}
	return defaultText
}

// bounds gives the numbers a value must lie between, both included.
func (f Field) bounds() (low, high int64) {
	low, high = -maxWhole, maxWhole
	switch f.Kind {
	case KindMoney, KindPersonCount, KindMultiChoice:
		low = 0
	case KindTable:
		low, high = 0, defaultRows
	}
	if f.Min != nil {
		low = *f.Min
	}
	if f.Max != nil {
		high = *f.Max
	}
	return low, high
}

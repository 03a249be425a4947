// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/satis-toscana/satis/sdk/form"
)

// AppendRequest appends the bytes of the message that asks for a decision: what EncodeRequest
// makes of it, encoded deterministically. A rule is asked thousands of times when a new version
// is held against the past, and these bytes are what is sent and what is kept. It is for hosts.
func AppendRequest(b []byte, declared form.Form, r SubsidyRequest) []byte {
	b = appendString(b, 1, r.Subsidy)
	b = appendString(b, 2, r.AsOf)
	b = appendString(b, 3, r.Locale)
	return appendFacts(b, 4, declared, r.Facts)
}

// appendFacts appends the answers that count as pluginpb.Fact, in the order of the form.
func appendFacts(b []byte, number protowire.Number, declared form.Form, values map[string]any) []byte {
	for field, v := range declared.Answers(values) {
		fact, at := begin(b, number)
		fact = appendString(fact, 1, field.Name)
		value, valueAt := begin(fact, 2)
		b = end(end(appendValue(value, field, v), valueAt), at)
	}
	return b
}

// appendValue appends the one field that a pluginpb.Value has. A member of a oneof is sent
// even where it is zero.
func appendValue(b []byte, field *form.Field, v any) []byte {
	switch field.Kind {
	case form.KindInteger, form.KindPersonCount:
		return appendVarint(b, 2, uint64(v.(int64)))
	case form.KindMoney:
		return appendVarint(b, 3, uint64(v.(int64)))
	case form.KindDate:
		return appendText(b, 4, v.(string))
	case form.KindDateRange:
		return appendMembers(b, 5, v.(map[string]any), "from", "to")
	case form.KindChoice:
		return appendText(b, 6, v.(string))
	case form.KindMultiChoice:
		b, at := begin(b, 7)
		for _, s := range v.([]string) {
			b = appendText(b, 1, s)
		}
		return end(b, at)
	case form.KindYesNo:
		return appendVarint(b, 8, protowire.EncodeBool(v.(bool)))
	case form.KindFile:
		return appendText(b, 9, v.(string))
	case form.KindCourse:
		return appendMembers(b, 10, v.(map[string]any), "title", "catalog", "edition")
	case form.KindTable:
		b, at := begin(b, 11)
		for _, row := range v.([]map[string]any) {
			cells, rowAt := begin(b, 1)
			b = end(appendFacts(cells, 1, form.Form{Fields: field.Columns}, row), rowAt)
		}
		return end(b, at)
	default:
		return appendText(b, 1, v.(string))
	}
}

// appendMembers appends a message of strings that are numbered as they are named.
func appendMembers(b []byte, number protowire.Number, members map[string]any, names ...string) []byte {
	b, at := begin(b, number)
	for i, name := range names {
		s, _ := members[name].(string)
		b = appendString(b, protowire.Number(i+1), s)
	}
	return end(b, at)
}

// appendString appends a field that is left out where it is empty.
func appendString(b []byte, number protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return appendText(b, number, s)
}

func appendText(b []byte, number protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), s)
}

func appendVarint(b []byte, number protowire.Number, n uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), n)
}

// ReadRequest reads the bytes of a request; ok is false where they are none. What the SDK writes
// it reads as DecodeRequest does. It does not check the facts. It is for the serving side.
//
// Of bytes that the SDK does not write: a group, a field of another wire type than the contract's,
// and a table inside a row, which no form has, are no request; of a oneof sent twice the last
// counts; invalid UTF-8 is left to form.Form.Validate.
func ReadRequest(b string) (r SubsidyRequest, ok bool) {
	var w wire
	r.Facts = Facts{}
	for len(b) > 0 {
		var f wireField
		f, b = w.next(b)
		switch f.number {
		case 1:
			r.Subsidy = f.text(&w)
		case 2:
			r.AsOf = f.text(&w)
		case 3:
			r.Locale = f.text(&w)
		case 4:
			w.fact(f, r.Facts)
		}
	}
	return r, !w.bad
}

func (w *wire) fact(at wireField, out map[string]any) {
	var name string
	var value any
	for b := at.text(w); len(b) > 0; {
		var f wireField
		f, b = w.next(b)
		switch f.number {
		case 1:
			name = f.text(w)
		case 2:
			value = w.value(f)
		}
	}
	out[name] = value
}

func (w *wire) value(at wireField) (value any) {
	for b := at.text(w); len(b) > 0; {
		var f wireField
		f, b = w.next(b)
		switch f.number {
		case 2, 3:
			value = f.whole(w)
		case 1, 4, 6, 9:
			value = f.text(w)
		case 5:
			value = w.members(f, "from", "to")
		case 7:
			value = w.texts(f)
		case 8:
			value = f.whole(w) != 0
		case 10:
			value = w.members(f, "title", "catalog", "edition")
		case 11:
			value = w.rows(f)
		}
	}
	return value
}

func (w *wire) members(at wireField, names ...string) map[string]any {
	out := map[string]any{}
	for b := at.text(w); len(b) > 0; {
		var f wireField
		if f, b = w.next(b); f.number >= 1 && int(f.number) <= len(names) && f.text(w) != "" {
			out[names[f.number-1]] = f.b
		}
	}
	return out
}

func (w *wire) texts(at wireField) []string {
	out := []string{}
	for b := at.text(w); len(b) > 0; {
		var f wireField
		if f, b = w.next(b); f.number == 1 {
			out = append(out, f.text(w))
		}
	}
	return out
}

func (w *wire) rows(at wireField) []map[string]any {
	out := []map[string]any{}
	if w.inRow {
		w.bad = true // deeper than any form: it could go on to the end of the stack
		return out
	}
	w.inRow = true
	defer func() { w.inRow = false }()
	for b := at.text(w); len(b) > 0; {
		var f, cell wireField
		if f, b = w.next(b); f.number != 1 {
			continue
		}
		row := map[string]any{}
		for inside := f.text(w); len(inside) > 0; {
			if cell, inside = w.next(inside); cell.number == 1 {
				w.fact(cell, row)
			}
		}
		out = append(out, row)
	}
	return out
}

// begin opens a message inside another: what is appended until end is its content. The length
// before it takes one byte until end knows better.
func begin(b []byte, number protowire.Number) (_ []byte, at int) {
	b = append(protowire.AppendTag(b, number, protowire.BytesType), 0)
	return b, len(b)
}

func end(b []byte, at int) []byte {
	n := uint64(len(b) - at)
	if more := protowire.SizeVarint(n) - 1; more > 0 {
		b = append(b, make([]byte, more)...)
		copy(b[at+more:], b[at:len(b)-more])
	}
	protowire.AppendVarint(b[:at-1], n)
	return b
}

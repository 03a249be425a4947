// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// appendRequest appends the bytes of a pluginpb.EvaluateRequest: what sdk.EncodeRequest makes
// of it, encoded deterministically. A rule is asked thousands of times when a new version is
// held against the past, and these bytes are what is sent and what is kept.
func appendRequest(b []byte, declared form.Form, r sdk.SubsidyRequest) []byte {
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

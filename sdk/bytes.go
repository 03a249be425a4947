// SPDX-License-Identifier: BSD-3-Clause

package sdk

import "google.golang.org/protobuf/encoding/protowire"

// Rules are asked and answer in bytes that are written and read here, without messages in
// between: a new version is held against thousands of past decisions, and the messages took
// most of the time. The tests hold each byte to what generated code makes of the same.

// wire goes through the bytes of a message; bad is set by whatever cannot be.
type wire struct {
	steps, remarks int  // of an answer, that may still come
	inRow          bool // of a request: what is read is inside a table's row
	bad            bool
}

// wireField is one field of a message: n of a number, b of what has a length.
type wireField struct {
	number protowire.Number
	kind   protowire.Type
	n      uint64
	b      string
}

// expect sets bad where a field is of another type than the contract says.
func (f wireField) expect(kind protowire.Type, w *wire) {
	if f.kind != kind {
		w.bad = true
	}
}

func (f wireField) whole(w *wire) int64 {
	f.expect(protowire.VarintType, w)
	return int64(f.n)
}

func (f wireField) text(w *wire) string {
	f.expect(protowire.BytesType, w)
	return f.b
}

// next takes the first field off a message; once something is bad nothing is left of it.
func (w *wire) next(b string) (f wireField, rest string) {
	tag, b, ok := uvarint(b)
	f.number, f.kind = protowire.DecodeTag(tag)
	if ok && !w.bad && f.number.IsValid() {
		switch f.kind {
		case protowire.VarintType:
			f.n, rest, ok = uvarint(b)
		case protowire.BytesType:
			f.n, b, ok = uvarint(b)
			if ok = ok && f.n <= uint64(len(b)); ok {
				f.b, rest = b[:f.n], b[f.n:]
			}
		case protowire.Fixed32Type:
			ok, rest = len(b) >= 4, b[min(4, len(b)):]
		case protowire.Fixed64Type:
			ok, rest = len(b) >= 8, b[min(8, len(b)):]
		default: // groups: no version of the contract has any
			ok = false
		}
		if ok {
			return f, rest
		}
	}
	w.bad = true
	return wireField{}, ""
}

// uvarint takes a number off the bytes.
func uvarint(b string) (n uint64, rest string, ok bool) {
	for i := 0; i < len(b) && i < 10; i++ {
		c := b[i]
		if i == 9 && c > 1 {
			return 0, "", false
		}
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return n, b[i+1:], true
		}
	}
	return 0, "", false
}

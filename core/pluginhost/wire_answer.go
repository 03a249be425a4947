// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/satis-toscana/satis/sdk"
)

// errWire says that bytes are no answer, or hold more than any sensible one.
var errWire = errors.New("an answer that cannot be read")

// readAnswer reads a pluginpb.EvaluateResponse as sdk.DecodeAnswer would, straight into what
// is kept: its texts are parts of b. It stops where an answer has more steps, deeper ones or
// more remarks or facts than SubsidyAnswer.Check lets pass, so that a few bytes cannot become much
// memory. It does not check the answer otherwise.
func readAnswer(b string) (a sdk.SubsidyAnswer, err error) {
	w := answerWire{steps: sdk.MaxSteps, remarks: sdk.MaxRemarks}
	w.answer(b, &a)
	if w.bad {
		return sdk.SubsidyAnswer{}, errWire
	}
	return a, nil
}

// answerWire goes through the bytes of one answer; bad is set by whatever cannot be.
type answerWire struct {
	steps, remarks int // that may still come
	bad            bool
}

func (w *answerWire) answer(b string, out *sdk.SubsidyAnswer) {
	for len(b) > 0 {
		var f field
		f, b = w.next(b)
		switch f.number {
		case 1:
			out.Eligible = f.whole(w) != 0
		case 2:
			out.MonthlyCents = f.whole(w)
		case 3:
			out.Months = int32(f.whole(w))
		case 4:
			out.TotalCents = f.whole(w)
		case 5:
			out.Explanation = w.step(f, out.Explanation, 1)
		case 6:
			out.Diagnostics = append(out.Diagnostics, w.diagnostic(f))
		case 7:
			var t sdk.Text
			w.remark()
			w.text(f, &t)
			out.ChangeHints = append(out.ChangeHints, t)
		}
	}
}

func (w *answerWire) step(at field, out []sdk.Step, depth int) []sdk.Step {
	if w.steps--; w.steps < 0 || depth > sdk.MaxStepDepth {
		w.bad = true
	}
	at.expect(protowire.BytesType, w)
	if w.bad {
		return out
	}
	out = append(out, sdk.Step{})
	s := &out[len(out)-1]
	for b := at.b; len(b) > 0; {
		var f field
		f, b = w.next(b)
		switch f.number {
		case 1:
			s.RuleID = f.text(w)
		case 2:
			w.text(f, &s.LegalBasis)
		case 3:
			w.text(f, &s.Title)
		case 4:
			w.text(f, &s.Outcome)
		case 5:
			if len(s.FactsUsed) == sdk.MaxFactsUsed {
				w.bad = true
				return out
			}
			s.FactsUsed = append(s.FactsUsed, f.text(w))
		case 6:
			s.AmountCents = new(f.whole(w))
		case 7:
			s.Children = w.step(f, s.Children, depth+1)
		}
	}
	return out
}

func (w *answerWire) diagnostic(at field) (d sdk.Diagnostic) {
	w.remark()
	at.expect(protowire.BytesType, w)
	for b := at.b; len(b) > 0; {
		var f field
		f, b = w.next(b)
		switch f.number {
		case 1:
			d.Path = f.text(w)
		case 2:
			d.Code = f.text(w)
		case 3:
			w.text(f, &d.Text)
		case 4:
			d.Advice = f.whole(w) != 0
		}
	}
	return d
}

func (w *answerWire) remark() {
	if w.remarks--; w.remarks < 0 {
		w.bad = true
	}
}

func (w *answerWire) text(at field, t *sdk.Text) {
	at.expect(protowire.BytesType, w)
	for b := at.b; len(b) > 0; {
		var f field
		f, b = w.next(b)
		switch f.number {
		case 1:
			t.IT = f.text(w)
		case 2:
			t.EN = f.text(w)
		}
	}
}

// field is one field of a message: n of a number, b of what has a length.
type field struct {
	number protowire.Number
	kind   protowire.Type
	n      uint64
	b      string
}

// expect sets bad where a field is of another type than the contract says.
func (f field) expect(kind protowire.Type, w *answerWire) {
	if f.kind != kind {
		w.bad = true
	}
}

func (f field) whole(w *answerWire) int64 {
	f.expect(protowire.VarintType, w)
	return int64(f.n)
}

func (f field) text(w *answerWire) string {
	f.expect(protowire.BytesType, w)
	return f.b
}

// next takes the first field off a message; once something is bad nothing is left of it.
func (w *answerWire) next(b string) (f field, rest string) {
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
	return field{}, ""
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

// result is one of a batch: the bytes of an answer, unless the rule failed.
type result struct {
	answer string
	failed bool
}

// readResults takes a pluginpb.EvaluateBatchResponse apart.
func readResults(b string) ([]result, error) {
	var w answerWire
	out := make([]result, 0, chunkSize)
	for len(b) > 0 {
		var f field
		if f, b = w.next(b); f.number == 1 {
			out = append(out, w.result(f))
		}
		if len(out) > chunkSize {
			w.bad = true
		}
	}
	if w.bad {
		return nil, errWire
	}
	return out, nil
}

func (w *answerWire) result(at field) result {
	r := result{failed: true}
	at.expect(protowire.BytesType, w)
	for b := at.b; len(b) > 0; {
		var f field
		f, b = w.next(b)
		switch f.number {
		case 1:
			r = result{answer: f.text(w)}
		case 2:
			r = result{failed: true}
		}
	}
	return r
}

// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrWire says that bytes are no answer, request or batch of the contract, or hold more than any
// sensible one.
var ErrWire = errors.New("sdk: bytes that are no message of the contract, or too much of one")

// ReadAnswer reads the bytes of an answer straight into what is kept: its texts are parts of b.
// What the SDK writes it reads as DecodeAnswer does. It stops where an answer has more steps,
// deeper ones or more remarks or facts than SubsidyAnswer.Check lets pass, so that a few bytes
// cannot become much memory, with ErrWire. It does not check the answer otherwise. It is for hosts.
//
// Of bytes that the SDK does not write: a group, and a field of another wire type than the
// contract's, is ErrWire; invalid UTF-8 is left to SubsidyAnswer.Check.
func ReadAnswer(b string) (a SubsidyAnswer, err error) {
	w := wire{steps: MaxSteps, remarks: MaxRemarks}
	w.answer(b, &a)
	if w.bad {
		return SubsidyAnswer{}, ErrWire
	}
	return a, nil
}

func (w *wire) answer(b string, out *SubsidyAnswer) {
	for len(b) > 0 {
		var f wireField
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
			var t Text
			w.remark()
			w.text(f, &t)
			out.ChangeHints = append(out.ChangeHints, t)
		}
	}
}

func (w *wire) step(at wireField, out []Step, depth int) []Step {
	if w.steps--; w.steps < 0 || depth > MaxStepDepth {
		w.bad = true
	}
	content := at.text(w)
	if w.bad {
		return out
	}
	out = append(out, Step{})
	s := &out[len(out)-1]
	for b := content; len(b) > 0; {
		var f wireField
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
			if len(s.FactsUsed) == MaxFactsUsed {
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

func (w *wire) diagnostic(at wireField) (d Diagnostic) {
	w.remark()
	for b := at.text(w); len(b) > 0; {
		var f wireField
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

func (w *wire) remark() {
	if w.remarks--; w.remarks < 0 {
		w.bad = true
	}
}

func (w *wire) text(at wireField, t *Text) {
	for b := at.text(w); len(b) > 0; {
		var f wireField
		f, b = w.next(b)
		switch f.number {
		case 1:
			t.IT = f.text(w)
		case 2:
			t.EN = f.text(w)
		}
	}
}

// AppendAnswer appends the bytes of an answer: those of the message that EncodeAnswer makes. It
// is for the serving side.
func AppendAnswer(b []byte, a SubsidyAnswer) []byte {
	b = appendTrue(b, 1, a.Eligible)
	b = appendWhole(b, 2, a.MonthlyCents)
	b = appendWhole(b, 3, int64(a.Months))
	b = appendWhole(b, 4, a.TotalCents)
	b = appendSteps(b, 5, a.Explanation)
	for _, d := range a.Diagnostics {
		var at int
		b, at = begin(b, 6)
		b = appendString(b, 1, d.Path)
		b = appendString(b, 2, d.Code)
		b = end(appendTrue(appendBoth(b, 3, d.Text), 4, d.Advice), at)
	}
	for _, t := range a.ChangeHints {
		b = appendBoth(b, 7, t)
	}
	return b
}

func appendSteps(b []byte, number protowire.Number, steps []Step) []byte {
	for i := range steps {
		s := &steps[i]
		step, at := begin(b, number)
		step = appendString(step, 1, s.RuleID)
		step = appendBoth(step, 2, s.LegalBasis)
		step = appendBoth(step, 3, s.Title)
		step = appendBoth(step, 4, s.Outcome)
		for _, name := range s.FactsUsed {
			step = appendText(step, 5, name)
		}
		if s.AmountCents != nil {
			step = appendVarint(step, 6, uint64(*s.AmountCents))
		}
		b = end(appendSteps(step, 7, s.Children), at)
	}
	return b
}

// appendBoth appends a text in both languages, which is there even where it is empty.
func appendBoth(b []byte, number protowire.Number, t Text) []byte {
	b, at := begin(b, number)
	return end(appendString(appendString(b, 1, t.IT), 2, t.EN), at)
}

func appendWhole(b []byte, number protowire.Number, n int64) []byte {
	if n == 0 {
		return b
	}
	return appendVarint(b, number, uint64(n))
}

func appendTrue(b []byte, number protowire.Number, yes bool) []byte {
	if !yes {
		return b
	}
	return appendVarint(b, number, 1)
}

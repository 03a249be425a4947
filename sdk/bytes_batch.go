// SPDX-License-Identifier: BSD-3-Clause

package sdk

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/satis-toscana/satis/sdk/form"
)

// BatchResult is one result of a batch: the bytes of an answer, unless the rule failed.
type BatchResult struct {
	Answer string
	Failed bool
}

// AppendBatched appends a request to the bytes of a batch: its own, those of AppendRequest,
// are the last size of them. It is for hosts.
func AppendBatched(b []byte, declared form.Form, r SubsidyRequest) (_ []byte, size int) {
	b, at := begin(b, 1)
	b = AppendRequest(b, declared, r)
	size = len(b) - at
	return end(b, at), size
}

// readBatch takes the bytes of a batch apart into those of its requests.
func readBatch(b string, most int) (requests []string, err error) {
	var w wire
	for len(b) > 0 && !w.bad {
		var f wireField
		if f, b = w.next(b); f.number == 1 {
			requests = append(requests, f.text(&w))
		}
		w.bad = w.bad || len(requests) > most
	}
	if w.bad {
		return nil, ErrWire
	}
	return requests, nil
}

// appendResult appends one result of a batch; failure is "" where there is an answer.
func appendResult(b, answer []byte, failure string) []byte {
	b, at := begin(b, 1)
	if failure != "" {
		return end(appendText(b, 2, failure), at)
	}
	return end(protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), answer), at)
}

// ReadResults takes the bytes of a batch's results apart, and stops with ErrWire at more than
// most; less than 0 counts as 0. Where a result is sent with an answer and a failure the last
// counts, and one with neither has failed. It is for hosts.
func ReadResults(b string, most int) ([]BatchResult, error) {
	var w wire
	most = max(0, most)
	out := make([]BatchResult, 0, min(most, len(b)/2)) // a result takes two bytes at least
	for len(b) > 0 && !w.bad {
		var f wireField
		if f, b = w.next(b); f.number == 1 {
			out = append(out, w.result(f))
		}
		w.bad = w.bad || len(out) > most
	}
	if w.bad {
		return nil, ErrWire
	}
	return out, nil
}

func (w *wire) result(at wireField) BatchResult {
	r := BatchResult{Failed: true}
	for b := at.text(w); len(b) > 0; {
		var f wireField
		f, b = w.next(b)
		switch f.number {
		case 1:
			r = BatchResult{Answer: f.text(w)}
		case 2:
			r = BatchResult{Failed: true}
		}
	}
	return r
}

// SPDX-License-Identifier: BSD-3-Clause

package sdk_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// someAnswers draws facts that fit, of every kind, short and longer than a byte can count.
func someAnswers(t *rapid.T, f form.Form) map[string]any {
	text := rapid.OneOf(rapid.StringMatching(`[a-zàè ]{0,9}`), rapid.StringMatching(`[a-z]{100,300}`))
	number := rapid.Int64Range(-1<<52, 1<<52)
	values := map[form.Kind]func() any{
		form.KindText: func() any { return text.Draw(t, "text") }, form.KindLongText: func() any { return text.Draw(t, "long") },
		form.KindInteger: func() any { return number.Draw(t, "n") }, form.KindMoney: func() any { return number.Draw(t, "cents") },
		form.KindPersonCount: func() any { return rapid.Int64Range(0, 30).Draw(t, "people") },
		form.KindDate:        func() any { return "2026-02-28" }, form.KindYesNo: func() any { return rapid.Bool().Draw(t, "yes") },
		form.KindDateRange:   func() any { return map[string]any{"from": "2026-01-01", "to": "2026-01-02"} },
		form.KindChoice:      func() any { return "b" },
		form.KindMultiChoice: func() any { return rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 0, 2).Draw(t, "several") },
		form.KindFile:        func() any { return "id" },
		form.KindCourse:      func() any { return map[string]any{"title": text.Draw(t, "title"), "edition": "e"} },
		form.KindTable: func() any {
			var rows []any
			for range rapid.IntRange(0, 3).Draw(t, "rows") {
				rows = append(rows, map[string]any{"n": number.Draw(t, "cell"), "c": []any{"a"}})
			}
			return rows
		},
	}
	out := map[string]any{}
	for _, field := range f.Fields {
		if rapid.Bool().Draw(t, field.Name) {
			out[field.Name] = values[field.Kind]()
		}
	}
	return out
}

func marshal(t interface{ Fatal(...any) }, m proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Requests are the bytes of the messages, and are read as those are.
func TestRequestBytes(t *testing.T) {
	f := allKinds()
	rapid.Check(t, func(t *rapid.T) {
		req := sdk.SubsidyRequest{Subsidy: rapid.SampledFrom([]string{"", "rent"}).Draw(t, "subsidy"), AsOf: "2026-11-01", Locale: "it", Facts: someAnswers(t, f)}
		want := marshal(t, sdk.EncodeRequest(f, req))
		if got := sdk.AppendRequest([]byte("before"), f, req); !bytes.Equal(got, append([]byte("before"), want...)) {
			t.Fatalf("got  %x\nwant %x", got, want)
		}
		var m pluginpb.EvaluateRequest
		if err := proto.Unmarshal(want, &m); err != nil {
			t.Fatal(err)
		}
		read, ok := sdk.ReadRequest(string(want))
		if diff := cmp.Diff(sdk.DecodeRequest(&m), read); diff != "" || !ok {
			t.Fatal(ok, diff)
		}
	})
}

func someText(t *rapid.T) sdk.Text {
	return sdk.Text{IT: rapid.StringMatching(`[a-zàè]{0,200}`).Draw(t, "it"), EN: rapid.String().Draw(t, "en")}
}

func someSteps(t *rapid.T, depth int) []sdk.Step {
	var out []sdk.Step
	for range rapid.IntRange(0, 3).Draw(t, "steps") {
		s := sdk.Step{RuleID: rapid.StringMatching(`[a-z.]{0,9}`).Draw(t, "rule"), LegalBasis: someText(t), Title: someText(t), Outcome: someText(t)}
		if rapid.Bool().Draw(t, "facts") {
			s.FactsUsed = []string{"income", ""}
		}
		if rapid.Bool().Draw(t, "amount") {
			s.AmountCents = new(rapid.Int64().Draw(t, "cents"))
		}
		if depth > 1 {
			s.Children = someSteps(t, depth-1)
		}
		out = append(out, s)
	}
	return out
}

// Answers too.
func TestAnswerBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := sdk.SubsidyAnswer{Eligible: rapid.Bool().Draw(t, "eligible"), MonthlyCents: rapid.Int64().Draw(t, "monthly"),
			Months: rapid.Int32().Draw(t, "months"), TotalCents: rapid.Int64().Draw(t, "total"), Explanation: someSteps(t, 3)}
		for range rapid.IntRange(0, 2).Draw(t, "remarks") {
			want.Diagnostics = append(want.Diagnostics, sdk.Diagnostic{Path: "f_text", Code: "c", Text: someText(t), Advice: rapid.Bool().Draw(t, "advice")})
			want.ChangeHints = append(want.ChangeHints, someText(t))
		}
		b := marshal(t, sdk.EncodeAnswer(want))
		if own := sdk.AppendAnswer([]byte("before"), want); !bytes.Equal(own, append([]byte("before"), b...)) {
			t.Fatalf("got  %x\nwant %x", own, b)
		}
		got, err := sdk.ReadAnswer(string(b))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzRequest reads any bytes as a request in both ways.
func FuzzRequest(f *testing.F) {
	f.Add(sdk.AppendRequest(nil, allKinds(), sdk.SubsidyRequest{Subsidy: "s", Facts: sdk.Facts{"f_yes_no": true, "f_integer": -1, "f_text": "a",
		"f_table": []any{map[string]any{"n": 1}}, "f_date_range": map[string]any{"from": "2026-01-01"}, "f_multi_choice": []any{"a"}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m pluginpb.EvaluateRequest
		got, ok := sdk.ReadRequest(string(b))
		if !ok || proto.Unmarshal(b, &m) != nil || !bytes.Equal(b, marshal(t, &m)) {
			return // no host writes it: it is enough to survive it
		}
		if diff := cmp.Diff(sdk.DecodeRequest(&m), got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzAnswer reads any bytes in both ways: what the host takes as an answer, the ordinary way
// reads as the same.
func FuzzAnswer(f *testing.F) {
	x := sdk.Text{IT: "uno", EN: "one"}
	a := sdk.SubsidyAnswer{Eligible: true, MonthlyCents: 5, Months: 2, TotalCents: 10, Explanation: []sdk.Step{{RuleID: "r", LegalBasis: x, Title: x,
		Outcome: x, FactsUsed: []string{"f_text"}, AmountCents: new(int64(-1)), Children: []sdk.Step{{RuleID: "c", LegalBasis: x, Title: x, Outcome: x}}}},
		Diagnostics: []sdk.Diagnostic{{Path: "f_text", Code: "odd", Text: x, Advice: true}}, ChangeHints: []sdk.Text{x}}
	b := marshal(f, sdk.EncodeAnswer(a))
	declared := allKinds()
	f.Add(b)
	f.Add([]byte("\x2a\x00\x0a\x80\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := sdk.ReadAnswer(string(b))
		if err != nil || got.Check(declared) != nil {
			return
		}
		var m pluginpb.EvaluateResponse
		if err := proto.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sdk.DecodeAnswer(&m), got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What is cut off, of another type or without end is no answer.
func TestNoAnswer(t *testing.T) {
	for name, b := range map[string]string{
		"cut off in a length":    "\x2a\x05ab",
		"a number without end":   "\x10" + strings.Repeat("\xff", 10),
		"a number too long":      "\x10" + strings.Repeat("\xff", 9) + "\x02",
		"a text for a number":    "\x12\x01a",
		"a number for a step":    "\x28\x01",
		"field zero":             "\x02\x00",
		"a group":                "\x4b\x4c",
		"half a fixed number":    "\x49abc",
		"too many steps":         strings.Repeat("\x2a\x00", sdk.MaxSteps+1),
		"too many remarks":       strings.Repeat("\x32\x00", sdk.MaxRemarks+1),
		"too many hints":         strings.Repeat("\x3a\x00", sdk.MaxRemarks+1),
		"a step with many facts": "\x2a\x92\x03" + strings.Repeat("\x2a\x00", sdk.MaxFactsUsed+1),
		"steps too deep":         nested(sdk.MaxStepDepth),
	} {
		if a, err := sdk.ReadAnswer(b); !errors.Is(err, sdk.ErrWire) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	if _, err := sdk.ReadAnswer(nested(sdk.MaxStepDepth-1) + "\x4d1234" + "\x78\x05"); err != nil {
		t.Errorf("as deep as allowed, with fields of another minor: %v", err)
	}
}

// nested is an answer of one step with so many others inside each other.
func nested(times int) string {
	b := ""
	for range times {
		b = "\x3a" + string(rune(len(b))) + b
	}
	return "\x2a" + string(rune(len(b))) + b
}

// What no form has is no request, however little of it there is; of a oneof the last counts.
func TestNoRequest(t *testing.T) {
	row := func(fact string) string { return message(2, message(11, message(1, message(1, fact)))) }
	for name, tt := range map[string]struct {
		b  string
		ok bool
	}{
		"a table":                {message(4, message(1, "t")+row(message(1, "n")+message(2, "\x10\x01"))), true},
		"two tables":             {message(4, row("")) + message(4, row("")), true},
		"a table inside a row":   {message(4, message(1, "t")+row(row(""))), false},
		"a table without end":    {message(4, endless(3000)), false},
		"a number for a text":    {message(4, message(2, "\x08\x01")), false},
		"a group":                {"\x0b\x0c", false},
		"a field of a new minor": {message(40, "x"), true},
	} {
		if r, ok := sdk.ReadRequest(tt.b); ok != tt.ok {
			t.Errorf("%s: %v, %+v", name, ok, r)
		}
	}
	r, ok := sdk.ReadRequest(message(4, message(1, "a")+message(2, "\x10\x01"+message(1, "\xff"))))
	if diff := cmp.Diff(sdk.Facts{"a": "\xff"}, r.Facts); diff != "" || !ok {
		t.Error(ok, diff)
	}
}

// message is one field that has a length.
func message(number protowire.Number, content string) string {
	return string(protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), content))
}

// endless is a value of tables inside each other.
func endless(times int) string {
	value := ""
	for range times {
		value = message(2, message(11, message(1, message(1, value))))
	}
	return value
}

func TestBatched(t *testing.T) {
	var want pluginpb.EvaluateBatchRequest
	var got []byte
	for _, note := range []string{"", "short", strings.Repeat("long", 50)} {
		r := sdk.SubsidyRequest{Subsidy: "s", Facts: sdk.Facts{"f_text": note}}
		want.Requests = append(want.Requests, sdk.EncodeRequest(allKinds(), r))
		var size int
		got, size = sdk.AppendBatched(got, allKinds(), r)
		if own := sdk.AppendRequest(nil, allKinds(), r); !bytes.Equal(got[len(got)-size:], own) {
			t.Errorf("%q: %x, want %x", note, got[len(got)-size:], own)
		}
	}
	if b := marshal(t, &want); !bytes.Equal(got, b) {
		t.Errorf("got  %x\nwant %x", got, b)
	}
}

func TestResults(t *testing.T) {
	good := &pluginpb.BatchResult{Outcome: &pluginpb.BatchResult_Answer{Answer: &pluginpb.EvaluateResponse{Months: 3}}}
	failed := &pluginpb.BatchResult{Outcome: &pluginpb.BatchResult_Failure{Failure: "Internal"}}
	empty := &pluginpb.BatchResult{Outcome: &pluginpb.BatchResult_Answer{Answer: &pluginpb.EvaluateResponse{}}}
	b := marshal(t, &pluginpb.EvaluateBatchResponse{Results: []*pluginpb.BatchResult{good, failed, empty, {}}})
	got, err := sdk.ReadResults(string(b), 4)
	if diff := cmp.Diff([]sdk.BatchResult{{Answer: "\x18\x03"}, {Failed: true}, {}, {Failed: true}}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, most := range []int{-1, math.MinInt} {
		if got, err := sdk.ReadResults("\x0a\x00", most); !errors.Is(err, sdk.ErrWire) {
			t.Errorf("%d at most: %v, %v", most, got, err)
		}
		if got, err := sdk.ReadResults("", most); err != nil || len(got) != 0 {
			t.Errorf("%d at most of none: %v, %v", most, got, err)
		}
	}
	if got, err := sdk.ReadResults("\x0a\x00", math.MaxInt); err != nil || len(got) != 1 || cap(got) > 1 {
		t.Errorf("any number: %v of %d, %v", got, cap(got), err)
	}
	if got, err := sdk.ReadResults("\x0a\x05\x12\x01x\x0a\x00", 1); err != nil || !cmp.Equal(got, []sdk.BatchResult{{}}) {
		t.Errorf("a failure and then an answer: %v, %v", got, err)
	}
	for _, b := range []string{"\x0a", "\x08\x01", "\x0a\x02\x08\x01", strings.Repeat("\x0a\x00", 5)} {
		if got, err := sdk.ReadResults(b, 4); err == nil {
			t.Errorf("%x: %v", b, got)
		}
	}
}

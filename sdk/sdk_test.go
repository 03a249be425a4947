// SPDX-License-Identifier: BSD-3-Clause

package sdk_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

const manifest = `
id: sample
agency: Somebody
version: 1.0.0
contract: {min: 1, max: 1}
kinds: [subsidy_rules]
subsidies:
  - code: gift
    title: {it: Dono, en: Gift}
    facts:
      fields:
        - {name: people, kind: person_count, class: case, required: true, label: {it: Persone, en: People}}
    purposes:
      people: {it: Prova, en: Test}
`

func TestParseManifest(t *testing.T) {
	m, err := sdk.ParseManifest([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	j, err := m.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := sdk.ParseManifest(j) // JSON is YAML: the way Describe comes back
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, again); diff != "" {
		t.Error(diff)
	}
}

func TestManifestFaults(t *testing.T) {
	tests := map[string]struct{ old, new, want string }{
		"id":               {"id: sample", "id: Sample One", "id must"},
		"agency":           {"agency: Somebody", "agency: ' '", "agency"},
		"version":          {"version: 1.0.0", "version: '1'", "version"},
		"contract":         {"min: 1, max: 1", "min: 2, max: 1", "contract"},
		"kind":             {"[subsidy_rules]", "[magic]", `kind "magic" is not known; the kinds are subsidy_rules, interventions, courses`},
		"no such kind":     {"[subsidy_rules]", "[courses]", "exactly where"},
		"unknown key":      {"agency: Somebody", "agency: Somebody\nsecret: 1", `line 4: the key "secret" is not known`},
		"one language":     {"{it: Dono, en: Gift}", "{it: Dono}", "title"},
		"no purpose":       {"people: {it: Prova, en: Test}", "{}", "purpose"},
		"stray purpose":    {"people: {it: Prova, en: Test}", "people: {it: a, en: b}\n      age: {it: a, en: b}", "no fact"},
		"too sensitive":    {"class: case", "class: identity", "of class identity; write class: public, network or case"},
		"no class at all":  {"class: case, ", "", "of class identity"},
		"bad form":         {"kind: person_count", "kind: html", `kind "html"`},
		"not YAML at all":  {"id: sample", "id: [", "manifest"},
		"subsidy declared": {"code: gift", "code: Gift!", "code must"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(manifest, tt.old, tt.new, 1)
			if _, err := sdk.ParseManifest([]byte(text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to say %q", err, tt.want)
			}
		})
	}
	if _, err := sdk.ParseManifest(make([]byte, 300<<10)); err == nil {
		t.Error("a huge manifest is read")
	}
}

// Every fault is told at once, with its place, whatever the others are.
func TestManifestFaultsAtOnce(t *testing.T) {
	text := strings.NewReplacer("id: sample", "id: Sample", "version: 1.0.0", "version: 1.0\nsecret: 1", "required: true", "requierd: true, min: many, required: maybe",
		"{it: Dono, en: Gift}", "{it: Dono, eng: Gift}", "people: {it: Prova, en: Test}", "people: Prova").Replace(manifest)
	_, err := sdk.ParseManifest([]byte(text))
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		"line 4: what stands here must be a text: put it in quotes, in version", `line 5: the key "secret" is not known`,
		`line 10: the key "eng" is not known, in subsidies/0/title`, `line 13: the key "requierd" is not known, in subsidies/0/facts/fields/0`,
		"line 13: what stands here must be a whole number, in subsidies/0/facts/fields/0/min", "line 13: what stands here must be true or false, in subsidies/0/facts/fields/0/required",
		"line 15: what stands here must be keys with values, in subsidies/0/purposes/people", "id must match", `subsidy "gift": title must be there in both languages: text missing in en`,
	} {
		if !strings.Contains(err.Error(), "sdk: manifest: "+want) {
			t.Errorf("%q is not told in\n%v", want, err)
		}
	}
	for text, want := range map[string]string{"[1]": "line 1: what stands here must be keys with values", "": "id must match", "null": "id must match",
		"a: &a [*a]": "contains itself", "id: {1: 2}": "one value, in id", "x: &x {zz: 1}\ncontract: {<<: *x, min: 1, max: 1}": `line 1: the key "zz" is not known, in contract`} {
		if _, err := sdk.ParseManifest([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	var many strings.Builder
	for i := range 400 {
		many.WriteString(strings.Repeat("k", 300+i) + ": 1\n")
	}
	if _, err = sdk.ParseManifest([]byte(many.String())); err == nil || len(err.Error()) > 20_000 {
		t.Errorf("of many long keys: %v", err)
	}
	shared := strings.Replace(manifest, "label: {it: Persone, en: People}}", "label: &l {it: Persone, en: People}}\n        - {name: more, kind: yes_no, class: case, label: {<<: *l, it: Altro}}", 1)
	shared = strings.Replace(shared, "people: {it: Prova, en: Test}", "people: &p {it: Prova, en: Test}\n      more: *p", 1)
	if _, err := sdk.ParseManifest([]byte(shared)); err != nil {
		t.Errorf("anchors: %v", err)
	}
}

// FuzzParseManifest: whatever lies in the folder of plugins, the host must not fall over it.
func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(manifest))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("? {1: 2}\n: 3"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := sdk.ParseManifest(b)
		if err == nil && m.Check() != nil {
			t.Error("a manifest passes that does not check")
		}
	})
}

func allKinds() form.Form {
	l := form.Text{IT: "x", EN: "x"}
	o := []form.Option{{Value: "a", Label: l}, {Value: "b", Label: l}}
	var f form.Form
	for _, k := range form.Kinds() {
		field := form.Field{Name: "f_" + string(k), Kind: k, Label: l}
		switch k {
		case form.KindChoice, form.KindMultiChoice:
			field.Options = o
		case form.KindTable:
			field.Columns = []form.Field{{Name: "n", Kind: form.KindInteger, Label: l}, {Name: "c", Kind: form.KindMultiChoice, Label: l, Options: o}}
		}
		f.Fields = append(f.Fields, field)
	}
	return f
}

// Facts arrive as they were sent, canonical, whatever part of them is known.
func TestFactsSurviveTheWire(t *testing.T) {
	f := allKinds()
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	all := map[string]any{
		"f_text": "a", "f_long_text": "a\nb", "f_integer": -3, "f_money": 1.0, "f_date": "2026-01-01",
		"f_date_range": map[string]any{"from": "2026-01-01", "to": "2026-01-02"}, "f_choice": "a", "f_multi_choice": []any{"b", "a"},
		"f_yes_no": false, "f_person_count": 0, "f_file": "id", "f_course": map[string]any{"title": "t", "catalog": "c", "edition": "e"},
		"f_table": []any{map[string]any{"n": 1, "c": []any{"a"}}, map[string]any{}},
	}
	rapid.Check(t, func(t *rapid.T) {
		some := map[string]any{}
		for _, field := range f.Fields {
			if rapid.Bool().Draw(t, field.Name) {
				some[field.Name] = all[field.Name]
			}
		}
		if p := f.Validate(some, form.Complete); p != nil {
			t.Fatal(p)
		}
		b, err := proto.Marshal(sdk.EncodeRequest(f, sdk.SubsidyRequest{Subsidy: "s", AsOf: "2026-01-01", Locale: "en", Facts: some}))
		if err != nil {
			t.Fatal(err)
		}
		var m pluginpb.EvaluateRequest
		if err := proto.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		want := sdk.SubsidyRequest{Subsidy: "s", AsOf: "2026-01-01", Locale: "en", Facts: f.Canonical(some)}
		if diff := cmp.Diff(want, sdk.DecodeRequest(&m)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAnswersSurviveTheWire(t *testing.T) {
	x := sdk.Text{IT: "uno", EN: "one"}
	a := sdk.SubsidyAnswer{
		Eligible: true, MonthlyCents: 5, Months: 2, TotalCents: 10,
		Explanation: []sdk.Step{{
			RuleID: "r", LegalBasis: x, Title: x, Outcome: x, FactsUsed: []string{"f_text"}, AmountCents: new(int64(0)),
			Children: []sdk.Step{{RuleID: "c", LegalBasis: x, Title: x, Outcome: x}},
		}},
		Diagnostics: []sdk.Diagnostic{{Path: "f_text", Code: "odd", Text: x}},
		ChangeHints: []sdk.Text{x},
	}
	if err := a.Check(allKinds()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, sdk.DecodeAnswer(sdk.EncodeAnswer(a))); diff != "" {
		t.Error(diff)
	}
}

// FuzzDecode reads any bytes as a message of either direction, as a host and a plugin would.
func FuzzDecode(f *testing.F) {
	b, err := proto.Marshal(sdk.EncodeRequest(allKinds(), sdk.SubsidyRequest{Facts: sdk.Facts{"f_yes_no": true}}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) {
		var q pluginpb.EvaluateRequest
		if proto.Unmarshal(b, &q) == nil {
			req := sdk.DecodeRequest(&q)
			allKinds().Validate(req.Facts, form.Complete)
			sdk.EncodeRequest(allKinds(), req)
		}
		var a pluginpb.EvaluateResponse
		if proto.Unmarshal(b, &a) == nil {
			_ = sdk.DecodeAnswer(&a).Check(allKinds())
		}
	})
}

func TestFactsHelpers(t *testing.T) {
	f := sdk.Facts{"n": int64(2), "s": "x", "y": true, "m": []string{"a"}, "t": []map[string]any{{"n": int64(1)}}}
	if n, ok := f.Whole("n"); n != 2 || !ok || f.WholeOr("none", 7) != 7 || f.Text("s") != "x" || !f.Yes("y") || f.Yes("none") ||
		len(f.Choices("m")) != 1 || f.Rows("t")[0].WholeOr("n", 0) != 1 {
		t.Errorf("%v", f)
	}
}

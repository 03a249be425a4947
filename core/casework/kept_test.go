// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"encoding/json"
	"maps"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/sdk/form"
)

type obj = map[string]any

// visits is the type of a plugin in a version that asks some questions.
func visits(version string, asks ...string) InterventionType {
	t := InterventionType{Code: "visit", Plugin: "aid", Version: version}
	known := map[string]form.Field{
		"n": {Name: "n", Kind: form.KindInteger, Required: true}, "place": {Name: "place", Kind: form.KindText},
		"place as number": {Name: "place", Kind: form.KindInteger},
		"rows":            {Name: "rows", Kind: form.KindTable, Columns: []form.Field{{Name: "what", Kind: form.KindText}, {Name: "cost", Kind: form.KindMoney}}},
		"short rows":      {Name: "rows", Kind: form.KindTable, Columns: []form.Field{{Name: "what", Kind: form.KindText}}},
	}
	for _, name := range asks {
		t.Form.Fields = append(t.Form.Fields, known[name])
	}
	return t
}

func planOf(v Intervention) Plan {
	v.Key, v.Type = "visit", "visit"
	return Plan{Interventions: []Intervention{v}}.Normal()
}

// saved puts details, as one who sees a version's form types them, in the place of what is stored.
func saved(t *testing.T, stored Plan, in InterventionType, details, keep obj) Plan {
	t.Helper()
	out := planOf(Intervention{Details: details, Kept: keep}).After(stored, Types{in})
	if bad := out.Check(Types{in}); len(bad) > 0 {
		t.Fatalf("%v: %v", details, bad)
	}
	return fromJSON(t, out)
}

// fromJSON is a plan as it comes back from where it was stored.
func fromJSON(t *testing.T, p Plan) (out Plan) {
	t.Helper()
	raw, err := json.Marshal(p.Normal())
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wantStored(t *testing.T, step string, p Plan, version string, details, kept obj) {
	t.Helper()
	v := p.Interventions[0]
	if d := cmp.Diff([]any{version, details, kept}, []any{v.TypeVersion, v.Details, v.Kept}); d != "" {
		t.Errorf("%s (-want +got):\n%s", step, d)
	}
}

// An answer that an older version has no question for stays through its saves, counts for
// nothing, and is an answer again with the newer one.
func TestAnswersAreKept(t *testing.T) {
	newer, older := visits("2.0.0", "n", "place"), visits("1.0.0", "n")
	both := obj{"n": 3.0, "place": "Lucca"}
	stored := planOf(Intervention{TypeVersion: "2.0.0", Details: both})
	if bad := append(stored.Check(Types{older}), stored.Interventions[0].For(older).problems(older)...); len(bad) > 0 {
		t.Errorf("what is kept is complained about: %v", bad)
	}
	wantStored(t, "nothing typed", saved(t, stored, older, obj{"n": int64(3)}, obj{"place": nil}), "2.0.0", both, nil)
	wantStored(t, "sent back as it was read", saved(t, stored, older, both, nil), "2.0.0", both, nil)
	back := saved(t, stored, older, obj{"n": int64(4)}, nil)
	wantStored(t, "saved with the older", back, "1.0.0", obj{"n": 4.0}, obj{"place": "Lucca"})
	wantStored(t, "and again", saved(t, back, older, obj{"n": 5}, nil), "1.0.0", obj{"n": 5.0}, obj{"place": "Lucca"})
	wantStored(t, "a client's own", saved(t, back, older, obj{"n": 4}, obj{"place": "Pisa", "more": 1}), "1.0.0", obj{"n": 4.0}, obj{"place": "Lucca"})
	wantStored(t, "thrown away", saved(t, back, older, obj{"n": 4}, obj{}), "1.0.0", obj{"n": 4.0}, nil)
	if v := back.For(Types{newer}).Interventions[0]; !cmp.Equal(v.Details, obj{"n": 4.0, "place": "Lucca"}) || v.Kept != nil {
		t.Errorf("with the newer it reads %v, kept %v", v.Details, v.Kept)
	}
	wantStored(t, "a program that changes one answer", saved(t, back, newer, obj{"n": 6}, nil), "2.0.0", obj{"n": 6.0, "place": "Lucca"}, nil)
	wantStored(t, "cleared on the page", saved(t, back, newer, obj{"n": 4}, obj{}), "2.0.0", obj{"n": 4.0}, nil)
	wantStored(t, "answered anew", saved(t, back, newer, obj{"n": 4, "place": "Pisa"}, nil), "2.0.0", obj{"n": 4.0, "place": "Pisa"}, nil)

	for name, details := range map[string]obj{"another value": {"n": 4, "place": "Pisa"}, "a stranger": {"n": 4, "more": 1}} {
		p := planOf(Intervention{Details: details}).After(back, Types{older})
		if bad := p.Check(Types{older}); len(bad) != 1 || bad[0].Code != form.CodeUnknownField {
			t.Errorf("%s for a question that is not asked: %v", name, bad)
		}
	}
	other := planOf(Intervention{Details: obj{"n": 1}, Kept: obj{"place": "Pisa"}})
	other.Interventions[0].Key = "another"
	wantStored(t, "a new one", other.After(back, Types{older}), "1.0.0", obj{"n": 1}, nil)
	if len(Diff(stored, back)) != 1 {
		t.Errorf("putting an answer aside is told as a change: %v", Diff(stored, back))
	}
}

func (v Intervention) problems(t InterventionType) (c complaints) {
	c.form("details", t.Form, v.Details, form.Complete)
	return c
}

// A question of the same name that takes something else, and a table with a column less.
func TestAnswersOfAnotherShapeAreKept(t *testing.T) {
	text, number := visits("2.0.0", "n", "place"), visits("1.0.0", "n", "place as number")
	stored := planOf(Intervention{TypeVersion: "2.0.0", Details: obj{"n": 3.0, "place": "Lucca"}})
	old := saved(t, stored, number, obj{"n": 3, "place": 7}, nil)
	wantStored(t, "as a number", old, "1.0.0", obj{"n": 3.0, "place": 7.0}, obj{"place": "Lucca"})
	v := old.Interventions[0].For(text)
	if !cmp.Equal(v.Details, obj{"n": 3.0, "place": "Lucca"}) || !cmp.Equal(v.Kept, obj{"place": 7.0}) {
		t.Errorf("with the newer it reads %v, kept %v", v.Details, v.Kept)
	}
	wantStored(t, "as a text again", saved(t, old, text, obj{"n": 4, "place": 7.0}, nil), "2.0.0", obj{"n": 4.0, "place": "Lucca"}, obj{"place": 7.0})

	long, short := visits("2.0.0", "n", "rows"), visits("1.0.0", "n", "short rows")
	rows, fewer := []any{obj{"what": "a", "cost": 1.0}, obj{"what": "b"}}, []any{obj{"what": "a"}, obj{"what": "b"}}
	stored = planOf(Intervention{TypeVersion: "2.0.0", Details: obj{"n": 3.0, "rows": rows}})
	old = saved(t, stored, short, obj{"n": 4, "rows": fewer}, nil)
	wantStored(t, "without a column", old, "1.0.0", obj{"n": 4.0, "rows": fewer}, obj{"rows": rows})
	wantStored(t, "with it again", saved(t, old, long, obj{"n": 5, "rows": fewer}, nil), "2.0.0", obj{"n": 5.0, "rows": rows}, nil)
	changed := saved(t, old, short, obj{"n": 4, "rows": fewer[:1]}, nil)
	v = changed.Interventions[0].For(long)
	if !cmp.Equal(v.Details["rows"], any(fewer[:1])) || !cmp.Equal(v.Kept, obj{"rows": rows}) {
		t.Errorf("rows that were changed since read %v, kept %v", v.Details, v.Kept)
	}
}

// Whatever versions come and go, while people answer one question that all ask: every other
// answer is still there, aside or not, and is back with the version that it was given to.
func TestNothingIsLost(t *testing.T) {
	asks := []string{"place", "rows"}
	rapid.Check(t, func(r *rapid.T) {
		whole := obj{"n": 0.0, "place": "Lucca", "rows": []any{obj{"what": "a", "cost": 1.0}}}
		first := visits("first", "n", "place", "rows")
		p := planOf(Intervention{TypeVersion: "first", Details: whole})
		for i := range rapid.IntRange(1, 4).Draw(r, "saves") {
			some := rapid.SliceOfNDistinct(rapid.SampledFrom(append(asks, "short rows")), 0, 1, func(s string) string { return s }).Draw(r, "asks")
			now := visits(strconv.Itoa(i), append(some, "n")...)
			v := p.Interventions[0].For(now)
			if rapid.Bool().Draw(r, "as a program does") {
				v = p.Interventions[0]
				v.Details = maps.Clone(v.Details)
			}
			v.Details["n"] = i + 1
			next := planOf(v).After(p, Types{now})
			if bad := next.Check(Types{now}); len(bad) > 0 {
				r.Fatalf("%v", bad)
			}
			if seen := next.Interventions[0].For(now); !cmp.Equal(seen, seen.For(now)) || !cmp.Equal(seen, next.Interventions[0]) {
				r.Fatalf("%v is seen otherwise", next.Interventions[0])
			}
			p, whole["n"] = fromJSON(t, next), float64(i+1)
		}
		if v := p.Interventions[0].For(first); !cmp.Equal(v.Details, whole) || v.Kept != nil {
			r.Fatalf("%v, kept %v", v.Details, v.Kept)
		}
	})
}

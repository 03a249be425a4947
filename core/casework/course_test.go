// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"testing"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk/form"
)

func TestEnrolmentCheck(t *testing.T) {
	edition := Edition{Starts: "2027-03-01", Seats: 2, Taken: 1, Prerequisites: []Prerequisite{{Code: "document"}}}
	plan := Plan{Interventions: []Intervention{{Key: "corso"}}}
	ask := Enrolment{Prerequisites: []string{"document"}, Intervention: "corso"}
	for name, c := range map[string]struct {
		change func(*Enrolment, *Edition)
		state  State
		today  Date
		want   string
	}{
		"fine":                   {func(*Enrolment, *Edition) {}, Active, "2027-02-01", ""},
		"on the last day":        {func(*Enrolment, *Edition) {}, CoDesign, "2027-03-01", ""},
		"a day late":             {func(*Enrolment, *Edition) {}, CoDesign, "2027-03-02", "enrolment_over"},
		"an earlier last day":    {func(_ *Enrolment, e *Edition) { e.EnrolBy = "2027-01-31" }, Active, "2027-02-01", "enrolment_over"},
		"full":                   {func(_ *Enrolment, e *Edition) { e.Taken = 2 }, Active, "2027-02-01", "no_seats_left"},
		"fewer seats than taken": {func(_ *Enrolment, e *Edition) { e.Seats = 1; e.Taken = 3 }, Active, "2027-02-01", "no_seats_left"},
		"withdrawn":              {func(_ *Enrolment, e *Edition) { e.Withdrawn = true }, Active, "2027-02-01", "edition_withdrawn"},
		"ended":                  {func(*Enrolment, *Edition) {}, Withdrawn, "2027-02-01", "state_forbids"},
		"rejected":               {func(*Enrolment, *Edition) {}, Rejected, "2027-02-01", "state_forbids"},
		"not confirmed":          {func(n *Enrolment, _ *Edition) { n.Prerequisites = nil }, Active, "2027-02-01", "prerequisite_not_confirmed"},
		"another prerequisite":   {func(n *Enrolment, _ *Edition) { n.Prerequisites = []string{"document", "x"} }, Active, "2027-02-01", "not_an_option"},
		"another intervention":   {func(n *Enrolment, _ *Edition) { n.Intervention = "x" }, Active, "2027-02-01", "not_an_option"},
		"no intervention":        {func(n *Enrolment, _ *Edition) { n.Intervention = "" }, Active, "2027-02-01", ""},
	} {
		n, e := ask, edition
		c.change(&n, &e)
		err := n.Check(e, Project{State: c.state}, plan, c.today)
		got := ""
		if f, ok := err.(*fault.Error); ok {
			if got = f.Code; len(f.Fields) > 0 {
				got = f.Fields[0].Code
			}
		}
		if got != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Every field that a catalog tells counts when an import looks for what changed; the core's
// own count and the time of the import do not.
func TestSameCourse(t *testing.T) {
	e := Edition{Catalog: "c", ID: "1", Seats: 5, Prerequisites: []Prerequisite{{Code: "a", Text: form.Text{IT: "x", EN: "y"}}}}
	if o := e; !e.SameCourse(o) {
		t.Error("the same is not the same")
	}
	o := e
	o.Taken = 3
	if !e.SameCourse(o) {
		t.Error("a taken seat makes another course of it")
	}
	for name, change := range map[string]func(*Edition){
		"seats": func(o *Edition) { o.Seats++ }, "title": func(o *Edition) { o.Title.EN = "z" }, "cost": func(o *Edition) { o.CostCents++ },
		"prerequisite": func(o *Edition) { o.Prerequisites = []Prerequisite{{Code: "b"}} }, "withdrawn": func(o *Edition) { o.Withdrawn = true },
		"day": func(o *Edition) { o.EnrolBy = "2027-01-01" },
	} {
		o := e
		if change(&o); e.SameCourse(o) {
			t.Errorf("%s: a change is not seen", name)
		}
	}
}

func TestTypeVersions(t *testing.T) {
	types := Types{{Code: TypeHousing}, {Code: "visit", Plugin: "aid", Version: "2.0.0"}, {Code: "old", Plugin: "gone", Version: "1.0.0", Inactive: true}}
	before := Plan{Interventions: []Intervention{
		{Key: "same", Type: "visit", TypeVersion: "1.0.0", Details: map[string]any{"n": 1}},
		{Key: "changed", Type: "visit", TypeVersion: "1.0.0", Details: map[string]any{"n": 1}},
		{Key: "kept", Type: "old", TypeVersion: "0.9.0"},
	}}
	now := Plan{Interventions: []Intervention{
		{Key: "same", Type: "visit", TypeVersion: "9.9.9", Details: map[string]any{"n": 1}},
		{Key: "changed", Type: "visit", Details: map[string]any{"n": 2}},
		{Key: "kept", Type: "old", Details: map[string]any{"n": 3}},
		{Key: "new", Type: "old"},
		{Key: "own", Type: TypeHousing, TypeVersion: "1.0.0"},
	}}
	got := now.After(before, types)
	for i, want := range []string{"1.0.0", "2.0.0", "0.9.0", "", ""} {
		if v := got.Interventions[i]; v.TypeVersion != want {
			t.Errorf("%s: %q, want %q", v.Key, v.TypeVersion, want)
		}
	}
	if now.Interventions[0].TypeVersion != "9.9.9" {
		t.Error("the plan that was given has changed")
	}
	if v := got.Interventions[2]; len(v.Details) != 0 {
		t.Errorf("details that no version can check were changed: %v", v.Details)
	}
	bad := now.NewlyInactive(before, types)
	if len(bad) != 2 || bad[0].Path != "interventions/2/type" || bad[1].Path != "interventions/3/type" || bad[1].Code != "unknown_type" {
		t.Errorf("newly inactive: %v", bad)
	}
	if !now.HasPluginTypes(types) || (Plan{Interventions: []Intervention{{Type: TypeHousing}}}).HasPluginTypes(types) {
		t.Error("plugin types are not told from the seven")
	}
	if offered := types.Offered(); len(offered) != 2 {
		t.Errorf("offered: %v", offered)
	}
}

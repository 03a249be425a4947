// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"flag"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

var update = flag.Bool("update", false, "write the answers of the golden cases anew")

func TestPlugin(t *testing.T) {
	if *update {
		if err := sdktest.Update(plugin(), "testdata/golden"); err != nil {
			t.Fatal(err)
		}
	}
	sdktest.Run(t, plugin(), sdktest.Golden(t, "testdata/golden"))
}

// Whatever the form allows, the plan makes sense: it costs what its parts cost, and what is
// due before the start is due before the start.
func TestPlansMakeSense(t *testing.T) {
	m, err := sdk.ParseManifest(manifest)
	if err != nil {
		t.Fatal(err)
	}
	declared := m.Interventions[0].Form
	var sectors []string
	for s := range demonstration.safetyHours {
		sectors = append(sectors, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 4000).Draw(t, "day"))
		travel := rapid.Bool().Draw(t, "travel")
		facts := map[string]any{
			"host": "x", "sector": rapid.SampledFrom(sectors).Draw(t, "sector"), "starts": start.Format(time.DateOnly), "travel": travel,
			"months": rapid.Int64Range(1, 12).Draw(t, "months"), "weekly_hours": rapid.Int64Range(8, 40).Draw(t, "hours"),
			"monthly_allowance": rapid.Int64Range(0, 1500_00).Draw(t, "allowance"), "host_insures": rapid.Bool().Draw(t, "insures"),
			"safety_done": rapid.Bool().Draw(t, "safety"), "works_at_night": rapid.Bool().Draw(t, "night"),
		}
		if travel {
			facts["monthly_travel"] = rapid.Int64Range(1, 300_00).Draw(t, "pass")
		}
		if p := declared.Validate(facts, form.Complete); p != nil {
			t.Fatal(p)
		}
		req := sdk.InterventionRequest{Type: "inclusion_traineeship", AsOf: "2026-11-01", Details: declared.Canonical(facts)}
		c, err := traineeship{demonstration}.Plan(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Check(declared); err != nil {
			t.Fatal(err)
		}
		for _, task := range c.Tasks {
			if before := task.Code != "attestation"; before != (task.Due <= req.Details.Text("starts")) {
				t.Fatalf("%s is due %s, the start is %s", task.Code, task.Due, req.Details.Text("starts"))
			}
		}
	})
}

func TestMonthsLater(t *testing.T) {
	for _, tt := range []struct {
		from string
		n    int
		want string
	}{{"2027-01-31", 1, "2027-02-28"}, {"2028-01-31", 1, "2028-02-29"}, {"2027-01-15", 3, "2027-04-15"}, {"2026-12-31", 2, "2027-02-28"}, {"2027-03-31", 12, "2028-03-31"}} {
		if got := monthsLater(day(tt.from), tt.n).Format(time.DateOnly); got != tt.want {
			t.Errorf("%s and %d months is %s, want %s", tt.from, tt.n, got, tt.want)
		}
	}
}

func TestLeastAllowance(t *testing.T) {
	for hours, want := range map[int64]int64{8: 133_00, 20: 333_00, 30: 500_00, 40: 500_00} {
		if got := demonstration.leastAllowance(hours); got != want {
			t.Errorf("%d hours: %d, want %d", hours, got, want)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// others builds the plugins of the other kinds, once.
var others = sync.OnceValues(func() (string, error) {
	for _, name := range []string{"inclusion-traineeship", "course-catalog"} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(built, name), "../../plugins/"+name).CombinedOutput(); err != nil {
			return string(out), err
		}
	}
	return "", nil
})

func otherKinds(t *testing.T) *Host {
	t.Helper()
	if out, err := others(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir := t.TempDir()
	for _, name := range []string{"inclusion-traineeship", "course-catalog"} {
		text, err := os.ReadFile("../../plugins/" + name + "/plugin.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(filepath.Join(built, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return newHost(t, Config{Dir: dir})
}

func traineeship() sdk.InterventionRequest {
	return sdk.InterventionRequest{Type: "inclusion_traineeship", AsOf: "2026-11-01", Locale: "it", Details: map[string]any{
		"host": "Cooperativa", "sector": "catering", "starts": "2026-10-01", "months": 6.0, "weekly_hours": 30, "monthly_allowance": 500_00, "host_insures": true,
	}}
}

func fieldsOf(err error) []string {
	var e *fault.Error
	var out []string
	if errors.As(err, &e) && e.Kind == fault.Invalid {
		for _, f := range e.Fields {
			out = append(out, f.Path+" "+f.Code)
		}
	}
	return out
}

func TestInterventionsOfAPlugin(t *testing.T) {
	h := otherKinds(t)
	list := h.Interventions()
	if len(list) != 1 || list[0].Code != "inclusion_traineeship" || list[0].Purposes["host"].EN == "" {
		t.Fatalf("%+v", list)
	}
	remarks, err := h.ValidateIntervention(t.Context(), someTenant, traineeship())
	if err != nil || len(remarks) != 1 || remarks[0].Path != "starts" {
		t.Errorf("%v, %v", remarks, err)
	}
	p, err := h.PlanIntervention(t.Context(), someTenant, traineeship())
	if err != nil || p.Contribution.Budget[0].TotalCents != 3000_00 || len(p.Request) == 0 || len(p.Response) == 0 || len(p.BinarySHA256) != 64 {
		t.Errorf("%+v, %v", p, err)
	}
	bad := traineeship()
	bad.Details["months"], bad.Details["surname"] = 13, "Rossi"
	delete(bad.Details, "host")
	_, err = h.PlanIntervention(t.Context(), someTenant, bad)
	if diff := cmp.Diff([]string{"details/host required", "details/months too_large", "details/surname unknown_field"}, fieldsOf(err)); diff != "" {
		t.Error(diff)
	}
	_, err = h.ValidateIntervention(t.Context(), someTenant, sdk.InterventionRequest{Type: "magic"})
	if diff := cmp.Diff([]string{"type not_an_option"}, fieldsOf(err)); diff != "" {
		t.Error(diff)
	}
}

func TestCoursesOfAPlugin(t *testing.T) {
	h := otherKinds(t)
	if c := h.Catalogs(); len(c) != 1 || c[0].Code != "tuscany" || len(c[0].Formats) != 2 {
		t.Fatalf("%+v", h.Catalogs())
	}
	sample, err := os.ReadFile("../../plugins/course-catalog/editions.csv")
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.ImportCourses(t.Context(), someTenant, sdk.Feed{Catalog: "tuscany", Format: "csv", AsOf: "2026-11-01", Content: sample})
	if err != nil || len(got.Editions) != 200 {
		t.Fatalf("%d, %v", len(got.Editions), err)
	}
	// Once in the core, the editions are searched as the core has them.
	q := sdk.CourseQuery{Catalog: "tuscany", Text: "italiano", ISTATCode: "046033", Editions: got.Editions[:150]}
	page, err := h.SearchCourses(t.Context(), otherTenant, q)
	if err != nil || page.Total == 0 {
		t.Errorf("%d, %v", page.Total, err)
	}
	if n := h.Plugins()[0].Processes; n != 1 {
		t.Errorf("%d processes: nothing personal is told, so one serves all", n)
	}
	for want, ask := range map[string]func() error{
		"catalog not_an_option": func() error {
			_, err := h.SearchCourses(t.Context(), someTenant, sdk.CourseQuery{Catalog: "x"})
			return err
		},
		"area not_an_option": func() error {
			_, err := h.SearchCourses(t.Context(), someTenant, sdk.CourseQuery{Catalog: "tuscany", Area: "x"})
			return err
		},
		"from bad_date": func() error {
			_, err := h.SearchCourses(t.Context(), someTenant, sdk.CourseQuery{Catalog: "tuscany", From: "x"})
			return err
		},
		"format not_an_option": func() error {
			_, err := h.ImportCourses(t.Context(), someTenant, sdk.Feed{Catalog: "tuscany", Format: "exe"})
			return err
		},
		"content too_large": func() error {
			_, err := h.ImportCourses(t.Context(), someTenant, sdk.Feed{Catalog: "tuscany", Format: "csv", Content: make([]byte, 5<<20)})
			return err
		},
	} {
		if diff := cmp.Diff([]string{want}, fieldsOf(ask())); diff != "" {
			t.Error(diff)
		}
	}
}

// What the host runs before a plugin is admitted passes for the bundled ones, in the jail
// and in two processes.
func TestBundledPluginsConform(t *testing.T) {
	h := otherKinds(t)
	for _, i := range h.Plugins() {
		cases, err := sdktest.ReadGolden(os.DirFS("../../plugins/" + i.ID + "/testdata/golden"))
		if err != nil {
			t.Fatal(err)
		}
		p, _ := h.Plugin(i.Ref)
		findings, err := p.Conform(t.Context(), cases)
		if err != nil || len(findings) != 0 || !i.Jailed {
			t.Errorf("%s: %v, %v", i.ID, findings, err)
		}
	}
}

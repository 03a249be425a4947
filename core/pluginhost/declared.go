// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"slices"
	"strings"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// Subsidy is a subsidy that some plugin decides.
type Subsidy struct {
	Code  string
	Title sdk.Text
	// Facts is the form to render. Evaluate takes its values.
	Facts form.Form
	// Purposes tells why each fact is asked for.
	Purposes                map[string]sdk.Text
	PluginID, PluginVersion string
}

// Intervention is a type of intervention that some plugin adds.
type Intervention struct {
	Code  string
	Title sdk.Text
	// Form is the form to render. ValidateIntervention and PlanIntervention take its values.
	Form                    form.Form
	Purposes                map[string]sdk.Text
	PluginID, PluginVersion string
}

// Catalog is a catalog of courses that some plugin reads and searches.
type Catalog struct {
	Code  string
	Title sdk.Text
	// Formats are those that ImportCourses takes.
	Formats                 []string
	PluginID, PluginVersion string
}

// Subsidies lists by code what can be asked. It needs no process: the manifests say it.
func (h *Host) Subsidies() []Subsidy {
	return declared(h.codes.subsidies, h.Subsidy, func(s Subsidy) string { return s.Code })
}

// Subsidy finds a subsidy; ok is false where no usable plugin declares it.
func (h *Host) Subsidy(code string) (Subsidy, bool) {
	e := h.codes.subsidies[code]
	if e == nil || e.isQuarantined() {
		return Subsidy{}, false
	}
	return e.subsidy(code)
}

func (e *entry) subsidy(code string) (Subsidy, bool) {
	m := e.bundle.manifest
	d, ok := m.SubsidyOf(code)
	return Subsidy{Code: d.Code, Title: d.Title, Facts: d.Facts, Purposes: d.Purposes, PluginID: m.ID, PluginVersion: m.Version}, ok
}

// Interventions lists by code the types that plugins add. It needs no process.
func (h *Host) Interventions() []Intervention {
	return declared(h.codes.interventions, h.Intervention, func(i Intervention) string { return i.Code })
}

// Intervention finds a type; ok is false where no usable plugin declares it.
func (h *Host) Intervention(code string) (Intervention, bool) {
	e := h.codes.interventions[code]
	if e == nil || e.isQuarantined() {
		return Intervention{}, false
	}
	m := e.bundle.manifest
	d, ok := m.InterventionOf(code)
	return Intervention{Code: d.Code, Title: d.Title, Form: d.Form, Purposes: d.Purposes, PluginID: m.ID, PluginVersion: m.Version}, ok
}

// Catalogs lists the catalogs by code. It needs no process.
func (h *Host) Catalogs() []Catalog {
	return declared(h.codes.catalogs, h.Catalog, func(c Catalog) string { return c.Code })
}

// Catalog finds a catalog; ok is false where no usable plugin declares it.
func (h *Host) Catalog(code string) (Catalog, bool) {
	e := h.codes.catalogs[code]
	if e == nil || e.isQuarantined() {
		return Catalog{}, false
	}
	m := e.bundle.manifest
	d, ok := m.CatalogOf(code)
	return Catalog{Code: d.Code, Title: d.Title, Formats: d.Formats, PluginID: m.ID, PluginVersion: m.Version}, ok
}

func declared[T any](from map[string]*entry, find func(string) (T, bool), code func(T) string) []T {
	var out []T
	for c := range from {
		if v, ok := find(c); ok {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b T) int { return strings.Compare(code(a), code(b)) })
	return out
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"slices"
	"strings"

	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
)

// Tests run folders in which no two plugins offer the same: what a code is asked of is the
// first that offers it. The core never does so, it asks by Ref.

func (h *Host) offering(offers func(sdk.Manifest) bool) *Plugin {
	for _, e := range h.all() {
		if offers(e.bundle.manifest) {
			return &Plugin{h, e}
		}
	}
	return nil
}

func (h *Host) bySubsidy(code string) *Plugin {
	return h.offering(func(m sdk.Manifest) bool { _, ok := m.SubsidyOf(code); return ok })
}

func (h *Host) byType(code string) *Plugin {
	return h.offering(func(m sdk.Manifest) bool { _, ok := m.InterventionOf(code); return ok })
}

func (h *Host) byCatalog(code string) *Plugin {
	return h.offering(func(m sdk.Manifest) bool { _, ok := m.CatalogOf(code); return ok })
}

func (h *Host) Evaluate(ctx context.Context, t tenant.ID, req sdk.SubsidyRequest) (Decision, error) {
	p := h.bySubsidy(req.Subsidy)
	if p == nil {
		return Decision{}, notAnOption("subsidy")
	}
	return p.Evaluate(ctx, t, req)
}

func (h *Host) EvaluateBatch(ctx context.Context, t tenant.ID, subsidy string, reqs []sdk.SubsidyRequest) ([]Outcome, error) {
	p := h.bySubsidy(subsidy)
	if p == nil {
		return nil, notAnOption("subsidy")
	}
	return p.EvaluateBatch(ctx, t, subsidy, reqs)
}

func (h *Host) ValidateIntervention(ctx context.Context, t tenant.ID, req sdk.InterventionRequest) ([]sdk.Diagnostic, error) {
	p := h.byType(req.Type)
	if p == nil {
		return nil, notAnOption("type")
	}
	return p.ValidateIntervention(ctx, t, req)
}

func (h *Host) PlanIntervention(ctx context.Context, t tenant.ID, req sdk.InterventionRequest) (Proposal, error) {
	p := h.byType(req.Type)
	if p == nil {
		return Proposal{}, notAnOption("type")
	}
	return p.PlanIntervention(ctx, t, req)
}

func (h *Host) ImportCourses(ctx context.Context, t tenant.ID, feed sdk.Feed) (sdk.Import, error) {
	p := h.byCatalog(feed.Catalog)
	if p == nil {
		return sdk.Import{}, notAnOption("catalog")
	}
	return p.ImportCourses(ctx, t, feed)
}

func (h *Host) SearchCourses(ctx context.Context, t tenant.ID, q sdk.CourseQuery) (sdk.CoursePage, error) {
	p := h.byCatalog(q.Catalog)
	if p == nil {
		return sdk.CoursePage{}, notAnOption("catalog")
	}
	return p.SearchCourses(ctx, t, q)
}

// usable lists what the folder's usable plugins offer, by code.
func usable[T any](h *Host, of func(sdk.Manifest) []T, code func(T) string) []T {
	var out []T
	for _, b := range h.Bundled() {
		out = append(out, of(b.Manifest)...)
	}
	slices.SortFunc(out, func(a, b T) int { return strings.Compare(code(a), code(b)) })
	return out
}

func (h *Host) Subsidies() []Subsidy {
	return usable(h, SubsidiesOf, func(s Subsidy) string { return s.Code })
}

func (h *Host) Catalogs() []Catalog {
	return usable(h, CatalogsOf, func(c Catalog) string { return c.Code })
}

func (h *Host) Interventions() []sdk.InterventionManifest {
	return usable(h, func(m sdk.Manifest) []sdk.InterventionManifest { return m.Interventions }, func(i sdk.InterventionManifest) string { return i.Code })
}

func (h *Host) Subsidy(code string) (Subsidy, bool) {
	list := h.Subsidies()
	i := slices.IndexFunc(list, func(s Subsidy) bool { return s.Code == code })
	if i < 0 {
		return Subsidy{}, false
	}
	return list[i], true
}

func (h *Host) StderrTail(id string) (text string, ok bool) {
	p := h.offering(func(m sdk.Manifest) bool { return m.ID == id })
	if p == nil {
		return "", false
	}
	return p.StderrTail(), true
}

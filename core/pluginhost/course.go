// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"slices"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

// ImportCourses has a catalog read a feed that the core fetched or was handed. It keeps
// nothing: the editions are the caller's to store, and seats taken are the caller's to count.
//
// A catalog or format that nobody declares is a fault.Invalid at "catalog" or "format", a
// feed that is too large one at "content". Otherwise the errors are those of Evaluate.
func (p *Plugin) ImportCourses(ctx context.Context, t tenant.ID, feed sdk.Feed) (sdk.Import, error) {
	d, err := p.catalog(t, feed.Catalog)
	if err != nil {
		return sdk.Import{}, err
	}
	if !slices.Contains(d.Formats, feed.Format) {
		return sdk.Import{}, notAnOption("format")
	}
	m := sdk.EncodeFeed(feed)
	if _, err := p.host.marshalRequest(m, "content"); err != nil {
		return sdk.Import{}, err
	}
	call := func(ctx context.Context, p *process) (*pluginpb.ImportResponse, error) {
		return p.courses.Import(ctx, m)
	}
	a, _, err := ask(ctx, p.entry, t, call)
	if err != nil {
		return sdk.Import{}, err
	}
	out := sdk.DecodeImport(a)
	if err := out.Check(); err != nil {
		return sdk.Import{}, p.entry.badAnswer(err)
	}
	return out, nil
}

// SearchCourses has a catalog search: among the editions of the query, as the core keeps
// them, or else among those that the plugin comes with. For a plugin that does not search
// the host does, among the editions of the query. The errors are those of ImportCourses.
func (p *Plugin) SearchCourses(ctx context.Context, t tenant.ID, q sdk.CourseQuery) (sdk.CoursePage, error) {
	if _, err := p.catalog(t, q.Catalog); err != nil {
		return sdk.CoursePage{}, err
	}
	if q.Area != "" && !slices.Contains(sdk.Areas(), q.Area) {
		return sdk.CoursePage{}, notAnOption("area")
	}
	for path, day := range map[string]string{"from": q.From, "to": q.To} {
		if day != "" && !isDay(day) {
			return sdk.CoursePage{}, fault.OfFields([]fault.Field{fault.At(path, form.CodeBadDate)})
		}
	}
	m := sdk.EncodeQuery(q)
	if _, err := p.host.marshalRequest(m, "editions"); err != nil {
		return sdk.CoursePage{}, err
	}
	call := func(ctx context.Context, p *process) (*pluginpb.SearchResponse, error) {
		if !p.can(sdk.FeatureSearch) {
			return nil, nil
		}
		return p.courses.Search(ctx, m)
	}
	a, _, err := ask(ctx, p.entry, t, call)
	if err != nil {
		return sdk.CoursePage{}, err
	}
	if a == nil {
		return sdk.FindEditions(q, nil), nil
	}
	out := sdk.DecodePage(a)
	if err := out.Check(q); err != nil {
		return sdk.CoursePage{}, p.entry.badAnswer(err)
	}
	return out, nil
}

func (p *Plugin) catalog(t tenant.ID, code string) (sdk.CatalogManifest, error) {
	if t == "" {
		return sdk.CatalogManifest{}, fault.New(fault.Internal, "no_tenant")
	}
	d, ok := p.entry.bundle.manifest.CatalogOf(code)
	switch {
	case !ok:
		return d, notAnOption("catalog")
	case p.entry.isQuarantined():
		return d, fault.New(fault.Unavailable, "plugin_unavailable")
	}
	return d, nil
}

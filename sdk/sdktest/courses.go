// SPDX-License-Identifier: BSD-3-Clause

package sdktest

import (
	"bytes"
	"context"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/pluginpb"
)

func (k *kit) importing(f sdk.Feed) ask {
	return func(ctx context.Context) (proto.Message, error) { return k.courses.Import(ctx, sdk.EncodeFeed(f)) }
}

func (k *kit) searching(q sdk.CourseQuery) ask {
	return func(ctx context.Context) (proto.Message, error) { return k.courses.Search(ctx, sdk.EncodeQuery(q)) }
}

func (k *kit) catalog(c sdk.CatalogManifest, cases []Case) {
	feeds, queries := 0, 0
	searches := slices.Contains(k.features, sdk.FeatureSearch) // the core does it for those that do not
	for _, x := range cases {
		switch {
		case x.Feed != nil && x.Feed.Catalog == c.Code:
			feeds++
			k.feed(x)
		case x.Query != nil && x.Query.Catalog == c.Code:
			queries++
			if searches {
				k.query(x)
			}
		}
	}
	if feeds == 0 && len(c.Formats) > 0 {
		k.found("cases", "", "no feed for catalog "+c.Code)
	}
	if queries == 0 && searches {
		k.found("cases", "", "no query for catalog "+c.Code)
	}
	k.malformedFeeds(c)
}

func (k *kit) feed(c Case) {
	before := len(k.findings)
	got := k.imported(c)
	if len(k.findings) > before {
		return
	}
	k.golden(c, got)
	a := k.importing(*c.Feed)
	k.determinism(c.Name, a, nil)
	k.cancellation(c.Name, a)
	// What was imported can be searched: the plugin must find all of it.
	if len(got.Editions) > 0 && slices.Contains(k.features, sdk.FeatureSearch) {
		q := sdk.CourseQuery{Catalog: c.Feed.Catalog, Editions: got.Editions}
		if p, ok := k.page(c.Name, q); ok && int(p.Total) != len(got.Editions) {
			k.found("answer", c.Name, "a search without bounds does not find everything that was imported")
		}
	}
}

// imported reads a feed and checks that what came out makes sense.
func (k *kit) imported(c Case) sdk.Import {
	m, err := k.importing(*c.Feed).once()
	if err != nil {
		k.found("answer", c.Name, "Import fails: "+status.Code(err).String())
		return sdk.Import{}
	}
	got := sdk.DecodeImport(m.(*pluginpb.ImportResponse))
	if err := got.Check(); err != nil {
		k.found("answer", c.Name, err.Error())
	}
	return got
}

func (k *kit) page(name string, q sdk.CourseQuery) (sdk.CoursePage, bool) {
	m, err := k.searching(q).once()
	if err != nil {
		k.found("answer", name, "Search fails: "+status.Code(err).String())
		return sdk.CoursePage{}, false
	}
	p := sdk.DecodePage(m.(*pluginpb.SearchResponse))
	if err := p.Check(q); err != nil {
		k.found("answer", name, err.Error())
		return p, false
	}
	return p, true
}

func (k *kit) query(c Case) {
	q := *c.Query
	p, ok := k.page(c.Name, q)
	if !ok {
		return
	}
	k.golden(c, p)
	k.determinism(c.Name, k.searching(q), nil)
	k.cancellation(c.Name, k.searching(q))
	k.pages(c.Name, q, p.Total)
	for detail, text := range map[string]string{"signs": `%_'"\<>()*`, "a long word": string(bytes.Repeat([]byte("x"), 5000)), "nothing to be read": "\x01\u200b"} {
		odd := q
		odd.Text = text
		k.page(c.Name+", "+detail, odd)
	}
}

// pages walks through what was found, a few at a time: everything once, and no more.
func (k *kit) pages(name string, q sdk.CourseQuery, total int32) {
	seen := map[string]bool{}
	q.Limit, q.Offset = 7, 0
	for q.Offset <= min(total, 70) {
		p, ok := k.page(name, q)
		if !ok {
			return
		}
		for _, e := range p.Editions {
			if seen[e.ID] {
				k.found("answer", name, "an edition is on two pages")
				return
			}
			seen[e.ID] = true
		}
		q.Offset += q.Limit
	}
	if total <= 70 && len(seen) != int(total) {
		k.found("answer", name, "the pages together do not hold what the total says")
	}
}

func (k *kit) malformedFeeds(c sdk.CatalogManifest) {
	k.refused("an unknown catalog", k.searching(sdk.CourseQuery{Catalog: "no_such_catalog"}), codes.NotFound, codes.InvalidArgument)
	k.refused("an unknown format", k.importing(sdk.Feed{Catalog: c.Code, Format: "exe"}), codes.InvalidArgument)
	for _, format := range c.Formats {
		for detail, content := range map[string][]byte{
			"nothing": nil, "noise": bytes.Repeat([]byte{0xff, 0, ';', '"', '{'}, 2000), "one long line": bytes.Repeat([]byte("a;"), 100_000),
		} {
			m, err := k.importing(sdk.Feed{Catalog: c.Code, Format: format, AsOf: "2026-01-01", Content: content}).once()
			switch code := status.Code(err); {
			case err == nil:
				if err := sdk.DecodeImport(m.(*pluginpb.ImportResponse)).Check(); err != nil {
					k.found("malformed", "", "a feed of "+detail+": "+err.Error())
				}
			case code != codes.InvalidArgument && code != codes.Internal:
				k.found("malformed", "", "a feed of "+detail+" is answered with "+code.String())
			}
		}
	}
}

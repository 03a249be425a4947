// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	_ "embed"
	"fmt"
	"sync"

	"github.com/satis-toscana/satis/sdk"
)

//go:embed editions.csv
var sample []byte

type catalog struct{}

// Catalog is the code in the manifest.
func (catalog) Catalog() string { return "tuscany" }

// own are the editions of the sample, read once.
var own = sync.OnceValue(func() []sdk.Edition {
	got := reading{}
	got.csv(context.Background(), sample)
	return got.out.Editions
})

// Import reads a feed. What cannot be read is left out with a remark; after too many of
// them the rest is left out without.
func (catalog) Import(ctx context.Context, feed sdk.Feed) (sdk.Import, error) {
	r := reading{}
	switch feed.Format {
	case "csv":
		r.csv(ctx, feed.Content)
	case "json":
		r.json(feed.Content)
	default:
		return sdk.Import{}, fmt.Errorf("no such format")
	}
	return r.out, ctx.Err()
}

// Search finds among the editions of the query or, where it has none, in the sample.
func (catalog) Search(ctx context.Context, query sdk.CourseQuery) (sdk.CoursePage, error) {
	if err := ctx.Err(); err != nil {
		return sdk.CoursePage{}, err
	}
	return sdk.FindEditions(query, own()), nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

// Command course-catalog reads catalogs of courses as CSV or JSON and finds editions in
// them. It comes with a sample of 200 invented editions over Tuscan municipalities.
package main

import (
	_ "embed"

	"github.com/satis-toscana/satis/sdk"
)

//go:embed plugin.yaml
var manifest []byte

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{Manifest: manifest, Catalogs: []sdk.CourseCatalog{catalog{}}}
}

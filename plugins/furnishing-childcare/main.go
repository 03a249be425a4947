// SPDX-License-Identifier: AGPL-3.0-or-later

// Command furnishing-childcare is a plugin with two subsidies: a contribution, once, to
// furnishing a home, and a monthly one to having children looked after while a parent works
// or learns. Its parameters are demonstration values of a network, not provisions of law.
package main

import (
	_ "embed"

	"github.com/satis-toscana/satis/sdk"
)

//go:embed plugin.yaml
var manifest []byte

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{Manifest: manifest, Rules: []sdk.SubsidyRule{furnishing{demonstration}, childcare{demonstration}}}
}

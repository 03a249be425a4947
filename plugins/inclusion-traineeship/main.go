// SPDX-License-Identifier: AGPL-3.0-or-later

// Command inclusion-traineeship adds the tirocinio di inclusione sociale to the types of
// intervention: what is asked, what does not go together, what it costs and when. Its
// parameters are demonstration values of a network, not provisions of law.
package main

import (
	_ "embed"

	"github.com/satis-toscana/satis/sdk"
)

//go:embed plugin.yaml
var manifest []byte

func main() { sdk.Serve(plugin()) }

func plugin() sdk.Plugin {
	return sdk.Plugin{Manifest: manifest, Interventions: []sdk.InterventionType{traineeship{demonstration}}}
}

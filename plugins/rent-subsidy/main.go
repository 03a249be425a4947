// SPDX-License-Identifier: AGPL-3.0-or-later

// Command rent-subsidy is a plugin that decides the monthly rent contribution of housing
// support. Its parameters are demonstration values of a network, not provisions of law.
package main

import (
	_ "embed"

	"github.com/satis-toscana/satis/sdk"
)

//go:embed plugin.yaml
var manifest []byte

func main() { sdk.Serve(rentSubsidy()) }

func rentSubsidy() sdk.Plugin {
	return sdk.Plugin{Manifest: manifest, Rules: []sdk.SubsidyRule{rule{demonstration}}}
}

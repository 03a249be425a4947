// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"flag"
	"testing"

	"github.com/satis-toscana/satis/sdk/sdktest"
)

var update = flag.Bool("update", false, "write the answers of the golden cases anew")

func TestPlugin(t *testing.T) {
	if *update {
		if err := sdktest.Update(hello(), "testdata/golden"); err != nil {
			t.Fatal(err)
		}
	}
	sdktest.Run(t, hello(), sdktest.Golden(t, "testdata/golden"))
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"flag"
	"testing"

	"github.com/satis-toscana/satis/core/dbtest"
)

// The properties here run against a database: a dozen rounds say enough, and -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "12"); err != nil {
		panic(err)
	}
	dbtest.Main(m)
}

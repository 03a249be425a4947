// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"testing"

	"github.com/satis-toscana/satis/core/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

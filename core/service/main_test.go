// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"testing"

	"github.com/satis-toscana/satis/core/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

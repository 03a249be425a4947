// SPDX-License-Identifier: AGPL-3.0-or-later

package jail

import "testing"

// Where the suite runs the jail must close: the rest of the suite tells what holds inside.
func TestAvailable(t *testing.T) {
	if err := Available(); err != nil {
		t.Fatal(err)
	}
}

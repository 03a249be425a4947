// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Whoever writes in another language brings the binary: the kit runs on it as it is.
func TestPluginTestOfABinary(t *testing.T) {
	binary := filepath.Join(filepath.Dir(program), "plugins", "rent-subsidy")
	code, out, errs := satis(t, "", "plugin", "test", "--binary", binary, "../../plugins/rent-subsidy")
	if code != exitDone || !strings.Contains(out, "rent-subsidy 1.0.0 conforms") {
		t.Errorf("exit %d\n%s\n%s", code, out, errs)
	}
	// The binary of another plugin describes itself otherwise than this manifest.
	if code, out, errs := satis(t, "", "plugin", "test", "--binary", binary, "../../plugins/hello"); code != exitFailed || strings.Contains(out, "conforms") {
		t.Errorf("of another plugin: exit %d\n%s\n%s", code, out, errs)
	}
}

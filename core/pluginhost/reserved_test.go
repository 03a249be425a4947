// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// The SDK, which authors have without the core, names the types that the core has.
func TestReservedTypesAreTheBuiltIn(t *testing.T) {
	var codes []string
	for _, typ := range casework.BuiltIn() {
		codes = append(codes, typ.Code)
	}
	if diff := cmp.Diff(codes, sdk.ReservedTypes()); diff != "" {
		t.Error(diff)
	}
}

// A plugin that would be "housing" is refused by host and kit, and the author is told why.
func TestReservedTypesAreRefused(t *testing.T) {
	hello, err := os.ReadFile("../../plugins/hello/plugin.yaml")
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(hello, []byte("interventions:\n"))
	for _, code := range sdk.ReservedTypes() {
		text := append(bytes.Clone(hello[:at]), bytes.Replace(hello[at:], []byte("code: hello"), []byte("code: "+code), 1)...)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "hello.yaml"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		h := newHost(t, Config{Dir: dir})
		if i := h.Plugins()[0]; i.State != Quarantined || i.LastError != faultReserved || len(h.Interventions())+len(h.Bundled()) != 0 {
			t.Errorf("%s: %+v", code, i)
		}
		found := sdktest.Check(sdk.Plugin{Manifest: text}, nil)
		if len(found) != 1 || found[0].Rule != "manifest" || !strings.Contains(found[0].Detail, `"`+code+`": this code is one of SATIS's own types`) {
			t.Errorf("%s: the kit says %v", code, found)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The whole way of a proof: made, signed, checked; and with a hole in the wall it says where,
// and exits with 3.
func TestVerifyIsolation(t *testing.T) {
	h := newHost(t)
	dir := t.TempDir()
	admin := filepath.Join(dir, "admin.url")
	if err := writeSecretFile(admin, h.env.AdminURL); err != nil {
		t.Fatal(err)
	}
	prove := func(out string) (int, string, string) {
		return satis(t, "", "verify", "isolation", "--admin-url-file", admin, "--database-secret-file", h.flags[3], "--rounds", "1", "--out", out, "--key-file", filepath.Join(dir, "k"))
	}
	good := filepath.Join(dir, "good")
	if code, out, errs := prove(good); code != exitDone || strings.Count(out, "true") != 5 {
		t.Fatalf("code %d: %s%s", code, out, errs)
	}
	report := filepath.Join(good, "report.json")
	if code, _, errs := satis(t, "", "verify", "report", report, "--key-file", filepath.Join(dir, "k.pub")); code != exitDone {
		t.Errorf("code %d: %s", code, errs)
	}
	page, err := os.ReadFile(filepath.Join(good, "report.html"))
	if err != nil || !bytes.Contains(page, []byte("tutte le prove reggono")) || bytes.Contains(page, []byte("http://")) {
		t.Errorf("%v: %s", err, page)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "changed.json")
	if err := os.WriteFile(changed, bytes.Replace(text, []byte(`"checked": `), []byte(`"checked": 1`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other")
	if code, _, errs := satis(t, "", "verify", "key", other); code != exitDone {
		t.Fatal(errs)
	}
	for name, args := range map[string][]string{"changed": {changed}, "another's": {report, "--key-file", other + ".pub"}} {
		if code, _, errs := satis(t, "", append([]string{"verify", "report"}, args...)...); code != exitBroken || strings.Count(errs, "signature") != 1 {
			t.Errorf("%s: code %d: %s", name, code, errs)
		}
	}

	h.env.Admin(t, "ALTER ROLE satis_lead BYPASSRLS")
	code, out, errs := prove(filepath.Join(dir, "bad"))
	h.env.Admin(t, "ALTER ROLE satis_lead NOBYPASSRLS")
	if code != exitBroken || !strings.Contains(out, "harmless roles: satis_lead") {
		t.Errorf("code %d: %s%s", code, out, errs)
	}
	if code, _, errs := satis(t, "", "verify", "report", filepath.Join(dir, "bad", "report.json")); code != exitBroken {
		t.Errorf("code %d: %s", code, errs)
	}
}

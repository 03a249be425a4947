// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const nobodyAtAll = "00000000-0000-4000-8000-000000000009"

// defaultFiles are the policies of a new network.
var defaultFiles = []string{"../../policies/implementing_entity.csv", "../../policies/social_services.csv", "../../policies/lead_agency.csv"}

// policyFile writes a policy file of its own.
func policyFile(t *testing.T, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "more.csv")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// Files are checked without a database, and refused with file, line and reason.
func TestPolicyTest(t *testing.T) {
	with := func(lines ...string) []string {
		return append(append([]string{"policy", "test"}, defaultFiles...), policyFile(t, lines...))
	}
	if code, out, errs := satis(t, "", with("# nothing")...); code != exitDone || out != "" || !strings.Contains(errs, "cases hold") {
		t.Errorf("the defaults: %d %s", code, errs)
	}
	for line, reason := range map[string]string{
		"p, role:operator, *, person@own":                                    "more.csv:2: want: p, role, tenant",
		"p, role:boss, *, person@own, read, allow":                           `more.csv:2: unknown role "boss"`,
		"p, role:operator, *, person@own, fly, allow":                        "more.csv:2: unknown permission",
		"p, role:operator, *, person@own, read, allow":                       "more.csv:2: the same rule stands at ../../policies/implementing_entity.csv:",
		"p, role:evaluator, *, identity@own, read, allow":                    "more.csv:2: identity@own read to evaluator: identity is never the lead agency's",
		"p, role:policy_admin, *, audit@own, read, allow":                    "policy_admin must be denied audit@own read: who writes policies does not watch over them",
		"p, role:operator, *, project@own, withdraw, deny":                   "the person can leave",
		"p, role:social_worker, *, project@shared, sign, deny # as it seems": "more.csv:2: the effect must be",
	} {
		if code, out, errs := satis(t, "", with("# more", line)...); code != exitUsage || out != "" || !strings.Contains(errs, reason) {
			t.Errorf("%s: %d %s", line, code, errs)
		}
	}
	// All of them in one run, in their order, malformed or not; roles too.
	code, _, errs := satis(t, "", with("p, role:boss, *, person@own, read, allow", "p, role:operator", "p, role:operator, *, person@own, fly, allow",
		"g, user:"+nobodyAtAll+", role:king, tenant:"+nobodyAtAll+", give")...)
	at := 0
	for _, want := range []string{"more.csv:1: unknown role", "more.csv:2: want: p", "more.csv:3: unknown permission", "more.csv:4: unknown role"} {
		i := strings.Index(errs, want)
		if code != exitUsage || i < at {
			t.Errorf("%s is missing or out of order: %d %s", want, code, errs)
		}
		at = max(at, i)
	}
	if code, _, errs := satis(t, "", "policy", "test", "none.csv"); code != exitUsage || !strings.Contains(errs, "no such file") {
		t.Errorf("%d %s", code, errs)
	}
	if code, _, _ := satis(t, "", "policy", "apply", defaultFiles[0]); code != exitUsage {
		t.Errorf("applied without a reason: %d", code)
	}
}

// What the files change is told, then done; what is refused leaves the version in force.
func TestPolicyApply(t *testing.T) {
	h := newHost(t)
	run := func(stdin string, args ...string) (int, string, string) {
		return satis(t, stdin, append(append([]string{"policy"}, args...), h.flags...)...)
	}
	if code, _, errs := satis(t, "", append([]string{"tenant", "create", "--kind", "lead_agency", "--name", "Comune", "--network-name", "Rete"}, h.flags...)...); code != exitDone {
		t.Fatal(errs)
	}
	more := policyFile(t, "p, role:accountant, *, subsidy@submitted, list, allow")
	files := append(append([]string{}, defaultFiles...), more)
	code, before, errs := run("", "export")
	if code != exitDone || !strings.HasPrefix(before, "p, role:operator") {
		t.Fatalf("export: %d %s", code, errs)
	}
	if code, out, errs := run(before, "diff", "-"); code != exitDone || strings.Count(out, "\n") != 1 {
		t.Errorf("diff with itself: %d %s%s", code, out, errs)
	}
	code, out, errs := run("", append([]string{"diff", "-o", "json"}, files...)...)
	var change policyChange
	if err := json.Unmarshal([]byte(out), &change); code != exitDone || err != nil || len(change.Added) != 1 || len(change.Roles) != 1 || change.Roles[0].Change != "gains" || change.Roles[0].Tenant != "*" {
		t.Errorf("diff: %d %s%s", code, out, errs)
	}
	if code, out, errs := run("", append([]string{"apply", "--dry-run"}, files...)...); code != exitDone || !strings.Contains(out, "accountant in *") || !strings.Contains(errs, "nothing was changed") {
		t.Errorf("dry run: %d %s%s", code, out, errs)
	}
	if code, _, errs := run("", append([]string{"apply", "--reason", "prova"}, defaultFiles[:2]...)...); code != exitUsage || !strings.Contains(errs, "policies stay in somebody's hands") {
		t.Errorf("half a policy: %d %s", code, errs)
	}
	// Mistakes that only a network shows are told by file and line, in words.
	strange := policyFile(t, "# more", "p, role:accountant, tenant:"+nobodyAtAll+", subsidy@submitted, list, allow")
	if code, _, errs := run("", append([]string{"diff"}, append(defaultFiles[:3:3], strange)...)...); code != exitUsage || !strings.Contains(errs, "more.csv:2: tenant:"+nobodyAtAll+" is not an organisation of the network") {
		t.Errorf("a strange organisation: %d %s", code, errs)
	}
	if _, now, _ := run("", "export"); now != before {
		t.Error("what was refused, or tried, changed the policy")
	}
	if code, _, errs := run("", append([]string{"apply", "--reason", "prova"}, files...)...); code != exitDone || !strings.Contains(errs, "is in force") {
		t.Errorf("apply: %d %s", code, errs)
	}
	if _, now, _ := run("", "export"); !strings.Contains(now, "role:accountant, *, subsidy@submitted") || strings.Count(now, "\n") != strings.Count(before, "\n")+1 {
		t.Errorf("in force: %s", now)
	}
	if code, _, errs := run("", append([]string{"apply", "--reason", "prova"}, files...)...); code != exitDone || !strings.Contains(errs, "nothing changes") {
		t.Errorf("again: %d %s", code, errs)
	}
	if code, out, errs := run("", "defaults"); code != exitDone || out != "" || !strings.Contains(errs, "0 default rules") {
		t.Errorf("defaults: %d %s%s", code, out, errs)
	}
	old := strings.ReplaceAll(before, "p, role:operator, *, enrolment@own, create, allow\n", "")
	h.env.Admin(t, "UPDATE policy_version SET rules = replace(rules, 'p, role:operator, *, enrolment@own, create, allow'||chr(10), '')")
	if code, out, errs := run("", "defaults"); code != exitDone || out != "p, role:operator, *, enrolment@own, create, allow\n" {
		t.Errorf("defaults of an older network: %d %s%s", code, out, errs)
	}
	code, whole, errs := run("", "defaults", "--whole")
	if code != exitDone || strings.Count(whole, "\n") != strings.Count(old, "\n")+2 {
		t.Errorf("the whole: %d %s", code, errs)
	}
	if code, _, errs := run(whole, "apply", "--reason", "nuovi", "-"); code != exitDone || !strings.Contains(errs, "is in force") {
		t.Errorf("applied: %d %s", code, errs)
	}
	if _, out, _ := run("", "defaults"); out != "" {
		t.Errorf("still missing: %s", out)
	}
	stranger := "g, user:" + string(someNetwork) + ", role:operator, tenant:" + string(someNetwork) + ", give\n"
	if code, _, errs := run(whole+stranger, "diff", "-"); code != exitUsage || !strings.Contains(errs, "not an active organisation of the network") {
		t.Errorf("a stranger's role: %d %s", code, errs)
	}
	if code, _, errs := run("", "export", "--network", "7"); code != exitUsage || !strings.Contains(errs, "no id") {
		t.Errorf("%d %s", code, errs)
	}
	if code, _, _ := run("", "export", "--network", string(someNetwork)); code != exitUsage {
		t.Errorf("an unknown network: %d", code)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
)

// catalogue reads one language as it stands in its file.
func catalogue(t *testing.T, lang string) map[string]any {
	t.Helper()
	raw, err := textFiles.ReadFile("texts/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBothLanguagesHaveTheSameKeys(t *testing.T) {
	it, en := slices.Sorted(maps.Keys(catalogue(t, "it"))), slices.Sorted(maps.Keys(catalogue(t, "en")))
	if diff := cmp.Diff(it, en); diff != "" {
		t.Errorf("keys of it.json and en.json differ (-it +en):\n%s", diff)
	}
}

// TestPlaceholdersAgree: a text that drops a placeholder hides a fact from one half of the readers.
func TestPlaceholdersAgree(t *testing.T) {
	holes := regexp.MustCompile(`\{\{\.(\w+)\}\}`)
	en := catalogue(t, "en")
	for key, v := range catalogue(t, "it") {
		if a, b := names(holes, v), names(holes, en[key]); !slices.Equal(a, b) {
			t.Errorf("%s: it has %v, en has %v", key, a, b)
		}
	}
}

func names(holes *regexp.Regexp, v any) []string {
	raw, _ := json.Marshal(v)
	var out []string
	for _, m := range holes.FindAllStringSubmatch(string(raw), -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// families are keys built at run time: their members are known to the packages they come from.
func families() map[string][]string {
	out := map[string][]string{}
	add := func(member string, prefixes ...string) {
		for _, p := range prefixes {
			out[p] = append(out[p], member)
		}
	}
	for _, s := range casework.States() {
		add(string(s), "state.", "lead.")
	}
	for _, e := range casework.Transitions() {
		add(string(e), "event.", "done.", "step.", "go.")
	}
	for _, e := range []casework.Event{casework.Create, casework.Edit, casework.Seal} {
		add(string(e), "event.", "step.")
	}
	add("create", "done.")
	for _, k := range eventPages {
		add(string(k.event), "confirm.")
		if k.event != casework.Withdraw {
			add(string(k.event), "wait.")
		}
	}
	for _, e := range []string{"edit", "recommend", "approve"} {
		add(e, "wait.")
	}
	for _, sec := range casework.Sections() {
		add(string(sec), "section.", "section_hint.")
	}
	for _, st := range []casework.Status{casework.ToStart, casework.ToFinish, casework.Done, casework.ToCorrect} {
		add(string(st), "status.")
	}
	for _, k := range casework.ConsentKinds() {
		add(string(k), "consent.")
	}
	for _, s := range casework.Sides() {
		add(string(s), "side.")
	}
	for _, p := range casework.Parties() {
		add(p, "party.")
	}
	for _, p := range casework.Periods() {
		add(p, "period.")
	}
	for _, k := range []casework.ChangeKind{casework.Added, casework.Removed, casework.Modified} {
		add(string(k), "change.")
	}
	for _, k := range tenant.Kinds() {
		for _, r := range tenant.RolesOf(k) {
			add(string(r), "role.")
		}
	}
	for _, p := range policy.Permissions() {
		add(strings.ReplaceAll(string(p.Object), "@", "_"), "object.")
		add(string(p.Action), "action.")
	}
	for _, e := range []policy.Effect{policy.EffectAllow, policy.EffectDeny, policy.EffectDefault} {
		add(string(e), "effect.")
	}
	for _, st := range []string{postgres.DraftOpen, postgres.DraftSubmitted, postgres.DraftSentBack, postgres.DraftPublished} {
		add(st, "draft_state.")
	}
	for _, st := range []string{postgres.PluginVerified, postgres.PluginConformant, postgres.PluginApproved, postgres.PluginSuspended, postgres.PluginRevoked} {
		add(st, "plugin_state.", "plugin_next.")
	}
	out["plugin_next."] = append(out["plugin_next."], "failed", "active")
	out["plugin_running."] = []string{"none", "off", "ready", "starting", "stopped", "circuit_open", "quarantined", "suspended"}
	out["subsidy."] = []string{"suspended", "revoked"}
	out["plugin_what."] = []string{"subsidy", "type", "catalog", "fact", "limit", "contract", "publisher"}
	out["plugin_asked."] = service.FactChanges
	out["plugin_change."] = []string{"added", "removed", "changed"}
	out["plugin_step."] = []string{"bundled", "submitted", "checked", "approved", "shadowed", "activated", "deactivated", "suspended", "resumed", "revoked", "handed_over"}
	for _, k := range sdk.Kinds() {
		add(string(k), "plugin_kind.")
	}
	for class := range classTags {
		add(string(class), "class.")
	}
	for _, k := range activationPages {
		add(k.key, "plugin_do.", "plugin_about.", "plugin_go.", "plugin_done.")
	}
	for _, k := range pluginSteps {
		add(k.key, "plugin_do.", "plugin_about.", "plugin_go.", "plugin_done.")
	}
	for _, same := range []string{"name", "birth_date", "document_number", "phone"} {
		add(same, "same.")
	}
	return out
}

// spoken finds every key that a template or this package names. What is said of errors stands
// in core/fault, with a test of its own.
func spoken(t *testing.T) map[string]string {
	t.Helper()
	used := map[string]string{}
	for prefix, members := range families() {
		for _, m := range members {
			used[prefix+m] = "a family"
		}
	}
	inText := regexp.MustCompile(`"([a-z_]+\.[a-z0-9_.]+)"`)
	inTemplate := regexp.MustCompile(`\bt "([a-z0-9_.]+)"`)
	add := func(file string, re *regexp.Regexp, prefix, text string) {
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			used[prefix+m[1]] = file
		}
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist") {
			return filepath.SkipDir
		}
		raw, readErr := os.ReadFile(path)
		switch {
		case readErr != nil || strings.HasSuffix(path, "_test.go"):
		case strings.HasSuffix(path, ".html"):
			add(path, inTemplate, "", string(raw))
		case strings.HasSuffix(path, ".go"):
			add(path, inText, "", string(raw))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}

func TestEveryKeySpokenExists(t *testing.T) {
	have := catalogue(t, "it")
	for key, file := range spoken(t) {
		prefix, _, _ := strings.Cut(key, ".")
		if _, ok := have[key]; !ok && isFamily(have, prefix) {
			t.Errorf("%s: no text for %q", file, key)
		}
	}
}

// isFamily tells a text's key from any other dotted string in Go code, such as a file name.
func isFamily(have map[string]any, prefix string) bool {
	for key := range have {
		if strings.HasPrefix(key, prefix+".") {
			return true
		}
	}
	return false
}

func TestNoTextIsUnused(t *testing.T) {
	used := spoken(t)
	for key := range catalogue(t, "it") {
		prefix, _, _ := strings.Cut(key, ".")
		if _, ok := used[key]; !ok && !slices.Contains(unusedAllowed, prefix) {
			t.Errorf("nothing says %q", key)
		}
	}
}

// unusedAllowed are families whose keys are put together at run time out of codes that no
// package lists: the kinds of error, and the units a plugin's form may name.
var unusedAllowed = []string{"error", "unit", "nav"}

func TestTextOfCount(t *testing.T) {
	texts, err := LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lang  string
		count int
		want  string
	}{{"it", 1, "C'è un errore da correggere"}, {"it", 3, "Ci sono 3 errori da correggere"}, {"en", 2, "There are 2 errors to correct"}, {"xx", 1, "C'è un errore da correggere"}} {
		if got := texts.T(c.lang, "page.errors", "Count", c.count); got != c.want {
			t.Errorf("%s %d: got %q, want %q", c.lang, c.count, got, c.want)
		}
	}
	if got := texts.T("it", "no.such"); got != "no.such" {
		t.Errorf("a missing key gives %q", got)
	}
}

func TestFaultNeverShowsACode(t *testing.T) {
	texts, err := LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	if got := texts.Fault("it", "state_forbids", map[string]string{"state": "approved", "event": "sign"}); !strings.Contains(got, "«Approvato»") {
		t.Errorf("got %q", got)
	}
	want, _ := fault.Words("en", "internal")
	if got := texts.Fault("en", "some_code_nobody_wrote", nil); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

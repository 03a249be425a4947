// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/sample"
)

var builtPlugin = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "api-plugin-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "rent-subsidy")
	if text, err := exec.Command("go", "build", "-o", out, "../../plugins/rent-subsidy").CombinedOutput(); err != nil {
		return text, err
	}
	return os.ReadFile(out)
})

// plugins runs the real rent plugin.
func plugins(t *testing.T) *pluginhost.Host {
	t.Helper()
	binary, err := builtPlugin()
	if err != nil {
		t.Fatalf("%v: %s", err, binary)
	}
	manifest, err := os.ReadFile("../../plugins/rent-subsidy/plugin.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rent-subsidy"), binary, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rent-subsidy.yaml"), manifest, 0o644); err != nil {
		t.Fatal(err)
	}
	h, err := pluginhost.New(pluginhost.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func rentAsk(project string) obj {
	return obj{"subsidy": "rent", "project_id": project, "facts": obj{"monthly_rent": 60000, "household_size": 2, "minors": 1,
		"monthly_income": 70000, "months_already_supported": 0, "months_requested": 9}}
}

func TestSubsidyDecision(t *testing.T) {
	s := newSite(t, sample.Options{Plugins: plugins(t)})
	p := s.Project(t, s.Entity, 1)
	c := s.as(t, s.Entity, "operator")

	var subs page[subsidy]
	c.want(200, "GET", "/subsidies", nil).into(t, &subs)
	if len(subs.Items) != 1 || subs.Items[0].Code != "rent" || subs.Items[0].Title.EN == "" || len(subs.Items[0].Facts.Fields) != 9 || subs.Items[0].Schema["type"] != "object" {
		t.Errorf("subsidies: %+v", subs)
	}

	ask := rentAsk(string(p.ID))
	ask["what_if"] = true
	try := c.want(200, "POST", "/subsidy-decisions", ask)
	var d casework.Decision
	try.into(t, &d)
	if d.ID != "" || !d.WhatIf || try.header.Get("Location") != "" || !d.Eligible {
		t.Errorf("what-if: %s", try.body)
	}

	stored := c.want(201, "POST", "/subsidy-decisions", rentAsk(string(p.ID)))
	stored.into(t, &d)
	at := "/subsidy-decisions/" + string(d.ID)
	if stored.header.Get("Location") != Prefix+at || !d.Eligible || d.Months < 1 || d.Months > 9 || d.PluginID != "rent-subsidy" || len(d.PluginHash) != 64 || len(d.Explanation) == 0 || d.Explanation[0].Title.EN == "" {
		t.Errorf("stored: %s", stored.body)
	}
	read := c.want(200, "GET", at, nil)
	c.want(304, "GET", at, nil, "If-None-Match", read.header.Get("ETag"))
	var list page[casework.Decision]
	c.want(200, "GET", "/projects/"+string(p.ID)+"/subsidy-decisions", nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].ID != d.ID {
		t.Errorf("list: %+v", list)
	}

	lacking := c.want(422, "POST", "/subsidy-decisions", obj{"subsidy": "rent", "facts": obj{"monthly_rent": "canary-7781"}, "project_id": p.ID})
	if got := lacking.problem(t); got.Code != "fields" || got.Errors[0].Location != "body/facts/monthly_rent" || got.Errors[0].Code != "wrong_kind" {
		t.Errorf("problem: %s", lacking.body)
	}
	if got := c.want(422, "POST", "/subsidy-decisions", obj{"subsidy": "none", "facts": obj{}}).problem(t); got.Errors[0].Location != "body/subsidy" {
		t.Errorf("problem: %+v", got)
	}
	s.as(t, s.Entity, "entity_manager").want(403, "POST", "/subsidy-decisions", rentAsk(string(p.ID)))
}

// Large whole numbers arrive as they were written.
func TestNumbersAreExact(t *testing.T) {
	var facts struct{ Body map[string]any }
	if err := jsonFormat.Unmarshal([]byte(`{"n": 9007199254740993}`), &facts.Body); err != nil {
		t.Fatal(err)
	}
	if n := facts.Body["n"]; n != any(json.Number("9007199254740993")) {
		t.Errorf("%T %v", n, n)
	}
	if err := jsonFormat.Unmarshal([]byte(`{} {}`), &facts.Body); err == nil {
		t.Error("two documents were taken for one")
	}
}

func TestWithoutPlugins(t *testing.T) {
	s := newSite(t, sample.Options{})
	p := s.Project(t, s.Entity, 1)
	a := s.as(t, s.Entity, "operator").want(503, "POST", "/subsidy-decisions", rentAsk(string(p.ID)))
	if a.problem(t).Code != "plugin_unavailable" || a.header.Get("Retry-After") == "" {
		t.Errorf("%s", a.body)
	}
	var list page[plugin]
	s.as(t, s.Lead, "plugin_admin").want(200, "GET", "/plugins", nil).into(t, &list)
	if len(list.Items) != 0 {
		t.Errorf("%+v", list)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

func isNilOperation(op any) bool { o, _ := op.(*huma.Operation); return o == nil }

// document is as much of an OpenAPI document as the test looks at.
type document struct {
	OpenAPI string
	Servers []struct{ URL string }
	Paths   map[string]map[string]struct {
		OperationID, Summary string
		Security             []map[string][]string
		Responses            map[string]any
	}
	Components struct {
		Schemas         map[string]any
		SecuritySchemes map[string]any
	}
}

func TestDescription(t *testing.T) {
	c, _ := bare(t)
	for path, version := range map[string]string{"/openapi.json": "3.1.0", "/openapi-3.0.json": "3.0.3"} {
		a := c.want(200, "GET", path, nil)
		var d document
		a.into(t, &d)
		if d.OpenAPI != version || d.Servers[0].URL != Prefix || d.Components.SecuritySchemes[bearer] == nil {
			t.Errorf("%s: %s %v", path, d.OpenAPI, d.Servers)
		}
		ids := map[string]bool{}
		for at, methods := range d.Paths {
			for method, op := range methods {
				open := at == "/status"
				if op.Summary == "" || op.OperationID == "" || ids[op.OperationID] || op.Security == nil || (len(op.Security) == 0) != open {
					t.Errorf("%s: %s %s: %+v", path, method, at, op)
				}
				ids[op.OperationID] = true
			}
		}
		for _, ref := range regexp.MustCompile(`"\$ref":"([^"]+)"`).FindAllStringSubmatch(string(a.body), -1) {
			name, ok := strings.CutPrefix(ref[1], "#/components/schemas/")
			if !ok || d.Components.Schemas[name] == nil {
				t.Errorf("%s: %s leads nowhere", path, ref[1])
			}
		}
	}
}

// No page loads anything from elsewhere, and no body holds an address of a schema.
func TestNoDocsNoSchemaLinks(t *testing.T) {
	c, _ := bare(t)
	for _, path := range []string{"/docs", "/schemas/Project.json", "/openapi.yaml", "/openapi"} {
		c.want(404, "GET", path, nil)
	}
	if a := c.want(401, "GET", "/me", nil); strings.Contains(string(a.body), "$schema") {
		t.Errorf("%s", a.body)
	}
}

// A draft plan demands nothing, a plan that is read has everything.
func TestDraftSchema(t *testing.T) {
	_, described := bare(t)
	raw, err := json.Marshal(described.OpenAPI().Components.Schemas.Map())
	if err != nil {
		t.Fatal(err)
	}
	var schemas map[string]struct{ Required []string }
	if err := json.Unmarshal(raw, &schemas); err != nil {
		t.Fatal(err)
	}
	if len(schemas["Plan"].Required) != 7 || schemas["DraftPlan"].Required != nil || schemas["DraftIntervention"].Required != nil {
		t.Errorf("Plan %v, DraftPlan %v", schemas["Plan"].Required, schemas["DraftPlan"].Required)
	}
}

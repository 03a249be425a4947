// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/sample"
)

// A plugin is its first publisher's: another's version is refused with a problem that names
// the owner, until the plugin is handed over by who read whose it is.
func TestPluginOwner(t *testing.T) {
	x := newPluginSite(t)
	other := sample.NamedAgency(t, "Seconda agenzia")
	var second, gone publisher
	x.admin.want(201, "POST", "/plugin-publishers", obj{"line": other.Line}).into(t, &second)
	x.admin.want(201, "POST", "/plugin-publishers", obj{"line": sample.NamedAgency(t, "Agenzia lasciata").Line}).into(t, &gone)
	x.admin.want(204, "DELETE", "/plugin-publishers/"+gone.KeyID, nil)
	x.admin.want(404, "GET", "/plugins/aid/owner", nil)
	var d pluginDetail
	x.admin.upload(x.agency.Pack(t, "1.0.0", 50)).into(t, &d)
	if d.Owner.Name != "Agenzia di prova" || d.Owner.KeyID != d.KeyID || !d.Owner.Believed || d.Owner.Revision != 1 || d.Owner.Since.IsZero() {
		t.Errorf("owner: %+v", d.Owner)
	}
	read := x.admin.want(200, "GET", "/plugins/aid/owner", nil)
	var o pluginOwner
	if read.into(t, &o); o != d.Owner || read.header.Get("ETag") != `"1"` {
		t.Errorf("%s %s", read.header.Get("ETag"), read.body)
	}

	a := x.admin.upload(other.Pack(t, "2.0.0", 70))
	p := a.problem(t)
	if a.status != 409 || a.header.Get("Content-Type") != "application/problem+json" || p.Code != "plugin_owned_by_other" || p.Type == "" || p.Status != 409 ||
		!strings.Contains(p.Detail, "aid") || !strings.Contains(p.Detail, "Agenzia di prova") || !strings.Contains(p.Detail, d.KeyID) {
		t.Errorf("another's version: %d %s", a.status, a.body)
	}
	x.admin.want(404, "GET", aidVersion("2.0.0"), nil)

	give := func(status int, body obj, ifMatch ...string) answer {
		t.Helper()
		if len(ifMatch) > 0 {
			ifMatch = []string{"If-Match", ifMatch[0]}
		}
		return x.admin.want(status, "POST", "/plugins/aid/owner", body, ifMatch...)
	}
	to := obj{"key_id": second.KeyID, "reason": "chiave nuova"}
	give(428, to)
	give(412, to, `"2"`)
	give(422, obj{"key_id": second.KeyID, "reason": " "}, `"1"`)
	for _, key := range []string{gone.KeyID, "0000000000000000", ""} {
		p := give(422, obj{"key_id": key, "reason": "prova"}, `"1"`).problem(t)
		if len(p.Errors) != 1 || p.Errors[0].Location != "body/key_id" {
			t.Errorf("to %q: %+v", key, p)
		}
	}
	x.as(t, x.Lead, "secretariat").want(403, "POST", "/plugins/aid/owner", to, "If-Match", `"1"`)
	x.as(t, x.Lead, "secretariat").want(403, "GET", "/plugins/aid/owner", nil)
	given := give(200, to, `"1"`)
	if given.into(t, &o); o.KeyID != second.KeyID || o.Name != "Seconda agenzia" || given.header.Get("ETag") != `"2"` {
		t.Errorf("handed over: %s", given.body)
	}

	if a := x.admin.upload(x.agency.Pack(t, "3.0.0", 70)); a.status != 409 || a.problem(t).Code != "plugin_owned_by_other" {
		t.Errorf("the owner before: %d %s", a.status, a.body)
	}
	checked := x.admin.want(200, "POST", aidVersion("1.0.0")+"/check", nil)
	refused := x.admin.want(409, "POST", aidVersion("1.0.0")+"/approve", obj{"reason": "vista"}, "If-Match", checked.header.Get("ETag"))
	if refused.problem(t).Code != "plugin_not_owners" {
		t.Errorf("approved after the hand-over: %s", refused.body)
	}
	if a := x.admin.upload(other.Pack(t, "2.0.0", 70)); a.status != 201 {
		t.Errorf("the present owner: %d %s", a.status, a.body)
	}
	x.admin.want(200, "GET", aidVersion("2.0.0"), nil).into(t, &d)
	if len(d.Steps) != 2 || d.Steps[1].Step != "handed_over" || d.Steps[1].Reason != "chiave nuova" || d.Steps[1].Detail["to_key"] != second.KeyID {
		t.Errorf("steps: %+v", d.Steps)
	}
}

// What came with the installation is nobody's to upload or to be given.
func TestBundledPluginOwner(t *testing.T) {
	s := newSite(t, sample.Options{Plugins: plugins(t)})
	x := s.withAgency(t)
	var o pluginOwner
	x.admin.want(200, "GET", "/plugins/rent-subsidy/owner", nil).into(t, &o)
	if o.KeyID != "" || o.Name != "" || !o.Believed {
		t.Errorf("owner: %+v", o)
	}
	var pubs page[publisher]
	x.admin.want(200, "GET", "/plugin-publishers", nil).into(t, &pubs)
	a := x.admin.want(409, "POST", "/plugins/rent-subsidy/owner", obj{"key_id": pubs.Items[0].KeyID, "reason": "prova"}, "If-Match", `"1"`)
	if a.problem(t).Code != "plugin_of_installation" {
		t.Errorf("handed over: %s", a.body)
	}
}

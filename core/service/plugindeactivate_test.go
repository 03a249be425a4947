// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// Only the version that an organisation has is taken from it: another's name in the order is a
// slip, and switches nothing off.
func TestDeactivatesOnlyWhatIsHeld(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	x.admit(t, "2.0.0", 70)
	x.admit(t, "3.0.0", 80)
	one := service.Activation{Tenants: []tenant.ID{x.Entity.ID}, Reason: "prova"}
	all := service.Activation{Everywhere: true, Reason: "prova"}
	x.activate(t, "2.0.0", all)
	x.activate(t, "1.0.0", one)
	state := func() (n [3]int) {
		x.Query(t, &n[0], "SELECT count(*) FROM audit_entry")
		x.Query(t, &n[1], "SELECT count(*) FROM satis.plugin_step")
		d, err := x.s.Plugin(x.admin, "aid", "2.0.0")
		must(t, err)
		n[2] = d.ActiveFor
		return n
	}
	before := state()
	refused := func(version string, from service.Activation, code, active string) {
		t.Helper()
		_, err := x.s.DeactivatePlugin(x.admin, "aid", version, from)
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || e.Kind != fault.Conflict || e.Code != code || e.Params["active"] != active || e.Params["version"] != version {
			t.Errorf("%s: %+v, want %s of %s", version, err, code, active)
		}
		if code == "plugin_other_active" && e.Params["organisation"] != x.Entity.Name {
			t.Errorf("%s: of %q", version, e.Params["organisation"])
		}
		if diff := cmp.Diff(before, state()); diff != "" {
			t.Errorf("a refused deactivation wrote (-before +after):\n%s", diff)
		}
	}
	refused("3.0.0", one, "plugin_other_active", "1.0.0")
	refused("2.0.0", one, "plugin_other_active", "1.0.0")
	refused("1.0.0", all, "plugin_other_everywhere", "2.0.0")
	refused("2.0.0", all, "plugin_other_active", "1.0.0")
	if got, err := ask(x.s, x.As(x.Entity, "operator"), 0); err != nil || got != 5000 {
		t.Errorf("after the refusals: %d, %v", got, err)
	}

	// A pinned version is not everybody's, and what was revoked is nobody's.
	pinned := one
	pinned.Pinned = true
	x.activate(t, "1.0.0", pinned)
	if _, err := x.s.DeactivatePlugin(x.admin, "aid", "2.0.0", all); err != nil {
		t.Error(err)
	}
	if got, err := ask(x.s, x.As(x.Entity, "operator"), 0); err != nil || got != 5000 {
		t.Errorf("pinned: %d, %v", got, err)
	}
	if _, err := x.s.RevokePlugin(x.admin, "aid", "1.0.0", "superata"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.DeactivatePlugin(x.admin, "aid", "3.0.0", one); err != nil {
		t.Errorf("instead of what was revoked: %v", err)
	}
	if _, err := ask(x.s, x.As(x.Entity, "operator"), 0); codeAt(err) != "not_an_option" {
		t.Errorf("deactivated: %v", err)
	}
}

// Who asks for the impossible is not sent to a step that can never come.
func TestStoppedVersionSaysSo(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	everything := func(want string) {
		t.Helper()
		_, activate := x.s.ActivatePlugin(x.admin, "aid", "1.0.0", service.Activation{Everywhere: true, Reason: "prova"})
		_, approve := x.s.ApprovePlugin(x.admin, "aid", "1.0.0", 0, "prova")
		_, shadow := x.s.ShadowPlugin(x.admin, "aid", "1.0.0")
		for step, err := range map[string]error{"activate": activate, "approve": approve, "shadow": shadow} {
			if codeAt(err) != want || !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v, want %s", step, err, want)
			}
		}
	}
	_, err := x.s.SuspendPlugin(x.admin, "aid", "1.0.0", "un dubbio")
	must(t, err)
	everything("plugin_resume_first")
	d, err := x.s.RevokePlugin(x.admin, "aid", "1.0.0", "ritirata")
	if err != nil || d.State != postgres.PluginRevoked {
		t.Fatalf("%s, %v", d.State, err)
	}
	everything("plugin_version_revoked")
	if _, err := x.s.CheckPlugin(x.admin, "aid", "1.0.0"); codeAt(err) != "plugin_version_revoked" {
		t.Errorf("check: %v", err)
	}
	if _, err := x.s.SuspendPlugin(x.admin, "aid", "1.0.0", "prova"); codeAt(err) != "plugin_version_revoked" {
		t.Errorf("suspend: %v", err)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

var (
	pluginAdmins = []tenant.Role{tenant.PluginAdmin}
	courseGoers  = []tenant.Role{tenant.Operator, tenant.EntityManager, tenant.SocialWorker, tenant.PluginAdmin}
)

// sceneEnrolment is an enrolment of the scene's project, in a catalog that no plugin offers.
const sceneEnrolment casework.EnrolmentID = "0198a000-0000-7000-8000-0000000000e1"

// scenePlugin puts a version of a plugin, an edition and an enrolment into the scene, below the service.
func scenePlugin(t testing.TB, w *sample.World, project casework.ProjectID) {
	sum := fmt.Sprintf("%064x", 7)
	w.Admin(t, "SET satis.network = '"+string(w.Lead.Network)+"'",
		fmt.Sprintf(`INSERT INTO satis.plugin_file (network_id, sha256, packed, content, binary_sha256, manifest, stored_at)
			VALUES ('%s', '%s', false, '', '%s', '{"id":"hello","agency":"Prova","version":"1.0.0","kinds":["courses"]}', now())`, w.Lead.Network, sum, sum),
		fmt.Sprintf(`INSERT INTO satis.plugin_owner (network_id, plugin_id, revision, since) VALUES ('%s', 'hello', 1, now())`, w.Lead.Network),
		fmt.Sprintf(`INSERT INTO satis.plugin_version (network_id, plugin_id, version, sha256, agency, publisher, state, submitted_at, updated_at)
			VALUES ('%s', 'hello', '1.0.0', '%s', 'Prova', '', 'verified', now(), now())`, w.Lead.Network, sum),
		fmt.Sprintf(`INSERT INTO satis.publisher (network_id, key_id, name, public_key, added_by, added_at)
			VALUES ('%s', '0123456789abcdef', 'Prova', decode(repeat('00', 32), 'hex'), '%s', now())`, w.Lead.Network, w.Actor(w.Lead, "plugin_admin").User),
		fmt.Sprintf(`INSERT INTO satis.course_edition (network_id, catalog, edition_id, plugin_id, edition, words, area, istat_code, municipality, starts_on, ends_on,
			enrol_by, seats, imported_at) VALUES ('%s', 'hello', 'e1', 'hello', '{}', ' e1', 'other', '046033', 'Viareggio', '2030-01-01', '2030-02-01', '2030-01-01', 1, now())`, w.Lead.Network),
		fmt.Sprintf(`INSERT INTO satis.enrolment (tenant_id, id, network_id, project_id, catalog, edition_id, enrolled_by, enrolled_at)
			VALUES ('%s', '%s', '%s', '%s', 'hello', 'e1', '%s', now())`, w.Entity.ID, sceneEnrolment, w.Lead.Network, project, w.Actor(w.Entity, "operator").User))
}

// Doors of plugins, courses and enrolments.
var pluginDoors = map[string]door{
	"Plugins":    {[]tenant.Role{tenant.Secretariat, tenant.PolicyAdmin, tenant.PluginAdmin}, true, func(c context.Context, x scene) error { _, err := x.s.Plugins(c); return err }},
	"Publishers": {pluginAdmins, true, func(c context.Context, x scene) error { _, err := x.s.Publishers(c); return err }},
	"AddPublisher": {pluginAdmins, true, func(c context.Context, x scene) error {
		_, err := x.s.AddPublisher(c, "satis-publisher AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= Prova")
		return err
	}},
	"WithdrawPublisher": {pluginAdmins, true, func(c context.Context, x scene) error { return x.s.WithdrawPublisher(c, "0123456789abcdef") }},
	"PluginOwner":       {pluginAdmins, true, func(c context.Context, x scene) error { _, err := x.s.PluginOwner(c, "hello"); return err }},
	"HandOverPlugin": {pluginAdmins, true, func(c context.Context, x scene) error {
		_, err := x.s.HandOverPlugin(c, "hello", service.HandOver{Key: "0123456789abcdef", Seen: 1, Reason: "una ragione"})
		return err
	}},
	"SubmitPlugin": {pluginAdmins, true, func(c context.Context, x scene) error { _, err := x.s.SubmitPlugin(c, []byte("no pack")); return err }},
	"Plugin":       {pluginAdmins, true, func(c context.Context, x scene) error { _, err := x.s.Plugin(c, "hello", "1.0.0"); return err }},
	"CheckPlugin":  {pluginAdmins, true, func(c context.Context, x scene) error { _, err := x.s.CheckPlugin(c, "hello", "1.0.0"); return err }},
	"ApprovePlugin": {pluginAdmins, true, func(c context.Context, x scene) error {
		_, err := x.s.ApprovePlugin(c, "hello", "1.0.0", 0, "una ragione")
		return err
	}},
	"SuspendPlugin": {pluginAdmins, true, func(c context.Context, x scene) error {
		_, err := x.s.SuspendPlugin(c, "hello", "1.0.0", "una ragione")
		return err
	}},
	"ResumePlugin": {pluginAdmins, true, func(c context.Context, x scene) error {
		_, err := x.s.ResumePlugin(c, "hello", "1.0.0", "una ragione")
		return err
	}},
	"RevokePlugin": {pluginAdmins, true, func(c context.Context, x scene) error {
		_, err := x.s.RevokePlugin(c, "hello", "1.0.0", "una ragione")
		return err
	}},
	"ShadowPlugin": {pluginAdmins, true, func(c context.Context, x scene) error { _, err := x.s.ShadowPlugin(c, "hello", "1.0.0"); return err }},
	"ActivatePlugin": {pluginAdmins, true, func(c context.Context, x scene) error {
		_, err := x.s.ActivatePlugin(c, "hello", "1.0.0", service.Activation{Everywhere: true, Reason: "una ragione"})
		return err
	}},
	"DeactivatePlugin": {pluginAdmins, true, func(c context.Context, x scene) error {
		_, err := x.s.DeactivatePlugin(c, "hello", "1.0.0", service.Activation{Everywhere: true, Reason: "una ragione"})
		return err
	}},
	"MaySubmitPlugin":  {pluginAdmins, true, func(c context.Context, x scene) error { return x.s.MaySubmitPlugin(c) }},
	"MayImportCourses": {pluginAdmins, true, func(c context.Context, x scene) error { return x.s.MayImportCourses(c) }},
	"ReplayDecision":   {append(slices.Clone(codesign), tenant.Evaluator, tenant.Approver), false, func(c context.Context, x scene) error { _, err := x.s.ReplayDecision(c, x.decision); return err }},
	"ProposeIntervention": {writers, false, func(c context.Context, x scene) error {
		_, err := x.s.ProposeIntervention(c, service.ProposeRequest{Project: x.project.ID, Type: "hello"})
		return err
	}},
	"Course": {courseGoers, true, func(c context.Context, x scene) error {
		_, err := x.s.Course(c, "hello", "e1")
		return missingIsFine(err)
	}},
	"Courses": {courseGoers, true, func(c context.Context, x scene) error {
		_, err := x.s.Courses(c, service.CourseFilter{}, service.PageRequest{})
		return err
	}},
	"ImportCourses": {pluginAdmins, true, func(c context.Context, x scene) error {
		_, err := x.s.ImportCourses(c, service.ImportRequest{Catalog: "hello"})
		return err
	}},
	"Enrol": {operators, false, func(c context.Context, x scene) error {
		_, err := x.s.Enrol(c, service.EnrolRequest{Project: x.project.ID, Catalog: "hello", Edition: "e1"})
		return err
	}},
	"Enrolments": {codesign, false, func(c context.Context, x scene) error { _, err := x.s.Enrolments(c, x.project.ID); return err }},
	"CancelEnrolment": {operators, false, func(c context.Context, x scene) error {
		_, err := x.s.CancelEnrolment(c, sceneEnrolment, 99, "una ragione")
		return err
	}},
}

func init() {
	for name, d := range pluginDoors {
		doors[name] = d
	}
}

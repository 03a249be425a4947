// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"maps"

	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

var (
	secretaries = []tenant.Role{tenant.Secretariat}
	userAdmins  = []tenant.Role{tenant.Secretariat, tenant.EntityAdmin}
	told        = []tenant.Role{tenant.EntityManager, tenant.EntityAdmin, tenant.SocialWorker, tenant.Secretariat, tenant.DataProtectionOfficer}
	auditors    = []tenant.Role{tenant.EntityAdmin, tenant.DataProtectionOfficer}
)

// noSuch is well formed and nobody's: who may is told that something is wrong with it, who
// may not is told so first.
const noSuch = "0198a000-0000-7000-8000-0000000000aa"

// The doors of administration. Organisations and users are known within the network, so
// that an outsider is refused like any other; walls between networks have tests of their own.
func init() {
	maps.Copy(doors, map[string]door{
		"CreateTenant": {secretaries, true, func(c context.Context, x scene) error {
			_, err := x.s.CreateTenant(c, service.TenantInput{Kind: tenant.ImplementingEntity})
			return err
		}},
		"TenantRecord": {secretaries, true, func(c context.Context, x scene) error { _, err := x.s.TenantRecord(c, x.OtherEntity.ID); return err }},
		"UpdateTenant": {secretaries, true, func(c context.Context, x scene) error {
			_, err := x.s.UpdateTenant(c, x.OtherEntity.ID, 99, service.TenantInput{})
			return err
		}},
		"SuspendTenant": {secretaries, true, func(c context.Context, x scene) error { return x.s.SuspendTenant(c, x.Lead.ID) }},
		"ResumeTenant":  {secretaries, true, func(c context.Context, x scene) error { return x.s.ResumeTenant(c, x.OtherEntity.ID) }},

		"UnreadNotices":  {told, true, func(c context.Context, x scene) error { _, err := x.s.UnreadNotices(c); return err }},
		"DecisionPeople": {auditors, true, func(c context.Context, x scene) error { _, err := x.s.DecisionPeople(c); return err }},
		"Offers":         {everyone, true, func(c context.Context, x scene) error { _, err := x.s.Offers(c); return err }},
		"Users": {append([]tenant.Role{tenant.Operator, tenant.EntityManager, tenant.SocialWorker}, userAdmins...), true,
			func(c context.Context, x scene) error { _, err := x.s.Users(c, ""); return err }},
		"InviteUser":  {userAdmins, true, func(c context.Context, x scene) error { _, err := x.s.InviteUser(c, service.Invite{}); return err }},
		"Invitations": {userAdmins, true, func(c context.Context, x scene) error { _, err := x.s.Invitations(c, ""); return err }},
		"WithdrawInvitation": {userAdmins, true, func(c context.Context, x scene) error {
			return missingIsFine(x.s.WithdrawInvitation(c, noSuch))
		}},
		"GrantRole": {userAdmins, true, func(c context.Context, x scene) error {
			return missingIsFine(x.s.GrantRole(c, ownOf(c), noSuch, tenant.Operator))
		}},
		"TakeRole": {userAdmins, true, func(c context.Context, x scene) error {
			return missingIsFine(x.s.TakeRole(c, ownOf(c), noSuch, tenant.Operator))
		}},
		"SuspendUser": {userAdmins, true, func(c context.Context, x scene) error {
			return missingIsFine(x.s.SuspendUser(c, ownOf(c), noSuch))
		}},
		"ResumeUser": {userAdmins, true, func(c context.Context, x scene) error {
			return missingIsFine(x.s.ResumeUser(c, ownOf(c), noSuch))
		}},

		"Notices":    {told, true, func(c context.Context, x scene) error { _, err := x.s.Notices(c, service.PageRequest{}); return err }},
		"MarkNotice": {told, true, func(c context.Context, x scene) error { return missingIsFine(x.s.MarkNotice(c, noSuch)) }},
		"DecisionAudit": {auditors, true, func(c context.Context, x scene) error {
			_, err := x.s.DecisionAudit(c, service.AuditQuery{})
			return err
		}},
		"ExportAudit": {[]tenant.Role{tenant.DataProtectionOfficer}, true, func(c context.Context, x scene) error {
			_, err := x.s.ExportAudit(c, service.AuditQuery{})
			return err
		}},
		"BreakGlasses": {auditors, true, func(c context.Context, x scene) error {
			_, err := x.s.BreakGlasses(c, service.PageRequest{})
			return err
		}},

		// Nobody, unless two policy_admins say so: see breakglass_test.go.
		"OpenBreakGlass": {nil, false, func(c context.Context, x scene) error {
			_, err := x.s.OpenBreakGlass(c, x.project.ID, "Ricovero urgente in ospedale", 30)
			return err
		}},
		"BreakGlassIdentity": {nil, false, func(c context.Context, x scene) error {
			_, _, err := x.s.BreakGlassIdentity(c, x.project.ID)
			return err
		}},
		"EndBreakGlass": {nil, false, func(c context.Context, x scene) error { return x.s.EndBreakGlass(c, x.project.ID) }},
		"Emergency":     {nil, false, func(c context.Context, x scene) error { _, err := x.s.Emergency(c, x.project.ID); return err }},
		"EmergencyProject": {nil, true, func(c context.Context, x scene) error {
			_, err := x.s.EmergencyProject(c, x.project.Code)
			return err
		}},
	})
	elsewhere = append(elsewhere, "CheckInvitation", "AcceptInvitation")
}

// ownOf is the actor's organisation.
func ownOf(c context.Context) tenant.ID {
	a, _ := tenant.From(c)
	return a.Tenant
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// The bounds of an access in an emergency.
const (
	BreakGlassMinutes = 60
	BreakGlassReason  = 20 // characters
)

// EmergencyState is what the page of an access in an emergency tells.
type EmergencyState struct {
	ProjectCode string
	// Open is the access that lasts; nil where there is none.
	Open *postgres.BreakGlass
}

// emergency loads a project for somebody whom the policy may let in to its person's
// identity. The secretariat may be let in without seeing the project.
func (a *act) emergency(id casework.ProjectID) (casework.Project, error) {
	if err := validID(id); err != nil {
		return casework.Project{}, err
	}
	p, err := a.tx.Project(a, id)
	if err != nil {
		return p, err
	}
	if _, ok := p.RelationTo(a.actor); !ok {
		return p, fault.Missing()
	}
	return p, a.allow(policy.IdentitySubmitted, policy.BreakGlass, string(p.ID))
}

// OpenBreakGlass lets the actor in to the identity of a project's person, for a stated
// reason and at most BreakGlassMinutes. It is recorded in the chains of both organisations
// and the entity is told, before anything is seen. One that still lasts is ended.
func (s *Service) OpenBreakGlass(ctx context.Context, project casework.ProjectID, reason string, minutes int) (postgres.BreakGlass, error) {
	var out postgres.BreakGlass
	reason = strings.TrimSpace(reason)
	err := s.write(ctx, func(a *act) error {
		p, err := a.emergency(project)
		if err != nil {
			return err
		}
		if err := checkEmergency(reason, minutes); err != nil {
			return err
		}
		last, err := a.tx.LastBreakGlass(a, p, a.actor.User)
		if err == nil && last.Open(a.at) {
			if err := a.tx.EndBreakGlass(a, last, a.at); err != nil {
				return err
			}
		} else if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		by, err := a.by()
		if err != nil {
			return err
		}
		out = postgres.BreakGlass{ID: newID(), Project: p.ID, ProjectCode: p.Code, User: by.User, UserName: by.Name, Reason: reason,
			GrantedAt: a.at, ExpiresAt: a.at.Add(time.Duration(minutes) * time.Minute)}
		if out.Owner, err = a.tx.OpenBreakGlass(a, out); err != nil {
			return err
		}
		return a.auditEmergency(out, "open", "minutes", strconv.Itoa(minutes))
	})
	return answer(out, err)
}

func checkEmergency(reason string, minutes int) error {
	fields := checkTexts(text{"reason", reason, true, 2000})
	if n := utf8.RuneCountInString(reason); n > 0 && n < BreakGlassReason {
		fields = append(fields, fault.At("reason", "too_short", "limit", strconv.Itoa(BreakGlassReason)))
	}
	switch {
	case minutes < 1:
		fields = append(fields, fault.At("minutes", "too_small", "limit", "1"))
	case minutes > BreakGlassMinutes:
		fields = append(fields, fault.At("minutes", "too_large", "limit", strconv.Itoa(BreakGlassMinutes)))
	}
	return fault.OfFields(fields)
}

// auditEmergency records a step in the chain of the entity and in the lead agency's own.
func (a *act) auditEmergency(b postgres.BreakGlass, step string, more ...string) error {
	e := a.entry(policy.BreakGlass, policy.IdentitySubmitted, b.ID)
	e.Detail = fault.Pairs(append([]string{"step", step, "project", b.ProjectCode}, more...)...)
	if err := a.tx.AuditEmergency(a, b, e); err != nil {
		return err
	}
	return audit.Append(a, a.tx, e)
}

// BreakGlassIdentity reads the identity while the actor's access lasts; Forbidden with code
// "no_emergency" otherwise. Every reading is in both chains.
func (s *Service) BreakGlassIdentity(ctx context.Context, project casework.ProjectID) (casework.Identity, postgres.BreakGlass, error) {
	var out casework.Identity
	state, err := s.openEmergency(ctx, project)
	if err != nil {
		return out, state, err
	}
	keys, err := s.tenantKeys(ctx, state.Owner)
	if err != nil {
		return out, state, err
	}
	err = s.write(ctx, func(a *act) error {
		if _, err := a.emergency(project); err != nil {
			return err
		}
		person, sealed, err := a.tx.EmergencyIdentity(a, state)
		if fault.Is(err, fault.NotFound) || !state.Open(a.at) {
			return fault.New(fault.Forbidden, "no_emergency")
		}
		if err != nil {
			return err
		}
		if out, err = openIdentity(keys, person, sealed); err != nil {
			return err
		}
		return a.auditEmergency(state, "read")
	})
	if err != nil {
		return casework.Identity{}, postgres.BreakGlass{}, err
	}
	state.Reads++
	return out, state, nil
}

// openEmergency finds the actor's access to a project's person that still lasts.
func (s *Service) openEmergency(ctx context.Context, project casework.ProjectID) (b postgres.BreakGlass, err error) {
	err = s.read(ctx, func(a *act) error {
		p, err := a.emergency(project)
		if err != nil {
			return err
		}
		b, err = a.tx.LastBreakGlass(a, p, a.actor.User)
		if fault.Is(err, fault.NotFound) || (err == nil && !b.Open(a.at)) {
			return fault.New(fault.Forbidden, "no_emergency")
		}
		return err
	})
	return answer(b, err)
}

// EndBreakGlass ends the actor's access before its time.
func (s *Service) EndBreakGlass(ctx context.Context, project casework.ProjectID) error {
	return s.write(ctx, func(a *act) error {
		p, err := a.emergency(project)
		if err != nil {
			return err
		}
		b, err := a.tx.LastBreakGlass(a, p, a.actor.User)
		if fault.Is(err, fault.NotFound) || (err == nil && !b.Open(a.at)) {
			return fault.New(fault.Conflict, "no_emergency")
		}
		if err != nil {
			return err
		}
		if err := a.tx.EndBreakGlass(a, b, a.at); err != nil {
			return err
		}
		return a.auditEmergency(b, "end")
	})
}

// Emergency tells which project it is about, and whether the actor's access lasts. Forbidden
// for who cannot be let in.
func (s *Service) Emergency(ctx context.Context, project casework.ProjectID) (EmergencyState, error) {
	var out EmergencyState
	err := s.read(ctx, func(a *act) error {
		p, err := a.emergency(project)
		if err != nil {
			return err
		}
		out.ProjectCode = p.Code
		b, err := a.tx.LastBreakGlass(a, p, a.actor.User)
		if err == nil && b.Open(a.at) {
			out.Open = &b
		}
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	})
	return answer(out, err)
}

// EmergencyProject finds a submitted project by its code for who can be let in to its
// person's identity: the secretariat has no list of projects. Invalid at "code" where there
// is none.
func (s *Service) EmergencyProject(ctx context.Context, code string) (casework.ProjectID, error) {
	var out casework.ProjectID
	err := s.read(ctx, func(a *act) error {
		if err := a.allow(policy.IdentitySubmitted, policy.BreakGlass, ""); err != nil {
			return err
		}
		if strings.TrimSpace(code) == "" {
			return fault.OfFields([]fault.Field{fault.At("code", "required")})
		}
		p, err := a.projectByCode(code, "code")
		out = p.ID
		return err
	})
	return answer(out, err)
}

// BreakGlasses lists the accesses in an emergency, newest first: the lead agency's for its
// data protection officer, those to the own persons for an entity, and the own ones for who
// can be let in.
func (s *Service) BreakGlasses(ctx context.Context, r PageRequest) (Page[postgres.BreakGlass], error) {
	var out Page[postgres.BreakGlass]
	page, err := r.page()
	if err != nil {
		return out, err
	}
	err = s.read(ctx, func(a *act) error {
		var by tenant.UserID
		if a.may(policy.IdentitySubmitted, policy.BreakGlass) && !a.may(policy.AuditOwn, policy.Read) {
			by = a.actor.User
		} else if err := a.allow(policy.AuditOwn, policy.Read, ""); err != nil {
			return err
		}
		rows, err := a.tx.BreakGlasses(a, by, page)
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].Reason = a.reasonOf(rows[i].Reason)
		}
		out = cut(r, rows, func(b postgres.BreakGlass) (time.Time, string) { return b.GrantedAt, b.ID })
		return nil
	})
	return answer(out, err)
}

// reasonOf keeps the reason, which speaks of a case, from those of an entity who never see
// cases. The lead agency's own officers judge its people by it.
func (a *act) reasonOf(reason string) string {
	if a.actor.Kind != tenant.LeadAgency && !a.may(policy.ProjectOwn, policy.Read) {
		return ""
	}
	return reason
}

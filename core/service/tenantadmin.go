// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// TenantInput is what the secretariat writes of an organisation.
type TenantInput struct {
	// Kind counts when it is created, and never changes.
	Kind           tenant.Kind
	Name           string
	Municipalities []string
	Profile        tenant.Profile
}

// CreateTenant creates an organisation of the actor's network with keys of its own. A
// second lead agency cannot be created.
func (s *Service) CreateTenant(ctx context.Context, in TenantInput) (postgres.TenantRecord, error) {
	out := in.record(postgres.TenantRecord{Tenant: postgres.Tenant{ID: tenant.ID(newID()), Kind: in.Kind, Status: "active"}, Revision: 1})
	wrapped, err := s.master.NewKeys(out.ID)
	if err != nil {
		return out, fmt.Errorf("service: make keys: %w", err)
	}
	err = s.write(ctx, func(a *act) error {
		if err := a.allow(policy.TenantNetwork, policy.Create, ""); err != nil {
			return err
		}
		out.Network = a.actor.Network
		var fields []fault.Field
		if out.Kind != tenant.ImplementingEntity && out.Kind != tenant.SocialServices {
			fields = append(fields, fault.At("kind", "not_an_option"))
		}
		if err := a.checkTenant(out, fields); err != nil {
			return err
		}
		if err := a.tx.CreateTenant(a, out, wrapped, a.at); err != nil {
			return err
		}
		return a.audit(policy.Create, policy.TenantNetwork, string(out.ID), "kind", string(out.Kind))
	})
	return answer(out, err)
}

// record puts the input into what is stored.
func (in TenantInput) record(r postgres.TenantRecord) postgres.TenantRecord {
	r.Name, r.Profile = strings.Join(strings.Fields(in.Name), " "), in.Profile.Clean()
	r.Municipalities = nil
	for _, m := range in.Municipalities {
		if m = strings.Join(strings.Fields(m), " "); m != "" && !slices.Contains(r.Municipalities, m) {
			r.Municipalities = append(r.Municipalities, m)
		}
	}
	return r
}

// checkTenant looks at every field, and for another organisation of the network with the
// same codice fiscale.
func (a *act) checkTenant(t postgres.TenantRecord, fields []fault.Field) error {
	p := t.Profile
	fields = append(fields, checkTexts(text{"name", t.Name, true, 200}, text{"address", p.Address, false, 200}, text{"municipality", p.Municipality, false, 100},
		text{"legal_representative", p.LegalRepresentative, false, 200}, text{"municipalities", strings.Join(t.Municipalities, ","), t.Kind == tenant.SocialServices, 4000})...)
	complain := func(path, code string, wrong bool) {
		if wrong {
			fields = append(fields, fault.At(path, code))
		}
	}
	complain("codice_fiscale", "required", p.CodiceFiscale == "")
	complain("codice_fiscale", "bad_codice_fiscale", p.CodiceFiscale != "" && !tenant.ValidCodiceFiscale(p.CodiceFiscale))
	complain("partita_iva", "bad_partita_iva", p.PartitaIVA != "" && !tenant.ValidPartitaIVA(p.PartitaIVA))
	complain("postal_code", "bad_postal_code", p.PostalCode != "" && (len(p.PostalCode) != 5 || strings.Trim(p.PostalCode, "0123456789") != ""))
	complain("pec", "bad_email", p.PEC != "" && !tenant.ValidPEC(p.PEC))
	if err := fault.OfFields(fields); err != nil {
		return err
	}
	_, err := a.tx.TenantByFiscalCode(a, p.CodiceFiscale, t.ID)
	if err == nil {
		return fault.OfFields([]fault.Field{fault.At("codice_fiscale", "known_tenant")})
	}
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// text is a field of free text with its bounds, in characters.
type text struct {
	path, value string
	required    bool
	most        int
}

func checkTexts(list ...text) (fields []fault.Field) {
	for _, t := range list {
		switch n := utf8.RuneCountInString(strings.TrimSpace(t.value)); {
		case !utf8.ValidString(t.value) || strings.ContainsRune(t.value, 0):
			fields = append(fields, fault.At(t.path, "bad_text"))
		case n == 0 && t.required:
			fields = append(fields, fault.At(t.path, "required"))
		case n > t.most:
			fields = append(fields, fault.At(t.path, "too_long", "limit", strconv.Itoa(t.most)))
		}
	}
	return fields
}

// TenantRecord reads an organisation of the network with its master data.
func (s *Service) TenantRecord(ctx context.Context, id tenant.ID) (postgres.TenantRecord, error) {
	var out postgres.TenantRecord
	err := s.read(ctx, func(a *act) (err error) {
		out, err = a.tenantFor(policy.Read, id)
		return err
	})
	return answer(out, err)
}

// tenantFor asks whether the actor may do something to the organisations of the network,
// and loads one of them. Its name and kind are no secret there, so the question comes first.
func (a *act) tenantFor(do policy.Action, id tenant.ID) (postgres.TenantRecord, error) {
	if err := a.allow(policy.TenantNetwork, do, loggedID(id)); err != nil {
		return postgres.TenantRecord{}, err
	}
	if err := validID(id); err != nil {
		return postgres.TenantRecord{}, err
	}
	return a.tx.TenantRecord(a, id)
}

// loggedID keeps what is no id out of the audit.
func loggedID[T ~string](id T) string {
	if tenant.ValidUUID(string(id)) {
		return string(id)
	}
	return ""
}

// UpdateTenant stores master data where nobody changed them since base; Stale otherwise.
func (s *Service) UpdateTenant(ctx context.Context, id tenant.ID, base int64, in TenantInput) (postgres.TenantRecord, error) {
	var out postgres.TenantRecord
	err := s.write(ctx, func(a *act) error {
		old, err := a.tenantFor(policy.Update, id)
		if err != nil {
			return err
		}
		if old.Revision != base {
			return fault.New(fault.Stale, "changed_meanwhile")
		}
		out = in.record(old)
		if err := a.checkTenant(out, nil); err != nil {
			return err
		}
		by, err := a.by()
		if err != nil {
			return err
		}
		if err := a.tx.UpdateTenant(a, out, by); err != nil {
			return err
		}
		out.Revision++
		return a.audit(policy.Update, policy.TenantNetwork, string(id))
	})
	return answer(out, err)
}

// by names the actor for the notice of what he does.
func (a *act) by() (postgres.By, error) {
	name, err := a.userName()
	return postgres.By{User: a.actor.User, Name: name, At: a.at}, err
}

// SuspendTenant shuts an organisation out: at its users' next request they hold no role.
// Its data stay. The lead agency cannot shut itself out.
func (s *Service) SuspendTenant(ctx context.Context, id tenant.ID) error {
	return s.setTenantStatus(ctx, id, "suspended")
}

// ResumeTenant lets a suspended organisation back in, with the roles its users had.
func (s *Service) ResumeTenant(ctx context.Context, id tenant.ID) error {
	return s.setTenantStatus(ctx, id, "active")
}

func (s *Service) setTenantStatus(ctx context.Context, id tenant.ID, status string) error {
	return s.write(ctx, func(a *act) error {
		t, err := a.tenantFor(policy.Suspend, id)
		if err != nil {
			return err
		}
		if t.Kind == tenant.LeadAgency {
			return fault.New(fault.Conflict, "lead_stays")
		}
		if t.Status == status {
			return nil
		}
		by, err := a.by()
		if err != nil {
			return err
		}
		if err := a.tx.PutTenantStatus(a, id, status, by); err != nil {
			return err
		}
		return a.audit(policy.Suspend, policy.TenantNetwork, string(id), "status", status)
	})
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

const nobody = "0198a000-0000-7000-8000-00000000dead"

// order is a command of the host: how it is given, and what an unknown name answers.
type order struct {
	do      func(context.Context, *sample.World) error
	unknown func(context.Context, *sample.World) error
	silent  bool // it changes nothing and is not in the audit
}

// orders are all methods of Host. They ask no policy: who has the host's command line, its
// key and its database has the installation. Each that changes something is in the audit.
var orders = map[string]order{
	"CreateTenant": {
		do: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().CreateTenant(c, service.NewTenant{Network: w.Lead.Network, Kind: tenant.ImplementingEntity, Name: "Nuova"})
			return err
		},
		unknown: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().CreateTenant(c, service.NewTenant{Kind: tenant.ImplementingEntity, Name: "Senza rete"})
			return err
		}},
	"PutUser": {
		do: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().PutUser(c, service.NewUser{Email: "nuova@example.org", Name: "Nuova", Password: sample.Password, Tenant: w.Entity.ID, Roles: []tenant.Role{tenant.Operator}})
			return err
		},
		unknown: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().PutUser(c, service.NewUser{Email: "x@example.org", Name: "X", Password: sample.Password, Tenant: nobody, Roles: []tenant.Role{tenant.Operator}})
			return err
		}},
	"TakeRole": {
		do: func(c context.Context, w *sample.World) error {
			return w.Service.Host().TakeRole(c, w.Entity.ID, w.Actor(w.Entity, "entity_admin").User, tenant.EntityAdmin)
		},
		unknown: func(c context.Context, w *sample.World) error {
			return w.Service.Host().TakeRole(c, w.Entity.ID, nobody, tenant.EntityAdmin)
		}},
	"SetTenantStatus": {
		do: func(c context.Context, w *sample.World) error {
			return w.Service.Host().SetTenantStatus(c, w.OtherEntity.ID, "suspended")
		},
		unknown: func(c context.Context, w *sample.World) error {
			return w.Service.Host().SetTenantStatus(c, nobody, "suspended")
		}},
	"IssueToken": {
		do: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().IssueToken(c, w.Entity.ID, w.Actor(w.Entity, "operator").User, "test", time.Hour)
			return err
		},
		unknown: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().IssueToken(c, w.Entity.ID, nobody, "test", time.Hour)
			return err
		}},
	"SetPassword": {
		do: func(c context.Context, w *sample.World) error {
			return w.Service.Host().SetPassword(c, w.Email(w.Entity, "operator"), "otto gabbiani al molo")
		},
		unknown: func(c context.Context, w *sample.World) error {
			return w.Service.Host().SetPassword(c, "x@example.org", "otto gabbiani al molo")
		}},
	"EnterBundled": {silent: true, do: func(c context.Context, w *sample.World) error {
		return w.Service.Host().EnterBundled(c, w.Lead.Network)
	}},
	"Networks": {silent: true, do: func(c context.Context, w *sample.World) error { _, err := w.Service.Host().Networks(c); return err }},
	"PolicyInForce": {silent: true,
		do: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().PolicyInForce(c, w.Lead.Network)
			return err
		},
		unknown: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().PolicyInForce(c, nobody)
			return err
		}},
	"MissingDefaults": {silent: true,
		do: func(c context.Context, w *sample.World) error {
			_, _, err := w.Service.Host().MissingDefaults(c, w.Lead.Network)
			return err
		},
		unknown: func(c context.Context, w *sample.World) error {
			_, _, err := w.Service.Host().MissingDefaults(c, nobody)
			return err
		}},
	"PreviewPolicy": {silent: true,
		do: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().PreviewPolicy(c, w.Lead.Network, defaultsAnd("p, role:accountant, *, subsidy@submitted, list, allow"))
			return err
		},
		unknown: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().PreviewPolicy(c, nobody, defaultsAnd())
			return err
		}},
	"ApplyPolicy": {
		do: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().ApplyPolicy(c, w.Lead.Network, defaultsAnd("p, role:accountant, *, subsidy@submitted, list, allow"), "prova")
			return err
		},
		unknown: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().ApplyPolicy(c, nobody, defaultsAnd(), "prova")
			return err
		}},
	"AllTenants":  {silent: true, do: func(c context.Context, w *sample.World) error { _, err := w.Service.Host().AllTenants(c); return err }},
	"VerifyAudit": {silent: true, do: func(c context.Context, w *sample.World) error { _, err := w.Service.Host().VerifyAudit(c); return err }},
	"FindUser": {silent: true,
		do: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().FindUser(c, w.Email(w.Entity, "operator"))
			return err
		},
		unknown: func(c context.Context, w *sample.World) error {
			_, err := w.Service.Host().FindUser(c, "x@example.org")
			return err
		}},
}

func TestOrders(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	count := func() (n int) {
		w.Query(t, &n, "SELECT count(*) FROM audit_entry WHERE actor_id = '00000000-0000-0000-0000-000000000000'")
		return n
	}
	for name, o := range orders {
		before := count()
		if err := o.do(t.Context(), w); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if after := count(); (after == before) != o.silent {
			t.Errorf("%s wrote %d entries into the audit", name, after-before)
		}
		if o.unknown == nil {
			continue
		}
		before = count()
		if err := o.unknown(t.Context(), w); err == nil || fault.Is(err, fault.Internal) || count() != before {
			t.Errorf("%s of something unknown: %v, %d entries", name, err, count()-before)
		}
	}
}

// A role of one kind of organisation is not given in another.
func TestRolesFitTheirOrganisation(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	for _, n := range []service.NewUser{
		{Tenant: w.Entity.ID, Roles: []tenant.Role{tenant.Approver}}, {Tenant: w.Lead.ID, Roles: []tenant.Role{tenant.Operator}},
		{Tenant: w.Services.ID, Roles: []tenant.Role{"god"}}, {Tenant: w.Entity.ID},
	} {
		n.Email, n.Name, n.Password = "x@example.org", "X", sample.Password
		if _, err := w.Service.Host().PutUser(t.Context(), n); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", n.Roles, err)
		}
	}
}

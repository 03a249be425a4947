// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// Whoever may look for courses is offered it where somebody he works with has a catalog, and
// nobody else.
func TestOffersCourses(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	offered := func(ctx context.Context) bool {
		t.Helper()
		me, err := x.s.Me(ctx)
		if err != nil {
			t.Fatal(err)
		}
		may, err := x.s.Offers(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return may.Courses(me.Meets...)
	}
	mine, others, evaluator := x.As(x.Entity, "operator"), x.As(x.OtherEntity, "operator"), x.As(x.Lead, "evaluator")
	worker := x.As(x.Services, "social_worker")
	want := func(when string, people ...context.Context) {
		t.Helper()
		for name, ctx := range map[string]context.Context{"operator": mine, "other operator": others, "worker": worker, "evaluator": evaluator, "admin": x.admin} {
			if got, want := offered(ctx), slices.Contains(people, ctx); got != want {
				t.Errorf("%s, %s: offered %v, want %v", when, name, got, want)
			}
		}
	}
	want("nothing is active")
	x.admit(t, "1.0.0", 50)
	x.activate(t, "1.0.0", service.Activation{Tenants: []tenant.ID{x.OtherEntity.ID}})
	want("the other entity has a catalog", others, x.admin)
	p := x.Project(t, x.Entity, 1)
	x.Walk(t, p.ID, x.Entity, casework.CoDesign)
	if me, err := x.s.Me(worker); err != nil || cmp.Diff([]tenant.ID{x.Entity.ID}, me.Meets) != "" {
		t.Errorf("the worker meets %v, %v", me.Meets, err)
	}
	want("the entity she meets has none", others, x.admin)
	x.activate(t, "1.0.0", service.Activation{Tenants: []tenant.ID{x.Entity.ID}})
	want("the entity she meets has one", mine, others, worker, x.admin)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/cedar-policy/cedar-go"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/policies"
)

func loadIndex(w world) engine {
	s, err := policy.Compile(network, 1, w.rules, w.grants)
	check(err)
	return func(q question) bool { return s.Allowed(q.actor, q.Object, q.Action) }
}

// loadReference makes the snapshot's Casbin, which is built when it is first asked.
func loadReference(w world) engine {
	s, err := policy.Compile(network, 1, w.rules, w.grants)
	check(err)
	e := func(q question) bool {
		ok, err := s.AllowedByCasbin(q.actor, q.Object, q.Action)
		check(err)
		return ok
	}
	e(question{w.actors[0], policy.Permissions()[0]})
	return e
}

// loadNaive writes every rule out for each organisation of its role's kind.
func loadNaive(w world) engine {
	m, err := model.NewModelFromString(policies.Model)
	check(err)
	var p, g [][]string
	seen := map[tenant.ID]bool{}
	for _, a := range w.actors {
		if seen[a.Tenant] {
			continue
		}
		seen[a.Tenant] = true
		for _, r := range w.rules {
			if kind, _ := tenant.KindOf(r.Role); kind == a.Kind {
				p = append(p, []string{"role:" + string(r.Role), "tenant:" + string(a.Tenant), string(r.Object), string(r.Action), effect(r, "allow", "deny")})
			}
		}
	}
	for _, x := range w.grants {
		g = append(g, []string{"user:" + string(x.User), "role:" + string(x.Role), "tenant:" + string(x.Tenant)})
	}
	check(m.AddPolicies("p", "p", p))
	check(m.AddPolicies("g", "g", g))
	e, err := casbin.NewEnforcer(m)
	check(err)
	check(e.BuildRoleLinks())
	return func(q question) bool {
		ok, err := e.Enforce("user:"+string(q.actor.User), "tenant:"+string(q.actor.Tenant), string(q.Object), string(q.Action))
		check(err)
		return ok
	}
}

func effect(r policy.Rule, allow, deny string) string {
	if r.Deny {
		return deny
	}
	return allow
}

// loadCedar makes a policy of each rule; a member of an organisation is an entity whose
// parents are his roles there.
func loadCedar(w world) engine {
	var text strings.Builder
	for _, r := range w.rules {
		fmt.Fprintf(&text, "%s (principal in Role::%q, action == Action::%q, resource == Thing::%q);\n", effect(r, "permit", "forbid"), r.Role, r.Action, r.Object)
	}
	set, err := cedar.NewPolicySetFromBytes("default", []byte(text.String()))
	check(err)
	uid := func(typ cedar.EntityType, id string) cedar.EntityUID {
		return cedar.NewEntityUID(typ, cedar.String(id))
	}
	parents := map[cedar.EntityUID][]cedar.EntityUID{}
	for _, g := range w.grants {
		m := uid("Member", string(g.User)+"@"+string(g.Tenant))
		parents[m] = append(parents[m], uid("Role", string(g.Role)))
	}
	entities := cedar.EntityMap{}
	for m, roles := range parents {
		entities[m] = cedar.Entity{UID: m, Parents: cedar.NewEntityUIDSet(roles...)}
	}
	return func(q question) bool {
		d, _ := cedar.Authorize(set, entities, cedar.Request{Principal: uid("Member", string(q.actor.User)+"@"+string(q.actor.Tenant)),
			Action: uid("Action", string(q.Action)), Resource: uid("Thing", string(q.Object))})
		return d == cedar.Allow
	}
}

const regoText = `package satis

default allow := false

allow if {
	some role in data.members[input.sub][input.dom]
	data.allow[role][input.obj][input.act]
	not denied
}

denied if {
	some role in data.members[input.sub][input.dom]
	data.deny[role][input.obj][input.act]
}
`

// loadOPA gives rules and members as data, looked up by key, to one prepared query.
func loadOPA(w world) engine {
	rules := map[string]any{"allow": map[string]any{}, "deny": map[string]any{}, "members": map[string]any{}}
	under := func(m any, key string) map[string]any {
		at := m.(map[string]any)
		if at[key] == nil {
			at[key] = map[string]any{}
		}
		return at[key].(map[string]any)
	}
	for _, r := range w.rules {
		under(under(rules[effect(r, "allow", "deny")], string(r.Role)), string(r.Object))[string(r.Action)] = true
	}
	for _, g := range w.grants {
		at := under(rules["members"], string(g.User))
		have, _ := at[string(g.Tenant)].([]any)
		at[string(g.Tenant)] = append(have, string(g.Role))
	}
	ctx := context.Background()
	q, err := rego.New(rego.Query("data.satis.allow"), rego.Module("satis.rego", regoText), rego.Store(inmem.NewFromObject(rules))).PrepareForEval(ctx)
	check(err)
	return func(ask question) bool {
		out, err := q.Eval(ctx, rego.EvalInput(map[string]any{"sub": string(ask.actor.User), "dom": string(ask.actor.Tenant), "obj": string(ask.Object), "act": string(ask.Action)}))
		check(err)
		return out.Allowed()
	}
}

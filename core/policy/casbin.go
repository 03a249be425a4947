// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"fmt"
	"sync"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/policies"
)

// reference is the policy as Casbin holds it.
//
// It is a plain enforcer behind a mutex of ours. Casbin's cached and synchronised enforcers
// are not used: their caches outlive a revoked right and mix up tenants.
type reference struct {
	mu      sync.Mutex
	e       *casbin.Enforcer
	plugins []string // the ids of the extensions
}

// lazyReference builds the reference when it is first asked. Casbin takes six sevenths of a
// reload's time, and a request waits for the reload after a right is revoked; the rows were
// all checked, so nothing of them can fail later.
func lazyReference(rules []Rule, grants []Grant, extensions []Extension) func() (*reference, error) {
	return sync.OnceValues(func() (*reference, error) { return newReference(rules, grants, extensions) })
}

// newReference loads rules, grants and extensions, all of them checked before, into an
// enforcer without adapter, watcher or logger.
func newReference(rules []Rule, grants []Grant, extensions []Extension) (*reference, error) {
	m, err := model.NewModelFromString(policies.Model)
	if err != nil {
		return nil, fmt.Errorf("policy: reading model.conf: %w", err)
	}
	if err := load(m, "p", rules, Rule.fields); err != nil {
		return nil, err
	}
	if err := load(m, "g", grants, Grant.fields); err != nil {
		return nil, err
	}
	plugins, err := loadExtensions(m, extensions)
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("policy: building the enforcer: %w", err)
	}
	if err := e.BuildRoleLinks(); err != nil {
		return nil, fmt.Errorf("policy: linking roles: %w", err)
	}
	return &reference{e: e, plugins: plugins}, nil
}

// load puts rows into a section of the model.
func load[T any](m model.Model, section string, rows []T, fields func(T) []string) error {
	lines := make([][]string, len(rows))
	for i, r := range rows {
		lines[i] = fields(r)
	}
	if err := m.AddPolicies(section, section, lines); err != nil {
		return fmt.Errorf("policy: loading %s rows: %w", section, err)
	}
	return nil
}

// ask puts one question to Casbin. The rule that decided comes back as a line of a policy
// file, "" where none did.
func (r *reference) ask(user tenant.UserID, t tenant.ID, obj Object, act Action) (bool, string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ok, why, err := r.e.EnforceEx(userPrefix+string(user), tenantPrefix+string(t), string(obj), string(act))
	if err != nil {
		return false, "", fmt.Errorf("policy: asking casbin: %w", err)
	}
	if len(why) == 0 {
		return ok, "", nil
	}
	return ok, lineOf(why), nil
}

// loadExtensions puts what plugins offer, and where, into the model's second sections.
func loadExtensions(m model.Model, list []Extension) (plugins []string, err error) {
	var offered, active [][]string
	for _, e := range list {
		id := e.id()
		plugins = append(plugins, id)
		for _, o := range e.Offers {
			offered = append(offered, []string{id, o})
		}
		for _, t := range e.Tenants {
			active = append(active, []string{id, tenantPrefix + string(t)})
		}
	}
	if err := m.AddPolicies("p", "p2", offered); err != nil {
		return nil, fmt.Errorf("policy: loading offers: %w", err)
	}
	if err := m.AddPolicies("g", "g2", active); err != nil {
		return nil, fmt.Errorf("policy: loading activations: %w", err)
	}
	return plugins, nil
}

// askExtension asks Casbin whether a plugin is active for an organisation and offers something.
func (r *reference) askExtension(plugin string, owner tenant.ID, offer string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ok, err := r.e.Enforce(casbin.NewEnforceContext("2"), plugin, tenantPrefix+string(owner), offer)
	if err != nil {
		return false, fmt.Errorf("policy: asking casbin: %w", err)
	}
	return ok, nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"slices"

	"github.com/satis-toscana/satis/core/postgres"
)

// repeated answers errUnchanged where the last thing done to a version was this very step, by
// the same person in the same words: a form that was sent twice. Whether the version still
// stands as the step left it is the caller's to ask.
func (a *act) repeated(r postgres.PluginVersion, step, reason string) error {
	steps, err := a.tx.PluginSteps(a, r.Plugin, r.Version)
	if err != nil || len(steps) == 0 || steps[0].Step != step || steps[0].Reason != reason {
		return err
	}
	name, err := a.userName()
	if err == nil && steps[0].ActorName == name {
		err = errUnchanged
	}
	return err
}

// activatedAlready answers errUnchanged where an activation was sent twice and would change nothing.
func (a *act) activatedAlready(r postgres.PluginVersion, step, to string, where Activation) error {
	again := a.repeated(r, step, where.Reason)
	if again == nil {
		return nil
	}
	defaults, err := a.tx.PluginDefaults(a)
	if err != nil {
		return err
	}
	uses, err := a.pluginUses(r.Plugin, defaults[r.Plugin])
	if err != nil || !where.standsIn(uses, defaults[r.Plugin], to) {
		return err
	}
	return again
}

// standsIn reports whether organisations use a plugin already as an activation of version to
// asks; everywhere is the version of those without a line of their own.
func (where Activation) standsIn(uses []PluginUse, everywhere, to string) bool {
	if where.Everywhere && (everywhere != to || slices.ContainsFunc(uses, func(u PluginUse) bool { return u.Own && !u.Pinned && u.Version != "" })) {
		return false
	}
	for _, t := range where.Tenants {
		if !slices.ContainsFunc(uses, func(u PluginUse) bool {
			return u.Tenant == t && u.Own && u.Version == to && u.Pinned == (where.Pinned && to != "")
		}) {
			return false
		}
	}
	return where.Everywhere || len(where.Tenants) > 0
}

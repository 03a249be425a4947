// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"slices"
	"sync"
)

var defaultRules = sync.OnceValues(Defaults)

// MissingDefaults lists the default rules about which a network never said anything: those
// for permissions that came into the product after its policy was written. A network gains
// nothing by itself; an administrator adds them in a draft, or lets them be. What a version
// once had, and a later one took away or denied, was decided and is not listed. Editions are
// given oldest first.
func MissingDefaults(editions []Edition) []Rule {
	known := map[Place]bool{}
	for _, e := range editions {
		for _, r := range e.Rules {
			known[placeOf(r)] = true
		}
	}
	defaults, err := defaultRules()
	if err != nil {
		return nil // embedded files, which a test reads
	}
	return slices.DeleteFunc(slices.Clone(defaults), func(r Rule) bool { return known[placeOf(r)] })
}

func placeOf(r Rule) Place { return Place{r.Role, r.Tenant, r.permission()} }

// WithMissingDefaults adds them to rules, each behind its role's others.
func WithMissingDefaults(rules, missing []Rule) []Rule {
	edits := make([]CellEdit, len(missing))
	for i, r := range missing {
		edits[i] = CellEdit{placeOf(r), EffectAllow}
	}
	return Apply(rules, edits)
}

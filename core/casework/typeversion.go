// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"reflect"

	"github.com/satis-toscana/satis/core/fault"
)

// WithTypeVersions notes for each intervention of a plugin's type which version of the plugin
// its details follow: that of the plan before where nothing of it changed, else the one that
// is active now. What a client sends in its place does not count.
func (p Plan) WithTypeVersions(before Plan, types Types) Plan {
	p.Interventions = each(p.Interventions, func(v *Intervention) {
		v.TypeVersion = ""
		t, known := types.Find(v.Type)
		if !known || t.Plugin == "" {
			return
		}
		if old, was := before.Intervention(v.Key); was && old.Type == v.Type && (t.Inactive || reflect.DeepEqual(old.Details, v.Details)) {
			v.TypeVersion = old.TypeVersion
			return
		}
		if !t.Inactive {
			v.TypeVersion = t.Version
		}
	})
	return p
}

// HasPluginTypes reports whether an intervention of the plan is of a plugin's type.
func (p Plan) HasPluginTypes(types Types) bool {
	for _, v := range p.Interventions {
		if t, known := types.Find(v.Type); known && t.Plugin != "" {
			return true
		}
	}
	return false
}

// NewlyInactive complains about interventions that the plan before did not have, of a type
// that is not active for the organisation any more.
func (p Plan) NewlyInactive(before Plan, types Types) []fault.Field {
	var c complaints
	for i, v := range p.Interventions {
		t, known := types.Find(v.Type)
		if old, was := before.Intervention(v.Key); known && t.Inactive && (!was || old.Type != v.Type) {
			code := "unknown_type"
			if t.Had {
				code = "type_inactive"
			}
			c.add(path("interventions", i)+"/type", code)
		}
	}
	return c
}

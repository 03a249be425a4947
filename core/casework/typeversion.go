// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import "github.com/satis-toscana/satis/core/fault"

// After gives the plan as it is stored in the place of another. In each intervention of a
// plugin's type the core notes which version of the plugin the details follow: that of the
// plan before where nothing of them changed, else the one that is active now. What the plan
// before had an answer to, and the version in use does not ask, is kept aside. What a client
// sends in their place does not count, but for the names of what is to be kept. Details of a
// type that is not active any more stay as they are.
func (p Plan) After(before Plan, types Types) Plan {
	p.Interventions = each(p.Interventions, func(v *Intervention) {
		t, known := types.Find(v.Type)
		old, was := before.Intervention(v.Key)
		switch {
		case !known || t.Plugin == "":
			v.TypeVersion, v.Kept = "", nil
		case was && old.Type == v.Type && t.Inactive:
			v.Details, v.Kept, v.TypeVersion = old.Details, old.Kept, old.TypeVersion
		case was && old.Type == v.Type:
			*v = v.after(old, t)
		case t.Inactive:
			v.TypeVersion, v.Kept = "", nil
		default:
			v.TypeVersion, v.Kept = t.Version, nil
		}
	})
	return p
}

// For gives the plan as the versions in use of its types see it; see Intervention.For.
func (p Plan) For(types Types) Plan {
	p.Interventions = each(p.Interventions, func(v *Intervention) {
		t, _ := types.Find(v.Type)
		*v = v.For(t)
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

// NewlyInactive complains about interventions of a type that is not active for the
// organisation any more, where the plan before did not have them, or with other details.
func (p Plan) NewlyInactive(before Plan, types Types) []fault.Field {
	var c complaints
	for i, v := range p.Interventions {
		t, known := types.Find(v.Type)
		if !known || !t.Inactive {
			continue
		}
		if old, was := before.Intervention(v.Key); !was || old.Type != v.Type || !v.unchanged(old, t) {
			code := "unknown_type"
			if t.Had {
				code = "type_inactive"
			}
			c.add(path("interventions", i)+"/type", code)
		}
	}
	return c
}

// unchanged reports whether the details are those of an old intervention, as it stands or as
// a page shows it.
func (v Intervention) unchanged(old Intervention, t InterventionType) bool {
	return sameValue(v.Details, old.Details) || sameValue(v.Details, old.For(t).Details)
}

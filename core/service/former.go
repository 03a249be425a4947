// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import "github.com/satis-toscana/satis/core/casework"

// withFormer adds to types the forms of their plugins' other versions that were ever approved:
// they are the labels of answers that plans keep of those.
func (a *act) withFormer(types casework.Types) casework.Types {
	for i := range types {
		t := &types[i]
		if t.Plugin == "" {
			continue
		}
		for _, m := range a.inUse(a.actor.Network).known {
			if d, ok := m.InterventionOf(t.Code); ok && m.ID == t.Plugin && m.Version != t.Version {
				t.Former = append(t.Former, d.Form)
			}
		}
	}
	return types
}

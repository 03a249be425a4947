// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"

	"github.com/satis-toscana/satis/core/policy"
)

// DecisionPeople lists the members that the record of the own organisation may speak of: its
// own, and for the lead agency those of its network; their names and roles, no addresses.
// Who is a member no more is known by his id alone.
func (s *Service) DecisionPeople(ctx context.Context) (out []Member, err error) {
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.AuditOwn, policy.Read, ""); err != nil {
			return err
		}
		rows, err := a.tx.MemberRows(a, "", "") // the database shows no others
		if err != nil {
			return err
		}
		out = a.members(rows)
		for i := range out {
			out[i].Email = ""
		}
		return nil
	})
	return answer(out, err)
}

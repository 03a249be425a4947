// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"

	"github.com/satis-toscana/satis/core/policy"
)

// UnreadNotices counts the notices of the actor's organisation that nobody has read, up to 100.
func (s *Service) UnreadNotices(ctx context.Context) (n int, err error) {
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.NoticeOwn, policy.List, ""); err != nil {
			return err
		}
		n, err = a.tx.UnreadNotices(a)
		return err
	})
	return answer(n, err)
}

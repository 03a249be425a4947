// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
)

// Notice tells an organisation what another did in it: an access to an identity in an
// emergency, a change of its users or of its master data.
type Notice struct {
	postgres.Notice
	// ByName is the organisation that acted.
	ByName string
}

// Notices lists what the actor's organisation was told, newest first.
func (s *Service) Notices(ctx context.Context, r PageRequest) (Page[Notice], error) {
	var out Page[Notice]
	page, err := r.page()
	if err != nil {
		return out, err
	}
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.NoticeOwn, policy.List, ""); err != nil {
			return err
		}
		rows, err := a.tx.Notices(a, page)
		if err != nil {
			return err
		}
		list := make([]Notice, len(rows))
		for i, n := range rows {
			n.Reason = a.reasonOf(n.Reason)
			list[i] = Notice{n, a.tenantName(n.By)}
		}
		out = cut(r, list, func(n Notice) (time.Time, string) { return n.CreatedAt, n.ID })
		return nil
	})
	return answer(out, err)
}

// MarkNotice marks a notice as read by the actor; once more changes nothing.
func (s *Service) MarkNotice(ctx context.Context, id string) error {
	return s.write(ctx, func(a *act) error {
		if err := a.allow(policy.NoticeOwn, policy.Update, loggedID(id)); err != nil {
			return err
		}
		if err := validID(id); err != nil {
			return err
		}
		if err := a.tx.MarkNotice(a, id, a.actor.User, a.at); err != nil {
			return err
		}
		return a.audit(policy.Update, policy.NoticeOwn, id)
	})
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// newsLasts is how long an author is told that his draft came into force.
const newsLasts = 7 * 24 * time.Hour

// PolicyWork lists the drafts that wait for the actor: those of others to publish or send
// back, the own ones that were sent back, and for a week the own ones that came into force.
func (s *Service) PolicyWork(ctx context.Context) (out []PolicyDraftView, err error) {
	err = s.read(ctx, func(a *act) error {
		if !a.may(policy.PolicyNetwork, policy.Publish) {
			if err := a.allow(policy.PolicyNetwork, policy.Draft, ""); err != nil {
				return err
			}
		}
		list, err := a.tx.PolicyDrafts(a, 100)
		if err != nil {
			return err
		}
		views, err := a.draftViews(list...)
		if err != nil {
			return err
		}
		out = slices.DeleteFunc(views, func(v PolicyDraftView) bool { return !v.waitsFor(a.actor.User, a.at.Add(-newsLasts)) })
		return nil
	})
	return answer(out, err)
}

// waitsFor tells whether a draft has something to say to a user.
func (v PolicyDraftView) waitsFor(u tenant.UserID, since time.Time) bool {
	switch v.State {
	case postgres.DraftSubmitted:
		return v.Author != u && v.MaySendBack
	case postgres.DraftSentBack:
		// Nobody needs to be told that he took his own draft back.
		return v.Author == u && v.Reviewer != nil
	case postgres.DraftPublished:
		return v.Author == u && v.UpdatedAt.After(since)
	}
	return false
}

// DiscardPolicyDraft throws a draft away of which the caller read revision base: its author
// does, while it waits for nobody. That it was there stays in the audit. Stale where it
// changed since, Conflict where it was submitted or published.
func (s *Service) DiscardPolicyDraft(ctx context.Context, id string, base int64) error {
	return s.write(ctx, func(a *act) error {
		d, err := a.lockDraft(id, base, policy.Draft)
		if err != nil {
			return err
		}
		if err := a.editable(d); err != nil {
			return err
		}
		if err := a.tx.DeletePolicyDraft(a, d.ID, d.Revision); err != nil {
			return err
		}
		return a.audit(policy.Draft, policy.PolicyNetwork, d.ID, "event", "discard", "state", d.State, "revision", strconv.FormatInt(d.Revision, 10))
	})
}

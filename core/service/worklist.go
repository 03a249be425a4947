// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
)

// WorkItem is a project that waits for the actor, with what it waits for.
type WorkItem struct {
	ProjectView
}

// Worklist lists the projects that wait for something only the actor's roles can do, last
// changed first. Withdrawing is always possible and makes no work.
func (s *Service) Worklist(ctx context.Context, r PageRequest) (Page[WorkItem], error) {
	var out Page[WorkItem]
	page, err := r.page()
	if err != nil {
		return out, err
	}
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.WorklistSelf, policy.Read, ""); err != nil {
			return err
		}
		out = Page[WorkItem]{}
		states := a.statesToAct()
		if len(states) == 0 {
			return nil
		}
		rows, err := a.tx.Projects(a, postgres.ProjectFilter{States: states, Page: page})
		if err != nil {
			return err
		}
		got := cut(r, rows, func(p casework.Project) (time.Time, string) { return p.UpdatedAt, string(p.ID) })
		out.Next = got.Next
		out.Items, err = a.workItems(got.Items)
		return err
	})
	return answer(out, err)
}

// statesToAct are the states in which the actor's roles have something to do.
func (a *act) statesToAct() []casework.State {
	var out []casework.State
	for _, st := range casework.States() {
		if slices.ContainsFunc(casework.Transitions(), func(e casework.Event) bool {
			_, err := st.Next(e)
			return err == nil && e != casework.Withdraw && a.may(a.projectObject(), policy.Action(e))
		}) {
			out = append(out, st)
		}
	}
	return out
}

func (a *act) workItems(rows []casework.Project) ([]WorkItem, error) {
	ids := make([]casework.ProjectID, len(rows))
	for i, p := range rows {
		ids[i] = p.ID
	}
	signed, err := a.tx.SignedSides(a, ids)
	if err != nil {
		return nil, err
	}
	out := make([]WorkItem, 0, len(rows))
	for _, p := range rows {
		rel, ok := p.RelationTo(a.actor)
		if !ok {
			continue
		}
		v := ProjectView{Project: a.named(p), Relation: rel, AllowedEvents: a.allowedEvents(p, signed[p.ID])}
		v.AllowedEvents = slices.DeleteFunc(v.AllowedEvents, func(e casework.Event) bool { return e == casework.Withdraw })
		if len(v.AllowedEvents) > 0 {
			out = append(out, WorkItem{v})
		}
	}
	return out, nil
}

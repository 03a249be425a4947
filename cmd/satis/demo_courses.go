// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/service"
)

// What partner agencies add to the demo: a catalog of courses, a traineeship, a seat in a
// course. Without their plugins the stories go on without.

// demoTrainee is the code of the intervention type that a partner agency adds.
const demoTrainee = "inclusion_traineeship"

// coursesAhead is how many days from today the course of a story begins, at the soonest: a
// demo that is started in the afternoon can still show a seat that is taken and a course to come.
const coursesAhead = 20

// takeInCourses has the lead agency take in what each catalog comes with.
func (s *seeding) takeInCourses(ctx context.Context) error {
	list, err := s.door.Courses(ctx, service.CourseFilter{}, service.PageRequest{Limit: 1})
	if err != nil {
		return err
	}
	for _, c := range list.Catalogs {
		got, err := s.door.ImportCourses(ctx, service.ImportRequest{Catalog: c.Code})
		if err != nil {
			s.log.Warn("the demo goes on without a catalog of courses", "catalog", c.Code, "error", err)
			continue
		}
		s.log.Info("courses taken in", "catalog", c.Code, "editions", got.New)
	}
	return ctx.Err()
}

// withTraineeship puts a traineeship into the plan, with the amount its plugin proposes.
func (s *seeding) withTraineeship(ctx context.Context, t *tale, p casework.Plan, d planDates) (casework.Plan, error) {
	types, err := s.door.InterventionTypes(ctx)
	if err != nil {
		return p, err
	}
	if _, active := types.Offered().Find(demoTrainee); !active {
		return p, nil
	}
	first := d.start.AddMonths(1)
	details := map[string]any{"host": "Trattoria sociale Il Molo", "sector": "catering", "starts": string(first), "months": int64(6), "weekly_hours": int64(25),
		"monthly_allowance": int64(60000), "travel": true, "monthly_travel": int64(4500), "host_insures": false, "safety_done": false}
	got, err := s.door.ProposeIntervention(ctx, service.ProposeRequest{Project: t.id, Type: demoTrainee, Details: details})
	if err != nil || len(got.Remarks) > 0 {
		s.log.Warn("the demo goes on without a traineeship", "remarks", len(got.Remarks), "error", err)
		return p, ctx.Err()
	}
	p.Interventions = append(p.Interventions, casework.Intervention{Key: "tirocinio", Type: demoTrainee, StartsOn: first, Months: 6, AmountCents: got.TotalCents, Details: details})
	return p, nil
}

// enrol takes a seat in the first course of the story's area that is still to come, where the
// catalog has one.
func (s *seeding) enrol(ctx context.Context, t *tale, today time.Time) error {
	list, err := s.door.Courses(ctx, service.CourseFilter{Area: t.course, From: casework.DateOf(today.AddDate(0, 0, coursesAhead)), Open: true}, service.PageRequest{Limit: 1})
	if err != nil || len(list.Items) == 0 {
		return err
	}
	e, needs := list.Items[0], []string{}
	for _, n := range e.Prerequisites {
		needs = append(needs, n.Code)
	}
	_, err = s.door.Enrol(ctx, service.EnrolRequest{Project: t.id, Catalog: e.Catalog, Edition: e.ID, Prerequisites: needs})
	if fault.Is(err, fault.Conflict) {
		s.log.Warn("the demo goes on without an enrolment", "error", err)
		return ctx.Err()
	}
	return err
}

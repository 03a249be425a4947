// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
)

// courseWorld is a plugin's world in which the catalog is active and holds a feed.
func courseWorld(t *testing.T, feed string) pluginWorld {
	t.Helper()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	x.activate(t, "1.0.0", service.Activation{Everywhere: true})
	if _, err := x.s.ImportCourses(x.admin, service.ImportRequest{Catalog: "aid_courses", Format: "csv", Content: []byte(feed)}); err != nil {
		t.Fatal(err)
	}
	return x
}

const feed = "it1,Italiano di base,2030-03-01,2\nsa1,Sàrtoria,2030-02-01,5\nvecchio,Corso finito,2020-01-01,5\n"

func editions(list []casework.Edition) string {
	var ids []string
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return strings.Join(ids, " ")
}

// Courses are found by words without accents, by place, by day and by whether there is a seat.
func TestCourses(t *testing.T) {
	t.Parallel()
	x := courseWorld(t, feed)
	op := x.As(x.Entity, "operator")
	for name, c := range map[string]struct {
		filter service.CourseFilter
		want   string
	}{
		"all, the soonest first": {service.CourseFilter{}, "vecchio sa1 it1"},
		"words":                  {service.CourseFilter{Text: "SARTO"}, "sa1"},
		"two words":              {service.CourseFilter{Text: "base italiano"}, "it1"},
		"part of a word":         {service.CourseFilter{Text: "liano"}, ""},
		"nothing of SQL":         {service.CourseFilter{Text: "%_'"}, "vecchio sa1 it1"},
		"place":                  {service.CourseFilter{Municipality: "Viareggio"}, "vecchio sa1 it1"},
		"place by code":          {service.CourseFilter{Municipality: "046033"}, "vecchio sa1 it1"},
		"another place":          {service.CourseFilter{Municipality: "Lucca"}, ""},
		"from":                   {service.CourseFilter{From: "2030-02-02"}, "it1"},
		"to":                     {service.CourseFilter{To: "2030-02-28", From: "2030-01-01"}, "sa1"},
		"open":                   {service.CourseFilter{Open: true}, "sa1 it1"},
		"area":                   {service.CourseFilter{Area: "language"}, ""},
	} {
		got, err := x.s.Courses(op, c.filter, service.PageRequest{})
		if err != nil || editions(got.Items) != c.want || got.Total != len(got.Items) {
			t.Errorf("%s: %q of %d, %v; want %q", name, editions(got.Items), got.Total, err, c.want)
		}
	}
	first, err := x.s.Courses(op, service.CourseFilter{}, service.PageRequest{Limit: 2})
	if err != nil || editions(first.Items) != "vecchio sa1" || first.Total != 3 || len(first.Places) != 1 || len(first.Catalogs) != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := x.s.Courses(op, service.CourseFilter{}, service.PageRequest{Limit: 2, Cursor: first.Next})
	if err != nil || editions(second.Items) != "it1" || second.Next != "" {
		t.Errorf("%+v, %v", second, err)
	}
	for _, f := range []service.CourseFilter{{From: "x"}, {Area: "x"}, {Catalog: "x"}, {From: "2030-02-01", To: "2030-01-01"}} {
		if _, err := x.s.Courses(op, f, service.PageRequest{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if _, err := x.s.Courses(op, service.CourseFilter{}, service.PageRequest{Cursor: "!"}); codeAt(err) != "bad_cursor" {
		t.Errorf("cursor: %v", err)
	}
	if _, err := x.s.Course(op, "aid_courses", "nessuno"); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown edition: %v", err)
	}
}

// An import tells beforehand what it would do, and does that: new, changed, withdrawn, and
// what could not be read. Who is enrolled stays.
func TestImportCourses(t *testing.T) {
	t.Parallel()
	x := courseWorld(t, feed)
	op := x.As(x.Entity, "operator")
	p := x.Project(t, x.Entity, 1)
	if _, err := x.s.Enrol(op, service.EnrolRequest{Project: p.ID, Catalog: "aid_courses", Edition: "sa1", Prerequisites: []string{"document"}}); err != nil {
		t.Fatal(err)
	}
	next := service.ImportRequest{Catalog: "aid_courses", Format: "csv", Trial: true,
		Content: []byte("it1,Italiano di base,2030-03-01,2\nvecchio,Corso finito,2020-01-02,5\nnuovo,Cucina,2030-05-01,8\nrotta,Senza posti,2030-05-01,0\n")}
	for _, trial := range []bool{true, false} {
		next.Trial = trial
		got, err := x.s.ImportCourses(x.admin, next)
		if err != nil || got.Read != 3 || got.New != 1 || got.Changed != 1 || got.Unchanged != 1 || got.Withdrawn != 1 || got.WithdrawnTaken != 1 ||
			len(got.Remarks) != 1 || got.Remarks[0].Path != "4" || got.Stored == trial {
			t.Errorf("trial %t: %+v, %v", trial, got, err)
		}
		found, err := x.s.Courses(op, service.CourseFilter{Text: "cucina"}, service.PageRequest{})
		if err != nil || (found.Total == 0) != trial {
			t.Errorf("trial %t: found %d, %v", trial, found.Total, err)
		}
	}
	e, err := x.s.Course(op, "aid_courses", "sa1")
	if err != nil || !e.Withdrawn || e.Taken != 1 {
		t.Errorf("withdrawn: %+v, %v", e, err)
	}
	if _, err := x.s.Enrol(op, service.EnrolRequest{Project: x.Project(t, x.Entity, 2).ID, Catalog: "aid_courses", Edition: "sa1", Prerequisites: []string{"document"}}); codeAt(err) != "edition_withdrawn" {
		t.Errorf("enrolled in what was withdrawn: %v", err)
	}
	list, err := x.s.Enrolments(op, p.ID)
	if err != nil || len(list) != 1 || list[0].Status != casework.Enrolled {
		t.Errorf("who was enrolled: %+v, %v", list, err)
	}
	for name, r := range map[string]service.ImportRequest{"catalog": {Catalog: "x", Format: "csv"}, "format": {Catalog: "aid_courses", Format: "xml"},
		"size": {Catalog: "aid_courses", Format: "csv", Content: make([]byte, service.MaxCourseFeed+1)}} {
		if _, err := x.s.ImportCourses(x.admin, r); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A feed that was cut off, or is none, does not empty the catalog.
func TestImportKeepsTheCatalog(t *testing.T) {
	t.Parallel()
	var feed strings.Builder
	for i := range 15 {
		fmt.Fprintf(&feed, "e%d,Corso %d,2030-03-01,2\n", i, i)
	}
	x := courseWorld(t, feed.String())
	ask := service.ImportRequest{Catalog: "aid_courses", Format: "csv", Content: []byte("<html>503</html>")}
	if _, err := x.s.ImportCourses(x.admin, ask); codeAt(err) != "feed_empty" {
		t.Errorf("a page of an error: %v", err)
	}
	ask.Content = []byte("e1,Corso 1,2030-03-01,2\n")
	if _, err := x.s.ImportCourses(x.admin, ask); codeAt(err) != "many_withdrawn" {
		t.Errorf("a feed that was cut off: %v", err)
	}
	if found, err := x.s.Courses(x.As(x.Entity, "operator"), service.CourseFilter{Open: true}, service.PageRequest{}); err != nil || found.Total != 15 {
		t.Errorf("%d are left, %v", found.Total, err)
	}
	ask.AcceptWithdrawals = true
	if got, err := x.s.ImportCourses(x.admin, ask); err != nil || got.Withdrawn != 14 {
		t.Errorf("%+v, %v", got, err)
	}
}

// What keeps somebody from being enrolled is said, and a seat that is given back is free.
func TestEnrolment(t *testing.T) {
	t.Parallel()
	x := courseWorld(t, feed)
	op := x.As(x.Entity, "operator")
	one, two := x.Project(t, x.Entity, 1), x.Project(t, x.Entity, 2)
	ask := service.EnrolRequest{Project: one.ID, Catalog: "aid_courses", Edition: "it1", Prerequisites: []string{"document"}}
	with := func(change func(*service.EnrolRequest)) service.EnrolRequest { r := ask; change(&r); return r }
	for name, c := range map[string]struct {
		r    service.EnrolRequest
		want string
	}{
		"prerequisite":         {with(func(r *service.EnrolRequest) { r.Prerequisites = nil }), "prerequisite_not_confirmed"},
		"unknown prerequisite": {with(func(r *service.EnrolRequest) { r.Prerequisites = []string{"document", "x"} }), "not_an_option"},
		"intervention":         {with(func(r *service.EnrolRequest) { r.Intervention = "x" }), "not_an_option"},
		"edition":              {with(func(r *service.EnrolRequest) { r.Edition = "x" }), "not_an_option"},
		"catalog":              {with(func(r *service.EnrolRequest) { r.Catalog = "x" }), "not_an_option"},
		"over":                 {with(func(r *service.EnrolRequest) { r.Edition = "vecchio" }), "enrolment_over"},
	} {
		if _, err := x.s.Enrol(op, c.r); codeAt(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	got, err := x.s.Enrol(op, ask)
	if err != nil || got.Edition.Left() != 1 || got.Edition.Title.IT != "Italiano di base" {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := x.s.Enrol(op, ask); codeAt(err) != "already_enrolled" {
		t.Errorf("twice: %v", err)
	}
	if _, err := x.s.Enrol(op, with(func(r *service.EnrolRequest) { r.Project = two.ID })); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.Enrol(op, ask); codeAt(err) != "already_enrolled" {
		t.Errorf("who has one of the last seats is told: %v", err)
	}
	theirs := x.Project(t, x.OtherEntity, 3)
	full := with(func(r *service.EnrolRequest) { r.Project = theirs.ID })
	if _, err := x.s.Enrol(x.As(x.OtherEntity, "operator"), full); codeAt(err) != "no_seats_left" {
		t.Errorf("a third on two seats: %v", err)
	}
	if _, err := x.s.CancelEnrolment(op, got.ID, got.Revision+1, "ha trovato lavoro"); !fault.Is(err, fault.Stale) {
		t.Errorf("cancelled what was not seen: %v", err)
	}
	if _, err := x.s.CancelEnrolment(op, got.ID, got.Revision, ""); codeAt(err) != "required" {
		t.Errorf("cancelled without a reason: %v", err)
	}
	if _, err := x.s.CancelEnrolment(x.As(x.OtherEntity, "operator"), got.ID, got.Revision, "non mia"); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's was cancelled: %v", err)
	}
	if got, err = x.s.CancelEnrolment(op, got.ID, got.Revision, "ha trovato lavoro"); err != nil || got.Status != casework.Cancelled || got.Edition.Left() != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := x.s.CancelEnrolment(op, got.ID, got.Revision, "ancora"); codeAt(err) != "enrolment_cancelled" {
		t.Errorf("cancelled twice: %v", err)
	}
	if _, err := x.s.Enrol(x.As(x.OtherEntity, "operator"), full); err != nil {
		t.Errorf("the seat that was given back: %v", err)
	}
	if _, err := x.s.SuspendPlugin(x.admin, "aid", "1.0.0", "un dubbio"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.Enrol(op, ask); codeAt(err) != "plugin_suspended" {
		t.Errorf("enrolled through a suspended plugin: %v", err)
	}
	if list, err := x.s.Enrolments(op, one.ID); err != nil || len(list) != 1 {
		t.Errorf("what was enrolled is not there any more: %v, %v", list, err)
	}
}

// Many want the last seat at once, of two organisations, on two servers: one gets it, and
// whatever happens the count is that of the enrolments.
func TestLastSeat(t *testing.T) {
	t.Parallel()
	x := courseWorld(t, "uno,Un posto,2030-03-01,1\ncinque,Cinque posti,2030-03-01,5\n")
	second := service.New(service.Config{DB: x.DB, Master: x.Master, Plugins: newHost(t)})
	projects := map[string][]service.ProjectView{}
	tenants := []postgres.Tenant{x.Entity, x.OtherEntity}
	for i := range 12 {
		w := tenants[i%2]
		projects[string(w.ID)] = append(projects[string(w.ID)], x.Project(t, w, i+1))
	}
	for _, c := range []struct {
		edition string
		seats   int64
	}{{"uno", 1}, {"cinque", 5}} {
		var got, refused atomic.Int64
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i, s := range []*service.Service{x.s, second} {
			for _, w := range tenants {
				for _, p := range projects[string(w.ID)][3*i : 3*i+3] {
					wg.Go(func() {
						<-start
						_, err := s.Enrol(x.As(w, "operator"), service.EnrolRequest{Project: p.ID, Catalog: "aid_courses", Edition: c.edition, Prerequisites: []string{"document"}})
						switch {
						case err == nil:
							got.Add(1)
						case codeAt(err) == "no_seats_left":
							refused.Add(1)
						default:
							t.Errorf("%s: %v", c.edition, err)
						}
					})
				}
			}
		}
		close(start)
		wg.Wait()
		if got.Load() != c.seats || refused.Load() != 12-c.seats {
			t.Errorf("%s: %d got a seat, %d did not; want %d and %d", c.edition, got.Load(), refused.Load(), c.seats, 12-c.seats)
		}
		var counted string
		x.Query(t, &counted, fmt.Sprintf(`SELECT e.taken || ' ' || (SELECT count(*) FROM satis.enrolment n WHERE n.edition_id = e.edition_id AND n.status = 'enrolled')
			FROM satis.course_edition e WHERE e.edition_id = '%s'`, c.edition))
		if want := fmt.Sprintf("%d %d", c.seats, c.seats); counted != want {
			t.Errorf("%s: counted %s, want %s", c.edition, counted, want)
		}
	}
}

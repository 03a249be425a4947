// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// tale is the story of one project: who takes part, how far it comes, what is in it.
type tale struct {
	person   demoPerson
	began    int // days ago
	operator string
	manager  string
	services string
	judge    string // the evaluator
	plan     func(planDates) casework.Plan
	// until is the state the story ends in; further is how many scenes go on after it.
	until   casework.State
	further int
	// rent are the facts a rent subsidy is decided on; more is asked for beyond the decision, in cents a month.
	rent map[string]any
	more int64
	// reason goes with the submission or with the rejection.
	override, rejected string
	// comments send the plan back; change is what the operator makes of them.
	comments []casework.Comment
	change   func(*casework.Plan)
	withdraw bool
	// trainee adds a partner agency's traineeship to the plan; course is the area of a course
	// that the person is enrolled in once the project runs.
	trainee bool
	course  string

	id       casework.ProjectID
	revision int64
	decision *casework.Decision
}

// workerOf is the social worker of a service.
var workerOf = map[string]string{orgVersilia: "Francesca Neri", orgPiana: "Valentina Cosci"}

const approverName = "Lucia Ferrini"

// script collects the scenes of one tale. day counts from the tale's beginning.
type script struct {
	s     *seeding
	t     *tale
	begin time.Time
	list  []scene
	// ends is where the story is cut: after the scene that reaches the tale's last state.
	ends int
}

func (s *seeding) scenes(t *tale, number int, today time.Time) []scene {
	day := today.In(casework.Rome).AddDate(0, 0, -t.began)
	// Nine in the morning and some minutes, others for each story.
	begin := time.Date(day.Year(), day.Month(), day.Day(), 9, 7*number%60, 0, 0, casework.Rome)
	w := &script{s: s, t: t, begin: begin, ends: -1}
	w.beginning(casework.DateOf(begin))
	w.signing(7)
	w.judging(13)
	if t.course != "" {
		w.add(28, t.operator, "enrol in a course", "", func(ctx context.Context) error { return s.enrol(ctx, t, today) })
	}
	if t.ends() {
		w.event(30, t.operator, casework.Withdrawn, service.TransitionRequest{Event: casework.Withdraw})
	}
	if w.ends < 0 {
		panic("demo: no scene reaches " + string(t.until))
	}
	return w.list[:min(len(w.list), w.ends+1+t.further)]
}

func (t *tale) ends() bool { return t.withdraw }

// add appends a scene; to is the state it leads to, or empty.
func (w *script) add(day int, who, what string, to casework.State, do func(context.Context) error) {
	n := len(w.list)
	w.list = append(w.list, scene{at: w.begin.AddDate(0, 0, day).Add(time.Duration(n) * 11 * time.Minute), what: what,
		do: func(ctx context.Context) error { return do(w.s.as(ctx, who)) }})
	if to == w.t.until {
		w.ends = n
	}
}

func (w *script) event(day int, who string, to casework.State, r service.TransitionRequest) {
	w.add(day, who, string(r.Event), to, func(ctx context.Context) error {
		v, err := w.s.door.Transition(ctx, w.t.id, r)
		w.t.revision = v.Revision
		return err
	})
}

// beginning: the person is taken in charge, the operator drafts a plan, the service joins.
func (w *script) beginning(on casework.Date) {
	t := w.t
	w.add(0, t.operator, "take a person in charge", "", func(ctx context.Context) error { return w.s.register(ctx, t, on) })
	w.add(0, t.operator, "begin a project", casework.Draft, func(ctx context.Context) error {
		p, err := w.s.door.CreateProject(ctx, t.person.id, w.s.tenants[t.services].ID)
		t.id, t.revision = p.ID, p.Revision
		return err
	})
	if t.rent != nil {
		w.add(1, t.operator, "decide a rent subsidy", "", func(ctx context.Context) error { return w.s.decide(ctx, t) })
	}
	w.add(2, t.operator, "write the plan", "", func(ctx context.Context) error {
		p := t.finished(t.plan(datesFrom(on)), w.s.users[t.operator])
		if t.trainee {
			var err error
			if p, err = w.s.withTraineeship(ctx, t, p, datesFrom(on)); err != nil {
				return err
			}
		}
		return w.save(ctx, p)
	})
	w.event(4, t.operator, casework.CoDesign, service.TransitionRequest{Event: casework.ShareForCoDesign})
	w.add(5, workerOf[t.services], "add what the service does", "", w.join)
}

// save stores a plan as the project's next revision.
func (w *script) save(ctx context.Context, p casework.Plan) error {
	v, err := w.s.door.SavePlan(ctx, w.t.id, w.t.revision, p)
	w.t.revision = v.Project.Revision
	return err
}

// join: the social worker adds the service's own commitment.
func (w *script) join(ctx context.Context) error {
	v, err := w.s.door.Plan(ctx, w.t.id)
	if err != nil {
		return err
	}
	p := v.Plan
	p.Commitments = append(p.Commitments, casework.Commitment{Party: "social_services",
		Text: "Il servizio sociale incontra la persona ogni mese e cura i rapporti con l'anagrafe, la scuola e la ASL."})
	out, err := w.s.door.SaveSection(ctx, w.t.id, v.Project.Revision, casework.SectionCommitments, p)
	w.t.revision = out.Project.Revision
	return err
}

// signing: three signatures seal the plan, the manager hands it in.
func (w *script) signing(day int) {
	t := w.t
	w.event(day, t.manager, "", service.TransitionRequest{Event: casework.Sign})
	w.event(day+1, workerOf[t.services], "", service.TransitionRequest{Event: casework.Sign})
	w.event(day+2, t.operator, casework.CoSigned, service.TransitionRequest{Event: casework.RecordAdhesion})
	w.event(day+3, t.manager, casework.Submitted, service.TransitionRequest{Event: casework.Submit, Reason: t.override})
	w.event(day+5, t.judge, casework.UnderEvaluation, service.TransitionRequest{Event: casework.StartEvaluation})
}

// judging: the lead agency asks for changes, gives its opinion, decides; the project starts.
func (w *script) judging(day int) {
	t := w.t
	if t.comments != nil {
		w.event(day, t.judge, casework.ChangesRequested, service.TransitionRequest{Event: casework.RequestChanges, Comments: t.comments})
		w.event(day+1, t.operator, casework.CoDesign, service.TransitionRequest{Event: casework.Revise})
		w.add(day+2, t.operator, "change the plan", "", w.rewrite)
		day += 9
		w.signing(day - 6)
	}
	w.event(day+2, t.judge, casework.Evaluated, service.TransitionRequest{Event: casework.Recommend, Opinion: t.opinion(), Scores: t.scores()})
	if t.rejected != "" {
		w.event(day+4, approverName, casework.Rejected, service.TransitionRequest{Event: casework.Reject, Reason: t.rejected})
		return
	}
	w.event(day+4, approverName, casework.Approved, service.TransitionRequest{Event: casework.Approve})
	w.event(day+6, t.operator, casework.Active, service.TransitionRequest{Event: casework.Start})
}

// rewrite answers the evaluator's comments.
func (w *script) rewrite(ctx context.Context) error {
	v, err := w.s.door.Plan(ctx, w.t.id)
	if err != nil {
		return err
	}
	p := v.Plan
	if w.t.change != nil {
		w.t.change(&p)
	}
	w.t.revision = v.Project.Revision
	return w.save(ctx, p)
}

func (t *tale) opinion() string {
	if t.rejected != "" {
		return "Il bisogno è descritto con cura, ma il percorso proposto non è sostenibile nei tempi indicati."
	}
	return "Parere favorevole: gli interventi rispondono ai bisogni descritti e i tempi sono realistici."
}

func (t *tale) scores() map[string]int {
	out := map[string]int{}
	for i, c := range casework.DefaultParameters().Criteria {
		out[c.Code] = c.Max - i%2
		if t.rejected != "" {
			out[c.Code] = 2
		}
	}
	return out
}

// finished adds what only the story knows: the reference operator and the rent.
func (t *tale) finished(p casework.Plan, operator tenant.UserID) casework.Plan {
	p.ReferenceOperators = []tenant.UserID{operator}
	for i := range p.Interventions {
		if v := &p.Interventions[i]; v.Type == casework.TypeHousing && t.rent != nil {
			t.withRent(v)
		}
	}
	return p
}

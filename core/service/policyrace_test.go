// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// swing is a right given or taken, or a request that was let in or not, with when it began
// and when its end was known.
type swing struct {
	begin, end time.Duration
	allowed    bool
}

// swinging is somebody whose right to list persons comes and goes.
type swinging struct {
	name    string
	ask     func(*service.Service) error
	mu      sync.Mutex
	turns   []swing // the first is what held at the beginning
	answers []swing
	unsure  int
	strange []error
}

// turned records a turn that began then.
func (s *swinging) turned(begin, end time.Duration, allowed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turns = append(s.turns, swing{begin, end, allowed})
}

// illegal lists the answers that no order of events explains: an answer may rest on what held
// when the request began, or on what changed until it ended, never on anything older. A turn
// has happened at the latest when it was acknowledged, or when an answer that had ended
// before could only be its doing.
func (s *swinging) illegal() (wrong []string) {
	turns := slices.Clone(s.turns)
	for i := range turns[1:] {
		t := &turns[i+1]
		for _, a := range s.answers {
			if a.allowed == t.allowed && a.begin >= turns[i].end && a.end < t.end {
				t.end = a.end
			}
		}
	}
	for _, a := range s.answers {
		legal := false
		for _, t := range slices.Backward(turns) {
			if t.begin > a.end {
				continue
			}
			legal = legal || t.allowed == a.allowed
			if t.end <= a.begin {
				break
			}
		}
		if !legal {
			wrong = append(wrong, fmt.Sprintf("%s: allowed %v at %v–%v", s.name, a.allowed, a.begin, a.end))
		}
	}
	return wrong
}

// keepAsking asks until ctx ends.
func (s *swinging) keepAsking(ctx context.Context, start time.Time, at *service.Service) {
	for ctx.Err() == nil {
		begin := time.Since(start)
		err := s.ask(at)
		end := time.Since(start)
		s.mu.Lock()
		switch {
		case err == nil, fault.Is(err, fault.Forbidden), fault.Is(err, fault.Unauthenticated):
			s.answers = append(s.answers, swing{begin, end, err == nil})
		case fault.Is(err, fault.Unavailable): // the policy moved faster than it could be read
			s.unsure++
		default:
			s.strange = append(s.strange, err)
		}
		s.mu.Unlock()
		time.Sleep(2 * time.Millisecond) // who turns has to get a turn on a busy machine
	}
}

// The judge finds what it is for.
func TestSwingsAreJudged(t *testing.T) {
	at := func(begin, end int, allowed bool) swing {
		return swing{time.Duration(begin), time.Duration(end), allowed}
	}
	turns := []swing{at(0, 0, true), at(10, 20, false), at(50, 60, true)}
	for name, tt := range map[string]struct {
		answers []swing
		bad     int
	}{
		"before":                  {[]swing{at(1, 5, true)}, 0},
		"refused before":          {[]swing{at(1, 5, false)}, 1},
		"meanwhile, either":       {[]swing{at(12, 16, true), at(13, 16, false)}, 0},
		"let in afterwards":       {[]swing{at(21, 25, true)}, 1},
		"two turns ago":           {[]swing{at(61, 65, false)}, 1},
		"long, and either":        {[]swing{at(5, 70, false), at(5, 70, true)}, 0},
		"another saw the turn so": {[]swing{at(11, 13, false), at(14, 16, true)}, 1},
	} {
		s := swinging{turns: turns, answers: tt.answers}
		if wrong := s.illegal(); len(wrong) != tt.bad {
			t.Errorf("%s: %v", name, wrong)
		}
	}
}

// Two processes answer while drafts with rules and roles go their whole way to publication,
// a role is taken and given by the secretariat and an organisation shut out and let in, all at
// once. Every answer is judged: none rests on a policy that was no longer in force when its
// request began.
//
// It finds what it is for. Tried: with assert_policy taken out of InTenant's first message,
// 395 of 604 answers about the organisation are wrong; with "version = number" left out of
// publish_policy's update of the head, 463 of 895 about the role in a draft are. It also found
// that a load of the policy which waited for a publication came back without any.
func TestPolicyRaces(t *testing.T) {
	t.Parallel()
	w := sample.New(t)
	w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	third := w.Tenant(t, w.Lead.Network, tenant.ImplementingEntity, "Terza")
	w.User(t, third, "operator", tenant.Operator)
	for _, nick := range []string{"by_draft", "by_secretariat"} {
		w.User(t, w.Entity, nick, tenant.Operator, tenant.EntityAdmin)
	}
	lists := func(ctx context.Context) func(*service.Service) error {
		return func(s *service.Service) error { return second(s.Persons(ctx, service.PersonQuery{})) }
	}
	rule := &swinging{name: "a rule in a draft", ask: lists(w.As(w.OtherEntity, "operator"))}
	role := &swinging{name: "a role in a draft", ask: lists(w.As(w.Entity, "by_draft"))}
	given := &swinging{name: "a role by the secretariat", ask: lists(w.As(w.Entity, "by_secretariat"))}
	shut := &swinging{name: "an organisation", ask: lists(w.As(third, "operator"))}
	all := []*swinging{rule, role, given, shut}
	for _, s := range all {
		s.turns = []swing{{allowed: true}}
	}
	secretary, member := w.As(w.Lead, "secretariat"), w.Actor(w.Entity, "by_secretariat").User
	servers := []*service.Service{w.Service, service.New(service.Config{DB: w.DB, Master: w.Master})}

	start := time.Now()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var done sync.WaitGroup
	turning := func(do func(allowed bool) error, of ...*swinging) {
		done.Go(func() {
			for allowed := false; ctx.Err() == nil; allowed = !allowed {
				begin := time.Since(start)
				if err := insist(func() error { return do(allowed) }); err != nil {
					t.Errorf("%s: %v", of[0].name, err)
					return
				}
				for _, s := range of {
					s.turned(begin, time.Since(start), allowed)
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	turning(func(allowed bool) error { return publishBoth(w, servers[1], allowed) }, rule, role)
	turning(func(allowed bool) error {
		if allowed {
			return servers[0].GrantRole(secretary, w.Entity.ID, member, tenant.Operator)
		}
		return servers[0].TakeRole(secretary, w.Entity.ID, member, tenant.Operator)
	}, given)
	turning(func(allowed bool) error {
		if allowed {
			return servers[1].ResumeTenant(secretary, third.ID)
		}
		return servers[1].SuspendTenant(secretary, third.ID)
	}, shut)
	for _, s := range all {
		for i := range 4 {
			done.Go(func() { s.keepAsking(ctx, start, servers[i%2]) })
		}
	}
	enough := func() bool {
		for _, s := range all {
			s.mu.Lock()
			few := len(s.answers) < 600 || len(s.turns) < 7
			s.mu.Unlock()
			if few {
				return false
			}
		}
		return true
	}
	for !enough() && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	done.Wait()
	total := 0
	for _, s := range all {
		wrong := s.illegal()
		for _, x := range wrong[:min(len(wrong), 5)] {
			t.Error(x)
		}
		if len(s.strange) > 0 || len(s.turns) < 5 || len(s.answers) < 200 {
			t.Errorf("%s: %d answers to %d turns; neither yes nor no: %v", s.name, len(s.answers), len(s.turns), s.strange[:min(len(s.strange), 3)])
		}
		total += len(s.answers)
		t.Logf("%s: %d answers against %d turns, %d without one, %d wrong", s.name, len(s.answers), len(s.turns), s.unsure, len(wrong))
	}
	if total < 2000 {
		t.Errorf("only %d answers were judged", total)
	}
}

// insist tries again what the policy's moving kept from being done.
func insist(do func() error) (err error) {
	for range 50 {
		if err = do(); !fault.Is(err, fault.Unavailable) {
			return err
		}
	}
	return err
}

// publishBoth gives or takes two rights in one draft, one by a rule and one by a role, and
// takes it the whole way to publication by the second administrator.
func publishBoth(w *sample.World, s *service.Service, allowed bool) error {
	author, other := w.As(w.Lead, "policy_admin"), w.As(w.Lead, "policy_admin2")
	edit := denyRule(tenant.Operator, w.OtherEntity.ID, policy.PersonOwn, policy.List)
	if allowed {
		edit.Effect = policy.EffectDefault
	}
	changes := []policy.GrantChange{roleOf(w, w.Entity, "by_draft", tenant.Operator, !allowed)}
	var d service.PolicyDraftView
	for _, step := range []func() (service.PolicyDraftView, error){
		func() (service.PolicyDraftView, error) {
			return s.CreatePolicyDraft(author, 0, service.DraftChange{Reason: "prova", Edits: []policy.CellEdit{edit}, Roles: &changes})
		},
		func() (service.PolicyDraftView, error) { return s.SubmitPolicyDraft(author, d.ID, d.Revision) },
		func() (service.PolicyDraftView, error) { return s.PublishPolicyDraft(other, d.ID, d.Revision) },
	} {
		if err := insist(func() (err error) {
			next, err := step()
			if err == nil {
				d = next
			}
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

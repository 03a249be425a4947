// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/service"
)

// canary lets two sides work in random turns and reads after each step, as a user of one of
// them or of the lead, every address that can be read. No word of the other side may be in
// an answer, and none of either in the log or the metrics.
func (s *scratch) canary(ctx context.Context, p *Proof) error {
	all, err := s.routes()
	if err != nil {
		return err
	}
	seen := 0
	for range 4 * max(1, s.c.Rounds) {
		i := rand.IntN(2)
		mine, other := s.sides[i], s.sides[1-i]
		if err := s.step(ctx, mine, other); err != nil {
			return err
		}
		for _, u := range []*user{s.someone(mine), s.someone(nil)} {
			own, err := s.look(ctx, p, u, all, mine, other)
			if err != nil {
				return err
			}
			if own {
				seen++
			}
		}
	}
	if seen == 0 {
		p.offend("the canaries", "nobody ever saw his own: the proof looks at nothing")
	}
	s.searchAside(ctx, p)
	p.note("answers of %d addresses after each step, the log with debug on, and the metrics; no mail is sent and no file is written by the product", len(all))
	return nil
}

// someone is a user of a side, or with nil of the network's lead.
func (s *scratch) someone(of *side) *user {
	for {
		u := s.users[rand.IntN(len(s.users))]
		if u.side == of && u.Network == s.lead.Network && (of != nil || u.Tenant == s.lead.ID) {
			return u
		}
	}
}

// step does some work of a side: new work, a change, or a try at what is the other's.
func (s *scratch) step(ctx context.Context, mine, other *side) error {
	who := s.as(ctx, mine.entity, "operator")
	switch rand.IntN(3) {
	case 0:
		return s.work(ctx, mine)
	case 1:
		// Refused or stale is as good: it is what comes back and is logged that counts.
		_, _ = s.svc.SavePlan(who, mine.project.ID, mine.project.Revision, plan(mine.canary))
	default:
		_, _ = s.svc.Transition(who, other.project.ID, service.TransitionRequest{Event: casework.Sign, Reason: mine.canary})
	}
	return ctx.Err()
}

// look reads every address as a user. own tells whether he saw a word of his own side.
func (s *scratch) look(ctx context.Context, p *Proof, u *user, all []route, mine, other *side) (own bool, err error) {
	// The lead reads plans of both sides and identities of neither.
	hidden, at := []string{other.canary, other.name, other.project.Code, other.project.PersonCode}, []things{s.thingsOf(other), s.thingsOf(mine)}
	if u.side == nil {
		hidden = []string{other.name, mine.name}
	}
	check := func(r route, path string, body any) error {
		a, err := s.ask(ctx, u, r.method, path, body)
		if err != nil {
			return err
		}
		p.Checked++
		text := a.headerAndBody()
		for i, word := range hidden {
			if bytes.Contains(text, []byte(word)) {
				p.offend(r.method+" "+r.pattern+" as "+string(u.role)+" of "+u.of, "shows the %s of another organisation", []string{"text", "name", "project's code", "person's code"}[i])
			}
		}
		own = own || bytes.Contains(text, []byte(mine.canary)) || bytes.Contains(text, []byte(mine.name))
		return nil
	}
	for _, r := range all {
		if r.method != http.MethodGet || strings.Contains(r.pattern, "uscita-rapida") {
			continue
		}
		paths := []string{r.path(unknowns)}
		if k, _ := r.kindsOf(); len(k) > 0 {
			paths = nil
			for _, id := range at {
				paths = append(paths, r.path(id))
			}
		}
		for _, path := range paths {
			if err := check(r, path, nil); err != nil {
				return own, err
			}
		}
	}
	search, _ := json.Marshal(map[string]any{"name": other.name})
	return own, check(route{method: http.MethodPost, pattern: apiPrefix + "/persons/search"}, apiPrefix+"/persons/search", search)
}

func (r reply) headerAndBody() []byte { return append([]byte(r.lasting()), r.body...) }

// thingsOf are a side's own; what it has none of is the first side's.
func (s *scratch) thingsOf(of *side) things {
	t := s.ids
	t.project, t.person, t.tenant = string(of.project.ID), string(of.project.Person), string(of.entity.ID)
	return t
}

// searchAside looks for the words where nobody is answered.
func (s *scratch) searchAside(ctx context.Context, p *Proof) {
	texts := map[string][]byte{"the log": s.log.bytes()}
	if s.metrics != nil {
		if r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/metrics", http.NoBody); err == nil {
			texts["the metrics"] = serve(s.metrics, r).body
		}
	}
	for where, text := range texts {
		p.Checked++
		if len(text) == 0 {
			p.offend(where, "is empty: nothing was searched")
		}
		for _, side := range s.sides {
			for what, word := range map[string]string{"text": side.canary, "name": side.name} {
				if bytes.Contains(text, []byte(word)) {
					p.offend(where, "holds a %s out of a case", what)
				}
			}
		}
	}
}

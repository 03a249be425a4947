// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"context"
	"net/http"
	"slices"
)

// matrix asks every route with an id in its address, as every role of every organisation,
// for the own, another organisation's and an unknown thing. The last two must not differ in
// a byte; the first shows that there was something to find.
func (s *scratch) matrix(ctx context.Context, p *Proof) error {
	all, err := s.routes()
	if err != nil {
		return err
	}
	tried, reached := 0, 0
	for _, r := range all {
		k, unknown := r.kindsOf()
		name := r.method + " " + r.pattern
		switch {
		case unknown != "":
			p.offend(name, "the matrix does not know what %s in this address names: a new route needs its owner", unknown)
			continue
		case len(k) == 0:
			continue
		case slices.ContainsFunc(k, func(k kind) bool { return k.id(s.ids) == "" }):
			p.offend(name, "there is no such thing to ask for")
			continue
		}
		tried++
		got, err := s.compare(ctx, p, r, k)
		if err != nil {
			return err
		}
		if got {
			reached++
		} else {
			p.offend(name, "no request came as far as the record: the route is not covered")
		}
		if r.method == http.MethodGet {
			if err := s.own(ctx, p, r); err != nil {
				return err
			}
		}
	}
	p.note("%d routes are served, %d have an id in their address, %d answered that there is no such thing", len(all), tried, reached)
	p.note("%d users: each role of each kind of organisation, in two networks", len(s.users))
	return nil
}

// strangers are the users who must not know of a thing of the first side.
func (s *scratch) strangers(k []kind) (out []*user) {
	for _, u := range s.users {
		if u.Network != s.lead.Network || !ofNetwork(k) && u.side == s.sides[1] {
			out = append(out, u)
		}
	}
	return out
}

// compare asks for another's thing and for an unknown one. reached tells that for some role
// the answer was that there is none: the record itself was asked for.
func (s *scratch) compare(ctx context.Context, p *Proof, r route, k []kind) (reached bool, err error) {
	for _, u := range s.strangers(k) {
		foreign, err := s.ask(ctx, u, r.method, r.path(s.ids), r.body)
		if err != nil {
			return false, err
		}
		unknown, err := s.ask(ctx, u, r.method, r.path(unknowns), r.body)
		if err != nil {
			return false, err
		}
		p.Checked += 2
		who := r.method + " " + r.pattern + " as " + string(u.role) + " of " + u.of
		switch {
		case foreign.status == http.StatusTooManyRequests || unknown.status == http.StatusTooManyRequests:
			p.offend(who, "asked too often: nothing was compared")
		case !same(foreign, unknown):
			p.offend(who, "another's id answers %d, an unknown one %d, and not the same bytes", foreign.status, unknown.status)
		case foreign.status < 400 || foreign.status >= 500:
			p.offend(who, "answers %d for another's id", foreign.status)
		}
		reached = reached || foreign.status == http.StatusNotFound
	}
	return reached, nil
}

// unread are the addresses that answer nobody here, each with the reason.
var unread = map[string]string{
	"/api/v1/projects/{project}/break-glass/identity": "no emergency is open",
	"/progetti/{id}/emergenza":                        "the default policy lets nobody open one",
	"/api/v1/courses/{catalog}/{edition}":             "no plugin runs here, and courses are those of active plugins",
	"/corsi/{catalog}/{edition}":                      "no plugin runs here, and courses are those of active plugins",
}

// found tells that an answer is about the thing: the page, the way to it, or that its state
// does not know the step.
func found(status int) bool {
	return status >= 200 && status < 400 && status != http.StatusNoContent || status == http.StatusConflict
}

// own asks for the thing as everybody of its network, one of whom must get it.
func (s *scratch) own(ctx context.Context, p *Proof, r route) error {
	for _, u := range s.users {
		if u.Network != s.lead.Network || u.side == s.sides[1] {
			continue
		}
		got, err := s.ask(ctx, u, r.method, r.path(s.ids), nil)
		if err != nil {
			return err
		}
		p.Checked++
		if got.status >= 500 {
			p.offend(r.method+" "+r.pattern+" as "+string(u.role), "fails with %d", got.status)
		}
		if found(got.status) {
			return nil
		}
	}
	if why := unread[r.pattern]; why != "" {
		p.note("%s: read by nobody here: %s", r.pattern, why)
		return nil
	}
	p.offend(r.method+" "+r.pattern, "nobody reads his own there: what the others get proves nothing")
	return nil
}

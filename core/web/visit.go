// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// visit is what a request carries beside the actor: where an error page leads back to.
type visit struct{ back string }

type visitKey struct{}

func visitOf(r *http.Request) (*visit, bool) {
	v, ok := r.Context().Value(visitKey{}).(*visit)
	return v, ok
}

// visit reads the session and puts the actor into the context, where there is one.
func (s *site) visit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), visitKey{}, &visit{})
		if user, in, ok := s.sessions.Who(ctx); ok {
			a, err := s.svc.Actor(ctx, user, in)
			if err != nil && !fault.Is(err, fault.Unauthenticated) {
				s.RenderError(w, r, err)
				return
			}
			if err == nil {
				a.Lang = languageOf(r)
				ctx = tenant.With(ctx, a)
			}
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// signedIn lets nobody through who is not signed in.
func (s *site) signedIn(k httpkit.Wrapper) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return k.Handle(func(w http.ResponseWriter, r *http.Request) error {
			if _, err := tenant.From(r.Context()); err != nil {
				return fault.Wrap(err, fault.Unauthenticated, "sign_in")
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}
}

// backTo makes error pages below a project lead back to it.
func (s *site) backTo(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v, ok := visitOf(r); ok && tenant.ValidUUID(chi.URLParam(r, "id")) {
			v.back = "/progetti/" + chi.URLParam(r, "id")
		}
		next.ServeHTTP(w, r)
	})
}

// frame begins a page for who is signed in.
func (s *site) frame(r *http.Request) frame {
	f := s.newFrame(r)
	if _, ok := visitOf(r); !ok {
		return f // the session could not even be read
	}
	ctx := r.Context()
	if key := s.sessions.Notice(ctx); key != "" {
		f.Notice = &noticeView{Tone: "good", Text: f.t(key)}
	}
	a, err := tenant.From(ctx)
	if err != nil {
		return f
	}
	p, err := s.profiles.of(ctx, a)
	if err != nil {
		return f // the page says what it can; its own question to the service fails too
	}
	f.Viewer, f.Ends = s.viewer(&f, p), s.sessions.Ends(ctx)
	return f
}

// viewer shows a profile in the header.
func (s *site) viewer(f *frame, p service.Profile) *viewer {
	v := &viewer{Name: p.Name, Tenant: p.Tenant.Name}
	names := make([]string, len(p.Roles))
	for i, r := range p.Roles {
		names[i] = f.t("role." + string(r))
	}
	v.Roles = strings.Join(names, ", ")
	for _, item := range navigation {
		if item.Key == "courses" && !p.Courses {
			continue // nothing of it is to be seen where no catalog is active
		}
		if item.roles == nil || slices.ContainsFunc(p.Roles, func(r tenant.Role) bool { return slices.Contains(item.roles, r) }) {
			v.Nav = append(v.Nav, item.navItem)
		}
	}
	for _, m := range p.Memberships {
		if m.Tenant != p.Tenant.Tenant {
			v.Others = append(v.Others, tenantChoice{ID: string(m.Tenant), Name: m.Name})
		}
	}
	return v
}

// navigation is the main navigation, with the roles that have a use for each entry. It
// grants nothing: the service decides.
var navigation = append([]navEntry{
	{navItem{"worklist", "nav.worklist", "/"}, nil},
	{navItem{"persons", "nav.persons", "/persone"}, []tenant.Role{tenant.Operator, tenant.EntityManager}},
	{navItem{"projects", "nav.projects", "/progetti"}, []tenant.Role{tenant.Operator, tenant.EntityManager, tenant.SocialWorker, tenant.Evaluator, tenant.Approver, tenant.Accountant}},
	{navItem{"courses", "nav.courses", "/corsi"}, []tenant.Role{tenant.Operator, tenant.EntityManager, tenant.SocialWorker}},
	{navItem{"audit", "nav.audit", "/registro"}, []tenant.Role{tenant.EntityAdmin, tenant.DataProtectionOfficer}},
	policyNavigation[0],
	pluginNavigation[0],
}, adminNavigation...)

// navEntry is an entry of the navigation with the roles that have a use for it; nil is everybody.
type navEntry struct {
	navItem
	roles []tenant.Role
}

// profiles remembers for a short while what the header shows, so that a page costs no
// transaction for it. What somebody may do is never remembered here.
type profiles struct {
	svc *service.Service
	now func() time.Time
	mu  sync.Mutex
	by  map[profileKey]profileEntry
}

type profileKey struct {
	user tenant.UserID
	in   tenant.ID
}

type profileEntry struct {
	profile service.Profile
	until   time.Time
}

const (
	profileAge = 30 * time.Second
	profileMax = 5_000
)

func newProfiles(svc *service.Service, now func() time.Time) *profiles {
	return &profiles{svc: svc, now: now, by: map[profileKey]profileEntry{}}
}

func (p *profiles) of(ctx context.Context, a tenant.Actor) (service.Profile, error) {
	key := profileKey{a.User, a.Tenant}
	p.mu.Lock()
	e, ok := p.by[key]
	p.mu.Unlock()
	if ok && p.now().Before(e.until) {
		return e.profile, nil
	}
	me, err := p.svc.Me(ctx)
	if err != nil {
		return me, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.by) >= profileMax {
		clear(p.by)
	}
	p.by[key] = profileEntry{me, p.now().Add(profileAge)}
	return me, nil
}

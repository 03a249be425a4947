// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/policy"
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
	may, err := s.svc.Offers(ctx)
	if err != nil {
		return f
	}
	f.Viewer, f.Ends = s.viewer(&f, p, may), s.sessions.Ends(ctx)
	if may.May(policy.NoticeOwn, policy.List) {
		f.Viewer.Unread = s.profiles.unread(ctx, a)
	}
	return f
}

// viewer shows a profile in the header.
func (s *site) viewer(f *frame, p service.Profile, may service.Offers) *viewer {
	v := &viewer{Name: p.Name, Tenant: p.Tenant.Name}
	names := make([]string, len(p.Roles))
	for i, r := range p.Roles {
		names[i] = f.t("role." + string(r))
	}
	v.Roles = strings.Join(names, ", ")
	for _, item := range navigation {
		if !may.Any(navRights[item.Key]...) || item.Key == "courses" && !may.Courses(p.Meets...) {
			continue // it would lead to a refusal, or to nothing
		}
		v.Nav = append(v.Nav, item)
	}
	for _, m := range p.Memberships {
		if m.Tenant != p.Tenant.Tenant {
			v.Others = append(v.Others, tenantChoice{ID: string(m.Tenant), Name: m.Name})
		}
	}
	return v
}

// navigation is the main navigation; navRights has who sees which entry. It grants nothing:
// the service decides.
var navigation = append([]navItem{
	{"worklist", "nav.worklist", "/"},
	{"persons", "nav.persons", "/persone"},
	{"projects", "nav.projects", "/progetti"},
	{"courses", "nav.courses", "/corsi"},
	{"audit", "nav.audit", "/registro"},
	policyNavigation,
	pluginNavigation,
}, adminNavigation...)

// navRights are the rights that the entries follow, one of each: what a policy grants is
// found, whatever the role, and what it takes away leads nowhere any more. An entry without
// a right is nobody's.
var navRights = map[string][]policy.Permission{
	"worklist": {{Object: policy.WorklistSelf, Action: policy.Read}},
	"persons":  {{Object: policy.PersonOwn, Action: policy.List}},
	"projects": {{Object: policy.ProjectOwn, Action: policy.List}, {Object: policy.ProjectShared, Action: policy.List}, {Object: policy.ProjectSubmitted, Action: policy.List}},
	// And a catalog has to be there.
	"courses":  {{Object: policy.CourseNetwork, Action: policy.List}},
	"audit":    {{Object: policy.AuditOwn, Action: policy.Read}},
	"policies": {{Object: policy.PolicyNetwork, Action: policy.Read}},
	"plugins":  {{Object: policy.PluginNetwork, Action: policy.List}},
	// Everybody knows the organisations by name; the entry is for who looks after them.
	"tenants": {{Object: policy.TenantNetwork, Action: policy.Read}, {Object: policy.TenantNetwork, Action: policy.Create}},
	"users":   {{Object: policy.UserOwn, Action: policy.List}, {Object: policy.UserNetwork, Action: policy.List}},
	// Who may only read the own record has the shorter page of it.
	"decisions": {{Object: policy.AuditOwn, Action: policy.Export}},
	// Who watches over the accesses, and who can be let in.
	"emergencies": {{Object: policy.AuditOwn, Action: policy.Read}, {Object: policy.IdentitySubmitted, Action: policy.BreakGlass}},
	"notices":     {{Object: policy.NoticeOwn, Action: policy.List}},
}

// offers are what the viewer may do, for what a page shows; nothing where that cannot be told.
func (s *site) offers(r *http.Request) service.Offers {
	may, err := s.svc.Offers(r.Context())
	if err != nil {
		return service.Offers{}
	}
	return may
}

// only refuses who may not even begin what a form is for, so that nobody types in vain.
func (s *site) only(r *http.Request, obj policy.Object, do policy.Action) error {
	if s.offers(r).May(obj, do) {
		return nil
	}
	return fault.New(fault.Forbidden, "not_allowed")
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
	// unread counts the notices; -1 until somebody asks.
	unread int
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
	p.by[key] = profileEntry{me, p.now().Add(profileAge), -1}
	return me, nil
}

// unread counts the notices that nobody has read, as of a short while ago; 0 where it cannot
// be told: a page does not fail for it.
func (p *profiles) unread(ctx context.Context, a tenant.Actor) int {
	key := profileKey{a.User, a.Tenant}
	p.mu.Lock()
	e, ok := p.by[key]
	p.mu.Unlock()
	if ok && e.unread >= 0 && p.now().Before(e.until) {
		return e.unread
	}
	n, err := p.svc.UnreadNotices(ctx)
	if err != nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.by[key]; ok {
		e.unread = n
		p.by[key] = e
	}
	return n
}

// forget makes the header of a user's next page look anew.
func (p *profiles) forget(a tenant.Actor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.by, profileKey{a.User, a.Tenant})
}

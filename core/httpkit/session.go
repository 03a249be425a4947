// SPDX-License-Identifier: AGPL-3.0-or-later

package httpkit

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// How long a session lasts: without a request, and at the very most.
const (
	SessionIdle     = 30 * time.Minute
	SessionLifetime = 10 * time.Hour
)

// Keys of what a session holds. It holds ids only, never anything personal.
const (
	keyUser   = "user"
	keyTenant = "tenant"
	keyNotice = "notice"
	keySeen   = "seen"
)

// seenStep is how old the time of the last request may grow before it is written anew: a
// write a minute, not one a request.
const seenStep = time.Minute

// Sessions keeps who is signed in, on the server. The browser holds a random token; the
// store holds its hash, so a stolen table signs nobody in.
type Sessions struct {
	m   *scs.SessionManager
	now func() time.Time
}

// NewSessions keeps sessions in store. tls chooses the cookie's name and flags: with TLS it
// is bound to this host by the __Host- prefix. now is the clock.
func NewSessions(store scs.CtxStore, tls bool, errs ErrorRenderer, now func() time.Time) *Sessions {
	m := scs.New()
	m.Store = store
	m.Lifetime = SessionLifetime
	m.HashTokenInStore = true
	m.Codec = sessionCodec{}
	m.Cookie.Name = "satis"
	if tls {
		m.Cookie.Name = "__Host-satis"
	}
	m.Cookie.Secure = tls
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Path = "/"
	m.Cookie.Persist = false // gone with the browser: offices share computers
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		errs.RenderError(w, r, fault.Wrap(err, fault.Unavailable, "unavailable"))
	}
	return &Sessions{m: m, now: now}
}

// Load reads the session before a request and writes it after, if it changed. It wraps
// everything that calls the other methods. A session not used for SessionIdle is ended.
func (s *Sessions) Load(next http.Handler) http.Handler {
	return s.m.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if _, _, ok := s.Who(ctx); ok {
			switch idle := s.now().Sub(s.seen(ctx)); {
			case idle > SessionIdle:
				if err := s.m.Clear(ctx); err != nil {
					s.m.ErrorFunc(w, r, err)
					return
				}
			case idle > seenStep:
				s.touch(ctx)
			}
		}
		next.ServeHTTP(w, r)
	}))
}

// seen is when the session was last used, to about a minute.
func (s *Sessions) seen(ctx context.Context) time.Time {
	t, err := time.Parse(time.RFC3339, s.m.GetString(ctx, keySeen))
	if err != nil {
		return time.Time{} // never: a session without it has ended
	}
	return t
}

func (s *Sessions) touch(ctx context.Context) {
	s.m.Put(ctx, keySeen, s.now().UTC().Format(time.RFC3339))
}

// SignIn starts a session for the user in one of the user's organisations. The token is
// renewed, so that one planted before signing in is worth nothing.
func (s *Sessions) SignIn(ctx context.Context, user tenant.UserID, in tenant.ID) error {
	if err := s.m.Clear(ctx); err != nil {
		return err
	}
	if err := s.m.RenewToken(ctx); err != nil {
		return err
	}
	s.m.Put(ctx, keyUser, string(user))
	s.m.Put(ctx, keyTenant, string(in))
	s.touch(ctx)
	return nil
}

// Switch changes the organisation the user acts for, under a new token.
func (s *Sessions) Switch(ctx context.Context, to tenant.ID) error {
	if err := s.m.RenewToken(ctx); err != nil {
		return err
	}
	s.m.Put(ctx, keyTenant, string(to))
	return nil
}

// SignOut ends the session.
func (s *Sessions) SignOut(ctx context.Context) error { return s.m.Destroy(ctx) }

// Who tells the signed-in user and the organisation acted for; ok is false where nobody is.
func (s *Sessions) Who(ctx context.Context) (user tenant.UserID, in tenant.ID, ok bool) {
	u, t := s.m.GetString(ctx, keyUser), s.m.GetString(ctx, keyTenant)
	return tenant.UserID(u), tenant.ID(t), u != "" && t != ""
}

// Ends tells when the session ends if nothing more is asked: after the idle time, or at the
// end of its life if that comes first.
func (s *Sessions) Ends(ctx context.Context) time.Time {
	idle := s.now().Add(SessionIdle)
	if d := s.m.Deadline(ctx); !d.IsZero() && d.Before(idle) {
		return d
	}
	return idle
}

// Notify leaves the key of a text for the next page.
func (s *Sessions) Notify(ctx context.Context, textKey string) { s.m.Put(ctx, keyNotice, textKey) }

// Notice takes the text left by Notify, or "".
func (s *Sessions) Notice(ctx context.Context) string { return s.m.PopString(ctx, keyNotice) }

// sessionCodec writes a session as JSON: the same content is always the same bytes, and a
// person who looks after the database can see that nothing personal is in it.
type sessionCodec struct{}

type sessionData struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

// Encode is what scs asks for.
func (sessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	d := sessionData{Deadline: deadline, Values: make(map[string]string, len(values))}
	for k, v := range values {
		text, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("httpkit: session value %q is not text", k)
		}
		d.Values[k] = text
	}
	return json.Marshal(d)
}

// Decode is what scs asks for.
func (sessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var d sessionData
	if err := json.Unmarshal(b, &d); err != nil {
		return time.Time{}, nil, fmt.Errorf("httpkit: decode session: %w", err)
	}
	values := make(map[string]any, len(d.Values))
	for k, v := range d.Values {
		values[k] = v
	}
	return d.Deadline, values, nil
}

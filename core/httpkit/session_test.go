// SPDX-License-Identifier: AGPL-3.0-or-later

package httpkit

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/satis-toscana/satis/core/tenant"
)

// ctxStore lets the library's own memory store stand where the product has PostgreSQL.
type ctxStore struct {
	*memstore.MemStore
	tokens []string
}

func (s *ctxStore) DeleteCtx(_ context.Context, token string) error { return s.Delete(token) }
func (s *ctxStore) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	return s.Find(token)
}
func (s *ctxStore) CommitCtx(_ context.Context, token string, b []byte, expiry time.Time) error {
	s.tokens = append(s.tokens, token)
	return s.Commit(token, b, expiry)
}

// visit sends a request with the cookies of a jar and keeps what comes back.
func visit(h http.Handler, jar map[string]string, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	for name, value := range jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := serve(h, r)
	for _, c := range rec.Result().Cookies() {
		jar[c.Name] = c.Value
	}
	return rec
}

func TestSessions(t *testing.T) {
	store := &ctxStore{MemStore: memstore.NewWithCleanupInterval(0)}
	s := NewSessions(store, true, plainErrors{}, time.Now)
	k, _ := newTestWrapper()
	mux := http.NewServeMux()
	handle := func(path string, f func(context.Context) error) {
		mux.HandleFunc(path, k.Handle(func(_ http.ResponseWriter, r *http.Request) error { return f(r.Context()) }))
	}
	handle("/in", func(ctx context.Context) error { return s.SignIn(ctx, "u1", "t1") })
	handle("/switch", func(ctx context.Context) error { s.Notify(ctx, "note"); return s.Switch(ctx, "t2") })
	handle("/out", s.SignOut)
	var user tenant.UserID
	var in tenant.ID
	var ok bool
	var notices []string
	var ends time.Time
	handle("/who", func(ctx context.Context) error {
		user, in, ok = s.Who(ctx)
		notices, ends = append(notices, s.Notice(ctx)), s.Ends(ctx)
		return nil
	})
	h, jar := s.Load(mux), map[string]string{}

	if visit(h, jar, "/who"); ok {
		t.Error("signed in without signing in")
	}
	rec := visit(h, jar, "/in")
	cookie := rec.Result().Cookies()[0]
	if cookie.Name != "__Host-satis" || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != 0 {
		t.Errorf("cookie %v", cookie)
	}
	for _, kept := range store.tokens {
		if kept == cookie.Value || strings.Contains(kept, cookie.Value) {
			t.Error("the store holds the token itself")
		}
	}
	if visit(h, jar, "/who"); !ok || user != "u1" || in != "t1" || time.Until(ends) > SessionIdle || time.Until(ends) < SessionIdle-time.Minute {
		t.Errorf("%v %v %v %v", ok, user, in, ends)
	}
	before := jar["__Host-satis"]
	visit(h, jar, "/switch")
	if visit(h, jar, "/who"); in != "t2" || jar["__Host-satis"] == before || notices[len(notices)-1] != "note" {
		t.Errorf("after the switch: %v %v", in, notices)
	}
	if visit(h, jar, "/who"); notices[len(notices)-1] != "" {
		t.Error("a notice was said twice")
	}
	if visit(h, map[string]string{"__Host-satis": before}, "/who"); ok {
		t.Error("the token from before the switch still works")
	}
	visit(h, jar, "/out")
	if visit(h, jar, "/who"); ok {
		t.Error("still signed in")
	}
}

func TestSessionCookieWithoutTLS(t *testing.T) {
	s := NewSessions(&ctxStore{MemStore: memstore.NewWithCleanupInterval(0)}, false, plainErrors{}, time.Now)
	h := s.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _ = s.SignIn(r.Context(), "u", "t") }))
	if c := visit(h, map[string]string{}, "/").Result().Cookies()[0]; c.Name != "satis" || c.Secure || !c.HttpOnly {
		t.Errorf("cookie %v", c)
	}
}

func TestSignInLimiter(t *testing.T) {
	now := time.Date(2027, 1, 15, 9, 0, 0, 0, time.UTC)
	l := NewSignInLimiter(func() time.Time { return now })
	for i := range pairBurst {
		if err := l.Allow("A@x.it ", "10.0.0.1:1"); err != nil {
			t.Fatalf("attempt %d refused", i)
		}
	}
	if l.Allow("a@x.it", "10.0.0.1:2") == nil {
		t.Error("the same address got a sixth attempt at the account")
	}
	if l.Allow("a@x.it", "10.9.9.9:1") != nil {
		t.Error("a stranger's wrong guesses lock the owner out elsewhere")
	}
	if l.Allow("b@x.it", "10.0.0.1:7") != nil {
		t.Error("another account is slowed down at once")
	}
	now = now.Add(pairEvery)
	if l.Allow("a@x.it", "10.0.0.1:1") != nil {
		t.Error("no attempt was granted after the time")
	}
	l.Forgive("a@x.it", "10.0.0.1:9")
	for range 2 {
		if l.Allow("a@x.it", "10.0.0.1:1") != nil {
			t.Error("not forgiven")
		}
	}
	for i := range accountBurst + 1 {
		_ = l.Allow("many@x.it", fmt.Sprintf("10.1.%d.%d:1", i/200, i%200))
	}
	if l.Allow("many@x.it", "10.2.2.2:1") == nil {
		t.Error("many addresses share the work on one account")
	}
	for i := range addressBurst + 1 {
		_ = l.Allow(string(rune('a'+i)), "[2001:db8::1]:1")
	}
	if l.Allow("new@x.it", "[2001:db8::ffff]:2") == nil {
		t.Error("a second address of the same subscriber is free")
	}
}

func TestLimiterMemoryIsBounded(t *testing.T) {
	s := newLimiterSet(1, time.Minute, 100)
	for i := range 1000 {
		s.allow(string(rune(i)), time.Now())
	}
	if len(s.byKey) != 100 || s.order.Len() != 100 {
		t.Errorf("%d keys, %d entries", len(s.byKey), s.order.Len())
	}
}

func TestAddressKey(t *testing.T) {
	for in, want := range map[string]string{"10.0.0.1:80": "10.0.0.1", "[::ffff:10.0.0.1]:80": "10.0.0.1", "[2001:db8::1%eth0]:1": "2001:db8::/64", "10.0.0.1": "10.0.0.1", "x": "unknown"} {
		if got := addressKey(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

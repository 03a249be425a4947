// SPDX-License-Identifier: AGPL-3.0-or-later

package httpkit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/fault"
)

// plainErrors renders an error as its kind.
type plainErrors struct{}

func (plainErrors) RenderError(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, fault.KindOf(err).String(), StatusOf(err))
}

func newTestWrapper() (Wrapper, *bytes.Buffer) {
	var log bytes.Buffer
	return Wrapper{Errors: plainErrors{}, Log: slog.New(slog.NewJSONHandler(&log, nil))}, &log
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func TestHandleRendersErrors(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		logged bool
	}{
		{fault.New(fault.Invalid, "x"), 422, false}, {fault.New(fault.Unauthenticated, "x"), 401, false}, {fault.New(fault.Forbidden, "x"), 403, false},
		{fault.Missing(), 404, false}, {fault.New(fault.Conflict, "x"), 409, false}, {fault.New(fault.Stale, "x"), 412, false},
		{fault.New(fault.Unavailable, "x"), 503, true}, {fault.New(fault.Limited, "x"), 429, false}, {errors.New("disk on fire"), 500, true},
		{context.Canceled, 503, true},
	} {
		k, log := newTestWrapper()
		rec := serve(k.Handle(func(http.ResponseWriter, *http.Request) error { return c.err }), httptest.NewRequest("GET", "/", nil))
		if rec.Code != c.status || (log.Len() > 0) != c.logged {
			t.Errorf("%v: status %d, log %q", c.err, rec.Code, log)
		}
		if strings.Contains(rec.Body.String(), "fire") {
			t.Error("the internal text reached the client")
		}
	}
}

func TestPanicBecomesAnError(t *testing.T) {
	k, log := newTestWrapper()
	boom := func(http.ResponseWriter, *http.Request) error { panic("Maria Rossi") }
	if rec := serve(k.Handle(boom), httptest.NewRequest("GET", "/", nil)); rec.Code != 500 {
		t.Errorf("status %d", rec.Code)
	}
	if strings.Contains(log.String(), "Maria") || !strings.Contains(log.String(), "stack") {
		t.Errorf("log: %s", log)
	}
	outer := k.Recover(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New("nil map")) }))
	if rec := serve(outer, httptest.NewRequest("GET", "/", nil)); rec.Code != 500 {
		t.Errorf("middleware panic: status %d", rec.Code)
	}
}

func TestHandlePassesAbortOn(t *testing.T) {
	k, _ := newTestWrapper()
	for _, h := range []http.Handler{
		k.Handle(func(http.ResponseWriter, *http.Request) error { panic(http.ErrAbortHandler) }),
		k.Recover(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })),
	} {
		func() {
			defer func() {
				if recover() != http.ErrAbortHandler {
					t.Error("ErrAbortHandler was swallowed")
				}
			}()
			serve(h, httptest.NewRequest("GET", "/", nil))
		}()
	}
}

func TestHandleAfterAnswerBegan(t *testing.T) {
	k, _ := newTestWrapper()
	rec := serve(k.Handle(func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = io.WriteString(w, "half")
		return errors.New("late")
	}), httptest.NewRequest("GET", "/", nil))
	if rec.Body.String() != "half" || rec.Code != 200 {
		t.Errorf("%d %q", rec.Code, rec.Body)
	}
}

func TestSecurePages(t *testing.T) {
	var nonces []string
	h := SecurePages(true)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { nonces = append(nonces, Nonce(r.Context())) }))
	for range 2 {
		rec := serve(h, httptest.NewRequest("GET", "/", nil))
		csp := rec.Header().Get("Content-Security-Policy")
		want := "default-src 'none'; script-src 'self' 'nonce-" + nonces[len(nonces)-1] + "'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx"
		if csp != want {
			t.Errorf("policy %q", csp)
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := rec.Header().Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		if rec.Header().Get("Strict-Transport-Security") == "" {
			t.Error("no HSTS over TLS")
		}
	}
	if nonces[0] == nonces[1] || len(nonces[0]) < 20 {
		t.Errorf("nonces %q", nonces)
	}
	rec := serve(SecureData(false)(http.NotFoundHandler()), httptest.NewRequest("GET", "/", nil))
	if rec.Header().Get("Strict-Transport-Security") != "" || !strings.HasPrefix(rec.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("headers of data: %v", rec.Header())
	}
}

func TestAccessLogTellsNothingAboutAnybody(t *testing.T) {
	var out bytes.Buffer
	r := chi.NewRouter()
	r.Use(Identify, AccessLog(slog.New(slog.NewJSONHandler(&out, nil))))
	r.Get("/persons/{id}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	req := httptest.NewRequest("GET", "/persons/0192-secret?name=Blessing", nil)
	req.Header.Set("X-Request-Id", "chosen-by-client")
	rec := serve(r, req)
	line := out.String()
	for _, secret := range []string{"secret", "Blessing", "192.0.2.1", "chosen"} {
		if strings.Contains(line, secret) {
			t.Errorf("the log holds %q: %s", secret, line)
		}
	}
	if !strings.Contains(line, `"route":"/persons/{id}"`) || !strings.Contains(line, `"status":200`) || !strings.Contains(line, rec.Header().Get("X-Request-Id")) {
		t.Errorf("log: %s", line)
	}
	out.Reset()
	serve(r, httptest.NewRequest("BREW", "/nowhere/Blessing", nil))
	if got := out.String(); !strings.Contains(got, `"OTHER"`) || !strings.Contains(got, `"unmatched"`) || strings.Contains(got, "Blessing") {
		t.Errorf("log: %s", got)
	}
}

func TestSameOrigin(t *testing.T) {
	k, _ := newTestWrapper()
	h := k.SameOrigin(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for site, want := range map[string]int{"same-origin": 200, "none": 200, "cross-site": 403, "same-site": 403} {
		r := httptest.NewRequest("POST", "/x", nil)
		r.Header.Set("Sec-Fetch-Site", site)
		if rec := serve(h, r); rec.Code != want {
			t.Errorf("%s: %d", site, rec.Code)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	k, _ := newTestWrapper()
	h := LimitBody(10)(k.Handle(func(_ http.ResponseWriter, r *http.Request) error { return ParseForm(r) }))
	for body, want := range map[string]int{"a=1": 200, "a=" + strings.Repeat("x", 50): 422, "a=%zz": 422} {
		r := httptest.NewRequest("POST", "/x", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if rec := serve(h, r); rec.Code != want {
			t.Errorf("%.10q: %d", body, rec.Code)
		}
	}
}

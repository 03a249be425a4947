// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/sample"
)

// world is a server on a real database, in this process.
func world(t *testing.T, f listenFlags) (*sample.World, server, *bytes.Buffer) {
	t.Helper()
	w := sample.New(t)
	plugins, err := pluginhost.New(pluginhost.Config{Dir: strings.TrimSuffix(program, "satis") + "plugins"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plugins.Close)
	logged := &bytes.Buffer{}
	return w, server{log: slog.New(slog.NewJSONHandler(logged, nil)), db: w.DB, plugins: plugins, service: w.Service, flags: f}, logged
}

func answer(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	out := httptest.NewRecorder()
	h.ServeHTTP(out, r)
	return out
}

// While the database is away the process stays up: it says so where machines ask, and with
// a page or a problem document where people and programs do.
func TestServer_databaseAway(t *testing.T) {
	w, s, _ := world(t, listenFlags{})
	h, err := s.handler(newMetrics(s.db, s.plugins))
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.Service.Host().IssueToken(t.Context(), w.Entity.ID, w.Actor(w.Entity, "operator").User, "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	bearer := []string{"Authorization", "Bearer " + token}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/api/v1/status": 200, "/api/v1/me": 200, "/api/v1/none": 404, "/accedi": 200} {
		if got := answer(h, http.MethodGet, path, bearer...); got.Code != want {
			t.Errorf("%s: %d, want %d", path, got.Code, want)
		}
	}
	w.DB.Close()
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/api/v1/status": 503, "/api/v1/me": 503} {
		if got := answer(h, http.MethodGet, path, bearer...); got.Code != want {
			t.Errorf("without database %s: %d, want %d: %s", path, got.Code, want, got.Body)
		}
	}
	if got := answer(h, http.MethodGet, "/progetti", "Cookie", "satis=abcdefghijklmnopqrstuvwxyz"); got.Code != 503 || !strings.Contains(got.Body.String(), "<html") {
		t.Errorf("a page without database: %d %.200s", got.Code, got.Body)
	}
}

// Numbers carry patterns of routes and database roles, and nothing that tells who or what.
func TestMetrics_nameNobody(t *testing.T) {
	w, s, logged := world(t, listenFlags{})
	m := newMetrics(s.db, s.plugins)
	h, err := s.handler(m)
	if err != nil {
		t.Fatal(err)
	}
	actor := w.Actor(w.Entity, "operator")
	token, err := w.Service.Host().IssueToken(t.Context(), w.Entity.ID, actor.User, "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	p := w.Project(t, w.Entity, 1)
	answer(h, http.MethodGet, "/api/v1/projects/"+string(p.ID), "Authorization", "Bearer "+token)
	answer(h, http.MethodGet, "/api/v1/persons?name=Amina", "Authorization", "Bearer "+token)
	answer(h, "BREW", "/segreto?name=Amina")
	text := answer(m.handler(), http.MethodGet, "/metrics").Body.String()
	for _, want := range []string{`route="/api/v1/projects/{id}",status="200"`, `satis_db_connections{pool="satis_entity",state="idle"}`,
		`satis_plugin_state{plugin="rent-subsidy",state="stopped"`, `satis_plugin_starts_total{plugin="rent-subsidy",version="1.0.0",version_sha256="`,
		`satis_plugin_processes{`, `satis_plugin_calls_in_flight{`, `satis_plugin_evictions_total{`, `method="OTHER"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, secret := range []string{string(p.ID), string(w.Entity.ID), string(actor.User), w.Entity.Name, token, "Amina", "segreto", "BREW", p.Code} {
		if strings.Contains(text, secret) || strings.Contains(logged.String(), secret) {
			t.Errorf("metrics or log tell %q", secret)
		}
	}
	if got := answer(m.handler(), http.MethodGet, "/"); got.Code != http.StatusNotFound {
		t.Errorf("the metrics listener answers / with %d", got.Code)
	}
}

// Behind a proxy the address is the one the proxy appended; without one nobody can choose his.
func TestForwarded(t *testing.T) {
	for _, tc := range []struct{ header, want string }{
		{"", "192.0.2.1:1234"},
		{"203.0.113.9", "203.0.113.9:0"},
		{"10.0.0.1, 203.0.113.9", "203.0.113.9:0"},
		{"2001:db8::7", "[2001:db8::7]:0"},
		{"unknown", "192.0.2.1:1234"},
	} {
		var got string
		h := forwarded(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
		if tc.header == "" {
			answer(h, http.MethodGet, "/")
		} else {
			answer(h, http.MethodGet, "/", "X-Forwarded-For", tc.header)
		}
		if got != tc.want {
			t.Errorf("%q: %s, want %s", tc.header, got, tc.want)
		}
	}
}

// A request under way comes to its end when the server is told to; nothing new begins.
func TestServe_drains(t *testing.T) {
	_, s, _ := world(t, listenFlags{Listen: "127.0.0.1:0", MetricsListen: "127.0.0.1:0"})
	d, err := openDoors(s.flags)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx, d) }()
	url := d.url(s.flags)
	r, err := http.Get(url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	metrics, err := http.Get("http://" + d.metrics.Addr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics.Body.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
	if _, err := http.Get(url + "/healthz"); err == nil {
		t.Error("it still answers")
	}
	if _, err := http.Get("http://" + d.metrics.Addr().String() + "/metrics"); err == nil {
		t.Error("the metrics still answer")
	}
}

func TestServerNotes_dropAddresses(t *testing.T) {
	var out bytes.Buffer
	n := serverNotes{slog.New(slog.NewJSONHandler(&out, nil))}
	io.WriteString(n, "http: TLS handshake error from 203.0.113.9:4711: EOF\n")
	if s := out.String(); strings.Contains(s, "203.0.113.9") || !strings.Contains(s, "TLS handshake error") {
		t.Error(s)
	}
}

func TestNewLogger(t *testing.T) {
	for format, begins := range map[string]string{"json": "{", "auto": "{", "text": "time="} {
		var out bytes.Buffer
		newLogger(&out, format).Info("hello")
		if !strings.HasPrefix(out.String(), begins) {
			t.Errorf("%s: %s", format, &out)
		}
	}
}

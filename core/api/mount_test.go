// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/sample"
)

// Mounted as the server mounts it: addresses are whole, and the log holds patterns only.
func TestMounted(t *testing.T) {
	w := sample.New(t)
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	r := chi.NewRouter()
	r.Use(httpkit.Identify, httpkit.AccessLog(logger))
	r.Mount(Prefix, New(Config{Service: w.Service, Logger: logger, TLS: true}))
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	s := &site{World: w, url: srv.URL + Prefix, tokens: map[string]string{}}
	c := s.as(t, s.Entity, "operator")
	p := s.Person(t, s.Entity, 1)
	s.Person(t, s.Entity, 2)

	a := c.want(200, "GET", "/persons?limit=1", nil)
	if link := a.header.Get("Link"); !strings.HasPrefix(link, "<"+Prefix+"/persons?cursor=") || strings.Count(link, Prefix) != 1 {
		t.Errorf("Link %q", link)
	}
	if a.header.Get("Strict-Transport-Security") == "" || a.header.Get("X-Request-Id") == "" {
		t.Errorf("headers %v", a.header)
	}
	c.want(200, "HEAD", "/persons/"+string(p.ID), nil)
	c.want(404, "GET", "/persons/"+unknownID, nil)
	c.want(200, "GET", "/persons?name="+canary, nil)
	c.want(404, "GET", "/nowhere/"+canary, nil)
	w.DB.Close()
	c.want(503, "POST", "/persons/search", obj{"name": canary})

	text := log.String()
	for _, secret := range []string{canary, string(p.ID), p.Code, "limit=1"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q:\n%s", secret, text)
		}
	}
	for _, want := range []string{`"route":"/api/v1/persons/{id}"`, `"route":"/persons/search","error"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s:\n%s", want, text)
		}
	}
}

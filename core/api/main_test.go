// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// site is the API over a real database, with tokens of the sample users.
type site struct {
	*sample.World
	url    string
	api    huma.API
	tokens map[string]string
}

func newSite(t *testing.T, o sample.Options) *site {
	t.Helper()
	w := sample.With(t, o)
	h, described := build(Config{Service: w.Service, Version: "1.2.3"})
	mux := http.NewServeMux()
	mux.Handle(Prefix+"/", http.StripPrefix(Prefix, h))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return &site{World: w, url: srv.URL + Prefix, api: described, tokens: map[string]string{}}
}

// bare is the API without anything below it: enough for what asks no service.
func bare(t *testing.T) (client, huma.API) {
	t.Helper()
	h, described := build(Config{Version: "1.2.3"})
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return client{t, srv.URL, ""}, described
}

// token is that of a user of the sample, issued when it is first asked for.
func (s *site) token(t *testing.T, of postgres.Tenant, nick string) string {
	t.Helper()
	k := string(of.ID) + nick
	if s.tokens[k] == "" {
		a := s.Actor(of, nick)
		tok, err := s.Service.Host().IssueToken(t.Context(), a.Tenant, a.User, "test", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		s.tokens[k] = tok
	}
	return s.tokens[k]
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

func (a answer) problem(t *testing.T) Problem {
	t.Helper()
	if ct := a.header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type %q of %s", ct, a.body)
	}
	var p Problem
	a.into(t, &p)
	return p
}

// client makes requests as one user. header holds pairs of name and value.
type client struct {
	t     *testing.T
	url   string
	token string
}

func (s *site) as(t *testing.T, of postgres.Tenant, nick string) client {
	return client{t, s.url, s.token(t, of, nick)}
}

func (c client) do(method, path string, body any, header ...string) answer {
	c.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, raw}
}

// want makes a request that must answer with a status.
func (c client) want(status int, method, path string, body any, header ...string) answer {
	c.t.Helper()
	a := c.do(method, path, body, header...)
	if a.status != status {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

// obj is a JSON object.
type obj = map[string]any

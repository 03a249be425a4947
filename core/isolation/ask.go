// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// reply is an answer with what may be compared.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// lasting are the headers without those that move from one request to the next.
func (r reply) lasting() string {
	h := r.header.Clone()
	for _, name := range []string{"Date", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "X-Request-Id", "Content-Security-Policy", "Set-Cookie"} {
		h.Del(name)
	}
	var b strings.Builder
	_ = h.Write(&b)
	return b.String()
}

// same compares two answers byte by byte, but for the nonce, which is of each page's own.
func same(a, b reply) bool {
	return a.status == b.status && a.lasting() == b.lasting() && bytes.Equal(a.plain(), b.plain())
}

// plain is the body without the page's nonce.
func (r reply) plain() []byte {
	_, rest, found := strings.Cut(r.header.Get("Content-Security-Policy"), "'nonce-")
	nonce, _, _ := strings.Cut(rest, "'")
	if !found || nonce == "" {
		return r.body
	}
	return bytes.ReplaceAll(r.body, []byte(nonce), []byte("nonce"))
}

// sink takes an answer in this process.
type sink struct{ reply }

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
}
func (s *sink) Write(b []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	s.body = append(s.body, b...)
	return len(b), nil
}

// serve lets a handler answer a request in this process.
func serve(h http.Handler, r *http.Request) reply {
	s := &sink{reply{header: http.Header{}}}
	h.ServeHTTP(s, r)
	s.WriteHeader(http.StatusOK)
	return s.reply
}

// request builds one as the server gets it. body is JSON, or a form where it is url.Values.
func (u *user) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var from io.Reader = http.NoBody
	kind := ""
	switch b := body.(type) {
	case []byte:
		from, kind = bytes.NewReader(b), "application/json"
	case url.Values:
		from, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	}
	r, err := http.NewRequestWithContext(ctx, method, path, from)
	if err != nil {
		return nil, err
	}
	r.Host, r.RequestURI = "satis.example", path
	r.RemoteAddr = "192.0.2.1:1000"
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if isAPI(path) {
		r.Header.Set("Authorization", "Bearer "+u.token)
		r.Header.Set("If-Match", `"1"`)
	} else {
		for _, c := range u.cookie {
			r.AddCookie(c)
		}
	}
	return r, nil
}

// ask lets the server answer a request of a user.
func (s *scratch) ask(ctx context.Context, u *user, method, path string, body any) (reply, error) {
	r, err := u.request(ctx, method, path, body)
	if err != nil {
		return reply{}, err
	}
	return serve(s.main, r), ctx.Err()
}

// signIn opens a session, each user from an address of its own.
func (s *scratch) signIn(u *user, email string) error {
	r, err := u.request(context.Background(), http.MethodPost, "/accedi", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		return err
	}
	r.RemoteAddr = fmt.Sprintf("192.0.2.%d:1000", 2+len(s.users)%250)
	a := serve(s.main, r)
	u.cookie = slices.DeleteFunc((&http.Response{Header: a.header}).Cookies(), func(c *http.Cookie) bool { return c.Value == "" })
	if a.status >= http.StatusBadRequest || len(u.cookie) == 0 {
		return fmt.Errorf("sign in as %s: %d", u.role, a.status)
	}
	return nil
}

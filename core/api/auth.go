// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

// bearer names the one way to authenticate. Cookies are never read, so that no other site
// can make a browser act.
const bearer = "token"

// maxToken bounds what is looked up.
const maxToken = 200

// authenticate lets a request through that carries a valid token, with the actor in its
// context. Only an operation that says so itself is open to everybody.
func (s *server) authenticate(ctx huma.Context, next func(huma.Context)) {
	if isPublic(ctx.Operation()) {
		next(ctx)
		return
	}
	_, w := humachi.Unwrap(ctx)
	refuse := func(err error) { s.problem(ctx.Context(), ctx.Operation().Path, err).send(w) }
	token := tokenOf(ctx.Header("Authorization"))
	if a, blocked := s.limits.blocked(token, ctx.RemoteAddr()); blocked {
		a.tell(w.Header())
		refuse(a.refusal())
		return
	}
	if token == "" {
		s.limits.failed(ctx.RemoteAddr())
		refuse(fault.New(fault.Unauthenticated, "sign_in"))
		return
	}
	actor, err := s.svc.ActorByToken(ctx.Context(), token)
	if err != nil {
		if fault.Is(err, fault.Unauthenticated) {
			s.limits.failed(ctx.RemoteAddr())
		}
		refuse(err)
		return
	}
	a := s.limits.token(token)
	a.tell(w.Header())
	if !a.ok {
		refuse(a.refusal())
		return
	}
	if c := callOf(ctx.Context()); c.asked {
		actor.Lang = c.lang
	}
	next(huma.WithContext(ctx, tenant.With(ctx.Context(), actor)))
}

// tokenOf takes the token out of an Authorization header; "" where there is none.
func tokenOf(header string) string {
	scheme, token, found := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !found || !strings.EqualFold(scheme, "Bearer") || len(token) > maxToken {
		return ""
	}
	return token
}

// challenge tells a client how to authenticate (RFC 6750).
func challenge(code string) string {
	if code == "bad_token" {
		return `Bearer realm="satis", error="invalid_token"`
	}
	return `Bearer realm="satis"`
}

// tell writes what a client may still do into the headers.
func (a allowance) tell(h http.Header) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(a.most))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(a.left))
	h.Set("X-RateLimit-Reset", a.seconds())
}

func (a allowance) seconds() string {
	return strconv.Itoa(int((a.resetsAfter + time.Second - 1) / time.Second))
}

func (a allowance) refusal() error {
	return refusal{status: http.StatusTooManyRequests, code: "limited", header: http.Header{"Retry-After": {a.seconds()}}}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/sample"
)

func TestLimitPerToken(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := newLimiter(3, func() time.Time { return now })
	for n := range 5 {
		a := l.token("a")
		if a.ok != (n < 3) || a.left != max(0, 2-n) || a.most != 3 {
			t.Errorf("request %d: %+v", n, a)
		}
	}
	if !l.token("b").ok {
		t.Error("one token's requests count for another")
	}
	now = now.Add(window)
	if !l.token("a").ok {
		t.Error("a new window gives nothing back")
	}
}

// Guessing from an address is stopped, and those who hold a token there go on.
func TestLimitOfGuessing(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := newLimiter(1000, func() time.Time { return now })
	l.token("good")
	for range badTokens {
		if _, blocked := l.blocked("guess", "192.0.2.1:5"); blocked {
			t.Fatal("blocked too soon")
		}
		l.failed("192.0.2.1:5")
	}
	for token, want := range map[string]bool{"guess": true, "": true, "good": false} {
		if _, blocked := l.blocked(token, "192.0.2.1:999"); blocked != want {
			t.Errorf("%q blocked: %v", token, blocked)
		}
	}
	if _, blocked := l.blocked("guess", "192.0.2.2:5"); blocked {
		t.Error("another address is blocked")
	}
	now = now.Add(window)
	if _, blocked := l.blocked("guess", "192.0.2.1:5"); blocked {
		t.Error("blocked for ever")
	}
}

// The memory is bounded: newcomers share a count once too many are kept.
func TestLimitIsBounded(t *testing.T) {
	l := newLimiter(10, time.Now)
	for n := range maxCounted + 100 {
		l.failed(fmt.Sprintf("10.%d.%d.%d:1", n>>16, n>>8&255, n&255))
	}
	if len(l.count) > maxCounted+1 {
		t.Errorf("%d counts kept", len(l.count))
	}
}

func TestAddressKey(t *testing.T) {
	if addressKey("[2001:db8::1]:5") != addressKey("[2001:db8::ffff]:9") || addressKey("[2001:db8::1]:5") == addressKey("[2001:db8:1:1::1]:5") {
		t.Error("IPv6 is not taken by /64")
	}
	if addressKey("[::ffff:192.0.2.1]:5") != addressKey("192.0.2.1:7") || addressKey("x") != addressKey("y:1") {
		t.Error("addresses that are the same differ")
	}
}

func TestTooManyRequests(t *testing.T) {
	s := newSite(t, sample.Options{})
	h := New(Config{Service: s.Service, PerMinute: 2})
	token := s.token(t, s.Entity, "operator")
	for n, want := range []int{200, 200, 429} {
		r := httptest.NewRequest(http.MethodGet, "/me", nil)
		r.Header.Set("Authorization", "bearer "+token)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code != want || (want == 429) != (rec.Header().Get("Retry-After") != "") {
			t.Errorf("request %d: %d %v %s", n, rec.Code, rec.Header(), rec.Body)
		}
	}
}

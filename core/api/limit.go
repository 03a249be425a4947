// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"crypto/sha256"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// window is how long requests are counted together.
	window = time.Minute
	// badTokens is how many requests without a valid token an address may make in a window.
	badTokens = 120
	// maxCounted bounds the memory: beyond it, newcomers of a window share one count.
	maxCounted = 50_000
)

type counted [32]byte

// limiter counts requests per token and, for those without a valid one, per address. It
// keeps hashes only.
type limiter struct {
	most int
	now  func() time.Time

	mu    sync.Mutex
	ends  time.Time
	count map[counted]int
	// good are the tokens that held in this window or the last: they are let through where
	// others of the same address guess.
	good, before map[counted]bool
}

func newLimiter(most int, now func() time.Time) *limiter {
	return &limiter{most: most, now: now, count: map[counted]int{}}
}

// allowance is what a client may still do.
type allowance struct {
	ok          bool
	most, left  int
	resetsAfter time.Duration
}

// token counts a request with a valid token.
func (l *limiter) token(token string) allowance {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn()
	k := sha256.Sum256([]byte("token " + token))
	if len(l.good) < maxCounted {
		l.good[k] = true
	}
	return l.add(k, l.most)
}

// blocked reports whether an address made too many requests without a valid token for one
// with an unknown token to be looked up at all.
func (l *limiter) blocked(token, address string) (allowance, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn()
	if k := sha256.Sum256([]byte("token " + token)); token != "" && (l.good[k] || l.before[k]) {
		return allowance{}, false
	}
	a := l.state(l.count[addressKey(address)], badTokens)
	return a, a.left == 0
}

// failed counts a request without a valid token.
func (l *limiter) failed(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn()
	l.add(addressKey(address), badTokens)
}

// turn begins a new window where the last has ended. The lock is held.
func (l *limiter) turn() {
	now := l.now()
	if now.Before(l.ends) {
		return
	}
	l.ends = now.Add(window)
	l.count = map[counted]int{}
	l.before, l.good = l.good, map[counted]bool{}
}

// add counts one request. The lock is held.
func (l *limiter) add(k counted, most int) allowance {
	if _, known := l.count[k]; !known && len(l.count) >= maxCounted {
		k = counted{}
	}
	l.count[k]++
	a := l.state(l.count[k], most)
	a.ok = l.count[k] <= most
	return a
}

func (l *limiter) state(used, most int) allowance {
	return allowance{most: most, left: max(0, most-used), resetsAfter: max(time.Second, l.ends.Sub(l.now()))}
}

// addressKey is the address without its port. IPv6 is taken by /64, which one subscriber has whole.
func addressKey(remote string) counted {
	name := "unknown"
	if host, _, err := net.SplitHostPort(remote); err == nil {
		if a, err := netip.ParseAddr(host); err == nil {
			if a = a.Unmap().WithZone(""); a.Is6() {
				p, _ := a.Prefix(64)
				a = p.Addr()
			}
			name = a.String()
		}
	}
	return sha256.Sum256([]byte("address " + name))
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package httpkit

import (
	"container/list"
	"crypto/sha256"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/satis-toscana/satis/core/fault"
)

// How many attempts to sign in are free, and how often another is granted.
const (
	pairBurst    = 5
	pairEvery    = 2 * time.Minute
	accountBurst = 50
	accountEvery = 30 * time.Second
	addressBurst = 30
	addressEvery = 10 * time.Second
	// limiterKeys bounds the memory: the accounts and addresses least recently seen are forgotten.
	limiterKeys = 20_000
)

// SignInLimiter slows down guessing: tightly per account and address, so that a stranger's
// wrong guesses do not lock the owner out at his own desk; per address, so that one cannot
// try many accounts; and per account, laxly, so that many addresses cannot share the work.
type SignInLimiter struct {
	pairs, accounts, addresses *limiterSet
	now                        func() time.Time
}

// NewSignInLimiter makes a limiter that reads the time from now.
func NewSignInLimiter(now func() time.Time) *SignInLimiter {
	return &SignInLimiter{
		pairs:     newLimiterSet(pairBurst, pairEvery, limiterKeys),
		accounts:  newLimiterSet(accountBurst, accountEvery, limiterKeys),
		addresses: newLimiterSet(addressBurst, addressEvery, limiterKeys),
		now:       now,
	}
}

// Allow counts one attempt. It returns fault.Limited when the account or the address has had
// too many; the answer is the same whether or not the account exists.
func (l *SignInLimiter) Allow(account, remoteAddr string) error {
	now := l.now()
	byAddress := l.addresses.allow(addressKey(remoteAddr), now)
	byPair := l.pairs.allow(pairKey(account, remoteAddr), now)
	byAccount := byPair && l.accounts.allow(accountKey(account), now)
	if byAddress && byAccount {
		return nil
	}
	return fault.New(fault.Limited, "sign_in_limited")
}

// Forgive gives an account its free attempts back at an address, after the right password.
func (l *SignInLimiter) Forgive(account, remoteAddr string) {
	l.pairs.forget(pairKey(account, remoteAddr))
}

func accountKey(account string) string { return strings.ToLower(strings.TrimSpace(account)) }

func pairKey(account, remoteAddr string) string {
	return accountKey(account) + "\x00" + addressKey(remoteAddr)
}

// addressKey is the address without its port. IPv6 is taken by /64, which one subscriber has whole.
func addressKey(remoteAddr string) string {
	host, _, err := net.SplitHostPort(remoteAddr)
	if err != nil {
		host = remoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

// limiterSet is one limiter per key, the least recently used thrown out beyond max. Keys are
// kept as hashes: a memory dump names no account.
type limiterSet struct {
	mu    sync.Mutex
	burst int
	every rate.Limit
	max   int
	order *list.List // of *limiterEntry, most recent first
	byKey map[[32]byte]*list.Element
}

type limiterEntry struct {
	key     [32]byte
	limiter *rate.Limiter
}

func newLimiterSet(burst int, every time.Duration, max int) *limiterSet {
	return &limiterSet{burst: burst, every: rate.Every(every), max: max, order: list.New(), byKey: map[[32]byte]*list.Element{}}
}

func (s *limiterSet) allow(key string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entry(sha256.Sum256([]byte(key))).limiter.AllowN(now, 1)
}

// entry finds or makes the limiter of a key and marks it most recent. The lock is held.
func (s *limiterSet) entry(k [32]byte) *limiterEntry {
	if e, ok := s.byKey[k]; ok {
		s.order.MoveToFront(e)
		return e.Value.(*limiterEntry)
	}
	e := &limiterEntry{key: k, limiter: rate.NewLimiter(s.every, s.burst)}
	s.byKey[k] = s.order.PushFront(e)
	if s.order.Len() > s.max {
		last := s.order.Back()
		s.order.Remove(last)
		delete(s.byKey, last.Value.(*limiterEntry).key)
	}
	return e
}

func (s *limiterSet) forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := sha256.Sum256([]byte(key))
	if e, ok := s.byKey[k]; ok {
		s.order.Remove(e)
		delete(s.byKey, k)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"sync"
	"time"
)

// breaker counts failures. Enough of them within the window open it; after the cooldown it
// lets one call through, and closes or opens again by how that goes.
type breaker struct {
	limit            int
	window, cooldown time.Duration
	now              func() time.Time

	mu       sync.Mutex
	failures []time.Time // within the window, oldest first
	opened   time.Time   // zero while closed
	trial    bool        // a call is out to try
}

// enter reports whether a call may go out, and whether it is the one that tries.
func (b *breaker) enter() (trial, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.opened.IsZero():
		return false, true
	case b.trial || b.now().Sub(b.opened) < b.cooldown:
		return false, false
	}
	b.trial = true
	return true, true
}

// leave ends a trial: with success the breaker closes and forgets; without a verdict the
// next call may try.
func (b *breaker) leave(trial, success bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !trial {
		return
	}
	b.trial = false
	if success {
		b.opened, b.failures = time.Time{}, nil
	}
}

// fail counts a failure and reports whether the breaker opened by it.
func (b *breaker) fail() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	for len(b.failures) > 0 && now.Sub(b.failures[0]) > b.window {
		b.failures = b.failures[1:]
	}
	b.failures = append(b.failures, now)
	if !b.opened.IsZero() {
		b.opened = now // the trial failed: a new cooldown
		return false
	}
	if len(b.failures) < b.limit {
		return false
	}
	b.opened = now
	return true
}

// open reports whether calls are being refused.
func (b *breaker) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.opened.IsZero()
}

// pause is how long to wait before a start, after so many failures in the window.
func (b *breaker) pause() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.failures) == 0 {
		return 0
	}
	return 50 * time.Millisecond << min(len(b.failures), 5)
}

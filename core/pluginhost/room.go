// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"context"
	"errors"
	"sync"
)

// room counts the live processes of the host, and those who wait for a place.
type room struct {
	mu                         sync.Mutex
	max, used, ending, waiting int
	changed                    chan struct{} // closed and made anew whenever something changed
}

func newRoom(places int) *room { return &room{max: places, changed: make(chan struct{})} }

var errBusy = errors.New("no place for another process")

// take waits for a place. Where all are taken it has evict end a process that nobody uses,
// but never more of them than there are calls waiting.
func (r *room) take(ctx context.Context, evict func() bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting++
	defer func() { r.waiting-- }()
	for r.used >= r.max {
		changed, wanted := r.changed, r.waiting > r.ending
		r.mu.Unlock()
		if wanted {
			evict()
		}
		err := error(nil)
		select {
		case <-changed:
		case <-ctx.Done():
			err = errBusy
		}
		r.mu.Lock()
		if err != nil {
			return err
		}
	}
	r.used++
	return nil
}

// expect says that a place is about to become free.
func (r *room) expect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ending++
}

// leave gives a place back; expected tells whether expect has announced it.
func (r *room) leave(expected bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used--
	if expected {
		r.ending--
	}
	r.tell()
}

// nudge has those who wait look again: a process has become idle.
func (r *room) nudge() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting > 0 {
		r.tell()
	}
}

func (r *room) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

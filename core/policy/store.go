// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/satis-toscana/satis/core/tenant"
)

// Store holds the snapshot in force for each network. The zero value is empty and ready.
// Reading takes no lock and allocates nothing.
type Store struct {
	mu  sync.Mutex // one writer at a time
	all atomic.Pointer[map[tenant.NetworkID]*Snapshot]
}

// Get gives the snapshot in force, or false where the network's policy was never loaded.
func (s *Store) Get(network tenant.NetworkID) (*Snapshot, bool) {
	all := s.all.Load()
	if all == nil {
		return nil, false
	}
	snap, ok := (*all)[network]
	return snap, ok
}

// Put brings a snapshot into force and reports whether it did. A snapshot that is not newer
// than the one in force is left aside: two reloads may finish in the wrong order, and a
// revoked right must not come back.
func (s *Store) Put(snap *Snapshot) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := map[tenant.NetworkID]*Snapshot{}
	if all := s.all.Load(); all != nil {
		next = maps.Clone(*all)
	}
	if have, ok := next[snap.network]; ok && have.version >= snap.version {
		return false
	}
	next[snap.network] = snap
	s.all.Store(&next)
	return true
}

// Networks lists the networks whose policy was loaded.
func (s *Store) Networks() []tenant.NetworkID {
	all := s.all.Load()
	if all == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(*all))
}

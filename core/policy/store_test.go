// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"sync"
	"testing"

	"github.com/satis-toscana/satis/core/tenant"
)

func TestStoreNeverGoesBack(t *testing.T) {
	var store Store
	if _, ok := store.Get(network); ok {
		t.Error("an empty store has a snapshot")
	}
	two, two2 := mustCompile(t, 2, nil, nil), mustCompile(t, 2, nil, nil)
	for _, tt := range []struct {
		put  *Snapshot
		took bool
		want int64
	}{
		{two, true, 2},
		{mustCompile(t, 1, nil, nil), false, 2},
		{two2, false, 2},
		{mustCompile(t, 5, nil, nil), true, 5},
	} {
		took := store.Put(tt.put)
		have, _ := store.Get(network)
		if took != tt.took || have.Version() != tt.want {
			t.Errorf("put %d: took %v, have %d", tt.put.Version(), took, have.Version())
		}
	}
}

func TestStoreKeepsNetworksApart(t *testing.T) {
	var store Store
	other, err := Compile(otherNetwork, 9, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	store.Put(other)
	store.Put(mustCompile(t, 1, nil, nil))
	for n, want := range map[tenant.NetworkID]int64{network: 1, otherNetwork: 9} {
		if s, ok := store.Get(n); !ok || s.Version() != want || s.Network() != n {
			t.Errorf("network %s: %v", n, s)
		}
	}
}

// Readers see whole versions, each at least as new as the one before, while writers race.
// Odd versions allow the edit, even ones do not. Worth running with -race.
func TestReadsWhilePutting(t *testing.T) {
	var store Store
	grants := []Grant{{anna, tenant.Operator, entityA}}
	versions := make([]*Snapshot, 60)
	for v := range versions {
		var rules []Rule
		if v%2 == 1 {
			rules = []Rule{{Role: tenant.Operator, Object: ProjectOwn, Action: Edit}}
		}
		versions[v] = mustCompile(t, int64(v), rules, grants)
	}
	store.Put(versions[0])
	done := make(chan struct{})
	var readers, writers sync.WaitGroup
	for range 4 {
		readers.Go(func() { readAll(t, &store, done) })
	}
	for start := range 3 {
		writers.Go(func() {
			for v := start; v < len(versions); v += 3 {
				store.Put(versions[v])
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	if s, _ := store.Get(network); s.Version() != 59 {
		t.Errorf("ended at version %d", s.Version())
	}
}

func readAll(t *testing.T, store *Store, done <-chan struct{}) {
	a := acting(anna, entityA)
	var last int64
	for {
		select {
		case <-done:
			return
		default:
		}
		s, _ := store.Get(network)
		want := s.Version()%2 == 1
		byCasbin, err := s.AllowedByCasbin(a, ProjectOwn, Edit)
		if s.Version() < last || s.Allowed(a, ProjectOwn, Edit) != want || byCasbin != want || err != nil {
			t.Errorf("version %d after %d: casbin %v, %v", s.Version(), last, byCasbin, err)
			return
		}
		last = s.Version()
	}
}

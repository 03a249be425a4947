// SPDX-License-Identifier: AGPL-3.0-or-later

// Command compare measures five ways to the same decision in one run, over the default
// policies and a growing number of organisations: the compiled index that requests ask, the
// snapshot's Casbin, Casbin with rules for each organisation, cedar-go, and OPA embedded with
// a prepared query. It is a module of its own, so that the product depends on none of them
// but its Casbin.
//
// Before anything is measured, all must give the same answers to the same random questions.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/tenant"
)

const network = tenant.NetworkID("00000003-0000-4000-8000-000000000001")

// question is one to be decided.
type question struct {
	actor tenant.Actor
	policy.Permission
}

// world is a network with everyone of each kind's roles held by a user of its own.
type world struct {
	rules  []policy.Rule
	grants []policy.Grant
	actors []tenant.Actor
}

func worldOf(n int) world {
	rules, err := policy.Defaults()
	check(err)
	w := world{rules: rules}
	for i := range n {
		kind := tenant.ImplementingEntity
		if i == 0 {
			kind = tenant.LeadAgency
		} else if i%5 == 0 {
			kind = tenant.SocialServices
		}
		id := tenant.ID(fmt.Sprintf("00000001-0000-4000-8000-%012x", i))
		for _, role := range tenant.RolesOf(kind) {
			u := tenant.UserID(fmt.Sprintf("00000002-0000-4000-8000-%012x", len(w.actors)))
			w.grants = append(w.grants, policy.Grant{User: u, Role: role, Tenant: id})
			w.actors = append(w.actors, tenant.Actor{User: u, Tenant: id, Kind: kind, Network: network})
		}
	}
	return w
}

// ask draws questions; half of them of somebody else's organisation, where nothing is allowed.
func (w world) ask(n int, seed uint64) (out []question) {
	r := rand.New(rand.NewPCG(seed, 7))
	all := policy.Permissions()
	for range n {
		q := question{w.actors[r.IntN(len(w.actors))], all[r.IntN(len(all))]}
		if r.IntN(4) == 0 {
			other := w.actors[r.IntN(len(w.actors))]
			q.actor.Tenant, q.actor.Kind = other.Tenant, other.Kind
		}
		out = append(out, q)
	}
	return out
}

// engine is a way to a decision, loaded.
type engine func(question) bool

var ways = []struct {
	name string
	load func(world) engine
	// questions bounds the comparison and the measurement where one takes milliseconds.
	slow bool
}{
	{"index", loadIndex, false}, {"Casbin, shared template (the reference)", loadReference, false}, {"Casbin, rules per tenant (naive)", loadNaive, true},
	{"cedar-go", loadCedar, false}, {"OPA, prepared query", loadOPA, false},
}

func main() {
	fmt.Printf("%s, %s/%s, %d CPUs, %s\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Now().UTC().Format(time.DateOnly))
	fmt.Println("| Tenants | Way | ns/decision | allocations | load ms | memory MiB | compared |\n|---:|---|---:|---:|---:|---:|---:|")
	for _, n := range []int{10, 1_000, 10_000} {
		w := worldOf(n)
		want := loadIndex(w)
		for _, way := range ways {
			measure(w, n, way.name, way.load, way.slow, want)
		}
	}
}

func measure(w world, n int, name string, load func(world) engine, slow bool, want engine) {
	before, start := heap(), time.Now()
	e := load(w)
	loaded := time.Since(start)
	held := max(0, int64(heap())-int64(before))
	questions := 2_000
	if slow {
		questions = max(20, 2_000/max(1, n/20))
	}
	yes := 0
	for _, q := range w.ask(questions, uint64(n)) {
		got, should := e(q), want(q)
		if got != should {
			fmt.Fprintf(os.Stderr, "%s at %d tenants says %v to %+v\n", name, n, got, q)
			os.Exit(1)
		}
		if got {
			yes++
		}
	}
	if yes == 0 {
		fmt.Fprintf(os.Stderr, "%s at %d tenants: nothing was allowed, nothing is compared\n", name, n)
		os.Exit(1)
	}
	ns, allocs := pace(e, w.ask(64, 99))
	fmt.Printf("| %d | %s | %.1f | %.1f | %.1f | %.1f | %d, %d allowed |\n", n, name, ns, allocs, float64(loaded.Microseconds())/1000, float64(held)/(1<<20), questions, yes)
	runtime.KeepAlive(e)
}

// pace decides over and over for about a second, at least once through the questions where
// that is affordable, and gives the mean time and allocations of a decision.
func pace(e engine, ask []question) (ns, allocs float64) {
	e(ask[0])
	var m, k runtime.MemStats
	runtime.ReadMemStats(&m)
	start, count := time.Now(), 0
	for time.Since(start) < time.Second {
		for range max(1, min(1000, count)) {
			e(ask[count%len(ask)])
			count++
			if count < 2000 && time.Since(start) > 2*time.Second {
				break
			}
		}
	}
	took := time.Since(start)
	runtime.ReadMemStats(&k)
	return float64(took.Nanoseconds()) / float64(count), float64(k.Mallocs-m.Mallocs) / float64(count)
}

// heap is what is held after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

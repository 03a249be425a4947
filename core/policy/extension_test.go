// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

var (
	rent    = Extension{Plugin: "rent", Version: "1.0.0", Offers: []string{"subsidy:rent"}, Tenants: []tenant.ID{entityA, entityB}}
	courses = Extension{Plugin: "courses", Version: "0.2.0", Offers: []string{"catalog:tuscany", "type:traineeship"}, Tenants: []tenant.ID{entityA, lead}}
)

func withExtensions(t testing.TB, s *Snapshot, list ...Extension) *Snapshot {
	t.Helper()
	out, err := s.WithExtensions(list)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A plugin's use is the meeting of three rights; each of them alone is not enough.
func TestAllowedThrough(t *testing.T) {
	plain, as := oneOfEach(t, mustDefaults(t))
	s := withExtensions(t, plain, rent, courses)
	operator := as(tenant.Operator)
	tests := []struct {
		name  string
		actor tenant.Actor
		obj   Object
		act   Action
		owner tenant.ID
		offer string
		want  bool
	}{
		{"all three", operator, SubsidyOwn, Evaluate, entityA, "subsidy:rent", true},
		{"the user's right is missing", as(tenant.EntityAdmin), SubsidyOwn, Evaluate, entityA, "subsidy:rent", false},
		{"the plugin offers something else", operator, SubsidyOwn, Evaluate, entityA, "subsidy:food", false},
		{"the owner has it not", as(tenant.SocialWorker), SubsidyShared, Evaluate, services, "subsidy:rent", false},
		{"on what another organisation owns and shares", as(tenant.SocialWorker), SubsidyShared, Evaluate, entityB, "subsidy:rent", true},
		{"active for the actor's organisation, not for the owner's", operator, SubsidyOwn, Evaluate, entityB, "subsidy:rent", false},
		{"own is the actor's own", operator, EnrolmentOwn, Create, lead, "catalog:tuscany", false},
		{"the network's", as(tenant.PluginAdmin), CourseNetwork, Import, lead, "catalog:tuscany", true},
		{"an offer spelled like a plugin", operator, SubsidyOwn, Evaluate, entityA, "plugin:rent@1.0.0", false},
		{"no owner", operator, EnrolmentShared, List, "", "catalog:tuscany", false},
		{"nobody", tenant.Actor{}, SubsidyOwn, Evaluate, entityA, "subsidy:rent", false},
	}
	for _, tt := range tests {
		if got := s.AllowedThrough(tt.actor, tt.obj, tt.act, tt.owner, tt.offer); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
		if got, _, err := s.AllowedThroughByCasbin(tt.actor, tt.obj, tt.act, tt.owner, tt.offer); err != nil || got != tt.want {
			t.Errorf("%s: casbin %v, %v", tt.name, got, err)
		}
		if plain.AllowedThrough(tt.actor, tt.obj, tt.act, tt.owner, tt.offer) {
			t.Errorf("%s: allowed without any extension", tt.name)
		}
	}
}

func TestExtensionsOfAnOrganisation(t *testing.T) {
	plain, _ := oneOfEach(t, mustDefaults(t))
	s := withExtensions(t, plain, rent, courses)
	if d := cmp.Diff([]Extension{courses, rent}, s.Extensions(entityA)); d != "" {
		t.Error(d)
	}
	if got := s.Extensions(services); got != nil {
		t.Error(got)
	}
	if e, ok := s.OfferedBy(entityA, "type:traineeship"); !ok || e.Plugin != "courses" {
		t.Error(e, ok)
	}
	if e, ok := s.OfferedBy(entityB, "type:traineeship"); ok {
		t.Error(e)
	}
	if s.Version() != plain.Version() || s.Network() != plain.Network() || plain.Extensions(entityA) != nil {
		t.Error("another policy came out, or the receiver changed")
	}
	if got := withExtensions(t, s).Extensions(entityA); got != nil {
		t.Error("replaced by none, some stayed:", got)
	}
	// What the caller does with his list afterwards is his own.
	mine := Extension{Plugin: "mine", Version: "1.0.0", Offers: []string{"type:own"}, Tenants: []tenant.ID{entityA}}
	held := withExtensions(t, plain, mine)
	mine.Offers[0], mine.Tenants[0] = "type:other", entityB
	if _, ok := held.OfferedBy(entityA, "type:own"); !ok {
		t.Error("the snapshot changed with the caller's list")
	}
}

func TestExtensionsRefused(t *testing.T) {
	one := func(change func(*Extension)) Extension {
		e := rent
		e.Offers, e.Tenants = slices.Clone(e.Offers), slices.Clone(e.Tenants)
		change(&e)
		return e
	}
	tests := []struct {
		name, path, code string
		list             []Extension
	}{
		{"an id like a role's", "extensions/1/plugin", codeExtensionMalformed, []Extension{one(func(e *Extension) { e.Plugin = "role:operator" })}},
		{"no id", "extensions/1/plugin", codeExtensionMalformed, []Extension{one(func(e *Extension) { e.Plugin = "" })}},
		{"an id with a version in it", "extensions/1/plugin", codeExtensionMalformed, []Extension{one(func(e *Extension) { e.Plugin = "rent@1" })}},
		{"no version", "extensions/1/version", codeExtensionMalformed, []Extension{one(func(e *Extension) { e.Version = "latest" })}},
		{"an offer of no sort", "extensions/1/offers", codeExtensionMalformed, []Extension{one(func(e *Extension) { e.Offers = []string{"rent"} })}},
		{"an offer of an unknown sort", "extensions/1/offers", codeExtensionMalformed, []Extension{one(func(e *Extension) { e.Offers = []string{"state:approve"} })}},
		{"an offer twice", "extensions/1/offers", codeExtensionTwice, []Extension{one(func(e *Extension) { e.Offers = []string{"subsidy:rent", "subsidy:rent"} })}},
		{"every tenant", "extensions/1/tenants", codeExtensionMalformed, []Extension{one(func(e *Extension) { e.Tenants = []tenant.ID{"*"} })}},
		{"a tenant twice", "extensions/1/tenants", codeExtensionTwice, []Extension{one(func(e *Extension) { e.Tenants = []tenant.ID{entityA, entityA} })}},
		{"the same version twice", "extensions/2/plugin", codeExtensionTwice, []Extension{rent, one(func(e *Extension) { e.Tenants = []tenant.ID{lead} })}},
		{"two versions in one organisation", "extensions/2/tenants", codeExtensionTwice, []Extension{rent, one(func(e *Extension) { e.Version = "1.1.0"; e.Offers = nil })}},
		{"one offer from two plugins", "extensions/2/offers", codeExtensionClash, []Extension{rent, one(func(e *Extension) { e.Plugin = "other"; e.Tenants = []tenant.ID{entityB} })}},
	}
	s, _ := oneOfEach(t, nil)
	for _, tt := range tests {
		_, err := s.WithExtensions(tt.list)
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := err.(*fault.Error).Fields[0]; got.Path != tt.path || got.Code != tt.code {
			t.Errorf("%s: %s at %s", tt.name, got.Code, got.Path)
		}
	}
	apart := one(func(e *Extension) { e.Version, e.Tenants = "1.1.0", []tenant.ID{lead} })
	if _, err := s.WithExtensions([]Extension{rent, apart}); err != nil {
		t.Error("two versions in two organisations are fine:", err)
	}
}

// drawExtensions draws some that WithExtensions accepts: versions apart, offers that meet in
// different organisations.
func drawExtensions(t *rapid.T) []Extension {
	var out []Extension
	s, err := Compile(network, 1, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range rapid.IntRange(0, 5).Draw(t, "extensions") {
		e := Extension{
			Plugin:  rapid.SampledFrom([]string{"rent", "courses", "work"}).Draw(t, "plugin"),
			Version: rapid.SampledFrom([]string{"1.0.0", "1.1.0", "2.0.0-rc.1"}).Draw(t, "version"),
			Offers:  rapid.SliceOfDistinct(rapid.SampledFrom(worldOffers[:4]), rapid.ID[string]).Draw(t, "offers"),
			Tenants: rapid.SliceOfDistinct(rapid.SampledFrom(worldTenants), rapid.ID[tenant.ID]).Draw(t, "tenants"),
		}
		if _, err := s.WithExtensions(append(out, e)); err == nil {
			out = append(out, e)
		}
	}
	return out
}

var worldOffers = []string{"subsidy:rent", "type:work", "catalog:tuscany", "catalog:elba", "rent", "plugin:rent@1.0.0", ""}

// The index and Casbin say the same of extensions too, and of who offers a thing.
func TestExtensionsEqualCasbin(t *testing.T) {
	var allowed, refused int
	rapid.Check(t, func(t *rapid.T) {
		rules, perms := drawRules(t)
		plain, err := Compile(network, 1, rules, drawGrants(t))
		if err != nil {
			t.Fatal(err)
		}
		s, err := plain.WithExtensions(drawExtensions(t))
		if err != nil {
			t.Fatal(err)
		}
		for range 60 {
			in := rapid.SampledFrom(askTenants).Draw(t, "tenant")
			a := tenant.Actor{User: rapid.SampledFrom(askUsers).Draw(t, "user"), Tenant: in, Kind: kindOf(in), Network: network}
			owner := rapid.SampledFrom(askTenants).Draw(t, "owner")
			p := rapid.SampledFrom(perms).Draw(t, "permission")
			offer := rapid.SampledFrom(worldOffers).Draw(t, "offer")
			got := s.AllowedThrough(a, p.Object, p.Action, owner, offer)
			want, by, err := s.AllowedThroughByCasbin(a, p.Object, p.Action, owner, offer)
			if err != nil || got != want {
				t.Fatalf("%v for %q, %q of %q: index %v, casbin %v, %v", a, p, offer, owner, got, want, err)
			}
			e, ok := s.OfferedBy(owner, offer)
			if ok != (by != "") || ok && by != e.Plugin+"@"+e.Version {
				t.Fatalf("%q of %q: index %v, casbin %q", offer, owner, e, by)
			}
			if got && !s.Allowed(a, p.Object, p.Action) {
				t.Fatal("a plugin gave a right that the user has not")
			}
			if got {
				allowed++
			} else if s.Allowed(a, p.Object, p.Action) {
				refused++
			}
		}
	})
	if allowed == 0 || refused == 0 {
		t.Errorf("the property was never put to the test: %d allowed, %d refused for want of an extension", allowed, refused)
	}
}

func TestAllowedThroughAllocatesNothing(t *testing.T) {
	plain, as := oneOfEach(t, mustDefaults(t))
	s, a := withExtensions(t, plain, rent, courses), as(tenant.Operator)
	for _, offer := range []string{"subsidy:rent", "subsidy:food"} {
		if n := testing.AllocsPerRun(100, func() { s.AllowedThrough(a, SubsidyOwn, Evaluate, entityA, offer) }); n != 0 {
			t.Errorf("%s: %v allocations", offer, n)
		}
	}
}

func BenchmarkAllowedThrough(b *testing.B) {
	plain, as := oneOfEach(b, mustDefaults(b))
	s, a := withExtensions(b, plain, rent, courses), as(tenant.Operator)
	b.ReportAllocs()
	for b.Loop() {
		s.AllowedThrough(a, SubsidyOwn, Evaluate, entityA, "subsidy:rent")
	}
}

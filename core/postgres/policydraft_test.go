// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/tenant"
)

// drafted is a submitted draft by the sample's policy administrator.
func drafted(t *testing.T, w *sample.World) (d postgres.PolicyDraft, second tenant.Actor) {
	t.Helper()
	second = w.User(t, w.Lead, "policy_admin2", tenant.PolicyAdmin)
	author := w.Actor(w.Lead, "policy_admin")
	at := time.Now().UTC().Truncate(time.Microsecond)
	err := w.DB.InTenant(t.Context(), scope(t, w.Env, author, true), func(tx *postgres.Tx) error {
		base, err := tx.RulesInForce(t.Context())
		if err != nil {
			return err
		}
		d = postgres.PolicyDraft{ID: uuid.NewString(), Base: base, Rules: "p, role:operator, *, profile@self, read, allow\n", Reason: "prova",
			Author: author.User, CreatedAt: at, UpdatedAt: at, State: postgres.DraftOpen, Revision: 1}
		if err := tx.InsertPolicyDraft(t.Context(), d); err != nil {
			return err
		}
		d.State = postgres.DraftSubmitted
		if err := tx.UpdatePolicyDraft(t.Context(), d, 1); err != nil {
			return err
		}
		d, err = tx.PolicyDraft(t.Context(), d.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, second
}

func publish(w *sample.World, t *testing.T, a tenant.Actor, d postgres.PolicyDraft, by tenant.UserID) (v int64, err error) {
	err = w.DB.InTenant(t.Context(), scope(t, w.Env, a, true), func(tx *postgres.Tx) (err error) {
		v, err = tx.PublishPolicyDraft(t.Context(), d.ID, d.Revision, postgres.By{User: by, Name: "Prova", At: time.Now().UTC().Truncate(time.Microsecond)})
		return err
	})
	return v, err
}

// The database itself refuses a publication by the author, of another text, by an outsider
// or over a version that came between.
func TestPublishPolicyIsGuarded(t *testing.T) {
	w := sample.New(t)
	d, second := drafted(t, w)
	stale := d
	stale.Revision--
	elsewhere := w.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	stranger := w.User(t, elsewhere, "policy_admin", tenant.PolicyAdmin)
	for name, tt := range map[string]struct {
		as   tenant.Actor
		d    postgres.PolicyDraft
		by   tenant.UserID
		want fault.Kind
	}{
		"author":          {second, d, d.Author, fault.Forbidden},
		"entity's user":   {second, d, w.Actor(w.Entity, "operator").User, fault.Forbidden},
		"other network":   {stranger, d, stranger.User, fault.Stale},
		"another text":    {second, stale, second.User, fault.Stale},
		"entity's tenant": {w.Actor(w.Entity, "operator"), d, second.User, fault.Internal}, // no right to call it
	} {
		if _, err := publish(w, t, tt.as, tt.d, tt.by); !fault.Is(err, tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	before := version(t, w.Env, w.Lead.Network)
	v, err := publish(w, t, second, d, second.User)
	if err != nil || v != before+1 {
		t.Fatalf("version %d, %v; want %d", v, err, before+1)
	}
	if _, err := publish(w, t, second, d, second.User); !fault.Is(err, fault.Stale) {
		t.Errorf("published twice: %v", err)
	}
	for _, state := range []string{postgres.DraftOpen, postgres.DraftPublished} {
		err := w.DB.InTenant(t.Context(), scope(t, w.Env, second, true), func(tx *postgres.Tx) error {
			old, err := tx.LockPolicyDraft(t.Context(), d.ID)
			if err != nil {
				return err
			}
			old.State, old.Reason = state, "un altro"
			return tx.UpdatePolicyDraft(t.Context(), old, old.Revision)
		})
		if !fault.Is(err, fault.Internal) {
			t.Errorf("a published draft became %s: %v", state, err)
		}
	}
	checkHistory(t, w, second, d)
}

// checkHistory follows the chain of the versions.
func checkHistory(t *testing.T, w *sample.World, as tenant.Actor, d postgres.PolicyDraft) {
	t.Helper()
	var list []postgres.PolicyVersion
	err := w.DB.InTenant(t.Context(), scope(t, w.Env, as, false), func(tx *postgres.Tx) (err error) {
		list, err = tx.PolicyHistory(t.Context())
		return err
	})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d versions, %v", len(list), err)
	}
	var last []byte
	for _, v := range list {
		if last = postgres.NextPolicyHash(last, v); !bytes.Equal(last, v.Hash) {
			t.Errorf("version %d: its hash does not follow", v.Version)
		}
	}
	if list[1].Rules != d.Rules || list[1].PublishedBy == nil || *list[1].PublishedBy != as.User || list[0].PublishedBy != nil {
		t.Errorf("published: %+v", list[1])
	}
}

// A draft begun before another version came into force cannot take its place.
func TestPublishPolicyOverAnother(t *testing.T) {
	w := sample.New(t)
	d, second := drafted(t, w)
	err := w.DB.AsSystem(t.Context(), postgres.JobPolicy, func(tx *postgres.Tx) error {
		_, err := tx.PublishRules(t.Context(), w.Lead.Network, d.Rules+"\n", "host", time.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := publish(w, t, second, d, second.User); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v, want conflict", err)
	}
}

// Nobody of the application can put a version into force beside the function, nor call a
// draft published, nor make it somebody else's.
func TestPolicyTablesAreGuarded(t *testing.T) {
	w := sample.New(t)
	d, second := drafted(t, w)
	for name, change := range map[string]func(*postgres.PolicyDraft){
		"published": func(d *postgres.PolicyDraft) { d.State = postgres.DraftPublished },
		"own judge": func(d *postgres.PolicyDraft) { d.Reviewer = &d.Author },
	} {
		bad := d
		change(&bad)
		err := w.DB.InTenant(t.Context(), scope(t, w.Env, second, true), func(tx *postgres.Tx) error {
			return tx.UpdatePolicyDraft(t.Context(), bad, bad.Revision)
		})
		if err == nil {
			t.Errorf("%s: the database took it", name)
		}
	}
	for _, role := range []string{"satis_entity", "satis_services", "satis_lead"} {
		for _, right := range []string{"INSERT", "UPDATE", "DELETE", "SELECT"} {
			var may bool
			w.Query(t, &may, "SELECT has_table_privilege($1, 'satis.policy_version', $2) OR ($2 <> 'SELECT' AND has_table_privilege($1, 'satis.policy_head', $2))", role, right)
			if may {
				t.Errorf("%s may %s", role, right)
			}
		}
	}
}

// What is told of recent decisions names neither who nor which record, and stays in the network.
func TestRecentDecisions(t *testing.T) {
	w := sample.New(t)
	w.Project(t, w.Entity, 1)
	elsewhere := w.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	stranger := w.User(t, elsewhere, "policy_admin", tenant.PolicyAdmin)
	count := func(a tenant.Actor) (n int) {
		err := w.DB.InTenant(t.Context(), scope(t, w.Env, a, false), func(tx *postgres.Tx) error {
			list, err := tx.RecentDecisions(t.Context(), 100, 1000, nil)
			for _, e := range list {
				if e.Actor != "" || e.ID != "" || e.Detail != nil {
					t.Errorf("told too much: %+v", e)
				}
				if e.Tenant == w.Entity.ID && len(e.Roles) > 0 {
					n++
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(w.Actor(w.Lead, "policy_admin")); n == 0 {
		t.Error("no decision of the entity")
	}
	if n := count(stranger); n != 0 {
		t.Errorf("%d decisions of another network", n)
	}
}

// A move of the policy is told; after a cut, everything may have been missed.
func TestFollowPolicies(t *testing.T) {
	w := sample.New(t)
	type move struct {
		n tenant.NetworkID
		v int64
	}
	moves := make(chan move, 10)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- w.DB.FollowPolicies(ctx, func(n tenant.NetworkID, v int64) { moves <- move{n, v} })
	}()
	wait := func(what string, want move) {
		t.Helper()
		select {
		case got := <-moves:
			if got != want {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatal(what + ": nothing was told")
		}
	}
	wait("begun", move{})
	d, second := drafted(t, w) // makes a user, which moves the policy
	wait("a member", move{w.Lead.Network, version(t, w.Env, w.Lead.Network)})
	v, err := publish(w, t, second, d, second.User)
	if err != nil {
		t.Fatal(err)
	}
	wait("a publication", move{w.Lead.Network, v})
	w.Admin(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%'")
	wait("a cut", move{})
	stop()
	if err := <-ended; err == nil {
		t.Error("it ended without a reason")
	}
}

// The database itself refuses roles that no draft gives or takes, whoever wrote the lines,
// and nothing of such a draft comes into force.
func TestPublishRolesIsGuarded(t *testing.T) {
	w := sample.New(t)
	d, second := drafted(t, w)
	foreign := w.Tenant(t, "", tenant.LeadAgency, "Altra rete")
	w.User(t, foreign, "evaluator", tenant.Evaluator)
	line := func(in tenant.ID, u tenant.UserID, role, word string) string {
		return "g, user:" + string(u) + ", role:" + role + ", tenant:" + string(in) + ", " + word + "\n"
	}
	operator, admin, policyAdmin := w.Actor(w.Entity, "operator").User, w.Actor(w.Entity, "entity_admin").User, w.Actor(w.Lead, "policy_admin").User
	before := version(t, w.Env, w.Lead.Network)
	for name, tt := range map[string]struct {
		roles string
		want  fault.Kind
	}{
		"nonsense":                 {"operator\n", fault.Forbidden},
		"another network":          {line(foreign.ID, w.Actor(foreign, "evaluator").User, "approver", "give"), fault.Forbidden},
		"another kind":             {line(w.Entity.ID, operator, "evaluator", "give"), fault.Forbidden},
		"the officer":              {line(w.Lead.ID, w.Actor(w.Lead, "evaluator").User, "data_protection_officer", "give"), fault.Forbidden},
		"policies and plugins":     {line(w.Lead.ID, policyAdmin, "plugin_admin", "give"), fault.Forbidden},
		"nobody there":             {line(w.OtherEntity.ID, operator, "operator", "give"), fault.Conflict},
		"held already":             {line(w.Entity.ID, operator, "operator", "give"), fault.Conflict},
		"not held":                 {line(w.Entity.ID, operator, "entity_manager", "take"), fault.Conflict},
		"the last administrator":   {line(w.Entity.ID, admin, "entity_admin", "take"), fault.Conflict},
		"one good and one bad":     {line(w.Entity.ID, operator, "entity_manager", "give") + line(w.Entity.ID, operator, "operator", "give"), fault.Conflict},
		"the last, by two at once": {line(w.Lead.ID, policyAdmin, "policy_admin", "take") + line(w.Lead.ID, second.User, "policy_admin", "take"), fault.Conflict},
	} {
		w.Admin(t, "UPDATE policy_draft SET roles = '"+tt.roles+"'")
		if _, err := publish(w, t, second, d, second.User); !fault.Is(err, tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	if now := version(t, w.Env, w.Lead.Network); now != before {
		t.Errorf("version %d after refusals, was %d", now, before)
	}
	w.Admin(t, "UPDATE policy_draft SET roles = '"+line(w.Entity.ID, operator, "entity_manager", "give")+line(w.Entity.ID, operator, "operator", "take")+"'")
	if _, err := publish(w, t, second, d, second.User); err != nil {
		t.Fatal(err)
	}
	var held string
	w.Query(t, &held, "SELECT string_agg(role, ' ') FROM member WHERE user_id = $1", operator)
	if held != "entity_manager" {
		t.Errorf("the operator holds %q", held)
	}
}

// A chain that began before hashes covered the whole version goes on, and stays verifiable:
// the old ones by what they covered.
func TestOldChainGoesOn(t *testing.T) {
	w := sample.New(t)
	d, second := drafted(t, w)
	w.Admin(t, "UPDATE policy_version SET hash_form = 1, hash = sha256(int8send(version) || convert_to(rules, 'UTF8'))")
	if _, err := publish(w, t, second, d, second.User); err != nil {
		t.Fatal(err)
	}
	var forms string
	w.Query(t, &forms, "SELECT string_agg(hash_form::text, ' ' ORDER BY version) FROM policy_version WHERE network_id = $1", w.Lead.Network)
	if forms != "1 2" {
		t.Errorf("forms %s", forms)
	}
	checkHistory(t, w, second, d)
}

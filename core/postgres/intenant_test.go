// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/tenant"
)

// codesSeen lists the codes of the projects a transaction sees. The query names no
// organisation: whose rows come is up to the database alone.
func codesSeen(ctx context.Context, tx *postgres.Tx) (out []string, err error) {
	list, err := tx.Projects(ctx, postgres.ProjectFilter{Page: postgres.Page{Limit: 100}})
	for _, p := range list {
		out = append(out, p.Code)
	}
	return out, err
}

// One connection, used in turn by two tenants, with transactions that are cancelled or
// panic half-way: whoever comes next gets an error or his own rows, never another's.
func TestOneConnectionManyTenants(t *testing.T) {
	w := sample.With(t, sample.Options{Database: func(c *postgres.Config) { c.MaxOpen = 1 }})
	own := map[tenant.ID]string{}
	for i, who := range []postgres.Tenant{w.Entity, w.OtherEntity} {
		own[who.ID] = w.Project(t, who, i).Code
	}
	v := version(t, w.Env, w.Lead.Network)
	boom := errors.New("boom")
	count := map[string]int{}
	for i := range 400 {
		who := []postgres.Tenant{w.Entity, w.OtherEntity}[i%2]
		sc := postgres.Scope{Actor: w.Actor(who, "operator"), PolicyVersion: v, Write: rand.IntN(2) == 0}
		how := []string{"whole", "cancel", "panic", "error", "late cancel"}[rand.IntN(5)]
		ctx, cancel := context.WithCancel(t.Context())
		var seen []string
		err := func() (err error) {
			defer func() {
				if recover() != nil {
					err = boom
				}
			}()
			return w.DB.InTenant(ctx, sc, func(tx *postgres.Tx) (err error) {
				switch how {
				case "cancel":
					cancel()
				case "late cancel":
					go func() { time.Sleep(time.Duration(rand.IntN(800)) * time.Microsecond); cancel() }()
				}
				if seen, err = codesSeen(ctx, tx); err != nil {
					return err
				}
				switch how {
				case "panic":
					panic("half-way")
				case "error":
					return boom
				}
				return nil
			})
		}()
		cancel()
		if len(seen) > 0 && !slices.Equal(seen, []string{own[who.ID]}) {
			t.Fatalf("%d (%s): saw %v, own is %s", i, how, seen, own[who.ID])
		}
		if how == "whole" && (err != nil || len(seen) != 1) {
			t.Fatalf("%d: %v, %v", i, seen, err)
		}
		if (how == "panic" || how == "error") && !errors.Is(err, boom) {
			t.Fatalf("%d (%s): %v", i, how, err)
		}
		count[how]++
	}
	// A connection that was thrown away is gone for us at once, for PostgreSQL a moment later.
	var open, connections int
	for range 50 {
		w.Query(t, &open, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`)
		w.Query(t, &connections, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'satis_entity'`)
		if open == 0 && connections <= 1 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if open != 0 {
		t.Errorf("%d transactions are left open", open)
	}
	if connections > 1 || len(count) != 5 {
		t.Errorf("%d connections after %v", connections, count)
	}
}

// An error that the caller swallows does not become a commit of half the work.
func TestSwallowedErrorIsNotCommitted(t *testing.T) {
	w := sample.New(t)
	p := w.Person(t, w.Entity, 1)
	before := p.Person
	err := w.DB.InTenant(t.Context(), scope(t, w.Env, w.Actor(w.Entity, "operator"), true), func(tx *postgres.Tx) error {
		changed := p.Person
		changed.Municipality = "Lucca"
		if err := tx.UpdatePerson(t.Context(), changed); err != nil {
			return err
		}
		_ = tx.InsertPerson(t.Context(), before) // the same key again
		return nil
	})
	if !fault.Is(err, fault.Internal) {
		t.Errorf("commit after a swallowed error: %v", err)
	}
	got, err := w.Service.Person(w.As(w.Entity, "operator"), p.ID)
	if err != nil || got.Municipality != "Viareggio" {
		t.Errorf("municipality = %s, %v", got.Municipality, err)
	}
}

func TestReadTransactionCannotWrite(t *testing.T) {
	w := sample.New(t)
	p := w.Person(t, w.Entity, 1)
	err := w.DB.InTenant(t.Context(), scope(t, w.Env, w.Actor(w.Entity, "operator"), false), func(tx *postgres.Tx) error {
		return tx.UpdatePerson(t.Context(), p.Person)
	})
	if err == nil {
		t.Error("a read transaction wrote")
	}
}

// Scopes without a tenant, a network or a kind, and ids that are no UUIDs, never reach the database.
func TestScopeIsChecked(t *testing.T) {
	w := sample.New(t)
	good := w.Actor(w.Entity, "operator")
	for name, change := range map[string]func(*tenant.Actor){
		"no tenant":  func(a *tenant.Actor) { a.Tenant = "" },
		"no network": func(a *tenant.Actor) { a.Network = "" },
		"no kind":    func(a *tenant.Actor) { a.Kind = "" },
		"other kind": func(a *tenant.Actor) { a.Kind = "satis_owner" },
		"injection":  func(a *tenant.Actor) { a.Tenant = "'; DROP TABLE person; --" },
		"upper case": func(a *tenant.Actor) { a.Tenant = tenant.ID(strings.ToUpper(string(a.Tenant))) },
	} {
		a := good
		change(&a)
		err := w.DB.InTenant(t.Context(), postgres.Scope{Actor: a, PolicyVersion: version(t, w.Env, good.Network)}, func(*postgres.Tx) error {
			t.Errorf("%s: the transaction began", name)
			return nil
		})
		if err == nil && name != "upper case" {
			t.Errorf("%s: no error", name)
		}
	}
	if err := w.DB.AsSystem(t.Context(), "", func(*postgres.Tx) error { return nil }); err == nil {
		t.Error("a system transaction without a reason began")
	}
}

// A transaction decided under another version of the policy does not begin.
func TestPolicyVersionIsChecked(t *testing.T) {
	w := sample.New(t)
	a := w.Actor(w.Entity, "operator")
	v := version(t, w.Env, a.Network)
	for _, wrong := range []int64{v - 1, v + 1, 0} {
		err := w.DB.InTenant(t.Context(), postgres.Scope{Actor: a, PolicyVersion: wrong}, func(*postgres.Tx) error {
			t.Error("the transaction began")
			return nil
		})
		if !errors.Is(err, postgres.ErrPolicyMoved) {
			t.Errorf("version %d: %v", wrong, err)
		}
	}
}

// as signs in to the test's database as a role, outside all the doors.
func as(t *testing.T, w *sample.World, role string) *sql.DB {
	t.Helper()
	u, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, w.Secret.Password(role))
	q := u.Query()
	q.Set("search_path", "satis")
	u.RawQuery = q.Encode()
	db, err := sql.Open("postgres", u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Where the tenant is not set, every table of cases answers with an error, not with nothing.
func TestUnsetTenantIsAnError(t *testing.T) {
	w := sample.New(t)
	w.Project(t, w.Entity, 1)
	for _, role := range []string{"satis_entity", "satis_services", "satis_lead"} {
		db := as(t, w, role)
		for _, table := range []string{"project", "project_version", "signature", "transition", "audit_entry", "evaluation", "approval"} {
			var n int
			if err := db.QueryRow("SELECT count(tenant_id) FROM " + table).Scan(&n); err == nil {
				t.Errorf("%s reads %d rows of %s without a tenant", role, n, table)
			}
		}
	}
}

// The roles behind the doors: what each is refused even with any statement it likes.
func TestRolesAreRefused(t *testing.T) {
	w := sample.New(t)
	w.Walk(t, w.Project(t, w.Entity, 1).ID, w.Entity, casework.Submitted)
	set := "SET satis.tenant = '" + string(w.Lead.ID) + "'; SET satis.network = '" + string(w.Lead.Network) + "'; "
	mine := "SET satis.tenant = '" + string(w.OtherEntity.ID) + "'; SET satis.network = '" + string(w.Lead.Network) + "'; "
	for _, tc := range []struct{ role, statement string }{
		{"satis_lead", set + "SELECT sealed FROM person_identity"},
		{"satis_lead", set + "SELECT code FROM person"},
		{"satis_lead", set + "SELECT plan FROM plan_revision"},
		{"satis_lead", set + "SELECT person_id FROM project"},
		{"satis_lead", set + "UPDATE project_version SET plan = '{}'"},
		{"satis_lead", set + "UPDATE project SET content_hash = ''"},
		{"satis_system", "SELECT code FROM project"},
		{"satis_system", "SELECT code FROM person"},
		{"satis_system", "DELETE FROM audit_entry"},
		{"satis_entity", mine + "DELETE FROM project"},
		{"satis_entity", mine + "TRUNCATE project"},
		{"satis_entity", mine + "UPDATE plan_revision SET plan = '{}'"},
		{"satis_entity", mine + "UPDATE project SET tenant_id = '" + string(w.OtherEntity.ID) + "'"},
		{"satis_entity", mine + "INSERT INTO audit_entry (tenant_id, seq) VALUES ('" + string(w.OtherEntity.ID) + "', 1)"},
		{"satis_entity", mine + "SELECT password_hash FROM app_user"},
		{"satis_entity", mine + "SET ROLE satis_owner"},
		{"satis_entity", mine + "CREATE TABLE satis.x (a int)"},
		{"satis_services", mine + "SELECT token FROM identity_token"},
		{"satis_services", mine + "UPDATE project SET submitted_version = 1"},
	} {
		_, err := as(t, w, tc.role).Exec(tc.statement)
		if err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s, %s: %v", tc.role, tc.statement[strings.LastIndex(tc.statement, ";")+1:], err)
		}
	}
	// What a role may read, it reads of its own tenant only.
	for role, id := range map[string]tenant.ID{"satis_entity": w.OtherEntity.ID, "satis_services": w.OtherServices.ID} {
		for _, table := range []string{"person", "project", "plan_revision", "signature", "project_version", "transition"} {
			var n int
			db := as(t, w, role)
			db.SetMaxOpenConns(1)
			if _, err := db.Exec("SET satis.tenant = '" + string(id) + "'; SET satis.network = '" + string(w.Lead.Network) + "'"); err != nil {
				t.Fatal(err)
			}
			if err := db.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s of another tenant reads %d rows of %s, %v", role, n, table, err)
			}
		}
	}
}

// What the database answers never quotes a value: neither its constraints nor its types.
func TestErrorsQuoteNoValue(t *testing.T) {
	const canary = "Canarina"
	w := sample.New(t)
	p := w.Person(t, w.Entity, 1)
	ctx := t.Context()
	for name, do := range map[string]func(*postgres.Tx) error{
		"unique": func(tx *postgres.Tx) error {
			q := p.Person
			q.ID, q.Municipality = casework.PersonID("0198a000-0000-7000-8000-000000000001"), canary
			return tx.InsertPerson(ctx, q)
		},
		"check": func(tx *postgres.Tx) error {
			q := p.Person
			q.MunicipalityReason = canary
			return tx.UpdatePerson(ctx, q)
		},
		"date": func(tx *postgres.Tx) error {
			q := p.Person
			q.TakenInChargeOn = canary
			return tx.UpdatePerson(ctx, q)
		},
		"uuid": func(tx *postgres.Tx) error { _, err := tx.Person(ctx, canary); return err },
		"foreign key": func(tx *postgres.Tx) error {
			return tx.InsertConsent(ctx, "0198a000-0000-7000-8000-00000000000c", casework.Consent{Kind: "data", On: "2026-01-01", Language: canary})
		},
		"not valid text": func(tx *postgres.Tx) error {
			q := p.Person
			q.Municipality = canary + "\x00"
			return tx.UpdatePerson(ctx, q)
		},
		"other tenant's": func(tx *postgres.Tx) error {
			q := p.Person
			q.ID, q.Tenant, q.Code, q.Municipality = casework.PersonID("0198a000-0000-7000-8000-000000000002"), w.OtherEntity.ID, canary, canary
			return tx.InsertPerson(ctx, q)
		},
	} {
		err := w.DB.InTenant(ctx, scope(t, w.Env, w.Actor(w.Entity, "operator"), true), do)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), canary) || strings.Contains(e.Error(), p.Code) || strings.Contains(e.Error(), "00000c") {
				t.Errorf("%s: the error quotes the value: %v", name, e)
			}
		}
	}
}

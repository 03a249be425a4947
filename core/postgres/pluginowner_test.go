// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/dbtest"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
)

const keyA, keyB, keyGone = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc"

// ownerWorld is a network that believes two publishers, and one no more.
type ownerWorld struct{ *sample.World }

func newOwnerWorld(t *testing.T) ownerWorld {
	t.Helper()
	x := ownerWorld{sample.New(t)}
	x.believes(t, keyA, keyB, keyGone)
	if err := x.in(t, func(tx *postgres.Tx) error { return tx.WithdrawPublisher(t.Context(), keyGone, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x ownerWorld) believes(t *testing.T, keys ...string) {
	t.Helper()
	for _, key := range keys {
		p := postgres.Publisher{KeyID: key, Name: "Editore " + key[:1], PublicKey: []byte(strings.Repeat(key[:1], 32)), AddedBy: x.Actor(x.Lead, "plugin_admin").User, AddedAt: time.Now()}
		if err := x.in(t, func(tx *postgres.Tx) error { return tx.PutPublisher(t.Context(), p) }); err != nil {
			t.Fatal(err)
		}
	}
}

// in runs a transaction of the plugin administrator.
func (x ownerWorld) in(t *testing.T, fn func(*postgres.Tx) error) error {
	t.Helper()
	return x.DB.InTenant(t.Context(), scope(t, x.Env, x.Actor(x.Lead, "plugin_admin"), true), fn)
}

// claim is a first owner, for plugin "aid".
func (x ownerWorld) claim(t *testing.T, key string) {
	t.Helper()
	if err := x.in(t, func(tx *postgres.Tx) error { return tx.ClaimPlugin(t.Context(), "aid", key, time.Now()) }); err != nil {
		t.Fatal(err)
	}
}

// put stores a version of "aid" past the service's own question whose it is.
func (x ownerWorld) put(t *testing.T, version, key string) error {
	sum := fmt.Sprintf("%064s", strings.ReplaceAll(version, ".", ""))
	return x.in(t, func(tx *postgres.Tx) error {
		return tx.InsertPlugin(t.Context(), postgres.PluginFile{SHA256: sum, BinarySHA256: sum, Content: []byte("x"), Manifest: []byte("{}"), StoredAt: time.Now()},
			postgres.PluginVersion{Plugin: "aid", Version: version, SHA256: sum, Publisher: "Editore", KeyID: key, State: postgres.PluginVerified, SubmittedAt: time.Now()})
	})
}

func (x ownerWorld) setState(t *testing.T, version, state string) error {
	return x.in(t, func(tx *postgres.Tx) error {
		v, err := tx.LockPluginVersion(t.Context(), "aid", version)
		if err != nil {
			return err
		}
		v.State, v.UpdatedAt = state, time.Now()
		return tx.UpdatePlugin(t.Context(), v)
	})
}

func (x ownerWorld) handOver(t *testing.T, key string, revision int64) error {
	return x.in(t, func(tx *postgres.Tx) error {
		return tx.HandOverPlugin(t.Context(), postgres.PluginOwner{Plugin: "aid", KeyID: key, Revision: revision, Since: time.Now(), ActorName: "Anna", Reason: "prova"})
	})
}

// The database itself keeps versions out of another's line, whatever the program asks of it.
func TestPluginVersionIsItsOwners(t *testing.T) {
	x := newOwnerWorld(t)
	if err := x.put(t, "1.0.0", keyA); !fault.Is(err, fault.Conflict) {
		t.Errorf("a version of what is nobody's: %v", err)
	}
	x.claim(t, keyA)
	for version, key := range map[string]string{"1.0.0": keyA, "1.1.0": keyA, "1.2.0": keyA} {
		if err := x.put(t, version, key); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{keyB, keyGone, ""} {
		if err := x.put(t, "2.0.0", key); !fault.Is(err, fault.Conflict) {
			t.Errorf("a version signed by %q: %v", key, err)
		}
	}
	for version, state := range map[string]string{"1.0.0": postgres.PluginApproved, "1.1.0": postgres.PluginConformant} {
		if err := x.setState(t, version, state); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.handOver(t, keyB, 2); err != nil {
		t.Fatal(err)
	}
	if err := x.put(t, "2.0.0", keyA); !fault.Is(err, fault.Conflict) {
		t.Errorf("a version of the owner before: %v", err)
	}
	for version, state := range map[string]string{"1.1.0": postgres.PluginApproved, "1.2.0": postgres.PluginApproved} {
		if err := x.setState(t, version, state); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s is approved after the hand-over: %v", version, err)
		}
	}
	for _, state := range []string{postgres.PluginSuspended, postgres.PluginApproved, postgres.PluginRevoked} {
		if err := x.setState(t, "1.0.0", state); err != nil {
			t.Errorf("what was approved becomes %s: %v", state, err)
		}
	}
	if err := x.setState(t, "1.1.0", postgres.PluginRevoked); err != nil {
		t.Errorf("what nobody will approve is revoked: %v", err)
	}
	if err := x.put(t, "2.0.0", keyB); err != nil {
		t.Errorf("the present owner: %v", err)
	}
}

// An id goes step by step, to publishers who are believed, and never from the installation.
func TestPluginOwnersFollow(t *testing.T) {
	x := newOwnerWorld(t)
	if err := x.handOver(t, keyA, 2); !fault.Is(err, fault.Conflict) {
		t.Errorf("handed over before it was anybody's: %v", err)
	}
	x.claim(t, keyA)
	x.claim(t, keyB) // too late: no error, and nothing changes
	for name, c := range map[string]struct {
		key      string
		revision int64
		want     fault.Kind
	}{
		"in the place of the first":  {keyB, 1, fault.Stale},
		"a step too far":             {keyB, 3, fault.Conflict},
		"to who is believed no more": {keyGone, 2, fault.Conflict},
		"to a stranger":              {"dddddddddddddddd", 2, fault.Conflict},
	} {
		if err := x.handOver(t, c.key, c.revision); !fault.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if err := x.handOver(t, keyB, 2); err != nil {
		t.Fatal(err)
	}
	var owners []postgres.PluginOwner
	err := x.in(t, func(tx *postgres.Tx) (err error) { owners, err = tx.PluginOwners(t.Context(), "aid"); return err })
	if err != nil || len(owners) != 2 || owners[0].KeyID != keyB || owners[0].Name != "Editore b" || owners[1].KeyID != keyA || owners[1].ActorName != "" {
		t.Errorf("%+v, %v", owners, err)
	}
	x.Admin(t, "SET satis.network = '"+string(x.Lead.Network)+"'",
		fmt.Sprintf("INSERT INTO plugin_owner (network_id, plugin_id, revision, since) VALUES ('%s', 'rent', 1, now())", x.Lead.Network))
	err = x.in(t, func(tx *postgres.Tx) error {
		return tx.HandOverPlugin(t.Context(), postgres.PluginOwner{Plugin: "rent", KeyID: keyA, Revision: 2, Since: time.Now(), ActorName: "Anna", Reason: "prova"})
	})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("the installation's is handed over: %v", err)
	}
}

// Who claims an id while another's claim is under way waits, and finds it taken.
func TestClaimsWait(t *testing.T) {
	x := newOwnerWorld(t)
	claimed, second := make(chan struct{}), make(chan error, 1)
	var owners []postgres.PluginOwner
	err := x.in(t, func(tx *postgres.Tx) error {
		if err := tx.ClaimPlugin(t.Context(), "aid", keyA, time.Now()); err != nil {
			return err
		}
		go func() {
			close(claimed)
			second <- x.in(t, func(tx *postgres.Tx) (err error) {
				if err = tx.ClaimPlugin(t.Context(), "aid", keyB, time.Now()); err == nil {
					owners, err = tx.PluginOwners(t.Context(), "aid")
				}
				return err
			})
		}()
		<-claimed
		select {
		case err := <-second:
			t.Errorf("the second did not wait: %v", err)
		case <-time.After(300 * time.Millisecond):
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil || len(owners) != 1 || owners[0].KeyID != keyA {
		t.Errorf("the second finds %+v, %v", owners, err)
	}
}

// A network from before ids had owners: each is whose it would have been.
func TestOwnersOfOlderNetworks(t *testing.T) {
	e := dbtest.New(t)
	e.Admin(t, "DROP SCHEMA satis CASCADE")
	if err := postgres.MigrateTo(t.Context(), e.AdminURL, e.Secret, 9); err != nil {
		t.Fatal(err)
	}
	const n, user = "0198a000-0000-7000-8000-000000000001", "0198a000-0000-7000-8000-000000000002"
	statements := []string{"SET satis.network = '" + n + "'", "INSERT INTO network (id, name) VALUES ('" + n + "', 'Rete')"}
	for _, key := range []string{keyA, keyB} {
		statements = append(statements, fmt.Sprintf(`INSERT INTO publisher (network_id, key_id, name, public_key, added_by, added_at)
			VALUES ('%s', '%s', 'E', decode(repeat('00', 32), 'hex'), '%s', now())`, n, key, user))
	}
	statements = append(statements, fmt.Sprintf(`INSERT INTO plugin_file (network_id, sha256, packed, content, binary_sha256, manifest, stored_at)
		VALUES ('%s', repeat('0', 64), false, '', '', '{}', now())`, n))
	for i, v := range []struct{ plugin, version, key, state string }{
		{"of-a", "1.0.0", keyA, "verified"}, {"of-a", "2.0.0", keyB, "verified"},
		{"of-b", "1.0.0", keyA, "revoked"}, {"of-b", "2.0.0", keyB, "suspended"}, {"of-b", "3.0.0", keyA, "approved"},
		{"bundled", "1.0.0", keyA, "approved"}, {"bundled", "2.0.0", "", "suspended"},
	} {
		statements = append(statements, fmt.Sprintf(`INSERT INTO plugin_version (network_id, plugin_id, version, sha256, agency, publisher, key_id, state, submitted_at, updated_at)
			VALUES ('%s', '%s', '%s', repeat('0', 64), 'A', '', '%s', '%s', '2026-01-01'::timestamptz + interval '%d day', now())`, n, v.plugin, v.version, v.key, v.state, i))
	}
	e.Admin(t, statements...)
	if err := postgres.Migrate(t.Context(), e.AdminURL, e.Secret); err != nil {
		t.Fatal(err)
	}
	var got string
	e.Query(t, &got, `SELECT string_agg(plugin_id || ' ' || revision || ' ' || coalesce(key_id, '-'), ', ' ORDER BY plugin_id) FROM plugin_owner`)
	if diff := cmp.Diff("bundled 1 -, of-a 1 "+keyA+", of-b 1 "+keyB, got); diff != "" {
		t.Error(diff)
	}
	if list, err := postgres.Lint(t.Context(), e.AdminURL); err != nil || len(list) != 0 {
		t.Errorf("the wall afterwards: %v, %v", list, err)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package audit_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/tenant"
)

// chain appends as the database does: it is the second account of how entries are hashed.
type chain struct {
	entries []audit.Stored
	head    audit.Head
	fail    error
}

func (c *chain) AppendAudit(_ context.Context, payload, action, object, actor string, at time.Time) error {
	if c.fail != nil {
		return c.fail
	}
	seq := c.head.Seq + 1
	sum := sha256.Sum256(append(slices.Clone(c.head.Hash), strconv.FormatInt(seq, 10)+"\n"+payload...))
	c.entries = append(c.entries, audit.Stored{Seq: seq, Payload: payload, PrevHash: c.head.Hash, Hash: sum[:], Action: action, ObjectID: object, ActorID: actor, At: at})
	c.head = audit.Head{Seq: seq, Hash: sum[:]}
	return nil
}

func entry(i int) audit.Entry {
	return audit.Entry{At: time.Date(2026, 11, 22, 10, 0, i, 123456789, time.UTC), Actor: "u", Tenant: "t", Roles: []tenant.Role{tenant.Operator},
		Action: "edit", Object: "project@own", ID: "p" + strconv.Itoa(i), Outcome: audit.Allowed, PolicyVersion: 3, Detail: map[string]string{"to": "co_design"}}
}

func written(t testing.TB, n int) *chain {
	var c chain
	for i := range n {
		if err := audit.Append(context.Background(), &c, entry(i)); err != nil {
			t.Fatal(err)
		}
	}
	return &c
}

func verify(entries []audit.Stored, head audit.Head) error {
	var v audit.Verifier
	for _, e := range entries {
		if err := v.Add(e); err != nil {
			return err
		}
	}
	return v.Finish(head)
}

// What is appended is what is read back, to the microsecond that the database keeps.
func TestAppend(t *testing.T) {
	c := written(t, 1)
	got, err := c.entries[0].Entry()
	want := entry(0)
	want.At = want.At.Truncate(time.Microsecond)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	boom := errors.New("boom")
	if err := audit.Append(t.Context(), &chain{fail: boom}, entry(0)); !errors.Is(err, boom) {
		t.Errorf("an entry that cannot be written: %v", err)
	}
}

func TestWholeChainHolds(t *testing.T) {
	for _, n := range []int{0, 1, 20} {
		c := written(t, n)
		if err := verify(c.entries, c.head); err != nil {
			t.Errorf("%d entries: %v", n, err)
		}
	}
}

// Any one harm to any entry of any chain is found.
func TestEveryHarmIsFound(t *testing.T) {
	harms := map[string]func(list []audit.Stored, i int) []audit.Stored{
		"removed":   func(l []audit.Stored, i int) []audit.Stored { return slices.Delete(l, i, i+1) },
		"cut off":   func(l []audit.Stored, i int) []audit.Stored { return l[:i] },
		"doubled":   func(l []audit.Stored, i int) []audit.Stored { return slices.Insert(l, i, l[i]) },
		"reordered": func(l []audit.Stored, i int) []audit.Stored { l[i], l[(i+1)%len(l)] = l[(i+1)%len(l)], l[i]; return l },
		"payload":   func(l []audit.Stored, i int) []audit.Stored { l[i].Payload += " "; return l },
		"action":    func(l []audit.Stored, i int) []audit.Stored { l[i].Action = "read"; return l },
		"object":    func(l []audit.Stored, i int) []audit.Stored { l[i].ObjectID = "x"; return l },
		"actor":     func(l []audit.Stored, i int) []audit.Stored { l[i].ActorID = "x"; return l },
		"time":      func(l []audit.Stored, i int) []audit.Stored { l[i].At = l[i].At.Add(time.Microsecond); return l },
		"hash":      func(l []audit.Stored, i int) []audit.Stored { l[i].Hash = []byte("x"); return l },
		"previous":  func(l []audit.Stored, i int) []audit.Stored { l[i].PrevHash = []byte("x"); return l },
		"number":    func(l []audit.Stored, i int) []audit.Stored { l[i].Seq++; return l },
		"no JSON":   func(l []audit.Stored, i int) []audit.Stored { l[i].Payload = "{"; return l },
	}
	for name, harm := range harms {
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.IntRange(2, 8).Draw(t, "entries")
			c := written(noTB{}, n)
			i := rapid.IntRange(0, n-1).Draw(t, "which")
			if err := verify(harm(slices.Clone(c.entries), i), c.head); !errors.Is(err, audit.ErrBroken) {
				t.Fatalf("%s at %d of %d: %v", name, i, n, err)
			}
		})
	}
}

// noTB stands in where a property has no testing.TB to give; Append to a chain cannot fail.
type noTB struct{ testing.TB }

func (noTB) Fatal(args ...any) { panic(args) }

func TestCount(t *testing.T) {
	c := written(t, 3)
	var v audit.Verifier
	for i, e := range c.entries {
		if err := v.Add(e); err != nil || v.Count() != int64(i+1) {
			t.Fatalf("%d, %v", v.Count(), err)
		}
	}
	if err := v.Finish(audit.Head{Seq: 2, Hash: c.entries[1].Hash}); !errors.Is(err, audit.ErrBroken) {
		t.Errorf("a head that was set back: %v", err)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package seal

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/satis-toscana/satis/core/tenant"
)

const (
	anna  tenant.ID = "019b0000-0000-7000-8000-00000000000a"
	bruno tenant.ID = "019b0000-0000-7000-8000-00000000000b"
)

func newMasterForTest(t *testing.T) *Master {
	t.Helper()
	m, err := CreateMaster(t.TempDir() + "/master.key")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func keysOf(t *testing.T, m *Master, id tenant.ID) (*Keys, []byte) {
	t.Helper()
	wrapped, err := m.NewKeys(id)
	if err != nil {
		t.Fatal(err)
	}
	k, err := m.Open(id, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return k, wrapped
}

func drawPlace(rt *rapid.T, label string) Place {
	part := rapid.StringN(1, 12, -1)
	return Place{part.Draw(rt, label+" table"), part.Draw(rt, label+" column"), part.Draw(rt, label+" row")}
}

// A value opens at its own place for its own tenant, and nowhere else.
func TestSeal_opensOnlyAtItsPlace(t *testing.T) {
	m := newMasterForTest(t)
	a, _ := keysOf(t, m, anna)
	b, _ := keysOf(t, m, bruno)
	// The same key material under another tenant's name: the binding alone must hold.
	impostor := &Keys{tenant: bruno, fields: a.fields, index: a.index}
	rapid.Check(t, func(rt *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(rt, "plain")
		here, there := drawPlace(rt, "here"), drawPlace(rt, "there")
		sealed, err := a.Seal(here, plain)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := a.Open(here, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			rt.Fatalf("own place: %q, %v", got, err)
		}
		if here != there {
			if _, err := a.Open(there, sealed); !errors.Is(err, ErrSealed) {
				rt.Fatalf("another place: %v", err)
			}
		}
		for _, k := range []*Keys{b, impostor} {
			if _, err := k.Open(here, sealed); !errors.Is(err, ErrSealed) {
				rt.Fatalf("another tenant: %v", err)
			}
		}
	})
}

// Letters moved from one part of a place to the next make another place.
func TestSeal_placesAreUnambiguous(t *testing.T) {
	k, _ := keysOf(t, newMasterForTest(t), anna)
	sealed, err := k.Seal(Place{"person", "name", "1"}, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Place{{"personn", "ame", "1"}, {"person", "name1", "\x00"}, {"person", "name", "11"}, {"name", "person", "1"}} {
		if _, err := k.Open(p, sealed); !errors.Is(err, ErrSealed) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	for _, p := range []Place{{"", "name", "1"}, {"person", "", "1"}, {"person", "name", ""}} {
		if _, err := k.Seal(p, nil); !errors.Is(err, ErrPlace) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func TestSeal_tamperingFails(t *testing.T) {
	k, _ := keysOf(t, newMasterForTest(t), anna)
	p := Place{"person", "given_name", "1"}
	rapid.Check(t, func(rt *rapid.T) {
		sealed, err := k.Seal(p, rapid.SliceOf(rapid.Byte()).Draw(rt, "plain"))
		if err != nil {
			rt.Fatal(err)
		}
		bent := bytes.Clone(sealed)
		if rapid.Bool().Draw(rt, "cut") {
			bent = bent[:rapid.IntRange(0, len(bent)-1).Draw(rt, "length")]
		} else {
			bent[rapid.IntRange(0, len(bent)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "by"))
		}
		if _, err := k.Open(p, bent); !errors.Is(err, ErrSealed) {
			rt.Fatalf("opened, or another error: %v", err)
		}
	})
}

func TestSeal_sameValueTwiceDiffers(t *testing.T) {
	k, _ := keysOf(t, newMasterForTest(t), anna)
	p := Place{"person", "given_name", "1"}
	one, _ := k.Seal(p, []byte("Adaeze"))
	two, _ := k.Seal(p, []byte("Adaeze"))
	if bytes.Equal(one, two) {
		t.Error("equal values can be told from their sealed bytes")
	}
	if bytes.Contains(one, []byte("Adaeze")) {
		t.Error("the value is in the clear")
	}
}

func TestRotate_oldOpensAndIndexStays(t *testing.T) {
	m := newMasterForTest(t)
	before, wrapped := keysOf(t, m, anna)
	p := Place{"person", "given_name", "1"}
	old, err := before.Seal(p, []byte("Adaeze"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if wrapped, err = m.Rotate(anna, wrapped); err != nil {
			t.Fatal(err)
		}
	}
	after, err := m.Open(anna, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := after.Open(p, old); err != nil || string(got) != "Adaeze" {
		t.Errorf("old value under new keys: %q, %v", got, err)
	}
	if diff := cmp.Diff(before.Blind("given_name", "adaeze"), after.Blind("given_name", "adaeze")); diff != "" {
		t.Errorf("the blind index changed: %s", diff)
	}
	fresh, err := after.Seal(p, []byte("Adaeze"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.Open(p, fresh); !errors.Is(err, ErrSealed) {
		t.Errorf("the old keys open what the new one sealed: %v", err)
	}
}

func TestOpenBundle_refuses(t *testing.T) {
	m := newMasterForTest(t)
	_, wrapped := keysOf(t, m, anna)
	_, others := keysOf(t, m, anna)
	swapped := bytes.Replace(bytes.Replace(wrapped, []byte(`"fields"`), []byte(`"x"`), 1), []byte(`"index"`), []byte(`"fields"`), 1)
	bent := bytes.Clone(wrapped)
	bent[len(bent)/2] ^= 1
	for name, tc := range map[string]struct {
		m       *Master
		t       tenant.ID
		wrapped []byte
	}{
		"another tenant's":    {m, bruno, wrapped},
		"no tenant's":         {m, "", wrapped},
		"another master's":    {newMasterForTest(t), anna, wrapped},
		"changed":             {m, anna, bent},
		"cut":                 {m, anna, others[:20]},
		"empty":               {m, anna, nil},
		"parts in each other": {m, anna, swapped},
	} {
		if _, err := tc.m.Open(tc.t, tc.wrapped); !errors.Is(err, ErrBundle) {
			t.Errorf("%s bundle, open: %v", name, err)
		}
		if _, err := tc.m.Rotate(tc.t, tc.wrapped); !errors.Is(err, ErrBundle) {
			t.Errorf("%s bundle, rotate: %v", name, err)
		}
	}
	if _, err := m.NewKeys(""); err == nil {
		t.Error("keys for no tenant")
	}
}

func TestBlind(t *testing.T) {
	m := newMasterForTest(t)
	a, _ := keysOf(t, m, anna)
	b, _ := keysOf(t, m, bruno)
	base := a.Blind("given_name", "adaeze")
	if len(base) != BlindSize {
		t.Errorf("%d bytes", len(base))
	}
	if !bytes.Equal(base, a.Blind("given_name", "adaeze")) {
		t.Error("the same value twice differs")
	}
	for name, other := range map[string][]byte{
		"another value":    a.Blind("given_name", "adaez"),
		"another kind":     a.Blind("family_name", "adaeze"),
		"a shifted border": a.Blind("given_namea", "daeze"),
		"another tenant":   b.Blind("given_name", "adaeze"),
	} {
		if bytes.Equal(base, other) {
			t.Errorf("%s gives the same index value", name)
		}
	}
}

// No error quotes what was to be sealed or opened.
func TestErrors_holdNoValue(t *testing.T) {
	k, _ := keysOf(t, newMasterForTest(t), anna)
	_, sealErr := k.Seal(Place{}, []byte("Adaeze"))
	_, openErr := k.Open(Place{"person", "name", "Adaeze"}, []byte("Adaeze"))
	for _, err := range []error{sealErr, openErr} {
		if err == nil || strings.Contains(err.Error(), "Adaeze") {
			t.Errorf("got %v", err)
		}
	}
}

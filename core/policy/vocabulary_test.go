// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"slices"
	"testing"
)

func TestVocabularyFitsTheIndex(t *testing.T) {
	all := Permissions()
	if room := len(rights{}) * 64; len(all) > room {
		t.Errorf("%d permissions, but rights has room for %d: make it longer", len(all), room)
	}
	seen := map[uint8]Permission{}
	for _, p := range all {
		bit, ok := bitOf(p.Object, p.Action)
		if other, twice := seen[bit]; twice || !ok {
			t.Errorf("%v has the bit of %v", p, other)
		}
		seen[bit] = p
	}
	if n := len(AllRoles()); n > 16 {
		t.Errorf("%d roles do not fit roleSet", n)
	}
}

func TestKnown(t *testing.T) {
	for _, p := range Permissions() {
		if !Known(p.Object, p.Action) {
			t.Errorf("%v is listed but not known", p)
		}
		if p.Object.thing() == "" || !slices.Contains([]string{"own", "shared", "submitted", "network", "self"}, p.Object.relation()) {
			t.Errorf("%v is not thing@relation", p)
		}
	}
	for _, o := range Permissions() {
		for _, a := range Permissions() {
			if got, want := Known(o.Object, a.Action), slices.Contains(Permissions(), Permission{o.Object, a.Action}); got != want {
				t.Errorf("Known(%s, %s) = %v", o.Object, a.Action, got)
			}
		}
	}
	for _, p := range []Permission{{}, {ProjectOwn, ""}, {"", Read}, {ProjectOwn, Approve}, {ProjectSubmitted, Edit}, {"project", Read}} {
		if Known(p.Object, p.Action) {
			t.Errorf("%v is known", p)
		}
	}
}

func TestPermissionsOrderIsStable(t *testing.T) {
	if !slices.Equal(Permissions(), Permissions()) {
		t.Error("two calls differ")
	}
	Permissions()[0] = Permission{}
	if Permissions()[0] == (Permission{}) {
		t.Error("a caller can change the vocabulary")
	}
}

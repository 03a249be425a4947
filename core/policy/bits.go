// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

// rights is a set of permissions, each at its bit. A test fails before the vocabulary
// outgrows it.
type rights [3]uint64

func (s *rights) add(bit uint8)      { s[bit>>6] |= 1 << (bit & 63) }
func (s *rights) has(bit uint8) bool { return s[bit>>6]&(1<<(bit&63)) != 0 }

func (s *rights) join(o rights) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s *rights) drop(o rights) {
	for i := range s {
		s[i] &^= o[i]
	}
}

// bitTable finds a permission's bit. The vocabulary is fixed and small, so a table of our
// own, open-addressed and mostly empty, takes a third of a map's time.
type bitTable [512]struct {
	Permission
	bit uint8
}

var bits = func() *bitTable {
	var t bitTable
	for i, p := range Permissions() {
		at := slot(p.Object, p.Action)
		for t[at].Object != "" {
			at = (at + 1) % len(t)
		}
		t[at].Permission, t[at].bit = p, uint8(i)
	}
	return &t
}()

// bitOf gives a permission's bit; ok is false for one that is not Known.
func bitOf(o Object, a Action) (bit uint8, ok bool) {
	if o == "" || a == "" {
		return 0, false
	}
	for at := slot(o, a); bits[at].Object != ""; at = (at + 1) % len(bits) {
		if bits[at].Object == o && bits[at].Action == a {
			return bits[at].bit, true
		}
	}
	return 0, false
}

// slot mixes the lengths and a few letters, enough to tell the vocabulary's words apart.
// Neither word is empty.
func slot(o Object, a Action) int {
	h := uint32(len(o))<<8 | uint32(len(a))
	for _, c := range [...]byte{o[0], o[len(o)/2], o[len(o)-1], a[0], a[len(a)/2], a[len(a)-1]} {
		h = (h ^ uint32(c)) * 16777619
	}
	return int(h>>16) % len(bitTable{})
}

// SPDX-License-Identifier: BSD-3-Clause

package form

import "slices"

// Class says how sensitive a value is, and with that how far it may travel.
type Class string

// The classes, from the least to the most sensitive.
const (
	ClassPublic   Class = "public"   // fit for publication
	ClassNetwork  Class = "network"  // for every member of the network
	ClassCase     Class = "case"     // part of a person's case
	ClassPrivate  Class = "private"  // the author's own side only
	ClassIdentity Class = "identity" // tells who the person is
)

var classOrder = []Class{ClassPublic, ClassNetwork, ClassCase, ClassPrivate, ClassIdentity}

// Effective is the class that counts: a class left out or not known counts as identity,
// so a forgotten class hides too much and never too little.
func (c Class) Effective() Class {
	if slices.Contains(classOrder, c) {
		return c
	}
	return ClassIdentity
}

// AtMost reports whether c is no more sensitive than limit. A limit that is not known
// lets nothing through but what is public.
func (c Class) AtMost(limit Class) bool {
	if !slices.Contains(classOrder, limit) {
		limit = ClassPublic
	}
	return slices.Index(classOrder, c.Effective()) <= slices.Index(classOrder, limit)
}

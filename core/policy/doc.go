// SPDX-License-Identifier: AGPL-3.0-or-later

// Package policy answers one question: may this actor do this to a thing of this sort?
//
// Rules and grants are compiled into an immutable Snapshot, one for each version of a
// network's policy, and a Store holds the snapshot in force. Whatever no rule allows is
// denied, and one denying rule outweighs any number of allowing ones.
//
// The question never names a record. What depends on the record (whose it is, who wrote it,
// what state it is in) is worked out by the caller from the loaded row and goes into the
// Object's relation, or is a rule of casework. So a list costs one decision, not one a row.
//
// Two engines hold the same policy. Casbin is the reference: it reads policies/model.conf,
// explains itself, and is slow. An index compiled from the same rows is what requests ask.
// A property test keeps the two equal.
//
// The package must not know the database, HTTP, or any record.
package policy

// SPDX-License-Identifier: AGPL-3.0-or-later

// Package isolation proves that the organisations of an installation are kept apart, and
// writes what it found as a signed report.
//
// Five proofs: the catalogue of the database keeps every rule of the wall; every route
// answers another organisation's id and an unknown one with the same bytes, for every role;
// however the work of two organisations is mixed, no word of one reaches the other, a log
// line or a metric; each hole that is broken into the wall on purpose is found; and a
// connection that was cancelled or panicked on never serves the next organisation another's
// rows.
//
// The real database is only read, and only its catalogue. All else happens in a scratch
// database beside it, made of the same migrations, which is removed afterwards. What is
// proved of a running server is asked with reading requests only.
package isolation

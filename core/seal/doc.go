// SPDX-License-Identifier: AGPL-3.0-or-later

// Package seal encrypts the fields that say who a person is, before they reach the database.
//
// It guards against the stolen dump: a backup, a replica, a disk or a curious database
// administrator shows no name. It does not guard against the running server, which holds the
// keys; who may read is decided elsewhere.
//
// Every tenant has a bundle of keys of its own, kept in the database and wrapped by a master
// key that lives in a file beside it, never in it. A sealed value opens only for its tenant
// and at its place (table, column, row): copied into another row it is worthless. Lengths
// are not hidden.
//
// Blind indexes make exact search possible. They reveal, within one tenant, which values are
// equal and how often each occurs; between tenants they reveal nothing. Whoever has the
// tenant's keys can test guesses, whoever has the dump alone cannot.
package seal

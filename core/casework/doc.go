// SPDX-License-Identifier: AGPL-3.0-or-later

// Package casework is what a case worker would recognise: the person, the individualised
// project and its plan, the life of a project from draft to active, and the rules on them.
//
// It knows nothing of databases, HTTP, policies or plugins: it takes values, and answers
// with values or with complaints from core/fault. Money is int64 euro cents; a Date is a
// civil date of Europe/Rome; instants are UTC.
package casework

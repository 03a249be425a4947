// SPDX-License-Identifier: AGPL-3.0-or-later

// Package house holds the laws of the house as tests: which package may import which, and
// what every file must have. It has no code of its own; each law stands with its reason.
package house

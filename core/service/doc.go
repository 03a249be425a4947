// SPDX-License-Identifier: AGPL-3.0-or-later

// Package service is the one door to everything that is stored.
//
// Every method reads the same: who acts, from the context; load the thing under row-level
// security; may the actor do this to the loaded thing; does the rule of casework hold;
// write; audit, in the same transaction; answer. What is not the actor's is answered
// exactly like what does not exist.
package service

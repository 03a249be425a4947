// SPDX-License-Identifier: AGPL-3.0-or-later

// Package credential knows what proves who somebody is: passwords and random tokens.
//
// It turns them into what may be stored and compares them; it stores nothing itself and
// knows neither users nor sessions. No error and no code it gives holds a secret.
package credential

// SPDX-License-Identifier: AGPL-3.0-or-later

package casework

import (
	"crypto/rand"
	"strings"
)

// PersonID is the UUID of a person in one tenant.
type PersonID string

// ProjectID is the UUID of an individualised project.
type ProjectID string

// InterventionID is the UUID of a live intervention.
type InterventionID string

// DecisionID is the UUID of a stored subsidy decision.
type DecisionID string

// codeAlphabet has no letter that can be misread aloud or mistaken for a digit.
const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewPersonCode makes the code a person is known by wherever the name must not appear. It
// is random, so that it tells nothing of the person or of when the case was opened.
func NewPersonCode() string { return newCode("P") }

// NewProjectCode makes the code of a project.
func NewProjectCode() string { return newCode("PI") }

func newCode(prefix string) string {
	var raw [8]byte
	rand.Read(raw[:])
	var b strings.Builder
	b.WriteString(prefix)
	for i, c := range raw {
		if i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(codeAlphabet[int(c)%len(codeAlphabet)])
	}
	return b.String()
}

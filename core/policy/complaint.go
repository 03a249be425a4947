// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"errors"
	"fmt"

	"github.com/satis-toscana/satis/core/fault"
)

// Codes of the fault.Fields of a refused policy; an invariant has a code of its own.
const (
	codeMalformed         = "policy_malformed"
	codeUnknownRole       = "policy_unknown_role"
	codeUnknownPermission = "policy_unknown_permission"
	codeDuplicate         = "policy_duplicate"
	codeKind              = "policy_wrong_kind"
)

// maxComplaints keeps the report of a hopeless file readable.
const maxComplaints = 50

// complaints gathers what is wrong with a policy.
type complaints struct {
	fields []fault.Field
	texts  []error
}

func (c *complaints) add(path, code, text string) {
	if len(c.fields) < maxComplaints {
		c.fields = append(c.fields, fault.At(path, code))
		c.texts = append(c.texts, errors.New(text))
	}
}

func (c *complaints) rule(line int, code, reason string) {
	c.add(fmt.Sprintf("rules/%d", line), code, fmt.Sprintf("line %d: %s", line, reason))
}

func (c *complaints) grant(n int, code, reason string) {
	c.add(fmt.Sprintf("grants/%d", n), code, fmt.Sprintf("grant %d: %s", n, reason))
}

// err is nil where there was nothing to complain of.
func (c *complaints) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	e := fault.Wrap(errors.Join(c.texts...), fault.Invalid, "policy_refused")
	e.Fields = c.fields
	return e
}

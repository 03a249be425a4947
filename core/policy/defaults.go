// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"fmt"

	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/policies"
)

// Defaults parses the policy that a new network starts with: the embedded policies/*.csv,
// kind by kind. Lines count within each file.
func Defaults() ([]Rule, error) {
	var all []Rule
	for _, k := range tenant.Kinds() {
		name := string(k) + ".csv"
		text, err := policies.Files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("policy: reading the defaults: %w", err)
		}
		rules, err := Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("policy: parsing %s: %w", name, err)
		}
		all = append(all, rules...)
	}
	return all, nil
}

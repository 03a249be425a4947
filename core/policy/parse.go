// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/satis-toscana/satis/core/tenant"
)

// lines iterates over the lines of a policy file that say something: the number of each,
// from 1, and its parts between commas. Blank lines and those that begin with # say nothing.
func lines(text string) iter.Seq2[int, []string] {
	return func(yield func(int, []string) bool) {
		n := 0
		for line := range strings.Lines(text) {
			n++
			if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			parts := strings.Split(line, ",")
			for i := range parts {
				parts[i] = strings.TrimSpace(parts[i])
			}
			if !yield(n, parts) {
				return
			}
		}
	}
}

// Parse reads the rules of a policy file: one a line, as Rule.String writes them, with blank
// lines and lines that begin with # left out. It refuses the whole file for one malformed
// line; the error is of kind fault.Invalid, as Compile's, and then names what is wrong with
// the other rules too. Otherwise what the words mean is Compile's to check.
func Parse(text string) ([]Rule, error) {
	var bad complaints
	var rules []Rule
	for n, parts := range lines(text) {
		rules = bad.takeRule(rules, "", n, parts)
	}
	if len(bad.list) > 0 {
		checkRules(rules, nil, &bad)
		bad.sort([]Source{{}})
		return nil, bad.err()
	}
	return rules, nil
}

// Source is a policy file.
type Source struct{ Name, Text string }

// ParseFiles is Parse for a policy in several files, which may also say who is given or
// loses a role, in lines as GrantChange.String writes them; what is wrong is told by file
// and line.
func ParseFiles(files []Source) ([]Rule, []GrantChange, error) {
	var bad complaints
	var rules []Rule
	var changes []GrantChange
	for _, f := range files {
		for n, parts := range lines(f.Text) {
			if parts[0] == grantWord {
				changes = bad.takeGrant(changes, f.Name, n, parts)
			} else {
				rules = bad.takeRule(rules, f.Name, n, parts)
			}
		}
	}
	checkChanges(changes, &bad)
	if len(bad.list) > 0 {
		checkRules(rules, nil, &bad)
		bad.sort(files)
		return nil, nil, bad.err()
	}
	return rules, changes, nil
}

// Format writes rules as the text of a policy file, one a line.
func Format(rules []Rule) string {
	var b strings.Builder
	for _, r := range rules {
		b.WriteString(r.String() + "\n")
	}
	return b.String()
}

// takeRule appends the rule of a line, or complains about it.
func (c *complaints) takeRule(rules []Rule, file string, n int, parts []string) []Rule {
	r, err := parseRule(parts)
	if err != nil {
		c.rule(file, n, codeMalformed, err.Error())
		return rules
	}
	r.File, r.Line = file, n
	return append(rules, r)
}

// parseRule reads "p, role:<role>, * or tenant:<uuid>, <object>, <action>, allow or deny".
func parseRule(f []string) (Rule, error) {
	if len(f) != 6 || f[0] != "p" {
		return Rule{}, errors.New("want: p, role, tenant, object, action, effect")
	}
	role, ok := strings.CutPrefix(f[1], rolePrefix)
	if !ok {
		return Rule{}, fmt.Errorf("the role must begin with %q", rolePrefix)
	}
	rule := Rule{Role: tenant.Role(role), Object: Object(f[3]), Action: Action(f[4]), Deny: f[5] == "deny"}
	if f[5] != "allow" && f[5] != "deny" {
		return Rule{}, errors.New(`the effect must be "allow" or "deny"`)
	}
	if f[2] == everyTenant {
		return rule, nil
	}
	id, ok := strings.CutPrefix(f[2], tenantPrefix)
	if !ok || !tenant.ValidUUID(id) {
		return Rule{}, fmt.Errorf("the tenant must be %q or %q and a UUID", everyTenant, tenantPrefix)
	}
	rule.Tenant = tenant.ID(id)
	return rule, nil
}

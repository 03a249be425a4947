// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/satis-toscana/satis/core/tenant"
)

// Parse reads the rules of a policy file: one a line, as Rule.String writes them, with blank
// lines and lines that begin with # left out. It refuses the whole file for one malformed
// line; the error is of kind fault.Invalid, as Compile's, and then names what is wrong with
// the other rules too. Otherwise what the words mean is Compile's to check.
func Parse(r io.Reader) ([]Rule, error) {
	var bad complaints
	rules := parseFile("", r, &bad)
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
		rules = append(rules, parseLines(f.Name, strings.NewReader(f.Text), &bad, func(n int, text string) bool {
			if !isGrantLine(text) {
				return false
			}
			c, err := parseGrantChange(text)
			if err != nil {
				bad.grantLine(f.Name, n, codeRoleMalformed, err.Error())
				return true
			}
			c.File, c.Line = f.Name, n
			changes = append(changes, c)
			return true
		})...)
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

func parseFile(name string, r io.Reader, bad *complaints) []Rule {
	return parseLines(name, r, bad, func(int, string) bool { return false })
}

// parseLines reads the lines that other does not take.
func parseLines(name string, r io.Reader, bad *complaints, other func(n int, text string) bool) (rules []Rule) {
	lines := bufio.NewScanner(r)
	n := 0
	for lines.Scan() {
		n++
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") || other(n, text) {
			continue
		}
		rule, err := parseRule(text)
		if err != nil {
			bad.rule(name, n, codeMalformed, err.Error())
			continue
		}
		rule.File, rule.Line = name, n
		rules = append(rules, rule)
	}
	if err := lines.Err(); err != nil {
		bad.rule(name, n+1, codeMalformed, err.Error())
	}
	return rules
}

// parseRule reads "p, role:<role>, * or tenant:<uuid>, <object>, <action>, allow or deny".
func parseRule(text string) (Rule, error) {
	f := strings.Split(text, ",")
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
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

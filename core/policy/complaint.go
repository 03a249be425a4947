// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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

// Complaint is one thing that is wrong with a policy.
type Complaint struct {
	// File and Line say where, from 1; the file is empty where rules came from no file, the
	// line 0 where the complaint is about a grant or the whole.
	File string
	Line int
	// Code is the text's key in the catalogue, Reason the same in plain English.
	Code, Reason string
}

// String spells the complaint as compilers do: file:line: reason.
func (c Complaint) String() string {
	if c.Line == 0 {
		return c.Reason
	}
	return c.place() + ": " + c.Reason
}

// place is where the rule stands: "line 3", or "file.csv:3".
func (c Complaint) place() string {
	if c.File == "" {
		return fmt.Sprintf("line %d", c.Line)
	}
	return fmt.Sprintf("%s:%d", c.File, c.Line)
}

// Refusal is why a policy was refused: the cause of the fault.Invalid that Parse and Compile
// return.
type Refusal struct{ Complaints []Complaint }

// Error tells every complaint, one a line.
func (r *Refusal) Error() string {
	lines := make([]string, len(r.Complaints))
	for i, c := range r.Complaints {
		lines[i] = c.String()
	}
	return strings.Join(lines, "\n")
}

// complaints gathers what is wrong with a policy.
type complaints struct {
	fields []fault.Field
	list   []Complaint
}

func (c *complaints) add(path string, k Complaint) {
	if len(c.fields) < maxComplaints {
		c.fields = append(c.fields, fault.At(path, k.Code))
		c.list = append(c.list, k)
	}
}

func (c *complaints) whole(path, reason string) {
	c.add(path, Complaint{Code: codeMalformed, Reason: reason})
}

func (c *complaints) rule(file string, line int, code, reason string) {
	c.add(fmt.Sprintf("rules/%d", line), Complaint{File: file, Line: line, Code: code, Reason: reason})
}

func (c *complaints) grant(n int, code, reason string) {
	c.add(fmt.Sprintf("grants/%d", n), Complaint{Code: code, Reason: fmt.Sprintf("grant %d: %s", n, reason)})
}

// grantLine is about a change of roles, which stands on a line of its own.
func (c *complaints) grantLine(file string, line int, code, reason string) {
	c.add(fmt.Sprintf("grants/%d", line), Complaint{File: file, Line: line, Code: code, Reason: reason})
}

// sort puts complaints in the order of the files and their lines.
func (c *complaints) sort(files []Source) {
	order := make([]int, len(c.list))
	for i := range order {
		order[i] = i
	}
	at := func(i int) (file, line int) {
		k := c.list[i]
		return slices.IndexFunc(files, func(f Source) bool { return f.Name == k.File }), k.Line
	}
	slices.SortStableFunc(order, func(i, j int) int {
		fi, li := at(i)
		fj, lj := at(j)
		return cmp.Or(fi-fj, li-lj)
	})
	fields, list := c.fields, c.list
	c.fields, c.list = nil, nil
	for _, i := range order {
		c.fields, c.list = append(c.fields, fields[i]), append(c.list, list[i])
	}
}

// err is nil where there was nothing to complain of.
func (c *complaints) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	e := fault.Wrap(&Refusal{c.list}, fault.Invalid, "policy_refused")
	e.Fields = c.fields
	return e
}

// SPDX-License-Identifier: BSD-3-Clause

package form

import (
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

func (c *check) multiChoice(v any) {
	list, ok := asList(v)
	if !ok {
		c.add(CodeWrongKind)
		return
	}
	seen := make(map[string]bool, len(list))
	for i, item := range list {
		s, ok := item.(string)
		switch {
		case !ok:
			c.addAt(strconv.Itoa(i), CodeWrongKind)
		case !c.hasOption(s):
			c.addAt(strconv.Itoa(i), CodeNotAnOption)
		case seen[s]:
			c.addAt(strconv.Itoa(i), CodeDuplicate)
		}
		seen[s] = true
		if i > maxOptions {
			break // the count below says so; no need to look at the rest
		}
	}
	c.count(len(list))
}

func (c *check) table(v any) {
	list, ok := asList(v)
	if !ok {
		c.add(CodeWrongKind)
		return
	}
	c.count(len(list))
	if _, high := c.field.bounds(); int64(len(list)) > high {
		return
	}
	row := Form{Fields: c.field.Columns}
	for i, item := range list {
		values, ok := item.(map[string]any)
		if !ok {
			c.addAt(strconv.Itoa(i), CodeWrongKind)
			continue
		}
		c.out = row.validate(c.path+"/"+strconv.Itoa(i)+"/", values, c.mode, c.out)
	}
}

// members takes an object with a closed set of string members apart. What is not a
// string or not a member is a problem; ok is false where v is no object at all.
func (c *check) members(v any, names ...string) (map[string]string, bool) {
	obj, ok := v.(map[string]any)
	if !ok {
		c.add(CodeWrongKind)
		return nil, false
	}
	out := make(map[string]string, len(names))
	for _, name := range names {
		if x, there := obj[name]; there {
			if s, ok := x.(string); ok {
				out[name] = s
			} else {
				c.addAt(name, CodeWrongKind)
			}
		} else if c.mode == Complete && c.demands(name, obj) {
			c.addAt(name, CodeRequired)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(obj)) {
		if !slices.Contains(names, key) {
			c.addAt(safeKey(key), CodeUnknownField)
		}
	}
	return out, true
}

// demands reports whether a complete object must have the member: both ends of a range,
// the title of a course, and the catalog of an edition.
func (c *check) demands(name string, obj map[string]any) bool {
	if name == "catalog" {
		_, edition := obj["edition"]
		return edition
	}
	return name != "edition"
}

func (c *check) dateRange(v any) {
	got, ok := c.members(v, "from", "to")
	if !ok {
		return
	}
	var ends []time.Time
	for _, name := range []string{"from", "to"} {
		s, there := got[name]
		if !there {
			continue
		}
		if t, ok := parseDate(s); ok {
			ends = append(ends, t)
		} else {
			c.addAt(name, CodeBadDate)
		}
	}
	if len(ends) == 2 && ends[0].After(ends[1]) {
		c.add(CodeFromAfterTo)
	}
}

func (c *check) course(v any) {
	got, ok := c.members(v, "title", "catalog", "edition")
	if !ok {
		return
	}
	if title, there := got["title"]; there {
		switch {
		case !cleanText(title):
			c.addAt("title", CodeBadText)
		case utf8.RuneCountInString(title) > maxReference:
			c.out = append(c.out, Problem{Path: c.path + "/title", Code: CodeTooLong, Params: map[string]string{"limit": strconv.Itoa(maxReference)}})
		case c.mode == Complete && isBlank(title):
			c.addAt("title", CodeRequired)
		}
	}
	for _, name := range []string{"catalog", "edition"} {
		if s, there := got[name]; there && !isReference(s) {
			c.addAt(name, CodeWrongKind)
		}
	}
}

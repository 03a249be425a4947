// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/sdk"
)

// columns are those of the first line of a CSV, and the members of an object of a JSON
// list. needed are those without which nothing can be read.
var (
	columns = []string{
		"id", "course", "title_it", "title_en", "area", "provider", "istat_code", "municipality", "starts", "ends", "enrol_by",
		"hours", "seats", "level", "qualification_it", "qualification_en", "prerequisites", "cost", "childcare",
	}
	needed = []string{"id", "title_it", "area", "provider", "istat_code", "municipality", "starts", "ends", "hours", "seats"}
)

// Bounds of a feed.
const (
	maxRemarks  = 100
	maxEditions = 10_000
)

// reading is a feed on its way to editions.
type reading struct {
	out  sdk.Import
	seen map[string]bool
}

// remark notes what is wrong at a line, 1 for the first, or at a column of it.
func (r *reading) remark(line int, column string, p problem) {
	path := strconv.Itoa(line)
	if column != "" {
		path += "/" + column
	}
	if len(r.out.Diagnostics) < maxRemarks {
		r.out.Diagnostics = append(r.out.Diagnostics, sdk.Diagnostic{Path: path, Code: p.code, Text: p.text})
	}
}

// csv reads lines apart by "," or ";", whichever the first line has more of.
func (r *reading) csv(ctx context.Context, content []byte) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	head, _, _ := bytes.Cut(content, []byte("\n"))
	lines := csv.NewReader(bytes.NewReader(content))
	lines.FieldsPerRecord, lines.TrimLeadingSpace = -1, true
	if bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		lines.Comma = ';'
	}
	names, err := lines.Read()
	if err != nil || !r.header(names) {
		if err != nil {
			r.remark(1, "", notReadable)
		}
		return
	}
	for ctx.Err() == nil {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		line := 0
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			line = broken.StartLine // there may be no field to ask for its place
		} else if err == nil {
			line, _ = lines.FieldPos(0)
		}
		if err != nil || len(fields) != len(names) {
			r.remark(line, "", notReadable)
			if len(r.out.Diagnostics) == maxRemarks {
				return
			}
			continue
		}
		row := map[string]string{}
		for i, name := range names {
			row[name] = strings.TrimSpace(fields[i])
		}
		r.row(line, row)
	}
}

// header reports whether the first line names every column that is needed.
func (r *reading) header(names []string) bool {
	for i := range names {
		names[i] = strings.ToLower(strings.TrimSpace(names[i]))
	}
	ok := true
	for _, c := range needed {
		if !slices.Contains(names, c) {
			r.remark(1, c, columnMissing)
			ok = false
		}
	}
	return ok
}

// json reads a list of objects with the names of the columns. Numbers and yes or no may be
// spelled as such or as strings.
func (r *reading) json(content []byte) {
	var rows []map[string]any
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	if err := d.Decode(&rows); err != nil {
		r.remark(1, "", notReadable)
		return
	}
	for i, object := range rows {
		row := map[string]string{}
		for name, v := range object {
			row[name] = spelled(v)
		}
		r.row(i+1, row)
	}
}

func spelled(v any) string {
	switch x := v.(type) {
	case string:
		return strings.TrimSpace(x)
	case json.Number:
		return x.String()
	case bool:
		if x {
			return "yes"
		}
		return "no"
	case []any:
		var parts []string
		for _, item := range x {
			parts = append(parts, spelled(item))
		}
		return strings.Join(parts, "|")
	}
	return ""
}

// row takes one edition in.
func (r *reading) row(line int, row map[string]string) {
	e, column, p := editionOf(row)
	switch {
	case p.code != "":
		r.remark(line, column, p)
	case e.Check() != nil:
		r.remark(line, "", notSensible)
	case r.seen[e.ID]:
		r.remark(line, "id", usedTwice)
	case len(r.out.Editions) == maxEditions:
		r.remark(line, "", tooMany)
	default:
		if r.seen == nil {
			r.seen = map[string]bool{}
		}
		r.seen[e.ID] = true
		r.out.Editions = append(r.out.Editions, e)
	}
}

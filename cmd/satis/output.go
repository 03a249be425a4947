// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// outputFlag chooses how a list is printed.
type outputFlag struct {
	Output string `short:"o" enum:"table,json" default:"table" help:"table for people, json for programs."`
}

// print writes rows as a table with a head, or values as JSON.
func (f outputFlag) print(w io.Writer, values any, head []string, rows [][]string) error {
	if f.Output == "json" {
		return printJSON(w, values)
	}
	return printTable(w, head, rows)
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func printTable(w io.Writer, head []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(head, "\t"))
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	return t.Flush()
}

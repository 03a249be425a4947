// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

type pluginShowCmd struct{ stepCmd }

// Run tells all that one decides by.
func (c pluginShowCmd) Run(ctx context.Context, std streams) error {
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	var p pluginAnswer
	if _, err := server.get(ctx, c.path(), &p); err != nil {
		return err
	}
	return c.tell(std.out, p, []string{"WHAT", "VALUE"}, p.rows())
}

// rows are the version in a table of two columns.
func (p pluginAnswer) rows() [][]string {
	head := p.row()
	rows := [][]string{{"plugin", p.ID + " " + p.Version}, {"agency", oneLine(p.Agency)}, {"publisher", orDash(oneLine(p.Publisher))}, {"sha256", p.SHA256},
		{"state", p.State}, {"revision", head[3]}, {"active for", head[4]}}
	rows = append(rows, p.ownerRow()...)
	if p.Running != "" {
		rows = append(rows, []string{"on this server", fmt.Sprintf("%s, %d processes", p.Running, p.Processes)})
	}
	if p.LastError != "" {
		rows = append(rows, []string{"last error", oneLine(p.LastError)})
	}
	if !p.CheckedAt.IsZero() {
		rows = append(rows, []string{"checked", fmt.Sprintf("%s, %d findings", day(p.CheckedAt), len(p.Findings))})
	}
	for _, f := range p.Findings {
		rows = append(rows, []string{"finding", oneLine(f)})
	}
	for _, o := range p.Offers {
		rows = append(rows, []string{o.What + " " + o.Code, oneLine(o.Title.EN)})
		for _, f := range o.Facts {
			rows = append(rows, []string{"  asks for " + f.Name, "(" + f.Class + ") " + oneLine(f.Purpose.EN)})
		}
	}
	return append(append(rows, p.changeRows()...), p.historyRows()...)
}

func (p pluginAnswer) changeRows() (rows [][]string) {
	if p.Before != "" {
		rows = append(rows, []string{"compared with", p.Before})
		for _, c := range p.Changes {
			rows = append(rows, []string{c.Kind, strings.TrimSpace(c.What + " " + oneLine(c.Code+" "+beforeNow(c.Old, c.New)))})
			for _, d := range c.Details {
				rows = append(rows, []string{"  " + strings.ReplaceAll(oneLine(d.What), "_", " "), d.text()})
			}
		}
	}
	if p.Shadow != nil {
		rows = append(rows, p.Shadow.rows()...)
	}
	return rows
}

// text says what a fact's question was and is.
func (d factChange) text() string {
	value := func(v string) string {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && d.Unit == "cents" {
			return euro(n) + " euro"
		}
		return orDash(oneLine(v))
	}
	switch {
	case d.What == "option_added" || d.What == "option_removed":
		return oneLine(d.Old + d.New)
	case d.Old == "" && d.New == "":
		return "changed"
	}
	return "before " + value(d.Old) + ", now " + value(d.New)
}

// beforeNow joins what was and is; "" where neither is told.
func beforeNow(was, is string) string {
	if was == "" && is == "" {
		return ""
	}
	return "before " + orDash(was) + ", now " + orDash(is)
}

func (p pluginAnswer) historyRows() (rows [][]string) {
	for _, o := range p.Organisations {
		note := ""
		switch {
		case o.Pinned:
			note = ", pinned"
		case o.Own:
			note = ", its own line"
		}
		rows = append(rows, []string{"used by " + oneLine(o.Name), orDash(o.Version) + note})
	}
	for _, s := range p.Steps {
		rows = append(rows, []string{day(s.At), strings.TrimSpace(s.Step + " " + oneLine(s.Actor+" "+s.Reason))})
	}
	return rows
}

func (s shadowAnswer) rows() [][]string {
	return [][]string{{"shadow run", day(s.At)}, {"  decisions asked again", fmt.Sprint(s.Asked)}, {"  unchanged", fmt.Sprint(s.Unchanged)},
		{"  changed", fmt.Sprint(s.Changed)}, {"  not replayable", fmt.Sprint(s.NotReplayable)},
		{"  total before, euro", euro(s.OldCents)}, {"  total after, euro", euro(s.NewCents)}}
}

func euro(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)
}

type pluginShadowCmd struct{ stepCmd }

// Run asks for past decisions again.
func (c pluginShadowCmd) Run(ctx context.Context, std streams) error {
	p, err := c.step(ctx, std, "shadow", nil)
	if err != nil {
		return err
	}
	if p.Shadow == nil {
		return fmt.Errorf("the server told of no shadow run")
	}
	rows := append(p.Shadow.rows(), []string{"revision", strconv.FormatInt(p.Revision, 10)}) // the run is a step too
	return c.tell(std.out, p, []string{"WHAT", "VALUE"}, rows)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/sdk/form"
)

// courseCmd is for those who keep the catalogs of courses, and for their nightly jobs.
type courseCmd struct {
	Import courseImportCmd `cmd:"" help:"Import a catalog's courses from a file or an https address."`
	List   courseListCmd   `cmd:"" help:"List the courses of the catalogs that the token's organisation can use."`
}

type courseListCmd struct {
	serverFlags
	clientOutput
	Text         string `help:"Words to look for."`
	Municipality string `help:"A name or an ISTAT code."`
	Area         string `help:"language, vocational, licence or other."`
	From         string `help:"The earliest first day, YYYY-MM-DD."`
	To           string `help:"The latest first day."`
	Catalog      string `help:"One catalog only."`
	Open         bool   `help:"Leave out what nobody can be enrolled in today."`
	Limit        int    `default:"100" help:"How many at most."`
}

// courseAnswer is an edition as the API tells it.
type courseAnswer struct {
	casework.Edition
	Left int  `json:"left"`
	Open bool `json:"open"`
}

// Run lists the courses, the soonest first.
func (c courseListCmd) Run(ctx context.Context, std streams) error {
	if c.Limit < 1 {
		return usage("--limit must be at least 1")
	}
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	q := url.Values{}
	for name, value := range map[string]string{"text": c.Text, "municipality": c.Municipality, "area": c.Area, "from": c.From, "to": c.To, "catalog": c.Catalog} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if c.Open {
		q.Set("open", "true")
	}
	found, total := []courseAnswer{}, 0
	for {
		q.Set("limit", strconv.Itoa(min(100, c.Limit-len(found))))
		var p struct {
			items[courseAnswer]
			Total int `json:"total"`
		}
		if _, err := server.get(ctx, "/courses?"+q.Encode(), &p); err != nil {
			return err
		}
		found, total = append(found, p.Items...), p.Total
		if p.Next == "" || len(p.Items) == 0 || len(found) >= c.Limit {
			break
		}
		q.Set("cursor", p.Next)
	}
	if total > len(found) {
		fmt.Fprintf(std.err, "%d of %d\n", len(found), total)
	}
	rows := make([][]string, len(found))
	for i, e := range found {
		rows[i] = []string{e.Catalog, oneLine(e.ID), string(e.Starts), oneLine(e.Municipality), fmt.Sprintf("%d/%d", e.Left, e.Seats), e.Area, oneLine(inWords(e.Title))}
	}
	return c.tell(std.out, found, []string{"CATALOG", "EDITION", "STARTS", "MUNICIPALITY", "FREE", "AREA", "TITLE"}, rows)
}

// inWords is a text in the language of the command line, or in Italian where it has no other.
func inWords(t form.Text) string {
	if t.EN != "" {
		return t.EN
	}
	return t.IT
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"strconv"
	"strings"
	"time"
)

// Page asks for a part of a list that is ordered from new to old.
type Page struct {
	// Limit is how many rows; one more is fetched by who wants to know whether a next page exists.
	Limit int
	// Before and BeforeID are the last row seen; zero for the first page.
	Before   time.Time
	BeforeID string
}

// query puts a SELECT together from a head and filters. A question mark in a filter stands
// for its one argument.
type query struct {
	head   string
	conds  []string
	ending string
	args   []any
}

func newQuery(head string) *query { return &query{head: head} }

func (q *query) where(cond string, args ...any) {
	for _, a := range args {
		q.args = append(q.args, a)
		cond = strings.Replace(cond, "?", "$"+strconv.Itoa(len(q.args)), 1)
	}
	q.conds = append(q.conds, cond)
}

// page orders by an instant and an id, newest first, and keeps to one page.
func (q *query) page(p Page, at, id string) {
	if p.BeforeID != "" {
		q.where("("+at+", "+id+") < (?, ?)", p.Before, p.BeforeID)
	}
	q.args = append(q.args, p.Limit)
	q.ending = " ORDER BY " + at + " DESC, " + id + " DESC LIMIT $" + strconv.Itoa(len(q.args))
}

func (q *query) text() string {
	if len(q.conds) == 0 {
		return q.head + q.ending
	}
	return q.head + " WHERE " + strings.Join(q.conds, " AND ") + q.ending
}

// mapped turns rows into what they stand for.
func mapped[R, T any](rows []R, turn func(R) T) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = turn(r)
	}
	return out
}

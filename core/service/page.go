// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// PageRequest asks for a part of a list.
type PageRequest struct {
	// Limit is how many items; 0 means 20, and more than 100 is cut to 100.
	Limit int
	// Cursor is the Next of the page before; empty for the first page.
	Cursor string
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	// Next leads to the next page; empty on the last one.
	Next string
}

// page turns a request into what the database wants: one row more than asked, to know
// whether there is a next page.
func (r PageRequest) page() (postgres.Page, error) {
	p := postgres.Page{Limit: r.size() + 1}
	if r.Cursor == "" {
		return p, nil
	}
	bad := fault.OfFields([]fault.Field{fault.At("cursor", "bad_cursor")})
	raw, err := base64.RawURLEncoding.DecodeString(r.Cursor)
	if err != nil {
		return p, bad
	}
	micros, id, found := strings.Cut(string(raw), ".")
	n, err := strconv.ParseInt(micros, 10, 64)
	if !found || err != nil || !tenant.ValidUUID(id) {
		return p, bad
	}
	p.Before, p.BeforeID = time.UnixMicro(n).UTC(), id
	return p, nil
}

func (r PageRequest) size() int {
	switch {
	case r.Limit <= 0:
		return 20
	case r.Limit > 100:
		return 100
	}
	return r.Limit
}

// cut takes the extra row off and makes the cursor to it. key names an item's instant and id.
func cut[T any](r PageRequest, rows []T, key func(T) (time.Time, string)) Page[T] {
	n := r.size()
	if len(rows) <= n {
		return Page[T]{Items: rows}
	}
	at, id := key(rows[n-1])
	next := strconv.FormatInt(at.UnixMicro(), 10) + "." + id
	return Page[T]{Items: rows[:n], Next: base64.RawURLEncoding.EncodeToString([]byte(next))}
}

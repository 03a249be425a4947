// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Running is a server at work, with the API tokens of two organisations of it.
type Running struct {
	URL string
	// Own belongs to somebody who has persons and projects, Other to another organisation.
	Own, Other string
	// Client asks; nil means one with a time limit.
	Client *http.Client
}

// largest bounds an answer that is kept to be compared.
const largest = 8 << 20

// prove asks the server with the other's token for what the first one has and for what
// nobody has. It sends GET only: were the wall to have a hole, nothing real would be changed.
func (n *Running) prove(ctx context.Context, p *Proof) error {
	text, err := n.get(ctx, n.Own, "/openapi.json")
	if err != nil {
		return err
	}
	doc, err := readDescription(text.body)
	if err != nil {
		return err
	}
	ids, err := n.things(ctx)
	if err != nil {
		return err
	}
	writes := 0
	for path, methods := range doc.Paths {
		for method := range methods {
			r := route{method: strings.ToUpper(method), pattern: apiPrefix + path}
			k, unknown := r.kindsOf()
			switch {
			case unknown != "":
				p.offend(r.method+" "+path, "the matrix does not know what %s in this address names", unknown)
			case len(k) == 0:
			case r.method != http.MethodGet:
				writes++
			case ofNetwork(k) || slices.ContainsFunc(k, func(k kind) bool { return k.id(ids) == "" }):
				p.note("GET %s: not asked, no id of it is known from outside", path)
			default:
				if err := n.compare(ctx, p, r, ids); err != nil {
					return err
				}
			}
		}
	}
	p.note("%d routes that write were left out here: they are tried in the scratch database", writes)
	return nil
}

func (n *Running) compare(ctx context.Context, p *Proof, r route, ids things) error {
	foreign, err := n.get(ctx, n.Other, strings.TrimPrefix(r.path(ids), apiPrefix))
	if err != nil {
		return err
	}
	unknown, err := n.get(ctx, n.Other, strings.TrimPrefix(r.path(unknowns), apiPrefix))
	if err != nil {
		return err
	}
	p.Checked += 2
	if !same(foreign, unknown) || (foreign.status != http.StatusNotFound && foreign.status != http.StatusForbidden) {
		p.offend("GET "+r.pattern, "another's id answers %d, an unknown one %d; the same bytes: %v", foreign.status, unknown.status, same(foreign, unknown))
	}
	return nil
}

// things finds one person and one project of the first token that the other does not list.
func (n *Running) things(ctx context.Context) (t things, err error) {
	if t.project, err = n.first(ctx, "/projects?limit=100"); err != nil {
		return t, err
	}
	if t.person, err = n.first(ctx, "/persons?limit=100"); err != nil {
		return t, err
	}
	if t.person == "" && t.project == "" {
		return t, errors.New("the first token has no person and no project that the other has not: there is nothing to ask for")
	}
	return t, nil
}

func (n *Running) first(ctx context.Context, path string) (string, error) {
	mine, err := n.list(ctx, n.Own, path)
	if err != nil {
		return "", err
	}
	theirs, err := n.list(ctx, n.Other, path)
	if err != nil {
		return "", err
	}
	for _, id := range mine {
		shared := false
		for _, other := range theirs {
			shared = shared || id == other
		}
		if !shared {
			return id, nil
		}
	}
	return "", nil
}

func (n *Running) list(ctx context.Context, token, path string) (out []string, err error) {
	a, err := n.get(ctx, token, path)
	if err != nil {
		return nil, err
	}
	if a.status == http.StatusUnauthorized {
		return nil, errors.New("a token is not accepted")
	}
	var page struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if a.status == http.StatusOK {
		err = json.Unmarshal(a.body, &page)
	}
	for _, i := range page.Items {
		out = append(out, i.ID)
	}
	return out, err
}

func (n *Running) get(ctx context.Context, token, path string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(n.URL, "/")+apiPrefix+path, http.NoBody)
	if err != nil {
		return reply{}, errors.New("the server's address cannot be read")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	client := n.Client
	if client == nil {
		client = &http.Client{Timeout: 20 * time.Second}
	}
	a, err := client.Do(r)
	if err != nil {
		return reply{}, fmt.Errorf("ask the server: %w", err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(io.LimitReader(a.Body, largest))
	return reply{a.StatusCode, a.Header, body}, err
}

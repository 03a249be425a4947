// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"net/url"
	"strings"
	"time"
)

type pluginPublisherCmd struct {
	List   publisherListCmd   `cmd:"" help:"List whose signature the network believes, or believed."`
	Add    publisherAddCmd    `cmd:"" help:"Believe a publisher from now on."`
	Remove publisherRemoveCmd `cmd:"" help:"Believe a publisher no more. What was approved stays until it is revoked."`
}

// publisherAnswer is a publisher as the API tells him.
type publisherAnswer struct {
	KeyID       string     `json:"key_id"`
	Name        string     `json:"name"`
	PublicKey   string     `json:"public_key"`
	AddedAt     time.Time  `json:"added_at"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

var publisherHead = []string{"KEY", "NAME", "SINCE", "WITHDRAWN"}

func (p publisherAnswer) row() []string {
	gone := "-"
	if p.WithdrawnAt != nil {
		gone = day(*p.WithdrawnAt)
	}
	return []string{p.KeyID, oneLine(p.Name), day(p.AddedAt), gone}
}

type publisherListCmd struct {
	serverFlags
	clientOutput
}

// Run lists the publishers.
func (c publisherListCmd) Run(ctx context.Context, std streams) error {
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	var list items[publisherAnswer]
	if _, err := server.get(ctx, "/plugin-publishers", &list); err != nil {
		return err
	}
	rows := make([][]string, len(list.Items))
	for i, p := range list.Items {
		rows[i] = p.row()
	}
	return c.tell(std.out, list.Items, publisherHead, rows)
}

type publisherAddCmd struct {
	serverFlags
	clientOutput
	File string `arg:"" help:"The publisher's .pub file, as keygen writes it; - reads standard input."`
}

// Run adds the publisher.
func (c publisherAddCmd) Run(ctx context.Context, std streams) error {
	if c.File == "-" && c.TokenFile == "-" {
		return usage("the file and the token cannot both come from standard input")
	}
	text, err := readFileOr(std, c.File)
	if err != nil {
		return usageError{err}
	}
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	var p publisherAnswer
	if _, err := server.post(ctx, "/plugin-publishers", map[string]any{"line": strings.TrimSpace(string(text))}, &p); err != nil {
		return err
	}
	return c.tell(std.out, p, publisherHead, [][]string{p.row()})
}

type publisherRemoveCmd struct {
	serverFlags
	Key string `arg:"" help:"The key's id as the list has it, the line of the .pub file, or the key in it."`
}

// Run removes the publisher.
func (c publisherRemoveCmd) Run(ctx context.Context, std streams) error {
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	_, err = server.do(ctx, "DELETE", "/plugin-publishers/"+url.PathEscape(keyID(c.Key)), nil, "", nil)
	return err
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

type pluginReplayCmd struct {
	serverFlags
	clientOutput
	Decision string `arg:"" help:"Id of the decision."`
}

// errDifferent says that a decision comes out otherwise than it is stored.
var errDifferent = errors.New("the program answers otherwise than is stored")

// Run prints "same" or "different".
func (c pluginReplayCmd) Run(ctx context.Context, std streams) error {
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	var r struct {
		Decision string `json:"decision_id"`
		Plugin   string `json:"plugin_id"`
		Version  string `json:"plugin_version"`
		SHA256   string `json:"plugin_sha256"`
		Same     bool   `json:"same"`
		Stored   string `json:"stored_sha256"`
		Again    string `json:"again_sha256"`
	}
	if _, err := server.post(ctx, "/subsidy-decisions/"+url.PathEscape(c.Decision)+"/replay", nil, &r); err != nil {
		return err
	}
	word := map[bool]string{true: "same", false: "different"}[r.Same]
	if c.JSON || c.Output == "json" {
		err = printJSON(std.out, r)
	} else {
		_, err = fmt.Fprintf(std.out, "%s\t%s %s\t%s\n", word, r.Plugin, r.Version, r.SHA256)
	}
	if err == nil && !r.Same {
		err = errDifferent
	}
	return err
}

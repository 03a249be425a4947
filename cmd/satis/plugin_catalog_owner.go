// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
)

// ownerAnswer is whose a plugin is, as the API tells it.
type ownerAnswer struct {
	KeyID    string    `json:"key_id"`
	Name     string    `json:"name"`
	Believed bool      `json:"believed"`
	Since    time.Time `json:"since"`
	Revision int64     `json:"revision"`
}

// text names the owner with his key: names are not unique.
func (o ownerAnswer) text() string {
	if o.KeyID == "" {
		return "the installation"
	}
	out := oneLine(o.Name) + " (" + o.KeyID + ")"
	if !o.Believed {
		out += ", not trusted any more"
	}
	return out
}

type pluginHandOverCmd struct {
	serverFlags
	clientOutput
	reasonFlag
	Plugin   string `arg:"" help:"Id of the plugin."`
	Key      string `arg:"" help:"Publisher that the network believes: the key's id as publisher list prints it, the line of the .pub file, or the key in it."`
	Revision int64  `required:"" help:"The owner's revision that was seen, as show prints it: another is not given away unseen."`
}

// Run hands the plugin over.
func (c pluginHandOverCmd) Run(ctx context.Context, std streams) error {
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	body := c.body()
	body["key_id"] = keyID(c.Key)
	var o ownerAnswer
	if _, err := server.do(ctx, http.MethodPost, "/plugins/"+url.PathEscape(c.Plugin)+"/owner", body, fmt.Sprintf(`"%d"`, c.Revision), &o); err != nil {
		return err
	}
	return c.tell(std.out, o, []string{"PLUGIN", "BELONGS TO", "SINCE", "REVISION"}, [][]string{{c.Plugin, o.text(), day(o.Since), strconv.FormatInt(o.Revision, 10)}})
}

// keyID is the id of a key that was given as such, as the line of a .pub file, or as the key
// in that line. What is none of these stays as it is: the server says that it knows no such key.
func keyID(given string) string {
	given = strings.TrimSpace(given)
	for _, line := range []string{given, "satis-publisher " + given + " unnamed"} {
		if list, err := pack.ParsePublishers(line); err == nil && len(list) == 1 {
			return list[0].ID()
		}
	}
	return strings.ToLower(given)
}

// ownerRow tells whose a version's plugin is; nothing where an older server does not say.
func (p pluginAnswer) ownerRow() [][]string {
	if p.Owner.Revision == 0 {
		return nil
	}
	return [][]string{{"plugin belongs to", p.Owner.text() + ", owner revision " + strconv.FormatInt(p.Owner.Revision, 10)}}
}

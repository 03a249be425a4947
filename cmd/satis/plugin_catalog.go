// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/service"
)

// pluginCatalogCmds are for those who administer plugins: each is a request of the server's
// API, and may what the token's user may.
type pluginCatalogCmds struct {
	Publish    pluginPublishCmd    `cmd:"" group:"catalog" help:"Upload a packed and signed plugin into the network's catalogue."`
	List       pluginListCmd       `cmd:"" group:"catalog" help:"List the versions in the network's catalogue."`
	Show       pluginShowCmd       `cmd:"" group:"catalog" help:"Tell all that one decides by: what it asks for, what changed, who uses it."`
	Check      pluginCheckCmd      `cmd:"" group:"catalog" help:"Run the conformance kit against a version, on the server, in the jail."`
	Approve    pluginApproveCmd    `cmd:"" group:"catalog" help:"Admit a version that was seen and passed the check."`
	Shadow     pluginShadowCmd     `cmd:"" group:"catalog" help:"Tell how past decisions would come out with a version of a rule."`
	Activate   pluginActivateCmd   `cmd:"" group:"catalog" help:"Make a version active for organisations, or go back to one."`
	Deactivate pluginDeactivateCmd `cmd:"" group:"catalog" help:"Take a plugin from organisations."`
	Suspend    pluginSuspendCmd    `cmd:"" group:"catalog" help:"Take a version from everybody for the time being; its processes end at once."`
	Resume     pluginResumeCmd     `cmd:"" group:"catalog" help:"Give a suspended version back."`
	Revoke     pluginRevokeCmd     `cmd:"" group:"catalog" help:"Take a version from everybody for ever."`
	HandOver   pluginHandOverCmd   `cmd:"" name:"hand-over" group:"catalog" help:"Give a plugin to another publisher, as when an agency changed its key."`
	Replay     pluginReplayCmd     `cmd:"" group:"catalog" help:"Ask the program that made a decision again. Exit code 0: the same bytes; 1: others."`
	Publisher  pluginPublisherCmd  `cmd:"" group:"catalog" help:"List, add and remove the publishers that the network believes."`
}

// versionArgs name a version of a plugin.
type versionArgs struct {
	Plugin  string `arg:"" help:"Id of the plugin."`
	Version string `arg:"" help:"Version of it."`
}

func (a versionArgs) path(more ...string) string {
	return "/plugins/" + url.PathEscape(a.Plugin) + "/versions/" + url.PathEscape(a.Version) + strings.Join(append([]string{""}, more...), "/")
}

type pluginPublishCmd struct {
	serverFlags
	clientOutput
	File string `arg:"" type:"existingfile" help:"The .satisplugin file."`
}

// Run uploads the file.
func (c pluginPublishCmd) Run(ctx context.Context, std streams) error {
	file, err := readBounded(c.File, service.MaxPluginPack)
	if err != nil {
		return err
	}
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	var p pluginAnswer
	if _, err := server.upload(ctx, "/plugins", file, &p); err != nil {
		return err
	}
	return c.tellOne(std.out, p)
}

// readBounded reads a file that must not be larger than the server takes.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, usageError{err}
	}
	if int64(len(text)) > most {
		return nil, usage("%s is larger than %d MiB", path, most>>20)
	}
	return text, nil
}

// tellOne prints how a version is after something was done to it.
func (f clientOutput) tellOne(w io.Writer, p pluginAnswer) error {
	return f.tell(w, p, pluginHead, [][]string{p.row()})
}

var pluginHead = []string{"PLUGIN", "VERSION", "STATE", "REVISION", "ACTIVE FOR", "PUBLISHER", "AGENCY"}

func (p pluginAnswer) row() []string {
	active := strconv.Itoa(p.ActiveFor)
	if p.Everywhere {
		active += ", everywhere"
	}
	return []string{p.ID, p.Version, p.State, strconv.FormatInt(p.Revision, 10), active, orDash(oneLine(p.Publisher)), oneLine(p.Agency)}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type pluginListCmd struct {
	serverFlags
	clientOutput
}

// Run lists the catalogue.
func (c pluginListCmd) Run(ctx context.Context, std streams) error {
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	var list items[pluginAnswer]
	if _, err := server.get(ctx, "/plugins", &list); err != nil {
		return err
	}
	rows := make([][]string, len(list.Items))
	for i, p := range list.Items {
		rows[i] = p.row()
	}
	return c.tell(std.out, list.Items, pluginHead, rows)
}

// stepCmd does something to a version and tells how it is then.
type stepCmd struct {
	serverFlags
	clientOutput
	versionArgs
}

func (c stepCmd) step(ctx context.Context, std streams, word string, body any) (p pluginAnswer, err error) {
	server, err := c.connect(std)
	if err != nil {
		return p, err
	}
	_, err = server.post(ctx, c.path(word), body, &p)
	return p, err
}

// reasonFlag is why something is done. It stays in the version's history.
type reasonFlag struct {
	Reason string `required:"" help:"Why; it stays in the version's history."`
}

func (f reasonFlag) body() map[string]any { return map[string]any{"reason": f.Reason} }

type pluginCheckCmd struct{ stepCmd }

// Run runs the kit on the server and prints what it found; findings are exit code 1.
func (c pluginCheckCmd) Run(ctx context.Context, std streams) error {
	p, err := c.step(ctx, std, "check", nil)
	if err != nil {
		return err
	}
	if err := c.tellOne(std.out, p); err != nil {
		return err
	}
	for _, f := range p.Findings {
		fmt.Fprintln(std.err, "found:", oneLine(f))
	}
	if len(p.Findings) > 0 {
		return errFindings
	}
	return nil
}

type pluginApproveCmd struct {
	stepCmd
	reasonFlag
	Revision int64 `required:"" help:"The revision that was seen, as show prints it: another is not approved unseen."`
}

// Run admits the version.
func (c pluginApproveCmd) Run(ctx context.Context, std streams) error {
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	var p pluginAnswer
	if _, err := server.do(ctx, "POST", c.path("approve"), c.body(), fmt.Sprintf(`"%d"`, c.Revision), &p); err != nil {
		return err
	}
	return c.tellOne(std.out, p)
}

type pluginSuspendCmd struct {
	stepCmd
	reasonFlag
}

// Run suspends the version.
func (c pluginSuspendCmd) Run(ctx context.Context, std streams) error {
	return c.because(ctx, std, "suspend", c.reasonFlag)
}

type pluginResumeCmd struct {
	stepCmd
	reasonFlag
}

// Run gives it back.
func (c pluginResumeCmd) Run(ctx context.Context, std streams) error {
	return c.because(ctx, std, "resume", c.reasonFlag)
}

type pluginRevokeCmd struct {
	stepCmd
	reasonFlag
}

// Run takes it away for ever.
func (c pluginRevokeCmd) Run(ctx context.Context, std streams) error {
	return c.because(ctx, std, "revoke", c.reasonFlag)
}

func (c stepCmd) because(ctx context.Context, std streams, word string, why reasonFlag) error {
	p, err := c.step(ctx, std, word, why.body())
	if err != nil {
		return err
	}
	return c.tellOne(std.out, p)
}

// day is a time as a table shows it.
func day(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

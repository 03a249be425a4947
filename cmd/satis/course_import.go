// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk"
)

type courseImportCmd struct {
	serverFlags
	clientOutput
	Catalog string `required:"" help:"Code of the catalog."`
	Format  string `help:"What the feed is: csv or json; without it the name tells."`
	Trial   bool   `help:"Tell what would be done and change nothing."`
	Accept  bool   `name:"accept-withdrawals" help:"Go on where more than a third of what is offered would be withdrawn."`
	From    string `arg:"" optional:"" name:"file|url" help:"The feed: a file, - for standard input, or an https address. Without it the courses that the plugin itself comes with."`
}

// importAnswer is what an import did.
type importAnswer struct {
	Catalog        string           `json:"catalog"`
	Read           int              `json:"read"`
	New            int              `json:"new"`
	Changed        int              `json:"changed"`
	Unchanged      int              `json:"unchanged"`
	Withdrawn      int              `json:"withdrawn"`
	WithdrawnTaken int              `json:"withdrawn_taken"`
	Remarks        []sdk.Diagnostic `json:"remarks"`
	Stored         bool             `json:"stored"`
}

// Run imports. The server fetches nothing: an address is read here, by whoever runs the job.
func (c courseImportCmd) Run(ctx context.Context, std streams) error {
	server, err := c.connect(std)
	if err != nil {
		return err
	}
	body := map[string]any{"catalog": c.Catalog, "trial": c.Trial, "accept_withdrawals": c.Accept}
	if c.From != "" {
		feed, name, err := c.read(ctx, std)
		if err != nil {
			return err
		}
		body["content"], body["format"] = string(feed), c.format(name)
	}
	var r importAnswer
	if _, err := server.post(ctx, "/course-imports", body, &r); err != nil {
		return err
	}
	for _, m := range r.Remarks {
		fmt.Fprintf(std.err, "left out: line %s: %s\n", oneLine(m.Path), oneLine(inWords(m.Text)))
	}
	if c.Trial {
		fmt.Fprintln(std.err, "a trial: nothing was changed")
	}
	if r.WithdrawnTaken > 0 {
		fmt.Fprintf(std.err, "%d people have seats in courses that are not in the feed any more\n", r.WithdrawnTaken)
	}
	row := []string{r.Catalog}
	for _, n := range []int{r.Read, r.New, r.Changed, r.Unchanged, r.Withdrawn, len(r.Remarks)} {
		row = append(row, fmt.Sprint(n))
	}
	return c.tell(std.out, r, []string{"CATALOG", "READ", "NEW", "CHANGED", "UNCHANGED", "WITHDRAWN", "LEFT OUT"}, [][]string{row})
}

// format is what the feed is, by flag or by name.
func (c courseImportCmd) format(name string) string {
	if c.Format != "" {
		return c.Format
	}
	if strings.EqualFold(path.Ext(name), ".json") {
		return "json"
	}
	return "csv"
}

// read reads the feed and tells its name.
func (c courseImportCmd) read(ctx context.Context, std streams) ([]byte, string, error) {
	at, err := url.Parse(c.From)
	if err == nil && at.Host != "" && at.Scheme != "" {
		feed, err := fetchFeed(ctx, at)
		return feed, at.Path, err
	}
	if c.From != "-" {
		feed, err := readBounded(c.From, service.MaxCourseFeed)
		return feed, c.From, err
	}
	if c.TokenFile == "-" {
		return nil, "", usage("the feed and the token cannot both come from standard input")
	}
	feed, err := io.ReadAll(io.LimitReader(std.in, service.MaxCourseFeed+1))
	if err == nil && len(feed) > service.MaxCourseFeed {
		err = errors.New("it is larger than 3 MiB")
	}
	if err != nil {
		return nil, "", usageError{fmt.Errorf("read the feed: %w", err)}
	}
	return feed, "", nil
}

// fetchTimeout bounds how long a feed may take to arrive.
const fetchTimeout = time.Minute

// feedClient fetches feeds: over TLS only, wherever it is sent on to. It knows no token.
var feedClient = &http.Client{Timeout: fetchTimeout, CheckRedirect: func(r *http.Request, via []*http.Request) error {
	if r.URL.Scheme != "https" || len(via) > 3 {
		return errors.New("it leads elsewhere without TLS, or too often")
	}
	return nil
}}

// fetchFeed gets a feed from an https address, and no more of it than the server takes.
func fetchFeed(ctx context.Context, at *url.URL) ([]byte, error) {
	if at.Scheme != "https" || at.User != nil {
		return nil, usage("a feed is fetched from an https address, without a password in it")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, usage("the feed's address cannot be read")
	}
	r.Header.Set("User-Agent", "satis/"+versionText())
	answer, err := feedClient.Do(r)
	if err != nil {
		return nil, missing("the feed cannot be fetched: %w", plainNetwork(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, missing("the feed cannot be fetched: its server answers with %d", answer.StatusCode)
	}
	feed, err := io.ReadAll(io.LimitReader(answer.Body, service.MaxCourseFeed+1))
	switch {
	case err != nil:
		return nil, missing("the feed cannot be fetched: %w", plainNetwork(err))
	case len(feed) > service.MaxCourseFeed:
		return nil, usage("the feed is larger than %d MiB", service.MaxCourseFeed>>20)
	}
	return feed, nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/service"
)

// A feed is fetched over TLS only, from where it leads to as well, and no more of it than the
// server takes.
func TestFetchFeed(t *testing.T) {
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "in the clear") }))
	defer bare.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/feed.csv", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the feed's server is shown a token")
		}
		fmt.Fprint(w, "a,b\n")
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, service.MaxCourseFeed+1)) })
	mux.Handle("/on", http.RedirectHandler("/feed.csv", http.StatusFound))
	mux.Handle("/out", http.RedirectHandler(bare.URL, http.StatusFound))
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	srv := httptest.NewTLSServer(mux)
	defer srv.Close()
	feedClient.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}
	t.Cleanup(func() { feedClient.Transport = nil })
	for path, code := range map[string]int{"/feed.csv": exitDone, "/on": exitDone, "/large": exitUsage, "/none": exitMissing, "/out": exitMissing, "/round": exitMissing} {
		at, err := url.Parse(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		feed, err := fetchFeed(t.Context(), at)
		var said strings.Builder
		if got := report(&said, err); got != code || (code == exitDone) != (string(feed) == "a,b\n") {
			t.Errorf("%s: exit %d, %d bytes, %s", path, got, len(feed), said.String())
		}
	}
	for _, away := range []string{bare.URL, "ftp://example.org/feed.csv", "https://me:secret@example.org/feed.csv"} {
		at, err := url.Parse(away)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fetchFeed(t.Context(), at); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", away, err)
		}
	}
}

// What is wrong before a request, and what a server answers, is said in one line with the
// exit code that scripts rely on.
func TestClientMistakes(t *testing.T) {
	t.Setenv("SATIS_TOKEN", "")
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("satis_x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer satis_x" || r.Header.Get("Accept-Language") != "en" {
			t.Errorf("headers %v", r.Header)
		}
		switch {
		case strings.Contains(r.URL.Path, "elsewhere"):
			http.Redirect(w, r, "http://example.org/", http.StatusFound)
		case strings.Contains(r.URL.Path, "strange"):
			fmt.Fprint(w, "<html>")
		default:
			w.WriteHeader(422)
			fmt.Fprint(w, `{"status":422,"detail":"Correct the fields listed.","code":"fields","errors":[{"location":"body/reason","code":"required","message":"Missing.\u001b[31m"}]}`)
		}
	}))
	defer srv.Close()
	at := " --server " + srv.URL + " --token-file " + token
	for _, tc := range []struct {
		args string
		code int
		says string
	}{
		{"plugin list", exitUsage, "a token is needed"},
		{"plugin list --token-file " + token + " --server http://satis.example.org", exitUsage, "in the clear"},
		{"plugin list --token-file " + token + " --server satis.example.org", exitUsage, "no address"},
		{"plugin list --token-file " + dir + "/none", exitUsage, "no such file"},
		{"plugin list --token-file " + token + " --server http://127.0.0.1:1", exitMissing, "does not answer: "},
		{"plugin show strange 1.0.0" + at, exitFailed, "is --server right?"},
		{"plugin show elsewhere 1.0.0" + at, exitMissing, "is --server right?"},
		{"plugin suspend x 1.0.0 --reason r" + at, exitUsage, "Correct the fields listed: reason: Missing. [31m (required)"},
		{"plugin approve x 1.0.0 --reason r" + at, exitUsage, "--revision"},
		{"plugin activate x 1.0.0 --reason r --everywhere --pin" + at, exitUsage, "--pin goes with --for"},
		{"course import --catalog c http://example.org/feed.csv" + at, exitUsage, "https"},
		{"course import --catalog c " + dir + "/none.csv" + at, exitUsage, "no such file"},
		{"course list --limit 0" + at, exitUsage, "--limit"},
	} {
		code, out, errs := satis(t, "", strings.Fields(tc.args)...)
		if code != tc.code || !strings.Contains(errs, tc.says) || strings.Count(errs, "\n") != 1 || out != "" {
			t.Errorf("satis %s: code %d, out %q, says %q", tc.args, code, out, errs)
		}
	}
	for _, args := range [][]string{{"plugin", "publish"}, {"plugin", "replay"}, {"course", "import"}} {
		if _, out, _ := satis(t, "", append(args, "--help")...); strings.Contains(out, "--token=") {
			t.Errorf("%v takes the token on the command line", args)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/api"
)

// serverFlags say which server a command talks to, and as whom: it can do there what the
// token's user can, and nothing else.
type serverFlags struct {
	Server    string `env:"SATIS_SERVER" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the SATIS server."`
	TokenFile string `name:"token-file" placeholder:"FILE" help:"File with the API token; - reads standard input. Without it the token is in SATIS_TOKEN."`
}

// clientOutput chooses how an answer is printed.
type clientOutput struct {
	outputFlag
	JSON bool `name:"json" help:"The same as -o json."`
}

// tell prints an answer: rows for people, or the value.
func (f clientOutput) tell(w io.Writer, value any, head []string, rows [][]string) error {
	if f.JSON {
		f.Output = "json"
	}
	return f.print(w, value, head, rows)
}

// apiClient makes requests of a server's API as one user.
type apiClient struct {
	base  string
	token string
	http  *http.Client
}

const (
	// clientTimeout bounds a request: a check or a shadow run takes up to half a minute.
	clientTimeout = 2 * time.Minute
	// uploadTimeout bounds one that sends a file.
	uploadTimeout = 5 * time.Minute
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 16 << 20
)

// connect reads the token and checks the address: a token never leaves the machine in the clear.
func (f serverFlags) connect(std streams) (*apiClient, error) {
	at, err := url.Parse(f.Server)
	if err != nil || at.Host == "" || (at.Scheme != "https" && at.Scheme != "http") || at.User != nil {
		return nil, usage("--server is no address: https://satis.example.org is one")
	}
	if at.Scheme == "http" && !isLoopback(withPort(at)) {
		return nil, usage("--server is reached without TLS: the token would be sent in the clear")
	}
	token := os.Getenv("SATIS_TOKEN")
	if f.TokenFile != "" {
		text, err := readFileOr(std, f.TokenFile)
		if err != nil {
			return nil, usageError{fmt.Errorf("read the token: %w", err)}
		}
		token = string(text)
	}
	if token = strings.TrimSpace(token); token == "" {
		return nil, usage("a token is needed: --token-file or SATIS_TOKEN (see `satis user token`)")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, usage("what should be the token is none")
	}
	// A redirect is not followed: whoever it leads to would get the token.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &apiClient{base: strings.TrimRight(at.String(), "/") + api.Prefix, token: token, http: &http.Client{CheckRedirect: stay}}, nil
}

func withPort(at *url.URL) string {
	if at.Port() == "" {
		return at.Host + ":80"
	}
	return at.Host
}

// get reads something; post does something with it. into may be nil.
func (c *apiClient) get(ctx context.Context, path string, into any) (http.Header, error) {
	return c.do(ctx, http.MethodGet, path, nil, "", into)
}

func (c *apiClient) post(ctx context.Context, path string, body, into any) (http.Header, error) {
	return c.do(ctx, http.MethodPost, path, body, "", into)
}

// do makes a request with a JSON body. ifMatch is the ETag of what was seen, or empty.
func (c *apiClient) do(ctx context.Context, method, path string, body any, ifMatch string, into any) (http.Header, error) {
	var send io.Reader
	header := http.Header{}
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		send = bytes.NewReader(text)
		header.Set("Content-Type", "application/json")
	}
	if ifMatch != "" {
		header.Set("If-Match", ifMatch)
	}
	ctx, stop := context.WithTimeout(ctx, clientTimeout)
	defer stop()
	return c.send(ctx, method, path, send, header, into)
}

// upload sends a file's bytes as they are.
func (c *apiClient) upload(ctx context.Context, path string, file []byte, into any) (http.Header, error) {
	ctx, stop := context.WithTimeout(ctx, uploadTimeout)
	defer stop()
	header := http.Header{"Content-Type": {"application/octet-stream"}, "Expect": {"100-continue"}}
	return c.send(ctx, http.MethodPost, path, bytes.NewReader(file), header, into)
}

func (c *apiClient) send(ctx context.Context, method, path string, body io.Reader, header http.Header, into any) (http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, usage("--server is no address")
	}
	r.Header = header
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("User-Agent", "satis/"+versionText())
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, missing("the server does not answer: %w", plainNetwork(err))
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil || len(text) > maxAnswer {
		return nil, missing("the server's answer cannot be read")
	}
	if answer.StatusCode >= 300 {
		return nil, refusedBy(answer, text)
	}
	if into == nil || len(text) == 0 {
		return answer.Header, nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return nil, fmt.Errorf("the server's answer is not one of SATIS: is --server right?")
	}
	return answer.Header, nil
}

// plainNetwork leaves the address out of what went wrong: it can hold what was searched for.
func plainNetwork(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("not in time")
	}
	return reason(err)
}

// refusedBy puts a problem document into words, with the exit code that fits.
func refusedBy(answer *http.Response, text []byte) error {
	var p api.Problem
	if json.Unmarshal(text, &p) != nil || p.Code == "" {
		return missing("the server answers with %d, and not as SATIS does: is --server right?", answer.StatusCode)
	}
	err := errors.New(sentence(p))
	switch answer.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusPreconditionFailed:
		return err
	case http.StatusTooManyRequests:
		return err
	}
	if answer.StatusCode < 500 {
		return usageError{err}
	}
	return missingError{err}
}

// sentence is a problem in one line: what is wrong, where, and its stable name.
func sentence(p api.Problem) string {
	var b strings.Builder
	b.WriteString(oneLine(strings.TrimSuffix(p.Detail, ".")))
	for i, e := range p.Errors {
		b.WriteString(map[bool]string{true: ": ", false: "; "}[i == 0])
		if at := strings.TrimPrefix(e.Location, "body/"); at != "body" {
			b.WriteString(oneLine(at) + ": ")
		}
		b.WriteString(oneLine(strings.TrimSuffix(e.Message, ".")))
	}
	code := p.Code
	if len(p.Errors) == 1 {
		code = p.Errors[0].Code
	}
	return b.String() + " (" + oneLine(code) + ")"
}

// oneLine keeps what a server or a plugin wrote from playing with the terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return ' '
		}
		return r
	}, s)
}

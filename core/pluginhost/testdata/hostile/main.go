// SPDX-License-Identifier: AGPL-3.0-or-later

// Command hostile is a plugin that does, on demand, everything a plugin should not. The
// name it is started under and the fact "way" choose what.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"

	"github.com/satis-toscana/satis/sdk"
)

//go:embed plugin.yaml
var manifest []byte

func main() {
	if len(os.Args) > 2 && os.Args[1] == "raw" {
		raw(os.Args[2])
		return
	}
	name := os.Args[0]
	switch name {
	case "silent", "grandchild":
		time.Sleep(time.Hour)
	case "early":
		os.Exit(7)
	case "babble":
		fmt.Println("Mario Rossi, via Roma 1")
		time.Sleep(time.Hour)
	case "elsewhere":
		fmt.Println("1|1|tcp|127.0.0.1:5432|grpc")
		time.Sleep(time.Hour)
	case "deaf":
		deaf()
	case "garbage":
		garbage()
	case "unlimited":
		serveUnlimited(served(name))
		return
	case "second", "both":
		serveMajors(served(name), name == "both")
		return
	case "plain":
		servePlain(plainPlugin())
		return
	}
	sdk.Serve(served(name))
}

func served(name string) sdk.Plugin {
	text := bytes.Replace(manifest, []byte("id: hostile"), []byte("id: "+name), 1)
	if span, ok := contracts[name]; ok {
		text = bytes.Replace(text, []byte("{min: 1, max: 1}"), []byte(span), 1)
	}
	return sdk.Plugin{
		Manifest: text,
		Rules:    []sdk.SubsidyRule{odd{}},
	}
}

// contracts are the ranges of those who serve others than the first major, or say so.
var contracts = map[string]string{"second": "{min: 2, max: 2}", "both": "{min: 1, max: 2}", "future": "{min: 3, max: 4}"}

// plainPlugin has a catalog too.
func plainPlugin() sdk.Plugin {
	p := served("plain")
	p.Manifest = bytes.Replace(p.Manifest, []byte("kinds: [subsidy_rules]\n"), []byte(catalogLines), 1)
	p.Catalogs = []sdk.CourseCatalog{catalog{}}
	return p
}

const catalogLines = "kinds: [subsidy_rules, courses]\ncatalogs:\n  - {code: odd, title: {it: Corsi, en: Courses}, formats: [csv]}\n"

// catalog finds nothing, which the host must not notice.
type catalog struct{}

func (catalog) Catalog() string                                      { return "odd" }
func (catalog) Import(context.Context, sdk.Feed) (sdk.Import, error) { return sdk.Import{}, nil }
func (catalog) Search(context.Context, sdk.CourseQuery) (sdk.CoursePage, error) {
	return sdk.CoursePage{}, nil
}

// deaf shakes hands and then never says a word on its socket.
func deaf() {
	path := os.Getenv("PLUGIN_UNIX_SOCKET_DIR") + "/deaf"
	l, err := net.Listen("unix", path)
	if err != nil {
		os.Exit(1)
	}
	fmt.Println("1|1|unix|" + path + "|grpc")
	for {
		if _, err := l.Accept(); err != nil {
			os.Exit(1)
		}
	}
}

// raw serves the same rule by plain gRPC, for the benchmark to compare with.
func raw(socket string) {
	l, err := net.Listen("unix", socket)
	if err != nil {
		os.Exit(1)
	}
	s := grpc.NewServer()
	if err := sdk.Register(s, served("hostile")); err != nil {
		os.Exit(1)
	}
	go func() { // ends with whoever holds the other end of standard input
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	_ = s.Serve(l)
}

type odd struct{}

func (odd) Subsidy() string { return "odd" }

func (odd) Evaluate(ctx context.Context, req sdk.SubsidyRequest) (sdk.SubsidyAnswer, error) {
	a := good()
	switch req.Facts.Text("way") {
	case "hang":
		select {}
	case "slow":
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
		}
	case "exit":
		os.Exit(9)
	case "negative":
		a.MonthlyCents = -1
	case "overflow":
		a.MonthlyCents, a.TotalCents = 1<<62, 1<<62
	case "thirteen":
		a.Months, a.TotalCents = 13, 13*a.MonthlyCents
	case "for ever":
		a.Months, a.TotalCents = 1201, 1201*a.MonthlyCents
	case "sum":
		a.TotalCents++
	case "refused but paid":
		a.Eligible = false
	case "unexplained":
		a.Explanation = nil
	case "one language":
		a.Explanation[0].Outcome.EN = ""
	case "other facts":
		a.Explanation[0].FactsUsed = []string{"surname"}
	case "huge":
		a.Explanation[0].Outcome.IT = strings.Repeat("x", 5<<20)
	case "long":
		a.Explanation[0].Outcome.IT = strings.Repeat("x", 1<<20)
	case "deep":
		for range 20 {
			a.Explanation = []sdk.Step{{RuleID: "d", LegalBasis: both("d"), Title: both("d"), Outcome: both("d"), Children: a.Explanation}}
		}
	case "swarm":
		a.Explanation = make([]sdk.Step, 500_000)
	case "fail":
		return a, errors.New("Mario Rossi cannot be evaluated")
	case "panic":
		panic("Mario Rossi")
	case "gigabytes":
		a.Explanation[0].Outcome.IT = strings.Repeat("x", 2<<30)
	case "megabytes":
		a.Explanation[0].Outcome.IT = strings.Repeat("x", 64<<20)
	case "stderr":
		line := []byte(strings.Repeat("RSSMRA80A01H501U mario@example.org \x1b[31m", 1000) + "\n")
		for range 500 { // some 20 MiB
			_, _ = os.Stderr.Write(line)
		}
	case "files":
		a.Explanation[0].Outcome = both(files())
	case "network":
		a.Explanation[0].Outcome = both(network(req.Facts.Text("note")))
	case "calls":
		a.Explanation[0].Outcome = both(calls())
	case "memory":
		eat()
	case "spin":
		spin()
	case "spin later":
		go spin()
	case "stop":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		time.Sleep(time.Hour) // the signal takes a moment to reach every thread
	case "dice":
		a.MonthlyCents = rand.Int64N(1000_00) + 1
		a.TotalCents, a.Explanation[0].AmountCents = 6*a.MonthlyCents, &a.MonthlyCents
	case "remember":
		a.Explanation[0].Outcome = both(remember(req.Facts.Text("note")))
	case "environment":
		rest, _ := io.ReadAll(os.Stdin)
		a.Explanation[0].Outcome = both(strings.Join(os.Environ(), "\n") + fmt.Sprintf(" stdin=%d", len(rest)))
	case "facts":
		a.Explanation[0].Outcome = both(fmt.Sprint(req.Facts))
	case "child":
		cmd := &exec.Cmd{Path: "/proc/self/exe", Args: []string{"grandchild"}}
		if err := cmd.Start(); err != nil {
			return a, err
		}
		a.Explanation[0].Outcome = both(fmt.Sprint(cmd.Process.Pid))
	}
	return a, nil
}

func both(s string) sdk.Text { return sdk.Text{IT: s, EN: s} }

func good() sdk.SubsidyAnswer {
	return sdk.SubsidyAnswer{
		Eligible: true, MonthlyCents: 100_00, Months: 6, TotalCents: 600_00,
		Explanation: []sdk.Step{{RuleID: "odd", LegalBasis: both("none"), Title: both("odd"), Outcome: both("odd"), AmountCents: new(int64(100_00))}},
	}
}

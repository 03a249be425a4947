// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/web"
)

// How often the folder is looked at, and for how long it must lie still before it is built:
// a folder of some dozens of files is looked at in well under a millisecond.
const (
	devPoll  = 200 * time.Millisecond
	devStill = 50 * time.Millisecond
)

// settled tells what the folder is like once two looks agree: editors write in several steps.
func settled(ctx context.Context, dir string) string {
	for last := look(dir); ; {
		select {
		case <-ctx.Done():
			return last
		case <-time.After(devStill):
		}
		now := look(dir)
		if now == last {
			return now
		}
		last = now
	}
}

// look sums up the files of a folder by name, size and time; two folders that look alike are
// built alike. What is hidden or an editor's own copy does not count.
func look(dir string) string {
	var b strings.Builder
	// A file that goes while we look shows at the next look.
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		name := d.Name()
		hidden := path != dir && (strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~"))
		switch {
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden || !d.Type().IsRegular():
			return nil
		}
		if info, err := d.Info(); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return b.String()
}

// goMistake is a line of the compiler: file, line, column, text.
var goMistake = regexp.MustCompile(`^(?:\./)?([^:\s]+\.go):(\d+)(?::\d+)?: (.*)$`)

// buildProblem finds the places in what the compiler said.
func buildProblem(dir, said string) *web.BenchProblem {
	p := &web.BenchProblem{Output: said}
	for line := range strings.Lines(said) {
		line = strings.TrimRight(line, "\n")
		if m := goMistake.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[2])
			p.Places = append(p.Places, web.BenchPlace{File: m[1], Line: n, Text: m[3], Source: lineOf(filepath.Join(dir, m[1]), n)})
		} else if strings.HasPrefix(line, "\t") && len(p.Places) > 0 {
			p.Places[len(p.Places)-1].Text += " " + strings.TrimSpace(line)
		}
	}
	return p
}

// yamlMistake is the place that the YAML reader names.
var yamlMistake = regexp.MustCompile(`\bline (\d+): `)

// manifestProblem says what is wrong with plugin.yaml, a place for each mistake.
func manifestProblem(dir string, err error) *web.BenchProblem {
	p := &web.BenchProblem{Manifest: true, Output: err.Error()}
	for line := range strings.Lines(err.Error()) {
		text := strings.TrimPrefix(strings.TrimSpace(line), "sdk: manifest: ")
		if text == "" || strings.HasPrefix(text, "plugin.yaml is not right") {
			continue
		}
		place := web.BenchPlace{File: "plugin.yaml", Text: text}
		if m := yamlMistake.FindStringSubmatch(text); m != nil {
			place.Line, _ = strconv.Atoi(m[1])
			place.Source = lineOf(filepath.Join(dir, "plugin.yaml"), place.Line)
		}
		p.Places = append(p.Places, place)
	}
	return p
}

// lineOf reads one line of a file of the plugin; "" where there is none.
func lineOf(path string, n int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[n-1])
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

//go:embed plugintemplate
var pluginTemplates embed.FS

const modulePath = "github.com/satis-toscana/satis"

type pluginNewCmd struct {
	Name   string `arg:"" help:"Name of the plugin: lower-case letters, digits and dashes. It becomes the folder."`
	Kind   string `required:"" enum:"rule,intervention,courses" help:"rule (a subsidy), intervention (a type of intervention) or courses (a catalog)."`
	Agency string `default:"La mia agenzia" help:"Name of the agency that answers for the plugin."`
	SDK    string `name:"sdk" type:"path" help:"Folder with the source of SATIS; without it the one around the current folder or the program."`
}

var pluginName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Run makes the folder and says what to do next.
func (c pluginNewCmd) Run(std streams) error {
	if !pluginName.MatchString(c.Name) || len(c.Name) > 64 {
		return usage("%q is no name: lower-case letters, digits and dashes, like bonus-trasporti", c.Name)
	}
	dir, err := filepath.Abs(c.Name)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return usage("%s is already there", c.Name)
	}
	root, err := c.root()
	if err != nil {
		return err
	}
	if err := c.fill(dir); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	if rel, err := filepath.Rel(root, dir); err != nil || strings.HasPrefix(rel, "..") {
		if err := writeModule(dir, c.Name, root); err != nil {
			return errors.Join(err, os.RemoveAll(dir))
		}
	}
	_, err = fmt.Fprintf(std.out, "%s\nnext: cd %s && satis plugin dev .\n", dir, c.Name)
	return err
}

// fill writes the files of the kind.
func (c pluginNewCmd) fill(dir string) error {
	values := map[string]string{"Name": c.Name, "Code": strings.ReplaceAll(c.Name, "-", "_"), "Agency": fmt.Sprintf("%q", c.Agency)}
	from := "plugintemplate/" + c.Kind
	return fs.WalkDir(pluginTemplates, from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		t, err := template.New(path).Delims("[[", "]]").ParseFS(pluginTemplates, path)
		if err != nil {
			return err
		}
		out := filepath.Join(dir, filepath.FromSlash(strings.TrimSuffix(strings.TrimPrefix(path, from+"/"), ".tmpl")))
		if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
			return err
		}
		var b strings.Builder
		if err := t.ExecuteTemplate(&b, filepath.Base(path), values); err != nil {
			return err
		}
		return os.WriteFile(out, []byte(b.String()), 0o644)
	})
}

// root finds the source of SATIS, which the plugin is built against.
func (c pluginNewCmd) root() (string, error) {
	starts := []string{c.SDK}
	if c.SDK == "" {
		here, err := os.Getwd()
		if err != nil {
			return "", err
		}
		program, err := os.Executable()
		if err != nil {
			return "", err
		}
		starts = []string{here, filepath.Dir(program)}
	}
	for _, start := range starts {
		for dir := start; ; dir = filepath.Dir(dir) {
			text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
			if err == nil && strings.HasPrefix(string(text), "module "+modulePath+"\n") {
				return dir, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", usage("say with --sdk where the source of SATIS lies")
}

// writeModule makes a module that takes the SDK from root, with the same versions of
// everything, so that nothing has to be fetched.
func writeModule(dir, name, root string) error {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	rest := strings.TrimPrefix(string(mod), "module "+modulePath+"\n")
	if i := strings.Index(rest, "\ntool "); i >= 0 {
		rest = rest[:i]
	}
	text := "module " + name + "\n" + rest + "\nrequire " + modulePath + " v0.0.0\n\nreplace " + modulePath + " => " + root + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
)

// pluginCmd is for the authors of plugins, and for those who administer them. None of it
// needs a database: the second half talks to a server.
type pluginCmd struct {
	New    pluginNewCmd    `cmd:"" help:"Make a folder with a plugin that builds and passes its tests."`
	Dev    pluginDevCmd    `cmd:"" help:"Show a plugin in the browser while it is written; every save builds it anew."`
	Test   pluginTestCmd   `cmd:"" help:"Build a plugin, run it as the server would, and say what is wrong."`
	Pack   pluginPackCmd   `cmd:"" help:"Make one file of a plugin, for one or more platforms."`
	Keygen pluginKeygenCmd `cmd:"" help:"Make a publisher's key."`
	Sign   pluginSignCmd   `cmd:"" help:"Sign a packed plugin."`
	Verify pluginVerifyCmd `cmd:"" help:"Tell whose a packed plugin is, and what it asks for."`

	pluginCatalogCmds
}

type pluginKeygenCmd struct {
	Name string `required:"" help:"Name of the publisher, as those who trust the key read it."`
	File string `arg:"" type:"path" help:"File for the private key; the public one goes beside it with .pub."`
}

// Run makes the key and prints the line that those who trust it add to their list.
func (c pluginKeygenCmd) Run(std streams) error {
	private, public, err := pack.NewKey(c.Name)
	if err != nil {
		return usageError{err}
	}
	if err := writeSecretFile(c.File, strings.TrimRight(string(private), "\n")); err != nil {
		return usageError{err}
	}
	if err := os.WriteFile(c.File+".pub", []byte(public+"\n"), 0o644); err != nil {
		return usageError{err}
	}
	said, err := pack.ParsePublishers(public)
	if err != nil || len(said) != 1 {
		return usageError{errors.New("the key just made cannot be read")}
	}
	fmt.Fprintf(std.err, "key id %s: tell it the lead agency by word of mouth, its pages show it\n", said[0].ID())
	_, err = fmt.Fprintln(std.out, public)
	return err
}

type pluginSignCmd struct {
	File string `arg:"" type:"existingfile" help:"Packed plugin; it is written anew."`
	Key  string `required:"" type:"existingfile" help:"File of the publisher's private key."`
}

// Run signs the file in place.
func (c pluginSignCmd) Run(std streams) error {
	p, err := pack.ReadFile(c.File)
	if err != nil {
		return usageError{err}
	}
	if err := signWith(p, c.Key); err != nil {
		return err
	}
	if err := writePack(p, c.File); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s %s signed with key %s\n", p.Manifest.ID, p.Manifest.Version, p.Signature.Key)
	return err
}

func signWith(p *pack.Pack, keyFile string) error {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return usageError{err}
	}
	key, err := pack.ParseKey(text)
	if err != nil {
		return usageError{err}
	}
	return p.Sign(key)
}

// writePack writes a pack beside its place and then moves it there, so that nobody finds half of one.
func writePack(p *pack.Pack, path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".pack-*")
	if err != nil {
		return usageError{err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = p.Write(f)
	if st, serr := f.Stat(); err == nil && serr == nil && st.Size() > pack.MaxPack {
		err = usageError{&pack.TooLargeError{Member: filepath.Base(path), Size: st.Size(), Limit: pack.MaxPack}}
	}
	if cerr := errors.Join(f.Chmod(0o644), f.Close()); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

type pluginVerifyCmd struct {
	File       string `arg:"" type:"existingfile" help:"Packed plugin."`
	Publishers string `required:"" type:"existingfile" help:"List of publishers that are trusted, a line each; a .pub file is one."`
}

// Run tells what is in the file. A signature that does not fit is exit code 1.
func (c pluginVerifyCmd) Run(std streams) error {
	text, err := os.ReadFile(c.Publishers)
	if err != nil {
		return usageError{err}
	}
	trusted, err := pack.ParsePublishers(string(text))
	if err != nil {
		return usageError{err}
	}
	p, err := pack.ReadFile(c.File)
	if err != nil {
		return usageError{err}
	}
	v, err := p.Verify(trusted)
	if err != nil {
		return err
	}
	m := v.Manifest
	rows := [][]string{
		{"plugin", m.ID + " " + m.Version}, {"agency", m.Agency}, {"publisher", v.Publisher.Name + " (" + v.Publisher.ID() + ")"},
		{"platforms", strings.Join(p.Platforms(), ", ")}, {"sha256", p.SHA256}, {"memory", fmt.Sprintf("%d MiB", m.Limits.MemoryMB)},
	}
	for _, s := range m.Subsidies {
		for _, f := range s.Facts.Fields {
			rows = append(rows, []string{"subsidy " + s.Code, fmt.Sprintf("%s (%s): %s", f.Name, f.Class.Effective(), s.Purposes[f.Name].EN)})
		}
	}
	for _, i := range m.Interventions {
		for _, f := range i.Form.Fields {
			rows = append(rows, []string{"intervention " + i.Code, fmt.Sprintf("%s (%s): %s", f.Name, f.Class.Effective(), i.Purposes[f.Name].EN)})
		}
	}
	for _, c := range m.Catalogs {
		rows = append(rows, []string{"catalog " + c.Code, strings.Join(c.Formats, ", ")})
	}
	return printTable(std.out, []string{"WHAT", "VALUE"}, rows)
}

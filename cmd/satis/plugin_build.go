// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// source is the folder of a plugin's author.
type source struct {
	dir      string
	text     []byte // plugin.yaml
	manifest sdk.Manifest
}

func openSource(dir string) (source, error) {
	text, err := os.ReadFile(filepath.Join(dir, "plugin.yaml"))
	if err != nil {
		return source{}, usage("%w: a plugin's folder holds plugin.yaml", err)
	}
	m, err := sdk.ParseManifest(text)
	if err != nil {
		return source{}, usage("plugin.yaml is not right:\n%w", err)
	}
	return source{dir: dir, text: text, manifest: m}, nil
}

// build makes the binary for a platform ("linux-amd64"), static and the same on every machine;
// flags are for the compiler besides.
func (s source) build(ctx context.Context, std streams, platform, out string, flags ...string) error {
	system, arch, ok := strings.Cut(platform, "-")
	if !ok {
		return usage("%q is no platform: linux-amd64 is one", platform)
	}
	args := slices.Concat([]string{"build", "-trimpath", "-buildvcs=false"}, flags, []string{"-o", out, "."})
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch)
	cmd.Stdout, cmd.Stderr = std.err, std.err
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // killed, it would leave its compilers
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return missing("go is needed to build a plugin: https://go.dev/dl")
		}
		return fmt.Errorf("the plugin does not build for %s: %w", platform, err)
	}
	return nil
}

type pluginPackCmd struct {
	Dir      string   `arg:"" default:"." type:"existingdir" help:"Folder of the plugin."`
	Out      string   `type:"path" help:"File to write; without it <id>-<version>.satisplugin."`
	Platform []string `help:"Platform to build for, like linux-arm64; repeat the flag. Without it linux-amd64."`
	Key      string   `type:"existingfile" help:"Sign it too, with this private key."`
	// Binary is for languages other than Go: nothing is built then.
	Binary map[string]string `placeholder:"linux-amd64=FILE" help:"Binary that was built already, for its platform; repeat the flag."`
}

// Run builds and packs, and prints the name of the file.
func (c pluginPackCmd) Run(ctx context.Context, std streams) error {
	s, err := openSource(c.Dir)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "satis-pack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	p := &pack.Pack{ManifestText: s.text, Manifest: s.manifest, Binaries: map[string][]byte{}}
	if err := p.AddCases(os.DirFS(filepath.Join(c.Dir, "testdata", "golden"))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usageError{err}
	}
	if err := c.binaries(ctx, std, s, tmp, p); err != nil {
		return err
	}
	if err := p.Fit(); err != nil {
		return usage("the plugin cannot be packed:\n%w", err)
	}
	if c.Key != "" {
		if err := signWith(p, c.Key); err != nil {
			return err
		}
	}
	out := c.Out
	if out == "" {
		out = s.manifest.ID + "-" + s.manifest.Version + pack.Extension
	}
	if err := writePack(p, out); err != nil {
		return err
	}
	if st, err := os.Stat(out); err == nil && st.Size() > service.MaxPluginPack {
		fmt.Fprintf(std.err, "note: nobody can upload this file, which has %d MiB: the most is %d MiB; an operator can lay it into the server's folder of plugins\n",
			(st.Size()+1<<20-1)>>20, service.MaxPluginPack>>20)
	}
	_, err = fmt.Fprintln(std.out, out)
	return err
}

// binaries builds for each platform, or takes what was built already.
func (c pluginPackCmd) binaries(ctx context.Context, std streams, s source, tmp string, p *pack.Pack) (err error) {
	if len(c.Binary) > 0 {
		for platform, file := range c.Binary {
			if p.Binaries[platform], err = os.ReadFile(file); err != nil {
				return usageError{err}
			}
		}
		return nil
	}
	platforms := c.Platform
	if len(platforms) == 0 {
		platforms = []string{"linux-amd64"}
	}
	for _, platform := range platforms {
		out := filepath.Join(tmp, "binary")
		if err := s.build(ctx, std, platform, out); err != nil {
			return err
		}
		if p.Binaries[platform], err = os.ReadFile(out); err != nil {
			return err
		}
	}
	return nil
}

type pluginTestCmd struct {
	Dir    string `arg:"" default:"." type:"existingdir" help:"Folder of the plugin, with golden cases in testdata/golden."`
	Binary string `type:"existingfile" help:"The plugin built already, for languages other than Go; without it the folder is built with go."`
}

// errFindings says that a plugin does not conform; what is wrong was printed.
var errFindings = errors.New("the plugin does not conform yet")

// Run builds the plugin, starts it as the server does, and runs the kit on it.
func (c pluginTestCmd) Run(ctx context.Context, std streams) error {
	s, err := openSource(c.Dir)
	if err != nil {
		return err
	}
	golden := filepath.Join(c.Dir, "testdata", "golden")
	cases, err := sdktest.ReadGolden(os.DirFS(golden))
	if err != nil {
		return usage("a golden case in %s cannot be read: %w", golden, err)
	}
	tmp, err := os.MkdirTemp("", "satis-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	binary := filepath.Join(tmp, s.manifest.ID)
	if c.Binary != "" {
		err = os.Symlink(c.Binary, binary)
	} else {
		err = s.build(ctx, std, pack.ThisPlatform(), binary)
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, s.manifest.ID+".yaml"), s.text, 0o600); err != nil {
		return err
	}
	return s.conform(ctx, std, tmp, cases)
}

func (s source) conform(ctx context.Context, std streams, dir string, cases []sdktest.Case) error {
	h, err := pluginhost.New(pluginhost.Config{Dir: dir, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), StartTimeout: 20 * time.Second})
	if err != nil {
		return err
	}
	defer h.Close()
	if err := h.JailProblem(); err != nil {
		fmt.Fprintln(std.err, "note: this machine has no jail, so the plugin runs outside:", err)
	}
	p, ok := h.Plugin(h.Plugins()[0].Ref) // the folder holds this one only
	if !ok {
		return errors.New("the plugin was not taken in")
	}
	findings, err := p.Conform(ctx, cases)
	if err != nil {
		tail := p.StderrTail()
		return fmt.Errorf("the plugin does not start: %w\n%s", err, tail)
	}
	if len(findings) == 0 {
		_, err := fmt.Fprintf(std.out, "%s %s conforms: %d golden cases, in the jail: %t\n", s.manifest.ID, s.manifest.Version, len(cases), p.Info().Jailed)
		return err
	}
	printFindings(std.out, findings)
	return errFindings
}

// advice says in plain words what a rule of the kit wants.
var advice = map[string]string{
	"answer":        "an answer must make sense for every request that the form allows: bound the numbers in plugin.yaml, or handle them",
	"batch":         "asked together, requests must be answered as they are alone",
	"cancellation":  "stop when the context ends: return ctx.Err()",
	"cases":         "every subsidy, intervention and catalog needs a golden case in testdata/golden",
	"contract":      "the program must describe itself exactly as plugin.yaml does: embed that file",
	"determinism":   "the same request must always get the same answer: no clock, no chance, no order of a map, and both languages whatever the reader's",
	"explanation":   "a step of the explanation must carry the amount that is answered",
	"fit":           "a golden case must ask for what plugin.yaml declares, with facts that fit its form: put the case or plugin.yaml right",
	"golden":        "the answer is not the one in the file: if the change is meant, write the file anew and read what changed",
	"malformed":     "what no server would send must be refused, not answered; the SDK does that, a program without it must do so itself",
	"twelve months": "months had and months granted together are never more than twelve",
}

func printFindings(w io.Writer, findings []sdktest.Finding) {
	var rules []string
	for _, f := range findings {
		if !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	for _, rule := range rules {
		fmt.Fprintf(w, "%s: %s\n", rule, advice[rule])
		for _, f := range findings {
			if f.Rule == rule && f.Case != "" {
				fmt.Fprintf(w, "  in %s: %s\n", f.Case, f.Detail)
			} else if f.Rule == rule {
				fmt.Fprintf(w, "  %s\n", f.Detail)
			}
		}
	}
}

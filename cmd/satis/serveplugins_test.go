// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
)

// Whose packs are believed is read at the start: a list with a slip ends the program, an
// empty folder does not.
func TestPluginFlags(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	_, line, err := pack.NewKey("Agenzia di prova")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	for path, want := range map[string]string{write("good", "# ours\n"+line+"\n"): "", write("bad", "Agenzia"): "line 1", filepath.Join(dir, "none"): "cannot be read"} {
		h, err := pluginFlags{Plugins: dir, PluginPublishers: path, AllowUnjailed: true}.openHost(log)
		if err == nil {
			h.Close()
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

// Package ui holds the built style sheet, script, fonts and icons.
//
// They are made by build.mjs into dist/ before the binary is compiled. A binary compiled
// without them still serves every page, with a small style sheet of its own.
package ui

import (
	"embed"
	"encoding/json"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

//go:embed src/plain.css
var plainCSS []byte

//go:embed src/workbench.js
var workbenchScript []byte

// WorkbenchScript is the script of the plugin author's workbench. It is served as it was
// written, built assets or not.
func WorkbenchScript() []byte { return workbenchScript }

// plainName is what the style sheet of a binary without built assets is served as.
const plainName = "plain.css"

// Assets leads from an asset's plain name to the name and the content it is served with.
type Assets struct {
	names map[string]string
	files fs.FS
}

// Load reads the manifest. A binary without built assets gives Assets whose Built is false.
func Load() Assets {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return Assets{}
	}
	raw, err := fs.ReadFile(files, "manifest.json")
	if err != nil {
		return Assets{}
	}
	names := map[string]string{}
	if json.Unmarshal(raw, &names) != nil || names["app.css"] == "" {
		return Assets{}
	}
	return Assets{names: names, files: files}
}

// Built reports whether the binary was compiled with the built assets.
func (a Assets) Built() bool { return len(a.names) > 0 }

// Name gives the hashed name of an asset ("app.css"), or "" where there is none.
// Without built assets only "app.css" has one.
func (a Assets) Name(plain string) string {
	if !a.Built() {
		if plain == "app.css" {
			return plainName
		}
		return ""
	}
	return a.names[plain]
}

// Open gives the content of an asset by its hashed name; ok is false for any other name.
func (a Assets) Open(name string) (data []byte, ok bool) {
	if !a.Built() {
		return plainCSS, name == plainName
	}
	for _, hashed := range a.names {
		if hashed == name {
			data, err := fs.ReadFile(a.files, name)
			return data, err == nil
		}
	}
	return nil, false
}

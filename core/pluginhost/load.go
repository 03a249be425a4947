// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/satis-toscana/satis/sdk"
)

// The classes of failure that Info.LastError shows.
const (
	faultManifest     = "manifest_bad"
	faultName         = "name_differs"
	faultContract     = "contract_not_served"
	faultBinary       = "binary_missing"
	faultSubsidyTaken = "subsidy_taken"
	faultHash         = "hash_changed"
	faultDescribe     = "describe_differs"
	faultStart        = "start_failed"
	faultExit         = "process_exited"
	faultTimeout      = "timeout"
	faultRule         = "rule_failed"
	faultAnswer       = "bad_answer"
)

// bundle is a plugin as it lies in the folder.
type bundle struct {
	manifest     sdk.Manifest
	manifestJSON []byte
	image        *image
	// fault says why the plugin cannot be used, "" where it can.
	fault string
}

// load reads every <name>.yaml of the folder with the binary beside it.
func load(dir string) ([]*bundle, error) {
	if dir == "" {
		return nil, nil
	}
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("folder of plugins: %w", err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	out := make([]*bundle, 0, len(paths))
	for _, p := range paths {
		b := &bundle{image: &image{}}
		b.fault = b.read(p)
		out = append(out, b)
	}
	return out, nil
}

// read fills the bundle and tells the class of what is wrong, or "".
func (b *bundle) read(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".yaml")
	text, err := os.ReadFile(path)
	if err == nil {
		b.manifest, err = sdk.ParseManifest(text)
	}
	if err == nil {
		b.manifestJSON, err = b.manifest.JSON()
	}
	if err != nil {
		b.manifest = sdk.Manifest{ID: name}
		return faultManifest
	}
	if b.manifest.ID != name {
		b.manifest = sdk.Manifest{ID: name}
		return faultName
	}
	if c := b.manifest.Contract; c.Min > sdk.ContractMajor || c.Max < sdk.ContractMajor {
		return faultContract
	}
	img, err := newImage(strings.TrimSuffix(path, ".yaml"), name)
	if err != nil {
		return faultBinary
	}
	b.image = img
	return ""
}

var errHashChanged = errors.New("the binary is not the one that was loaded")

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/sdk"
)

// The classes of failure that Info.LastError shows.
const (
	faultManifest  = "manifest_bad"
	faultName      = "name_differs"
	faultContract  = "contract_not_served"
	faultBinary    = "binary_missing"
	faultReserved  = "code_reserved" // a type of intervention that SATIS has itself
	faultSignature = "signature_bad"
	faultPlatform  = "platform_missing"
	faultDynamic   = "binary_not_static"
	faultNoJail    = "jail_missing"
	faultJail      = "jail_failed"
	faultBusy      = "busy"
	faultSpin      = "spinning"
	faultHash      = "hash_changed"
	faultDescribe  = "describe_differs"
	faultStart     = "start_failed"
	faultExit      = "process_exited"
	faultTimeout   = "timeout"
	faultRule      = "rule_failed"
	faultAnswer    = "bad_answer"
)

// bundle is a plugin as it lies in the folder.
type bundle struct {
	manifest     sdk.Manifest
	manifestJSON []byte
	image        *image
	// sha256 is that of the pack's file, or else of the binary.
	sha256 string
	// bundled: it lies in the folder.
	bundled bool
	// publisher is the id of the key that signed it; "" came with the installation.
	publisher string
	// fault says why the plugin cannot be used, "" where it can.
	fault string
}

// load reads every <name>.yaml of the folder with the binary beside it, and every packed plugin.
func load(cfg Config) ([]*bundle, error) {
	dir := cfg.Dir
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
		b := &bundle{image: &image{}, bundled: true}
		b.fault = b.read(p, cfg.contracts)
		b.sha256 = b.image.sha256
		out = append(out, b)
	}
	packed, err := filepath.Glob(filepath.Join(dir, "*"+pack.Extension))
	if err != nil {
		return nil, err
	}
	for _, p := range packed {
		out = append(out, loadPack(p, cfg))
	}
	return out, nil
}

// loadPack reads a packed plugin. One that is not believed is listed under its file's name.
func loadPack(path string, cfg Config) *bundle {
	name := strings.TrimSuffix(filepath.Base(path), pack.Extension)
	b := &bundle{image: &image{}, bundled: true, manifest: sdk.Manifest{ID: name}, publisher: "?"}
	p, err := pack.ReadFile(path)
	if err != nil {
		b.fault = manifestFault(err)
		return b
	}
	v, err := p.Verify(cfg.Publishers)
	if err != nil {
		b.fault = faultSignature
		return b
	}
	b = bundleOf(v, cfg.contracts)
	b.bundled = true
	return b
}

// bundleOf takes a verified pack in; the fault of the bundle says what is wrong with it.
func bundleOf(v *pack.Verified, served map[int]contract) *bundle {
	b := &bundle{image: &image{}, manifest: v.Manifest, publisher: v.Publisher.ID(), sha256: v.SHA256}
	var err error
	if b.manifestJSON, err = v.Manifest.JSON(); err != nil {
		b.fault = faultManifest
		return b
	}
	if b.fault = contractFault(v.Manifest, served); b.fault != "" {
		return b
	}
	binary := v.Binaries[pack.ThisPlatform()]
	if binary == nil {
		b.fault = faultPlatform
		return b
	}
	if b.image, err = sealedImage(bytes.NewReader(binary), v.Manifest.ID); err != nil {
		b.image, b.fault = &image{}, faultBinary
	}
	return b
}

func manifestFault(err error) string {
	if errors.Is(err, sdk.ErrReserved) {
		return faultReserved
	}
	return faultManifest
}

func contractFault(m sdk.Manifest, served map[int]contract) string {
	if len(majors(served, m)) == 0 {
		return faultContract
	}
	return ""
}

// read fills the bundle and tells the class of what is wrong, or "".
func (b *bundle) read(path string, served map[int]contract) string {
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
		return manifestFault(err)
	}
	if b.manifest.ID != name {
		b.manifest = sdk.Manifest{ID: name}
		return faultName
	}
	if fault := contractFault(b.manifest, served); fault != "" {
		return fault
	}
	img, err := newImage(strings.TrimSuffix(path, ".yaml"), name)
	if err != nil {
		return faultBinary
	}
	b.image = img
	return ""
}

var errHashChanged = errors.New("the binary is not the one that was loaded")

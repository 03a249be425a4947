// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"bytes"
	"context"
	"fmt"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
)

// The plugin in the catalogue of the first network: it is only there to be asked for.
const (
	provedPlugin  = "isolation-proof"
	provedVersion = "0.1.0"
)

const provedManifest = `{id: ` + provedPlugin + `, agency: Prova, version: ` + provedVersion + `, contract: {min: 1, max: 1}, kinds: [courses],
  catalogs: [{code: isolation_proof, title: {it: Prova, en: Proof}, formats: [csv]}]}`

// publish has the lead agency believe a publisher and take in a plugin of his. No process of
// it is ever started.
func (s *scratch) publish(ctx context.Context) error {
	key, line, err := pack.NewKey("Prova")
	if err != nil {
		return err
	}
	manifest, err := sdk.ParseManifest([]byte(provedManifest))
	if err != nil {
		return err
	}
	p := pack.Pack{ManifestText: []byte(provedManifest), Manifest: manifest, Binaries: map[string][]byte{pack.ThisPlatform(): []byte("no program")}}
	private, err := pack.ParseKey(key)
	if err != nil {
		return err
	}
	if err := p.Sign(private); err != nil {
		return err
	}
	var file bytes.Buffer
	if err := p.Write(&file); err != nil {
		return err
	}
	admin := s.as(ctx, s.lead, tenant.PluginAdmin)
	publisher, err := s.svc.AddPublisher(admin, line)
	if err != nil {
		return err
	}
	if _, err := s.svc.SubmitPlugin(admin, file.Bytes()); err != nil {
		return fmt.Errorf("take in: %w", err)
	}
	s.ids.publisher, s.ids.plugin = publisher.KeyID, provedPlugin
	return nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/tenant"
)

// The states of a version of a plugin in a network's catalogue.
const (
	PluginVerified   = "verified"   // signature and hash hold
	PluginConformant = "conformant" // the kit found nothing
	PluginApproved   = "approved"   // it may be made active
	PluginSuspended  = "suspended"  // nobody can use it for now
	PluginRevoked    = "revoked"    // nobody can use it ever again
)

// PluginFollows stands for a version in an organisation's own line: it follows again what is
// active everywhere.
const PluginFollows = "*"

// Publisher is somebody whose signature a network believes.
type Publisher struct {
	KeyID       string        `db:"key_id"`
	Name        string        `db:"name"`
	PublicKey   []byte        `db:"public_key"`
	AddedBy     tenant.UserID `db:"added_by"`
	AddedAt     time.Time     `db:"added_at"`
	WithdrawnAt *time.Time    `db:"withdrawn_at"`
}

// PluginFile is a plugin as it was uploaded, or as it came with the installation.
type PluginFile struct {
	// SHA256 names the file: the hash of a pack, or of a bare binary, in hex. BinarySHA256 is
	// that of the binary that runs here.
	SHA256       string `db:"sha256"`
	BinarySHA256 string `db:"binary_sha256"`
	// Packed tells a pack from a bare binary.
	Packed bool `db:"packed"`
	// Content is left out where a file is only listed.
	Content []byte `db:"content"`
	// Manifest is sdk.Manifest as JSON.
	Manifest []byte    `db:"manifest"`
	StoredAt time.Time `db:"stored_at"`
}

// PluginVersion is a version of a plugin in a network's catalogue.
type PluginVersion struct {
	Plugin  string `db:"plugin_id"`
	Version string `db:"version"`
	SHA256  string `db:"sha256"`
	Agency  string `db:"agency"`
	// Publisher signed it; "" for what came with the installation.
	Publisher string `db:"publisher"`
	KeyID     string `db:"key_id"`
	State     string `db:"state"`
	// Findings are those of the kit when it last ran, as JSON; CheckedAt is nil before.
	Findings  []byte     `db:"findings"`
	CheckedAt *time.Time `db:"checked_at"`
	// Shadow is what the last shadow run told, as JSON; nil before.
	Shadow      []byte    `db:"shadow"`
	Revision    int64     `db:"revision"`
	SubmittedAt time.Time `db:"submitted_at"`
	UpdatedAt   time.Time `db:"updated_at"`
	// Manifest is sdk.Manifest as JSON, BinarySHA256 what decisions name; both are the file's.
	Manifest     []byte `db:"manifest"`
	BinarySHA256 string `db:"binary_sha256"`
}

// PluginActivation is an organisation's own line: a version, or none.
type PluginActivation struct {
	Tenant tenant.ID `db:"tenant_id"`
	Plugin string    `db:"plugin_id"`
	// Version is "" where the plugin is not active whatever is active everywhere, and may be PluginFollows.
	Version string `db:"version"`
	// Pinned versions stay when another becomes active everywhere.
	Pinned      bool      `db:"pinned"`
	ActivatedAt time.Time `db:"activated_at"`
}

// PluginStep is something that was done to a version.
type PluginStep struct {
	ID        string    `db:"id"`
	Plugin    string    `db:"plugin_id"`
	Version   string    `db:"version"`
	Step      string    `db:"step"`
	ActorName string    `db:"actor_name"`
	Reason    string    `db:"reason"`
	Detail    []byte    `db:"detail"`
	At        time.Time `db:"at"`
}

// PluginsInForce is what a network may use: its approved versions and where they are active.
type PluginsInForce struct {
	// Versions are those that were ever approved; their State says whether they still are.
	Versions []PluginVersion
	// Defaults tell by plugin which version is active everywhere.
	Defaults map[string]string
	// Activations are the organisations' own lines, of entities that are active.
	Activations []PluginActivation
	// Entities are the active implementing entities of the network.
	Entities []tenant.ID
}

const pluginColumns = `v.plugin_id, v.version, v.sha256, v.agency, v.publisher, v.key_id, v.state, v.findings, v.checked_at, v.shadow, v.revision,
	v.submitted_at, v.updated_at, f.manifest, f.binary_sha256`

const pluginFrom = ` FROM plugin_version v JOIN plugin_file f ON f.network_id = v.network_id AND f.sha256 = v.sha256`

// PluginsInForce loads what a network may use, beside its policy. System only.
func (tx *Tx) PluginsInForce(ctx context.Context, n tenant.NetworkID) (p PluginsInForce, err error) {
	if err = tx.list(ctx, &p.Versions, `SELECT `+pluginColumns+pluginFrom+` WHERE v.network_id = $1 AND v.state IN ('approved', 'suspended', 'revoked')
		ORDER BY v.plugin_id, v.submitted_at DESC, v.version`, n); err != nil {
		return p, err
	}
	if len(p.Versions) == 0 {
		return p, nil
	}
	var defaults []struct {
		Plugin  string `db:"plugin_id"`
		Version string `db:"version"`
	}
	if err = tx.list(ctx, &defaults, `SELECT plugin_id, version FROM plugin_default WHERE network_id = $1 AND version <> ''`, n); err != nil {
		return p, err
	}
	p.Defaults = map[string]string{}
	for _, d := range defaults {
		p.Defaults[d.Plugin] = d.Version
	}
	if err = tx.list(ctx, &p.Activations, `SELECT tenant_id, plugin_id, version, pinned, activated_at FROM plugin_activation WHERE network_id = $1`, n); err != nil {
		return p, err
	}
	err = tx.list(ctx, &p.Entities, `SELECT id FROM tenant WHERE network_id = $1 AND kind = 'implementing_entity' AND status = 'active' ORDER BY id`, n)
	return p, err
}

// NetworkPluginFile reads a file of a network by its hash. System only.
func (tx *Tx) NetworkPluginFile(ctx context.Context, n tenant.NetworkID, sha256 string) (f PluginFile, err error) {
	err = tx.get(ctx, &f, `SELECT sha256, binary_sha256, packed, content, manifest, stored_at FROM plugin_file WHERE network_id = $1 AND sha256 = $2`, n, sha256)
	return f, err
}

// HasPlugin reports whether a version with this content is in a network's catalogue. System only.
func (tx *Tx) HasPlugin(ctx context.Context, n tenant.NetworkID, plugin, version, sha256 string) (has bool, err error) {
	err = tx.get(ctx, &has, `SELECT EXISTS (SELECT 1 FROM plugin_version WHERE network_id = $1 AND plugin_id = $2 AND version = $3 AND sha256 = $4)`,
		n, plugin, version, sha256)
	return has, err
}

// EnterPlugin enters a plugin of the installation into the catalogue of a network, approved,
// and active everywhere where the network never saw it before. It reports whether the catalogue
// changed. Conflict where the id is an agency's there. System only.
func (tx *Tx) EnterPlugin(ctx context.Context, n tenant.NetworkID, f PluginFile, v PluginVersion, s PluginStep) (bool, error) {
	// Servers that start together enter the same: one after the other.
	var head int64
	if err := tx.get(ctx, &head, `SELECT version FROM policy_head WHERE network_id = $1 FOR UPDATE`, n); err != nil {
		return false, err
	}
	if err := tx.claimForInstallation(ctx, n, v.Plugin, v.UpdatedAt); err != nil {
		return false, err
	}
	var have []PluginVersion
	if err := tx.list(ctx, &have, `SELECT `+pluginColumns+pluginFrom+` WHERE v.network_id = $1 AND v.plugin_id = $2 FOR UPDATE OF v`, n, v.Plugin); err != nil {
		return false, err
	}
	known := false
	for _, h := range have {
		if h.Version == v.Version {
			if h.SHA256 == v.SHA256 || h.Publisher != "" {
				return false, nil // nothing new, or an agency's from before ids had owners: it stays
			}
			known = true
		}
	}
	if _, err := tx.exec(ctx, `INSERT INTO plugin_file (network_id, sha256, packed, content, binary_sha256, manifest, stored_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, n, f.SHA256, f.Packed, f.Content, f.BinarySHA256, string(f.Manifest), f.StoredAt); err != nil {
		return false, err
	}
	if known {
		if err := tx.must(ctx, `UPDATE plugin_version SET sha256 = $4, agency = $5, updated_at = $6 WHERE network_id = $1 AND plugin_id = $2 AND version = $3`,
			n, v.Plugin, v.Version, v.SHA256, v.Agency, v.UpdatedAt); err != nil {
			return false, err
		}
	} else if _, err := tx.exec(ctx, `INSERT INTO plugin_version (network_id, plugin_id, version, sha256, agency, publisher, state, submitted_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, '', $6, $7, $7)`, n, v.Plugin, v.Version, v.SHA256, v.Agency, v.State, v.UpdatedAt); err != nil {
		return false, err
	}
	if len(have) == 0 {
		if _, err := tx.exec(ctx, `INSERT INTO plugin_default (network_id, plugin_id, version) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, n, v.Plugin, v.Version); err != nil {
			return false, err
		}
	} else if _, err := tx.exec(ctx, `UPDATE plugin_default SET version = $3 WHERE network_id = $1 AND plugin_id = $2 AND version <> ''`, n, v.Plugin, v.Version); err != nil {
		return false, err
	}
	return true, tx.insertPluginStep(ctx, n, s)
}

// MovePlugins counts the policy's version up because plugins are about to change;
// ErrPolicyMoved where it is not the caller's any more, Forbidden where he administers no plugins.
func (tx *Tx) MovePlugins(ctx context.Context, actor tenant.UserID) error {
	_, err := tx.exec(ctx, `SELECT plugins_moved($1, $2)`, tx.scope.PolicyVersion, actor)
	return err
}

// Publishers lists whose signature the network believes, or believed. Lead agency only, as
// all that follows.
func (tx *Tx) Publishers(ctx context.Context) (out []Publisher, err error) {
	err = tx.list(ctx, &out, `SELECT key_id, name, public_key, added_by, added_at, withdrawn_at FROM publisher ORDER BY name, key_id`)
	return out, err
}

// PutPublisher believes a key, from now or again.
func (tx *Tx) PutPublisher(ctx context.Context, p Publisher) error {
	_, err := tx.exec(ctx, `INSERT INTO publisher (network_id, key_id, name, public_key, added_by, added_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (network_id, key_id) DO UPDATE SET name = EXCLUDED.name, withdrawn_at = NULL`,
		tx.scope.Actor.Network, p.KeyID, p.Name, p.PublicKey, p.AddedBy, p.AddedAt)
	return err
}

// WithdrawPublisher believes a key no more; Stale where it was not believed.
func (tx *Tx) WithdrawPublisher(ctx context.Context, keyID string, at time.Time) error {
	return tx.must(ctx, `UPDATE publisher SET withdrawn_at = $2 WHERE key_id = $1 AND withdrawn_at IS NULL`, keyID, at)
}

// InsertPlugin stores a version with its file; Conflict where its plugin is not its publisher's.
func (tx *Tx) InsertPlugin(ctx context.Context, f PluginFile, v PluginVersion) error {
	n := tx.scope.Actor.Network
	if _, err := tx.exec(ctx, `INSERT INTO plugin_file (network_id, sha256, packed, content, binary_sha256, manifest, stored_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, n, f.SHA256, f.Packed, f.Content, f.BinarySHA256, string(f.Manifest), f.StoredAt); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `INSERT INTO plugin_version (network_id, plugin_id, version, sha256, agency, publisher, key_id, state, submitted_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`, n, v.Plugin, v.Version, v.SHA256, v.Agency, v.Publisher, v.KeyID, v.State, v.SubmittedAt)
	return err
}

// PluginVersions lists the versions in the catalogue, or those of one plugin, the newest upload first.
func (tx *Tx) PluginVersions(ctx context.Context, plugin string) (out []PluginVersion, err error) {
	err = tx.list(ctx, &out, `SELECT `+pluginColumns+pluginFrom+` WHERE ($1 = '' OR v.plugin_id = $1) ORDER BY v.plugin_id, v.submitted_at DESC, v.version DESC`, plugin)
	return out, err
}

// PluginVersion reads one version; NotFound outside the actor's network.
func (tx *Tx) PluginVersion(ctx context.Context, plugin, version string) (v PluginVersion, err error) {
	err = tx.get(ctx, &v, `SELECT `+pluginColumns+pluginFrom+` WHERE v.plugin_id = $1 AND v.version = $2`, plugin, version)
	return v, err
}

// LockPluginVersion is PluginVersion for who is going to change it.
func (tx *Tx) LockPluginVersion(ctx context.Context, plugin, version string) (v PluginVersion, err error) {
	err = tx.get(ctx, &v, `SELECT `+pluginColumns+pluginFrom+` WHERE v.plugin_id = $1 AND v.version = $2 FOR UPDATE OF v`, plugin, version)
	return v, err
}

// UpdatePlugin stores what became of a version that the caller has read at v.Revision; Stale
// where somebody else changed it.
func (tx *Tx) UpdatePlugin(ctx context.Context, v PluginVersion) error {
	var shadow any
	if v.Shadow != nil {
		shadow = string(v.Shadow)
	}
	return tx.must(ctx, `UPDATE plugin_version SET state = $4, findings = $5, checked_at = $6, shadow = $7, updated_at = $8, revision = revision + 1
		WHERE plugin_id = $1 AND version = $2 AND revision = $3`, v.Plugin, v.Version, v.Revision, v.State, string(v.Findings), v.CheckedAt, shadow, v.UpdatedAt)
}

// PluginDefaults tells by plugin which version is active everywhere.
func (tx *Tx) PluginDefaults(ctx context.Context) (map[string]string, error) {
	var rows []struct {
		Plugin  string `db:"plugin_id"`
		Version string `db:"version"`
	}
	if err := tx.list(ctx, &rows, `SELECT plugin_id, version FROM plugin_default WHERE version <> ''`); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.Plugin] = r.Version
	}
	return out, nil
}

// PutPluginDefault makes a version active everywhere, or with "" none.
func (tx *Tx) PutPluginDefault(ctx context.Context, plugin, version string) error {
	_, err := tx.exec(ctx, `INSERT INTO plugin_default (network_id, plugin_id, version) VALUES ($1, $2, $3)
		ON CONFLICT (network_id, plugin_id) DO UPDATE SET version = EXCLUDED.version`, tx.scope.Actor.Network, plugin, version)
	return err
}

// PluginActivations lists the organisations' own lines, or those of one plugin.
func (tx *Tx) PluginActivations(ctx context.Context, plugin string) (out []PluginActivation, err error) {
	err = tx.list(ctx, &out, `SELECT tenant_id, plugin_id, version, pinned, activated_at FROM plugin_activation
		WHERE ($1 = '' OR plugin_id = $1) ORDER BY plugin_id, tenant_id`, plugin)
	return out, err
}

// PutPluginActivation writes an organisation's own line.
func (tx *Tx) PutPluginActivation(ctx context.Context, a PluginActivation) error {
	_, err := tx.exec(ctx, `INSERT INTO plugin_activation (tenant_id, plugin_id, network_id, version, pinned, activated_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (tenant_id, plugin_id) DO UPDATE SET version = EXCLUDED.version, pinned = EXCLUDED.pinned, activated_at = EXCLUDED.activated_at`,
		a.Tenant, a.Plugin, tx.scope.Actor.Network, a.Version, a.Pinned, a.ActivatedAt)
	return err
}

// InsertPluginStep writes what was done into the version's history.
func (tx *Tx) InsertPluginStep(ctx context.Context, s PluginStep) error {
	return tx.insertPluginStep(ctx, tx.scope.Actor.Network, s)
}

func (tx *Tx) insertPluginStep(ctx context.Context, n tenant.NetworkID, s PluginStep) error {
	_, err := tx.exec(ctx, `INSERT INTO plugin_step (network_id, plugin_id, version, id, step, actor_name, reason, detail, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, n, s.Plugin, s.Version, s.ID, s.Step, s.ActorName, s.Reason, string(s.Detail), s.At)
	return err
}

// PluginSteps lists what was done to a version, newest first.
func (tx *Tx) PluginSteps(ctx context.Context, plugin, version string) (out []PluginStep, err error) {
	err = tx.list(ctx, &out, `SELECT id, plugin_id, version, step, actor_name, reason, detail, at FROM plugin_step
		WHERE plugin_id = $1 AND version = $2 ORDER BY at DESC, id DESC LIMIT 200`, plugin, version)
	return out, err
}

// PastDecision is a stored decision as a shadow run asks for it again.
type PastDecision struct {
	Tenant        tenant.ID `db:"tenant_id"`
	Subsidy       string    `db:"subsidy"`
	AsOf          time.Time `db:"as_of"`
	Facts         []byte    `db:"facts"`
	Eligible      bool      `db:"eligible"`
	MonthlyCents  int64     `db:"monthly_cents"`
	Months        int       `db:"months"`
	TotalCents    int64     `db:"total_cents"`
	PluginVersion string    `db:"plugin_version"`
	Answer        []byte    `db:"answer"`
}

// PastDecisions lists the newest decisions on some subsidies that the lead agency can see:
// those that submitted versions rest on.
func (tx *Tx) PastDecisions(ctx context.Context, subsidies []string, limit int) (out []PastDecision, err error) {
	err = tx.list(ctx, &out, `SELECT tenant_id, subsidy, as_of, facts, eligible, monthly_cents, months, total_cents, plugin_version, answer
		FROM subsidy_decision WHERE subsidy = ANY ($1) ORDER BY at DESC, id DESC LIMIT $2`, textArray(subsidies), limit)
	return out, err
}

// StoredCall is what went over the wire for a decision: NotFound where the actor may not see it.
type StoredCall struct {
	Tenant        tenant.ID `db:"tenant_id"`
	PluginID      string    `db:"plugin_id"`
	PluginVersion string    `db:"plugin_version"`
	// PluginHash is that of the binary, in hex.
	PluginHash string `db:"plugin_hash"`
	Request    []byte `db:"request"`
	Answer     []byte `db:"answer"`
}

// StoredCall reads the bytes of a decision.
func (tx *Tx) StoredCall(ctx context.Context, decision string) (c StoredCall, err error) {
	err = tx.get(ctx, &c, `SELECT tenant_id, plugin_id, plugin_version, plugin_hash, request, answer FROM subsidy_decision WHERE id = $1`, decision)
	return c, err
}

// PluginFileByBinary finds the file of a network whose binary has a hash, for replaying what
// it once decided. System only.
func (tx *Tx) PluginFileByBinary(ctx context.Context, n tenant.NetworkID, binarySHA256 string) (f PluginFile, err error) {
	err = tx.get(ctx, &f, `SELECT sha256, binary_sha256, packed, content, manifest, stored_at FROM plugin_file
		WHERE network_id = $1 AND binary_sha256 = $2 ORDER BY stored_at LIMIT 1`, n, binarySHA256)
	return f, err
}

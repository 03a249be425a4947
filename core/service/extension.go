// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// extensions is what a network may use of its plugins, as of a policy version: they are
// loaded together, and whatever changes one moves the version of both.
type extensions struct {
	version int64
	// byName holds the approved versions: "id@version".
	byName map[string]extension
	// known are the manifests of every version that was ever approved: a plan keeps what was
	// written in it, and whoever reads it its labels.
	known []sdk.Manifest
	// stopped are versions that were suspended or revoked, by who would use them: people are
	// told why what they had is not there.
	stopped map[tenant.ID][]stoppedVersion
	// left are the plugins that were deactivated for an organisation by name: it had them.
	left map[tenant.ID][]string
	// active is where each is in use.
	active map[pluginhost.Ref][]tenant.ID
}

// extension is one approved version.
type extension struct {
	ref      pluginhost.Ref
	manifest sdk.Manifest
}

// stoppedVersion is a version that was taken away.
type stoppedVersion struct {
	manifest sdk.Manifest
	// state is postgres.PluginSuspended or PluginRevoked.
	state string
}

// why tells why an organisation cannot use an offer that it had: the state of the version, or "".
func (x *extensions) why(owner tenant.ID, offer string) string {
	for _, v := range x.stopped[owner] {
		if slices.Contains(offersOf(v.manifest), offer) {
			return v.state
		}
	}
	return ""
}

func nameOf(plugin, version string) string { return plugin + "@" + version }

// offersOf lists what a manifest offers, as the policy spells it.
func offersOf(m sdk.Manifest) []string {
	var out []string
	for _, s := range m.Subsidies {
		out = append(out, policy.OfferOf(policy.OfferSubsidy, s.Code))
	}
	for _, i := range m.Interventions {
		out = append(out, policy.OfferOf(policy.OfferType, i.Code))
	}
	for _, c := range m.Catalogs {
		out = append(out, policy.OfferOf(policy.OfferCatalog, c.Code))
	}
	return out
}

// inForce works out which version each entity is to use: its own line, or the one that is
// active everywhere. Whether that is approved is not asked here.
func inForce(p postgres.PluginsInForce) map[string][]tenant.ID {
	plugins := map[string]bool{}
	for _, v := range p.Versions {
		plugins[v.Plugin] = true
	}
	own := map[string]string{}
	for _, a := range p.Activations {
		own[a.Plugin+" "+string(a.Tenant)] = a.Version
		plugins[a.Plugin] = true
	}
	out := map[string][]tenant.ID{}
	for plugin := range plugins {
		for _, t := range p.Entities {
			version, has := own[plugin+" "+string(t)]
			if !has || version == postgres.PluginFollows {
				version = p.Defaults[plugin]
			}
			name := nameOf(plugin, version)
			out[name] = append(out[name], t)
		}
	}
	return out
}

// compileExtensions turns what is stored into what the policy and the host are told.
func compileExtensions(p postgres.PluginsInForce, version int64) (*extensions, []policy.Extension, error) {
	x := &extensions{version: version, byName: map[string]extension{}, active: map[pluginhost.Ref][]tenant.ID{}, stopped: map[tenant.ID][]stoppedVersion{},
		left: map[tenant.ID][]string{}}
	for _, a := range p.Activations {
		if a.Version == "" {
			x.left[a.Tenant] = append(x.left[a.Tenant], a.Plugin)
		}
	}
	where := inForce(p)
	var list []policy.Extension
	for _, v := range p.Versions {
		m, err := manifestOf(v)
		if err != nil {
			return nil, nil, err
		}
		x.known = append(x.known, m)
		name := nameOf(v.Plugin, v.Version)
		if v.State == postgres.PluginSuspended || v.State == postgres.PluginRevoked {
			for _, t := range where[name] {
				x.stopped[t] = append(x.stopped[t], stoppedVersion{m, v.State})
			}
		}
		if v.State != postgres.PluginApproved {
			continue
		}
		ref := refOf(v)
		x.byName[name] = extension{ref, m}
		x.active[ref] = where[name]
		list = append(list, policy.Extension{Plugin: v.Plugin, Version: v.Version, Offers: offersOf(m), Tenants: where[name]})
	}
	return x, list, nil
}

// manifestOf reads the manifest that a version was stored with.
func manifestOf(v postgres.PluginVersion) (sdk.Manifest, error) {
	var m sdk.Manifest
	if err := json.Unmarshal(v.Manifest, &m); err != nil {
		return m, fmt.Errorf("service: manifest of %s: %w", nameOf(v.Plugin, v.Version), err)
	}
	return m, nil
}

// reloadExtensions reads what plugins are in force together with the policy.
func (s *Service) reloadExtensions(ctx context.Context, tx *postgres.Tx, n tenant.NetworkID, version int64) (*extensions, []policy.Extension, error) {
	if s.plugins == nil {
		return &extensions{version: version}, nil, nil
	}
	p, err := tx.PluginsInForce(ctx, n)
	if err != nil {
		return nil, nil, fmt.Errorf("service: load plugins: %w", err)
	}
	return compileExtensions(p, version)
}

// inForceHere is what plugins a network may use, as this process knows it.
type inForceHere struct {
	// changing is held while processes are ended: the changes of two versions in the wrong
	// order would leave suspended what is in force.
	changing sync.Mutex
	now      atomic.Pointer[extensions]
}

func (s *Service) inForceHere(n tenant.NetworkID) *inForceHere {
	h, ok := s.extensions.Load(n)
	if !ok {
		h, _ = s.extensions.LoadOrStore(n, &inForceHere{})
	}
	return h.(*inForceHere)
}

// putExtensions stores what plugins are in force, unless a later version is there, and ends
// the processes of what is not. The host remembers: who still asks by an older policy is refused.
func (s *Service) putExtensions(n tenant.NetworkID, next *extensions) {
	here := s.inForceHere(n)
	here.changing.Lock()
	defer here.changing.Unlock()
	if before := s.inUse(n); before.version < next.version {
		here.now.Store(next)
		s.endProcesses(before, next)
	}
}

// endProcesses kills those of versions that are not in force any more. Where an organisation
// has another version of the same plugin now, calls of the one before come to their end.
func (s *Service) endProcesses(before, next *extensions) {
	if s.plugins == nil {
		return
	}
	for ref, tenants := range before.active {
		gone := without(tenants, next.active[ref])
		if _, approved := next.active[ref]; approved {
			for other, have := range next.active {
				if other.ID == ref.ID && other != ref {
					gone = without(gone, have)
				}
			}
		}
		if len(gone) > 0 {
			_ = s.plugins.Suspend(ref, gone...) // one that is not installed here has no process
		}
	}
	for ref, tenants := range next.active {
		if come := without(tenants, before.active[ref]); len(come) > 0 {
			_ = s.plugins.Resume(ref, come...)
		}
	}
}

func without(list, less []tenant.ID) []tenant.ID {
	var out []tenant.ID
	for _, t := range list {
		if !slices.Contains(less, t) {
			out = append(out, t)
		}
	}
	return out
}

// inUse gives what plugins the network may use; it is never nil.
func (s *Service) inUse(n tenant.NetworkID) *extensions {
	if x := s.inForceHere(n).now.Load(); x != nil {
		return x
	}
	return &extensions{}
}

// offered finds the approved version that offers something to an organisation. What is not
// active for it is not there.
func (s *Service) offered(rules *policy.Snapshot, owner tenant.ID, offer string) (extension, bool) {
	e, ok := rules.OfferedBy(owner, offer)
	if !ok {
		return extension{}, false
	}
	x, ok := s.inUse(rules.Network()).byName[nameOf(e.Plugin, e.Version)]
	return x, ok
}

// through asks the policy whether the actor may do something with what a plugin offers to the
// owner of a thing: the user's right, the organisation's and the plugin's own. Where the
// plugin is not active for the owner the answer is that of an unknown code, at path; where it
// was taken away, Unavailable says so.
func (a *act) through(obj policy.Object, do policy.Action, owner tenant.ID, offer, id, path string) (extension, error) {
	if err := a.allow(obj, do, id); err != nil {
		return extension{}, err
	}
	if a.plugins == nil {
		return extension{}, fault.New(fault.Unavailable, "plugin_unavailable")
	}
	if why := a.inUse(a.actor.Network).why(owner, offer); why != "" {
		return extension{}, fault.New(fault.Unavailable, "plugin_"+why)
	}
	x, ok := a.offered(a.rules, owner, offer)
	if !ok || !a.rules.AllowedThrough(a.actor, obj, do, owner, offer) {
		return extension{}, fault.OfFields([]fault.Field{fault.At(path, form.CodeNotAnOption)})
	}
	return x, nil
}

// run finds the plugin in the host, and loads its file from the database where it is not there
// yet. No transaction is open meanwhile. Unavailable where it cannot be had.
func (s *Service) run(ctx context.Context, n tenant.NetworkID, ref pluginhost.Ref) (*pluginhost.Plugin, error) {
	if s.plugins == nil {
		return nil, fault.New(fault.Unavailable, "plugin_unavailable")
	}
	if p, ok := s.plugins.Plugin(ref); ok {
		return p, nil
	}
	f, err := s.file(ctx, n, ref)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "plugin_unavailable")
	}
	return s.install(f)
}

// file reads the stored file of a version.
func (s *Service) file(ctx context.Context, n tenant.NetworkID, ref pluginhost.Ref) (f postgres.PluginFile, err error) {
	err = s.db.AsSystem(ctx, postgres.JobPlugins, func(tx *postgres.Tx) (err error) {
		f, err = tx.NetworkPluginFile(ctx, n, ref.SHA256)
		return err
	})
	return f, err
}

// install hands a stored file to the host. It was verified before it was stored; that a
// publisher is not believed any more does not change what was approved.
func (s *Service) install(f postgres.PluginFile) (*pluginhost.Plugin, error) {
	v, err := fromFile(f)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "plugin_unavailable")
	}
	info, err := s.plugins.Install(v)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "plugin_unavailable")
	}
	p, ok := s.plugins.Plugin(info.Ref)
	if !ok {
		return nil, fault.New(fault.Unavailable, "plugin_unavailable")
	}
	return p, nil
}

// fromFile reads a stored file as the host takes it.
func fromFile(f postgres.PluginFile) (*pack.Verified, error) {
	if f.Packed {
		p, err := pack.Read(f.Content)
		if err != nil {
			return nil, err
		}
		return &pack.Verified{Pack: p}, nil
	}
	var m sdk.Manifest
	if err := json.Unmarshal(f.Manifest, &m); err != nil {
		return nil, fmt.Errorf("service: manifest: %w", err)
	}
	return &pack.Verified{Pack: &pack.Pack{ManifestText: f.Manifest, Manifest: m, SHA256: f.SHA256,
		Binaries: map[string][]byte{pack.ThisPlatform(): f.Content}}}, nil
}

// typesFor are the intervention types for plans of an organisation: the seven, those that
// plugins offer it, and, marked inactive, those that the network once approved.
func (a *act) typesFor(owner tenant.ID) casework.Types {
	out := casework.BuiltIn()
	x := a.inUse(a.actor.Network)
	for _, e := range a.rules.Extensions(owner) {
		out = append(out, typesOf(x.byName[nameOf(e.Plugin, e.Version)].manifest, false)...)
	}
	for _, v := range x.stopped[owner] {
		for _, t := range typesOf(v.manifest, true) {
			if _, there := out.Find(t.Code); !there {
				t.Had = true
				out = append(out, t)
			}
		}
	}
	for _, m := range x.known {
		for _, t := range typesOf(m, true) {
			if _, there := out.Find(t.Code); !there {
				t.Had = slices.Contains(x.left[owner], m.ID)
				out = append(out, t)
			}
		}
	}
	return out
}

// offeredTypes are those that can be put into the plans that the actor meets.
func (a *act) offeredTypes() casework.Types {
	out := casework.BuiltIn()
	for _, owner := range a.ownersOf() {
		for _, t := range a.typesFor(owner).Offered() {
			if _, there := out.Find(t.Code); !there {
				out = append(out, t)
			}
		}
	}
	return out
}

// typesOf are the types that a manifest declares.
func typesOf(m sdk.Manifest, inactive bool) casework.Types {
	var out casework.Types
	for _, i := range m.Interventions {
		out = append(out, casework.InterventionType{Code: i.Code, Label: i.Title, Form: i.Form, Plugin: m.ID, Version: m.Version, Agency: m.Agency, Inactive: inactive,
			Hint: form.Text{IT: "Di " + m.Agency + ".", EN: "By " + m.Agency + "."}})
	}
	return out
}

// ownersOf are the organisations whose plugins an actor can meet: his own, or for those who
// see others' projects every entity of the network.
func (a *act) ownersOf() []tenant.ID {
	if a.actor.Kind == tenant.ImplementingEntity {
		return []tenant.ID{a.actor.Tenant}
	}
	seen := map[tenant.ID]bool{}
	for _, tenants := range a.inUse(a.actor.Network).active {
		for _, t := range tenants {
			seen[t] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// offersTo lists by code what plugins offer to any of some organisations: of two with one
// code the first.
func offersTo[T any](a *act, owners []tenant.ID, of func(sdk.Manifest) []T, code func(T) string) []T {
	byCode := map[string]T{}
	x := a.inUse(a.actor.Network)
	for _, owner := range owners {
		for _, e := range a.rules.Extensions(owner) {
			for _, offer := range of(x.byName[nameOf(e.Plugin, e.Version)].manifest) {
				if _, there := byCode[code(offer)]; !there {
					byCode[code(offer)] = offer
				}
			}
		}
	}
	out := make([]T, 0, len(byCode))
	for _, c := range slices.Sorted(maps.Keys(byCode)) {
		out = append(out, byCode[c])
	}
	return out
}

// catalogList are the catalogs that the actor can look in.
func (a *act) catalogList() []pluginhost.Catalog {
	return offersTo(a, a.ownersOf(), pluginhost.CatalogsOf, func(c pluginhost.Catalog) string { return c.Code })
}

// catalogs are their codes.
func (a *act) catalogs() []string {
	out := []string{}
	for _, c := range a.catalogList() {
		out = append(out, c.Code)
	}
	return out
}

// EnterBundled enters the plugins of the installation's folder into the catalogue of a
// network, approved: active everywhere where the network never saw them before, and in the
// place of an older version of theirs otherwise. The lead agency can suspend them. One whose
// id is an agency's in the network is passed over.
func (h Host) EnterBundled(ctx context.Context, n tenant.NetworkID) error {
	if h.s.plugins == nil {
		return nil
	}
	for _, b := range h.s.plugins.Bundled() {
		if err := h.enter(ctx, n, b); err != nil {
			return err
		}
	}
	return nil
}

func (h Host) enter(ctx context.Context, n tenant.NetworkID, b pluginhost.Bundle) error {
	known := false
	err := h.s.db.AsSystem(ctx, postgres.JobPlugins, func(tx *postgres.Tx) (err error) {
		known, err = tx.HasPlugin(ctx, n, b.Ref.ID, b.Ref.Version, b.Ref.SHA256)
		return err
	})
	if err != nil || known {
		return err
	}
	p, ok := h.s.plugins.Plugin(b.Ref)
	if !ok {
		return nil
	}
	binary, err := p.Binary()
	if err != nil {
		return err
	}
	manifest, err := b.Manifest.JSON()
	if err != nil {
		return fmt.Errorf("service: manifest: %w", err)
	}
	at := h.s.now().UTC()
	f := postgres.PluginFile{SHA256: b.Ref.SHA256, BinarySHA256: p.Info().SHA256, Content: binary, Manifest: manifest, StoredAt: at}
	v := postgres.PluginVersion{Plugin: b.Ref.ID, Version: b.Ref.Version, SHA256: b.Ref.SHA256, Agency: b.Manifest.Agency, State: postgres.PluginApproved, UpdatedAt: at}
	step := postgres.PluginStep{ID: newID(), Plugin: v.Plugin, Version: v.Version, Step: "bundled", Detail: []byte(`{}`), At: at}
	err = h.s.db.AsSystem(ctx, postgres.JobPlugins, func(tx *postgres.Tx) error {
		changed, err := tx.EnterPlugin(ctx, n, f, v, step)
		if err != nil || !changed {
			return err
		}
		if err := tx.MovePolicy(ctx, n); err != nil {
			return err
		}
		lead, err := leadOf(ctx, tx, n)
		if err != nil {
			return err
		}
		return h.record(ctx, tx, lead, policy.Approve, policy.PluginNetwork, "")
	})
	if fault.Is(err, fault.Conflict) {
		h.s.log.WarnContext(ctx, "a plugin of the installation is not entered: its id is an agency's in this network", "network", n, "plugin", v.Plugin)
		return nil
	}
	return err
}

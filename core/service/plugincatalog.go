// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// PluginVersion is a version of a plugin in the network's catalogue.
type PluginVersion struct {
	Plugin, Version, Agency string
	// SHA256 is that of the packed file, BinarySHA256 that of the binary it runs here.
	SHA256, BinarySHA256 string
	// Publisher signed it and KeyID is his key's; both are empty for what came with the installation.
	Publisher, KeyID string
	// State is one of postgres.Plugin…: verified, conformant, approved, suspended, revoked.
	State string
	// Findings are what the conformance kit found when it ran at CheckedAt, which is zero before.
	Findings  []string
	CheckedAt time.Time
	// Shadow is the last shadow run; nil before.
	Shadow   *Shadow
	Manifest sdk.Manifest
	// Revision counts the changes: the version's ETag.
	Revision    int64
	SubmittedAt time.Time
	// ActiveFor counts the organisations that use it.
	ActiveFor int
	// Everywhere is true where organisations without a line of their own use it.
	Everywhere bool
	// Running is how it is on this server: process, circuit, last error. Its State is empty
	// where the version was not asked for since the server started.
	Running pluginhost.Info
}

// PluginDetail is a version with all that an administrator decides by.
type PluginDetail struct {
	PluginVersion
	// Before is the version that it is compared with: the last approved one that was not revoked, or nil.
	Before *PluginVersion
	// Changes tell what is otherwise than in Before; without one, everything is new.
	Changes []PluginChange
	// Owner is whose the plugin is now: a version that somebody else signed can be approved no more.
	Owner PluginOwner
	// Steps are what was done to the version, and to whom the plugin was handed over; newest first.
	Steps []PluginStep
	// Organisations are the implementing entities, with the version that each uses.
	Organisations []PluginUse
	// StandardError is the end of what its processes wrote, redacted: a stranger's text.
	StandardError string
}

// PluginStep is something that was done to a version, or to the plugin.
type PluginStep struct {
	Step string
	// ActorName is empty for the installation itself.
	ActorName, Reason string
	Detail            map[string]string
	At                time.Time
}

// PluginUse is an organisation and the version of a plugin that it uses.
type PluginUse struct {
	Tenant tenant.ID
	Name   string
	// Version is empty where it uses none.
	Version string
	// Own is true where it does not follow what is active everywhere; Pinned versions stay
	// when another becomes active everywhere.
	Own, Pinned bool
}

// PluginChange is a difference between two versions of a plugin.
type PluginChange struct {
	// Kind is "added", "removed" or "changed".
	Kind string
	// What is "subsidy", "type", "catalog", "fact", "limit", "contract" or "publisher".
	What string
	// Code names it: "rent", "rent/monthly_income".
	Code  string
	Label form.Text
	// Class is the data class of a fact, Purpose why the plugin asks for it.
	Class   string
	Purpose form.Text
	// Old and New are what a limit or a fact's class was and is.
	Old, New string
	// Details are what is asked otherwise about a changed fact.
	Details []FactChange
}

// Plugins lists the versions in the network's catalogue, by plugin and the newest upload first.
func (s *Service) Plugins(ctx context.Context) ([]PluginVersion, error) {
	var out []PluginVersion
	err := s.read(ctx, func(a *act) error {
		if err := a.allow(policy.PluginNetwork, policy.List, ""); err != nil {
			return err
		}
		rows, err := a.tx.PluginVersions(a, "")
		if err != nil {
			return err
		}
		defaults, err := a.tx.PluginDefaults(a)
		if err != nil {
			return err
		}
		out = make([]PluginVersion, 0, len(rows))
		for _, r := range rows {
			v, err := a.pluginVersion(r, defaults)
			if err != nil {
				return err
			}
			out = append(out, v)
		}
		return nil
	})
	return answer(out, err)
}

// pluginVersion adds to a row what the network and this server know of it.
func (a *act) pluginVersion(r postgres.PluginVersion, defaults map[string]string) (PluginVersion, error) {
	v := PluginVersion{Plugin: r.Plugin, Version: r.Version, Agency: r.Agency, SHA256: r.SHA256, BinarySHA256: r.BinarySHA256, Publisher: r.Publisher, KeyID: r.KeyID,
		State: r.State, Revision: r.Revision, SubmittedAt: r.SubmittedAt, Everywhere: defaults[r.Plugin] == r.Version}
	var err error
	if v.Manifest, err = manifestOf(r); err != nil {
		return v, err
	}
	if err := json.Unmarshal(r.Findings, &v.Findings); err != nil {
		return v, fault.Wrap(err, fault.Internal, "internal")
	}
	if r.CheckedAt != nil {
		v.CheckedAt = *r.CheckedAt
	}
	if r.Shadow != nil {
		v.Shadow = &Shadow{}
		if err := json.Unmarshal(r.Shadow, v.Shadow); err != nil {
			return v, fault.Wrap(err, fault.Internal, "internal")
		}
	}
	ref := refOf(r)
	v.ActiveFor = len(a.inUse(a.actor.Network).active[ref])
	if a.plugins != nil {
		if p, ok := a.plugins.Plugin(ref); ok {
			v.Running = p.Info()
		}
	}
	return v, nil
}

func refOf(r postgres.PluginVersion) pluginhost.Ref {
	return pluginhost.Ref{ID: r.Plugin, Version: r.Version, SHA256: r.SHA256}
}

// Plugin reads a version with all that an administrator decides by; NotFound for one that is
// not in the network's catalogue.
func (s *Service) Plugin(ctx context.Context, plugin, version string) (PluginDetail, error) {
	var out PluginDetail
	err := s.read(ctx, func(a *act) error {
		if err := a.allow(policy.PluginNetwork, policy.Read, ""); err != nil {
			return err
		}
		r, err := a.tx.PluginVersion(a, plugin, version)
		if err != nil {
			return err
		}
		out, err = a.pluginDetail(r)
		return err
	})
	return answer(out, err)
}

func (a *act) pluginDetail(r postgres.PluginVersion) (PluginDetail, error) {
	var out PluginDetail
	defaults, err := a.tx.PluginDefaults(a)
	if err != nil {
		return out, err
	}
	if out.PluginVersion, err = a.pluginVersion(r, defaults); err != nil {
		return out, err
	}
	all, err := a.tx.PluginVersions(a, r.Plugin)
	if err != nil {
		return out, err
	}
	for _, o := range all {
		earlier := o.SubmittedAt.Before(r.SubmittedAt) || (o.SubmittedAt.Equal(r.SubmittedAt) && o.Version < r.Version)
		// What was revoked is no measure: it may never have been approved.
		if earlier && o.Version != r.Version && (o.State == postgres.PluginApproved || o.State == postgres.PluginSuspended) {
			before, err := a.pluginVersion(o, defaults)
			if err != nil {
				return out, err
			}
			out.Before = &before
			break
		}
	}
	out.Changes = pluginChanges(out.Before, out.PluginVersion)
	steps, err := a.tx.PluginSteps(a, r.Plugin, r.Version)
	if err != nil {
		return out, err
	}
	for _, st := range steps {
		step := PluginStep{Step: st.Step, ActorName: st.ActorName, Reason: st.Reason, At: st.At, Detail: map[string]string{}}
		if err := json.Unmarshal(st.Detail, &step.Detail); err != nil {
			return out, fault.Wrap(err, fault.Internal, "internal")
		}
		out.Steps = append(out.Steps, step)
	}
	owners, err := a.ownersOfPlugin(r.Plugin)
	if err != nil {
		return out, err
	}
	out.Owner = pluginOwner(owners[0])
	out.Steps = append(out.Steps, handOvers(owners)...)
	slices.SortStableFunc(out.Steps, func(x, y PluginStep) int { return y.At.Compare(x.At) })
	if out.Organisations, err = a.pluginUses(r.Plugin, defaults[r.Plugin]); err != nil {
		return out, err
	}
	if a.plugins != nil {
		if p, ok := a.plugins.Plugin(refOf(r)); ok {
			out.StandardError = p.StderrTail()
		}
	}
	return out, nil
}

// pluginUses lists the entities of the network with the version that each uses.
func (a *act) pluginUses(plugin, everywhere string) ([]PluginUse, error) {
	list, err := a.tx.TenantsOf(a, a.actor.Network)
	if err != nil {
		return nil, err
	}
	own, err := a.tx.PluginActivations(a, plugin)
	if err != nil {
		return nil, err
	}
	var out []PluginUse
	for _, t := range list {
		if t.Kind != tenant.ImplementingEntity {
			continue
		}
		u := PluginUse{Tenant: t.ID, Name: t.Name, Version: everywhere}
		if i := slices.IndexFunc(own, func(x postgres.PluginActivation) bool { return x.Tenant == t.ID }); i >= 0 && own[i].Version != postgres.PluginFollows {
			u.Version, u.Own, u.Pinned = own[i].Version, true, own[i].Pinned
		}
		out = append(out, u)
	}
	slices.SortFunc(out, func(x, y PluginUse) int { return strings.Compare(x.Name, y.Name) })
	return out, nil
}

// declaredFact is something that a plugin asks for.
type declaredFact struct {
	label, purpose form.Text
	class          string
	field          form.Field
}

// pluginChanges compares what two versions may do, ask for and use up.
func pluginChanges(before *PluginVersion, now PluginVersion) []PluginChange {
	var old PluginVersion
	if before != nil {
		old = *before
	}
	var out []PluginChange
	for _, kind := range []string{"subsidy", "type", "catalog"} {
		out = append(out, compareOffers(kind, titlesOf(old.Manifest, kind), titlesOf(now.Manifest, kind))...)
	}
	was, is := factsOf(old.Manifest), factsOf(now.Manifest)
	for _, code := range sortedKeys(was, is) {
		o, had := was[code]
		n, has := is[code]
		c := PluginChange{What: "fact", Code: code, Label: n.label, Class: n.class, Purpose: n.purpose}
		switch {
		case !had:
			c.Kind = "added"
		case !has:
			c.Kind, c.Label, c.Class, c.Purpose = "removed", o.label, o.class, o.purpose
		default:
			c.Kind, c.Details = "changed", factChanges(o, n)
			if o.class != n.class {
				c.Old, c.New = o.class, n.class
			} else if len(c.Details) == 0 {
				continue
			}
		}
		out = append(out, c)
	}
	if before == nil {
		return out
	}
	change := func(what, code, o, n string) {
		if o != n {
			out = append(out, PluginChange{Kind: "changed", What: what, Code: code, Old: o, New: n})
		}
	}
	change("limit", "call_timeout_ms", itoa(old.Manifest.Limits.CallTimeoutMS), itoa(now.Manifest.Limits.CallTimeoutMS))
	change("limit", "memory_mb", itoa(old.Manifest.Limits.MemoryMB), itoa(now.Manifest.Limits.MemoryMB))
	change("contract", "contract", contractOf(old.Manifest), contractOf(now.Manifest))
	change("publisher", "publisher", signerOf(old, now), signerOf(now, old))
	return out
}

// signerOf names who signed a version, with his key where another key of the same name signed the other.
func signerOf(v, other PluginVersion) string {
	if v.Publisher == other.Publisher && v.KeyID != other.KeyID {
		return v.Publisher + " (" + v.KeyID + ")"
	}
	return v.Publisher
}

// contractOf spells the range of contract versions: "1", "1–2".
func contractOf(m sdk.Manifest) string {
	if m.Contract.Min == m.Contract.Max {
		return itoa(m.Contract.Max)
	}
	return itoa(m.Contract.Min) + "–" + itoa(m.Contract.Max)
}

func compareOffers(what string, was, is map[string]form.Text) []PluginChange {
	var out []PluginChange
	for _, code := range sortedKeys(was, is) {
		o, had := was[code]
		n, has := is[code]
		switch {
		case !had:
			out = append(out, PluginChange{Kind: "added", What: what, Code: code, Label: n})
		case !has:
			out = append(out, PluginChange{Kind: "removed", What: what, Code: code, Label: o})
		}
	}
	return out
}

func titlesOf(m sdk.Manifest, kind string) map[string]form.Text {
	out := map[string]form.Text{}
	switch kind {
	case "subsidy":
		for _, s := range m.Subsidies {
			out[s.Code] = s.Title
		}
	case "type":
		for _, i := range m.Interventions {
			out[i.Code] = i.Title
		}
	case "catalog":
		for _, c := range m.Catalogs {
			out[c.Code] = c.Title
		}
	}
	return out
}

func factsOf(m sdk.Manifest) map[string]declaredFact {
	out := map[string]declaredFact{}
	add := func(code string, f form.Form, purposes map[string]sdk.Text) {
		for _, field := range f.Fields {
			out[code+"/"+field.Name] = declaredFact{field.Label, purposes[field.Name], string(field.Class.Effective()), field}
		}
	}
	for _, s := range m.Subsidies {
		add(s.Code, s.Facts, s.Purposes)
	}
	for _, i := range m.Interventions {
		add(i.Code, i.Form, i.Purposes)
	}
	return out
}

func sortedKeys[T any](maps ...map[string]T) []string {
	var out []string
	for _, m := range maps {
		for k := range m {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

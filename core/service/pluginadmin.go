// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// MaxPluginPack is the size in bytes that no uploaded plugin may exceed.
const MaxPluginPack = 64 << 20

func itoa(n int) string { return strconv.Itoa(n) }

// Publishers lists whose signature the network believes, or believed.
func (s *Service) Publishers(ctx context.Context) ([]postgres.Publisher, error) {
	var out []postgres.Publisher
	err := s.read(ctx, func(a *act) (err error) {
		if err := a.allow(policy.PluginNetwork, policy.Read, ""); err != nil {
			return err
		}
		out, err = a.tx.Publishers(a)
		return err
	})
	return answer(out, err)
}

// AddPublisher believes a publisher from now on, or again: line is what `satis plugin keygen`
// wrote into the .pub file. Invalid at "line" where it is no such line.
func (s *Service) AddPublisher(ctx context.Context, line string) (postgres.Publisher, error) {
	var out postgres.Publisher
	err := s.write(ctx, func(a *act) error {
		if err := a.allow(policy.PluginNetwork, policy.Approve, ""); err != nil {
			return err
		}
		list, err := pack.ParsePublishers(line)
		if err != nil || len(list) != 1 {
			return fault.OfFields([]fault.Field{fault.At("line", "bad_publisher")})
		}
		p := list[0]
		out = postgres.Publisher{KeyID: p.ID(), Name: p.Name, PublicKey: p.Key, AddedBy: a.actor.User, AddedAt: a.at}
		if err := a.tx.PutPublisher(a, out); err != nil {
			return err
		}
		return a.audit(policy.Approve, policy.PluginNetwork, "", "publisher", out.KeyID)
	})
	return answer(out, err)
}

// WithdrawPublisher believes a publisher no more: nothing new of his is taken in. What was
// approved stays until it is revoked.
func (s *Service) WithdrawPublisher(ctx context.Context, keyID string) error {
	return s.write(ctx, func(a *act) error {
		if err := a.allow(policy.PluginNetwork, policy.Approve, ""); err != nil {
			return err
		}
		list, err := a.tx.Publishers(a)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(p postgres.Publisher) bool { return p.KeyID == keyID }) {
			return fault.Missing()
		}
		if err := a.tx.WithdrawPublisher(a, keyID, a.at); err != nil {
			return err
		}
		return a.audit(policy.Approve, policy.PluginNetwork, "", "publisher_withdrawn", keyID)
	})
}

// SubmitPlugin takes an uploaded pack into the network's catalogue, as verified. Invalid at
// "file" says why not: no plugin, not signed, signed by somebody who is not believed, changed
// since, for another contract or platform, or with the code of one of the seven types.
// Conflict where the version is there already, as a version never changes, or where the plugin
// is another publisher's or the installation's.
func (s *Service) SubmitPlugin(ctx context.Context, file []byte) (PluginDetail, error) {
	var out PluginDetail
	if err := s.permit(ctx, policy.PluginNetwork, policy.Submit); err != nil {
		return out, err
	}
	p, err := readPack(file)
	if err != nil {
		return out, err
	}
	err = s.write(ctx, func(a *act) error {
		if err := a.allow(policy.PluginNetwork, policy.Submit, ""); err != nil {
			return err
		}
		r, err := a.admit(p, file)
		if err != nil {
			return err
		}
		if out, err = a.pluginDetail(r); err != nil {
			return err
		}
		return a.auditPlugin(policy.Submit, r, "publisher", r.KeyID)
	})
	return answer(out, err)
}

// permit asks the policy in a transaction of its own: before work that no transaction should wait for.
func (s *Service) permit(ctx context.Context, obj policy.Object, do policy.Action) error {
	return s.read(ctx, func(a *act) error { return a.allow(obj, do, "") })
}

func fileFault(code string, params ...string) error {
	return fault.OfFields([]fault.Field{fault.At("file", code, params...)})
}

func readPack(file []byte) (*pack.Pack, error) {
	if len(file) > MaxPluginPack {
		return nil, fileFault("too_large", "limit", itoa(MaxPluginPack>>20)+" MiB")
	}
	p, err := pack.Read(file)
	var large *pack.TooLargeError
	switch {
	case errors.As(err, &large):
		return nil, fileFault("pack_member_large", "member", large.Member, "limit", large.LimitText())
	case errors.Is(err, sdk.ErrReserved):
		return nil, fileFault("pack_code_taken")
	case errors.Is(err, pack.ErrManifest):
		return nil, fileFault("pack_manifest")
	case err != nil:
		return nil, fileFault("pack_unreadable")
	}
	if _, err := readCases(p); err != nil {
		return nil, err
	}
	if p.Binaries[pack.ThisPlatform()] == nil {
		return nil, fileFault("pack_platform", "platform", pack.ThisPlatform())
	}
	return p, nil
}

// believed are the publishers whose signature counts now.
func (a *act) believed() ([]pack.Publisher, error) {
	rows, err := a.tx.Publishers(a)
	var out []pack.Publisher
	for _, w := range rows {
		if w.WithdrawnAt == nil {
			out = append(out, pack.Publisher{Name: w.Name, Key: w.PublicKey})
		}
	}
	return out, err
}

// admit verifies a pack and stores it.
func (a *act) admit(p *pack.Pack, file []byte) (postgres.PluginVersion, error) {
	var r postgres.PluginVersion
	believed, err := a.believed()
	if err != nil {
		return r, err
	}
	v, err := p.Verify(believed)
	switch {
	case errors.Is(err, pack.ErrUnsigned):
		return r, fileFault("pack_unsigned")
	case errors.Is(err, pack.ErrPublisher):
		return r, fileFault("pack_publisher")
	case err != nil:
		return r, fileFault("pack_changed")
	}
	m := v.Manifest
	if err := a.claim(m.ID, m.Version, v.Publisher.ID()); err != nil {
		return r, err
	}
	if _, err := a.tx.PluginVersion(a, m.ID, m.Version); err == nil {
		return r, fault.New(fault.Conflict, "plugin_version_exists", "plugin", m.ID, "version", m.Version)
	} else if !fault.Is(err, fault.NotFound) {
		return r, err
	}
	manifest, err := m.JSON()
	if err != nil {
		return r, fault.Wrap(err, fault.Internal, "internal")
	}
	sum := sha256.Sum256(p.Binaries[pack.ThisPlatform()])
	r = postgres.PluginVersion{Plugin: m.ID, Version: m.Version, SHA256: p.SHA256, Agency: m.Agency, Publisher: v.Publisher.Name, KeyID: v.Publisher.ID(),
		State: postgres.PluginVerified, SubmittedAt: a.at, UpdatedAt: a.at}
	f := postgres.PluginFile{SHA256: p.SHA256, BinarySHA256: hex.EncodeToString(sum[:]), Packed: true, Content: file, Manifest: manifest, StoredAt: a.at}
	if err := a.tx.InsertPlugin(a, f, r); err != nil {
		return r, err
	}
	if err := a.pluginStep(r, "submitted", "", "sha256", r.SHA256, "publisher", r.KeyID); err != nil {
		return r, err
	}
	return a.tx.PluginVersion(a, m.ID, m.Version)
}

func (a *act) pluginStep(r postgres.PluginVersion, step, reason string, detail ...string) error {
	name, err := a.userName()
	if err != nil {
		return err
	}
	text, err := json.Marshal(fault.Pairs(detail...))
	if err != nil {
		return fault.Wrap(err, fault.Internal, "internal")
	}
	if len(detail) == 0 {
		text = []byte("{}")
	}
	return a.tx.InsertPluginStep(a, postgres.PluginStep{ID: newID(), Plugin: r.Plugin, Version: r.Version, Step: step, ActorName: name, Reason: reason, Detail: text, At: a.at})
}

func (a *act) auditPlugin(do policy.Action, r postgres.PluginVersion, detail ...string) error {
	return a.audit(do, policy.PluginNetwork, "", append([]string{"plugin", r.Plugin, "version", r.Version, "sha256", r.SHA256}, detail...)...)
}

// CheckPlugin runs the conformance kit against a version, in the jail, and keeps what it
// found: without findings the version is conformant. It takes some seconds; a version that is
// approved already keeps its state. Conflict for one that was revoked; Unavailable where no process of it can be started.
func (s *Service) CheckPlugin(ctx context.Context, plugin, version string) (PluginDetail, error) {
	var out PluginDetail
	r, network, err := s.pluginRow(ctx, policy.Approve, plugin, version)
	if err != nil {
		return out, err
	}
	if r.State == postgres.PluginRevoked {
		return out, notInState(r, "") // not even to look at it
	}
	p, err := s.run(ctx, network, refOf(r))
	if err != nil {
		return out, err
	}
	findings := []string{}
	ctx, cancel := context.WithTimeout(ctx, pluginTime)
	defer cancel()
	cases, err := s.casesOf(ctx, network, refOf(r))
	if err != nil {
		return out, err
	}
	list, err := p.Conform(ctx, cases)
	if err != nil {
		findings = append(findings, "start: "+p.Info().LastError)
	}
	for _, f := range list {
		findings = append(findings, f.String())
	}
	text, err := json.Marshal(findings)
	if err != nil {
		return out, fault.Wrap(err, fault.Internal, "internal")
	}
	err = s.changePlugin(ctx, policy.Approve, plugin, version, func(a *act, r *postgres.PluginVersion) (string, []string, error) {
		r.Findings, r.CheckedAt = text, &a.at
		switch {
		case len(findings) == 0 && r.State == postgres.PluginVerified:
			r.State = postgres.PluginConformant
		case len(findings) > 0 && r.State == postgres.PluginConformant:
			r.State = postgres.PluginVerified
		}
		return "checked", []string{"findings", itoa(len(findings))}, nil
	}, "", &out)
	return answer(out, err)
}

// casesOf reads the golden cases out of a stored pack. A plugin that came with the
// installation has none here: they were run where it was built.
func (s *Service) casesOf(ctx context.Context, n tenant.NetworkID, ref pluginhost.Ref) ([]sdktest.Case, error) {
	f, err := s.file(ctx, n, ref)
	if err != nil || !f.Packed {
		return nil, err
	}
	p, err := pack.Read(f.Content)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "plugin_unavailable")
	}
	return readCases(p)
}

// readCases reads the golden cases of a pack; the fault names the file, and a key that is not known.
func readCases(p *pack.Pack) ([]sdktest.Case, error) {
	cases, err := sdktest.ReadGolden(p.CaseFS())
	if err == nil {
		return cases, nil
	}
	where := "testdata/golden"
	if wrong := (*sdktest.CaseError)(nil); errors.As(err, &wrong) {
		where = wrong.Where()
	}
	return nil, fileFault("pack_cases", "where", where)
}

// pluginRow reads a version for who may do something to it.
func (s *Service) pluginRow(ctx context.Context, do policy.Action, plugin, version string) (r postgres.PluginVersion, n tenant.NetworkID, err error) {
	err = s.read(ctx, func(a *act) (err error) {
		if err := a.allow(policy.PluginNetwork, do, ""); err != nil {
			return err
		}
		n = a.actor.Network
		r, err = a.tx.PluginVersion(a, plugin, version)
		return err
	})
	return r, n, err
}

// changePlugin locks a version, has it changed, and stores it with its step and its audit
// entry. Where the change touches what may be used the policy's version moves with it. Where
// change answers errUnchanged nothing is stored, and that is no error.
func (s *Service) changePlugin(ctx context.Context, do policy.Action, plugin, version string,
	change func(*act, *postgres.PluginVersion) (step string, detail []string, err error), reason string, out *PluginDetail) error {
	return s.write(ctx, func(a *act) error {
		if err := a.allow(policy.PluginNetwork, do, ""); err != nil {
			return err
		}
		r, err := a.tx.LockPluginVersion(a, plugin, version)
		if err != nil {
			return err
		}
		before := r.State
		step, detail, err := change(a, &r)
		if errors.Is(err, errUnchanged) {
			*out, err = a.pluginDetail(r)
			return err
		}
		if err != nil {
			return err
		}
		if usable(before) || usable(r.State) {
			if err := a.tx.MovePlugins(a, a.actor.User); err != nil {
				return err
			}
		}
		r.UpdatedAt = a.at
		if err := a.tx.UpdatePlugin(a, r); err != nil {
			return err
		}
		r.Revision++
		if err := a.pluginStep(r, step, reason, detail...); err != nil {
			return err
		}
		if *out, err = a.pluginDetail(r); err != nil {
			return err
		}
		return a.auditPlugin(do, r, append(detail, "state", r.State)...)
	})
}

func usable(state string) bool { return state == postgres.PluginApproved }

// checkReason demands a reason that says something.
func checkReason(reason string) error {
	switch n := utf8.RuneCountInString(strings.TrimSpace(reason)); {
	case n == 0:
		return fault.OfFields([]fault.Field{fault.At("reason", "required")})
	case n > 2000:
		return fault.OfFields([]fault.Field{fault.At("reason", "too_long", "limit", "2000")})
	}
	return nil
}

// ApprovePlugin admits a conformant version that the administrator has seen at a revision:
// from then on it can be made active. Conflict where the kit did not pass, where its publisher
// is believed no more, or where the plugin was handed over to another; Stale where the version
// was changed since. The same approval again is no change.
func (s *Service) ApprovePlugin(ctx context.Context, plugin, version string, seen int64, reason string) (PluginDetail, error) {
	var out PluginDetail
	if err := checkReason(reason); err != nil {
		return out, err
	}
	reason = strings.TrimSpace(reason)
	err := s.changePlugin(ctx, policy.Approve, plugin, version, func(a *act, r *postgres.PluginVersion) (string, []string, error) {
		if r.State == postgres.PluginApproved && (seen == 0 || seen == r.Revision-1) {
			if err := a.repeated(*r, "approved", reason); err != nil {
				return "", nil, err
			}
		}
		if seen != 0 && seen != r.Revision {
			return "", nil, fault.New(fault.Stale, "changed_meanwhile")
		}
		if r.State != postgres.PluginConformant {
			return "", nil, notInState(*r, "plugin_not_conformant")
		}
		if err := a.owned(*r); err != nil {
			return "", nil, err
		}
		believed, err := a.believed()
		if err != nil {
			return "", nil, err
		}
		if r.KeyID != "" && !slices.ContainsFunc(believed, func(p pack.Publisher) bool { return p.ID() == r.KeyID }) {
			return "", nil, fault.New(fault.Conflict, "plugin_publisher_withdrawn")
		}
		r.State = postgres.PluginApproved
		return "approved", nil, nil
	}, reason, &out)
	return answer(s.followed(ctx, out, err))
}

// SuspendPlugin takes a version from everybody for the time being: its processes end at once,
// here when it returns and on other servers as soon as they hear of it.
func (s *Service) SuspendPlugin(ctx context.Context, plugin, version, reason string) (PluginDetail, error) {
	return s.setPluginState(ctx, policy.Suspend, plugin, version, reason, "suspended", postgres.PluginSuspended, postgres.PluginApproved)
}

// ResumePlugin gives a suspended version back to the organisations that had it.
func (s *Service) ResumePlugin(ctx context.Context, plugin, version, reason string) (PluginDetail, error) {
	return s.setPluginState(ctx, policy.Suspend, plugin, version, reason, "resumed", postgres.PluginApproved, postgres.PluginSuspended)
}

// RevokePlugin takes a version from everybody for ever. Its file stays: what it once decided
// can be replayed.
func (s *Service) RevokePlugin(ctx context.Context, plugin, version, reason string) (PluginDetail, error) {
	return s.setPluginState(ctx, policy.Revoke, plugin, version, reason, "revoked", postgres.PluginRevoked,
		postgres.PluginVerified, postgres.PluginConformant, postgres.PluginApproved, postgres.PluginSuspended)
}

// setPluginState moves a version on. Asking twice for the same is no error.
func (s *Service) setPluginState(ctx context.Context, do policy.Action, plugin, version, reason, step, to string, from ...string) (PluginDetail, error) {
	var out PluginDetail
	if err := checkReason(reason); err != nil {
		return out, err
	}
	reason = strings.TrimSpace(reason)
	err := s.changePlugin(ctx, do, plugin, version, func(a *act, r *postgres.PluginVersion) (string, []string, error) {
		if r.State == to {
			if err := a.repeated(*r, step, reason); err != nil {
				return "", nil, err
			}
		}
		if r.State == postgres.PluginRevoked {
			return "", nil, notInState(*r, "")
		}
		if !slices.Contains(from, r.State) {
			return "", nil, fault.New(fault.Conflict, "plugin_state_forbids", "state", r.State)
		}
		r.State = to
		return step, nil, nil
	}, reason, &out)
	return answer(s.followed(ctx, out, err))
}

// followed makes this server follow a change of plugins at once, before anybody is answered.
func (s *Service) followed(ctx context.Context, out PluginDetail, err error) (PluginDetail, error) {
	if err != nil {
		return out, err
	}
	actor, err := tenant.From(ctx)
	if err != nil {
		return out, err
	}
	if err := s.reload(ctx, actor.Network); err != nil {
		s.log.WarnContext(ctx, "a change of plugins is in force, but could not be followed at once", "error", err)
	}
	out.ActiveFor = len(s.inUse(actor.Network).active[pluginhost.Ref{ID: out.Plugin, Version: out.Version, SHA256: out.SHA256}])
	return out, nil
}

// Activation says for whom a version is to be active.
type Activation struct {
	// Everywhere is every implementing entity, those to come too, but for those whose version
	// is pinned. Entities with a line of their own follow again.
	Everywhere bool
	// Tenants are single entities, each with a line of its own from then on.
	Tenants []tenant.ID
	// Pinned keeps the single entities' version when another becomes active everywhere.
	Pinned bool
	Reason string
}

// ActivatePlugin makes an approved version active for organisations, in the place of whatever
// version they had: going back to an older version is the same act. Invalid at "tenants" for
// one that is no entity of the network; Conflict where it is not approved, or where another
// active plugin offers the same. The same activation again is stored once.
func (s *Service) ActivatePlugin(ctx context.Context, plugin, version string, to Activation) (PluginDetail, error) {
	return s.activate(ctx, plugin, version, version, to, "activated")
}

// DeactivatePlugin takes a version of a plugin from the organisations that have it; who has
// none stays without. Plans keep what was written with it. Invalid at "tenants" for one that is
// no entity of the network; Conflict, and nothing is changed, where one of them has another version.
func (s *Service) DeactivatePlugin(ctx context.Context, plugin, version string, from Activation) (PluginDetail, error) {
	return s.activate(ctx, plugin, version, "", from, "deactivated")
}

func (s *Service) activate(ctx context.Context, plugin, version, to string, where Activation, step string) (PluginDetail, error) {
	var out PluginDetail
	if err := checkReason(where.Reason); err != nil {
		return out, err
	}
	where.Reason = strings.TrimSpace(where.Reason)
	err := s.write(ctx, func(a *act) error {
		if err := a.allow(policy.PluginNetwork, policy.Activate, ""); err != nil {
			return err
		}
		r, err := a.tx.LockPluginVersion(a, plugin, version)
		if err != nil {
			return err
		}
		if to != "" && r.State != postgres.PluginApproved {
			return notInState(r, "plugin_not_approved")
		}
		if err := a.activatedAlready(r, step, to, where); errors.Is(err, errUnchanged) {
			out, err = a.pluginDetail(r)
			return err
		} else if err != nil {
			return err
		}
		if err := a.tx.MovePlugins(a, a.actor.User); err != nil {
			return err
		}
		if to == "" {
			if err := a.heldByAll(r, where); err != nil {
				return err
			}
		}
		if err := a.putActivation(r.Plugin, to, where); err != nil {
			return err
		}
		if err := a.checkOffers(); err != nil {
			return err
		}
		detail := []string{"everywhere", strconv.FormatBool(where.Everywhere), "tenants", itoa(len(where.Tenants)), "pinned", strconv.FormatBool(where.Pinned)}
		if err := a.pluginStep(r, step, where.Reason, detail...); err != nil {
			return err
		}
		if out, err = a.pluginDetail(r); err != nil {
			return err
		}
		return a.auditPlugin(policy.Activate, r, append(detail, "step", step)...)
	})
	return answer(s.followed(ctx, out, err))
}

// notInState is the Conflict of a step that a version's state forbids. otherwise is its code
// where the version has only not come so far yet.
func notInState(r postgres.PluginVersion, otherwise string) error {
	code := otherwise
	switch r.State {
	case postgres.PluginRevoked:
		code = "plugin_version_revoked"
	case postgres.PluginSuspended:
		code = "plugin_resume_first"
	case postgres.PluginApproved:
		code = "plugin_state_forbids"
	}
	return fault.New(fault.Conflict, code, "state", r.State)
}

// heldByAll refuses to take a version from organisations that have another one: Conflict. What
// was revoked is in nobody's hands any more.
func (a *act) heldByAll(r postgres.PluginVersion, from Activation) error {
	defaults, err := a.tx.PluginDefaults(a)
	if err != nil {
		return err
	}
	uses, err := a.pluginUses(r.Plugin, defaults[r.Plugin])
	if err != nil {
		return err
	}
	all, err := a.tx.PluginVersions(a, r.Plugin)
	if err != nil {
		return err
	}
	other := func(version string) bool {
		return version != "" && version != r.Version && !slices.ContainsFunc(all, func(v postgres.PluginVersion) bool {
			return v.Version == version && v.State == postgres.PluginRevoked
		})
	}
	if active := defaults[r.Plugin]; from.Everywhere && other(active) {
		return fault.New(fault.Conflict, "plugin_other_everywhere", "plugin", r.Plugin, "version", r.Version, "active", active)
	}
	for _, u := range uses {
		if other(u.Version) && (slices.Contains(from.Tenants, u.Tenant) || from.Everywhere && !u.Pinned) {
			return fault.New(fault.Conflict, "plugin_other_active", "plugin", r.Plugin, "version", r.Version, "active", u.Version, "organisation", u.Name)
		}
	}
	return nil
}

func (a *act) putActivation(plugin, to string, where Activation) error {
	uses, err := a.pluginUses(plugin, "")
	if err != nil {
		return err
	}
	if !where.Everywhere && len(where.Tenants) == 0 {
		return fault.OfFields([]fault.Field{fault.At("tenants", "required")})
	}
	if where.Everywhere {
		if err := a.tx.PutPluginDefault(a, plugin, to); err != nil {
			return err
		}
		for _, u := range uses {
			if u.Own && !u.Pinned && u.Version != "" {
				if err := a.putLine(plugin, u.Tenant, postgres.PluginFollows, false); err != nil {
					return err
				}
			}
		}
	}
	for i, t := range where.Tenants {
		if !slices.ContainsFunc(uses, func(u PluginUse) bool { return u.Tenant == t }) {
			return fault.OfFields([]fault.Field{fault.At("tenants/"+itoa(i), "not_an_option")})
		}
		if err := a.putLine(plugin, t, to, where.Pinned && to != ""); err != nil {
			return err
		}
	}
	return nil
}

func (a *act) putLine(plugin string, t tenant.ID, version string, pinned bool) error {
	return a.tx.PutPluginActivation(a, postgres.PluginActivation{Tenant: t, Plugin: plugin, Version: version, Pinned: pinned, ActivatedAt: a.at})
}

// checkOffers refuses what would make two plugins offer the same to one organisation.
func (a *act) checkOffers() error {
	var p postgres.PluginsInForce
	var err error
	if p.Versions, err = a.tx.PluginVersions(a, ""); err != nil {
		return err
	}
	if p.Defaults, err = a.tx.PluginDefaults(a); err != nil {
		return err
	}
	if p.Activations, err = a.tx.PluginActivations(a, ""); err != nil {
		return err
	}
	list, err := a.tx.TenantsOf(a, a.actor.Network)
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.Kind == tenant.ImplementingEntity {
			p.Entities = append(p.Entities, t.ID)
		}
	}
	_, offers, err := compileExtensions(p, a.rules.Version())
	if err != nil {
		return err
	}
	if _, err := a.rules.WithExtensions(offers); err != nil {
		return fault.Wrap(err, fault.Conflict, "plugin_offer_taken")
	}
	return nil
}

// pluginTime bounds what runs while a page waits: the kit, a shadow run.
const pluginTime = 30 * time.Second

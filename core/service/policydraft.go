// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/tenant"
)

// Bounds of what a draft holds: a rule takes some 70 bytes, a network has hundreds of them.
const (
	maxRules  = 900 << 10
	maxReason = 2000
)

// PolicyDraftView is a draft as the actor sees it.
type PolicyDraftView struct {
	postgres.PolicyDraft
	AuthorName, ReviewerName string
	// Changes are the roles that it gives and takes.
	Changes []policy.GrantChange
	// InForce is the version in force; where it is not the draft's Base, the draft has to be
	// brought up to it before anybody can publish it.
	InForce int64
	// What the actor can do with it now.
	MayEdit, MaySubmit, MayPublish, MaySendBack bool
}

// Outdated tells that another version came into force since the draft was begun.
func (v PolicyDraftView) Outdated() bool {
	return v.State != postgres.DraftPublished && v.Base != v.InForce
}

// DraftChange is what an author wants of a draft.
type DraftChange struct {
	Reason string
	// KeepReason leaves the reason as it is, whatever Reason says.
	KeepReason bool
	// Rules, if not nil, is the whole text; Edits are then made in it, or in what is there.
	Rules *string
	Edits []policy.CellEdit
	// Roles, if not nil, are all the roles to be given and taken.
	Roles *[]policy.GrantChange
	// Defaults adds the default rules that the network never knew: see MissingDefaults of policy.
	Defaults bool
	// Rebase makes the draft's changes on the version that is in force now.
	Rebase bool
}

// CreatePolicyDraft begins a draft from a version's rules: 0 is the one in force, an older
// one is how a network goes back. Roles that came with versions since stay as they are. Invalid, with a field for each bad row, where the rules
// cannot be.
func (s *Service) CreatePolicyDraft(ctx context.Context, from int64, c DraftChange) (out PolicyDraftView, err error) {
	err = s.write(ctx, func(a *act) error {
		if err := a.allow(policy.PolicyNetwork, policy.Draft, ""); err != nil {
			return err
		}
		all, err := a.policyVersions()
		if err != nil {
			return err
		}
		start, err := versionOf(all, from)
		if err != nil {
			return fault.OfFields([]fault.Field{fault.At("from", "unknown_version")})
		}
		current, err := versionOf(all, 0)
		if err != nil {
			return err
		}
		c.Rebase = false
		d := postgres.PolicyDraft{ID: newID(), Base: current.Version, Rules: policy.Format(start.Rules), Author: a.actor.User, CreatedAt: a.at}
		if c.Defaults {
			d.Rules = policy.Format(policy.WithMissingDefaults(start.Rules, policy.MissingDefaults(editionsOf(all))))
		}
		if err := a.change(&d, c); err != nil {
			return err
		}
		if err := a.tx.InsertPolicyDraft(a, d); err != nil {
			return err
		}
		if out, err = a.draftByID(d.ID); err != nil {
			return err
		}
		return a.audit(policy.Draft, policy.PolicyNetwork, d.ID, "event", "create", "from", strconv.FormatInt(start.Version, 10))
	})
	return answer(out, err)
}

// PolicyDrafts lists the drafts of the network, last changed first.
func (s *Service) PolicyDrafts(ctx context.Context) (out []PolicyDraftView, err error) {
	err = s.read(ctx, func(a *act) error {
		if err := a.allow(policy.PolicyNetwork, policy.Read, ""); err != nil {
			return err
		}
		list, err := a.tx.PolicyDrafts(a, 100)
		if err != nil {
			return err
		}
		out, err = a.draftViews(list...)
		return err
	})
	return answer(out, err)
}

// openDraft reads a draft for who may read policies.
func (a *act) openDraft(id string) (d postgres.PolicyDraft, v PolicyDraftView, err error) {
	if d, err = a.draft(id, a.tx.PolicyDraft); err != nil {
		return d, v, err
	}
	if err = a.allow(policy.PolicyNetwork, policy.Read, d.ID); err != nil {
		return d, v, err
	}
	v, err = a.draftView(d)
	return d, v, err
}

// PolicyDraft reads one draft.
func (s *Service) PolicyDraft(ctx context.Context, id string) (out PolicyDraftView, err error) {
	err = s.read(ctx, func(a *act) error {
		_, out, err = a.openDraft(id)
		return err
	})
	return answer(out, err)
}

// SavePolicyDraft changes a draft of which the caller read revision base; only its author
// does. Stale where it changed since, Conflict where it is no longer to be edited, Invalid
// where the rules cannot be: then nothing is saved.
func (s *Service) SavePolicyDraft(ctx context.Context, id string, base int64, c DraftChange) (PolicyDraftView, error) {
	return s.moveDraft(ctx, id, base, policy.Draft, "save", func(a *act, d *postgres.PolicyDraft) error {
		if err := a.editable(*d); err != nil {
			return err
		}
		d.State = postgres.DraftOpen
		return a.change(d, c)
	})
}

// SubmitPolicyDraft asks a second administrator to publish. Invalid where it turns a case
// that every version keeps, changes nothing, or lacks its reason.
func (s *Service) SubmitPolicyDraft(ctx context.Context, id string, base int64) (PolicyDraftView, error) {
	return s.moveDraft(ctx, id, base, policy.Draft, "submit", func(a *act, d *postgres.PolicyDraft) error {
		if err := a.editable(*d); err != nil {
			return err
		}
		if strings.TrimSpace(d.Reason) == "" {
			return fault.OfFields([]fault.Field{fault.At("reason", "required")})
		}
		d.State, d.Reviewer, d.Note = postgres.DraftSubmitted, nil, ""
		return a.publishable(*d)
	})
}

// SendBackPolicyDraft gives a submitted draft back to its author, with a note; the author may
// take it back so.
func (s *Service) SendBackPolicyDraft(ctx context.Context, id string, base int64, note string) (PolicyDraftView, error) {
	return s.moveDraft(ctx, id, base, policy.Publish, "send_back", func(a *act, d *postgres.PolicyDraft) error {
		if d.State != postgres.DraftSubmitted {
			return draftState(*d)
		}
		d.Note = strings.TrimSpace(note)
		switch {
		case a.actor.User == d.Author:
			d.State = postgres.DraftSentBack
			return nil
		case d.Note == "":
			return fault.OfFields([]fault.Field{fault.At("note", "required")})
		case len([]rune(d.Note)) > maxReason:
			return fault.OfFields([]fault.Field{fault.At("note", "too_long", "limit", strconv.Itoa(maxReason))})
		}
		d.State, d.Reviewer = postgres.DraftSentBack, &a.actor.User
		return nil
	})
}

// PublishPolicyDraft puts a submitted draft into force as the network's next version, at the
// next request of everybody. Forbidden to its author: a second administrator decides.
func (s *Service) PublishPolicyDraft(ctx context.Context, id string, base int64) (out PolicyDraftView, err error) {
	err = s.write(ctx, func(a *act) error {
		d, err := a.lockDraft(id, base, policy.Publish)
		if err != nil {
			return err
		}
		if d.State != postgres.DraftSubmitted {
			return draftState(d)
		}
		if d.Author == a.actor.User {
			return a.refuse(policy.PolicyNetwork, policy.Publish, d.ID, fault.New(fault.Forbidden, "second_administrator"))
		}
		if err := a.publishable(d); err != nil {
			return err
		}
		by, err := a.by()
		if err != nil {
			return err
		}
		v, err := a.tx.PublishPolicyDraft(a, d.ID, d.Revision, by)
		if err != nil {
			return err
		}
		if out, err = a.draftByID(d.ID); err != nil {
			return err
		}
		if err := a.auditRoles(d); err != nil {
			return err
		}
		return a.audit(policy.Publish, policy.PolicyNetwork, d.ID, "event", "publish", "version", strconv.FormatInt(v, 10), "base", strconv.FormatInt(d.Base, 10), "author", string(d.Author))
	})
	return answer(out, err)
}

// moveDraft locks a draft, lets move change it and stores what came of it.
func (s *Service) moveDraft(ctx context.Context, id string, base int64, do policy.Action, event string, move func(*act, *postgres.PolicyDraft) error) (out PolicyDraftView, err error) {
	err = s.write(ctx, func(a *act) error {
		d, err := a.lockDraft(id, base, do)
		if err != nil {
			return err
		}
		if err := move(a, &d); err != nil {
			return err
		}
		before := d.Revision
		d.UpdatedAt = a.at
		if err := a.tx.UpdatePolicyDraft(a, d, before); err != nil {
			return err
		}
		if out, err = a.draftByID(d.ID); err != nil {
			return err
		}
		return a.audit(do, policy.PolicyNetwork, d.ID, "event", event, "state", d.State, "revision", strconv.FormatInt(out.Revision, 10))
	})
	return answer(out, err)
}

// draft loads a draft. Whose organisation runs no network is told that he may not, whatever
// the id: no draft could ever be his.
func (a *act) draft(id string, load func(context.Context, string) (postgres.PolicyDraft, error)) (postgres.PolicyDraft, error) {
	if a.actor.Kind != tenant.LeadAgency {
		if err := a.allow(policy.PolicyNetwork, policy.Draft, ""); err != nil {
			return postgres.PolicyDraft{}, err
		}
		return postgres.PolicyDraft{}, fault.Missing()
	}
	if err := validID(id); err != nil {
		return postgres.PolicyDraft{}, err
	}
	return load(a, id)
}

// lockDraft loads a draft to be changed, of which the caller read revision base.
func (a *act) lockDraft(id string, base int64, do policy.Action) (postgres.PolicyDraft, error) {
	d, err := a.draft(id, a.tx.LockPolicyDraft)
	if err != nil {
		return d, err
	}
	if err := a.allow(policy.PolicyNetwork, do, d.ID); err != nil {
		return d, err
	}
	if base != d.Revision {
		return d, fault.New(fault.Stale, "draft_changed")
	}
	return d, nil
}

// editable refuses who is not the author, and a draft that is out of his hands.
func (a *act) editable(d postgres.PolicyDraft) error {
	if d.Author != a.actor.User {
		return fault.New(fault.Forbidden, "draft_of_another")
	}
	if d.State != postgres.DraftOpen && d.State != postgres.DraftSentBack {
		return draftState(d)
	}
	return nil
}

func draftState(d postgres.PolicyDraft) error {
	return fault.New(fault.Conflict, "draft_state", "state", d.State)
}

// change puts what the author wants into the draft, or refuses it whole.
func (a *act) change(d *postgres.PolicyDraft, c DraftChange) error {
	if !c.KeepReason {
		d.Reason = strings.TrimSpace(c.Reason)
	}
	if len([]rune(d.Reason)) > maxReason {
		return fault.OfFields([]fault.Field{fault.At("reason", "too_long", "limit", strconv.Itoa(maxReason))})
	}
	if strings.ContainsRune(d.Reason, 0) {
		return fault.OfFields([]fault.Field{fault.At("reason", "bad_text")})
	}
	for i, e := range c.Edits {
		if !slices.Contains([]policy.Effect{policy.EffectAllow, policy.EffectDeny, policy.EffectDefault}, e.Effect) {
			return fault.OfFields([]fault.Field{fault.At("edits/"+strconv.Itoa(i)+"/effect", "not_an_option")})
		}
	}
	if c.Rules != nil {
		d.Rules = *c.Rules
	}
	if len(d.Rules) > maxRules {
		return fault.OfFields([]fault.Field{fault.At("rules", "too_large", "limit", strconv.Itoa(maxRules))})
	}
	rules, err := policy.Parse(d.Rules)
	if err != nil {
		return err
	}
	if c.Rebase {
		if rules, err = a.rebased(d, rules); err != nil {
			return err
		}
	}
	if len(c.Edits) > 0 {
		rules = policy.Apply(rules, c.Edits)
	}
	if c.Rebase || len(c.Edits) > 0 {
		d.Rules = policy.Format(rules)
	}
	if c.Roles != nil {
		if err := a.changeRoles(d, *c.Roles); err != nil {
			return err
		}
	}
	_, err = a.checked(rules)
	return err
}

// rebased makes the draft's changes on the version in force.
func (a *act) rebased(d *postgres.PolicyDraft, mine []policy.Rule) ([]policy.Rule, error) {
	all, err := a.policyVersions()
	if err != nil {
		return nil, err
	}
	base, err := versionOf(all, d.Base)
	if err != nil {
		return nil, err
	}
	current, err := versionOf(all, 0)
	if err != nil {
		return nil, err
	}
	d.Base = current.Version
	return policy.Rebase(base.Rules, mine, current.Rules), nil
}

// checked compiles rules with today's members and refuses those for organisations that the
// network has not.
func (a *act) checked(rules []policy.Rule) (*policy.Snapshot, error) {
	return a.checkedWith(rules, a.rules.Grants())
}

// checkedWith is checked for other members than today's.
func (a *act) checkedWith(rules []policy.Rule, grants []policy.Grant) (*policy.Snapshot, error) {
	snap, err := policy.Compile(a.actor.Network, a.rules.Version(), rules, grants)
	if err != nil {
		return nil, err
	}
	list, err := a.tx.Tenants(a)
	if err != nil {
		return nil, err
	}
	return snap, checkOverrides(rules, list)
}

// checkOverrides refuses an organisation's own rules where it is not of the network, or of
// another kind than the role.
func checkOverrides(rules []policy.Rule, list []postgres.Tenant) error {
	kinds := make(map[tenant.ID]tenant.Kind, len(list))
	for _, t := range list {
		kinds[t.ID] = t.Kind
	}
	return policy.CheckTenants(rules, kinds)
}

// compiledText is checked for stored rules.
func (a *act) compiledText(text string) (*policy.Snapshot, error) {
	rules, err := policy.Parse(text)
	if err != nil {
		return nil, err
	}
	return a.checked(rules)
}

// publishable holds what a draft needs to come into force.
func (a *act) publishable(d postgres.PolicyDraft) error {
	current, err := a.tx.RulesInForce(a)
	if err != nil {
		return err
	}
	if d.Base != current {
		return fault.New(fault.Conflict, "policy_base_moved")
	}
	snap, changes, problems, err := a.drafted(d)
	if err := cmp.Or(err, problems); err != nil {
		return err
	}
	if added, removed := policy.RuleDiff(a.rules.Rules(), snap.Rules()); len(added)+len(removed)+len(changes) == 0 {
		return fault.OfFields([]fault.Field{fault.At("rules", "policy_unchanged")})
	}
	return policy.RefuseBroken(snap)
}

// draftByID reads a draft that was just written.
func (a *act) draftByID(id string) (PolicyDraftView, error) {
	d, err := a.tx.PolicyDraft(a, id)
	if err != nil {
		return PolicyDraftView{}, err
	}
	return a.draftView(d)
}

func (a *act) draftView(d postgres.PolicyDraft) (PolicyDraftView, error) {
	list, err := a.draftViews(d)
	if err != nil {
		return PolicyDraftView{}, err
	}
	return list[0], nil
}

// draftViews adds names and what the actor can do.
func (a *act) draftViews(list ...postgres.PolicyDraft) ([]PolicyDraftView, error) {
	names, err := a.tx.UserNames(a)
	if err != nil {
		return nil, err
	}
	current, err := a.tx.RulesInForce(a)
	if err != nil {
		return nil, err
	}
	drafts, publishes := a.may(policy.PolicyNetwork, policy.Draft), a.may(policy.PolicyNetwork, policy.Publish)
	out := make([]PolicyDraftView, len(list))
	for i, d := range list {
		mine := d.Author == a.actor.User
		open := d.State == postgres.DraftOpen || d.State == postgres.DraftSentBack
		v := PolicyDraftView{PolicyDraft: d, AuthorName: names[d.Author], InForce: current,
			MayEdit: drafts && mine && open, MaySubmit: drafts && mine && open && d.Base == current,
			MayPublish: publishes && !mine && d.State == postgres.DraftSubmitted && d.Base == current, MaySendBack: publishes && d.State == postgres.DraftSubmitted}
		if v.Changes, err = policy.ParseGrantChanges(d.Roles); err != nil {
			return nil, fault.Wrap(err, fault.Unavailable, "policy_unusable")
		}
		if d.Reviewer != nil {
			v.ReviewerName = names[*d.Reviewer]
		}
		out[i] = v
	}
	return out, nil
}

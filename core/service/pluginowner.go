// SPDX-License-Identifier: AGPL-3.0-or-later

package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/policy"
	"github.com/satis-toscana/satis/core/postgres"
)

// PluginOwner is whose a plugin's id is: nobody else's version of it comes in or is approved.
type PluginOwner struct {
	Plugin string
	// KeyID is the publisher's key and Name his name; both are "" for the installation.
	KeyID, Name string
	// Believed is false where the network took its trust back: nobody can offer a version then.
	Believed bool
	Since    time.Time
	// Revision counts the owners: the ETag of a hand-over.
	Revision int64
}

// HandOver says to whom a plugin's id goes, and why.
type HandOver struct {
	// Key is the id of the key of a publisher whom the network believes.
	Key string
	// Seen is the revision of the owner that was read.
	Seen   int64
	Reason string
}

func pluginOwner(o postgres.PluginOwner) PluginOwner {
	return PluginOwner{Plugin: o.Plugin, KeyID: o.KeyID, Name: o.Name, Believed: o.WithdrawnAt == nil, Since: o.Since, Revision: o.Revision}
}

// PluginOwner reads whose a plugin's id is; NotFound for one that is not in the network's catalogue.
func (s *Service) PluginOwner(ctx context.Context, plugin string) (PluginOwner, error) {
	var out PluginOwner
	err := s.read(ctx, func(a *act) error {
		if err := a.allow(policy.PluginNetwork, policy.Read, ""); err != nil {
			return err
		}
		owners, err := a.ownersOfPlugin(plugin)
		if err != nil {
			return err
		}
		out = pluginOwner(owners[0])
		return nil
	})
	return answer(out, err)
}

// HandOverPlugin gives a plugin's id to another publisher, as when an agency changed its key.
// What is approved stays as it is; what the owner before offered and nobody approved yet can
// be approved no more. NotFound for an id that is not in the catalogue, Stale where it is not
// whose the caller read, Conflict for one of the installation, Invalid at "key_id" for who is
// not believed or has it already.
func (s *Service) HandOverPlugin(ctx context.Context, plugin string, to HandOver) (PluginOwner, error) {
	var out PluginOwner
	if err := checkReason(to.Reason); err != nil {
		return out, err
	}
	err := s.write(ctx, func(a *act) error {
		if err := a.allow(policy.PluginNetwork, policy.Approve, ""); err != nil {
			return err
		}
		owners, err := a.ownersOfPlugin(plugin)
		if err != nil {
			return err
		}
		before := owners[0]
		if before.Revision != to.Seen {
			return fault.New(fault.Stale, "changed_meanwhile")
		}
		if before.KeyID == "" {
			return fault.New(fault.Conflict, "plugin_of_installation", "plugin", plugin)
		}
		next, err := a.nextOwner(before, to)
		if err != nil {
			return err
		}
		if err := a.tx.HandOverPlugin(a, next); err != nil {
			return err
		}
		out = pluginOwner(next)
		return a.audit(policy.Approve, policy.PluginNetwork, "", "plugin", plugin, "step", "handed_over", "from", before.KeyID, "publisher", next.KeyID)
	})
	return answer(out, err)
}

// nextOwner finds who is to have an id from now on.
func (a *act) nextOwner(before postgres.PluginOwner, to HandOver) (postgres.PluginOwner, error) {
	var next postgres.PluginOwner
	list, err := a.tx.Publishers(a)
	if err != nil {
		return next, err
	}
	i := slices.IndexFunc(list, func(p postgres.Publisher) bool { return p.KeyID == to.Key && p.WithdrawnAt == nil })
	switch {
	case to.Key == "":
		return next, fault.OfFields([]fault.Field{fault.At("key_id", "required")})
	case i < 0:
		return next, fault.OfFields([]fault.Field{fault.At("key_id", "publisher_not_believed")})
	case to.Key == before.KeyID:
		return next, fault.OfFields([]fault.Field{fault.At("key_id", "publisher_has_it")})
	}
	next = postgres.PluginOwner{Plugin: before.Plugin, KeyID: list[i].KeyID, Name: list[i].Name, Revision: before.Revision + 1, Since: a.at, Reason: strings.TrimSpace(to.Reason)}
	next.ActorName, err = a.userName()
	return next, err
}

// ownersOfPlugin lists whose an id is and was, the present owner first; NotFound where it is nobody's.
func (a *act) ownersOfPlugin(plugin string) ([]postgres.PluginOwner, error) {
	owners, err := a.tx.PluginOwners(a, plugin)
	if err == nil && len(owners) == 0 {
		err = fault.Missing()
	}
	return owners, err
}

// claim gives a new id to the publisher of its first version, and refuses one that is
// somebody else's, which the audit gets to know: Conflict.
func (a *act) claim(plugin, version, keyID string) error {
	key := keyID
	if a.plugins != nil && slices.ContainsFunc(a.plugins.Bundled(), func(b pluginhost.Bundle) bool { return b.Ref.ID == plugin }) {
		key = "" // of the folder, though this network's catalogue may not have it yet
	}
	if err := a.tx.ClaimPlugin(a, plugin, key, a.at); err != nil {
		return err
	}
	owners, err := a.ownersOfPlugin(plugin)
	if err != nil || owners[0].KeyID == keyID {
		return err
	}
	why := fault.New(fault.Conflict, "plugin_of_installation", "plugin", plugin)
	if o := owners[0]; o.KeyID != "" {
		why = fault.New(fault.Conflict, "plugin_owned_by_other", "plugin", plugin, "owner", o.Name, "key", o.KeyID)
	}
	return a.refuse(policy.PluginNetwork, policy.Submit, "", why, "plugin", plugin, "version", version, "publisher", keyID)
}

// owned demands that a version is signed by its plugin's present owner.
func (a *act) owned(r postgres.PluginVersion) error {
	owners, err := a.ownersOfPlugin(r.Plugin)
	if err == nil && owners[0].KeyID != r.KeyID {
		err = fault.New(fault.Conflict, "plugin_not_owners")
	}
	return err
}

// handOvers are the changes of owner, as steps of the plugin's history.
func handOvers(owners []postgres.PluginOwner) (out []PluginStep) {
	for i, o := range owners[:max(len(owners)-1, 0)] {
		before := owners[i+1]
		out = append(out, PluginStep{Step: "handed_over", ActorName: o.ActorName, Reason: o.Reason, At: o.Since,
			Detail: map[string]string{"from": before.Name, "from_key": before.KeyID, "to": o.Name, "to_key": o.KeyID}})
	}
	return out
}

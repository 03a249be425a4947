// SPDX-License-Identifier: AGPL-3.0-or-later

package api

import (
	"time"

	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
)

// Plugin is its name where it is embedded: huma looks at exported fields only.
type Plugin = plugin

// pluginDetail is a version with all that an administrator decides by.
type pluginDetail struct {
	Plugin
	BinarySHA256  string          `json:"binary_sha256" doc:"Of the program that runs here, in hex"`
	KeyID         string          `json:"key_id,omitempty" doc:"The publisher's key"`
	Owner         pluginOwner     `json:"owner" doc:"Whose the plugin is now: nobody else's version is taken in or approved"`
	Findings      []string        `json:"findings" doc:"What the conformance kit found: a stranger's text is among it"`
	CheckedAt     *time.Time      `json:"checked_at,omitempty"`
	Limits        sdk.Limits      `json:"limits"`
	Offers        []pluginOffer   `json:"offers" doc:"What it offers, and the facts it asks for"`
	Before        string          `json:"before,omitempty" doc:"The version that changes are counted from: the last one approved"`
	Changes       []pluginChange  `json:"changes"`
	Shadow        *service.Shadow `json:"shadow,omitempty"`
	Steps         []pluginStep    `json:"steps"`
	Organisations []pluginUse     `json:"organisations" doc:"The implementing entities, with the version that each uses"`
	Processes     int             `json:"processes" doc:"How many run on this server"`
	Jailed        bool            `json:"jailed"`
	StandardError string          `json:"standard_error,omitempty" doc:"The end of what its processes wrote, redacted: a stranger's text"`
}

// pluginOffer is a subsidy, a type of intervention or a catalog.
type pluginOffer struct {
	What    string       `json:"what" enum:"subsidy,type,catalog"`
	Code    string       `json:"code"`
	Title   form.Text    `json:"title"`
	Facts   []pluginFact `json:"facts"`
	Formats []string     `json:"formats,omitempty" doc:"What a catalog's feed may be"`
}

// pluginFact is something that it asks for, and why.
type pluginFact struct {
	Name    string    `json:"name"`
	Class   string    `json:"class"`
	Label   form.Text `json:"label"`
	Purpose form.Text `json:"purpose"`
}

type pluginChange struct {
	Kind    string    `json:"kind" enum:"added,removed,changed"`
	What    string    `json:"what" enum:"subsidy,type,catalog,fact,limit,contract,publisher"`
	Code    string    `json:"code"`
	Label   form.Text `json:"label,omitzero"`
	Class   string    `json:"class,omitempty"`
	Purpose form.Text `json:"purpose,omitzero"`
	Old     string    `json:"old,omitempty"`
	New     string    `json:"new,omitempty"`

	Details []factChange `json:"details,omitempty" doc:"What is asked otherwise about a fact"`
}

// factChange is one thing that a version asks otherwise about a fact.
type factChange struct {
	What string `json:"what" enum:"kind,min,max,max_length,required,required_when,visible_when,option_added,option_removed,options,columns,unit,label,hint,purpose,other"`
	Old  string `json:"old,omitempty" doc:"Absent for none, and where words or columns changed"`
	New  string `json:"new,omitempty"`
	Unit string `json:"unit,omitempty" doc:"cents where old and new are amounts of money"`
}

type pluginStep struct {
	Step   string            `json:"step"`
	Actor  string            `json:"actor_name,omitempty" doc:"Absent for the installation itself"`
	Reason string            `json:"reason,omitempty"`
	Detail map[string]string `json:"detail"`
	At     time.Time         `json:"at"`
}

type pluginUse struct {
	Tenant  tenant.ID `json:"tenant_id"`
	Name    string    `json:"name"`
	Version string    `json:"version,omitempty" doc:"Absent where it uses none"`
	Own     bool      `json:"own" doc:"It does not follow what is active everywhere"`
	Pinned  bool      `json:"pinned"`
}

func detailOf(d service.PluginDetail) pluginDetail {
	out := pluginDetail{Plugin: pluginOf(d.PluginVersion), BinarySHA256: d.BinarySHA256, KeyID: d.KeyID, Owner: ownerOf(d.Owner), Findings: present(d.Findings), Limits: d.Manifest.Limits,
		Offers: offersOf(d.Manifest), Shadow: d.Shadow, Processes: d.Running.Processes, Jailed: d.Running.Jailed, StandardError: d.StandardError,
		Changes: convert(d.Changes, func(c service.PluginChange) pluginChange {
			return pluginChange{c.Kind, c.What, c.Code, c.Label, c.Class, c.Purpose, c.Old, c.New,
				convert(c.Details, func(d service.FactChange) factChange { return factChange(d) })}
		}),
		Steps: convert(d.Steps, func(st service.PluginStep) pluginStep {
			return pluginStep{st.Step, st.ActorName, st.Reason, st.Detail, st.At}
		}),
		Organisations: convert(d.Organisations, func(u service.PluginUse) pluginUse {
			return pluginUse{u.Tenant, u.Name, u.Version, u.Own, u.Pinned}
		})}
	if !d.CheckedAt.IsZero() {
		out.CheckedAt = &d.CheckedAt
	}
	if d.Before != nil {
		out.Before = d.Before.Version
	}
	return out
}

func offersOf(m sdk.Manifest) []pluginOffer {
	out := []pluginOffer{}
	for _, v := range m.Subsidies {
		out = append(out, pluginOffer{What: "subsidy", Code: v.Code, Title: v.Title, Facts: factsOf(v.Facts, v.Purposes)})
	}
	for _, v := range m.Interventions {
		out = append(out, pluginOffer{What: "type", Code: v.Code, Title: v.Title, Facts: factsOf(v.Form, v.Purposes)})
	}
	for _, v := range m.Catalogs {
		out = append(out, pluginOffer{What: "catalog", Code: v.Code, Title: v.Title, Facts: []pluginFact{}, Formats: v.Formats})
	}
	return out
}

// factsOf lists what a form asks for. What it shows but gives no purpose for has none here.
func factsOf(f form.Form, purposes map[string]sdk.Text) []pluginFact {
	out := []pluginFact{}
	for _, field := range f.Fields {
		out = append(out, pluginFact{field.Name, string(field.Class.Effective()), field.Label, purposes[field.Name]})
	}
	return out
}

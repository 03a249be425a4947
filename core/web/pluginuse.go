// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
)

// inUse shows which organisation uses which version, and the way back to an older one.
func (p *pluginPage) inUse(d service.PluginDetail, all []service.PluginVersion) {
	held, states := d.Everywhere, map[string]string{}
	for _, v := range all {
		if v.Plugin == d.Plugin {
			states[v.Version] = v.State
		}
	}
	for _, u := range d.Organisations {
		row := pluginUse{Name: u.Name, Version: u.Version, This: u.Version == d.Version, How: howUsed(&p.frame, u)}
		if state := states[u.Version]; u.Version != "" && state != postgres.PluginApproved {
			row.Stopped = pluginTag(&p.frame, state) // it has nothing to use now
		}
		held = held || row.This
		p.Uses = append(p.Uses, row)
	}
	for _, v := range all {
		if v.Plugin != d.Plugin || v.Version == d.Version {
			continue
		}
		other := pluginOther{Version: v.Version, Href: versionOfPlugin(v.Plugin, v.Version), State: pluginTag(&p.frame, v.State)}
		if held && v.State == postgres.PluginApproved && olderPlugin(v, d.PluginVersion) {
			other.Back = other.Href + "/attiva"
		}
		p.Others = append(p.Others, other)
	}
}

// olderPlugin tells that one version came in before another.
func olderPlugin(v, than service.PluginVersion) bool { return v.SubmittedAt.Before(than.SubmittedAt) }

func howUsed(f *frame, u service.PluginUse) string {
	switch {
	case u.Pinned:
		return f.t("plugin.pinned")
	case u.Own:
		return f.t("plugin.own_line")
	}
	return f.t("plugin.as_everywhere")
}

// origin says who vouches for a version and what it keeps to, and how it runs on this server.
func (p *pluginPage) origin(d service.PluginDetail) {
	row := func(key string, values ...string) summaryRow {
		return summaryRow{Label: p.t(key), Values: slices.DeleteFunc(values, func(v string) bool { return v == "" })}
	}
	m := d.Manifest
	signed := p.t("plugin.signature_holds")
	if d.KeyID == "" {
		signed = p.t("plugin.signature_none")
	}
	contract := strconv.Itoa(m.Contract.Min)
	if m.Contract.Max != m.Contract.Min {
		contract += "–" + strconv.Itoa(m.Contract.Max)
	}
	p.Origin = []summaryRow{
		row("plugin.agency", d.Agency), row("plugin.publisher", publisherOf(&p.frame, d.PluginVersion), d.KeyID), row("plugin.signature", signed),
		row("plugin.kinds", kindsOf(&p.frame, m)), row("plugin.contract", contract),
		row("plugin.limits", p.t("plugin_limit.call_timeout_ms")+": "+limitText(&p.frame, "call_timeout_ms", strconv.Itoa(m.Limits.CallTimeoutMS)),
			p.t("plugin_limit.memory_mb")+": "+limitText(&p.frame, "memory_mb", strconv.Itoa(m.Limits.MemoryMB))),
		row("plugin.hash", grouped(d.SHA256)), row("plugin.hash_binary", grouped(d.BinarySHA256)), row("plugin.since", formatTime(p.Lang, d.SubmittedAt)),
	}
	i := d.Running
	p.Runs = []summaryRow{row("plugin.running", runningTag(&p.frame, d.PluginVersion).Text)}
	if i.State == "" {
		return
	}
	jail := p.t("plugin.jailed")
	if !i.Jailed {
		jail = p.t("plugin.not_jailed")
	}
	p.Runs = append(p.Runs, row("plugin.processes", strconv.Itoa(i.Processes)), row("plugin.jail", jail))
	if i.LastError != "" {
		p.Runs = append(p.Runs, row("plugin.last_error", i.LastError))
	}
}

// grouped writes a hash so that two can be compared by eye: in groups of eight.
func grouped(hash string) string {
	var b strings.Builder
	for i := 0; i < len(hash); i += 8 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(hash[i:min(i+8, len(hash))])
	}
	return b.String()
}

// stepOf says what was done to a version, by whom and why.
func stepOf(f *frame, st service.PluginStep) historyEntry {
	e := historyEntry{When: st.At, What: f.t("plugin_step." + st.Step), Who: cmp.Or(st.ActorName, f.t("plugin.installation")), Reason: st.Reason}
	count := func(name string) int { n, _ := strconv.Atoi(st.Detail[name]); return n }
	switch st.Step {
	case "checked":
		e.What += ": " + f.t("plugin.step_findings", "Count", count("findings"))
	case "shadowed":
		e.What += ": " + f.t("plugin.step_shadow", "Asked", count("asked"), "Changed", count("changed"))
	case "activated", "deactivated":
		if st.Detail["everywhere"] == "true" {
			e.What += ": " + f.t("plugin.step_everywhere")
		} else {
			e.What += ": " + f.t("plugin.step_for", "Count", count("tenants"))
		}
	case "handed_over":
		named := func(who string) string { return st.Detail[who] + " (" + st.Detail[who+"_key"] + ")" }
		e.What += ": " + f.t("plugin.step_from_to", "From", named("from"), "To", named("to"))
	}
	return e
}

// shadowShown is how many differences a page shows at once; the rest can be unfolded.
const shadowShown = 10

// shadowView is what a rule would have decided in the past.
type shadowView struct {
	At                                       string
	Asked, Unchanged, Changed, NotReplayable int
	Old, New, Difference                     string
	Nothing                                  bool
	First, Rest                              []shadowRow
}

type shadowRow struct{ Subsidy, AsOf, Before, After, Difference string }

func shadowOf(f *frame, d service.PluginDetail) *shadowView {
	sh := d.Shadow
	if sh == nil {
		return nil
	}
	v := &shadowView{At: formatTime(f.Lang, sh.At), Asked: sh.Asked, Unchanged: sh.Unchanged, Changed: sh.Changed, NotReplayable: sh.NotReplayable, Nothing: sh.Asked == 0,
		Old: formatMoney(f.Lang, sh.OldCents), New: formatMoney(f.Lang, sh.NewCents), Difference: signedMoney(f.Lang, sh.NewCents-sh.OldCents)}
	titles := map[string]string{}
	for _, x := range d.Manifest.Subsidies {
		titles[x.Code] = x.Title.In(f.Lang)
	}
	for i, x := range sh.Differences {
		row := shadowRow{Subsidy: cmp.Or(titles[x.Subsidy], x.Subsidy), AsOf: formatDate(f.Lang, x.AsOf), Difference: signedMoney(f.Lang, x.TotalAfter-x.TotalBefore),
			Before: grantText(f, x.EligibleBefore, x.MonthlyBefore, x.MonthsBefore, x.TotalBefore), After: grantText(f, x.EligibleAfter, x.MonthlyAfter, x.MonthsAfter, x.TotalAfter)}
		if i < shadowShown {
			v.First = append(v.First, row)
		} else {
			v.Rest = append(v.Rest, row)
		}
	}
	return v
}

// signedMoney writes a difference with its sign.
func signedMoney(lang string, cents int64) string {
	if cents > 0 {
		return "+" + formatMoney(lang, cents)
	}
	return formatMoney(lang, cents)
}

// grantText says what a decision gives.
func grantText(f *frame, eligible bool, monthly int64, months int, total int64) string {
	switch {
	case !eligible:
		return f.t("subsidy.not_due")
	case monthly == 0 || months == 0:
		return formatMoney(f.Lang, total)
	}
	return formatMoney(f.Lang, total) + " (" + formatMoney(f.Lang, monthly) + " × " + strconv.Itoa(months) + ")"
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// pluginPage is a version with all that an administrator decides by.
type pluginPage struct {
	frame
	Address, Plugin, Version string
	State                    tagView
	Notices                  []noticeView
	// Next is what can be done with the version now; empty for a version that was revoked.
	Next string
	Base int64
	// Offers are what it brings, with the facts that it asks for.
	Offers  []pluginOffer
	Changes []pluginChange
	// Before is the version that it is compared with; empty where there is none.
	Before, BeforeHref string
	// Checked is when the kit ran; Findings is what it found.
	Checked  string
	Findings []kitGroup
	Passed   bool
	// What can be done.
	MayCheck, MayApprove, MayShadow, MayActivate, MayDeactivate, MaySuspend, MayResume, MayRevoke bool
	// FirstCheck tells that the kit did not run yet, Admitted that the version was approved
	// once, InUse that some organisation uses it.
	FirstCheck, Admitted, InUse bool

	Reason *fieldView
	Rule   bool
	Shadow *shadowView
	Uses   []pluginUse
	Others []pluginOther
	Origin []summaryRow
	// MayHandOver tells that the plugin can go to another publisher.
	MayHandOver bool
	Runs        []summaryRow
	Steps       []historyEntry
	Stderr      string
}

func (*pluginPage) template() string { return "plugin-version" }

type pluginOffer struct {
	What, Title, Code, Formats string
	Facts                      []pluginFact
}

type pluginFact struct {
	Label, Purpose string
	Class          tagView
}

// pluginChange is a difference to the version before, in words.
type pluginChange struct {
	Tag        tagView
	Text, More string
}

// pluginUse is an organisation; Stopped says why it cannot use the version it has.
type pluginUse struct {
	Name, Version, How string
	This               bool
	Stopped            tagView
}

// pluginOther is another version of the same plugin; Back leads to where one returns to it.
type pluginOther struct {
	Version, Href, Back string
	State               tagView
}

func (s *site) showPlugin(w http.ResponseWriter, r *http.Request) error {
	d, err := s.openVersion(r)
	if err != nil {
		return err
	}
	p, err := s.pluginPage(r, d)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, p)
}

// pluginAgain shows a version after something was refused: why is said at the reason where it
// is about the reason, else on top.
func (s *site) pluginAgain(w http.ResponseWriter, r *http.Request, status int, reason string, why error) error {
	d, err := s.openVersion(r)
	if err != nil {
		return err
	}
	p, err := s.pluginPage(r, d)
	if err != nil {
		return err
	}
	if status == http.StatusServiceUnavailable {
		p.Notices = append([]noticeView{{"bad", p.t("plugin.no_answer"), p.t("plugin.no_answer_text")}}, p.Notices...)
		return s.render(w, status, p)
	}
	p.Errors = p.refusal(why, p.Reason, reason)
	return s.render(w, status, p)
}

// refusal says what a service refused: at the field for a reason, where it is about that.
func (f *frame) refusal(why error, field *fieldView, typed string) (out []complaintView) {
	e, ok := isFault(why)
	if !ok {
		return nil
	}
	if e.Kind == fault.Stale {
		return []complaintView{{Text: f.t("plugin.changed_meanwhile")}}
	}
	list := e.Fields
	if len(list) == 0 {
		list = []fault.Field{{Code: e.Code, Params: e.Params}}
	}
	for _, c := range list {
		text := complaintView{Text: f.texts.Fault(f.Lang, c.Code, c.Params)}
		switch first, _, _ := strings.Cut(c.Path, "/"); {
		case c.Path == "reason" && field != nil:
			field.Error, field.Value = text.Text, typed
			text = complaintView{field.Label + ": " + text.Text, "#" + field.ID}
		case first == "tenants":
			text = complaintView{f.t("plugin.which") + ": " + text.Text, "#f-tenants"}
		}
		out = append(out, text)
	}
	return out
}

func (s *site) pluginPage(r *http.Request, d service.PluginDetail) (*pluginPage, error) {
	all, err := s.svc.Plugins(r.Context())
	if err != nil {
		return nil, err
	}
	f := s.frame(r)
	title := d.Plugin + " " + d.Version
	p := &pluginPage{frame: f.titled(title, "plugins"), Address: versionOfPlugin(d.Plugin, d.Version), Plugin: d.Plugin, Version: d.Version,
		State: pluginTag(&f, d.State), Base: d.Revision, Stderr: d.StandardError}
	p.Crumbs = []crumb{{f.t("nav.plugins"), pluginPath}, {title, ""}}
	p.actions(d)
	p.describe(d)
	p.compared(d)
	p.kit(d)
	p.Shadow = shadowOf(&f, d)
	p.inUse(d, all)
	p.origin(d)
	p.ownership(d)
	for _, st := range d.Steps {
		p.Steps = append(p.Steps, stepOf(&f, st))
	}
	return p, nil
}

// actions says what can be done with a version in its state, and what comes next.
func (p *pluginPage) actions(d service.PluginDetail) {
	state := d.State
	p.InUse = d.Everywhere || slices.ContainsFunc(d.Organisations, func(u service.PluginUse) bool { return u.Version == d.Version })
	p.InUse = p.InUse && state == postgres.PluginApproved
	p.FirstCheck, p.Admitted = state == postgres.PluginVerified && d.CheckedAt.IsZero(), state == postgres.PluginApproved || state == postgres.PluginSuspended
	p.Rule = len(d.Manifest.Subsidies) > 0
	p.MayCheck = state != postgres.PluginRevoked && state != postgres.PluginSuspended
	p.MayApprove = state == postgres.PluginConformant
	p.MayShadow = p.Rule && (state == postgres.PluginConformant || state == postgres.PluginApproved)
	p.MayActivate = state == postgres.PluginApproved
	p.MayDeactivate = p.InUse
	p.MaySuspend, p.MayResume, p.MayRevoke = state == postgres.PluginApproved, state == postgres.PluginSuspended, state != postgres.PluginRevoked
	key := state
	switch {
	case state == postgres.PluginVerified && len(d.Findings) > 0:
		key = "failed"
	case p.InUse:
		key = "active"
	}
	p.Next = p.t("plugin_next." + key)
	if p.MayApprove {
		p.Reason = &fieldView{Shape: "textarea", Path: "reason", ID: "f-reason", Label: p.t("plugin.reason"), Hint: p.t("plugin.reason_approve"), Required: true}
	}
	if n := troubleOf(&p.frame, d.PluginVersion); n != nil {
		p.Notices = append(p.Notices, *n)
	}
}

// classTags are the tones of the classes of data: the nearer to the person, the louder.
var classTags = map[form.Class]string{form.ClassPublic: "neutral", form.ClassNetwork: "neutral", form.ClassCase: "info", form.ClassPrivate: "warn", form.ClassIdentity: "bad"}

func classTag(f *frame, c form.Class) tagView {
	return tagView{f.t("class." + string(c)), classTags[c]}
}

// describe lists what a version brings, what it asks for, and why.
func (p *pluginPage) describe(d service.PluginDetail) {
	facts := func(fields form.Form, purposes map[string]sdk.Text) (out []pluginFact) {
		for _, q := range fields.Fields {
			out = append(out, pluginFact{q.Label.In(p.Lang), purposes[q.Name].In(p.Lang), classTag(&p.frame, q.Class.Effective())})
		}
		return out
	}
	for _, x := range d.Manifest.Subsidies {
		p.Offers = append(p.Offers, pluginOffer{What: p.t("plugin_what.subsidy"), Title: x.Title.In(p.Lang), Code: x.Code, Facts: facts(x.Facts, x.Purposes)})
	}
	for _, x := range d.Manifest.Interventions {
		p.Offers = append(p.Offers, pluginOffer{What: p.t("plugin_what.type"), Title: x.Title.In(p.Lang), Code: x.Code, Facts: facts(x.Form, x.Purposes)})
	}
	for _, x := range d.Manifest.Catalogs {
		p.Offers = append(p.Offers, pluginOffer{What: p.t("plugin_what.catalog"), Title: x.Title.In(p.Lang), Code: x.Code, Formats: strings.ToUpper(strings.Join(x.Formats, ", "))})
	}
}

// compared says in words what is otherwise than in the version before.
func (p *pluginPage) compared(d service.PluginDetail) {
	if d.Before == nil {
		return
	}
	p.Before, p.BeforeHref = d.Before.Version, versionOfPlugin(d.Before.Plugin, d.Before.Version)
	for _, c := range d.Changes {
		p.Changes = append(p.Changes, changeOfPlugin(&p.frame, c))
	}
}

var pluginChangeTones = map[string]string{"added": "good", "removed": "bad", "changed": "info"}

func changeOfPlugin(f *frame, c service.PluginChange) pluginChange {
	out := pluginChange{Tag: tagView{f.t("plugin_change." + c.Kind), pluginChangeTones[c.Kind]}, Text: f.t("plugin_what." + c.What)}
	if label := c.Label.In(f.Lang); label != "" {
		out.Text += ": " + label
	}
	switch {
	case c.What == "fact":
		class := f.t("class." + c.Class)
		if c.Old != "" {
			class = f.t("plugin.from_to", "Old", f.t("class."+c.Old), "New", f.t("class."+c.New))
		}
		out.More = class + ". "
		for _, d := range c.Details {
			out.More += factChangeText(f, d) + ". "
		}
		out.More += c.Purpose.In(f.Lang)
	case c.What == "limit":
		out.Text = f.t("plugin_limit." + c.Code)
		out.More = f.t("plugin.from_to", "Old", limitText(f, c.Code, c.Old), "New", limitText(f, c.Code, c.New))
	case c.Old != "" || c.New != "":
		out.More = f.t("plugin.from_to", "Old", orBundled(f, c.Old), "New", orBundled(f, c.New))
	}
	return out
}

// factChangeText says what is asked otherwise about a fact.
func factChangeText(f *frame, d service.FactChange) string {
	value := func(v string) string {
		switch n, err := strconv.ParseInt(v, 10, 64); {
		case v == "":
			return f.t("plugin.asked_none")
		case d.What == "required":
			return strings.ToLower(f.t("form." + v))
		case err == nil && d.Unit == "cents":
			return formatMoney(f.Lang, n)
		case err == nil && d.What != "option_added" && d.What != "option_removed":
			return formatNumber(f.Lang, n)
		}
		return v
	}
	switch text := f.t("plugin_asked." + d.What); {
	case d.What == "option_added":
		return text + ": " + d.New
	case d.What == "option_removed":
		return text + ": " + d.Old
	case d.Old == "" && d.New == "":
		return text
	default:
		return text + ": " + f.t("plugin.from_to", "Old", value(d.Old), "New", value(d.New))
	}
}

func orBundled(f *frame, publisher string) string {
	if publisher == "" {
		return f.t("plugin.bundled")
	}
	return publisher
}

// limitText writes a limit with its unit; 0 is the host's own.
func limitText(f *frame, code, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n == 0 {
		return f.t("plugin.limit_host")
	}
	unit := map[string]string{"call_timeout_ms": "ms", "memory_mb": "MiB"}[code]
	return formatNumber(f.Lang, n) + "\u00a0" + unit
}

// kit shows what the conformance kit found.
func (p *pluginPage) kit(d service.PluginDetail) {
	p.Checked = formatTime(p.Lang, d.CheckedAt)
	p.Passed = p.Checked != "" && len(d.Findings) == 0
	var list []sdktest.Finding
	for _, text := range d.Findings {
		list = append(list, findingOf(text))
	}
	p.Findings = findingGroups(&p.frame, list)
}

// findingOf takes a line apart that sdktest.Finding wrote: "rule [case]: detail".
func findingOf(text string) sdktest.Finding {
	head, detail, _ := strings.Cut(text, ": ")
	rule, name, found := strings.Cut(head, " [")
	if !found {
		return sdktest.Finding{Rule: head, Detail: detail}
	}
	return sdktest.Finding{Rule: rule, Case: strings.TrimSuffix(name, "]"), Detail: detail}
}

// findingRules say to who admits a plugin what each rule of the kit found; the words of
// kitRules are for the plugin's author.
var findingRules = map[string]string{
	"start": "plugin_kit.start", "answer": "plugin_kit.answer", "batch": "plugin_kit.batch", "cancellation": "plugin_kit.cancellation", "cases": "plugin_kit.cases",
	"contract": "plugin_kit.contract", "determinism": "plugin_kit.determinism", "explanation": "plugin_kit.explanation", "fit": "plugin_kit.fit", "golden": "plugin_kit.golden",
	"malformed": "plugin_kit.malformed", "manifest": "plugin_kit.manifest", "twelve months": "plugin_kit.twelve_months",
}

func findingGroups(f *frame, list []sdktest.Finding) []kitGroup {
	var out []kitGroup
	for _, found := range list {
		want := found.Rule
		if key := findingRules[found.Rule]; key != "" {
			want = f.t(key)
		}
		if len(out) == 0 || out[len(out)-1].Want != want {
			out = append(out, kitGroup{Want: want})
		}
		g := &out[len(out)-1]
		g.Findings = append(g.Findings, found)
	}
	return out
}

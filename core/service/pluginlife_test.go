// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// pluginWorld is a network whose lead agency believes an agency.
type pluginWorld struct {
	*sample.World
	s      *service.Service
	host   *pluginhost.Host
	agency sample.Agency
	admin  context.Context
}

func newPluginWorld(t *testing.T) pluginWorld {
	t.Helper()
	host := newHost(t)
	w := sample.With(t, sample.Options{Plugins: host})
	x := pluginWorld{World: w, s: w.Service, host: host, agency: sample.NewAgency(t), admin: w.As(w.Lead, "plugin_admin")}
	if _, err := x.s.AddPublisher(x.admin, x.agency.Line); err != nil {
		t.Fatal(err)
	}
	return x
}

func newHost(t *testing.T) *pluginhost.Host {
	t.Helper()
	// Machines without a jail run the suite too; what the jail holds is tested where it is.
	host, err := pluginhost.New(pluginhost.Config{AllowUnjailed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(host.Close)
	return host
}

// admit takes a version up to its approval.
func (x pluginWorld) admit(t *testing.T, version string, share int) service.PluginDetail {
	t.Helper()
	if _, err := x.s.SubmitPlugin(x.admin, x.agency.Pack(t, version, share)); err != nil {
		t.Fatal(err)
	}
	d, err := x.s.CheckPlugin(x.admin, "aid", version)
	if err != nil {
		t.Fatal(err)
	}
	if d.State != postgres.PluginConformant {
		t.Fatalf("the kit found %v", d.Findings)
	}
	if d, err = x.s.ApprovePlugin(x.admin, "aid", version, d.Revision, "vista insieme all'agenzia"); err != nil {
		t.Fatal(err)
	}
	return d
}

func (x pluginWorld) activate(t *testing.T, version string, a service.Activation) {
	t.Helper()
	if a.Reason = "prova"; true {
		if _, err := x.s.ActivatePlugin(x.admin, "aid", version, a); err != nil {
			t.Fatal(err)
		}
	}
}

// codeAt is the code of an error, or of its one field.
func codeAt(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok && len(e.Fields) == 1 {
		return e.Fields[0].Code
	}
	return codeOf(err)
}

// ask asks for the test aid on a cost of 100 euro: the total tells which version answered.
func ask(s *service.Service, ctx context.Context, wait int) (int64, error) {
	d, err := s.DecideSubsidy(ctx, service.SubsidyRequest{Subsidy: "aid", WhatIf: true, Facts: map[string]any{"cost": int64(10000), "wait": int64(wait)}})
	return d.TotalCents, err
}

// The whole life of a plugin: what nobody approved is nobody's, what is active is the
// organisation's that it is active for, and what is taken away is gone.
func TestPluginLife(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	mine, others := x.As(x.Entity, "operator"), x.As(x.OtherEntity, "operator")
	hidden := func(step string, ctx context.Context) {
		t.Helper()
		want := "not_an_option"
		if step == "suspended" || step == "revoked" {
			want = "plugin_" + step // who had it is told why it is gone
		}
		if _, err := ask(x.s, ctx, 0); codeAt(err) != want {
			t.Errorf("%s: %v, want %s", step, err, want)
		}
		types, err := x.s.InterventionTypes(ctx)
		if _, there := types.Find("aid_visit"); err != nil || there {
			t.Errorf("%s: the type is there (%v)", step, err)
		}
		subs, err := x.s.Subsidies(ctx)
		if err != nil || len(subs) != 0 {
			t.Errorf("%s: subsidies %v, %v", step, subs, err)
		}
		found, err := x.s.Courses(ctx, service.CourseFilter{}, service.PageRequest{})
		if err != nil || len(found.Catalogs) != 0 || found.Total != 0 {
			t.Errorf("%s: catalogs %v, %v", step, found, err)
		}
	}
	answers := func(step string, ctx context.Context, want int64) {
		t.Helper()
		if got, err := ask(x.s, ctx, 0); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", step, got, err, want)
		}
	}

	d, err := x.s.SubmitPlugin(x.admin, x.agency.Pack(t, "1.0.0", 50))
	if err != nil || d.State != postgres.PluginVerified || d.Publisher != "Agenzia di prova" || len(d.Changes) != 7 {
		t.Fatalf("submitted: %+v, %v", d.PluginVersion, err)
	}
	hidden("submitted", mine)
	if _, err := x.s.ApprovePlugin(x.admin, "aid", "1.0.0", 0, "senza verifica"); codeAt(err) != "plugin_not_conformant" {
		t.Errorf("approved without the kit: %v", err)
	}
	if _, err := x.s.SubmitPlugin(x.admin, x.agency.Pack(t, "1.0.0", 60)); codeAt(err) != "plugin_version_exists" {
		t.Errorf("a version was uploaded twice: %v", err)
	}
	if d, err = x.s.CheckPlugin(x.admin, "aid", "1.0.0"); err != nil || d.State != postgres.PluginConformant {
		t.Fatalf("checked: %v %v, %v", d.State, d.Findings, err)
	}
	if _, err := x.s.ActivatePlugin(x.admin, "aid", "1.0.0", service.Activation{Everywhere: true, Reason: "prova"}); codeAt(err) != "plugin_not_approved" {
		t.Errorf("activated before it was approved: %v", err)
	}
	if _, err := x.s.ApprovePlugin(x.admin, "aid", "1.0.0", d.Revision-1, "vista prima"); !fault.Is(err, fault.Stale) {
		t.Errorf("approved what was not seen: %v", err)
	}
	if _, err := x.s.ApprovePlugin(x.admin, "aid", "1.0.0", d.Revision, " "); codeAt(err) != "required" {
		t.Errorf("approved without a reason: %v", err)
	}
	if d, err = x.s.ApprovePlugin(x.admin, "aid", "1.0.0", d.Revision, "vista"); err != nil || d.State != postgres.PluginApproved {
		t.Fatalf("approved: %v, %v", d.State, err)
	}
	hidden("approved", mine)

	x.activate(t, "1.0.0", service.Activation{Tenants: []tenant.ID{x.Entity.ID}})
	answers("active", mine, 5000)
	hidden("active for another", others)
	x.admit(t, "2.0.0", 70)
	x.activate(t, "2.0.0", service.Activation{Everywhere: true})
	answers("upgraded", mine, 7000)
	answers("everywhere", others, 7000)
	x.activate(t, "1.0.0", service.Activation{Tenants: []tenant.ID{x.Entity.ID}, Pinned: true})
	x.activate(t, "2.0.0", service.Activation{Everywhere: true})
	answers("pinned", mine, 5000)
	answers("not pinned", others, 7000)
	if d, err = x.s.Plugin(x.admin, "aid", "2.0.0"); err != nil || d.Before == nil || d.Before.Version != "1.0.0" || len(d.Changes) != 0 || d.ActiveFor != 1 || !d.Everywhere {
		t.Errorf("version 2: before %+v, changes %v, active for %d, %v", d.Before, d.Changes, d.ActiveFor, err)
	}

	if _, err := x.s.SuspendPlugin(x.admin, "aid", "1.0.0", "un dubbio"); err != nil {
		t.Fatal(err)
	}
	hidden("suspended", mine)
	answers("the other version", others, 7000)
	if _, err := x.s.ResumePlugin(x.admin, "aid", "1.0.0", "chiarito"); err != nil {
		t.Fatal(err)
	}
	answers("resumed", mine, 5000)
	if _, err := x.s.RevokePlugin(x.admin, "aid", "1.0.0", "ritirata"); err != nil {
		t.Fatal(err)
	}
	hidden("revoked", mine)
	if _, err := x.s.ResumePlugin(x.admin, "aid", "1.0.0", "ripensato"); codeAt(err) != "plugin_version_revoked" {
		t.Errorf("a revoked version came back: %v", err)
	}
	if _, err := x.s.DeactivatePlugin(x.admin, "aid", "2.0.0", service.Activation{Tenants: []tenant.ID{x.OtherEntity.ID}, Reason: "non serve"}); err != nil {
		t.Fatal(err)
	}
	hidden("deactivated", others)

	// Every act is in the lead agency's audit, and its chain holds.
	if n, err := x.s.VerifyAudit(x.As(x.Lead, "data_protection_officer")); err != nil || n == 0 {
		t.Errorf("audit: %d entries, %v", n, err)
	}
	steps := []string{}
	d, err = x.s.Plugin(x.admin, "aid", "1.0.0")
	for _, st := range d.Steps {
		steps = append(steps, st.Step)
	}
	slices.Reverse(steps)
	if want := "submitted checked approved activated activated suspended resumed revoked"; err != nil || strings.Join(steps, " ") != want {
		t.Errorf("steps %v, want %s (%v)", steps, want, err)
	}
}

// withCase is a pack with one more golden case, whatever its signature says.
func withCase(t *testing.T, file, text []byte) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range r.File {
		if err := z.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	w, err := z.Create("cases/zz.json")
	if err == nil {
		_, err = w.Write(text)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What is wrong with an upload is said at the file, and nothing of it is stored.
func TestPluginRefused(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	good := x.agency.Pack(t, "1.0.0", 50)
	changed := slices.Clone(good)
	changed[len(changed)/2] ^= 1
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":      {nil, "pack_unreadable"},
		"a picture":    {[]byte("\x89PNG\r\n"), "pack_unreadable"},
		"a stranger":   {sample.NewAgency(t).Pack(t, "1.0.0", 50), "pack_publisher"},
		"cut off":      {good[:len(good)-100], "pack_unreadable"},
		"too large":    {make([]byte, service.MaxPluginPack+1), "too_large"},
		"a large part": {withCase(t, good, make([]byte, 600<<10)), "pack_member_large"},
		"a slip":       {withCase(t, good, []byte(`{"anwser": {}}`)), "pack_cases"},
	} {
		if _, err := x.s.SubmitPlugin(x.admin, c.file); codeAt(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := x.s.SubmitPlugin(x.admin, changed); !fault.Is(err, fault.Invalid) {
		t.Errorf("a changed file: %v", err)
	}
	if _, err := x.s.SubmitPlugin(x.admin, x.agency.Pack(t, "0.9.0", 50)); err != nil {
		t.Fatal(err)
	}
	early, err := x.s.CheckPlugin(x.admin, "aid", "0.9.0")
	if err != nil {
		t.Fatal(err)
	}
	pubs, err := x.s.Publishers(x.admin)
	if err != nil || len(pubs) != 1 {
		t.Fatalf("%v, %v", pubs, err)
	}
	if err := x.s.WithdrawPublisher(x.admin, pubs[0].KeyID); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.SubmitPlugin(x.admin, good); codeAt(err) != "pack_publisher" {
		t.Errorf("a publisher who is not believed any more: %v", err)
	}
	if _, err := x.s.ApprovePlugin(x.admin, "aid", "0.9.0", early.Revision, "troppo tardi"); codeAt(err) != "plugin_publisher_withdrawn" {
		t.Errorf("approved after its publisher was withdrawn: %v", err)
	}
	if list, err := x.s.Plugins(x.admin); err != nil || len(list) != 1 {
		t.Errorf("stored: %v, %v", list, err)
	}
}

// Another network's administrator has a catalogue of his own.
func TestPluginOfAnotherNetwork(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	x.activate(t, "1.0.0", service.Activation{Everywhere: true})
	lead := x.Tenant(t, "", tenant.LeadAgency, "Altra capofila")
	x.User(t, lead, "plugin_admin", tenant.PluginAdmin)
	far := x.As(lead, "plugin_admin")
	if list, err := x.s.Plugins(far); err != nil || len(list) != 0 {
		t.Errorf("another network's plugins: %v, %v", list, err)
	}
	for name, act := range map[string]func() error{
		"read":    func() error { _, err := x.s.Plugin(far, "aid", "1.0.0"); return err },
		"suspend": func() error { _, err := x.s.SuspendPlugin(far, "aid", "1.0.0", "non mio"); return err },
		"activate": func() error {
			_, err := x.s.ActivatePlugin(far, "aid", "1.0.0", service.Activation{Everywhere: true, Reason: "non mio"})
			return err
		},
		"shadow": func() error { _, err := x.s.ShadowPlugin(far, "aid", "1.0.0"); return err },
	} {
		if err := act(); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want NotFound", name, err)
		}
	}
	// The same file in two networks: each goes its own way.
	if _, err := x.s.AddPublisher(far, x.agency.Line); err != nil {
		t.Fatal(err)
	}
	y := x
	y.admin = far
	y.admit(t, "1.0.0", 50)
	if _, err := x.s.SuspendPlugin(far, "aid", "1.0.0", "solo qui"); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(x.s, x.As(x.Entity, "operator"), 0); err != nil || got != 5000 {
		t.Errorf("suspended by another network: %d, %v", got, err)
	}
}

// A type of a plugin is in the list of the seven, its remarks come back at their fields, and a
// plan that has one keeps it when the plugin goes, without being signed.
func TestPluginType(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	x.activate(t, "1.0.0", service.Activation{Tenants: []tenant.ID{x.Entity.ID}})
	p := x.Project(t, x.Entity, 1)
	op := x.As(x.Entity, "operator")
	view, err := x.s.Plan(op, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	plan := view.Plan
	plan.Interventions = append(plan.Interventions, casework.Intervention{Key: "visite", Type: "aid_visit", StartsOn: "2027-01-10", AmountCents: 3000,
		Details: map[string]any{"day": "2027-12-25", "visits": 3}})
	n := len(plan.Interventions) - 1
	_, err = x.s.SavePlan(op, p.ID, view.Project.Revision, plan)
	if e, ok := errors.AsType[*fault.Error](err); !ok || len(e.Fields) != 1 || e.Fields[0].Path != fmt.Sprintf("interventions/%d/details/day", n) || e.Fields[0].Code != "plugin_remark" {
		t.Fatalf("a remark: %v", err)
	}
	// Advice keeps nobody from saving.
	plan.Interventions[n].Details = map[string]any{"day": "2027-12-24", "visits": 12}
	if view, err = x.s.SavePlan(op, p.ID, view.Project.Revision, plan); err != nil {
		t.Fatal(err)
	}
	many, err := x.s.ProposeIntervention(op, service.ProposeRequest{Project: p.ID, Type: "aid_visit", Details: plan.Interventions[n].Details})
	if err != nil || len(many.Remarks) != 1 || !many.Remarks[0].Advice {
		t.Errorf("advice: %+v, %v", many.Remarks, err)
	}
	plan.Interventions[n].Details = map[string]any{"day": "2027-12-24", "visits": 3}
	if view, err = x.s.SavePlan(op, p.ID, view.Project.Revision, plan); err != nil {
		t.Fatal(err)
	}
	if got := view.Plan.Interventions[n].TypeVersion; got != "1.0.0" {
		t.Errorf("type version %q", got)
	}
	prop, err := x.s.ProposeIntervention(op, service.ProposeRequest{Project: p.ID, Type: "aid_visit", Details: plan.Interventions[n].Details})
	if err != nil || prop.TotalCents != 3000 || len(prop.Contribution.Dates) != 1 {
		t.Errorf("proposal: %+v, %v", prop, err)
	}
	// While the plugin does not answer, plans are saved all the same, and say so.
	for _, info := range x.host.Plugins() {
		if info.PID == 0 || syscall.Kill(info.PID, syscall.SIGSTOP) != nil {
			t.Fatalf("no process to stop: %+v", info)
		}
		for stopped := false; !stopped; time.Sleep(time.Millisecond) { // all of its threads
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", info.PID))
			stopped = err != nil || strings.Contains(string(stat), ") T ")
		}
	}
	plan.Interventions[n].Details = map[string]any{"day": "2027-12-25", "visits": 3}
	if view, err = x.s.SavePlan(op, p.ID, view.Project.Revision, plan); err != nil || !view.Unchecked {
		t.Errorf("unchecked %t, %v", view.Unchecked, err)
	}
	if _, err := x.s.ProposeIntervention(op, service.ProposeRequest{Project: p.ID, Type: "housing"}); codeAt(err) != "not_an_option" {
		t.Errorf("a proposal for one of the seven: %v", err)
	}

	if _, err := x.s.SuspendPlugin(x.admin, "aid", "1.0.0", "un dubbio"); err != nil {
		t.Fatal(err)
	}
	if view, err = x.s.Plan(op, p.ID); err != nil {
		t.Fatal(err)
	}
	typ, known := view.Types.Find("aid_visit")
	if !known || !typ.Inactive || typ.Label.EN != "Test visit" {
		t.Errorf("the type of an old plan: %+v", typ)
	}
	if !slices.ContainsFunc(view.Missing, func(f fault.Field) bool { return f.Code == "type_inactive" }) {
		t.Errorf("nothing says that the type is not active: %v", view.Missing)
	}
	plan = view.Plan
	plan.ExitCriteria += " Anche senza visite."
	if view, err = x.s.SavePlan(op, p.ID, view.Project.Revision, plan); err != nil {
		t.Errorf("a plan with an inactive type cannot be worked on: %v", err)
	}
	changed := view.Plan.Normal()
	at := slices.IndexFunc(changed.Interventions, func(v casework.Intervention) bool { return v.Type == "aid_visit" })
	changed.Interventions[at].Details = map[string]any{}
	if _, err := x.s.SaveSection(op, p.ID, view.Project.Revision, casework.SectionInterventions, changed); codeAt(err) != "type_inactive" {
		t.Errorf("details of an inactive type were changed, or dropped without a word: %v", err)
	}
	plan.Interventions = append(slices.Clone(plan.Interventions), casework.Intervention{Key: "altre", Type: "aid_visit", Details: map[string]any{}})
	if _, err := x.s.SavePlan(op, p.ID, view.Project.Revision, plan); codeAt(err) != "type_inactive" {
		t.Errorf("an inactive type was added: %v", err)
	}
	q := x.Project(t, x.OtherEntity, 2)
	theirs, err := x.s.Plan(x.As(x.OtherEntity, "operator"), q.ID)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(theirs.Types.Offered(), func(t casework.InterventionType) bool { return t.Plugin != "" }) {
		t.Error("another organisation is offered the type")
	}
	for _, code := range []string{"aid_visit", "nonesuch"} {
		asked := theirs.Plan
		asked.Interventions = append(slices.Clone(asked.Interventions), casework.Intervention{Key: "x", Type: code, Details: map[string]any{}})
		if _, err := x.s.SavePlan(x.As(x.OtherEntity, "operator"), q.ID, theirs.Project.Revision, asked); codeAt(err) != "unknown_type" {
			t.Errorf("%s, to who never had it: %v", code, err)
		}
	}
}

// Servers that start together enter the plugins of their folder once, in each network, and a
// newer build takes the place of the one before without losing it.
func TestBundledPluginsAreEnteredOnce(t *testing.T) {
	t.Parallel()
	w := sample.New(t) // a network from before there were plugins
	dir := t.TempDir()
	put := func(share int) {
		t.Helper()
		if err := sample.Unpack(sample.NewAgency(t).Pack(t, "1.0.0", share), dir); err != nil {
			t.Fatal(err)
		}
	}
	start := func() *service.Service {
		t.Helper()
		h, err := pluginhost.New(pluginhost.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.Close)
		return service.New(service.Config{DB: w.DB, Master: w.Master, Plugins: h})
	}
	put(50)
	servers := []*service.Service{start(), start(), start()}
	var wg sync.WaitGroup
	for _, s := range servers {
		wg.Go(func() {
			if err := s.Host().EnterBundled(t.Context(), w.Lead.Network); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	admin := w.As(w.Lead, "plugin_admin")
	list, err := servers[0].Plugins(admin)
	if err != nil || len(list) != 1 || list[0].State != postgres.PluginApproved || list[0].Publisher != "" || !list[0].Everywhere {
		t.Fatalf("%+v, %v", list, err)
	}
	op := w.As(w.Entity, "operator")
	for _, s := range servers {
		if got, err := ask(s, op, 0); err != nil || got != 5000 {
			t.Errorf("%d, %v", got, err)
		}
	}
	d, err := servers[1].DecideSubsidy(op, service.SubsidyRequest{Subsidy: "aid", Facts: map[string]any{"cost": int64(10000)}})
	if err != nil {
		t.Fatal(err)
	}
	put(70)
	newer := start()
	if err := newer.Host().EnterBundled(t.Context(), w.Lead.Network); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*service.Service{newer, servers[0]} {
		if got, err := ask(s, op, 0); err != nil || got != 7000 {
			t.Errorf("the newer build: %d, %v", got, err)
		}
	}
	if r, err := newer.ReplayDecision(op, d.ID); err != nil || !r.Same {
		t.Errorf("what the older build decided: same %t, %v", r.Same, err)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package service_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/audit"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/core/postgres"
	"github.com/satis-toscana/satis/core/sample"
	"github.com/satis-toscana/satis/core/service"
	"github.com/satis-toscana/satis/core/tenant"
)

// second has the network believe another agency too.
func (x pluginWorld) second(t *testing.T) (sample.Agency, string) {
	t.Helper()
	other := sample.NamedAgency(t, "Seconda agenzia")
	p, err := x.s.AddPublisher(x.admin, other.Line)
	if err != nil {
		t.Fatal(err)
	}
	return other, p.KeyID
}

func (x pluginWorld) owner(t *testing.T) service.PluginOwner {
	t.Helper()
	o, err := x.s.PluginOwner(x.admin, "aid")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// refusals are the details of the refused uploads in the lead agency's audit, newest first.
func (x pluginWorld) refusals(t *testing.T) (out []map[string]string) {
	t.Helper()
	list, err := x.s.AuditEntries(x.As(x.Lead, "data_protection_officer"), 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range list {
		if e, err := st.Entry(); err != nil || e.Outcome == audit.Refused && e.Action == "submit" {
			out = append(out, e.Detail)
		}
	}
	return out
}

// A plugin is of the publisher who brought it first: nobody else's version of it comes in,
// trusted or not, nothing of it is stored, and the audit says that it was tried.
func TestPluginIsItsPublishers(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	if _, err := x.s.SubmitPlugin(x.admin, x.agency.Pack(t, "1.0.0", 50)); err != nil {
		t.Fatal(err)
	}
	first := x.owner(t)
	if first.Name != "Agenzia di prova" || len(first.KeyID) != 16 || !first.Believed || first.Revision != 1 {
		t.Errorf("owner: %+v", first)
	}
	other, key := x.second(t)
	_, err := x.s.SubmitPlugin(x.admin, other.Pack(t, "2.0.0", 70))
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Kind != fault.Conflict || e.Code != "plugin_owned_by_other" {
		t.Fatalf("another's version: %v", err)
	}
	if diff := cmp.Diff(map[string]string{"plugin": "aid", "owner": "Agenzia di prova", "key": first.KeyID}, e.Params); diff != "" {
		t.Error(diff)
	}
	var files int
	x.Query(t, &files, "SELECT count(*) FROM plugin_file")
	if list, err := x.s.Plugins(x.admin); err != nil || len(list) != 1 || files != 1 {
		t.Errorf("stored: %d versions, %d files, %v", len(list), files, err)
	}
	want := []map[string]string{{"plugin": "aid", "version": "2.0.0", "publisher": key}}
	if diff := cmp.Diff(want, x.refusals(t)); diff != "" {
		t.Errorf("the audit of refusals: %s", diff)
	}
	// Once more with the very version that is there: he is not told what the catalogue has.
	if _, err := x.s.SubmitPlugin(x.admin, other.Pack(t, "1.0.0", 50)); codeOf(err) != "plugin_owned_by_other" {
		t.Errorf("the same version by another: %v", err)
	}
	// That the owner is believed no more makes the plugin nobody else's.
	if err := x.s.WithdrawPublisher(x.admin, first.KeyID); err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.SubmitPlugin(x.admin, other.Pack(t, "2.0.0", 70)); codeOf(err) != "plugin_owned_by_other" {
		t.Errorf("after the owner was withdrawn: %v", err)
	}
	if o := x.owner(t); o.Believed || o.KeyID != first.KeyID {
		t.Errorf("owner who is believed no more: %+v", o)
	}
}

// Two publishers bring a new plugin at the same time: it is one's, and all that is stored is his.
func TestPluginRaceHasOneOwner(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	other := sample.NamedAgency(t, "Seconda agenzia")
	files := [][]byte{x.agency.Pack(t, "1.0.0", 50), other.Pack(t, "2.0.0", 70)}
	for range 5 { // in a network each time: there the plugin is new
		lead := x.Tenant(t, "", tenant.LeadAgency, "Altra capofila")
		x.User(t, lead, "plugin_admin", tenant.PluginAdmin)
		admin := x.As(lead, "plugin_admin")
		for _, a := range []sample.Agency{x.agency, other} {
			if _, err := x.s.AddPublisher(admin, a.Line); err != nil {
				t.Fatal(err)
			}
		}
		errs := make([]error, len(files))
		var wg sync.WaitGroup
		for i, f := range files {
			wg.Go(func() { _, errs[i] = x.s.SubmitPlugin(admin, f) })
		}
		wg.Wait()
		won := 0
		if errs[0] != nil {
			won = 1
		}
		if errs[won] != nil || codeOf(errs[1-won]) != "plugin_owned_by_other" {
			t.Fatalf("both: %v", errs)
		}
		list, err := x.s.Plugins(admin)
		if err != nil || len(list) != 1 || list[0].Version != []string{"1.0.0", "2.0.0"}[won] {
			t.Errorf("stored: %+v, %v", list, err)
		}
		o, err := x.s.PluginOwner(admin, "aid")
		if err != nil || o.KeyID != list[0].KeyID || o.Revision != 1 {
			t.Errorf("owner: %+v, %v", o, err)
		}
	}
}

// An id is handed over on purpose: to a publisher who is believed, by who read whose it is.
// What is approved stays; what the owner before offered comes in and is approved no more.
func TestPluginIsHandedOver(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	x.activate(t, "1.0.0", service.Activation{Everywhere: true})
	if _, err := x.s.SubmitPlugin(x.admin, x.agency.Pack(t, "2.0.0", 70)); err != nil {
		t.Fatal(err)
	}
	pending, err := x.s.CheckPlugin(x.admin, "aid", "2.0.0")
	if err != nil || pending.State != postgres.PluginConformant {
		t.Fatalf("%v, %v", pending.Findings, err)
	}
	before := x.owner(t)
	other, key := x.second(t)
	gone, err := x.s.AddPublisher(x.admin, sample.NamedAgency(t, "Agenzia lasciata").Line)
	if err == nil {
		err = x.s.WithdrawPublisher(x.admin, gone.KeyID)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		to   service.HandOver
		want string
	}{
		"without a reason":            {service.HandOver{Key: key, Seen: 1, Reason: "  "}, "required"},
		"to nobody":                   {service.HandOver{Seen: 1, Reason: "prova"}, "required"},
		"to a stranger":               {service.HandOver{Key: "0000000000000000", Seen: 1, Reason: "prova"}, "publisher_not_believed"},
		"to who is believed no more":  {service.HandOver{Key: gone.KeyID, Seen: 1, Reason: "prova"}, "publisher_not_believed"},
		"to its owner":                {service.HandOver{Key: before.KeyID, Seen: 1, Reason: "prova"}, "publisher_has_it"},
		"of another owner than seen":  {service.HandOver{Key: key, Seen: 2, Reason: "prova"}, "changed_meanwhile"},
		"without saying what he read": {service.HandOver{Key: key, Reason: "prova"}, "changed_meanwhile"},
	} {
		if _, err := x.s.HandOverPlugin(x.admin, "aid", c.to); codeAt(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if o := x.owner(t); o != before {
		t.Errorf("a refused hand-over moved the plugin: %+v", o)
	}

	after, err := x.s.HandOverPlugin(x.admin, "aid", service.HandOver{Key: key, Seen: before.Revision, Reason: " L'agenzia ha cambiato chiave "})
	if err != nil || after.KeyID != key || after.Name != "Seconda agenzia" || !after.Believed || after.Revision != 2 || x.owner(t) != after {
		t.Fatalf("handed over: %+v, %v", after, err)
	}
	if _, err := x.s.SubmitPlugin(x.admin, x.agency.Pack(t, "3.0.0", 70)); codeOf(err) != "plugin_owned_by_other" {
		t.Errorf("the owner before offers a version: %v", err)
	}
	if _, err := x.s.ApprovePlugin(x.admin, "aid", "2.0.0", pending.Revision, "vista"); codeOf(err) != "plugin_not_owners" {
		t.Errorf("a version of the owner before is approved: %v", err)
	}
	if got, err := ask(x.s, x.As(x.Entity, "operator"), 0); err != nil || got != 5000 {
		t.Errorf("what was approved and active: %d, %v", got, err)
	}
	if _, err := x.s.SuspendPlugin(x.admin, "aid", "1.0.0", "un dubbio"); err != nil {
		t.Error(err)
	}
	if _, err := x.s.ResumePlugin(x.admin, "aid", "1.0.0", "chiarito"); err != nil {
		t.Errorf("what was approved does not come back: %v", err)
	}
	if _, err := x.s.SubmitPlugin(x.admin, other.Pack(t, "4.0.0", 70)); err != nil {
		t.Fatalf("the present owner: %v", err)
	}
	d, err := x.s.CheckPlugin(x.admin, "aid", "4.0.0")
	if err == nil {
		d, err = x.s.ApprovePlugin(x.admin, "aid", "4.0.0", d.Revision, "vista")
	}
	if err != nil || d.Owner != after {
		t.Fatalf("the present owner's version: %+v, %v", d.Owner, err)
	}
	x.handedOverIsTold(t, before, after)
}

// handedOverIsTold looks for the step in the history of each version, and in the audit.
func (x pluginWorld) handedOverIsTold(t *testing.T, before, after service.PluginOwner) {
	t.Helper()
	for version, at := range map[string]int{"1.0.0": 2, "2.0.0": 0} { // after it 1.0.0 was suspended and resumed
		d, err := x.s.Plugin(x.admin, "aid", version)
		if err != nil {
			t.Fatal(err)
		}
		st := d.Steps[at]
		want := map[string]string{"from": before.Name, "from_key": before.KeyID, "to": after.Name, "to_key": after.KeyID}
		if st.Step != "handed_over" || st.ActorName == "" || st.Reason != "L'agenzia ha cambiato chiave" || !cmp.Equal(want, st.Detail) {
			t.Errorf("step of %s: %+v", version, st)
		}
	}
	var n int
	x.Query(t, &n, `SELECT count(*) FROM audit_entry WHERE payload::jsonb -> 'detail' ->> 'step' = 'handed_over'
		AND payload::jsonb -> 'detail' ->> 'publisher' = $1`, after.KeyID)
	if n != 1 {
		t.Errorf("%d entries in the audit", n)
	}
}

// Two who hand the same plugin over at once: one does, the other is told that it changed.
func TestHandOverRace(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	if _, err := x.s.SubmitPlugin(x.admin, x.agency.Pack(t, "1.0.0", 50)); err != nil {
		t.Fatal(err)
	}
	keys := make([]string, 4)
	for i := range keys {
		_, keys[i] = x.second(t)
	}
	errs := make([]error, len(keys))
	var wg sync.WaitGroup
	for i, k := range keys {
		wg.Go(func() {
			_, errs[i] = x.s.HandOverPlugin(x.admin, "aid", service.HandOver{Key: k, Seen: 1, Reason: "prova"})
		})
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else if !fault.Is(err, fault.Stale) {
			t.Errorf("who came second: %v", err)
		}
	}
	if done != 1 || x.owner(t).Revision != 2 {
		t.Errorf("%d handed it over; %+v", done, x.owner(t))
	}
}

// What is in the installation's folder is the installation's in every network, also before
// its catalogue has it: nobody uploads a version, and it is handed over to nobody.
func TestBundledPluginIsTheInstallations(t *testing.T) {
	t.Parallel()
	w, dir := sample.New(t), t.TempDir()
	agency := sample.NewAgency(t)
	if err := sample.Unpack(agency.Pack(t, "1.0.0", 50), dir); err != nil {
		t.Fatal(err)
	}
	h, err := pluginhost.New(pluginhost.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	s, admin := service.New(service.Config{DB: w.DB, Master: w.Master, Plugins: h}), w.As(w.Lead, "plugin_admin")
	pub, err := s.AddPublisher(admin, agency.Line)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(when string) {
		t.Helper()
		if _, err := s.SubmitPlugin(admin, agency.Pack(t, "2.0.0", 70)); codeOf(err) != "plugin_of_installation" {
			t.Errorf("%s: %v", when, err)
		}
	}
	refused("before it is in the catalogue")
	if _, err := s.PluginOwner(admin, "aid"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a refused upload left an owner: %v", err)
	}
	if err := s.Host().EnterBundled(t.Context(), w.Lead.Network); err != nil {
		t.Fatal(err)
	}
	refused("afterwards")
	if o, err := s.PluginOwner(admin, "aid"); err != nil || o.KeyID != "" || o.Name != "" || o.Revision != 1 {
		t.Errorf("owner: %+v, %v", o, err)
	}
	if _, err := s.HandOverPlugin(admin, "aid", service.HandOver{Key: pub.KeyID, Seen: 1, Reason: "prova"}); codeOf(err) != "plugin_of_installation" {
		t.Errorf("handed over: %v", err)
	}
}

// The other way round: where an agency had the id first, the installation's plugin of that
// name is passed over, and the log says so.
func TestInstallationTakesNoAgencysPlugin(t *testing.T) {
	t.Parallel()
	x := newPluginWorld(t)
	x.admit(t, "1.0.0", 50)
	dir := t.TempDir()
	if err := sample.Unpack(x.agency.Pack(t, "2.0.0", 70), dir); err != nil {
		t.Fatal(err)
	}
	h, err := pluginhost.New(pluginhost.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	var log bytes.Buffer
	s := service.New(service.Config{DB: x.DB, Master: x.Master, Plugins: h, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	if err := s.Host().EnterBundled(t.Context(), x.Lead.Network); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Plugins(x.admin); err != nil || len(list) != 1 || list[0].Version != "1.0.0" || list[0].Everywhere {
		t.Errorf("catalogue: %+v, %v", list, err)
	}
	if !strings.Contains(log.String(), "its id is an agency's") {
		t.Errorf("the log: %s", log.String())
	}
	if _, err := s.SubmitPlugin(x.admin, x.agency.Pack(t, "3.0.0", 70)); err != nil {
		t.Errorf("the owner is kept out of its own plugin: %v", err)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
	"github.com/satis-toscana/satis/core/tenant"
	"github.com/satis-toscana/satis/sdk"
)

// static builds the rent plugin as strangers must: without libraries of the system.
var static = sync.OnceValues(func() ([]byte, error) {
	out := filepath.Join(built, "rent-static")
	cmd := exec.Command("go", "build", "-o", out, "../../plugins/rent-subsidy")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return text, err
	}
	return os.ReadFile(out)
})

// signed packs the rent plugin in a version; its binary describes itself as 1.0.0 only.
func signed(t *testing.T, version string, binary []byte) (*pack.Verified, []pack.Publisher) {
	t.Helper()
	text, err := os.ReadFile("../../plugins/rent-subsidy/plugin.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("version: 1.0.0"), []byte("version: "+version), 1)
	binary = bytes.ReplaceAll(binary, []byte("\nversion: 1.0.0\n"), []byte("\nversion: "+version+"\n"))
	return sign(t, text, binary)
}

// sign packs a plugin for a new publisher.
func sign(t *testing.T, text, binary []byte) (*pack.Verified, []pack.Publisher) {
	t.Helper()
	private, public, err := pack.NewKey("Agenzia di prova")
	if err != nil {
		t.Fatal(err)
	}
	key, err := pack.ParseKey(private)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := pack.ParsePublishers(public)
	if err != nil {
		t.Fatal(err)
	}
	p := &pack.Pack{ManifestText: text, Binaries: map[string][]byte{pack.ThisPlatform(): binary}}
	if p.Manifest, err = sdk.ParseManifest(text); err != nil {
		t.Fatal(err)
	}
	if err := p.Sign(key); err != nil {
		t.Fatal(err)
	}
	v, err := p.Verify(trusted)
	if err != nil {
		t.Fatal(err)
	}
	return v, trusted
}

func TestPackedPluginOfTheFolder(t *testing.T) {
	binary, err := static()
	if err != nil {
		t.Fatalf("%v: %s", err, binary)
	}
	v, trusted := signed(t, "1.0.0", binary)
	var text bytes.Buffer
	if err := v.Write(&text); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rent.satisplugin"), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	h := newHost(t, Config{Dir: dir, Publishers: trusted})
	if _, err := h.Evaluate(t.Context(), someTenant, rent()); err != nil {
		t.Error(err)
	}
	if i := h.Plugins()[0]; !i.Jailed || i.Publisher != v.Publisher.ID() || i.Ref.SHA256 == i.SHA256 || i.State != Ready {
		t.Errorf("%+v", i)
	}
	h = newHost(t, Config{Dir: dir})
	if i := h.Plugins()[0]; i.State != Quarantined || i.LastError != faultSignature {
		t.Errorf("of nobody's: %+v", i)
	}
	if len(h.Subsidies()) != 0 {
		t.Error("its subsidy is offered")
	}
}

// Without a jail a stranger's plugin does not run, unless the operator has said so.
func TestStrangersNeedTheJail(t *testing.T) {
	binary, err := static()
	if err != nil {
		t.Fatal(err)
	}
	v, _ := signed(t, "1.0.0", binary)
	closed := newHost(t, Config{NoJail: true})
	if i, err := closed.Install(v); err != nil || i.State != Quarantined || i.LastError != faultNoJail {
		t.Errorf("%+v, %v", i, err)
	}
	open := newHost(t, Config{NoJail: true, AllowUnjailed: true})
	if i, err := open.Install(v); err != nil || i.State != Stopped || i.Jailed {
		t.Errorf("%+v, %v", i, err)
	}
	dynamic, err := os.ReadFile(filepath.Join(built, "rent-subsidy"))
	if err != nil {
		t.Fatal(err)
	}
	if pack.Interpreter(bytes.NewReader(dynamic)) == "" {
		return // this machine builds static binaries anyway
	}
	v, _ = signed(t, "1.0.0", dynamic)
	if i, err := newHost(t, Config{}).Install(v); err != nil || i.LastError != faultDynamic {
		t.Errorf("%+v, %v", i, err)
	}
}

// A version takes the place of another under load: those who ask for it by name are
// answered by the one they asked for, and no request is lost.
func TestUpgradeAndRollbackUnderLoad(t *testing.T) {
	binary, err := static()
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, Config{})
	var active atomic.Pointer[Plugin]
	versions := []string{"1.0.0", "1.1.0", "1.0.0", "1.2.0"}
	packs := map[string]*pack.Verified{}
	install := func(version string) *Plugin {
		if packs[version] == nil { // back again is the same content
			packs[version], _ = signed(t, version, binary)
		}
		i, err := h.Install(packs[version])
		if err != nil {
			t.Fatal(err)
		}
		p, ok := h.Plugin(i.Ref)
		if !ok {
			t.Fatal("not installed")
		}
		return p
	}
	active.Store(install(versions[0]))
	var wg sync.WaitGroup
	var stop atomic.Bool
	var answers atomic.Int64
	for n := range 4 {
		who := []tenant.ID{someTenant, otherTenant}[n%2]
		wg.Go(func() {
			for !stop.Load() {
				p := active.Load()
				if d, err := p.Evaluate(t.Context(), who, rent()); err != nil || d.PluginVersion != p.Info().Version {
					t.Errorf("%s: %v", d.PluginVersion, err)
				}
				answers.Add(1)
			}
		})
	}
	for _, version := range versions[1:] {
		time.Sleep(300 * time.Millisecond)
		old := active.Load()
		active.Store(install(version))
		if err := h.Remove(t.Context(), old.Ref()); err != nil {
			t.Error(err)
		}
		if pid := old.Info().PID; pid != 0 {
			t.Errorf("%s was removed and process %d runs", old.Ref().Version, pid)
		}
	}
	time.Sleep(200 * time.Millisecond)
	stop.Store(true)
	wg.Wait()
	if len(h.Plugins()) != 1 || answers.Load() < 100 {
		t.Errorf("%d answers, %+v", answers.Load(), h.Plugins())
	}
	t.Logf("%d requests over %d changes of version, none failed", answers.Load(), len(versions)-1)
}

// A version that is revoked is gone within a second, whatever it is doing.
func TestRevokeKillsAtOnce(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile"), CallTimeout: time.Minute})
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Fatal(err)
	}
	pid, ref := pidOf(t, h), h.Plugins()[0].Ref
	p, _ := h.Plugin(ref)
	ended := make(chan error, 1)
	go func() {
		_, err := p.Evaluate(context.Background(), someTenant, odd("hang"))
		ended <- err
	}()
	time.Sleep(50 * time.Millisecond)
	now, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	if err := h.Remove(now, ref); err != nil {
		t.Fatal(err)
	}
	gone(t, pid)
	if codeOf(<-ended) != "plugin_suspended" || time.Since(began) > time.Second {
		t.Errorf("took %v", time.Since(began))
	}
	if _, err := p.Evaluate(t.Context(), someTenant, odd("good")); codeOf(err) != "plugin_suspended" {
		t.Errorf("got %v", err)
	}
	if err := h.Remove(now, ref); !errors.Is(err, ErrNoSuchPlugin) {
		t.Errorf("twice: %v", err)
	}
}

func TestIdleStopAndStats(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "rent-subsidy"), IdleTimeout: 200 * time.Millisecond, SweepEvery: 50 * time.Millisecond})
	for range 2 {
		if _, err := h.Evaluate(t.Context(), someTenant, rent()); err != nil {
			t.Fatal(err)
		}
		gone(t, pidOf(t, h))
	}
	s := h.Stats()[0]
	for deadline := time.Now().Add(3 * time.Second); s.IdleStops < 2 && time.Now().Before(deadline); s = h.Stats()[0] {
		time.Sleep(5 * time.Millisecond) // a process is gone a moment before it is counted
	}
	if s.Starts != 2 || s.Answers != 2 || s.IdleStops != 2 || len(s.Failures) != 0 || s.Busy <= 0 || s.ID != "rent-subsidy" {
		t.Errorf("%+v", s)
	}
	if n := len(h.entries[0].allSlots()); n > 1 {
		t.Errorf("%d slots are kept", n)
	}
}

func TestConcurrencyIsLimited(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile"), MaxConcurrent: 1, CallTimeout: 500 * time.Millisecond})
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var busy atomic.Int64
	for range 4 { // 300 ms each, one after the other: the patience of the last ends
		wg.Go(func() {
			if _, err := h.Evaluate(t.Context(), someTenant, odd("slow")); codeOf(err) == "plugin_busy" {
				busy.Add(1)
			}
		})
	}
	wg.Wait()
	if busy.Load() == 0 || h.Stats()[0].Failures[faultBusy] != busy.Load() {
		t.Errorf("%d were turned away, %+v", busy.Load(), h.Stats()[0])
	}
}

func TestBatch(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "rent-subsidy")})
	alone, err := h.Evaluate(t.Context(), someTenant, rent())
	if err != nil {
		t.Fatal(err)
	}
	reqs := make([]sdk.SubsidyRequest, 150)
	for i := range reqs {
		reqs[i] = rent()
	}
	reqs[70].Facts = map[string]any{"monthly_rent": "much"}
	out, err := h.EvaluateBatch(t.Context(), someTenant, "rent", reqs)
	if err != nil || len(out) != len(reqs) {
		t.Fatalf("%d outcomes, %v", len(out), err)
	}
	for i, o := range out {
		if i == 70 {
			if codeOf(o.Err) == "" && o.Err == nil {
				t.Error("a bad request passes")
			}
			continue
		}
		if o.Err != nil || !bytes.Equal(o.Decision.Response, alone.Response) || !bytes.Equal(o.Decision.Request, alone.Request) {
			t.Fatalf("%d: %v", i, o.Err)
		}
	}
	if _, err := h.EvaluateBatch(t.Context(), someTenant, "gold", reqs); err == nil {
		t.Error("an unknown subsidy")
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"testing"

	"github.com/satis-toscana/satis/core/fault"
)

// Two networks with one pack have one plugin; another pack of the same id and version is
// another plugin, and each answers those who name it.
func TestInstallGoesByContent(t *testing.T) {
	binary, err := static()
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, Config{Dir: folder(t, "rent-subsidy")})
	a, _ := signed(t, "1.0.0", binary)
	b, _ := signed(t, "1.0.0", append(bytes.Clone(binary), 0)) // another publisher, another binary
	first, err := h.Install(a)
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.Install(a)
	if err != nil || again.Ref != first.Ref || len(h.Plugins()) != 2 {
		t.Errorf("twice: %+v, %v", again, err)
	}
	second, err := h.Install(b)
	if err != nil || second.Ref == first.Ref || second.Ref.ID != first.Ref.ID || second.Ref.Version != first.Ref.Version {
		t.Errorf("another content: %+v, %v", second, err)
	}
	for _, i := range h.Plugins() {
		p, ok := h.Plugin(i.Ref)
		if !ok || p.Ref() != i.Ref || p.Manifest().ID != "rent-subsidy" {
			t.Fatalf("%+v is not found", i.Ref)
		}
		d, err := p.Evaluate(t.Context(), someTenant, rent())
		if err != nil || d.Ref != i.Ref || d.BinarySHA256 != i.SHA256 {
			t.Errorf("%+v answered for %+v: %v", d.Ref, i.Ref, err)
		}
	}
	if list := h.Bundled(); len(list) != 1 || list[0].Ref.SHA256 != sumOf(t, h, "") || list[0].Manifest.Subsidies[0].Code != "rent" {
		t.Errorf("bundled: %+v", list)
	}
	if err := h.Remove(t.Context(), first.Ref); err != nil {
		t.Fatal(err)
	}
	if _, ok := h.Plugin(first.Ref); ok {
		t.Error("removed and found")
	}
	if back, err := h.Install(a); err != nil || back.Ref != first.Ref {
		t.Errorf("back again: %+v, %v", back, err)
	}
	h.Close()
	if _, err := h.Install(a); err == nil {
		t.Error("a closed host installs")
	}
}

// sumOf is the hash of the binary of a publisher's plugin.
func sumOf(t *testing.T, h *Host, publisher string) string {
	t.Helper()
	for _, i := range h.Plugins() {
		if i.Publisher == publisher {
			return i.SHA256
		}
	}
	t.Fatal("no plugin of this publisher")
	return ""
}

// A stored request gives the stored answer again, byte for byte, in another process.
func TestReplay(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "rent-subsidy", "hostile")})
	d, err := h.Evaluate(t.Context(), someTenant, rent())
	if err != nil {
		t.Fatal(err)
	}
	p, _ := h.Plugin(d.Ref)
	before := h.Plugins()
	got, err := p.Replay(t.Context(), d.Request)
	if err != nil || !bytes.Equal(got, d.Response) {
		t.Errorf("%d bytes, %d were stored: %v", len(got), len(d.Response), err)
	}
	if after := h.Plugins(); after[1].PID != before[1].PID || children(t) != 1 {
		t.Errorf("%+v, %d processes", after, children(t))
	}
	other, _ := h.Plugin(h.Plugins()[0].Ref)
	if _, err := other.Replay(t.Context(), d.Request); !fault.Is(err, fault.Invalid) {
		t.Errorf("of another plugin: %v", err)
	}
	if _, err := p.Replay(t.Context(), []byte("Mario Rossi")); codeOf(err) != "plugin_request" {
		t.Errorf("no request: %v", err)
	}
	for way, want := range map[string]string{"exit": "plugin_unavailable", "negative": "plugin_bad_answer"} {
		facts, err := other.facts(someTenant, "odd")
		if err != nil {
			t.Fatal(err)
		}
		sent, err := other.request(facts, odd(way))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Replay(t.Context(), sent); codeOf(err) != want {
			t.Errorf("%s: %v", way, err)
		}
	}
}

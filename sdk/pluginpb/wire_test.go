// SPDX-License-Identifier: BSD-3-Clause

package pluginpb_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/satis-toscana/satis/sdk/pluginpb"
)

var update = flag.Bool("update", false, "add what is new to the baseline")

const baseline = "testdata/baseline.txt"

// Plugins built years ago still speak version 1: nothing of it is removed, renumbered or
// given another type. What is new is added to the baseline and holds from then on.
func TestNothingOfTheWireChanges(t *testing.T) {
	have := wire()
	b, err := os.ReadFile(baseline)
	if err != nil && !*update {
		t.Fatal(err)
	}
	want := strings.Fields(strings.ReplaceAll(strings.TrimSpace(string(b)), " ", "·"))
	for _, line := range want {
		if !slices.Contains(have, line) {
			t.Errorf("gone or changed: %s", strings.ReplaceAll(line, "·", " "))
		}
	}
	var added []string
	for _, line := range have {
		if !slices.Contains(want, line) {
			added = append(added, line)
		}
	}
	switch {
	case len(added) > 0 && *update:
		all := slices.Sorted(slices.Values(append(want, added...)))
		text := strings.ReplaceAll(strings.Join(all, "\n"), "·", " ") + "\n"
		if err := os.WriteFile(baseline, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	case len(added) > 0:
		t.Errorf("new: %v; if it is meant: go test ./sdk/pluginpb -update", added)
	}
}

// wire lists everything that the bytes on the wire depend on, a line each.
func wire() []string {
	var out []string
	add := func(parts ...any) {
		out = append(out, strings.ReplaceAll(strings.TrimSpace(fmt.Sprintln(parts...)), " ", "·"))
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("satis.plugin.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			for j := range f.Services().Get(i).Methods().Len() {
				m := f.Services().Get(i).Methods().Get(j)
				add("rpc", m.FullName(), m.Input().FullName(), m.Output().FullName(), m.IsStreamingClient(), m.IsStreamingServer())
			}
		}
		messages(f.Messages(), add)
		return true
	})
	slices.Sort(out)
	return out
}

func messages(list protoreflect.MessageDescriptors, add func(...any)) {
	for i := range list.Len() {
		m := list.Get(i)
		for j := range m.Fields().Len() {
			f := m.Fields().Get(j)
			typ := fmt.Sprint(f.Kind())
			if f.Message() != nil {
				typ = string(f.Message().FullName())
			}
			oneof := "alone"
			if o := f.ContainingOneof(); o != nil {
				oneof = string(o.Name())
			}
			add("field", m.FullName(), f.Number(), f.Name(), f.Cardinality(), typ, oneof)
		}
		for j := range m.Enums().Len() {
			for k := range m.Enums().Get(j).Values().Len() {
				v := m.Enums().Get(j).Values().Get(k)
				add("enum", v.FullName(), v.Number())
			}
		}
		messages(m.Messages(), add)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/tenant"
)

func TestParse(t *testing.T) {
	text := "# roles\n\np, role:operator, *, project@own, edit, allow\r\n" +
		"  p,role:operator,tenant:" + string(entityA) + ",project@own,edit,deny"
	want := []Rule{
		{Role: tenant.Operator, Object: ProjectOwn, Action: Edit, Line: 3},
		{Role: tenant.Operator, Tenant: entityA, Object: ProjectOwn, Action: Edit, Deny: true, Line: 4},
	}
	got, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParseRefusesTheWholeFile(t *testing.T) {
	const good = "p, role:operator, *, project@own, edit, allow\n"
	for name, line := range map[string]string{
		"too few fields":    "p, role:operator, *, project@own, edit",
		"too many fields":   good[:len(good)-1] + ", now",
		"a grant":           "g, user:x, role:operator, tenant:x",
		"no role prefix":    "p, operator, *, project@own, edit, allow",
		"no tenant prefix":  "p, role:operator, " + string(entityA) + ", project@own, edit, allow",
		"no tenant":         "p, role:operator, , project@own, edit, allow",
		"a tenant's name":   "p, role:operator, tenant:acme, project@own, edit, allow",
		"an unknown effect": "p, role:operator, *, project@own, edit, Allow",
		"no effect":         "p, role:operator, *, project@own, edit, ",
		"an endless line":   strings.Repeat("x", 1<<17),
	} {
		t.Run(name, func(t *testing.T) {
			rules, err := Parse(good + line)
			if rules != nil || !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "line 2: ") {
				t.Errorf("%v, %v", rules, err)
			}
		})
	}
}

func TestDefaultsSurviveBeingWritten(t *testing.T) {
	var b strings.Builder
	want := mustDefaults(t)
	for i := range want {
		b.WriteString(want[i].String() + "\n")
		want[i].Line = i + 1
	}
	got, err := Parse(b.String())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Whatever a file holds, parsing ends, and what it accepts is written back to the same rules.
func FuzzParse(f *testing.F) {
	f.Add("p, role:operator, *, project@own, edit, allow\n# x\n")
	f.Add("p, role:operator, tenant:" + string(entityA) + ", project@own, edit, deny")
	f.Add(",,,,,\np,\x00,*\n")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := Parse(text)
		if err != nil {
			return
		}
		var b strings.Builder
		for i := range rules {
			b.WriteString(rules[i].String() + "\n")
			rules[i].Line = i + 1
		}
		again, err := Parse(b.String())
		if err != nil || !cmp.Equal(rules, again) {
			t.Fatalf("%v became %v, %v", rules, again, err)
		}
	})
}

// Lines keep their numbers, whatever says nothing between them.
func TestLines(t *testing.T) {
	got := map[int][]string{}
	for n, parts := range lines("# a, b\r\n\n a ,b,\tc \r\n  #x\nlast") {
		got[n] = parts
	}
	if diff := cmp.Diff(map[int][]string{3: {"a", "b", "c"}, 5: {"last"}}, got); diff != "" {
		t.Error(diff)
	}
	for n := range lines("a\nb") {
		if n != 1 {
			t.Fatal("it goes on after the end")
		}
		break
	}
}

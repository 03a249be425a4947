// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"strings"
	"testing"

	"github.com/satis-toscana/satis/core/pluginhost/pack"
)

// A key is named as people have it in hand: by its id, by the line of the .pub file, by the key in it.
func TestKeyID(t *testing.T) {
	_, line, err := pack.NewKey("Agenzia Uno e Due")
	if err != nil {
		t.Fatal(err)
	}
	list, err := pack.ParsePublishers(line)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	id := list[0].ID()
	for given, want := range map[string]string{
		line: id, line + "\n": id, strings.Fields(line)[1]: id, id: id, strings.ToUpper(id): id,
		"abc": "abc", "": "", "satis-publisher abc Nome": "satis-publisher abc nome",
	} {
		if got := keyID(given); got != want {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
}

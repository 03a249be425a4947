// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// show tells what was and is, not only that something changed.
func TestShowTellsChanges(t *testing.T) {
	var p pluginAnswer
	if err := json.Unmarshal([]byte(`{"before":"0.2.0","changes":[
		{"kind":"changed","what":"fact","code":"mensa/months","details":[{"what":"max","old":"12","new":"6"},{"what":"option_added","new":"guest"},{"what":"hint"}]},
		{"kind":"changed","what":"fact","code":"mensa/cost","old":"case","new":"private","details":[{"what":"max","new":"50050","unit":"cents"}]},
		{"kind":"added","what":"subsidy","code":"mensa"}]}`), &p); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"compared with", "0.2.0"},
		{"changed", "fact mensa/months"}, {"  max", "before 12, now 6"}, {"  option added", "guest"}, {"  hint", "changed"},
		{"changed", "fact mensa/cost before case, now private"}, {"  max", "before -, now 500.50 euro"},
		{"added", "subsidy mensa"}}
	if diff := cmp.Diff(want, p.changeRows()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"time"

	"github.com/satis-toscana/satis/sdk/form"
)

// items is a list of the API.
type items[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// pluginAnswer is as much of a version as the tables show. With --json all that the server
// answered is printed: see raw.
type pluginAnswer struct {
	raw json.RawMessage

	ID         string      `json:"id"`
	Version    string      `json:"version"`
	Agency     string      `json:"agency"`
	Publisher  string      `json:"publisher"`
	Owner      ownerAnswer `json:"owner"`
	State      string      `json:"state"`
	Revision   int64       `json:"revision"`
	SHA256     string      `json:"sha256"`
	ActiveFor  int         `json:"active_for"`
	Everywhere bool        `json:"everywhere"`
	Running    string      `json:"running"`
	LastError  string      `json:"last_error"`
	Processes  int         `json:"processes"`
	Findings   []string    `json:"findings"`
	CheckedAt  time.Time   `json:"checked_at"`
	Before     string      `json:"before"`
	Offers     []struct {
		What  string    `json:"what"`
		Code  string    `json:"code"`
		Title form.Text `json:"title"`
		Facts []struct {
			Name    string    `json:"name"`
			Class   string    `json:"class"`
			Purpose form.Text `json:"purpose"`
		} `json:"facts"`
	} `json:"offers"`
	Changes []struct {
		Kind string `json:"kind"`
		What string `json:"what"`
		Code string `json:"code"`
		Old  string `json:"old"`
		New  string `json:"new"`

		Details []factChange `json:"details"`
	} `json:"changes"`
	Shadow *shadowAnswer `json:"shadow"`
	Steps  []struct {
		Step   string    `json:"step"`
		Actor  string    `json:"actor_name"`
		Reason string    `json:"reason"`
		At     time.Time `json:"at"`
	} `json:"steps"`
	Organisations []struct {
		Tenant  string `json:"tenant_id"`
		Name    string `json:"name"`
		Version string `json:"version"`
		Own     bool   `json:"own"`
		Pinned  bool   `json:"pinned"`
	} `json:"organisations"`
}

// factChange is one thing that a version asks otherwise about a fact.
type factChange struct {
	What string `json:"what"`
	Old  string `json:"old"`
	New  string `json:"new"`
	Unit string `json:"unit"`
}

// shadowAnswer is what a shadow run found.
type shadowAnswer struct {
	At            time.Time `json:"at"`
	Asked         int       `json:"asked"`
	Unchanged     int       `json:"unchanged"`
	Changed       int       `json:"changed"`
	NotReplayable int       `json:"not_replayable"`
	OldCents      int64     `json:"old_cents"`
	NewCents      int64     `json:"new_cents"`
}

// UnmarshalJSON keeps the whole answer beside what the tables show.
func (p *pluginAnswer) UnmarshalJSON(text []byte) error {
	type plain pluginAnswer
	if err := json.Unmarshal(text, (*plain)(p)); err != nil {
		return err
	}
	p.raw = append(json.RawMessage{}, text...)
	return nil
}

// MarshalJSON gives what the server answered.
func (p pluginAnswer) MarshalJSON() ([]byte, error) { return p.raw, nil }

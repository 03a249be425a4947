// SPDX-License-Identifier: AGPL-3.0-or-later

// Package audit keeps the record of who did what: append-only, one hash chain per tenant.
//
// An entry is written in the transaction of the act it records: where it cannot be
// written, the act does not happen. It holds codes, ids and versions, never the value of a
// personal field. Verify finds an entry that was changed, removed or reordered.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/satis-toscana/satis/core/tenant"
)

// Outcome says whether the act was allowed.
type Outcome string

// The outcomes.
const (
	Allowed Outcome = "allowed"
	Refused Outcome = "refused"
)

// Entry is one act.
type Entry struct {
	At      time.Time     `json:"at"`
	Actor   tenant.UserID `json:"actor"`
	Tenant  tenant.ID     `json:"tenant"`
	Roles   []tenant.Role `json:"roles,omitempty"`
	Action  string        `json:"action"`
	Object  string        `json:"object"`
	ID      string        `json:"object_id,omitempty"`
	Outcome Outcome       `json:"outcome"`
	// PolicyVersion is the one the act was decided under; 0 for the host's own acts.
	PolicyVersion int64 `json:"policy_version"`
	// Detail holds codes, states, hashes and counts.
	Detail map[string]string `json:"detail,omitempty"`
}

// Appender is a transaction that can append to a chain.
type Appender interface {
	AppendAudit(ctx context.Context, payload, action, object, actor string, at time.Time) error
}

// Append writes an entry through the caller's transaction.
func Append(ctx context.Context, tx Appender, e Entry) error {
	// PostgreSQL keeps microseconds: what is hashed must be what is stored.
	e.At = e.At.UTC().Truncate(time.Microsecond)
	payload, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("audit: encode entry: %w", err)
	}
	if err := tx.AppendAudit(ctx, string(payload), e.Action, e.ID, string(e.Actor), e.At); err != nil {
		return fmt.Errorf("audit: append: %w", err)
	}
	return nil
}

// Stored is an entry as the database keeps it.
type Stored struct {
	Seq      int64     `db:"seq"`
	Payload  string    `db:"payload"`
	PrevHash []byte    `db:"prev_hash"`
	Hash     []byte    `db:"hash"`
	Action   string    `db:"action"`
	ObjectID string    `db:"object_id"`
	ActorID  string    `db:"actor_id"`
	At       time.Time `db:"at"`
}

// Entry decodes what is stored.
func (s Stored) Entry() (e Entry, err error) {
	err = json.Unmarshal([]byte(s.Payload), &e)
	return e, err
}

// Head is the end of a chain.
type Head struct {
	Seq  int64  `db:"seq"`
	Hash []byte `db:"hash"`
}

// ErrBroken is wrapped by every complaint of a Verifier.
var ErrBroken = errors.New("audit: the chain is broken")

// Verifier follows a chain from its beginning. The zero value is ready.
type Verifier struct {
	seq  int64
	hash []byte
}

// Add takes the next entry; the error says at which number the chain breaks, and how.
func (v *Verifier) Add(s Stored) error {
	if s.Seq != v.seq+1 {
		return fmt.Errorf("%w at entry %d: entry %d is missing", ErrBroken, s.Seq, v.seq+1)
	}
	if !bytes.Equal(s.PrevHash, v.hash) {
		return fmt.Errorf("%w at entry %d: it does not follow entry %d", ErrBroken, s.Seq, v.seq)
	}
	sum := sha256.New()
	sum.Write(s.PrevHash)
	sum.Write([]byte(strconv.FormatInt(s.Seq, 10) + "\n" + s.Payload))
	if !bytes.Equal(sum.Sum(nil), s.Hash) {
		return fmt.Errorf("%w at entry %d: it was changed", ErrBroken, s.Seq)
	}
	e, err := s.Entry()
	if err != nil || e.Action != s.Action || e.ID != s.ObjectID || string(e.Actor) != s.ActorID || !e.At.Equal(s.At) {
		return fmt.Errorf("%w at entry %d: its columns differ from what was recorded", ErrBroken, s.Seq)
	}
	v.seq, v.hash = s.Seq, s.Hash
	return nil
}

// Finish compares the end of the chain with its head: entries cut off at the end show here.
func (v *Verifier) Finish(h Head) error {
	if h.Seq != v.seq || !bytes.Equal(h.Hash, v.hash) {
		return fmt.Errorf("%w after entry %d: the head says %d", ErrBroken, v.seq, h.Seq)
	}
	return nil
}

// Count tells how many entries were followed.
func (v *Verifier) Count() int64 { return v.seq }

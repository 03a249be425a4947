// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/satis-toscana/satis/core/tenant"
)

// policyChannel is the channel on which the database tells that a policy moved.
const policyChannel = "satis_policy"

// How soon a cut connection is tried again, and how often a silent one is asked whether it lives.
const (
	listenAgain  = 100 * time.Millisecond
	listenAtMost = 15 * time.Second
	listenPing   = time.Minute
)

// FollowPolicies calls moved for each policy that comes into force, with its network and
// version, until ctx ends. After the connection was cut it calls moved with an empty
// network: anything may have been missed.
//
// What it tells is a hint. A process that hears nothing decides as rightly as any other,
// because every transaction checks the version; it only finds out later.
func (db *DB) FollowPolicies(ctx context.Context, moved func(n tenant.NetworkID, version int64)) error {
	quiet := func(pq.ListenerEventType, error) {}
	var l *pq.Listener
	if db.dialer != nil {
		l = pq.NewDialListener(db.dialer, db.listenURL, listenAgain, listenAtMost, quiet)
	} else {
		l = pq.NewListener(db.listenURL, listenAgain, listenAtMost, quiet)
	}
	defer l.Close()
	// Listen waits for the first connection: ctx must be able to end that too.
	listening := make(chan error, 1)
	go func() { listening <- l.Listen(policyChannel) }()
	tick := time.NewTicker(listenPing)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-listening:
			if err != nil {
				return fmt.Errorf("postgres: listen for policies: %w", translate(err))
			}
			moved("", 0)
		case note := <-l.Notify:
			if note == nil { // connected again
				moved("", 0)
			} else if n, v, ok := readMove(note.Extra); ok {
				moved(n, v)
			}
		case <-tick.C:
			go l.Ping()
		}
	}
}

// readMove reads "network version".
func readMove(text string) (n tenant.NetworkID, version int64, ok bool) {
	id, number, found := strings.Cut(text, " ")
	version, err := strconv.ParseInt(number, 10, 64)
	return tenant.NetworkID(id), version, found && err == nil && tenant.ValidUUID(id)
}

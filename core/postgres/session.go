// SPDX-License-Identifier: AGPL-3.0-or-later

package postgres

import (
	"context"
	"time"

	"github.com/satis-toscana/satis/core/fault"
)

// Sessions keeps web sessions: a store for scs. Tokens reach it hashed.
type Sessions struct {
	DB  *DB
	Now func() time.Time
}

// FindCtx reads a session; found is false where there is none or it has ended.
func (s Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	// One statement needs no transaction of its own: a single round trip.
	err = s.DB.pools[roleSystem].GetContext(ctx, &data,
		`SELECT data FROM session WHERE token = $1 AND expiry > $2`, token, s.Now())
	if err = translate(err); fault.Is(err, fault.NotFound) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx stores a session.
func (s Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, err := s.DB.pools[roleSystem].ExecContext(ctx, `
		INSERT INTO session (token, data, expiry) VALUES ($1, $2, $3)
		ON CONFLICT (token) DO UPDATE SET data = EXCLUDED.data, expiry = EXCLUDED.expiry`,
		token, data, expiry)
	return translate(err)
}

// DeleteCtx ends a session.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.DB.pools[roleSystem].ExecContext(ctx, `DELETE FROM session WHERE token = $1`, token)
	return translate(err)
}

// Sweep removes the sessions that have ended.
func (s Sessions) Sweep(ctx context.Context) error {
	_, err := s.DB.pools[roleSystem].ExecContext(ctx, `DELETE FROM session WHERE expiry < $1`, s.Now())
	return translate(err)
}

// Find, Commit and Delete are what scs asks for beside the methods with a context.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit stores a session.
func (s Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete ends a session.
func (s Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

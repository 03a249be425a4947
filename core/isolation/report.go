// SPDX-License-Identifier: AGPL-3.0-or-later

package isolation

import (
	"context"
	"fmt"
	"time"
)

// Report is what was found.
type Report struct {
	// Product is the program's version, Database the name of the database looked at.
	Product  string    `json:"product"`
	Database string    `json:"database"`
	Server   string    `json:"server,omitempty"`
	Began    time.Time `json:"began"`
	// Milliseconds is how long everything took.
	Milliseconds int64   `json:"milliseconds"`
	Holds        bool    `json:"holds"`
	Proofs       []Proof `json:"proofs"`
}

// Proof is one of the five, or that of a running server.
type Proof struct {
	Name  string `json:"name"`
	Holds bool   `json:"holds"`
	// Checked counts what was compared: rules, requests, transactions.
	Checked      int   `json:"checked"`
	Milliseconds int64 `json:"milliseconds"`
	// Offenders name what breaks the wall; Notes say what was and was not looked at.
	Offenders []Offender `json:"offenders"`
	Notes     []string   `json:"notes"`
}

// Offender is a place where the wall has a hole.
type Offender struct {
	Object string `json:"object"`
	Why    string `json:"why"`
}

// The names of the proofs.
const (
	Catalogue = "catalogue"
	Matrix    = "matrix"
	Canary    = "canary"
	Mutation  = "mutation"
	Pool      = "pool"
	Server    = "server"
)

// mostOffenders bounds a proof's list: a wall that is down altogether needs no thousand lines.
const mostOffenders = 200

func (p *Proof) offend(object, why string, args ...any) {
	if len(p.Offenders) < mostOffenders {
		p.Offenders = append(p.Offenders, Offender{object, fmt.Sprintf(why, args...)})
	}
}

func (p *Proof) note(text string, args ...any) { p.Notes = append(p.Notes, fmt.Sprintf(text, args...)) }

// prove runs one proof and times it. One that cannot be brought to its end does not hold.
func (r *Report) prove(ctx context.Context, name string, run func(context.Context, *Proof) error) {
	p, start := Proof{Name: name, Offenders: []Offender{}, Notes: []string{}}, time.Now()
	err := run(ctx, &p)
	if err != nil {
		p.offend("this proof", "it could not be brought to its end: %v", err)
	} else if p.Checked == 0 {
		p.offend("this proof", "it looked at nothing")
	}
	p.Milliseconds, p.Holds = time.Since(start).Milliseconds(), len(p.Offenders) == 0
	r.Proofs = append(r.Proofs, p)
}

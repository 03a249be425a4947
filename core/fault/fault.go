// SPDX-License-Identifier: AGPL-3.0-or-later

// Package fault is the one vocabulary of errors.
//
// Every error that reaches a person is one of eight kinds. It carries a code that the
// catalogue of texts translates, and the fields it belongs to. The wrapped cause is for
// the log only. Neither ever holds the value of a personal field.
package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind says what a caller can do about an error.
type Kind uint8

const (
	// Internal: our mistake; nothing the caller can do.
	Internal Kind = iota
	// Invalid: the input must be corrected; see Fields.
	Invalid
	// Unauthenticated: nobody is signed in.
	Unauthenticated
	// Forbidden: the actor sees the thing but may not do this to it.
	Forbidden
	// NotFound: it does not exist, or is not the actor's to know of: the two are never told apart.
	NotFound
	// Conflict: the thing's state forbids it.
	Conflict
	// Stale: the thing changed since the caller read it.
	Stale
	// Unavailable: a plugin or the database does not answer; trying later may help.
	Unavailable
	// Limited: too many attempts; try later.
	Limited
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "forbidden", "not_found", "conflict", "stale", "unavailable", "limited"}

// String names the kind as logs and problem documents spell it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Internal]
}

// Field ties one complaint to the input it belongs to.
type Field struct {
	// Path is a slash-separated place in the input: "interventions/2/details/months".
	Path string `json:"path"`
	// Code is the key of its words in the catalogue: see Words.
	Code string `json:"code"`
	// Params fill the text in. They hold limits and names of options, never what was typed.
	Params map[string]string `json:"params,omitempty"`
}

// Error is an error with a kind. Build one with New or Wrap.
type Error struct {
	Kind Kind
	// Code is the key of its words in the catalogue: see Words.
	Code   string
	Params map[string]string
	Fields []Field
	cause  error
}

// New makes an error of a kind. Params come in pairs: name, value.
func New(kind Kind, code string, params ...string) *Error {
	return &Error{Kind: kind, Code: code, Params: Pairs(params...)}
}

// Wrap makes an error of a kind that keeps its cause for the log.
func Wrap(cause error, kind Kind, code string, params ...string) *Error {
	return &Error{Kind: kind, Code: code, Params: Pairs(params...), cause: cause}
}

// OfFields makes an Invalid error out of complaints, or nil where there are none.
func OfFields(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "fields", Fields: fields}
}

// At builds a complaint about the input at path.
func At(path, code string, params ...string) Field {
	return Field{Path: path, Code: code, Params: Pairs(params...)}
}

// Pairs turns name, value, name, value … into a map; an odd last name is dropped.
func Pairs(nv ...string) map[string]string {
	if len(nv) < 2 {
		return nil
	}
	m := make(map[string]string, len(nv)/2)
	for i := 0; i+1 < len(nv); i += 2 {
		m[nv[i]] = nv[i+1]
	}
	return m
}

// Error is for the log.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Kind, e.Code)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s %s]", f.Path, f.Code)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// KindOf tells the kind of any error: nil and foreign errors are Internal, a deadline or
// a cancelled context is Unavailable.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Unavailable
	}
	return Internal
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Missing is the only answer to "not there" and "not yours". It names a sort of thing, never an id.
func Missing() *Error { return New(NotFound, "not_found") }

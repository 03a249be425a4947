// SPDX-License-Identifier: AGPL-3.0-or-later

package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/satis-toscana/satis/core/fault"
)

func TestKindOf(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"nothing":         {nil, fault.Internal},
		"foreign":         {io.EOF, fault.Internal},
		"own":             {fault.New(fault.Conflict, "x"), fault.Conflict},
		"wrapped":         {fmt.Errorf("doing: %w", fault.New(fault.Stale, "x")), fault.Stale},
		"joined":          {errors.Join(io.EOF, fault.Missing()), fault.NotFound},
		"deadline":        {context.DeadlineExceeded, fault.Unavailable},
		"cancelled":       {fmt.Errorf("doing: %w", context.Canceled), fault.Unavailable},
		"own of deadline": {fault.Wrap(context.DeadlineExceeded, fault.Limited, "x"), fault.Limited},
	} {
		if got := fault.KindOf(tc.err); got != tc.want {
			t.Errorf("%s is %s, want %s", name, got, tc.want)
		}
		if fault.Is(tc.err, tc.want) != (tc.err != nil) {
			t.Errorf("Is(%s, %s)", name, tc.want)
		}
	}
}

// Every kind has its own name; one that does not exist is nobody's fault but ours.
func TestKindNames(t *testing.T) {
	seen := map[string]bool{}
	for k := fault.Internal; k <= fault.Limited; k++ {
		if seen[k.String()] || k.String() == "" {
			t.Errorf("kind %d is called %q", k, k)
		}
		seen[k.String()] = true
	}
	if len(seen) != 9 || fault.Kind(200).String() != "internal" {
		t.Errorf("%v", seen)
	}
}

func TestFields(t *testing.T) {
	if err := fault.OfFields(nil); err != nil {
		t.Errorf("no complaint is no error, not even a typed nil: %#v", err)
	}
	err := fault.OfFields([]fault.Field{fault.At("needs/0/area", "too_long", "limit", "300")})
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid || e.Fields[0].Params["limit"] != "300" || !strings.Contains(err.Error(), "needs/0/area too_long") {
		t.Errorf("%v", err)
	}
}

// The log gets the cause, and the cause stays reachable.
func TestWrap(t *testing.T) {
	err := fault.Wrap(io.ErrUnexpectedEOF, fault.Unavailable, "plugin_unavailable", "plugin", "rent")
	if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != "unavailable: plugin_unavailable: unexpected EOF" || err.Params["plugin"] != "rent" {
		t.Errorf("%v", err)
	}
}

func TestPairs(t *testing.T) {
	for _, tc := range []struct {
		in   []string
		want map[string]string
	}{{nil, nil}, {[]string{"a"}, nil}, {[]string{"a", "1"}, map[string]string{"a": "1"}}, {[]string{"a", "1", "b"}, map[string]string{"a": "1"}}} {
		if diff := cmp.Diff(tc.want, fault.Pairs(tc.in...)); diff != "" {
			t.Error(diff)
		}
	}
}

// Not there and not yours are one answer, which names nothing.
func TestMissing(t *testing.T) {
	if e := fault.Missing(); e.Kind != fault.NotFound || e.Code != "not_found" || e.Params != nil || e.Error() != "not_found: not_found" {
		t.Errorf("%v", e)
	}
}

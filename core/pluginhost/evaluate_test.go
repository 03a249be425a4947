// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/sdk"
)

func TestRealPluginDecides(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "rent-subsidy")})
	first, err := h.Evaluate(t.Context(), someTenant, rent())
	if err != nil {
		t.Fatal(err)
	}
	a := first.Answer
	if !a.Eligible || a.Months != 9 || a.MonthlyCents <= 0 || a.TotalCents != 9*a.MonthlyCents || len(a.Explanation) < 5 {
		t.Errorf("answer %+v", a)
	}
	info := h.Plugins()[0]
	want := Decision{Ref: info.Ref, PluginID: "rent-subsidy", PluginVersion: info.Version, BinarySHA256: info.SHA256, ContractVersion: "1.1"}
	if diff := cmp.Diff(want, first, cmpopts.IgnoreFields(Decision{}, "Answer", "Request", "Response", "Duration")); diff != "" {
		t.Error(diff)
	}
	if first.Duration <= 0 || len(info.SHA256) != 64 || info.State != Ready {
		t.Errorf("duration %v, info %+v", first.Duration, info)
	}
	again, err := h.Evaluate(t.Context(), someTenant, rent())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Request, again.Request) || !bytes.Equal(first.Response, again.Response) {
		t.Error("the same question gave other bytes")
	}
}

func TestSubsidiesNeedNoProcess(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "rent-subsidy", "hostile")})
	var codes []string
	for _, s := range h.Subsidies() {
		codes = append(codes, s.Code)
	}
	if diff := cmp.Diff([]string{"odd", "rent"}, codes); diff != "" {
		t.Error(diff)
	}
	s, ok := h.Subsidy("rent")
	if !ok || s.PluginID != "rent-subsidy" || s.Title.IT == "" || len(s.Facts.Fields) != 9 || s.Purposes["isee"].EN == "" {
		t.Errorf("%v %+v", ok, s)
	}
	for _, p := range h.Plugins() {
		if p.State != Stopped || p.PID != 0 {
			t.Errorf("%s: %s, pid %d", p.ID, p.State, p.PID)
		}
	}
}

func TestFactsAreCheckedBeforeTheyAreSent(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "rent-subsidy")})
	req := rent()
	req.AsOf, req.Locale = "yesterday", "fr"
	req.Facts["monthly_rent"] = "four hundred"
	req.Facts["surname"] = "Rossi"
	delete(req.Facts, "household_size")
	_, err := h.Evaluate(t.Context(), someTenant, req)
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid {
		t.Fatalf("got %v", err)
	}
	want := []fault.Field{
		{Path: "as_of", Code: "bad_date"}, {Path: "locale", Code: "not_an_option"},
		{Path: "facts/monthly_rent", Code: "wrong_kind"}, {Path: "facts/household_size", Code: "required"}, {Path: "facts/surname", Code: "unknown_field"},
	}
	if diff := cmp.Diff(want, e.Fields); diff != "" {
		t.Error(diff)
	}
	if h.Plugins()[0].State != Stopped {
		t.Error("a plugin was started for nothing")
	}
	if _, err := h.Evaluate(t.Context(), someTenant, sdk.SubsidyRequest{Subsidy: "gold"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("unknown subsidy: %v", err)
	}
}

func TestHiddenFactsStayHome(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	req := odd("facts")
	req.Facts["hidden"], req.Facts["detail"], req.Facts["note"] = false, "not to be told", " "
	d, err := h.Evaluate(t.Context(), someTenant, req)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Answer.Explanation[0].Outcome.IT; got != "map[hidden:false way:facts]" {
		t.Errorf("the plugin was told %s", got)
	}
}

// Nonsense is refused; thirteen months are no nonsense to the host: the core counts months
// over a person's whole history, which no plugin knows.
func TestAnswersAreChecked(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	bad := []string{"negative", "overflow", "for ever", "sum", "refused but paid", "unexplained", "one language", "other facts", "huge", "long", "deep"}
	for _, way := range bad {
		if _, err := h.Evaluate(t.Context(), someTenant, odd(way)); codeOf(err) != "plugin_bad_answer" || !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: got %v", way, err)
		}
	}
	d, err := h.Evaluate(t.Context(), someTenant, odd("thirteen"))
	if err != nil || d.Answer.Months != 13 {
		t.Errorf("thirteen months: %v, %v", d.Answer.Months, err)
	}
	if s := h.Plugins()[0].State; s != Ready {
		t.Errorf("state %s: nonsense is no reason to start anew", s)
	}
}

func codeOf(err error) string {
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestWhatAPluginSaysStaysOutOfErrorsAndLogs(t *testing.T) {
	var log syncBuffer
	h := newHost(t, Config{Dir: folder(t, "hostile"), Logger: logTo(&log)})
	for _, way := range []string{"fail", "panic"} {
		_, err := h.Evaluate(t.Context(), someTenant, odd(way))
		if codeOf(err) != "plugin_unavailable" || strings.Contains(err.Error(), "Rossi") {
			t.Errorf("%s: got %v", way, err)
		}
	}
	if _, err := h.Evaluate(t.Context(), someTenant, odd("good")); err != nil {
		t.Errorf("after a failed rule: %v", err)
	}
	if strings.Contains(log.String(), "Rossi") {
		t.Errorf("logged:\n%s", log.String())
	}
	deadline := time.Now().Add(3 * time.Second)
	for time.Now().Before(deadline) {
		if text, _ := h.StderrTail("hostile"); strings.Contains(text, "Rossi") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the operator cannot see what the plugin complained about")
}

func TestPluginSeesNothingOfTheHost(t *testing.T) {
	t.Setenv("SATIS_MASTER_KEY", "swordfish")
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	d, err := h.Evaluate(t.Context(), someTenant, odd("environment"))
	if err != nil {
		t.Fatal(err)
	}
	seen := d.Answer.Explanation[0].Outcome.IT
	if strings.Contains(seen, "swordfish") || strings.Contains(seen, "PATH=") || !strings.Contains(seen, "stdin=0") {
		t.Errorf("the plugin sees %s", seen)
	}
}

func TestNoTenantNoAnswer(t *testing.T) {
	h := newHost(t, Config{Dir: folder(t, "hostile")})
	if _, err := h.Evaluate(context.Background(), "", odd("good")); !fault.Is(err, fault.Internal) {
		t.Errorf("got %v", err)
	}
}
